"""The records of a page in their own form, with what is masked marked: facts, rows, things said, and readings by day.

Record text is only ever text: templates escape it. Staff sees the original; the mask is a mark on it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext as _

from requests_app.admin.data_html import HIDDEN, SUGGESTED, ValueHtml
from requests_app.admin.data_texts import MAX_VALUE, clean, decimal, label, number_of, said, said_when
from requests_app.documents.survey import group_word
from requests_app.documents.words import WORDS
from requests_app.domain.deadline_words import format_day
from requests_app.domain.masks import GROUP, SOURCE, Laid, Place, Scope, fits, pointer, walk, whole
from requests_app.domain.records import FieldType, Kind
from requests_app.services.record_words import SPEAKERS, field_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, FieldSpec, Record
    from requests_app.services.mask_set import CategoryMasks

PLOT_WIDTH, PLOT_HEIGHT = 720, 120
MOST_LEAVES = 200
"""Values of a nested field that are shown one by one."""


@dataclass(slots=True)
class Shown:
    """One value: its label and its text as HTML. ``masked`` when all of it is hidden from the person."""

    label: str
    html: SafeString
    css: str = ""
    masked: bool = False
    leaves: list[Shown] = field(default_factory=list)


@dataclass(slots=True)
class ShownRecord:
    """One record."""

    handle: str
    values: list[Shown]
    when: str = ""
    source: Shown | None = None
    group: Shown | None = None
    marks: list[str] = field(default_factory=list)
    masked: bool = False
    """Whether all of it is withheld."""
    who: Shown | None = None
    text: Shown | None = None
    mine: bool = False


@dataclass(slots=True)
class Day:
    """One day of a series, and its readings."""

    day: str
    values: int
    total: str
    unit: str
    lowest: str
    highest: str
    readings: list[ShownRecord]
    handles: str
    masked: int


@lru_cache(maxsize=1)
def _handle(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def handle_of(record: Record) -> str:
    """What a record is called in a form: a short hash of its key, which may be long and say something."""
    return _handle(record.key)


@lru_cache(maxsize=4096)
def spot_of(path: str) -> str:
    """What a path is called in a form: a short hash, since names of fields may be anything."""
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def path_at(record: Record, spot: str) -> str | None:
    """The path that ``spot_of`` named; None when the record has no such place."""
    for path in _paths(record):
        if spot_of(path) == spot:
            return path
    return None


def _paths(record: Record) -> Iterator[str]:
    yield GROUP
    yield SOURCE
    for name, value in record.fields.items():
        yield pointer(name)
        if isinstance(value, dict | list):
            yield from (pointer(name, *path) for path, _leaf in walk(value))


def shaped(
    records: list[Record],
    spec: CategorySpec,
    masks: CategoryMasks,
    proposed: Mapping[str, list[Place]],
    *,
    may_mask: bool,
) -> dict[str, Any]:
    """The records for the template of their kind; ``proposed`` are the places that are suggested, by record."""
    shaper = _Shaper(spec, masks, proposed, may_mask=may_mask)
    if spec.kind is Kind.CONVERSATION:
        return {"kind": "conversation", "conversations": shaper.conversations(records)}
    if spec.kind is Kind.TIME_SERIES:
        return {"kind": "series", "series": shaper.series(records)}
    if spec.kind is Kind.TABLE:
        return {"kind": "table", **shaper.table(records)}
    return {"kind": "facts", "facts": [shaper.record(record) for record in records]}


def _cell_class(spec: FieldSpec | None) -> str:
    """Numbers line up to the right; days are not broken over lines."""
    if spec and spec.type in {FieldType.AMOUNT, FieldType.NUMBER}:
        return "dsr-num"
    return "dsr-when" if spec and spec.type in {FieldType.DATE, FieldType.DATETIME} else ""


_CONVERSATION_FIELDS = frozenset({"from", "text", "role"})


def _is_masked(laid: tuple[Laid, ...], path: str) -> bool:
    """Whether all of a value is hidden."""
    values = (item.place.path for item in laid if item.place.scope is Scope.VALUE)
    return whole(laid) is not None or any(path == other or path.startswith(other + "/") for other in values)


def _marked(record: Record, places: Iterable[Place], css: str) -> list[tuple[int, int, str]]:
    """Where in a text it is marked: all of it for a value, and for a stretch that no longer fits."""
    found = {
        (place.start or 0, place.end or MAX_VALUE, css) if fits(record, place) else (0, MAX_VALUE, css)
        for place in places
    }
    return [stretch for stretch in found if stretch[0] < MAX_VALUE]  # no more of a text is shown


def _runs(value: str, marked: list[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """A text in runs, each with how it is marked; what is hidden goes before what is suggested."""
    raw = value[:MAX_VALUE]
    edges = sorted({0, len(raw), *(min(edge, len(raw)) for first, last, _css in marked for edge in (first, last))})
    runs: list[tuple[str, str]] = []
    for first, last in pairwise(edges):
        found = {css for start, end, css in marked if start <= first and last <= end}
        css = HIDDEN if HIDDEN in found else SUGGESTED if found else ""
        if runs and runs[-1][1] == css:
            runs[-1] = (runs[-1][0] + clean(raw[first:last]), css)
        else:
            runs.append((clean(raw[first:last]), css))
    return runs


class _Shaper:
    """Shapes the records of one category."""

    def __init__(
        self, spec: CategorySpec, masks: CategoryMasks, proposed: Mapping[str, list[Place]], *, may_mask: bool
    ) -> None:
        self._spec = spec
        self._masks = masks
        self._proposed = proposed
        self._html = ValueHtml(may_mask=may_mask)

    def record(self, record: Record, without: frozenset[str] = frozenset()) -> ShownRecord:
        """A record as label and value."""
        laid = self._masks.of(record.key)
        return ShownRecord(
            handle=handle_of(record),
            values=list(self._values(record, laid, without)),
            when=said_when(record.occurred_at),
            source=self._value(record, laid, SOURCE, _("Source"), record.source, None) if record.source else None,
            group=self._group(record),
            marks=_marks(record),
            masked=whole(laid) is not None,
        )

    def _group(self, record: Record) -> Shown | None:
        """What ties the record to others: the conversation, the errand. That of readings, the meter, is masked with them."""
        if not record.group or record.kind is Kind.TIME_SERIES:
            return None
        lang: Lang = "en" if (get_language() or "").startswith("en") else "sv"
        heading = group_word(self._spec, lang) or WORDS[lang].belongs_to
        return self._value(record, self._masks.of(record.key), GROUP, heading, record.group, None)

    def _values(self, record: Record, laid: tuple[Laid, ...], without: frozenset[str]) -> Iterator[Shown]:
        fields = record.fields
        for name in (*self._spec.fields, *(key for key in fields if key not in self._spec.fields)):
            if name in fields and name not in without and fields[name] not in (None, "", [], {}):
                yield self._field(record, laid, name)

    def _field(self, record: Record, laid: tuple[Laid, ...], name: str) -> Shown:
        known = self._spec.fields.get(name)
        heading = label(known) if known else clean(name.replace("_", " ").capitalize())
        value = record.fields.get(name)
        shown = self._value(record, laid, pointer(name), heading, value, known)
        if isinstance(value, dict | list) and not shown.masked:
            shown.leaves = list(self._leaves(record, laid, name, value, known))
        return shown

    def _leaves(
        self, record: Record, laid: tuple[Laid, ...], name: str, value: Any, known: FieldSpec | None
    ) -> Iterator[Shown]:
        for n, (path, leaf) in enumerate(walk(value)):
            if n == MOST_LEAVES:
                return
            if leaf not in (None, ""):
                heading = clean(" › ".join(str(step + 1) if isinstance(step, int) else step for step in path))
                yield self._value(record, laid, pointer(name, *path), heading, leaf, known)

    def _value(
        self, record: Record, laid: tuple[Laid, ...], path: str, heading: str, value: Any, known: FieldSpec | None
    ) -> Shown:
        text = said(value, known)
        plain = isinstance(value, str) and text == clean(value)
        masked = bool(laid) and _is_masked(laid, path)
        spans = [item.place for item in laid if item.place.path == path and item.place.scope is Scope.SPAN]
        proposed = [place for place in self._proposed.get(record.key, ()) if place.path == path]
        runs = [(text, HIDDEN if masked or (spans and not plain) else SUGGESTED if proposed else "")]
        if plain and not masked and (spans or proposed):
            runs = _runs(value, [*_marked(record, spans, HIDDEN), *_marked(record, proposed, SUGGESTED)])
        html = self._html.value(
            heading, f"{handle_of(record)}.{spot_of(path)}", runs, spans=plain, masked=masked, button=not whole(laid)
        )
        return Shown(heading, html, _cell_class(known), masked=masked)

    # --- Tables ---------------------------------------------------------------------------------------------------------

    def table(self, records: list[Record]) -> dict[str, Any]:
        """One row for each record; every column that one of them has."""
        fields = self._spec.fields
        keys = [key for key in fields if any(key in record.fields for record in records)]
        keys += dict.fromkeys(key for record in records for key in record.fields if key not in fields)
        timed = any(record.occurred_at for record in records) and not any(
            fields[key].type in {FieldType.DATE, FieldType.DATETIME} for key in keys if key in fields
        )
        heads = [
            (
                label(fields[key]) if key in fields else clean(key.replace("_", " ").capitalize()),
                _cell_class(fields.get(key)),
            )
            for key in keys
        ]
        return {"heads": heads, "rows": [self._row(record, keys) for record in records], "timed": timed}

    def _row(self, record: Record, keys: list[str]) -> ShownRecord:
        laid = self._masks.of(record.key)
        return ShownRecord(
            handle=handle_of(record),
            values=[self._cell(record, laid, key) for key in keys],
            when=said_when(record.occurred_at),
            marks=_marks(record),
            masked=whole(laid) is not None,
        )

    def _cell(self, record: Record, laid: tuple[Laid, ...], key: str) -> Shown:
        if key in record.fields:
            return self._field(record, laid, key)
        return Shown("", SafeString(), _cell_class(self._spec.fields.get(key)))

    # --- Conversations --------------------------------------------------------------------------------------------------

    def conversations(self, records: list[Record]) -> list[dict[str, Any]]:
        """Things said, conversation by conversation."""
        groups: dict[str, list[ShownRecord]] = {}
        for record in records:
            shown = self.record(record, _CONVERSATION_FIELDS)
            laid, role = self._masks.of(record.key), str(record.fields.get("role") or "")
            given = str(record.fields.get("from") or "")
            if given in {"", role}:
                who = Shown(field_word("from"), self._html.words(str(SPEAKERS.get(role, ""))))
            else:
                who = self._value(record, laid, pointer("from"), field_word("from"), given, None)
            shown.who, shown.mine = who, role == "person"
            shown.text = self._field(record, laid, "text") if record.fields.get("text") else None
            groups.setdefault(record.group, []).append(shown)
        return [{"title": said_there[0].group, "said": said_there} for said_there in groups.values()]

    # --- Series ---------------------------------------------------------------------------------------------------------

    def series(self, records: list[Record]) -> list[dict[str, Any]]:
        """Readings by meter: a plot, and one row a day with the readings in a fold."""
        groups: dict[str, list[Record]] = {}
        for record in records:
            groups.setdefault(record.group, []).append(record)
        return [
            {
                "title": clean(group),
                "many": any(len(there) > 1 for there in _by_day(found).values()),
                "days": self._days(found),
                "plot": _plot(found),
            }
            for group, found in groups.items()
        ]

    def _days(self, records: list[Record]) -> list[Day]:
        return [self._day(day, found) for day, found in _by_day(records).items()]

    def _day(self, day: date | None, found: list[Record]) -> Day:
        values = [value for record in found if (value := number_of(record.fields.get("value"))) is not None]
        known = self._spec.fields.get("value")
        units = list(dict.fromkeys(str(record.fields.get("unit") or (known.unit if known else "")) for record in found))
        shown = [self._reading(record) for record in found]
        return Day(
            day=format_day(day, get_language() or "sv") if day else "–",
            values=len(found),
            total=decimal(sum(values)) if values else "–",
            unit=clean(" / ".join(filter(None, units))),
            lowest=decimal(min(values)) if values else "–",
            highest=decimal(max(values)) if values else "–",
            readings=shown,
            handles=",".join(reading.handle for reading in shown),
            masked=sum(1 for reading in shown if reading.masked or any(value.masked for value in reading.values)),
        )

    def _reading(self, record: Record) -> ShownRecord:
        shown = self.record(record, frozenset({"unit"}))
        shown.when = f"{localtime(record.occurred_at):%H:%M}" if record.occurred_at else ""
        return shown


def _marks(record: Record) -> list[str]:
    known = {"co_holder": _("Somebody else holds the same agreement"), "among_others": _("Concerns others too")}
    return [known.get(mark, clean(mark)) for mark in record.marks]


def _by_day(records: Iterable[Record]) -> dict[date | None, list[Record]]:
    found: dict[date | None, list[Record]] = {}
    for record in records:
        found.setdefault(localtime(record.occurred_at).date() if record.occurred_at else None, []).append(record)
    return found


def _plot(records: list[Record]) -> dict[str, Any] | None:
    """A line of day totals: points for a polyline, and what stands beside it in words."""
    totals = [
        sum(filter(None, (number_of(record.fields.get("value")) for record in found)))
        for day, found in _by_day(records).items()
        if day
    ]
    if len(totals) < 2:
        return None
    top, low = max(totals), min(0.0, *totals)
    span = (top - low) or 1.0
    step = PLOT_WIDTH / (len(totals) - 1)
    points = " ".join(
        f"{place * step:.1f},{PLOT_HEIGHT - (value - low) / span * PLOT_HEIGHT:.1f}"
        for place, value in enumerate(totals)
    )
    return {"points": points, "width": PLOT_WIDTH, "height": PLOT_HEIGHT, "top": decimal(top), "low": decimal(low)}


__all__ = ["Day", "Shown", "ShownRecord", "handle_of", "path_at", "shaped", "spot_of"]
