"""Who asks on behalf of another, as staff enters it: folded away, and asked about only when somebody does."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _, gettext_lazy

from requests_app.admin.files_field import FilesField
from requests_app.admin.forms import StyledForm
from requests_app.domain.channels import Capacity
from requests_app.domain.identifiers import IdentifierKind
from requests_app.services import people, words
from requests_app.services.people import Contact
from requests_app.services.representation import Acting

BASIS_LIMIT = 2_000
ACTING = ("capacity", "acting_name", "acting_email", "acting_phone", "acting_address", "basis", "proofs")
"""The fields of ``ActingFields``, as they stand on the page."""


def capacity_field() -> forms.ChoiceField:
    """As what somebody acts; nothing chosen when the person asks."""
    return forms.ChoiceField(
        label=gettext_lazy("By what right does somebody ask for the person?"),
        required=False,
        choices=lambda: [("", _("Nobody does: the person asks")), *words.CAPACITIES.items()],
    )


def basis_field() -> forms.CharField:
    """What is said about the authority."""
    return forms.CharField(
        label=gettext_lazy("What was said about it"),
        required=False,
        max_length=BASIS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("For example: power of attorney of 3 November 2026, covers requests under the GDPR."),
    )


def same_person_field() -> forms.BooleanField:
    """The word of somebody who has looked into it that a system has another name; asked for only where one has."""
    return forms.BooleanField(
        label=gettext_lazy("I have looked into it: name and number are of the same person"), required=False
    )


def quiet(**attrs: str) -> forms.TextInput:
    """A line that no browser fills in by itself."""
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def check_kind(form: forms.Form, name: str, kind: IdentifierKind) -> None:
    """Say at the field when what was typed cannot be of its kind."""
    text = form.cleaned_data.get(name, "").strip()
    if not text:
        return
    try:
        people.normalised(kind, text)
    except ValidationError as error:
        form.add_error(name, error)


def keep_apart(form: forms.Form, person: str, representative: str) -> None:
    """Refuse one address for both: by the person's the systems are searched, and nobody may be found by somebody else's."""
    both = [form.cleaned_data.get(name, "").strip().casefold() for name in (person, representative)]
    if both[0] and both[0] == both[1]:
        form.add_error(
            person,
            _("This is the representative's address too. Write one that is the person's own, or leave it empty."),
        )


class ActingFields(StyledForm):
    """The fields beside those about the person."""

    capacity = capacity_field()
    acting_name = forms.CharField(
        label=gettext_lazy("The representative's name"), required=False, max_length=200, widget=quiet()
    )
    acting_email = forms.CharField(
        label=gettext_lazy("The representative's e-mail"),
        required=False,
        max_length=254,
        widget=quiet(inputmode="email"),
    )
    acting_phone = forms.CharField(
        label=gettext_lazy("The representative's telephone"),
        required=False,
        max_length=40,
        widget=quiet(inputmode="tel"),
    )
    acting_address = forms.CharField(
        label=gettext_lazy("The representative's postal address"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    basis = basis_field()
    proofs = FilesField(
        label=gettext_lazy("What shows it, such as the scanned power of attorney"),
        required=False,
        help_text=gettext_lazy("May come later. Never a copy of an identity document."),
    )

    @property
    def acting_fields(self) -> list[forms.BoundField]:
        """What stands in the fold."""
        return [self[name] for name in ACTING]

    @property
    def acting_open(self) -> bool:
        """Whether anything of it was filled in, or is wrong."""
        return any(field.value() or field.errors for field in self.acting_fields)

    def clean(self) -> dict[str, Any]:
        """Once anything is said of somebody who acts, the right to do so and the name are needed."""
        cleaned = super().clean() or {}
        if not cleaned.get("capacity"):
            if not self.has_error("capacity") and any(cleaned.get(name) for name in ACTING):
                self.add_error(
                    "capacity", _("Choose by what right, or empty the other fields about the representative.")
                )
            return cleaned
        if not cleaned.get("acting_name") and not self.has_error("acting_name"):
            self.add_error("acting_name", _("Write who acts for the person."))
        check_kind(self, "acting_email", IdentifierKind.EMAIL)
        check_kind(self, "acting_phone", IdentifierKind.PHONE)
        keep_apart(self, "email", "acting_email")
        return cleaned

    def acting(self, papers: list[tuple[str, bytes]]) -> Acting | None:
        """Who acts, with the files that were taken in; None when the person asks."""
        data = self.cleaned_data
        if not data["capacity"]:
            return None
        contact = Contact(email=data["acting_email"], phone=data["acting_phone"], address=data["acting_address"])
        return Acting(
            capacity=Capacity(data["capacity"]),
            name=data["acting_name"],
            contact=contact,
            basis=data["basis"],
            papers=tuple(papers),
        )
