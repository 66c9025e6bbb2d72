"""What the coordinator does with the owner of a system: send the link, take it back, see its code, answer a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from requests_app.admin.case_forms import NothingForm
from requests_app.admin.doing import CaseAction
from requests_app.admin.forms import StyledForm
from requests_app.services.owners import asking, messages

if TYPE_CHECKING:
    from requests_app.admin.doing import Doing


class ReplyForm(StyledForm):
    """An answer to the owner's question."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The owner reads it behind the link. Give no more about the person than is needed."),
    )


def _send(do: Doing) -> str:
    row = do.desk.row(do.key)
    asking.ask(**do.who, row=row)
    return _("The link to the owner of %(system)s is being sent.") % {"system": row.system}


def _revoke(do: Doing) -> str:
    row = do.desk.row(do.key)
    asking.revoke(**do.who, row=row)
    return _("The link to the owner of %(system)s no longer works.") % {"system": row.system}


def _code(do: Doing) -> str:
    row = do.desk.row(do.key)
    code = asking.show_code(**do.who, row=row)
    return _("The code for the owner of %(system)s is %(code)s. Read it out on the telephone, never in a mail.") % {
        "system": row.system,
        "code": f"{code[:3]} {code[3:]}",
    }


def _reply(do: Doing) -> str:
    row = do.desk.row(do.key)
    if messages.reply(**do.who, row=row, text=do.data["text"]):
        return _("Your answer is saved. The owner is told by mail that it is there.")
    return _("Your answer is saved. The owner has no link that works, and reads it only once you send a new one.")


ACTIONS: dict[str, CaseAction] = {
    "owner-send": CaseAction(NothingForm, _send, "systems"),
    "owner-revoke": CaseAction(NothingForm, _revoke, "systems"),
    "owner-code": CaseAction(NothingForm, _code, "systems"),
    "owner-reply": CaseAction(ReplyForm, _reply, "systems"),
}
"""What can be done, by the word in the address."""
