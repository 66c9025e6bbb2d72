"""What is wrong with a described system, in words: which line of the description, or which table of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping


def described_sentence(fault: str, params: Mapping[str, Any]) -> str:
    """The sentence for a fault of a description or a table, with places for ``params`` and the system; "" for every other fault."""
    if "table" in params:
        return _table_sentence(fault, params)
    if fault == "misconfigured" and params.get("setting") == "description" and "line" in params:
        return _(
            "The description of %(system)s cannot be used: line %(line)s is wrong. The system administrator must correct it."
        )
    return ""


def _table_sentence(fault: str, params: Mapping[str, Any]) -> str:
    if fault == "misconfigured":
        return _misfit(params)
    return {
        "forbidden": _(
            "%(system)s does not let us read the table %(table)s. The system administrator must ask for the right."
        ),
        "too_large": _(
            "Too many people in the table %(table)s of %(system)s fit what we searched by. The gathering was stopped."
        ),
    }.get(fault, "")


def _misfit(params: Mapping[str, Any]) -> str:
    if params.get("needs") == "order":
        return _(
            "The rows of the table %(table)s of %(system)s cannot be told apart. "
            "The system administrator must say in the description by which columns they are ordered."
        )
    if params.get("needs") == "references":
        return _(
            "The database of %(system)s has no single way from the table %(table)s to a person. "
            "The system administrator must say in the description what its rows refer to."
        )
    if "column" in params:
        return _(
            "The description of %(system)s names the column %(column)s of the table %(table)s, "
            "which is not there or cannot be used so. The system administrator must correct it."
        )
    return _(
        "The description of %(system)s names the table %(table)s, which is not there or has another form. "
        "The system administrator must correct it."
    )
