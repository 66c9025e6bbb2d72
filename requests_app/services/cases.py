"""What staff does with a case as a whole: hand it over, know who asked, stop and extend the clock, note, withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.deadlines import can_pause, may_extend
from requests_app.domain.rights import IdentityMethod, Outcome
from requests_app.domain.states import ENDED, CollectionState, Move, State
from requests_app.models import Case, CaseExtension, CaseNote, CasePause, Collection, IdentityCheck, Render, User
from requests_app.services import (
    access,
    actions,
    audience,
    clock,
    contacts,
    identity,
    intake,
    notices,
    policy as policies,
    rendering,
    representation,
    retention,
)
from requests_app.services.audit import Actor, Unit, unit
from requests_app.services.checks import member_of_staff, too_long, written
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock, lock_open, move

if TYPE_CHECKING:
    from datetime import date, datetime

    from requests_app.domain.deadlines import Clock

NOTE_LIMIT = 20_000


def assign(*, actor: Actor, case: Case, handler: User | None) -> None:
    """Hand the case to a colleague of its team, take it over, or put it back."""
    if handler is not None and not access.cases_visible_to(handler).filter(pk=case.pk).exists():
        raise ValidationError({"handler": _("This person may not work the case.")})
    with unit(actor) as work:
        case = lock_open(case)
        before = case.handler_id
        if before != (handler.pk if handler else None):
            Case.objects.filter(pk=case.pk).update(handler=handler)
            work.event("case.assigned", case, before=before, after=handler.pk if handler else None)
            if handler is not None:
                at = timezone.now().isoformat()
                notices.tell(work, "assigned", subject=f"{case.ref}:{at}", users=[handler], case=case)


def take(*, actor: Actor, case: Case) -> None:
    """Let who works a case that nobody handles be its handler; nothing when somebody does, or the case is closed."""
    user = member_of_staff(actor)
    with unit(actor) as work:
        if Case.objects.filter(pk=case.pk, handler__isnull=True, closed_at__isnull=True).update(handler=user):
            work.event("case.assigned", case, before=None, after=user.pk)


def set_external_no(*, actor: Actor, case: Case, number: str) -> None:
    """Note the number the controller's own diary gave the case."""
    number = number.strip()
    if len(number) > 40:
        raise ValidationError({"external_no": _("The number may have at most 40 characters.")})
    with unit(actor) as work:
        case = lock(case)
        if case.external_no != number:
            work.event("case.external_no_set", case, before=case.external_no, after=number)
            Case.objects.filter(pk=case.pk).update(external_no=number)


def protect(*, actor: Actor, case: Case, protected: bool, reason: str = "") -> None:
    """Take the case out of the team's sight, or put it back. Who protects it, and its handler, keep it.

    Protecting voids what a second person has said of its addresses. Lifting needs a ``reason`` and is told to legal; a second
    person's word is needed all the same from then on (``contacts.guarded``).
    """
    user = member_of_staff(actor)
    facts: dict[str, Any] = {}
    if not protected:
        facts["reason"] = written("reason", reason, _("Write why the protection is lifted."), limit=NOTE_LIMIT)
    with unit(actor) as work:
        case = lock(case)
        if case.protected == protected:
            return
        if protected:
            contacts.void(case)
            for person in {user, case.handler} - {None}:
                access.grant(actor=actor, case=case, user=person)  # type: ignore[arg-type]
        Case.objects.filter(pk=case.pk).update(protected=protected)
        work.event("case.protected", case, protected=protected, **facts)
        if not protected:
            subject = f"{case.ref}:{timezone.now().isoformat()}"
            notices.tell(work, "unprotected", subject=subject, users=audience.legal(case), case=case)


def note(*, actor: Actor, case: Case, text: str) -> CaseNote:
    """Write a note in the case, sealed with the dossier key."""
    user = member_of_staff(actor)
    text = written("text", text, _("Write the note."), limit=NOTE_LIMIT)
    with unit(actor) as work:
        return write_note(work, lock(case), user, text)


def write_note(work: Unit, case: Case, user: User, text: str) -> CaseNote:
    """A note as a part of something else that is done. The case must be locked."""
    at = timezone.now()
    sealed = Vault(case).seal(DOSSIER, text, "note", at.isoformat())
    made = CaseNote.objects.create(case=case, text_enc=sealed, by=user, at=at)
    work.event("case.noted", case, note=made.pk)
    return made


def note_text(vault: Vault, item: CaseNote) -> str:
    """What a note says."""
    return vault.unseal(DOSSIER, item.text_enc, "note", item.at.isoformat()) or ""


