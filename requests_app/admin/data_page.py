"""The gathered records of one category, each in its own form. Record text is only ever text: templates escape it."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_GET

from requests_app.admin.case_pages import desk_of
from requests_app.domain.deadline_words import format_day
from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, display, normalise
from requests_app.domain.records import FieldSpec, FieldType, Kind
from requests_app.services import review
from requests_app.services.keys import KeyDestroyed
from requests_app.services.numbers import UNBROKEN_SPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import HttpRequest, HttpResponse

    from requests_app.admin.desk import Desk
    from requests_app.domain.records import CategorySpec, Record
    from requests_app.services.review import RecordPage

MAX_VALUE = 20_000
"""Signs of one value that are shown; the copy to the person holds all of it."""
PLOT_WIDTH, PLOT_HEIGHT = 720, 120


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing said in a conversation."""

    who: str
    when: str
    text: str
    mine: bool
    more: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a series."""

    day: str
    values: int
    total: str
    unit: str
    lowest: str
    highest: str


@require_GET
def page(request: HttpRequest, ref: str, system: str, category: str) -> HttpResponse:
    """One page of records; that it was read is logged."""
    desk = desk_of(request, ref)
    row = desk.row(system)
    number = request.GET.get("page", "1")
    try:
        found = review.records_page(
            actor=desk.actor,
            case=desk.case,
            row=row,
            category=category,
            page=int(number) if number.isdecimal() and len(number) < 10 else 1,
        )
    except (ValidationError, KeyDestroyed):
        raise Http404 from None
    context = {
        **admin.site.each_context(request),
        "title": label(found.spec),
        "case": desk.case,
        "row": row,
        "page": found,
        "previous": found.page - 1 if found.page > 1 else None,
        "next": found.page + 1 if found.page < found.pages else None,
        "index": _index(desk),
        "category": category,
        **_shaped(found),
    }
    return TemplateResponse(request, "admin/hemdsr/data.html", context)


def _index(desk: Desk) -> list[dict[str, Any]]:
    """Systems and categories with counts, to go between."""
    rows = [row for row in desk.rows if row.records]
    return [
        {"row": row, "categories": [(label(item.spec), item) for item in review.categories_of(row)]} for row in rows
    ]


def label(spec: CategorySpec | FieldSpec) -> str:
    """The name of a category or a field in the language of the page."""
    return spec.label_sv if (get_language() or "sv").startswith("sv") else spec.label_en


def _shaped(found: RecordPage) -> dict[str, Any]:
    records, spec = found.records, found.spec
    if spec.kind is Kind.CONVERSATION:
        return {"kind": "conversation", "conversations": _conversations(records, spec)}
    if spec.kind is Kind.TIME_SERIES:
        return {"kind": "series", "series": _series(records, spec)}
    if spec.kind is Kind.TABLE:
        return {"kind": "table", **_table(records, spec)}
    return {"kind": "facts", "facts": [_facts(record, spec) for record in records]}


def _facts(record: Record, spec: CategorySpec) -> dict[str, Any]:
    return {
        "pairs": list(_pairs(record.fields, spec)),
        "when": said_when(record.occurred_at),
        "source": clean(record.source),
        "marks": _marks(record),
    }


def _marks(record: Record) -> list[str]:
    known = {"co_holder": _("Somebody else holds the same agreement")}
    return [known.get(mark, mark) for mark in record.marks]


def _pairs(fields: Mapping[str, Any], spec: CategorySpec, without: Iterable[str] = ()) -> Iterable[tuple[str, str]]:
    order = [*spec.fields, *(key for key in fields if key not in spec.fields)]
    for key in order:
        if key in fields and key not in without and fields[key] not in (None, "", [], {}):
            known = spec.fields.get(key)
            yield (label(known) if known else clean(key.replace("_", " ").capitalize()), said(fields[key], known))


def _cell_class(spec: FieldSpec | None) -> str:
    """Numbers line up to the right; days are not broken over lines."""
    if spec and spec.type in {FieldType.AMOUNT, FieldType.NUMBER}:
        return "dsr-num"
    return "dsr-when" if spec and spec.type in {FieldType.DATE, FieldType.DATETIME} else ""


def _table(records: list[Record], spec: CategorySpec) -> dict[str, Any]:
    keys = [key for key in spec.fields if any(key in record.fields for record in records)]
    keys += dict.fromkeys(key for record in records for key in record.fields if key not in spec.fields)
    timed = any(record.occurred_at for record in records) and not any(
        spec.fields[key].type in {FieldType.DATE, FieldType.DATETIME} for key in keys if key in spec.fields
    )
    heads = [
        (
            label(spec.fields[key]) if key in spec.fields else clean(key.replace("_", " ").capitalize()),
            _cell_class(spec.fields.get(key)),
        )
        for key in keys
    ]
    rows = [
        {
            "when": said_when(record.occurred_at) if timed else "",
            "cells": [
                (said(record.fields.get(key), spec.fields.get(key)), _cell_class(spec.fields.get(key))) for key in keys
            ],
            "marks": _marks(record),
        }
        for record in records
    ]
    return {"heads": heads, "rows": rows, "timed": timed}


_CONVERSATION_FIELDS = ("from", "text", "role")


def _conversations(records: list[Record], spec: CategorySpec) -> list[dict[str, Any]]:
    groups: dict[str, list[Bubble]] = {}
    roles = {"person": _("The person"), "staff": _("Staff"), "system": _("Automatic"), "other": _("Somebody else")}
    for record in records:
        role = str(record.fields.get("role") or "")
        given = clean(str(record.fields.get("from") or ""))
        who = roles.get(role, "") if given in {"", role} else given
        groups.setdefault(record.group, []).append(
            Bubble(
                who=who,
                when=said_when(record.occurred_at),
                text=said(record.fields.get("text") or "", spec.fields.get("text")),
                mine=role == "person",
                more=list(_pairs(record.fields, spec, without=_CONVERSATION_FIELDS)),
            )
        )
    return [{"title": clean(group), "bubbles": bubbles} for group, bubbles in groups.items()]


def _series(records: list[Record], spec: CategorySpec) -> list[dict[str, Any]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.group, []).append(record)
    return [
        {"title": clean(group), "days": _days(found, spec), "plot": _plot(found)} for group, found in groups.items()
    ]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _by_day(records: list[Record]) -> dict[date | None, list[Record]]:
    found: dict[date | None, list[Record]] = {}
    for record in records:
        found.setdefault(localtime(record.occurred_at).date() if record.occurred_at else None, []).append(record)
    return found


def _days(records: list[Record], spec: CategorySpec) -> list[Day]:
    days = []
    for day, found in _by_day(records).items():
        values = [value for record in found if (value := _number(record.fields.get("value"))) is not None]
        known = spec.fields.get("value")
        units = list(dict.fromkeys(str(record.fields.get("unit") or (known.unit if known else "")) for record in found))
        days.append(
            Day(
                day=format_day(day, get_language() or "sv") if day else "–",
                values=len(found),
                total=_decimal(sum(values)) if values else "–",
                unit=clean(" / ".join(filter(None, units))),
                lowest=_decimal(min(values)) if values else "–",
                highest=_decimal(max(values)) if values else "–",
            )
        )
    return days


def _plot(records: list[Record]) -> dict[str, Any] | None:
    """A line of day totals: points for a polyline, and what stands beside it in words."""
    totals = [
        sum(filter(None, (_number(record.fields.get("value")) for record in found)))
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
    return {"points": points, "width": PLOT_WIDTH, "height": PLOT_HEIGHT, "top": _decimal(top), "low": _decimal(low)}


def _decimal(value: float, least: int = 0) -> str:
    """A number with at most three decimals and at least ``least``."""
    whole, _point, part = f"{value:,.3f}".partition(".")
    part = part.rstrip("0").ljust(least, "0")
    text = f"{whole}.{part}" if part else whole
    if (get_language() or "sv").startswith("sv"):
        text = text.replace(",", UNBROKEN_SPACE).replace(".", ",")
    return text


def said_when(when: datetime | None) -> str:
    """A time in Sweden; without the clock when it is midnight sharp."""
    if when is None:
        return ""
    local = localtime(when)
    day = format_day(local.date(), get_language() or "sv")
    return day if (local.hour, local.minute, local.second) == (0, 0, 0) else f"{day} {local:%H:%M}"


def said(value: Any, spec: FieldSpec | None) -> str:
    """A value as text in the reader's language; a personnummer only as a birth date."""
    kind = spec.type if spec else FieldType.TEXT
    if value is None:
        return ""
    if spec and spec.words and (pair := spec.words.get(str(value))):
        return pair[0] if (get_language() or "sv").startswith("sv") else pair[1]
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return clean(", ".join(said(item, None) for item in value))
    if isinstance(value, dict):
        return clean(", ".join(f"{key}: {said(item, None)}" for key, item in value.items()))
    if kind is FieldType.PERSONNUMMER:
        try:
            return display(IdentifierKind.PERSONNUMMER, normalise(IdentifierKind.PERSONNUMMER, str(value)))
        except InvalidIdentifier:
            return "****"
    if kind in {FieldType.DATE, FieldType.DATETIME}:
        return _date(str(value), kind)
    if kind in {FieldType.AMOUNT, FieldType.NUMBER} and (number := _number(value)) is not None:
        text = _decimal(number, least=2 if kind is FieldType.AMOUNT else 0)
        return f"{text}{UNBROKEN_SPACE}{spec.unit}" if spec and spec.unit else text
    return clean(str(value))


def _date(text: str, kind: FieldType) -> str:
    try:
        if kind is FieldType.DATE and len(text) == len("2026-11-25"):
            return format_day(date.fromisoformat(text), get_language() or "sv")
        when = datetime.fromisoformat(text)
        return said_when(when) if when.tzinfo else f"{format_day(when.date(), get_language() or 'sv')} {when:%H:%M}"
    except (ValueError, OverflowError):  # the last year there is cannot be moved to another time zone
        return clean(text)


def clean(text: str) -> str:
    """Text that cannot upset the page: no control characters, no marks that turn its direction, of a length that can be shown."""
    kept = "".join(
        sign if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs", "Co", "Cn"} else "\ufffd"
        for sign in text[:MAX_VALUE]
    )
    kept = "".join(
        sign
        for sign in kept
        if unicodedata.bidirectional(sign) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    )
    return kept + (f" … ({len(text):,})" if len(text) > MAX_VALUE else "")
