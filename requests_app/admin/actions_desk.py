"""What a coordinator does with a case beside answering it: link, join, add and drop rights, attach, hold, reopen, tick steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils.translation import gettext as _

from requests_app.admin import case_forms, desk_forms as forms
from requests_app.admin.doing import CaseAction, Doing
from requests_app.models import CaseHold, PublicDocumentRequest
from requests_app.services import (
    attachments,
    case_rights,
    cases,
    checklists,
    holds,
    links,
    public_documents,
    reopening,
    words,
)

if TYPE_CHECKING:
    from requests_app.admin.desk import Desk


def _number(key: str) -> int:
    """The row's number in the address; 0, which no row has, when it is none."""
    return int(key) if key.isdecimal() and len(key) < 18 else 0


def _link(do: Doing) -> str:
    made = links.link(**do.who, other=do.data["other"], kind=do.data["kind"])
    other = made.other if made.case_id == do.desk.case.pk else made.case
    return _("The case is linked to %(number)s.") % {"number": other.diary_no}


def _unlink(do: Doing) -> str:
    row = next((row for row, _other in links.linked(do.desk.user, do.desk.case) if row.pk == _number(do.key)), None)
    if row is None:
        raise Http404
    links.unlink(**do.who, link=row)
    return _("The link is taken away.")


def _join(do: Doing) -> str:
    other = links.join(**do.who, other=do.data["other"])
    return _(
        "The request is answered in %(number)s. This case is closed; send the letter about it once it is made."
    ) % {"number": other.diary_no}


def _add_right(do: Doing) -> str:
    made = case_rights.add(
        **do.who,
        right=do.data["right"],
        said=do.data["said"],
        against_marketing=do.data.get("against_marketing", False),
    )
    return _("%(right)s is part of the request now. A new confirmation of receipt is being made.") % {
        "right": words.right(made.right)
    }


def _drop_right(do: Doing) -> str:
    right, mistake = do.data["right"], do.data["mistake"] == "yes"
    case_rights.drop(**do.who, right=right, mistake=mistake, reason=do.data["reason"])
    if mistake:
        return _("%(right)s is removed from the request.") % {"right": words.right(right)}
    return _("%(right)s is taken back. The letter that confirms it is being made.") % {"right": words.right(right)}


def _attach(do: Doing) -> str:
    file = do.data["file"]
    attachments.attach(**do.who, name=file.name, data=file.read())
    return _("The file is attached.")


def _public_document(do: Doing) -> str:
    public_documents.add(**do.who, asked_on=do.data["asked_on"], what=do.data["what"])
    return _("The request for public documents is noted. Answer it at once or promptly; this case goes on by itself.")


def _answer_public_document(do: Doing) -> str:
    row = PublicDocumentRequest.objects.filter(case=do.desk.case, pk=_number(do.key)).first()
    if row is None:
        raise Http404
    data = do.data
    public_documents.answer(
        **do.who, request=row, result=data["result"], answered_on=data["answered_on"], text=data["text"]
    )
    return _("The answer to the request for public documents is noted.")


def _hold(do: Doing) -> str:
    holds.place(**do.who, kind=do.data["kind"], reason=do.data["reason"])
    return _("Noted. Nothing in the case is destroyed until you lift the stop.")


def _lift_hold(do: Doing) -> str:
    row = CaseHold.objects.filter(case=do.desk.case, pk=_number(do.key)).first()
    if row is None:
        raise Http404
    holds.lift(**do.who, hold=row)
    return _("The stop on destruction is lifted.")


def _reopen(do: Doing) -> str:
    reopening.reopen(**do.who, reason=do.data["reason"], note=do.data["note"], rights=do.data["rights"])
    return " ".join([_("The case is open again."), *reopening.again(do.desk.case)])


def _withdraw(do: Doing) -> str:
    cases.withdraw(**do.who, said=do.data["said"], said_on=do.data["said_on"])
    return _("The request is withdrawn and the case is closed. Send the letter that confirms it once it is made.")


def _check(do: Doing) -> str:
    right, step, wish = [*do.key.split("."), "", ""][:3]
    checklists.tick(**do.who, right=right, step=step, done=wish == "on")
    return _("The step is ticked.") if wish == "on" else _("The tick is taken back.")


def _rights_left(desk: Desk, key: str) -> dict[str, Any]:
    return {"rights": [right for right in desk.case.rights.all() if not right.dispatched_at]}


def _first_duplicate(desk: Desk, key: str) -> dict[str, Any]:
    """The case that was found to be the same person's, as the first suggestion."""
    fits = [other for other in desk.duplicates if other.due_statutory_on <= desk.case.due_statutory_on]
    return {"initial": {"other": fits[0].diary_no if fits else ""}}


ACTIONS: dict[str, CaseAction] = {
    "link": CaseAction(forms.LinkForm, _link, "actions"),
    "unlink": CaseAction(case_forms.NothingForm, _unlink, "top"),
    "join": CaseAction(forms.JoinForm, _join, "top", _first_duplicate),
    "add-right": CaseAction(
        forms.AddRightForm,
        _add_right,
        "decisions",
        lambda desk, key: {"has": [right.right for right in desk.case.rights.all()]},
    ),
    "drop-right": CaseAction(forms.DropRightForm, _drop_right, "decisions", _rights_left),
    "attach": CaseAction(forms.AttachForm, _attach, "files"),
    "public-document": CaseAction(forms.PublicDocumentForm, _public_document, "public-documents"),
    "answer-public-document": CaseAction(forms.PublicDocumentAnswerForm, _answer_public_document, "public-documents"),
    "hold": CaseAction(forms.HoldForm, _hold, "top"),
    "lift-hold": CaseAction(case_forms.NothingForm, _lift_hold, "top"),
    "reopen": CaseAction(forms.ReopenForm, _reopen, "top", lambda desk, key: {"rights": list(desk.case.rights.all())}),
    "withdraw": CaseAction(forms.WithdrawForm, _withdraw, "top"),
    "check": CaseAction(case_forms.NothingForm, _check, "checklist"),
}
"""What can be done, by the word in the address."""
