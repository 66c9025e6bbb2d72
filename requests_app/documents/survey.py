"""A first look at a category's records, so that the page can be laid out before the records are read again to print them.

What is the same on every record goes into a heading, which makes the page both shorter and easier to read, and each table knows
its columns and their widths. Only sums and the longest texts are kept, never the records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from requests_app.documents.formatting import (
    MIDNIGHT,
    as_decimal,
    format_time,
    format_value,
    is_empty,
    label_of,
    local_time,
    without_midnight,
)
from requests_app.documents.words import WORDS
from requests_app.domain.masks import SHORT, is_mask
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

    def add(self, text: str, width: int | None = None) -> None:
        """Take in one more text; ``width`` when it is set shorter than it is."""
        self.only = text if self.seen == 0 or self.only == text else None
        self.seen += 1
        self.longest = max(self.longest, len(text) if width is None else width)


@dataclass(slots=True)
class Series:
    """One meter: its period, how its readings lie, which marks they bear, and its sums by day for the plot."""

    group: str
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    hourly: bool = True
    timed: bool = True
    daily: bool = True
    """Whether the readings lie at midnight, no two on one day."""
    monthly: bool = True
    """Whether they moreover lie on the first of the month."""
    dates: set[date] = field(default_factory=set)
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

    def add(self, record: Record, spec: CategorySpec, lang: Lang) -> None:
        """Take in one more reading."""
        self.count += 1
        flag = flag_of(record, spec, lang)
        self.flags[flag] = self.flags.get(flag, 0) + 1
        if record.occurred_at is None:
            self.hourly = self.timed = self.daily = self.monthly = self.plottable = False
            return
        when = local_time(record.occurred_at)
        self.first = min(self.first or when, when)
        self.last = max(self.last or when, when)
        self.hourly = self.hourly and when.minute == when.second == when.microsecond == 0
        self._see_day(when)
        number = as_decimal(record.fields.get("value"))
        if number is None:
            self.plottable = False
            return
        total, n = self.days.get(when.date(), (Decimal(0), 0))
        self.days[when.date()] = (total + number, n + 1)

    def _see_day(self, when: datetime) -> None:
        self.daily = self.daily and self.hourly and when.hour == 0 and when.date() not in self.dates
        self.monthly = self.monthly and self.daily and when.day == 1
        if self.daily:
            self.dates.add(when.date())


@dataclass(slots=True)
class Survey:
    """What is known about a category before it is printed."""

    count: int = 0
    columns: dict[str, Column] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    """Columns that only repeat, on every record, what another column says."""
    dates_only: bool = False
    """Whether every record lies at midnight, local time: then it has a date and no time."""

    def constants(self) -> list[Column]:
        """Columns that say the same on every record, when there are enough records for that to be worth saying once."""
        if self.count < 3:
            return []
        same = [column for column in self.columns.values() if column.seen == self.count and column.only is not None]
        return same if len(same) < len(self.columns) else same[1:]


def flag_of(record: Record, spec: CategorySpec, lang: Lang) -> str:
    """The mark on a reading, as text; empty when it has none."""
    flag = record.fields.get("flag")
    return "" if is_empty(flag) else format_value(flag, spec.fields.get("flag"), lang)


def _repeats(value: Value, when: datetime | None) -> bool:
    """Whether a field only repeats the time the record bears anyway."""
    if when is None or not isinstance(value, str):
        return False
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return False
    return parsed == when if parsed.tzinfo else parsed == local_time(when).replace(tzinfo=None)


def texts_of(record: Record, spec: CategorySpec, lang: Lang, *, dates_only: bool = False) -> dict[str, str]:
    """All that is printed about one record, by column: what stands beside its fields, then the fields in the register's order."""
    words = WORDS[lang]
    texts: dict[str, str] = {}
    if record.occurred_at:
        when = format_time(record.occurred_at)
        texts[WHEN] = without_midnight(when) if dates_only else when
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
        known = {"co_holder": words.co_holder, "among_others": words.among_others}
        texts[MARKS] = " ".join(known.get(mark, mark) for mark in record.marks)
    return texts


