"""The one next step of a case, in words, and where it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, ngettext

from requests_app.connectors.base import Fault
from requests_app.domain.rights import Right
from requests_app.domain.states import CollectionOutcome, CollectionState, State
from requests_app.services import actions, words
from requests_app.services.case_facts import Facts, facts_for, facts_of
from requests_app.services.numbers import grouped

if TYPE_CHECKING:
    from requests_app.models import Case, Collection

_SILENT = frozenset({Fault.UNREACHABLE.value, Fault.TIMEOUT.value, Fault.SERVER_ERROR.value, Fault.RATE_LIMITED.value})
CLOSING_LETTERS = {"not_identified": "not_identified", "withdrawn": "withdrawn", "joined": "joined"}
"""Letter that tells that a case was closed -> what the case was closed as; it leaves after the closing."""
_NOTICE_OF = {"registered": ("completion",), "identifying": ("completion",), "closed": tuple(CLOSING_LETTERS)}


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is to be done now. ``anchor`` is the place on the case page; ``waiting`` says that somebody or something else is at it."""

    code: str
    sentence: str
    anchor: str
    urgent: bool = False
    waiting: bool = False


def next_step(case: Case, facts: Facts) -> NextStep:
    """The one thing to do now. What the person has written is read first, unless something is urgent: it may change what to do."""
    step = (
        _letter_first(case, facts)
        or _sent(facts)
        or _authority(case, facts)
        or _at_once(case, facts)
        or _legal(case, facts)
        or _BY_STATE[State(case.state)](facts)
    )
    return _unread(facts.unread) if facts.unread and not step.urgent else step


def _unread(count: int) -> NextStep:
    said = ngettext("Read the message from the person", "Read %(n)d messages from the person", count) % {"n": count}
    return NextStep("read_message", said, "messages")


def _letter_first(case: Case, facts: Facts) -> NextStep | None:
    done = CollectionState.DONE.value
    answered = "ready" in facts.answers.values()  # an answer that can leave needs no more time
    if not case.closed_at and not answered and facts.extension_waits and "extension" in facts.notices:
        if facts.notices["extension"] == done:
            return NextStep("send_extension", _("Send the notice of extended time"), "letters", urgent=True)
        return NextStep("extension_is_made", _("The notice of extended time is being made"), "letters", waiting=True)
    if facts.notices.get(actions.LIFTING) == done:
        return NextStep("send_lifting", _("Send the warning that a restriction is lifted"), "letters")
    for kind in _NOTICE_OF.get(case.state, ()):
        if facts.notices.get(kind) == done and kind == "completion":
            return NextStep("send_completion", _("Send the request for completion"), "letters")
        if facts.notices.get(kind) == done:
            said = {
                "not_identified": _("Send the letter that the case was closed"),
                "withdrawn": _("Send the letter that confirms that the request is withdrawn"),
                "joined": _("Send the letter that the request is answered in another case"),
            }[kind]
            return NextStep(f"send_{kind}", said, "letters", urgent=kind == "not_identified")
    return None


_FIRST = {actions.STOP_MARKETING: "", "restrict": Right.RESTRICTION.value}
"""Tasks that wait for no other right of the case -> the right that must be decided first, if any."""


def _at_once(case: Case, facts: Facts) -> NextStep | None:
    if case.closed_at or case.state == State.DISPATCHING.value:
        return None
    for verb, right in _FIRST.items():
        count = _by_hand(facts, verb)
        if count and (not right or right in facts.answers):
            return _report(verb, count, urgent=not right)
    return None


def _by_hand(facts: Facts, verb: str) -> int:
    """How many open tasks of a kind wait for a person."""
    return facts.open_actions.get(verb, 0) - facts.by_worker.get(verb, 0)


def _report(verb: str, count: int, *, urgent: bool = False) -> NextStep:
    said = {
        "erase": ngettext("Report erasure in %(n)d system", "Report erasure in %(n)d systems", count),
        "rectify": ngettext("Report rectification in %(n)d system", "Report rectification in %(n)d systems", count),
        "restrict": ngettext("Report restriction in %(n)d system", "Report restriction in %(n)d systems", count),
        "object": ngettext(
            "Report in %(n)d system that what is objected to has stopped",
            "Report in %(n)d systems that what is objected to has stopped",
            count,
        ),
        actions.STOP_MARKETING: ngettext(
            "Stop advertising in %(n)d system", "Stop advertising in %(n)d systems", count
        ),
    }[verb]
    return NextStep("report", said % {"n": count}, "tasks", urgent=urgent)


