"""The forms of the case page. They take what was typed; what is right or wrong in it the services say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.admin.acting_fields import same_person_field
from requests_app.admin.forms import StyledForm
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import IdentityMethod
from requests_app.services import other_person, words
from requests_app.web.forms import DayField, UploadField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from requests_app.models import Candidate, Identifier, User
    from requests_app.services.register import UnconfirmedStatement

EMPTY = ("", _("Choose …"))


def _long(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class IdentityForm(StyledForm):
    """How it was made sure who asks."""

    method = forms.ChoiceField(
        label=_("How was it made sure who is asking?"),
        choices=lambda: [
            EMPTY,
            *(
                (item.value, words.IDENTITY_METHODS[item])
                for item in IdentityMethod
                if item not in {IdentityMethod.EID, IdentityMethod.EMAIL, IdentityMethod.MANDATE}
            ),
        ],
    )
    level = forms.CharField(
        label=_("Note, such as the kind of document"),
        required=False,
        max_length=40,
        help_text=_("Never a number or a copy of the document."),
    )


class CompletionForm(StyledForm):
    """Asking the person for what is missing."""

    doubt = forms.CharField(label=_("Why is there doubt about who is asking?"), widget=_long(), required=False)
    needed = forms.CharField(label=_("What is the least that would be enough?"), widget=_long(), required=False)


class CompletionAnswerForm(StyledForm):
    """The person's answer came."""

    answered_on = DayField(label=_("When did a sufficient answer come?"), initial=timezone.localdate)


class UnidentifiedForm(StyledForm):
    """Closing without knowing who asked."""

    tried = forms.CharField(label=_("What was tried to identify the person?"), widget=_long(), required=False)
    needed = forms.CharField(label=_("What would be enough if the person asks again?"), widget=_long(), required=False)


class ExtendForm(StyledForm):
    """Two further months."""

    reasons = forms.CharField(
        label=_("Concrete reasons: what makes the request complex, or how many there are"),
        widget=_long(),
        required=False,
        help_text=_(
            "The reasons stand in the letter to the person. The time is extended once the letter has been sent."
        ),
    )


class NoteForm(StyledForm):
    """A note in the case."""

    text = forms.CharField(label=_("Note"), widget=_long(), required=False)


class ProtectForm(StyledForm):
    """Protection on or off; only lifting it needs a reason."""

    reason = forms.CharField(
        label=_("Why is the protection lifted?"),
        widget=_long(2),
        required=False,
        help_text=_("It stands in the log. Legal is told that the protection is lifted."),
    )


class FinishReviewForm(StyledForm):
    """The end of the review; each word is asked for only where it is needed, or has been given."""

    same_person = same_person_field()
    confirmed = forms.BooleanField(label=_("I have taken a stand: nothing more is to be hidden"), required=False)

    @property
    def asks(self) -> bool:
        """Whether the review ends only with a word."""
        return self.is_bound and bool(self._asked())

    def _asked(self) -> list[str]:
        codes = {"same_person": other_person.CODE, "confirmed": "unreviewed"}
        return [name for name, code in codes.items() if self.has_error(NON_FIELD_ERRORS, code) or self[name].data]

    def visible_fields(self) -> list[forms.BoundField]:
        """The words that are asked for."""
        asked = self._asked()
        return [field for field in super().visible_fields() if field.name in asked]

    def add_error(self, field: str | None, error: Any) -> None:
        """Note what was refused; what it needs then cannot be left empty."""
        super().add_error(field, error)
        for name in self._asked():
            self.fields[name].widget.attrs["required"] = True


class ExternalNoForm(StyledForm):
    """The number in HEM's own diary."""

    external_no = forms.CharField(label=_("HEM's diary number"), required=False)


class AssignForm(StyledForm):
    """Who handles the case."""

    handler = forms.ChoiceField(label=_("Handler"), required=False)

    def __init__(self, *args: Any, workers: Iterable[User] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["handler"].choices = [("", _("Nobody")), *((str(user.pk), user.name) for user in workers)]  # type: ignore[attr-defined]


class AddIdentifierForm(StyledForm):
    """One more thing to search by."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=lambda: [
            (kind.value, words.IDENTIFIER_KINDS[kind]) for kind in IdentifierKind if kind is not IdentifierKind.NAME
        ],
    )
    value = forms.CharField(label=_("Value"), max_length=254, required=False)


class IdentifiersForm(StyledForm):
    """The click on what systems gave to search by: is it the person's or somebody else's?"""

    CHOICES = (("confirm", _("Is the person's")), ("reject", _("Somebody else's")), ("", _("Decide later")))

    def __init__(self, *args: Any, waiting: Sequence[tuple[Identifier, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.waiting = [identifier for identifier, _label in waiting]
        for identifier, label in waiting:
            field = forms.ChoiceField(
                label=label, choices=self.CHOICES, required=False, widget=forms.RadioSelect, initial=""
            )
            self.fields[f"choice_{identifier.pk}"] = field

    def chosen(self, verdict: str) -> list[Identifier]:
        """The identifiers with this answer."""
        return [
            identifier for identifier in self.waiting if self.cleaned_data.get(f"choice_{identifier.pk}") == verdict
        ]


class CandidatesForm(StyledForm):
    """Who of those found is the person; nobody is an answer too."""

    chosen = forms.MultipleChoiceField(label=_("Who is it?"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, candidates: Iterable[tuple[Candidate, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["chosen"].choices = [(str(item.n), label) for item, label in candidates]  # type: ignore[attr-defined]


class UploadForm(StyledForm):
    """What somebody took out of a system."""

    file = UploadField(
        label=_("File (CSV, JSON or Excel, at most 25 MB)"),
        widget=forms.FileInput(attrs={"accept": ".csv,.json,.xlsx,.txt"}),
    )


class LeaveOutForm(StyledForm):
    """Answering without a system."""

    reason = forms.CharField(
        label=_("Why is the system left out?"),
        widget=_long(2),
        required=False,
        help_text=_("The reason is printed in the answer."),
    )


class StatementsForm(StyledForm):
    """Statements somebody vouches for."""

    keys = forms.MultipleChoiceField(
        label=_("Statements"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one statement.")},
    )

    def __init__(self, *args: Any, statements: Iterable[UnconfirmedStatement] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [(item.key, item.text) for item in statements if item.confirmable]
        self.fields["keys"].choices = offered  # type: ignore[attr-defined]


class ReplaceStatementForm(StyledForm):
    """The answer goes out without a statement nobody has confirmed."""

    key = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why does the answer go out without it?"), widget=_long(2), required=False)


class NothingForm(StyledForm):
    """A button without fields."""
