"""What leaves legal's role: no small number that could point at somebody, and none that could be reckoned from the rest.

A number of one or two is hidden, and a share whose part or remainder is. Where parts add up to a shown whole, a second part of three
or more is hidden with it (the smallest there is), so that a subtraction gives no hidden number; where there is none, the whole is
hidden. Tables that name staff are left out, and no case numbers go along.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from requests_app.services.reports.definitions import SHARE
from requests_app.services.reports.values import Figure, Report, Row, Table, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEAST_SHOWN = 3

PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("received", ("answered", "open", "withdrawn", "not_identified", "joined", "unsent")),
)
"""Figures that are the parts of another."""
NESTED: tuple[tuple[str, str], ...] = (("due_14", "due_7"),)
"""Figures whose difference is a number of cases too: whole, part."""

Place = TypeVar("Place")


def suppressed(report: Report) -> Report:
    """The report, fit to leave legal's role."""
    figures = {item.key: item.value for item in report.figures}
    found = {key: _bare(value) for key, value in figures.items()}
    for whole, parts in PARTS:
        if whole in found and all(part in found for part in parts):
            _protect(found, figures, parts, whole)
    for whole, part in NESTED:
        if whole in found and part in found and _small(figures[whole].n - figures[part].n):
            found[part] = found[part].hide()
    tables = [_table(table) for table in report.tables if not table.names]
    # a table's sum and the figure of the same name are one number: hidden in one place, hidden in both
    for table in tables:
        for name, value in zip((column.key for column in table.columns), _whole(table), strict=False):
            if value.hidden and name in found:
                found[name] = found[name].hide()
    hidden = {key for key, value in found.items() if value.hidden}
    return replace(
        report,
        figures=tuple(Figure(item.key, item.label, item.means, found[item.key]) for item in report.figures),
        tables=tuple(_without_sums(table, hidden) for table in tables),
        shared=True,
    )


def _bare(value: Value) -> Value:
    """Without the cases behind it; without the number itself when it is small."""
    value = replace(value, counted=(), rest=())
    sizes = [value.n, value.part, value.n - value.part] if value.kind == SHARE else [value.n]
    return value.hide() if any(_small(size) for size in sizes) else value


def _small(number: int) -> bool:
    return 0 < number < LEAST_SHOWN


def _table(table: Table) -> Table:
    sizes = {(row.key, at): value for row in table.rows for at, value in enumerate(row.values)}
    cells = {place: _bare(value) for place, value in sizes.items()}
    parts = [row.key for row in table.rows if not row.whole]
    whole = next((row.key for row in table.rows if row.whole), None)
    lines: list[tuple[list[tuple[str, int]], tuple[str, int] | None]] = []
    if table.parted:
        lines += [([(key, at) for key in parts], (whole, at) if whole else None) for at in range(len(table.columns))]
    if table.both_ways:
        lines += [([(key, at) for at in range(len(table.columns))], None) for key in parts]
    before = -1
    while before != (now := sum(value.hidden for value in cells.values())):
        before = now
        for line, total in lines:
            _protect(cells, sizes, line, total)
    rows = (replace(row, values=tuple(cells[row.key, at] for at in range(len(row.values)))) for row in table.rows)
    return replace(table, rows=tuple(rows))


def _protect(
    cells: dict[Place, Value], sizes: Mapping[Place, Value], parts: Sequence[Place], whole: Place | None
) -> None:
    """Hide a second part beside a hidden one, or else the whole: no subtraction then gives what is hidden."""
    hidden = [place for place in parts if cells[place].hidden]
    if not hidden or (whole is not None and cells[whole].hidden):
        return
    if len(hidden) > 1 and any(sizes[place].n >= LEAST_SHOWN for place in hidden):
        return
    shown = [place for place in parts if not cells[place].hidden and sizes[place].n >= LEAST_SHOWN]
    if shown:
        second = min(shown, key=lambda place: sizes[place].n)
        cells[second] = cells[second].hide()
    elif whole is not None:
        cells[whole] = cells[whole].hide()


def _whole(table: Table) -> tuple[Value, ...]:
    return next((row.values for row in table.rows if row.whole), ())


def _without_sums(table: Table, hidden: set[str]) -> Table:
    """The table without the sums that a hidden figure shows elsewhere."""

    def kept(row: Row) -> Row:
        pairs = zip((column.key for column in table.columns), row.values, strict=True)
        return replace(row, values=tuple(value.hide() if key in hidden else value for key, value in pairs))

    return replace(table, rows=tuple(kept(row) if row.whole else row for row in table.rows))
