"""How the columns of a structured file are read: proposed by what was confirmed for the same columns before, else by a guess."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, gettext as _

from requests_app.connectors.uploads import UPLOAD
from requests_app.domain.deadlines import STOCKHOLM
from requests_app.models import DataCategory, UploadMapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from requests_app.domain.records import Record
    from requests_app.models import System, User

SHOWN, DATE, HIDDEN = "shown", "date", "hidden"
USES = (SHOWN, DATE, HIDDEN)
MAX_LABEL = 120
_DATED = re.compile(r"datum|date|tid\b|tidpunkt|time|skapad|created|när", re.IGNORECASE)
_SAMPLE = 50
_FORMATS = ("%Y%m%d", "%Y/%m/%d", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d %H:%M", "%Y-%m-%d %H.%M")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called in the answer, and whether it is shown, says when, or stays out for being empty."""

    name: str
    label: str
    use: str = SHOWN


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one file is read: its columns, and the category of the register that its rows belong to."""

    columns: tuple[Column, ...]
    category: str = UPLOAD.key
    known: bool = False
    """Whether it was confirmed before for a file of the same columns."""


def columns_of(records: Iterable[Record]) -> list[str]:
    """The names of all columns, in the order they first stand."""
    return list(dict.fromkeys(name for record in records for name in record.fields))


def shape(columns: Sequence[str]) -> str:
    """What a file is known again by: a hash of its column names in their order."""
    return hashlib.sha256(json.dumps(list(columns), ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def categories_for(system: System) -> list[tuple[str, str]]:
    """Key and name of the categories the register knows in the system, and the plain one last."""
    found = DataCategory.objects.filter(items__system=system).distinct()
    plain = UPLOAD.label_en if (get_language() or "sv").startswith("en") else UPLOAD.label_sv
    return [*((item.key, str(item.in_language("name"))) for item in found), (UPLOAD.key, plain)]


def propose(system: System, records: Sequence[Record]) -> Mapping:
    """What was confirmed for these columns before, else a guess: names made readable, the first column of dates, empty ones out."""
    columns = columns_of(records)
    kept = UploadMapping.objects.filter(system=system, shape_sha=shape(columns)).first()
    if kept is not None:
        return whole(_read(kept.mapping, columns), records)
    dated = next((name for name in columns if _says_when(name, records)), None)
    guessed: list[Column] = []
    for name in columns:
        use = DATE if name == dated else HIDDEN if is_empty(name, records) else SHOWN
        guessed.append(Column(name, _fresh(_readable(name), guessed), use))
    names = [key for key, _label in categories_for(system)]
    return Mapping(tuple(guessed), names[0] if len(names) == 2 else UPLOAD.key)


def whole(mapping: Mapping, records: Sequence[Record]) -> Mapping:
    """The same mapping with every column that holds something: what the person does not get is decided in the case, with a ground.

    Only an empty column stays out.
    """
    columns: list[Column] = []
    for column in mapping.columns:
        held = column.use == HIDDEN and not is_empty(column.name, records)
        label = _fresh(column.label.strip() or _readable(column.name), columns) if held else column.label
        columns.append(replace(column, label=label, use=SHOWN) if held else column)
    return replace(mapping, columns=tuple(columns))


def _fresh(label: str, before: Iterable[Column]) -> str:
    taken = {column.label for column in before}
    ordinal, unique = 2, label
    while unique in taken:
        unique = f"{label} ({ordinal})"
        ordinal += 1
    return unique


def _readable(name: str) -> str:
    text = " ".join(name.replace("_", " ").split())[:MAX_LABEL] or "–"
    return text[:1].upper() + text[1:]


def _values(name: str, records: Sequence[Record]) -> list[Any]:
    return [value for record in records[:_SAMPLE] if (value := record.fields.get(name)) not in (None, "")]


def is_empty(name: str, records: Sequence[Record]) -> bool:
    """Whether a column holds nothing in any row."""
    return all(record.fields.get(name) in (None, "") for record in records)


def _says_when(name: str, records: Sequence[Record]) -> bool:
    values = _values(name, records)
    return bool(
        values and _DATED.search(name) and sum(moment(value) is not None for value in values) >= len(values) * 0.8
    )


def moment(value: Any) -> datetime | None:
    """A date or time as exports write it, in Sweden unless it says otherwise; None when it is none."""
    text = str(value).strip() if value is not None else ""
    if not 8 <= len(text) <= 40:
        return None
    when: datetime | None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = next((found for form in _FORMATS if (found := _parsed(text, form))), None)
    if when is None or not 1900 <= when.year <= 2200:
        return None
    return when if when.tzinfo else when.replace(tzinfo=STOCKHOLM)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def checked(mapping: Mapping, system: System) -> Mapping:
    """The same mapping, if it can be used: each shown column has a heading of its own, the category is one of the system's.

    Raises ``ValidationError`` in words.
    """
    labels = [column.label.strip() for column in mapping.columns if column.use != HIDDEN]
    if not labels:
        raise ValidationError(_("At least one column must be shown."))
    if any(not label for label in labels):
        raise ValidationError(_("Each column that is shown needs a heading."))
    if len(set(labels)) < len(labels):
        raise ValidationError(_("Two columns have the same heading. Give each its own."))
    if any(len(label) > MAX_LABEL for label in labels) or any(column.use not in USES for column in mapping.columns):
        raise ValidationError(_("A heading may have at most %(limit)d characters.") % {"limit": MAX_LABEL})
    if sum(column.use == DATE for column in mapping.columns) > 1:
        raise ValidationError(_("Only one column can say when something happened."))
    if mapping.category not in {key for key, _name in categories_for(system)}:
        raise ValidationError(_("Choose what kind of data the file holds."))
    columns = tuple(replace(column, label=column.label.strip()) for column in mapping.columns)
    return replace(mapping, columns=columns)


def apply(mapping: Mapping, records: Iterable[Record]) -> list[Record]:
    """The records as the mapping reads them. What stays out stays out; a row of which nothing is left goes."""
    shown = [(column.name, column.label) for column in mapping.columns if column.use != HIDDEN]
    dated = next((column.name for column in mapping.columns if column.use == DATE), None)
    made = []
    for record in records:
        fields = {label: record.fields[name] for name, label in shown if name in record.fields}
        if all(value in (None, "") for value in fields.values()):
            continue
        when = moment(record.fields.get(dated)) if dated else None
        made.append(replace(record, fields=fields, category=mapping.category, occurred_at=when))
    return made


def remember(*, system: System, mapping: Mapping, by: User | None) -> None:
    """Read files of these columns alike from now on."""
    columns = [column.name for column in mapping.columns]
    held = {column.name: {"label": column.label, "use": column.use} for column in mapping.columns}
    UploadMapping.objects.update_or_create(
        system=system,
        shape_sha=shape(columns),
        defaults={"mapping": {"columns": held, "category": mapping.category}, "by": by, "at": timezone.now()},
    )


def remembered(system: System, records: list[Record]) -> list[Record]:
    """Records of a file as they were read last time; as they stand in it when its columns are new."""
    kept = UploadMapping.objects.filter(system=system, shape_sha=shape(columns_of(records))).first()
    return apply(whole(_read(kept.mapping, columns_of(records)), records), records) if kept is not None else records


def _read(held: dict[str, Any], columns: Sequence[str]) -> Mapping:
    known = held["columns"]
    made = tuple(Column(name, known[name]["label"], known[name]["use"]) for name in columns)
    return Mapping(made, held["category"], known=True)
