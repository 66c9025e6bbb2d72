"""When a choice counts. What was said at an unknown time of a day may have been said at any: a withdrawal then counts from the last
instant it can have been said, consent from the first, so that where the order is in doubt the withdrawal wins (Art. 7(3), 21(3)).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from requests_app.domain.channels import Exact, MarketingKind
from requests_app.domain.deadlines import STOCKHOLM

if TYPE_CHECKING:
    from requests_app.models import MarketingChoice


def counts_from(kind: MarketingKind, said: datetime, exact: Exact, now: datetime) -> datetime:
    """The instant by which a choice is ordered among others about the address; it lies in the minute or day that was noted."""
    first = _start(said, exact)
    if exact is Exact.MOMENT or kind is MarketingKind.GIVEN:
        return first
    following = datetime.combine(first.date() + timedelta(days=1), time.min, STOCKHOLM)
    after = following if exact is Exact.DAY else first + timedelta(minutes=1)
    return min(after - timedelta(microseconds=1), now)


def same(one: MarketingChoice, other: MarketingChoice) -> bool:
    """Whether both were noted for the same instant, minute or day."""
    exact = Exact(one.exact)
    return one.exact == other.exact and _start(one.chosen_at, exact) == _start(other.chosen_at, exact)


def overtakes(standing: MarketingChoice, choice: MarketingChoice) -> bool:
    """Whether a choice that stands leaves one that says the contrary without effect. Of the same instant the withdrawal wins."""
    # the codes sort as the rule wants it: "given" before "withdrawn"; ``choices.standing`` orders by the same pair
    return standing.kind != choice.kind and (standing.chosen_at, standing.kind) > (choice.chosen_at, choice.kind)


def _start(said: datetime, exact: Exact) -> datetime:
    if exact is Exact.MOMENT:
        return said
    local = said.astimezone(STOCKHOLM).replace(second=0, microsecond=0)
    return local if exact is Exact.MINUTE else datetime.combine(local.date(), time.min, STOCKHOLM)