def _legal(case: Case, facts: Facts) -> NextStep | None:
    if facts.referrals_answered:
        return NextStep("referral_answered", _("Legal has answered · read it"), "referrals")
    if facts.referrals_asked and case.state in {State.REVIEW.value, State.DECIDING.value}:
        return NextStep("referral_awaited", _("Waiting for legal's answer"), "referrals", waiting=True)
    return None


def _sent(facts: Facts) -> NextStep | None:
    """What was sent and has not reached the person, in any state of the case."""
    said = {
        "wrong_person": _("Send the answer to the right person"),
        "bounced": _("The mail came back · send it another way"),
        "post": _("The letter came back · send it another way"),
        "not_fetched": _("The answer has not been fetched · send it another way or leave it"),
    }.get(facts.came_back)
    if said:
        return NextStep("came_back", said, "sent", urgent=facts.came_back != "not_fetched")
    if facts.password_waits:
        return NextStep("give_password", _("Give the person the password to the mailed answer"), "sent")
    return None


def _authority(case: Case, facts: Facts) -> NextStep | None:
    """Who asks for somebody else is looked at before anything is done in that one's name."""
    if case.closed_at or not facts.authority_waits:
        return None
    return NextStep("check_authority", _("Check whether the representative may act"), "identity")


def _identity(facts: Facts) -> NextStep:
    if facts.paused:
        return NextStep(
            "completion_awaited", _("Waiting for the person to complete the request"), "identity", waiting=True
        )
    if facts.authority_refused:
        return NextStep(
            "ask_person", _("Ask the person whether the request is to stand, or close the case"), "identity"
        )
    return NextStep("confirm_identity", _("Confirm who is asking"), "identity")


def _gathering(facts: Facts) -> NextStep:
    if facts.waiting_identifiers:
        return _confirm_identifiers(facts.waiting_identifiers)
    asked = [row for row in facts.collections if row.pk in facts.asked_owners]
    ours = [row for row in facts.collections if row.pk not in facts.asked_owners]
    step = _owner_asks(facts) or _choose(facts.collections) or _failed(ours) or _look_by_hand(ours) or _owners(asked)
    if step:
        return step
    ended = sum(row.state in {CollectionState.DONE.value, CollectionState.LEFT_OUT.value} for row in facts.collections)
    sentence = _("Gathering goes on · %(done)d of %(all)d systems done") % {
        "done": ended,
        "all": len(facts.collections),
    }
    return NextStep("gathering", sentence, "systems", waiting=True)


def _confirm_identifiers(count: int) -> NextStep:
    sentence = ngettext("Confirm %(n)d detail to search by", "Confirm %(n)d details to search by", count) % {"n": count}
    return NextStep("confirm_identifiers", sentence, "identifiers")


def _choose(rows: list[Collection]) -> NextStep | None:
    for row in rows:
        if row.state == CollectionState.WAITING.value and row.outcome == CollectionOutcome.SEVERAL.value:
            return NextStep(
                "choose", _("Choose who it is in %(system)s") % {"system": row.system}, f"system-{row.system.key}"
            )
    return None


def _failed(rows: list[Collection]) -> NextStep | None:
    for row in rows:
        if row.state == CollectionState.FAILED.value:
            silent = row.fault in _SILENT
            said = (
                _("%(system)s does not answer · try again or upload")
                if silent
                else _("%(system)s could not be searched · try again or upload")
            )
            return NextStep("failed", said % {"system": row.system}, f"system-{row.system.key}", urgent=True)
    return None


def _owner_asks(facts: Facts) -> NextStep | None:
    for row in facts.collections:
        if row.pk in facts.owner_questions and row.state == CollectionState.WAITING.value:
            sentence = _("Answer the question from the owner of %(system)s") % {"system": row.system}
            return NextStep("owner_question", sentence, f"system-{row.system.key}")
    return None


def _owners(rows: list[Collection]) -> NextStep | None:
    waiting = [row for row in rows if row.state == CollectionState.WAITING.value]
    if not waiting:
        return None
    first, others = waiting[0].system, len(waiting) - 1
    if not others:
        sentence = _("Waiting for the owner of %(system)s") % {"system": first}
    else:
        sentence = ngettext(
            "Waiting for the owners of %(system)s and %(n)d more system",
            "Waiting for the owners of %(system)s and %(n)d more systems",
            others,
        ) % {"system": first, "n": others}
    return NextStep("owner_awaited", sentence, f"system-{first.key}", waiting=True)