def confirm_identity(*, actor: Actor, case: Case, method: IdentityMethod, level: str = "") -> None:
    """Note how it was made sure who asked (never a number or a copy of a document), end an open pause, and set the case off.

    A case that a one-time link set off is on its way already; what was typed in it can then be confirmed and searched by.
    """
    user = member_of_staff(actor)
    level = " ".join(level.split())[:40]
    if sum(sign.isdigit() for sign in level) > 3:  # it stands open in a log that nothing is taken out of
        raise ValidationError({"level": _("Write only the kind of document, never a number from it.")})
    if method in {IdentityMethod.EID, IdentityMethod.EMAIL, IdentityMethod.MANDATE}:
        raise ValidationError({"method": _("A login is noted by the login itself.")})
    with unit(actor) as work:
        case = lock_open(case)
        asks = case.state in {State.REGISTERED.value, State.IDENTIFYING.value}
        if not asks and not identity.by_mailbox_alone(case):
            raise Conflict
        if representation.waits(case):
            raise ValidationError(_("Somebody acts for the person. Check first whether that one may."))
        identified(work, case, user, method, level)


def identified(work: Unit, case: Case, user: User, method: IdentityMethod, level: str) -> None:
    """Note how it was made sure who asked, end an open pause, and set the case off if it waited for that. The case must be locked."""
    IdentityCheck.objects.update_or_create(
        case=case, defaults={"method": method.value, "level": level, "by": user, "at": timezone.now()}
    )
    work.event("identity.confirmed", case, method=method.value, level=level)
    _end_pause(work, case, timezone.localdate())
    rendering.drop_unsent(case, ["completion"])
    if case.state in {State.REGISTERED.value, State.IDENTIFYING.value}:
        intake.begin(work, case)


def ask_completion(*, actor: Actor, case: Case, doubt: str, needed: str) -> bool:
    """Ask the person for what is missing to identify them; gives whether the clock pauses.

    It does only when asked within the policy's working days and never after a login with eID (EDPB 01/2022 §73, §159).
    ``doubt`` is the reason, ``needed`` the least that is enough; both stand in the letter.
    """
    doubt = written("doubt", doubt, _("Write why there is doubt about who asked (Article 12(6))."), limit=NOTE_LIMIT)
    needed = written("needed", needed, _("Write the least that would be enough."), limit=NOTE_LIMIT)
    today = timezone.localdate()
    with unit(actor) as work:
        case = lock_open(case)
        if case.state == State.REGISTERED.value:
            move(work, case, Move.ASK_IDENTITY)
        elif case.state != State.IDENTIFYING.value:
            raise Conflict
        pauses = may_pause(case)
        if pauses and not case.pauses.filter(answered_on__isnull=True).exists():
            CasePause.objects.create(case=case, reason="identity", asked_on=today)
            work.event("clock.paused", case, asked_on=today, reason="identity")
            clock.recalculate(work, case)
        rendering.request_completion(work, case, doubt=doubt, needed=needed)
        return pauses


def may_pause(case: Case) -> bool:
    """Whether asking for completion today makes the date with pauses stand still."""
    values = policies.values_of(case.policy)
    eid = IdentityCheck.objects.filter(case=case, method=IdentityMethod.EID.value).exists()
    return can_pause(
        case.received_on, timezone.localdate(), eid, values.pause_within_working_days, values.eves_are_holidays
    )


def answer_completion(*, actor: Actor, case: Case, answered_on: date) -> None:
    """Note when the person's sufficient answer came; the clock goes on from there."""
    if answered_on > timezone.localdate():
        raise ValidationError({"answered_on": _("The answer cannot have come in the future.")})
    with unit(actor) as work:
        case = lock_open(case)
        pause = case.pauses.filter(answered_on__isnull=True).first()
        if pause is None:
            raise ValidationError(_("The clock is not paused."))
        if answered_on < pause.asked_on:
            raise ValidationError({"answered_on": _("The answer cannot have come before it was asked for.")})
        _end_pause(work, case, answered_on)
        person_replied(work, case, "completion")


def _end_pause(work: Unit, case: Case, answered_on: date) -> None:
    pause = case.pauses.filter(answered_on__isnull=True).first()
    if pause is None:
        return
    CasePause.objects.filter(pk=pause.pk).update(answered_on=answered_on)
    work.event("clock.resumed", case, answered_on=answered_on, days=(answered_on - pause.asked_on).days)
    clock.recalculate(work, case)