def group_word(spec: CategorySpec, lang: Lang) -> str:
    """What a group of the category's records is called; empty when the register does not say."""
    return spec.group[lang == "en"] if spec.group else ""


def column_label(name: str, spec: CategorySpec, lang: Lang) -> str:
    """The heading of a column."""
    words = WORDS[lang]
    group = group_word(spec, lang) or words.belongs_to
    beside = {WHEN: words.when, GROUP: group, SOURCE: words.source, MARKS: words.remark}
    return beside.get(name) or label_of(name, spec.fields.get(name), lang)


def _add_texts(columns: dict[str, Column], texts: dict[str, str], spec: CategorySpec, lang: Lang) -> None:
    for name, text in texts.items():
        column = columns.get(name)
        if column is None:
            known = spec.fields.get(name)
            numeric = known is not None and known.type in (FieldType.AMOUNT, FieldType.NUMBER)
            column = columns[name] = Column(name, column_label(name, spec, lang), numeric)
        # a reading that is withheld does not make the table of all others wider
        column.add(text, len(SHORT[lang]) if spec.kind is Kind.TIME_SERIES and is_mask(text) else None)


@dataclass(slots=True)
class _Echoes:
    """Which fields say, on every record so far, nothing but its time, its group or its source."""

    time: set[str] | None = None
    group: set[str] | None = None
    source: set[str] | None = None

    def add(self, record: Record, texts: dict[str, str]) -> None:
        fields = record.fields
        if self.time is None or self.time:
            time = {name for name, value in fields.items() if _repeats(value, record.occurred_at)}
            self.time = time if self.time is None else self.time & time
        if self.group is None or self.group:
            group = {name for name in fields if record.group and texts[name] == record.group}
            self.group = group if self.group is None else self.group & group
        if self.source is None or self.source:
            source = {name for name in fields if record.source and texts[name] == record.source}
            self.source = source if self.source is None else self.source & source

    def hidden(self, *, of_series: bool) -> frozenset[str]:
        beside = {name for name, echoes in ((GROUP, self.group), (SOURCE, self.source)) if echoes and not of_series}
        return frozenset((self.time or set()) | beside)


def survey(records: Iterable[Record], spec: CategorySpec, lang: Lang) -> Survey:
    """Read all records once."""
    found, echoes = Survey(dates_only=True), _Echoes()
    for record in records:
        found.count += 1
        texts = texts_of(record, spec, lang)
        echoes.add(record, texts)
        found.dates_only = found.dates_only and texts.get(WHEN, MIDNIGHT).endswith(MIDNIGHT)
        _add_texts(found.columns, texts, spec, lang)
        if spec.kind is Kind.TIME_SERIES:
            series = found.series.setdefault(record.group, Series(record.group))
            series.add(record, spec, lang)
            _add_texts(series.columns, texts, spec, lang)
    found.hidden = echoes.hidden(of_series=spec.kind in (Kind.TIME_SERIES, Kind.CONVERSATION))
    _name_the_time(found, echoes.time or set(), spec, lang)
    for columns in (found.columns, *(series.columns for series in found.series.values())):
        for name in found.hidden:
            columns.pop(name, None)
    return found


def _name_the_time(found: Survey, repeating: set[str], spec: CategorySpec, lang: Lang) -> None:
    """The records' time bears the labels of the fields that only repeat it; when it is a date, it is printed as one."""
    labels = dict.fromkeys(label_of(name, spec.fields.get(name), lang) for name in spec.fields if name in repeating)
    label = " / ".join(labels) or (WORDS[lang].date if found.dates_only else "")
    for columns in (found.columns, *(series.columns for series in found.series.values())):
        when = columns.get(WHEN)
        if when is None:
            continue
        when.label = label or when.label
        if found.dates_only:
            when.longest, when.only = len("2026-11-25"), when.only and without_midnight(when.only)
