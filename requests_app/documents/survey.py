"""A first look at a category's records, so that the page can be laid out before the records are read again to print them.

What is the same on every record goes into a heading, which makes the page both shorter and easier to read, and each table knows
its columns and their widths. Only sums and the longest texts are kept, never the records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from requests_app.documents.formatting import as_decimal, format_time, format_value, label_of, local_time
from requests_app.documents.words import WORDS
from requests_app.domain.records import FieldType, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, Record, Value

WHEN, GROUP, SOURCE, MARKS = "@when", "@group", "@source", "@marks"
"""Columns for what stands beside a record's own fields; ``@`` so that no field is mistaken for one."""


@dataclass(slots=True)
class Column:
    """One column: how often it was filled in, its longest text, and its only text as long as there is only one."""

    name: str
    label: str
    numeric: bool = False
    longest: int = 0
    seen: int = 0
    only: str | None = None

    def add(self, text: str) -> None:
        """Take in one more text."""
        self.only = text if self.seen == 0 or self.only == text else None
        self.seen += 1
        self.longest = max(self.longest, len(text))


@dataclass(slots=True)
class Series:
    """One meter: its period, how its readings lie, which marks they bear, and its sums by day for the plot."""

    group: str
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    hourly: bool = True
    timed: bool = True
    days: dict[date, tuple[Decimal, int]] = field(default_factory=dict)
    plottable: bool = True
    columns: dict[str, Column] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)

    @property
    def usual_flag(self) -> str:
        """The mark that most readings bear; the others are named one by one."""
        return max(self.flags, key=lambda flag: self.flags[flag], default="")

    @property
    def is_dense(self) -> bool:
        """Whether there are more than a couple of values a day."""
        if not self.timed or self.first is None or self.last is None:
            return False
        return self.count > 2 * ((self.last.date() - self.first.date()).days + 1)

    def is_constant(self, column: Column) -> bool:
        """Whether all of the meter's readings say the same in a column."""
        return column.seen == self.count and column.only is not None

    def add(self, record: Record) -> None:
        """Take in one more reading."""
        self.count += 1
        flag = flag_of(record)
        self.flags[flag] = self.flags.get(flag, 0) + 1
        if record.occurred_at is None:
            self.hourly = self.timed = self.plottable = False
            return
        when = local_time(record.occurred_at)
        self.first = min(self.first or when, when)
        self.last = max(self.last or when, when)
        self.hourly = self.hourly and when.minute == when.second == when.microsecond == 0
        number = as_decimal(record.fields.get("value"))
        if number is None:
            self.plottable = False
            return
        total, n = self.days.get(when.date(), (Decimal(0), 0))
        self.days[when.date()] = (total + number, n + 1)


@dataclass(slots=True)
class Survey:
    """What is known about a category before it is printed."""

    count: int = 0
    columns: dict[str, Column] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    repeats_time: set[str] | None = None
    """Fields that say nothing but the record's own time, on every record."""

    def constants(self) -> list[Column]:
        """Columns that say the same on every record, when there are enough records for that to be worth saying once."""
        if self.count < 3:
            return []
        same = [column for column in self.columns.values() if column.seen == self.count and column.only is not None]
        return same if len(same) < len(self.columns) else same[1:]


def flag_of(record: Record) -> str:
    """The mark on a reading, as text; empty when it has none."""
    flag = record.fields.get("flag")
    return "" if flag is None or flag == "" else format_value(flag, None, "en")


def _repeats(value: Value, when: datetime | None) -> bool:
    """Whether a field only repeats the time the record bears anyway."""
    if when is None or not isinstance(value, str):
        return False
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return False
    return parsed == when if parsed.tzinfo else parsed == local_time(when).replace(tzinfo=None)


def texts_of(record: Record, spec: CategorySpec, lang: Lang) -> dict[str, str]:
    """All that is printed about one record, by column: what stands beside its fields, then the fields in the register's order."""
    words = WORDS[lang]
    texts: dict[str, str] = {}
    if record.occurred_at:
        texts[WHEN] = format_time(record.occurred_at)
    if record.group:
        texts[GROUP] = record.group
    for name in (
        *(known for known in spec.fields if known in record.fields),
        *(n for n in record.fields if n not in spec.fields),
    ):
        texts[name] = format_value(record.fields[name], spec.fields.get(name), lang)
    if record.source:
        texts[SOURCE] = record.source
    if record.marks:
        texts[MARKS] = " ".join(words.co_holder if mark == "co_holder" else mark for mark in record.marks)
    return texts


def column_label(name: str, spec: CategorySpec, lang: Lang) -> str:
    """The heading of a column."""
    words = WORDS[lang]
    beside = {WHEN: words.when, GROUP: words.belongs_to, SOURCE: words.source, MARKS: words.remark}
    return beside.get(name) or label_of(name, spec.fields.get(name), lang)


def _add_texts(columns: dict[str, Column], texts: dict[str, str], spec: CategorySpec, lang: Lang) -> None:
    for name, text in texts.items():
        column = columns.get(name)
        if column is None:
            known = spec.fields.get(name)
            numeric = known is not None and known.type in (FieldType.AMOUNT, FieldType.NUMBER)
            column = columns[name] = Column(name, column_label(name, spec, lang), numeric)
        column.add(text)


def survey(records: Iterable[Record], spec: CategorySpec, lang: Lang) -> Survey:
    """Read all records once."""
    found = Survey()
    for record in records:
        found.count += 1
        texts = texts_of(record, spec, lang)
        repeating = {name for name, value in record.fields.items() if _repeats(value, record.occurred_at)}
        found.repeats_time = repeating if found.repeats_time is None else found.repeats_time & repeating
        _add_texts(found.columns, texts, spec, lang)
        if spec.kind is Kind.TIME_SERIES:
            series = found.series.setdefault(record.group, Series(record.group))
            series.add(record)
            _add_texts(series.columns, texts, spec, lang)
    for name in found.repeats_time or ():
        found.columns.pop(name, None)
        for series in found.series.values():
            series.columns.pop(name, None)
    return found
