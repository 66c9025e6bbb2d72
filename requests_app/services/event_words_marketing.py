"""The log's words about choices on marketing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from requests_app.domain.channels import MarketingKind
from requests_app.services.event_facts import Facts, Names, Sentence, in_system

if TYPE_CHECKING:
    from collections.abc import Callable


def _chosen(facts: Facts, names: Names) -> str:
    if facts["kind"] == MarketingKind.GIVEN.value:
        return _("Consent to marketing was given")
    return _("Marketing was declined")


_DONE: dict[str, Callable[[], str]] = {
    "stopped": lambda: _("Marketing was stopped in %(system)s"),
    "already": lambda: _("Marketing had been stopped in %(system)s before"),
    "unknown": lambda: _("%(system)s does not know the address: there is no marketing to stop"),
    "by_hand": lambda: _("A choice about marketing was carried out by hand in %(system)s"),
}


def _done(facts: Facts, names: Names) -> str:
    return _DONE[facts["status"]]() % {"system": names.system(facts["system"])}


MARKETING: dict[str, Sentence] = {
    "marketing.chosen": _chosen,
    "marketing.done": _done,
    "marketing.failed": in_system(lambda: _("Marketing could not be stopped in %(system)s: a person has to do it")),
    "marketing.retried": in_system(lambda: _("Stopping marketing in %(system)s is tried again")),
    "marketing.listed": lambda facts, names: _("The list of choices about marketing was opened"),
}
