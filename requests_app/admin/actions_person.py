"""What a coordinator does toward who asked: write to the person, and see whether somebody may act for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext as _, gettext_lazy

from requests_app.admin.acting_fields import same_person_field
from requests_app.admin.doing import CaseAction, Doing
from requests_app.admin.forms import StyledForm
from requests_app.domain.channels import MessageChannel
from requests_app.models import CaseMessage
from requests_app.services import mandates, messages, other_person, representation, words
from requests_app.services.mandates import Proof

if TYPE_CHECKING:
    from requests_app.admin.desk import Desk


class MessageForm(StyledForm):
    """A message to the person, or to who acts for the person."""

    text = forms.CharField(
        label=gettext_lazy("Message to the person"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    impersonal = forms.BooleanField(label=gettext_lazy("I have written nothing about the person"), required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, unchecked: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if not unchecked:
            del self.fields["impersonal"]


class AuthorityForm(StyledForm):
    """Whether somebody may act for the person."""

    proof = forms.ChoiceField(
        label=gettext_lazy("How do you know that the representative may act?"),
        required=False,
        choices=lambda: [(proof.value, words.PROOFS[proof]) for proof in Proof],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("What did you look at?"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text=gettext_lazy("For example: power of attorney of 3 November 2026, covers requests under the GDPR."),
    )
    same_person = same_person_field()

    @property
    def asks_person(self) -> bool:
        """Whether another name was found."""
        return self.is_bound and (self.has_error(NON_FIELD_ERRORS, other_person.CODE) or bool(self["same_person"].data))

    def visible_fields(self) -> list[forms.BoundField]:
        """Without the word about another name, where none was found."""
        return [field for field in super().visible_fields() if field.name != "same_person" or self.asks_person]


class NoAuthorityForm(StyledForm):
    """Why somebody may not act for the person."""

    note = forms.CharField(
        label=gettext_lazy("Why is the authority not enough?"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )


def _message(do: Doing) -> str:
    key = f"{do.desk.case.ref}:{do.data['key']}" if do.data["key"] else None
    who, text = do.who, do.data["text"]
    said = {"text": text, "idem_key": key, "impersonal": do.data.get("impersonal", False)}
    messages.post(**who, direction=messages.OUT, channel=MessageChannel.PORTAL, **said)
    messages.mark_read(**who, direction=messages.IN)
    return _("The message is there for the person to read on Mina sidor.")


def _read(do: Doing) -> str:
    messages.mark_read(**do.who, direction=messages.IN)
    return _("The messages are noted as read.")


def _may_act(do: Doing) -> str:
    mandates.answer(
        **do.who, may=True, proof=do.data["proof"], note=do.data["note"], same_person=do.data["same_person"]
    )
    return _("Noted: the representative may act. The case goes on by itself.")


def _may_not_act(do: Doing) -> str:
    mandates.answer(**do.who, may=False, note=do.data["note"])
    return _("Noted: the representative may not act, and sees nothing more of the case.")


class NothingForm(StyledForm):
    """Nothing to fill in."""


def _message_options(desk: Desk, key: str) -> dict[str, Any]:
    return {"initial": {"key": CaseMessage().ref}, "unchecked": representation.waits(desk.case)}


ACTIONS: dict[str, CaseAction] = {
    "message": CaseAction(MessageForm, _message, "messages", _message_options),
    "messages-read": CaseAction(NothingForm, _read, "messages"),
    "authority": CaseAction(AuthorityForm, _may_act, "identity"),
    "no-authority": CaseAction(NoAuthorityForm, _may_not_act, "identity"),
}
"""What can be done, by the word in the address."""
