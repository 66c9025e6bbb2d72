"""What the case page shows of its documents and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.admin.case_actions import make_form
from requests_app.domain.rights import BY_TASK, Right
from requests_app.domain.states import CollectionState, State
from requests_app.models import Delivery, Render
from requests_app.services import audit, delivery, event_words, files, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.admin.desk import Desk
    from requests_app.admin.forms import StyledForm

Bound = dict[tuple[str, str], "StyledForm"]
MOVING = frozenset({CollectionState.PENDING.value, CollectionState.RUNNING.value})
READING = frozenset(
    {"case.viewed", "data.viewed", "data.previewed", "document.downloaded", "identifier.shown", "portal.viewed"}
)
"""Events that only say that somebody looked; the log shows them apart."""


def form_of(desk: Desk, bound: Bound, name: str, key: str = "") -> StyledForm:
    """The form as it was sent, else an empty one."""
    return bound.get((name, key)) or make_form(desk, name, key)


def _render(desk: Desk, row: Render) -> dict[str, Any]:
    made = [file for file in (row.pdf, row.package) if file is not None]
    return {
        "row": row,
        "word": words.word(words.DOCUMENTS, row.kind),
        "making": row.state in MOVING,
        "failed": row.state == CollectionState.FAILED.value,
        "files": [_file(desk, file) for file in made],
    }


def _file(desk: Desk, file: Any) -> dict[str, Any]:
    return {"file": file, "name": files.name_of(desk.vault, file), "word": words.word(words.DOCUMENTS, file.kind)}


def documents(desk: Desk, bound: Bound) -> dict[str, Any]:
    """Answers, letters, deliveries, uploads and the preview."""
    case = desk.case
    answers = [
        {
            "answer": answer,
            "word": words.right(answer.right.right),
            "renders": [_render(desk, row) for row in answer.renders],
            "form": form_of(desk, bound, "dispatch", answer.right.right)
            if answer.status == "ready" and case.state == State.DISPATCHING.value
            else None,
        }
        for answer in delivery.answers_of(case)
    ]
    sent = list(Delivery.objects.filter(case=case).select_related("file", "by").order_by("dispatched_at", "pk"))
    sent_files = {item.file_id for item in sent}
    letters = (
        Render.objects.filter(case=case, superseded=False, kind__in=delivery.NOTICES)
        .select_related("pdf", "package")
        .order_by("pk")
    )
    preview = (
        Render.objects.filter(case=case, superseded=False, kind=Render.PREVIEW).select_related("pdf", "package").first()
    )
    return {
        "answers": answers,
        "letters": [
            _render(desk, row)
            | {
                "sent": row.pdf_id in sent_files,
                "form": form_of(desk, bound, "notice", row.kind)
                if row.pdf_id and row.pdf_id not in sent_files
                else None,
            }
            for row in letters
        ],
        "deliveries": [(item, words.word(words.WAYS, item.way), _file(desk, item.file)) for item in sent],
        "uploads": [_file(desk, file) for file in case.files.filter(kind="upload").order_by("pk")],
        "preview": _render(desk, preview) if preview else None,
        "may_preview": case.state in {State.REVIEW.value, State.DECIDING.value}
        and Right.ACCESS.value in {r.right for r in case.rights.all()},
        "has_tasks": bool({right.right for right in case.rights.all()} & {item.value for item in BY_TASK}),
    }


def log(desk: Desk) -> dict[str, Any]:
    """The case's log in sentences: what happened, and apart from it who looked."""
    entries = audit.log_of(desk.case)
    names = event_words.Names(entries)

    def lines(chosen: Iterable[audit.LogEntry]) -> list[dict[str, Any]]:
        return [
            {
                "at": entry.event.at,
                "who": event_words.actor(entry.event.actor_ref),
                "what": event_words.sentence(entry.event, entry.open, names),
                "said": event_words.personal_lines(entry),
            }
            for entry in chosen
        ]

    return {
        "happened": lines(entry for entry in entries if entry.event.kind not in READING),
        "looked": lines(entry for entry in entries if entry.event.kind in READING),
    }
