"""Identity numbers never leave in full: at most the birth date is printed, in the PDF and in the machine-readable copy alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from requests_app.domain.identifiers import find_personnummer
from requests_app.domain.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.documents.values import CategoryData
    from requests_app.domain.records import FieldSpec, Record, Value

HIDDEN = "****"
_SIX_DIGITS = re.compile(r"\d\D*?\d\D*?\d\D*?\d\D*?\d\D*?\d")
_DIGITS = re.compile(r"\D")


@dataclass(slots=True)
class Tally:
    """How many identity numbers were shortened, for the section that says so."""

    shortened: int = 0


def birth_part(number: str) -> str:
    """``19900418NNNN`` -> ``19900418-****``. A coordination number's day is turned back to the day of birth."""
    day = int(number[6:8])
    return f"{number[:6]}{day - 60 if day > 60 else day:02d}-{HIDDEN}"


def mask_text(text: str, tally: Tally) -> str:
    """The text with every valid identity number cut down to the birth date."""
    if not _SIX_DIGITS.search(text):
        return text
    pieces: list[str] = []
    end = 0
    for first, last, number in find_personnummer(text):
        pieces += (text[end:first], birth_part(number))
        end = last
        tally.shortened += 1
    return "".join((*pieces, text[end:])) if pieces else text


def mask_identity_number(text: str, tally: Tally) -> str:
    """A value that is meant to be an identity number: also one that is not valid keeps its birth date at most."""
    masked = mask_text(text, tally)
    if masked != text or not _DIGITS.sub("", text) or HIDDEN in text:
        return masked
    tally.shortened += 1
    digits = _DIGITS.sub("", text)
    return f"{digits[:-4]}-{HIDDEN}" if len(digits) in {10, 12} else HIDDEN


def _mask_number(value: float, tally: Tally) -> Value:
    text = repr(value)
    masked = mask_text(text, tally) if isinstance(value, int) else text
    return value if masked == text else masked


def mask_value(value: Value, tally: Tally, spec: FieldSpec | None = None) -> Value:
    """Any JSON value with the identity numbers in it shortened; names of nested fields too."""
    if isinstance(value, str):
        if spec and spec.type is FieldType.PERSONNUMMER:
            return mask_identity_number(value, tally)
        return mask_text(value, tally)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        if spec and spec.type is FieldType.PERSONNUMMER:
            return mask_identity_number(str(value), tally)
        return _mask_number(value, tally)
    return _mask_nested(value, tally, spec)


def _mask_nested(value: Value, tally: Tally, spec: FieldSpec | None) -> Value:
    """Iterative, since a vendor's answer may be nested deeper than the interpreter's stack."""
    root: list[Value] = [value]
    todo: list[tuple[Value, Value]] = [(root, 0)]
    while todo:
        holder, place = todo.pop()
        item = holder[place]
        if isinstance(item, dict):
            holder[place] = _mask_names(item, tally)
            todo.extend((holder[place], name) for name in holder[place])
        elif isinstance(item, list):
            holder[place] = list(item)
            todo.extend((holder[place], index) for index in range(len(item)))
        else:
            holder[place] = mask_value(item, tally, spec)
    return root[0]


def _mask_names(item: dict[str, Value], tally: Tally) -> dict[str, Value]:
    """Names may be identity numbers too; two that look alike once shortened are told apart, so that neither value is lost."""
    masked: dict[str, Value] = {}
    for name, inner in item.items():
        shown = mask_text(str(name), tally)
        masked[shown if shown not in masked else f"{shown} ({len(masked) + 1})"] = inner
    return masked


def _mask_fields(fields: Mapping[str, Value], specs: Mapping[str, FieldSpec], tally: Tally) -> dict[str, Value]:
    masked = {name: mask_value(value, tally, specs.get(name)) for name, value in fields.items()}
    return _mask_names(masked, tally)


def mask_record(record: Record, specs: Mapping[str, FieldSpec], tally: Tally) -> Record:
    """The record as it may leave: every text of it with identity numbers shortened."""
    return replace(
        record,
        key=mask_text(record.key, tally),
        fields=_mask_fields(record.fields, specs, tally),
        group=mask_text(record.group, tally),
        source=mask_text(record.source, tally),
    )


def outgoing(category: CategoryData, tally: Tally) -> Iterator[Record]:
    """The category's records as every form of the answer shows them."""
    for record in category.records():
        yield mask_record(record, category.spec.fields, tally)
