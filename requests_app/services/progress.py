"""How far a case has come, for the person it is about: steps, dates and outcomes in plain words, in the language that is active."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _, gettext_lazy, pgettext, pgettext_lazy

from requests_app.domain.deadline_words import long_day
from requests_app.domain.rights import GATHERED, Outcome, Right
from requests_app.domain.states import State
from requests_app.models import Delivery
from requests_app.services import clock, delivery, representation

if TYPE_CHECKING:
    from datetime import date

    from requests_app.models import Case, CaseRight, StoredFile

DOCUMENTS = {
    "receipt": gettext_lazy("Confirmation that we have received your request"),
    "extract": gettext_lazy("Your information, to read"),
    "package": gettext_lazy("Your information, as files"),
    "answer": gettext_lazy("Letter that goes with your information"),
    "refusal": gettext_lazy("Decision on what we said no to"),
    "rectification": gettext_lazy("Notice of what we have corrected"),
    "erasure": gettext_lazy("Notice of what we have deleted"),
    "completion": gettext_lazy("Letter with a question to you"),
    "extension": gettext_lazy("Notice that we need more time"),
    "not_identified": gettext_lazy("Letter about why we ended the case"),
    "restriction": gettext_lazy("Notice of what we use only with limits"),
    "restriction_lifting": gettext_lazy("Notice that we begin to use your information as before"),
    "objection": gettext_lazy("Answer to your objection"),
    "consent_withdrawal": gettext_lazy("Notice of what we have stopped sending"),
    "portability": gettext_lazy("Letter that goes with your information for other programs"),
    "joined": gettext_lazy("Notice that we answer two requests together"),
    "withdrawn": gettext_lazy("Confirmation that you took your request back"),
}
_GRANTED = {
    Right.ACCESS.value: gettext_lazy("You have got your information."),
    Right.RECTIFICATION.value: gettext_lazy("We have corrected the information."),
    Right.ERASURE.value: gettext_lazy("We have deleted the information."),
    Right.RESTRICTION.value: gettext_lazy("We use the information only with limits."),
    Right.PORTABILITY.value: gettext_lazy("You have got your information for other programs."),
    Right.OBJECTION.value: gettext_lazy("We have stopped what you objected to."),
    Right.CONSENT_WITHDRAWAL.value: gettext_lazy("We have stopped the advertising."),
}
_OUTCOMES = {
    Outcome.PARTLY_GRANTED.value: gettext_lazy(
        "We have done part of what you asked for. Our decision says why we did not do all of it."
    ),
    Outcome.REFUSED.value: gettext_lazy(
        "We have said no. Our decision says why, and what you can do if you do not agree."
    ),
    Outcome.WITHDRAWN.value: gettext_lazy("You took this back."),
    Outcome.JOINED.value: gettext_lazy("We answer this in another of your requests."),
    Outcome.NOT_IDENTIFIED.value: gettext_lazy("We could not make sure who asked, and have ended the case."),
    Outcome.NOTHING_FOUND.value: gettext_lazy("We found no information about you."),
    Outcome.OTHER_CONTROLLER.value: gettext_lazy("This concerns somebody else than us. Our letter says who."),
    Outcome.DECEASED.value: gettext_lazy("The request concerns somebody who has died. Our letter says what applies."),
    Outcome.NOT_NATURAL_PERSON.value: gettext_lazy(
        "The request does not concern a private person. Our letter says what applies."
    ),
}
_STAGES = {
    "received": gettext_lazy("We have received your request"),
    "gathering": gettext_lazy("We gather your information"),
    "reviewing": gettext_lazy("We go through it"),
    "handling": gettext_lazy("We look into what you ask for"),
    "answered": gettext_lazy("The answer is ready"),
}
_OF_ANOTHER = {
    "gathering": gettext_lazy("We gather the information"),
    "extract": gettext_lazy("The information, to read"),
    "package": gettext_lazy("The information, as files"),
    "answer": gettext_lazy("Letter that goes with the information"),
    "portability": gettext_lazy("Letter that goes with the information for other programs"),
    "restriction_lifting": gettext_lazy("Notice that we begin to use the information as before"),
    f"granted {Right.ACCESS.value}": gettext_lazy("You have got the information."),
    f"granted {Right.PORTABILITY.value}": gettext_lazy("You have got the information for other programs."),
    f"granted {Right.OBJECTION.value}": gettext_lazy("We have stopped what the objection was about."),
    Outcome.NOTHING_FOUND.value: gettext_lazy("We found no information about the person."),
}
"""What is said otherwise to who asks for somebody else, where the words for oneself would name the wrong one."""
_NOW = {State.REGISTERED: "received", State.IDENTIFYING: "received", State.GATHERING: "gathering"}
WORDS_OF_STATUS = {
    "done": pgettext_lazy("step", "Done"),
    "now": pgettext_lazy("step", "In progress"),
    "next": pgettext_lazy("step", "Remains"),
    "stopped": pgettext_lazy("step", "Not done"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A step on the way: ``status`` is ``done``, ``now``, ``next`` or ``stopped``."""

    label: str
    status: str
    note: str = ""

    @property
    def word(self) -> str:
        """The status in a word, for who does not see colours."""
        return str(WORDS_OF_STATUS[self.status])


