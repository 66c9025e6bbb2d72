"""What a connector delivers and what the extract is made of: one shape for every system's data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = Any
"""A JSON value: str, int, float, bool, None, list or dict of the same. Dates are ISO 8601 strings."""


class Kind(StrEnum):
    """How records of a category are presented (architecture decision 5)."""

    FACTS = "facts"
    TABLE = "table"
    CONVERSATION = "conversation"
    TIME_SERIES = "time_series"


class FieldType(StrEnum):
    """What a value means, so that it can be printed in the reader's language and masked where the law says so."""

    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    AMOUNT = "amount"
    NUMBER = "number"
    BOOLEAN = "boolean"
    PERSONNUMMER = "personnummer"
    EMAIL = "email"
    PHONE = "phone"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a category: its labels, its type and its unit (``kWh``, ``SEK``) if it has one.

    ``words`` says in Swedish and English what the system's codes mean (``{"paid": ("betald", "paid")}``); a value that is not
    there is printed as it stands, and the machine-readable copy always holds the code itself.
    """

    label_sv: str
    label_en: str
    type: FieldType = FieldType.TEXT
    unit: str = ""
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CategorySpec:
    """A category of personal data in one system and how its records are shown.

    Conversation records use the fields ``from``, ``text`` and optionally ``role`` (``person``, ``staff``, ``system``, ``other``).
    Time series records use the fields ``value``, optionally ``unit`` and ``flag``; ``group`` is the meter or series.
    Fields that are not listed are kept and shown under their own key: nothing a vendor sends about the person is dropped.
    ``group`` says in Swedish and English what a record's group is (``("Ärende", "Errand")``), where the kind alone does not tell.
    """

    key: str
    kind: Kind
    label_sv: str
    label_en: str
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    group: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One item of a person's data.

    ``key`` is stable per system and category across gatherings. ``group`` ties records together: the conversation, the meter.
    ``occurred_at`` is aware or None. ``source`` says where the system had it from, when it says so. ``marks`` holds facts a reader
    must know about the record as a whole: ``co_holder`` (somebody else holds the same agreement), ``among_others`` (a mail that
    others than the person wrote or got too).
    """

    key: str
    category: str
    kind: Kind
    occurred_at: datetime | None
    fields: Mapping[str, Value]
    group: str = ""
    source: str = ""
    marks: tuple[str, ...] = ()

    def to_row(self) -> list[Value]:
        """The record as a JSON row; category and kind stand on the batch."""
        when = self.occurred_at.isoformat() if self.occurred_at else None
        return [self.key, when, dict(self.fields), self.group, self.source, list(self.marks)]

    @classmethod
    def from_row(cls, row: list[Value], *, category: str, kind: Kind) -> Record:
        """Undo ``to_row``."""
        key, when, fields, group, source, marks = row
        return cls(
            key=key,
            category=category,
            kind=kind,
            occurred_at=datetime.fromisoformat(when) if when else None,
            fields=fields,
            group=group,
            source=source,
            marks=tuple(marks),
        )


def content_key(fields: Mapping[str, Value], ordinal: int = 0) -> str:
    """A stable key for a record whose system gives none: a hash of its content, with an ordinal for identical ones."""
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return f"{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}-{ordinal}"
