"""The forms by which documents leave, and of what becomes of them. They take what was typed; what may leave how the services say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.admin.forms import StyledForm
from requests_app.domain.rights import ContactBasis, Way
from requests_app.services import words
from requests_app.services.contacts import POST_BASES
from requests_app.web.forms import ClockField, DayField, swedish_moment

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from requests_app.services.delivery import Where

EMPTY = ("", "---------")
_SERVICE_NAMES = {
    Way.EMAIL.value: {"address": "email"},
    Way.POST.value: {"address": "post_address", "basis": "post_basis"},
}


class DispatchForm(StyledForm):
    """How documents leave, and where to. Each way has fields of its own; those of the others are not looked at."""

    way = forms.ChoiceField(label=_("How does it leave?"), widget=forms.RadioSelect)
    email = forms.CharField(
        label=_("E-mail address"), required=False, max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    post_address = forms.CharField(
        label=_("Postal address"), required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 3})
    )
    post_basis = forms.ChoiceField(label=_("Where does the address come from?"), required=False)
    posted_on = DayField(label=_("Posted on"), required=False, initial=timezone.localdate)
    id_checked = forms.CharField(
        label=_("Which kind of identity document was shown?"),
        required=False,
        max_length=60,
        help_text=_("For example driving licence, passport or ID card. Never a number or a copy of the document."),
    )

    def __init__(self, *args: Any, ways: Collection[Way] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.offered = {way.value for way in ways}
        self.fields["way"].choices = [(way.value, words.WAYS[way]) for way in ways]  # type: ignore[attr-defined]
        bases = [EMPTY, *((basis.value, words.CONTACT_BASES[basis]) for basis in POST_BASES)]
        self.fields["post_basis"].choices = bases  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Way:
        """The way."""
        return Way(self.cleaned_data["way"])

    def where(self) -> Where:
        """What the services are told beside the way."""
        data = self.cleaned_data
        if self.chosen is Way.EMAIL:
            return {"address": data["email"]}
        if self.chosen is Way.POST:
            basis = ContactBasis(data["post_basis"]) if data["post_basis"] else None
            return {"address": data["post_address"], "basis": basis, "posted_on": data["posted_on"]}
        return {"id_checked": data["id_checked"]}

    def names(self) -> dict[str, str]:
        """The services' words for fields as this form's."""
        return _SERVICE_NAMES.get(self.chosen.value, {})


class LetterNoteForm(StyledForm):
    """The handler's own paragraphs in a letter."""

    note = forms.CharField(
        label=_("Paragraphs of your own"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("They stand in the letter before its end. Leave an empty line between two paragraphs."),
    )


class WrongPersonForm(StyledForm):
    """Something reached the wrong person."""

    noticed_on = DayField(label=_("When was it noticed?"), initial=timezone.localdate)
    noticed_time = ClockField(label=_("Time (may be left empty)"), required=False)
    what = forms.CharField(
        label=_("What happened: what reached whom, and how was it noticed?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def noticed_at(self) -> datetime:
        """The instant; without a time now when it was today, else noon."""
        return swedish_moment(self.cleaned_data["noticed_on"], self.cleaned_data["noticed_time"])


class SecretGivenForm(StyledForm):
    """How the password was given."""

    secret_way = forms.ChoiceField(label=_("How was the password given?"), required=False)
    secret_basis = forms.ChoiceField(label=_("Where does the number or address come from?"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["secret_way"].choices = [EMPTY, *words.SECRET_WAYS.items()]  # type: ignore[attr-defined]
        bases = [EMPTY, *((basis.value, words.CONTACT_BASES[basis]) for basis in POST_BASES)]
        self.fields["secret_basis"].choices = bases  # type: ignore[attr-defined]

    def basis(self) -> ContactBasis:
        """Where the number comes from; at a visit the person shows who it is."""
        chosen = self.cleaned_data["secret_basis"]
        return ContactBasis(chosen) if chosen else ContactBasis.SHOWN


class JudgeForm(StyledForm):
    """Legal's word on a breach."""

    verdict = forms.ChoiceField(label=_("Was it reported to the authority?"), required=False, widget=forms.RadioSelect)
    person_told = forms.TypedChoiceField(
        label=_("Has the person concerned been told?"),
        required=False,
        widget=forms.RadioSelect,
        coerce=lambda text: text == "yes",
        empty_value=None,
        choices=[("yes", _("Yes")), ("no", _("No"))],
    )
    reasons = forms.CharField(
        label=_("Reasons: what it could lead to, and what has been done"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Kept as the documentation that Article 33(5) asks for."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["verdict"].choices = list(words.BREACH_VERDICTS.items())  # type: ignore[attr-defined]
