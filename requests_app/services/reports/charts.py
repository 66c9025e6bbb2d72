"""The charts of a report, drawn from its own tables: a number that is hidden there is not drawn here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.documents.charts import Drawing, Line, draw
from requests_app.services.reports.definitions import SHARE
from requests_app.services.reports.values import shown

if TYPE_CHECKING:
    from decimal import Decimal

    from requests_app.services.reports.values import Chart, Report, Value


def drawn(report: Report, chart: Chart) -> str:
    """The chart as SVG, or nothing when its table has no row to draw."""
    table = report.table(chart.table)
    rows = [row for row in table.rows if not row.whole]
    places = [at for at, column in enumerate(table.columns) if column.key in chart.columns]
    if not rows:
        return ""
    lines = tuple(
        Line(
            table.columns[at].label,
            tuple(_number(row.values[at]) for row in rows),
            tuple(shown(row.values[at], report.lang) for row in rows),
        )
        for at in places
    )
    percent = all(rows[0].values[at].kind == SHARE for at in places)
    return draw(
        Drawing(
            key=f"{report.key}-{chart.key}",
            title=chart.title,
            lang="en" if report.lang.startswith("en") else "sv",
            labels=tuple(row.label for row in rows),
            lines=lines,
            shape=chart.shape,
            percent=percent,
        )
    )


def _number(value: Value) -> Decimal | None:
    if value.hidden or value.amount is None:
        return None
    return value.amount * 100 if value.kind == SHARE else value.amount
