"""What can be done on the case page: each action is a form, a service and a sentence saying that it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _, ngettext

from requests_app.admin import (
    actions_delivery,
    actions_desk,
    actions_legal,
    actions_owner,
    actions_person,
    case_forms as forms,
)
from requests_app.admin.doing import CaseAction, Doing
from requests_app.admin.rights_forms import REPORT_FORMS
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import IdentityMethod
from requests_app.models import Render, System
from requests_app.services import (
    cases,
    gathering,
    people,
    register,
    rendering,
    review,
)
from requests_app.services.audit import unit
from requests_app.services.numbers import grouped
from requests_app.services.owners import drafts

if TYPE_CHECKING:
    from requests_app.admin.desk import Desk
    from requests_app.admin.forms import StyledForm
    from requests_app.models import Collection


def _identity(do: Doing) -> str:
    cases.confirm_identity(**do.who, method=IdentityMethod(do.data["method"]), level=do.data["level"])
    return _("Identity confirmed. The case goes on by itself.")


def _ask_completion(do: Doing) -> str:
    pauses = cases.ask_completion(**do.who, doubt=do.data["doubt"], needed=do.data["needed"])
    if pauses:
        return _(
            "The letter is being made. The clock with pauses stands still from today; the statutory date does not move."
        )
    return _(
        "The letter is being made. The clock does not stop: completion was asked for too late, or the person logged in with eID."
    )


def _answer_completion(do: Doing) -> str:
    cases.answer_completion(**do.who, answered_on=do.data["answered_on"])
    return _("The answer is noted. Confirm who is asking to go on.")


def _close_unidentified(do: Doing) -> str:
    cases.close_unidentified(**do.who, tried=do.data["tried"], needed=do.data["needed"])
    return _("The case is closed. Send the letter about it once it is made.")


def _extend(do: Doing) -> str:
    cases.extend(**do.who, reasons=do.data["reasons"])
    return _("The notice of extended time is being made. The time is extended once you have sent it.")


def _note(do: Doing) -> str:
    cases.note(**do.who, text=do.data["text"])
    return _("The note is saved.")


def _external_no(do: Doing) -> str:
    cases.set_external_no(**do.who, number=do.data["external_no"])
    return _("HEM's diary number is saved.")


def _assign(do: Doing) -> str:
    handler = next((user for user in do.desk.workers if str(user.pk) == do.data["handler"]), None)
    cases.assign(**do.who, handler=handler)
    return _("%(name)s handles the case.") % {"name": handler.name} if handler else _("Nobody handles the case now.")


def _take_over(do: Doing) -> str:
    cases.assign(**do.who, handler=do.desk.user)
    return _("You handle the case.")


def _protect(do: Doing) -> str:
    protected = do.key == "on"
    cases.protect(**do.who, protected=protected, reason=do.data["reason"])
    return (
        _("The case is protected: only you and the handler see it.")
        if protected
        else _("The team sees the case again.")
    )


def _identifiers(do: Doing) -> str:
    confirmed, rejected = do.form.chosen("confirm"), do.form.chosen("reject")  # type: ignore[attr-defined]
    if not confirmed and not rejected:
        return _("Nothing was decided.")
    gathering.decide_identifiers(**do.who, confirmed=confirmed, rejected=rejected)
    return (
        _("Noted. Systems that can be searched by what you confirmed are searched now.") if confirmed else _("Noted.")
    )


def _add_identifier(do: Doing) -> str:
    from django.core.exceptions import ValidationError

    try:
        gathering.add_identifier(**do.who, kind=IdentifierKind(do.data["kind"]), value=do.data["value"])
    except ValidationError as error:
        if error.code == "invalid_identifier":
            raise ValidationError({"value": error.messages}) from None
        raise
    return _("The detail is added.")


def _search(do: Doing) -> str:
    system = System.objects.filter(key=do.key, active=True).first()
    if system is None:
        raise Http404
    gathering.search_system(**do.who, system=system)
    return _("%(system)s is searched.") % {"system": system}


def _upload(do: Doing) -> str:
    row, file = _unanswered(do), do.data["file"]
    count = gathering.upload(**do.who, row=row, name=file.name, data=file.read())
    return ngettext("%(n)s record from %(system)s is saved.", "%(n)s records from %(system)s are saved.", count) % {
        "n": grouped(count),
        "system": row.system,
    }


def _unanswered(do: Doing) -> Collection:
    """The gathering, when its system's owner has not begun to answer; what the owner wrote must not go unasked."""
    row = do.desk.row(do.key)
    if drafts.begun(row):
        raise ValidationError(
            _("The owner of %(system)s has begun to answer. Wait for the answer, or take the link back first.")
            % {"system": row.system}
        )
    return row


def _nothing(do: Doing) -> str:
    row = _unanswered(do)
    gathering.report_nothing(**do.who, row=row)
    return _("Noted: nothing was found in %(system)s.") % {"system": row.system}


def _leave_out(do: Doing) -> str:
    row = _unanswered(do)
    gathering.leave_out(**do.who, row=row, reason=do.data["reason"])
    return _("%(system)s is left out. The reason is printed in the answer.") % {"system": row.system}