def extend(*, actor: Actor, case: Case, reasons: str) -> CaseExtension:
    """Decide to extend to three months from receipt: once, before the due date, with reasons; a letter is made.

    It comes into force when that letter is dispatched (``delivery.dispatch_notice``).
    """
    user = member_of_staff(actor)
    reasons = written(
        "reasons",
        reasons,
        _("Write the concrete reasons: what makes the request complex, or how many there are (Article 12(3))."),
        limit=NOTE_LIMIT,
    )
    today = timezone.localdate()
    with unit(actor) as work:
        case = lock_open(case)
        if CaseExtension.objects.filter(case=case).exists():
            raise ValidationError(_("The time was extended once already; it cannot be done again."))
        reckoned = clock.clock_of(case, today=today)
        if not may_extend(today, reckoned.notice_by):
            raise ValidationError(_("The first month has passed, so the time can no longer be extended."))
        made = CaseExtension.objects.create(
            case=case,
            decided_on=today,
            extended_due_on=reckoned.extended_due_on,
            reasons_enc=Vault(case).seal(DOSSIER, reasons, "extension"),
            by=user,
        )
        rendering.request_extension(work, case, reckoned, reasons)
        return made


def extension_in_force(work: Unit, case: Case, at: datetime) -> bool:
    """The extension's notice left ``at`` that time: gives whether the dates move. The case must be locked.

    They do only while the case is open, and only by a notice within the first month. Too late a one is kept as a fact
    (``notice_sent_at`` after ``notice_by``): it is invalid, moves nothing, and no second one can be sent in time.
    """
    extension = CaseExtension.objects.filter(case=case, notice_sent_at__isnull=True).first()
    if extension is None or case.closed_at:
        return False
    extension.notice_sent_at = at
    extension.save(update_fields=["notice_sent_at"])
    in_time = clock.extension_holds(case, extension)
    if in_time:
        clock.recalculate(work, case)
    work.event("clock.extended", case, extended_due_on=extension.extended_due_on, notice_in_time=in_time)
    return in_time


def person_replied(work: Unit, case: Case, what: str) -> None:
    """Tell the handler that something came from the person: a ``message``, ``completion``, ``withdrawal`` or ``file``."""
    subject = f"{case.ref}:{what}:{timezone.now().isoformat()}"
    notices.tell(work, "person_replied", subject=subject, users=audience.handlers(case), case=case, what=what)


def explanation(case: Case) -> Clock:
    """The dates and how they were reached."""
    return clock.clock_of(case, today=timezone.localdate())


def withdraw(*, actor: Actor, case: Case, said: str = "", said_on: date | None = None) -> None:
    """The person takes the request back: every right whose answer has not left is withdrawn, and the case closes.

    ``said`` is the person's word and ``said_on`` when it came (today when not given). A letter that confirms it is made.
    """
    said_on = said_on or timezone.localdate()
    if said_on > timezone.localdate():
        raise ValidationError({"said_on": _("The person cannot have said so in the future.")})
    if said_on < case.received_on:
        raise ValidationError({"said_on": _("The person cannot have said so before the request came.")})
    if len(said) > NOTE_LIMIT:
        raise ValidationError({"said": too_long(NOTE_LIMIT)})
    with unit(actor) as work:
        case = lock_open(case)
        work.event("case.withdrawn", case, said_on=said_on, said=said.strip())
        taken = case.rights.filter(dispatched_at__isnull=True)
        rendering.request_withdrawn(work, case, said_on, list(taken.values_list("right", flat=True)))
        taken.update(outcome=Outcome.WITHDRAWN.value)
        move(work, case, Move.WITHDRAW, closed_as=Outcome.WITHDRAWN)
        wind_up(case)
        person_replied(work, case, "withdrawal")


def close_unidentified(*, actor: Actor, case: Case, tried: str, needed: str) -> None:
    """Close without having been able to identify the person, with the letter of Article 12(4) and 11(2)."""
    tried = written("tried", tried, _("Write what was tried to identify the person."), limit=NOTE_LIMIT)
    needed = written("needed", needed, _("Write the least that would be enough."), limit=NOTE_LIMIT)
    with unit(actor) as work:
        case = lock_open(case)
        rendering.request_not_identified(work, case, tried=tried, needed=needed)
        case.rights.filter(outcome="").update(outcome=Outcome.NOT_IDENTIFIED.value)
        move(work, case, Move.CLOSE_UNIDENTIFIED, closed_as=Outcome.NOT_IDENTIFIED)
        wind_up(case)


def wind_up(case: Case) -> None:
    """What ends with a case: nothing more is gathered, previewed or made of it, and of a personnummer only the hash stays.

    What holds the case keeps the personnummer too, until it ends.
    """
    ended = [state.value for state in ENDED]
    Collection.objects.filter(case=case).exclude(state__in=ended).update(
        state=CollectionState.LEFT_OUT.value, token=None, lease_until=None, ended_at=timezone.now()
    )
    actions.end(case)
    rendering.drop_unsent(case, ["completion", "extension"])
    Render.objects.filter(case=case, kind=Render.PREVIEW).update(superseded=True)
    unmade = Render.objects.filter(case=case).exclude(state=CollectionState.DONE.value)
    unmade.exclude(right="").update(superseded=True)
    retention.forget_number(case)
