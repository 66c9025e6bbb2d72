"""What the case page shows of its documents: answers and what sending them will do, letters, and what has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from requests_app.admin.case_record import MOVING, form_of
from requests_app.domain.deadlines import days_left, post_by
from requests_app.domain.rights import BY_TASK, Right, Way
from requests_app.domain.states import CollectionState, State
from requests_app.models import Breach, Recipient, Render
from requests_app.services import (
    contacts,
    delivery,
    encrypted_pdf,
    files,
    letter_wording,
    messages,
    progress,
    rendering,
    sending,
    words,
)
from requests_app.services.keys import KeyDestroyed
from requests_app.services.policy import values_of

if TYPE_CHECKING:
    from datetime import date

    from requests_app.admin.case_record import Bound
    from requests_app.admin.desk import Desk
    from requests_app.models import Case
    from requests_app.services.delivery import Answer
    from requests_app.services.sending import Sending

STATES = {
    "sent": "quiet",
    "fetched": "done",
    "returned": "late",
    "not_fetched": "soon",
    "revoked": "late",
    "replaced": "quiet",
}
"""State of a sending -> the tone it is shown in."""


def documents(desk: Desk, bound: Bound) -> dict[str, Any]:
    """Answers, letters, what has left and the preview."""
    case = desk.case
    sendings = sending.sendings_of(case)
    left = {row.file_id for item in sendings for row in (item.lead, *item.items)}
    preview = next((row for row in reversed(desk.renders) if row.kind == Render.PREVIEW), None)
    rights = {right.right for right in case.rights.all()}
    return {
        "answers": [_answer(desk, bound, answer, left) for answer in delivery.answers_of(case)],
        "letters": _letters(desk, bound, left),
        "contact_asked": _contact_asked(desk),
        "portal_is_shut": delivery.portal_is_shut(case),
        "known_contacts": _known(desk) if case.state == State.DISPATCHING.value or left else [],
        "sendings": [_sending(desk, bound, item) for item in sendings],
        "preview": _render(desk, preview) if preview else None,
        "may_preview": case.state in {State.REVIEW.value, State.DECIDING.value} and Right.ACCESS.value in rights,
        "has_tasks": bool(rights & {item.value for item in BY_TASK}),
    }


def _file(desk: Desk, file: Any) -> dict[str, Any]:
    return {"file": file, "name": files.name_of(desk.vault, file), "word": words.word(words.DOCUMENTS, file.kind)}


def _opens(desk: Desk, purpose: str) -> bool:
    """Whether what is sealed for it can still be opened."""
    try:
        desk.vault.key(purpose)
    except KeyDestroyed:
        return False
    return True


def _render(desk: Desk, row: Render) -> dict[str, Any]:
    made = [file for file in (row.pdf, row.package) if file is not None]
    return {
        "row": row,
        "word": words.word(words.DOCUMENTS, row.kind),
        "making": row.state in MOVING,
        "failed": row.state == CollectionState.FAILED.value,
        "files": [_file(desk, file) for file in made],
    }


def _written(desk: Desk, bound: Bound, row: Render, left: set[int]) -> dict[str, Any]:
    """A document, with the form for the handler's own paragraphs while it is a letter that has not left."""
    shown = _render(desk, row)
    if row.kind in rendering.SLUGS and row.pdf_id and row.pdf_id not in left:
        shown["note_form"] = form_of(desk, bound, "letter-note", str(row.pk))
        shown["has_note"] = bool(shown["note_form"].initial.get("note"))
        shown["set_aside"] = letter_wording.set_aside(row.template)
    return shown


def _answer(desk: Desk, bound: Bound, answer: Answer, left: set[int]) -> dict[str, Any]:
    sendable = answer.status == "ready" and desk.case.state == State.DISPATCHING.value
    return {
        "answer": answer,
        "word": words.right(answer.right.right),
        "renders": [_written(desk, bound, row, left) for row in answer.renders],
        "form": form_of(desk, bound, "dispatch", answer.right.right) if sendable else None,
        "plan": _plan(desk, answer) if sendable else None,
    }


