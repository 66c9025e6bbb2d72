"""Words for what the pages say of choices about marketing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy, pgettext_lazy

from requests_app.domain.channels import ChoiceSource, MarketingKind

if TYPE_CHECKING:
    from requests_app.models import MarketingChoice

KINDS = {
    MarketingKind.WITHDRAWN.value: gettext_lazy("Wants no marketing"),
    MarketingKind.GIVEN.value: gettext_lazy("Agrees to marketing"),
}
SOURCES = {
    ChoiceSource.LINK.value: gettext_lazy("The newsletter's unsubscribe page"),
    ChoiceSource.ONE_CLICK.value: gettext_lazy("The mail program's unsubscribe button"),
    ChoiceSource.PORTAL.value: gettext_lazy("The portal"),
    ChoiceSource.API.value: gettext_lazy("Mina sidor"),
    ChoiceSource.PHONE.value: pgettext_lazy("marketing", "Telephone"),
    ChoiceSource.VISIT.value: pgettext_lazy("marketing", "Visit"),
    ChoiceSource.LETTER.value: pgettext_lazy("marketing", "Letter"),
}
STATUSES = {
    "stopped": pgettext_lazy("marketing", "Stopped"),
    "already": gettext_lazy("Was stopped already"),
    "unknown": gettext_lazy("Did not know the address"),
    "by_hand": gettext_lazy("Done by hand"),
    "superseded": gettext_lazy("A newer choice took its place"),
}
"""What became of a task, by the status of its evidence."""


def said(choice: MarketingChoice) -> str:
    """The words the person answered, without the key they are kept under."""
    return choice.wording.partition(": ")[2]