def _look_by_hand(rows: list[Collection]) -> NextStep | None:
    waiting = [row for row in rows if row.state == CollectionState.WAITING.value]
    if not waiting:
        return None
    first, others = waiting[0].system, len(waiting) - 1
    if not others:
        sentence = _("Look in %(system)s and upload, or answer that nothing was found") % {"system": first}
    else:
        sentence = ngettext(
            "Look in %(system)s and %(n)d more system and upload, or answer that nothing was found",
            "Look in %(system)s and %(n)d more systems and upload, or answer that nothing was found",
            others,
        ) % {"system": first, "n": others}
    return NextStep("look_by_hand", sentence, f"system-{first.key}")


def _review(facts: Facts) -> NextStep:
    if facts.waiting_identifiers:
        return _confirm_identifiers(facts.waiting_identifiers)
    if facts.open_statements:
        sentence = ngettext(
            "Confirm %(n)d statement in the register", "Confirm %(n)d statements in the register", facts.open_statements
        ) % {"n": facts.open_statements}
        return NextStep("confirm_statements", sentence, "statements")
    if not facts.records:
        return NextStep("review_nothing", _("Nothing was found · go on to the decision"), "review")
    found = ngettext("Review %(n)s record", "Review %(n)s records", facts.records) % {"n": grouped(facts.records)}
    if facts.unmasked:
        return NextStep(
            "review", _("Review again: a standing rule has ended and its masks are gone"), "review", urgent=True
        )
    systems = ngettext("from %(n)d system", "from %(n)d systems", facts.with_records) % {"n": facts.with_records}
    return NextStep("review", f"{found} {systems}", "review")


def _deciding(facts: Facts) -> NextStep:
    if facts.returned:
        return NextStep(
            "decide_anew",
            _("Change the decision on %(rights)s: it was given back") % {"rights": _list(facts.returned)},
            "decisions",
        )
    if facts.undecided:
        return NextStep("decide", _("Decide on %(rights)s") % {"rights": _list(facts.undecided)}, "decisions")
    return NextStep("approval", _("Waiting for legal's approval"), "decisions", waiting=True)


def _dispatching(facts: Facts) -> NextStep:
    status = facts.answers
    if "failed" in status.values():
        return NextStep("document_failed", _("A document could not be made · try again"), "documents", urgent=True)
    if "ready" in status.values() and facts.contact_asked:
        return NextStep(
            "contact_asked", _("Waiting for a second person's word on the address"), "documents", waiting=True
        )
    if "ready" in status.values():
        ready = [right for right, is_now in status.items() if is_now == "ready"]
        if len(status) == 1:
            return NextStep("dispatch", _("Send the answer"), "documents")
        return NextStep("dispatch", _("Send the answer on %(rights)s") % {"rights": _list(ready)}, "documents")
    for verb in facts.open_actions:
        if count := _by_hand(facts, verb):
            return _report(verb, count)
    if facts.by_worker.get("erase"):
        return NextStep("erasing", _("Systems are being told to erase"), "tasks", waiting=True)
    if facts.by_worker:
        return NextStep("stopping", _("Advertising is being stopped"), "tasks", waiting=True)
    return NextStep("documents", _("The documents are being made"), "documents", waiting=True)


def _closed(facts: Facts) -> NextStep:
    return NextStep("closed", _("The case is closed"), "documents", waiting=True)


_BY_STATE = {
    State.REGISTERED: _identity,
    State.IDENTIFYING: _identity,
    State.GATHERING: _gathering,
    State.REVIEW: _review,
    State.DECIDING: _deciding,
    State.DISPATCHING: _dispatching,
    State.CLOSED: _closed,
}


def _list(rights: list[str]) -> str:
    """``access and erasure``, in the middle of a sentence."""
    named = [words.right(right).lower() for right in rights]
    return (
        _("%(first)s and %(last)s") % {"first": ", ".join(named[:-1]), "last": named[-1]}
        if len(named) > 1
        else named[0]
    )


__all__ = ["Facts", "NextStep", "facts_for", "facts_of", "next_step"]