def _plan(desk: Desk, answer: Answer) -> dict[str, Any]:
    """What will happen when the answer is sent: which files, what the date means, what remains afterwards."""
    case, today = desk.case, timezone.localdate()
    others = [right for right in case.rights.all() if right.pk != answer.right.pk and not right.dispatched_at]
    eves = values_of(case.policy).eves_are_holidays
    last_post = post_by(case.due_statutory_on, eves)
    return {
        "files": [words.word(words.DOCUMENTS, file.kind) for file in answer.files],
        "closes": not others,
        "others": [words.right(right.right).lower() for right in others],
        "days": days_left(case.due_statutory_on, today),
        "due_on": case.due_statutory_on,
        "late": max(0, -days_left(case.due_statutory_on, today)),
        "post_by": last_post,
        "post_late": today > last_post,
        "right": answer.right.right,
    }


def _letters(desk: Desk, bound: Bound, left: set[int]) -> list[dict[str, Any]]:
    rows = [row for row in desk.renders if row.kind in {*delivery.NOTICES, delivery.RECIPIENT}]
    told = {row.target for row in rows} - {""}
    names = {item.key: str(item) for item in Recipient.objects.filter(key__in=told)} if told else {}
    shown = []
    for row in rows:
        key = f"{row.kind}.{row.target}" if row.target else row.kind
        sendable = row.pdf_id and row.pdf_id not in left
        shown.append(
            _written(desk, bound, row, left)
            | {
                "key": key,
                "anchor": key.replace(".", "-"),
                "recipient": names.get(row.target, row.target),
                "sent": row.pdf_id in left,
                "form": form_of(desk, bound, "notice", key) if sendable else None,
                "there_since": _there_since(desk.case, row) if sendable and row.kind == "receipt" else None,
            }
        )
    return shown


def _there_since(case: Case, row: Render) -> date | None:
    """The day from which the person can fetch the confirmation of receipt after logging in; None when nobody can."""
    if not messages.readable(case):
        return None
    return next((item.on for item in progress.released_files(case) if item.file.pk == row.pdf_id), None)


def _contact_asked(desk: Desk) -> list[dict[str, Any]]:
    """Addresses that wait for a second person, and whether that may be the one who looks."""
    return [
        {
            "asked": item,
            "way": words.word(words.WAYS, item.way),
            "address": contacts.address_of(desk.vault, item),
            "basis": words.word(words.CONTACT_BASES, item.basis),
            "mine": item.asked_by_id == desk.user.pk,
        }
        for item in contacts.pending(desk.case)
    ]


def _known(desk: Desk) -> list[dict[str, Any]]:
    """The person's e-mail addresses, each with where it comes from, to choose among."""
    systems = {row.system.key: str(row.system) for row in desk.rows}
    return [
        {
            "value": item.value,
            "source": words.identifier_source(item.source, systems.get(item.source, "")),
            "held": item.held,
        }
        for item in contacts.proposals(desk.case, desk.vault)
        if item.kind == "email"
    ]


def _sending(desk: Desk, bound: Bound, item: Sending) -> dict[str, Any]:
    """What left together, where it is now, and what can be done about it."""
    lead, key = item.lead, str(item.lead.pk)
    back = item.state in {"returned", "not_fetched"}
    breach = Breach.objects.filter(delivery=lead).first()
    return {
        "item": item,
        "lead": lead,
        "way": words.word(words.WAYS, lead.way),
        "right": words.right(lead.file.right) if lead.file.right else "",
        "files": [
            _file(desk, row.file)
            | {"sha256": row.sha256, "fetched_at": row.fetched_at, "opens": _opens(desk, row.file.key_purpose)}
            for row in item.items
        ],
        "zipped": any(row.file.kind == "package" for row in item.items),
        "to": sending.address_of(desk.vault, lead),
        "basis": words.word(words.CONTACT_BASES, lead.basis) if lead.basis else "",
        "tone": STATES[item.state],
        "why": words.word(words.RETURNED, lead.returned_why) if back else "",
        "secret_way": words.word(words.SECRET_WAYS, lead.secret_way) if lead.secret_way else "",
        "is_mail": lead.file.kind == encrypted_pdf.KIND,
        "breach": breach,
        "again_form": form_of(desk, bound, "send-again", key) if back or item.state == "revoked" else None,
        "secret_form": form_of(desk, bound, "secret-given", key) if item.password_waits else None,
        "wrong_form": form_of(desk, bound, "wrong-person", key) if not lead.revoked_at else None,
        "may_return": lead.way == Way.POST.value and not lead.returned_at and item.state == "sent",
    }
