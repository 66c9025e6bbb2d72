"""What the case page shows of who asked: the messages, and who acts for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.admin.case_record import form_of
from requests_app.services import files, messages, representation, words

if TYPE_CHECKING:
    from requests_app.admin.case_record import Bound
    from requests_app.admin.desk import Desk


def page(desk: Desk, bound: Bound) -> dict[str, Any]:
    """The messages, and who acts for the person."""
    context = _messages(desk, bound)
    acting = representation.of(desk.case, desk.vault)
    if acting is None:
        return context
    context |= {
        "acting": acting,
        "capacity": words.word(words.CAPACITIES, acting.row.capacity),
        "proofs": [(file, files.name_of(desk.vault, file)) for file in acting.proofs],
    }
    if acting.row.confirmed is None and not desk.case.closed_at:
        context |= {
            "authority_form": form_of(desk, bound, "authority"),
            "no_authority_form": form_of(desk, bound, "no-authority"),
        }
    return context


def _messages(desk: Desk, bound: Bound) -> dict[str, Any]:
    shown = [
        (item, [(file, files.name_of(desk.vault, file)) for file in item.files])
        for item in messages.messages_of(desk.case, desk.vault)
    ]
    return {
        "messages_shown": shown,
        "unread": sum(item.direction == messages.IN and item.read_at is None for item, _files in shown),
        "message_form": form_of(desk, bound, "message"),
        "message_mailed": bool(messages.mailed_to(desk.case, desk.vault)),
        "by_portal": bool(messages.readable(desk.case)),
    }
