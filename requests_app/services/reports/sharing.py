"""What may be made for distribution, so that no two such files can be subtracted from each other.

Each file is of one whole, ended calendar month or year, with nothing narrowed, for somebody who oversees every team: then no two of them
differ by a few cases. Every number that is left when the small ones are hidden is rounded, so that different reports of one month, and
a year and its months, cannot be combined to an exact number either.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.deadlines import add_months
from requests_app.models import Team
from requests_app.services import access
from requests_app.services.reports.definitions import COUNT, HOURS, LEAST, SHARE, SUM_DAYS
from requests_app.services.reports.period import Query
from requests_app.services.reports.suppression import suppressed

if TYPE_CHECKING:
    from requests_app.models import User
    from requests_app.services.reports.period import Period
    from requests_app.services.reports.values import Report, Value

BASE = 5
"""Numbers for distribution are multiples of this."""


def may_share(user: User) -> bool:
    """Whether the person oversees every team, so that what is counted is the same whoever of them makes the file."""
    return not Team.objects.exclude(pk__in=access.teams_with(user, access.OVERSEE_TEAM).values("pk")).exists()


def why_not_shared(user: User, query: Query, *, today: date | None = None) -> str:
    """Why no file for distribution is made of what is asked for; empty when it can be."""
    if not may_share(user):
        return _("Only somebody who oversees every team can make a file for distribution.")
    if query != Query(period=query.period):
        return _("A file for distribution is made of all cases. Narrow nothing.")
    if not _whole(query.period) or query.period.last >= (today or timezone.localdate()):
        return _(
            "A file for distribution is made of one whole calendar month or year that has ended. Choose such a period."
        )
    return ""


def _whole(period: Period) -> bool:
    """Whether it is one calendar month or one calendar year."""
    after = period.last + timedelta(days=1)
    year = (period.first.month, period.first.day) == (1, 1) and after == add_months(period.first, 12)
    return year or (period.first.day == 1 and after == add_months(period.first, 1))


def shared(report: Report) -> Report:
    """The report for distribution: without small numbers, and what is left rounded. What it is made of ``why_not_shared`` has let by."""
    found = suppressed(report)
    return replace(
        found,
        figures=tuple(replace(item, value=rounded(item.value)) for item in found.figures),
        tables=tuple(
            replace(
                table,
                rows=tuple(replace(row, values=tuple(rounded(value) for value in row.values)) for row in table.rows),
            )
            for table in found.tables
        ),
    )


def rounded(value: Value) -> Value:
    """A number as it is distributed.

    Counts and sums of days are rounded to ``BASE``. A share is reckoned from its rounded parts, and hidden when it is of fewer than
    ``LEAST`` or would say all or none where that is not so. Of days and hours so many decimals are kept as are shown.
    """
    if value.hidden or value.amount is None:
        return replace(value, n=_to_base(value.n), part=_to_base(value.part))
    n, part = _to_base(value.n), _to_base(value.part)
    if value.kind in {COUNT, SUM_DAYS}:
        return replace(value, amount=Decimal(_to_base(int(value.amount))), n=n, part=part)
    if value.kind == SHARE:
        false_whole = part in {0, n} and value.part not in {0, value.n}
        return (
            value.hide() if value.n < LEAST or false_whole else replace(value, amount=Decimal(part) / n, n=n, part=part)
        )
    decimals = Decimal("0.01") if value.kind == HOURS else Decimal("0.1")
    return replace(value, amount=value.amount.quantize(decimals, ROUND_HALF_UP), n=n, part=part)


def _to_base(number: int) -> int:
    return (2 * number + BASE) // (2 * BASE) * BASE
