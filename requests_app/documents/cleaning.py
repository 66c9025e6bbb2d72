"""Facts of the case made fit for a template: names and reasons are typed by people and may hold anything a record may."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from requests_app.documents.masking import Tally, mask_text
from requests_app.documents.safe_text import MAX_VALUE, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


def cleaned(value: T) -> T:
    """The same value with every text in it cleaned for layout and rid of identity numbers. Templates escape it as always."""
    return cast("T", _cleaned(value))


def _cleaned(value: Any) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return clean(mask_text(value[:MAX_VALUE], Tally()))
    if isinstance(value, tuple):
        return tuple(_cleaned(item) for item in value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **_changed(value))
    return value


def _changed(value: Any) -> Mapping[str, Any]:
    """Only what cleaning changed; records and their sources are left alone."""
    found = {}
    for item in fields(value):
        before = getattr(value, item.name)
        after = _cleaned(before)
        if after is not before:
            found[item.name] = after
    return found
