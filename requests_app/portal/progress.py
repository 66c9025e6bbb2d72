"""A case as the customer follows it: steps, dates and outcomes in plain words. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext, pgettext_lazy

from requests_app.domain.deadline_words import format_day
from requests_app.domain.deadlines import days_left
from requests_app.domain.rights import GATHERED, Outcome, Right, Way
from requests_app.domain.states import State
from requests_app.models import Delivery
from requests_app.portal.forms import CHOICES
from requests_app.services import clock, delivery, intake
from requests_app.services.keys import Vault

if TYPE_CHECKING:
    from datetime import date

    from requests_app.models import Case, CaseRight, StoredFile

DOCUMENTS = {
    "receipt": gettext_lazy("Confirmation that we have received your request"),
    "extract": gettext_lazy("Your information, to read"),
    "package": gettext_lazy("Your information, for other programs"),
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


@dataclass(frozen=True, slots=True)
class Answered:
    """One right: what was asked, in the person's own words, and what came of it once the answer has left."""

    title: str
    text: str
    outcome: str
    when: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file to download."""

    ref: str
    label: str
    size: int
    pages: int
    form: str
    on: str
    replaced: bool = False
    """A newer one of the same kind has been released."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Everything the customer's page of a case shows."""

    stages: list[Stage]
    rights: list[Answered]
    documents: list[Document]
    day: str
    left: str
    moved: list[str]
    late: bool
    receipt_waits: bool


def title_of(right: str) -> str:
    """A right as the portal calls it."""
    return str(CHOICES[Right(right)][0]) if right in {item.value for item in CHOICES} else right


def short(case: Case, lang: str) -> dict[str, Any]:
    """A case in the list of the person's requests."""
    now = next((stage for stage in stages_of(case, lang) if stage.status == "now"), None)
    return {
        "ref": case.ref,
        "diary_no": case.diary_no,
        "rights": [title_of(right.right) for right in case.rights.all()],
        "received": format_day(case.received_on, lang),
        "day": "" if case.closed_at else format_day(case.due_on, lang),
        "status": now.label if now else _closed_words(case),
    }


def _closed_words(case: Case) -> str:
    if case.closed_as == Outcome.WITHDRAWN.value:
        return _("You have taken the request back")
    return _("The answer is ready") if case.dispatched_at else _("The case has ended")


def stages_of(case: Case, lang: str) -> list[Stage]:
    """The way of a case, with where it is now."""
    gathers = any(right.right in {item.value for item in GATHERED} for right in case.rights.all())
    keys = ["received", "gathering", "reviewing", "answered"] if gathers else ["received", "handling", "answered"]
    received = format_day(case.received_on, lang)
    if case.closed_at is None:
        now = _NOW.get(State(case.state), "reviewing" if gathers else "handling")
        now = now if now in keys else "handling"
        at = keys.index(now)
        statuses = ["done"] * at + ["now"] + ["next"] * (len(keys) - at - 1)
    elif case.dispatched_at:
        statuses = ["done"] * len(keys)
    else:
        statuses = ["done"] + ["stopped"] * (len(keys) - 1)
    notes = {"received": received}
    if case.dispatched_at:
        notes["answered"] = format_day(localdate(case.dispatched_at), lang)
    return [Stage(str(_STAGES[key]), status, notes.get(key, "")) for key, status in zip(keys, statuses, strict=True)]


def follow(case: Case, lang: str, *, today: date | None = None) -> Follow:
    """The customer's page of a case."""
    today = today or timezone.localdate()
    vault = Vault(case)
    receipt = delivery.receipt_of(case)
    left = days_left(case.due_on, today)
    return Follow(
        stages=stages_of(case, lang),
        rights=[_answered(case, vault, right, lang) for right in case.rights.all()],
        documents=_documents(case, receipt, lang),
        day=format_day(case.due_on, lang),
        left=_left(left),
        moved=why_moved(case, lang, today=today),
        late=case.closed_at is None and left < 0,
        receipt_waits=receipt is None,
    )


def _left(days: int) -> str:
    if days == 0:
        return _("That is today.")
    if days > 0:
        return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
    return ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}


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
                % {"asked": format_day(pause.asked_on, lang)}
            )
        elif pause.answered_on > pause.asked_on:
            said.append(
                _("We waited for an answer from you from %(asked)s to %(answered)s.")
                % {"asked": format_day(pause.asked_on, lang), "answered": format_day(pause.answered_on, lang)}
            )
    if not said:
        return []
    said.append(
        _("The last day has therefore moved from %(first)s to %(now)s.")
        % {"first": format_day(first, lang), "now": format_day(case.due_on, lang)}
    )
    return said


def _answered(case: Case, vault: Vault, right: CaseRight, lang: str) -> Answered:
    text = intake.details_of(vault, right)
    outcome, when = "", ""
    if right.dispatched_at or (case.closed_at and right.outcome):
        granted = _GRANTED.get(right.right, "") if right.outcome == Outcome.GRANTED.value else ""
        outcome = str(granted or _OUTCOMES.get(right.outcome, ""))
    if right.dispatched_at:
        how, reached = _how_sent(case, right.right)
        when = how % {"day": format_day(localdate(right.dispatched_at), lang)}
        outcome = outcome if reached else ""
    return Answered(title_of(right.right), text, outcome, when)


_HOW = {
    Way.PORTAL.value: gettext_lazy("You can download the answer here since %(day)s."),
    Way.POST.value: gettext_lazy("We sent the answer by post on %(day)s."),
    Way.EMAIL.value: gettext_lazy(
        "We sent the answer by e-mail on %(day)s, as a locked PDF. You get the password in another way, never by e-mail."
    ),
    Way.VISIT.value: gettext_lazy("You got the answer at a visit on %(day)s."),
}
"""How an answer came; the first that holds is told."""
_LOST = {"bounced", "post"}


def _how_sent(case: Case, right: str) -> tuple[str, bool]:
    """In which way an answer that has left came, and whether it reached the person as far as we know."""
    sent = list(Delivery.objects.filter(case=case, file__right=right))
    ways = {item.way for item in sent if not item.revoked_at and item.returned_why not in _LOST}
    if sent and not ways:
        return _("The answer that we sent on %(day)s did not reach you. Contact us if you do not hear from us."), False
    return str(next((said for way, said in _HOW.items() if way in ways), _HOW[Way.VISIT.value])), True


def _documents(case: Case, receipt: StoredFile | None, lang: str) -> list[Document]:
    """The newest first; an older one of the same kind is there to be read, and marked as replaced."""
    found: dict[str, Document] = {}
    newest: set[tuple[str, str]] = set()
    for sent in delivery.released_to(case):
        kind = sent.file.kind, sent.file.right
        if sent.file.ref not in found:
            on = localdate(sent.dispatched_at)
            found[sent.file.ref] = _document(sent.file, on, lang, replaced=kind in newest)
            newest.add(kind)
    taken_back = Delivery.objects.filter(case=case, file=receipt, revoked_at__isnull=False)
    if receipt is not None and receipt.ref not in found and not taken_back.exists():
        found[receipt.ref] = _document(receipt, localdate(receipt.created_at), lang)
    return list(found.values())


def _document(file: StoredFile, on: date, lang: str, *, replaced: bool = False) -> Document:
    label = str(DOCUMENTS.get(file.kind, pgettext("portal", "Document")))
    form = pgettext("portal", "ZIP file") if file.kind == "package" else pgettext("portal", "PDF")
    return Document(file.ref, label, file.size, file.pages, form, format_day(on, lang), replaced)
