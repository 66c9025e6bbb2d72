"""What the case page shows of its documents and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.admin.case_actions import make_form
from requests_app.domain.states import CollectionState
from requests_app.services import audit, event_words, representation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.admin.desk import Desk
    from requests_app.admin.forms import StyledForm

Bound = dict[tuple[str, str], "StyledForm"]
MOVING = frozenset({CollectionState.PENDING.value, CollectionState.RUNNING.value})
READING = frozenset(
    {
        "case.viewed",
        "data.viewed",
        "data.previewed",
        "document.downloaded",
        "identifier.shown",
        "portal.viewed",
        "approval.viewed",
        "referral.opened",
    }
)
"""Events that only say that somebody looked; the log shows them apart."""


def form_of(desk: Desk, bound: Bound, name: str, key: str = "") -> StyledForm:
    """The form as it was sent, else an empty one."""
    return bound.get((name, key)) or make_form(desk, name, key)


def log(desk: Desk) -> dict[str, Any]:
    """The case's log in sentences: what happened, and apart from it who looked."""
    entries = audit.log_of(desk.case, vault=desk.vault)
    names = event_words.Names(entries, desk.user)
    acting = representation.party_of(desk.case) is not None

    def lines(chosen: Iterable[audit.LogEntry]) -> list[dict[str, Any]]:
        return [
            {
                "at": entry.event.at,
                "who": event_words.actor(entry.event.actor_ref, acting=acting),
                "what": event_words.sentence(entry.event, entry.open, names),
                "said": event_words.personal_lines(entry),
            }
            for entry in chosen
        ]

    return {
        "happened": lines(entry for entry in entries if entry.event.kind not in READING),
        "looked": lines(entry for entry in entries if entry.event.kind in READING),
    }
