"""The forms of what a coordinator does with a case beside answering it. What is right or wrong in them the services say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.admin.case_forms import EMPTY
from requests_app.admin.forms import StyledForm
from requests_app.domain.rights import FILED, Right
from requests_app.models import CaseLink
from requests_app.services import words
from requests_app.services.attachments import SIGNATURES
from requests_app.web.forms import DayField, UploadField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.models import CaseRight


def _long(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class LinkForm(StyledForm):
    """Another case that this one belongs together with."""

    other = forms.CharField(
        label=_("The other case's diary number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "DSR-2026-0042"}),
    )
    kind = forms.ChoiceField(
        label=_("How do they belong together?"),
        required=False,
        choices=[(CaseLink.RELATED, _("They are related")), (CaseLink.DUPLICATE, _("The same request twice"))],
        initial=CaseLink.RELATED,
        widget=forms.RadioSelect,
    )


class JoinForm(StyledForm):
    """The other open case of the same person in which this request is answered."""

    other = forms.CharField(
        label=_("Diary number of the case that the answer is given in"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "DSR-2026-0042"}),
    )


class AddRightForm(StyledForm):
    """One more thing the person asks for."""

    right = forms.ChoiceField(label=_("What else does the person want?"), required=False)
    against_marketing = forms.BooleanField(
        label=_("It is about advertising"),
        required=False,
        help_text=_("Only for an objection. Advertising then stops at once: tasks are made in every system."),
    )
    said = forms.CharField(label=_("What the person said about it"), widget=_long(), required=False)

    def __init__(self, *args: Any, has: Iterable[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        taken = set(has)
        if Right.OBJECTION.value in taken:
            del self.fields["against_marketing"]
        self.fields["right"].choices = [  # type: ignore[attr-defined]
            EMPTY,
            *((right.value, words.right(right.value)) for right in FILED if right.value not in taken),
        ]


class DropRightForm(StyledForm):
    """A right that is no longer part of the request."""

    right = forms.ChoiceField(label=_("Which right?"), required=False)
    mistake = forms.ChoiceField(
        label=_("Why?"),
        choices=[("no", _("The person takes it back")), ("yes", _("It was registered by mistake"))],
        initial="no",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("What the person said and when, or what the mistake was"), widget=_long(2), required=False
    )

    def __init__(self, *args: Any, rights: Iterable[CaseRight] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["right"].choices = [EMPTY, *((item.right, words.right(item.right)) for item in rights)]  # type: ignore[attr-defined]


class AttachForm(StyledForm):
    """A file that belongs to the case."""

    file = UploadField(
        label=_("File (PDF, picture, Word, Excel, e-mail or text, at most 25 MB)"),
        widget=forms.FileInput(attrs={"accept": ",".join(SIGNATURES)}),
        help_text=_("Never a copy of an identity document."),
    )


class PublicDocumentForm(StyledForm):
    """A request for public documents beside the case."""

    asked_on = DayField(label=_("It was asked for"), initial=timezone.localdate)
    what = forms.CharField(
        label=_("Which documents are asked for?"),
        widget=_long(2),
        required=False,
        help_text=_("Do not ask who wants them or why."),
    )


class PublicDocumentAnswerForm(StyledForm):
    """How it was answered."""

    result = forms.ChoiceField(
        label=_("How was it answered?"), required=False, choices=lambda: [EMPTY, *words.PUBLIC_DOCUMENT_RESULTS.items()]
    )
    answered_on = DayField(label=_("Answered"), initial=timezone.localdate)
    text = forms.CharField(
        label=_("What was decided"),
        widget=_long(2),
        required=False,
        help_text=_("When something is withheld: what, and by which provision of secrecy (OSL)."),
    )


class HoldForm(StyledForm):
    """What stops destruction."""

    kind = forms.ChoiceField(
        label=_("Why must the data be kept?"), required=False, choices=lambda: [EMPTY, *words.HOLDS.items()]
    )
    reason = forms.CharField(
        label=_("What it is about, such as the authority's reference"), widget=_long(2), required=False
    )


class ReopenForm(StyledForm):
    """Taking a closed case up again."""

    reason = forms.ChoiceField(
        label=_("Why is the case reopened?"),
        required=False,
        choices=lambda: [EMPTY, *words.REOPENING_REASONS.items()],
    )
    rights = forms.MultipleChoiceField(
        label=_("What is taken up again?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(label=_("What is to be done again and why"), widget=_long(2), required=False)

    def __init__(self, *args: Any, rights: Iterable[CaseRight] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        held = list(rights)
        self.fields["rights"].choices = [(item.right, words.right(item.right)) for item in held]  # type: ignore[attr-defined]
        if len(held) == 1:
            self.fields["rights"].initial = [held[0].right]


class WithdrawForm(StyledForm):
    """The person takes the request back."""

    said_on = DayField(label=_("When did the person say so?"), initial=timezone.localdate)
    said = forms.CharField(label=_("What the person said, in their own words"), widget=_long(2))
