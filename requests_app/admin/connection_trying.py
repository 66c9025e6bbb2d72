"""Trying a system on its connection's page: whom with, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_app.admin.forms import StyledForm
from requests_app.services import words
from requests_app.services.record_words import field_word, label, pairs_of
from requests_app.services.register.trying_words import told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.domain.records import CategorySpec, Record
    from requests_app.models import System
    from requests_app.services.register import Try

SHOWN = 5
"""Records of a category that are shown."""


class TestPersonForm(StyledForm):
    """Whom to try with; none of it is kept."""

    __test__ = False

    email = forms.CharField(label=_("E-mail address"), required=False, max_length=254)
    customer_no = forms.CharField(label=_("Customer number"), required=False, max_length=64)
    phone = forms.CharField(label=_("Telephone number"), required=False, max_length=40)
    personnummer = forms.CharField(label=_("Personal identity number"), required=False, max_length=40)
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=200,
        help_text=_("Tells a namesake apart, where the system gives names."),
    )
    known = forms.BooleanField(label=_("It is a test person, or somebody who knows of it."), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, prefix="person", **options)
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    @property
    def fields_of(self) -> list[forms.BoundField]:
        """The fields that stand beside each other."""
        return [self[name] for name in self.fields if name != "known"]


@dataclass(frozen=True, slots=True)
class ShownCategory:
    """Records of one category as they will be read."""

    label: str
    count: int
    records: list[list[tuple[str, str]]]


def shown(result: Try, system: System) -> dict[str, Any]:
    """What the page shows of a try."""
    tried = result.tried
    fault = tried.fault
    return {
        "tried": tried,
        "fault": words.connection_fault(fault.fault.value, dict(fault.params), system=str(system)) if fault else "",
        "warnings": sorted((told(one, result.shape) for one in tried.warnings), key=lambda one: not one.grave),
        "categories": list(_categories(result.shape.categories, tried.records)),
        "candidates": [
            [(field_word(name), text) for name, text in one.fields.items()] for one in tried.candidates[:SHOWN]
        ],
    }


def _categories(specs: Iterable[CategorySpec], records: Iterable[Record]) -> Iterable[ShownCategory]:
    held: dict[str, list[Record]] = {}
    for record in records:
        held.setdefault(record.category, []).append(record)
    for spec in specs:
        if spec.key in held:
            found = held[spec.key]
            yield ShownCategory(label(spec), len(found), [list(pairs_of(one, spec)) for one in found[:SHOWN]])