def _choose(do: Doing) -> str:
    row = do.desk.row(do.key)
    gathering.choose(**do.who, row=row, chosen=[int(n) for n in do.data["chosen"]])
    return _("Your choice for %(system)s is saved.") % {"system": row.system}


def _finish_review(do: Doing) -> str:
    review.finish(**do.who, confirmed=do.data["confirmed"], same_person=do.data["same_person"])
    return _("The review is done. Decide now.")


def _review_again(do: Doing) -> str:
    review.again(**do.who)
    return _("The case is back at the review.")


def _confirm_statements(do: Doing) -> str:
    keys = do.data["keys"]
    register.confirm_many(actor=do.desk.actor, keys=keys)
    return ngettext("%(n)d statement is confirmed.", "%(n)d statements are confirmed.", len(keys)) % {"n": len(keys)}


def _replace_statement(do: Doing) -> str:
    review.replace_statement(**do.who, key=do.data["key"], reason=do.data["reason"])
    return _("Noted. The answer goes out without the statement.")


def _preview(do: Doing) -> str:
    rendering.request_preview(case=do.desk.case)
    return _("The preview is being made.")


def _retry_document(do: Doing) -> str:
    render = Render.objects.filter(
        case=do.desk.case, pk=int(do.key) if do.key.isdecimal() and len(do.key) < 18 else 0
    ).first()
    if render is None:
        raise Http404
    rendering.retry(case=do.desk.case, render=render)
    return _("The document is being made again.")


def show_identifier(desk: Desk, pk: int) -> tuple[int, str]:
    """An identifier in full; that it was shown is logged."""
    found = people.subject_of(desk.case).identifiers.filter(pk=pk).first()
    if found is None:
        raise Http404
    with unit(desk.actor) as work:
        work.event("identifier.shown", desk.case, kind=found.kind)
    return found.pk, people.value_of(desk.vault, found)


_GENERAL: dict[str, CaseAction] = {
    "identity": CaseAction(forms.IdentityForm, _identity, "identity"),
    "ask-completion": CaseAction(forms.CompletionForm, _ask_completion, "identity"),
    "answer-completion": CaseAction(forms.CompletionAnswerForm, _answer_completion, "identity"),
    "close-unidentified": CaseAction(forms.UnidentifiedForm, _close_unidentified, "identity"),
    "extend": CaseAction(forms.ExtendForm, _extend, "extend"),
    "note": CaseAction(forms.NoteForm, _note, "notes"),
    "external-no": CaseAction(
        forms.ExternalNoForm,
        _external_no,
        "facts",
        lambda desk, key: {"initial": {"external_no": desk.case.external_no}},
    ),
    "assign": CaseAction(
        forms.AssignForm,
        _assign,
        "facts",
        lambda desk, key: {"workers": desk.workers, "initial": {"handler": str(desk.case.handler_id or "")}},
    ),
    "take-over": CaseAction(forms.NothingForm, _take_over, "facts"),
    "protect": CaseAction(forms.ProtectForm, _protect, "actions"),
    "identifiers": CaseAction(
        forms.IdentifiersForm, _identifiers, "identifiers", lambda desk, key: {"waiting": desk.waiting}
    ),
    "add-identifier": CaseAction(forms.AddIdentifierForm, _add_identifier, "identifiers"),
    "search": CaseAction(forms.NothingForm, _search, "systems"),
    "upload": CaseAction(forms.UploadForm, _upload, "systems"),
    "nothing": CaseAction(forms.NothingForm, _nothing, "systems"),
    "leave-out": CaseAction(forms.LeaveOutForm, _leave_out, "systems"),
    "choose": CaseAction(
        forms.CandidatesForm, _choose, "systems", lambda desk, key: {"candidates": desk.candidates(key)}
    ),
    "finish-review": CaseAction(forms.FinishReviewForm, _finish_review, "decisions"),
    "review-again": CaseAction(forms.NothingForm, _review_again, "review"),
    "confirm-statements": CaseAction(
        forms.StatementsForm, _confirm_statements, "statements", lambda desk, key: {"statements": desk.statements}
    ),
    "replace-statement": CaseAction(forms.ReplaceStatementForm, _replace_statement, "statements"),
    "preview": CaseAction(forms.NothingForm, _preview, "documents", page="requests_app_case_preview"),
    "retry-document": CaseAction(forms.NothingForm, _retry_document, "documents"),
}
ACTIONS = (
    _GENERAL
    | actions_delivery.ACTIONS
    | actions_desk.ACTIONS
    | actions_legal.ACTIONS
    | actions_owner.ACTIONS
    | actions_person.ACTIONS
)
"""What can be done, by the word in the address."""


def form_class(name: str, key: str) -> type[StyledForm]:
    """The form of an action; a report's depends on what is reported."""
    if name == "report":
        found = REPORT_FORMS.get(key.partition(".")[0])
        if found is None:
            raise Http404
        return found
    return ACTIONS[name].form


def make_form(desk: Desk, name: str, key: str = "", *data: Any) -> StyledForm:
    """The form of an action, empty or with what was sent (``data``: fields and files)."""
    place = f"{name}_{key}".replace(".", "_").rstrip("_")
    return form_class(name, key)(*data, auto_id=f"id_{place}_%s", **ACTIONS[name].options(desk, key))
