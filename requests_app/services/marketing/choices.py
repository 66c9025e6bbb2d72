"""A choice about marketing: noted with its wording and time, put into force by the list of suppressed addresses and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.channels import ChoiceSource, Exact, MarketingKind, TaskState
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import MarketingChoice, MarketingTask, Suppression, System
from requests_app.models.cases import new_ref
from requests_app.services import actions, people
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import too_long
from requests_app.services.keys import mac_keys, seal_text
from requests_app.services.marketing import moments, tasks

if TYPE_CHECKING:
    from requests_app.models import Case

BY_HAND = frozenset({ChoiceSource.PHONE, ChoiceSource.VISIT, ChoiceSource.LETTER})
"""Sources that a member of staff writes down."""
BY_LINK = frozenset({ChoiceSource.LINK, ChoiceSource.ONE_CLICK})
"""Sources by which somebody leaves a newsletter, and says nothing of other marketing."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A consent may be older than the GDPR, but a year before this one is a slip of the finger."""
SAME_PRESS = timedelta(seconds=60)
"""The same choice about the same address, made again within this time, is a button pressed twice."""
MAX_NOTE = 1_000


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address or a telephone number in its normal form."""

    kind: IdentifierKind
    value: str

    @property
    def _purpose(self) -> str:
        # a purpose of its own: the list outlives an erasure, so its hashes must not be those of what was erased
        return f"marketing:{self.kind.value}"

    def mac(self) -> bytes:
        """The hash that is kept."""
        return mac_keys().mac(self._purpose, self.value)

    def macs(self) -> list[bytes]:
        """The hashes to look for, one for each hash key that is still in use."""
        return mac_keys().all_macs(self._purpose, self.value)


@dataclass(frozen=True, slots=True)
class State:
    """Where an address stands. ``kind`` and ``chosen_at`` are of the last choice, empty and None when none was made."""

    suppressed: bool
    kind: str = ""
    chosen_at: datetime | None = None
    open: int = 0
    """Systems in which the last choice has not taken effect yet."""


def address(*, email: str = "", phone: str = "") -> Address:
    """The one address given, normalised. ``ValidationError`` on ``email`` or ``phone`` when it is none, or both are given, or neither."""
    email, phone = email.strip(), phone.strip()
    if bool(email) == bool(phone):
        raise ValidationError({"email": _("Write an e-mail address or a telephone number.")})
    kind, typed = (IdentifierKind.EMAIL, email) if email else (IdentifierKind.PHONE, phone)
    try:
        return Address(kind, people.normalised(kind, typed))
    except ValidationError as error:
        raise ValidationError({kind.value: error.messages}) from None


def choose(
    *,
    actor: Actor,
    kind: MarketingKind,
    source: ChoiceSource,
    email: str = "",
    phone: str = "",
    wording: str = "",
    chosen_at: datetime | None = None,
    exact: Exact = Exact.MOMENT,
    note: str = "",
    case: Case | None = None,
    system: str = "",
) -> MarketingChoice:
    """Note a choice about one address and let it take effect at once.

    A withdrawal puts the address on the list of suppressed ones and makes a task in each system that markets; one by the link of
    a newsletter in ``system`` (a key), whatever the register says of that one, and in each that a connector can tell. Consent
    takes the address off the list again, and asks a person to enter it there: no connector signs anybody up. What was still
    open of an older choice about the address is taken over (``tasks.replan`` has the rule). A choice that was made before a contrary
    one, and is written down after it, is kept but changes nothing: ``overtaken_by`` tells.

    ``wording`` is what the person was asked or shown (``wordings.wording``), ``chosen_at`` when the person said it, now when left
    out; ``exact`` how exactly that is known: where the order is in doubt the withdrawal wins (``moments``). Raises
    ``ValidationError`` by field (``email``, ``phone``, ``chosen_at``, ``wording``, ``note``).
    """
    now = timezone.now()
    to = address(email=email, phone=phone)
    _check(actor, kind, source, wording, chosen_at or now, note, now)
    with unit(actor) as work:
        held = _lock(to)
        if kind is MarketingKind.WITHDRAWN:  # having waited for a consent in the making, it is the later word
            now = timezone.now()
        counts = moments.counts_from(kind, chosen_at or now, exact, now)
        new = _new(actor, to, kind, source, wording, counts, exact, note, case)
        before = standing(to)
        narrow = source in BY_LINK or kind is MarketingKind.GIVEN
        rows = tasks.planned(new, to.kind, _systems(system, to, before, narrow=narrow))
        if case is not None:  # what a person is to do stands in the case, and in no list beside it
            asked = set(actions.asked_to_stop(case))
            rows = [row for row in rows if row.fault != tasks.MANUAL or row.system_id not in asked]
        if before is not None and _pressed_twice(before, new, rows, now):
            choice = before
        else:
            choice = new
            choice.save()
            overtaken = before is not None and moments.overtakes(before, choice)
            keys = [] if overtaken else tasks.replan(work, choice, rows, to.macs())
            work.event("marketing.chosen", case, choice=choice.ref, kind=kind.value, source=source.value, systems=keys)
        last = standing(to)
        if last is not None and last.kind == MarketingKind.GIVEN.value:
            held.delete()
        tasks.forget_when_done(choice.pk)
        choice.refresh_from_db()
        return choice


def standing(to: Address) -> MarketingChoice | None:
    """The choice that stands: the last that the person made, whenever it was written down; of the same instant the withdrawal."""
    return MarketingChoice.objects.filter(mac__in=to.macs()).order_by("chosen_at", "kind", "pk").last()


def overtaken_by(choice: MarketingChoice, to: Address) -> MarketingChoice | None:
    """The contrary choice about the address that leaves this one without effect; None when this one holds."""
    last = standing(to)
    return last if last is not None and moments.overtakes(last, choice) else None


def _check(
    actor: Actor, kind: MarketingKind, source: ChoiceSource, wording: str, chosen_at: datetime, note: str, now: datetime
) -> None:
    errors: dict[str, str] = {}
    if source in BY_HAND and actor.user is None:
        raise ValidationError(_("Only a member of staff can do this."))
    if chosen_at > now:
        errors["chosen_at"] = _("This cannot have been said in the future.")
    elif chosen_at < EARLIEST:
        errors["chosen_at"] = _("Check the year.")
    if kind is MarketingKind.GIVEN and not wording:
        errors["wording"] = _("Choose what the person was asked. We must be able to show it later (Article 7(1)).")
    if len(note) > MAX_NOTE:
        errors["note"] = too_long(MAX_NOTE)
    if errors:
        raise ValidationError(errors)


def _lock(to: Address) -> Suppression:
    """The address's row in the list, made when it is not there, locked: choices about one address come one after the other."""
    found = Suppression.objects.select_for_update(of=("self",))
    while True:
        known = found.filter(kind=to.kind.value, mac__in=to.macs()).first()
        if known is not None:
            return known
        # a consent may take the row away again between making and locking it
        defaults = {"mac_key_id": mac_keys().current}
        Suppression.objects.get_or_create(kind=to.kind.value, mac=to.mac(), defaults=defaults)


