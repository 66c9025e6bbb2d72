"""How near a date is: a word, a tone and an icon, so that no colour stands alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import get_language

from requests_app.domain.deadline_words import days_left_words
from requests_app.domain.deadlines import days_left

if TYPE_CHECKING:
    from datetime import date

SOON = 7
"""Days left from which a date is amber."""


@dataclass(frozen=True, slots=True)
class Due:
    """A last day in words. ``tone`` is ``late``, ``soon``, ``calm`` or ``over``; ``icon`` names a sign of the theme's font."""

    words: str
    tone: str
    icon: str


def due(last: date, *, closed: bool = False) -> Due:
    """How the date stands today; a closed case has none to keep."""
    if closed:
        return Due("", "over", "check")
    left = days_left(last, timezone.localdate())
    said = days_left_words(left, get_language() or "sv")
    if left < 0:
        return Due(said, "late", "error")
    return Due(said, "soon", "schedule") if left <= SOON else Due(said, "calm", "")