def about_another(case: Case) -> bool:
    """Whether somebody asks for another person. One query at most for a case, none where representations have been fetched."""
    return getattr(case, "representation", None) is not None


def _said(case: Case, key: str, own: Any) -> str:
    return str(_OF_ANOTHER[key] if key in _OF_ANOTHER and about_another(case) else own)


def document_words(case: Case, kind: str) -> str:
    """What a file is, for who fetches it."""
    return _said(case, kind, DOCUMENTS.get(kind) or pgettext("portal", "Document"))


def closed_words(case: Case) -> str:
    """How a closed case ended, in a few words."""
    if case.closed_as == Outcome.WITHDRAWN.value:
        return _("You have taken the request back")
    return _("The answer is ready") if case.dispatched_at else _("The case has ended")


def step_of(case: Case) -> str:
    """Where the case is: ``received``, ``gathering``, ``reviewing``, ``handling``; once closed ``answered``, ``withdrawn``, ``ended``."""
    if case.closed_at is None:
        return _step(case)
    if case.closed_as == Outcome.WITHDRAWN.value:
        return "withdrawn"
    return "answered" if case.dispatched_at else "ended"


def words_of_step(case: Case) -> str:
    """The same in words."""
    return closed_words(case) if case.closed_at else _stage(case, _step(case))


def _stage(case: Case, key: str) -> str:
    return _said(case, key, _STAGES[key])


def _keys(case: Case) -> list[str]:
    gathers = any(right.right in {item.value for item in GATHERED} for right in case.rights.all())
    return ["received", "gathering", "reviewing", "answered"] if gathers else ["received", "handling", "answered"]


def _step(case: Case) -> str:
    keys = _keys(case)
    now = _NOW.get(State(case.state), "reviewing")
    return now if now in keys else "handling"


def stages_of(case: Case, lang: str) -> list[Stage]:
    """The way of a case, with where it is now."""
    keys = _keys(case)
    received = long_day(case.received_on, lang)
    if case.closed_at is None:
        at = keys.index(_step(case))
        statuses = ["done"] * at + ["now"] + ["next"] * (len(keys) - at - 1)
    elif case.dispatched_at:
        statuses = ["done"] * len(keys)
    else:
        statuses = ["done"] + ["stopped"] * (len(keys) - 1)
    notes = {"received": received}
    if case.dispatched_at:
        notes["answered"] = long_day(localdate(case.dispatched_at), lang)
    return [Stage(_stage(case, key), status, notes.get(key, "")) for key, status in zip(keys, statuses, strict=True)]


def why_moved(case: Case, lang: str, *, today: date) -> list[str]:
    """Why the last day is another than the one told first; nothing when it is the same."""
    reckoned = clock.clock_of(case, today=today)
    first = reckoned.notice_by
    if case.due_on == first:
        return []
    said = []
    if reckoned.extended:
        said.append(_("Your request takes more time than usual to answer. The letter about this says why."))
    for pause in case.pauses.all():
        if pause.answered_on is None:
            said.append(
                _("On %(asked)s we asked you for something we need. The time stands still until you have answered.")
                % {"asked": long_day(pause.asked_on, lang)}
            )
        elif pause.answered_on > pause.asked_on:
            said.append(
                _("We waited for an answer from you from %(asked)s to %(answered)s.")
                % {"asked": long_day(pause.asked_on, lang), "answered": long_day(pause.answered_on, lang)}
            )
    if not said:
        return []
    said.append(
        _("The last day has therefore moved from %(first)s to %(now)s.")
        % {"first": long_day(first, lang), "now": long_day(case.due_on, lang)}
    )
    return said


def outcome_words(case: Case, right: CaseRight) -> str:
    """What came of a right, once the answer has left or the case has ended; empty before."""
    if not right.dispatched_at and not (case.closed_at and right.outcome):
        return ""
    granted = _GRANTED.get(right.right, "") if right.outcome == Outcome.GRANTED.value else ""
    if granted:
        return _said(case, f"granted {right.right}", granted)
    return _said(case, right.outcome, _OUTCOMES.get(right.outcome, ""))


@dataclass(frozen=True, slots=True)
class Released:
    """A file the person can fetch, since when, and whether a newer one of the same kind has been released."""

    file: StoredFile
    on: date
    replaced: bool = False


def released_files(case: Case) -> list[Released]:
    """The newest first, for whose login they are; the confirmation of receipt is last.

    An older one of the same kind is there to be read, and marked as replaced.
    """
    if not representation.opens_files(case):
        return []
    found: dict[str, Released] = {}
    newest: set[tuple[str, str]] = set()
    for sent in delivery.released_to(case):
        kind = sent.file.kind, sent.file.right
        if sent.file.ref not in found:
            found[sent.file.ref] = Released(sent.file, localdate(sent.dispatched_at), kind in newest)
            newest.add(kind)
    receipt = delivery.receipt_of(case)
    taken_back = Delivery.objects.filter(case=case, file=receipt, revoked_at__isnull=False)
    if receipt is not None and receipt.ref not in found and not taken_back.exists():
        found[receipt.ref] = Released(receipt, localdate(receipt.created_at))
    return list(found.values())