def _pressed_twice(before: MarketingChoice, new: MarketingChoice, rows: list[MarketingTask], now: datetime) -> bool:
    """Whether it says and reaches nothing that the choice before it, just now, did not."""
    fields = ("kind", "source", "by_id", "case_id")
    if now - before.at >= SAME_PRESS or any(getattr(before, name) != getattr(new, name) for name in fields):
        return False
    if new.source in BY_HAND and not moments.same(before, new):
        return False
    return {row.system_id for row in rows} <= set(before.tasks.values_list("system", flat=True))


def _new(
    actor: Actor,
    to: Address,
    kind: MarketingKind,
    source: ChoiceSource,
    wording: str,
    chosen_at: datetime,
    exact: Exact,
    note: str,
    case: Case | None,
) -> MarketingChoice:
    """The row, not saved yet."""
    ref = new_ref()
    sealed = seal_text(to.value, "marketing", ref, to.kind.value)
    return MarketingChoice(
        ref=ref,
        kind=kind.value,
        source=source.value,
        email_enc=sealed if to.kind is IdentifierKind.EMAIL else None,
        phone_enc=sealed if to.kind is IdentifierKind.PHONE else None,
        mac=to.mac(),
        mac_key_id=mac_keys().current,
        wording=wording,
        note_enc=seal_text(note.strip(), "marketing", ref, "note") if note.strip() else None,
        chosen_at=chosen_at,
        exact=exact.value,
        by=actor.user,
        case=case,
    )


def _systems(named: str, to: Address, before: MarketingChoice | None, *, narrow: bool) -> list[System]:
    """Where it takes effect: every system that markets by the register, and the one that the link named.

    ``narrow``: of these only the one named and those that a connector can tell, as long as there is any, and those in which the
    consent that stood ``before`` was entered, or may have been. Who leaves a newsletter is held by the list of suppressed addresses;
    nobody is to tick six systems for it.
    """
    found = {system.pk: system for system in actions.marketing_systems()}
    linked = {system.pk: system for system in System.objects.filter(key=named, active=True)} if named else {}
    if narrow:
        told = {pk: system for pk, system in found.items() if tasks.can_be_told(system, to.kind)}
        found = (told | linked) or found
    if before is not None and before.kind == MarketingKind.GIVEN.value:
        found |= {system.pk: system for system in tasks.signed_up(to.macs())}
    return list((found | linked).values())


def state_for(to: Address) -> State:
    """Where an address stands now: whether it is suppressed, what was chosen last, and whether that is done everywhere."""
    last = standing(to)
    if last is None:
        return State(is_suppressed(to))
    undone = MarketingTask.objects.filter(choice=last).exclude(state=TaskState.DONE.value).count()
    return State(is_suppressed(to), last.kind, last.chosen_at, undone)


def is_suppressed(to: Address) -> bool:
    """Whether the address gets no marketing."""
    return Suppression.objects.filter(kind=to.kind.value, mac__in=to.macs()).exists()


__all__ = ["Address", "State", "address", "choose", "is_suppressed", "overtaken_by", "state_for"]
