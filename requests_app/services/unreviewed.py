"""What of the gathered data nobody has looked at when the review is to end: open suggestions and categories never opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _, ngettext

from requests_app.models import Event, EventPayload
from requests_app.services import suggestions
from requests_app.services.numbers import grouped

if TYPE_CHECKING:
    from requests_app.models import Case
    from requests_app.services.keys import Vault

READ = 5_000
"""Records read for suggestions; of a larger case the count is a least one."""


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """How many suggestions about other people are open, ``at_least`` so many or all, and how many categories nobody has opened."""

    suggested: int
    at_least: bool
    unopened: int

    def __bool__(self) -> bool:
        return bool(self.suggested or self.unopened)

    @property
    def sentence(self) -> str:
        """``At least 5 suggestions about other people are unanswered. 30 categories have not been opened.``"""
        said = []
        if self.suggested:
            least = ngettext(
                "At least %(n)s suggestion about other people is unanswered.",
                "At least %(n)s suggestions about other people are unanswered.",
                self.suggested,
            )
            exact = ngettext(
                "%(n)s suggestion about other people is unanswered.",
                "%(n)s suggestions about other people are unanswered.",
                self.suggested,
            )
            said.append((least if self.at_least else exact) % {"n": grouped(self.suggested)})
        if self.unopened:
            opened = ngettext(
                "%(n)s category has not been opened by anybody.",
                "%(n)s categories have not been opened by anybody.",
                self.unopened,
            )
            said.append(opened % {"n": grouped(self.unopened)})
        return " ".join(said)

    def error(self) -> ValidationError:
        """The refusal to end the review, with the counts; its code is ``unreviewed``."""
        said = _("%(left)s See the data, or confirm that nothing more is to be hidden.") % {"left": self.sentence}
        return ValidationError(said, code="unreviewed")


def unreviewed(case: Case, vault: Vault) -> Unreviewed:
    """Count what is left. Takes about a second for the most records that are read."""
    survey = suggestions.survey(case, vault, limit_records=READ)
    return Unreviewed(survey.others, not survey.complete, _unopened(case))


def _unopened(case: Case) -> int:
    """Categories with records that nobody has opened since they were gathered."""
    rows = {row.pk: row for row in case.collections.filter(current=True, records__gt=0).select_related("system")}
    if not rows:
        return 0
    held = {
        (rows[pk].system.key, category): rows[pk].created_at
        for row in rows.values()
        for pk, category in row.batches.order_by().values_list("collection", "category").distinct()
    }
    seen = dict(Event.objects.filter(case_ref=case.ref, kind="data.viewed").values_list("seq", "at"))
    opened = EventPayload.objects.filter(seq__in=seen).values_list("seq", "open")
    for seq, said in opened:
        place = (said.get("system", ""), said.get("category", ""))
        if place in held and seen[seq] >= held[place]:
            del held[place]
    return len(held)
