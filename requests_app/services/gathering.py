"""Rounds of gathering: which systems, when a round is complete, and what a person can do about each system."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, shape
from requests_app.connectors.uploads import read_upload
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.states import ENDED, CollectionOutcome, CollectionState, Move, State
from requests_app.models import Candidate, Case, Collection, Identifier, System, SystemVersion
from requests_app.services import files, identity, malware, people, policy, queue
from requests_app.services.audit import Actor, Unit, unit
from requests_app.services.batches import BatchWriter
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock, move, move_back
from requests_app.services.owners import mapping
from requests_app.services.words import upload_fault_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.connectors.base import Connector
    from requests_app.domain.records import Record


def connector_of(version: SystemVersion | None) -> Connector | None:
    """The connector of a system's version; None when the version is missing or its plugin is."""
    try:
        return registry.get(version.connector) if version else None
    except LookupError:
        return None


def newest_version(system: System) -> SystemVersion | None:
    """How the system is gathered from now."""
    return system.versions.order_by("-n").first()


def newest_versions(systems: Iterable[System]) -> dict[int, SystemVersion]:
    """How each of the systems is gathered from now, by its id; one that never was set up is left out."""
    newest = SystemVersion.objects.filter(system=OuterRef("system")).order_by("-n").values("n")[:1]
    return {row.system_id: row for row in SystemVersion.objects.filter(system__in=list(systems), n=Subquery(newest))}


def start(work: Unit, case: Case, systems: Iterable[System]) -> None:
    """Begin the first round over these systems. The case must be locked."""
    move(work, case, Move.START_GATHERING)
    start_round(work, case, list(systems))
    settle(work, case)


def start_round(work: Unit, case: Case, systems: list[System]) -> None:
    """Make a row per system for a new round; each replaces the one the system had."""
    if not systems:
        return
    number = case.round + 1
    Case.objects.filter(pk=case.pk).update(round=number)
    case.round = number
    if number > 1:
        _end_older(case, systems)
    usable = people.usable_kinds(people.subject_of(case).identifiers.all())
    newest = newest_versions(systems)
    rows = Collection.objects.bulk_create(
        [_new_row(case, system, newest.get(system.pk), number, usable) for system in systems]
    )
    work.event("collection.started", case, systems=[system.key for system in systems], round=number)
    queue.collect([row.pk for row in rows if row.state == CollectionState.PENDING.value])


def _end_older(case: Case, systems: list[System]) -> None:
    """An older round of these systems counts no more, and where it had not ended it is over: nobody may write to it any more."""
    older = Collection.objects.filter(case=case, system__in=systems)
    older.filter(current=True).update(current=False, token=None, lease_until=None)
    older.filter(current=False).exclude(
        state__in=[state.value for state in ENDED] + [CollectionState.FAILED.value]
    ).update(state=CollectionState.LEFT_OUT.value, outcome=CollectionOutcome.LEFT_OUT.value, ended_at=timezone.now())


def _new_row(
    case: Case, system: System, version: SystemVersion | None, number: int, usable: frozenset[str]
) -> Collection:
    row = Collection(case=case, system=system, system_version=version, round=number)
    connector = connector_of(version)
    if connector is None or not connector.automatic or system.off_at is not None:
        row.state, row.outcome = CollectionState.WAITING.value, CollectionOutcome.MANUAL.value
    elif not version or not usable & search_kinds(connector, system, version):
        row.state, row.outcome = CollectionState.WAITING.value, CollectionOutcome.NO_IDENTIFIER.value
    return row


def search_kinds(connector: Connector, system: System, version: SystemVersion) -> frozenset[str]:
    """What the system may be searched by: a personnummer is given only to systems whose register entry requires it."""
    kinds = {kind.value for kind in shape(connector, version.settings).searches_by}
    return frozenset(kinds if system.needs_personnummer else kinds - {IdentifierKind.PERSONNUMMER.value})


def searches_by(row: Collection) -> frozenset[str]:
    """What a row's system is searched by; nothing for one a person looks in. ``row.system`` and its version must be loaded."""
    version, connector = row.system_version, connector_of(row.system_version)
    if version is None or connector is None or not connector.automatic:
        return frozenset()
    return search_kinds(connector, row.system, version)


def settle(work: Unit, case: Case) -> None:
    """Do what follows when something of a round has ended. The case must be locked.

    New identifiers that may be used start a round over the systems that could not search before; a system that nothing is left
    to search by has ended; when all have ended and no identifier waits for a click, the case goes on to review, where the
    standing rules are applied by a worker.
    """
    if case.state == State.REVIEW.value:
        _apply_rules(case)
    if case.state != State.GATHERING.value:
        return
    moving = {CollectionState.PENDING.value, CollectionState.RUNNING.value, CollectionState.FAILED.value}
    stand = set(case.collections.filter(current=True).values_list("state", "outcome"))
    if any(state in moving for state, _outcome in stand) and not any(
        outcome == CollectionOutcome.NO_IDENTIFIER.value for _state, outcome in stand
    ):
        return  # neither is anything over, nor does a row wait for an identifier
    rows = list(case.collections.filter(current=True).select_related("system", "system_version"))
    identifiers = list(people.subject_of(case).identifiers.all())
    usable = people.usable_kinds(identifiers)
    unlocked = [
        row.system
        for row in rows
        if row.outcome == CollectionOutcome.NO_IDENTIFIER.value
        and row.state == CollectionState.WAITING.value
        and usable & searches_by(row)
    ]
    if unlocked:
        start_round(work, case, unlocked)
        return
    waiting = {identifier.kind for identifier in identifiers if identifier.waiting}
    may_still_learn = any(
        row.state in moving
        or (row.outcome == CollectionOutcome.SEVERAL.value and row.state == CollectionState.WAITING.value)
        for row in rows
    )
    for row in rows:
        hopeless = (
            row.state == CollectionState.WAITING.value
            and row.outcome == CollectionOutcome.NO_IDENTIFIER.value
            and not waiting & searches_by(row)
        )
        if (
            hopeless
            and not may_still_learn
            and _end(work, case, row, CollectionState.DONE, CollectionOutcome.NO_IDENTIFIER)
        ):
            row.state = CollectionState.DONE.value
    asked = any(waiting & searches_by(row) for row in rows if row.state != CollectionState.LEFT_OUT.value)
    if rows and not asked and all(row.state in {state.value for state in ENDED} for row in rows):
        move(work, case, Move.FINISH_GATHERING)
        _apply_rules(case)


def _apply_rules(case: Case) -> None:
    """Let what legal wants masked in every case be masked in what was gathered."""
    if policy.values_of(case.policy).standing_masks:
        queue.standing(case.pk)


def _end(
    work: Unit, case: Case, row: Collection, state: CollectionState, outcome: CollectionOutcome, **changes: object
) -> bool:
    """End a row that no worker holds; taking its token away fences a worker that thinks it does."""
    done = Collection.objects.filter(pk=row.pk, current=True).update(
        state=state.value, outcome=outcome.value, token=None, lease_until=None, ended_at=timezone.now(), **changes
    )
    if done:
        work.event(
            "collection.ended",
            case,
            system=row.system.key,
            round=row.round,
            outcome=outcome.value,
            records=changes.get("records", row.records),
            attempts=row.attempts,
        )
    return bool(done)


def decide_identifiers(
    *, actor: Actor, case: Case, confirmed: Iterable[Identifier], rejected: Iterable[Identifier]
) -> None:
    """The coordinator's click on derived identifiers: those confirmed are searched by in a new round, all at once."""
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can confirm whose data it is."))
    with unit(actor) as work:
        case = lock(case)
        if case.closed_at:
            raise Conflict
        confirmed = list(confirmed)
        if confirmed:
            identity.require_more_than_mailbox(case)
        fresh = [identifier for identifier in confirmed if people.confirm(work, case, identifier, actor.user)]
        for identifier in rejected:
            people.reject(work, case, identifier)
        _search_by(work, case, fresh)


def _search_by(work: Unit, case: Case, fresh: list[Identifier]) -> None:
    """A new round over the systems that can be searched by what may be used from now on. The case must be locked."""
    systems = [
        row.system
        for row in case.collections.filter(current=True).select_related("system", "system_version")
        if row.state != CollectionState.LEFT_OUT.value
        and any(identifier.kind in searches_by(row) and identifier.source != row.system.key for identifier in fresh)
    ]
    if systems and case.state == State.DISPATCHING.value:
        raise ValidationError(_("The answer is ready to be sent. Take the case back to the review first."))
    if systems and case.state in {State.REVIEW.value, State.DECIDING.value}:
        move_back(work, case, Move.GATHER_AGAIN)
    if case.state == State.GATHERING.value:
        start_round(work, case, systems)
        settle(work, case)


def add_identifier(*, actor: Actor, case: Case, kind: IdentifierKind, value: str) -> Identifier:
    """Note an identifier by hand. By a personal identity number the systems are searched at once, also those that were searched
    by another before; anything else then waits to be confirmed like a derived one (``people.is_strong``).
    """
    normal = people.normalised(kind, value)
    with unit(actor) as work:
        case = lock(case)
        if case.closed_at:
            raise Conflict
        party = people.subject_of(case)
        held = party.identifiers.filter(value_enc__isnull=False)
        known = {identifier.pk for identifier in held if identifier.usable}
        made = people.add_identifier(
            work,
            case,
            party,
            Vault(case),
            kind=kind,
            value=normal,
            source="staff",
            strong=people.is_strong(kind, "staff") and not identity.by_mailbox_alone(case),
        )
        _search_by(work, case, [made] if made.usable and made.pk not in known else [])
        return made


def search_system(*, actor: Actor, case: Case, system: System) -> None:
    """Search one system, for the first time or anew: what retry, "search it all the same" and a repaired setting come to."""
    with unit(actor) as work:
        case = lock(case)
        if case.state in {State.REVIEW.value, State.DECIDING.value}:
            move_back(work, case, Move.GATHER_AGAIN)
        if case.state != State.GATHERING.value:
            raise Conflict
        start_round(work, case, [system])
        work.event("collection.retried", case, system=system.key, round=case.round)
        settle(work, case)


def _open_row(case: Case, row: Collection) -> Collection:
    """The row as it is now, in a locked case that still gathers or is reviewed.

    Locked too: a worker may be writing batches under it, and what replaces them must wait for these to be there.
    """
    if case.state not in {State.GATHERING.value, State.REVIEW.value, State.DECIDING.value}:
        raise Conflict
    try:
        rows = case.collections.select_for_update(of=("self",)).select_related("case", "system", "system_version")
        return rows.get(pk=row.pk, current=True)
    except Collection.DoesNotExist:
        raise Conflict from None


def _reopen(work: Unit, case: Case) -> None:
    """What came in late has to be reviewed, so a case that had gone on to a decision goes back."""
    if case.state == State.DECIDING.value:
        move_back(work, case, Move.REVIEW_AGAIN)


def leave_out(*, actor: Actor, case: Case, row: Collection, reason: str) -> None:
    """Answer without this system; the reason prints in section 15."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Write why the system is left out. The reason is printed in the answer.")})
    if len(reason) > 1000:
        raise ValidationError({"reason": _("The reason may have at most 1,000 characters.")})
    with unit(actor) as work:
        case = lock(case)
        row = _open_row(case, row)
        sealed = Vault(case).seal(DOSSIER, reason, "collection", row.system.key, row.round, "reason")
        _end(work, case, row, CollectionState.LEFT_OUT, CollectionOutcome.LEFT_OUT, reason_enc=sealed)
        work.event("collection.left_out", case, system=row.system.key, round=row.round, reason=reason)
        settle(work, case)


def left_out_reason(vault: Vault, row: Collection) -> str:
    """Why a system was left out; ``row.system`` must be loaded."""
    return vault.unseal(DOSSIER, row.reason_enc, "collection", row.system.key, row.round, "reason") or ""


def report_nothing(*, actor: Actor, case: Case, row: Collection) -> None:
    """Somebody looked in the system and found nothing about the person."""
    with unit(actor) as work:
        case = lock(case)
        row = _open_row(case, row)
        if row.records and row.state != CollectionState.RUNNING.value:
            raise ValidationError(
                _(
                    "%(system)s has given data about the person. Search it again, upload a file, or leave it out with a reason."
                )
                % {"system": row.system}
            )
        row.batches.all().delete()
        _end(
            work,
            case,
            row,
            CollectionState.DONE,
            CollectionOutcome.NOTHING,
            records=0,
            fault="",
            searched_by=["person"],
        )
        work.event("collection.nothing_reported", case, system=row.system.key, round=row.round)
        _reopen(work, case)
        settle(work, case)


def upload(*, actor: Actor, case: Case, row: Collection, name: str, data: bytes) -> int:
    """Answer a system with a file somebody took out of it; gives the number of records. What the row held before is replaced.

    Columns that were confirmed before are read alike. Raises ``ValidationError`` naming the line when the file cannot be read
    or holds nothing, and for malware; then nothing has changed.
    """
    malware.check(data, actor=actor, case=case, door="upload")
    try:
        records = mapping.remembered(row.system, read_upload(name, data))
    except ConnectorError as error:
        raise ValidationError({"file": upload_fault_sentence(error.fault, error.params)}) from None
    if not records:
        raise ValidationError({"file": _("The file holds no data. If you found nothing, answer that instead.")})
    sha = hashlib.sha256(data).hexdigest()
    with unit(actor) as work:
        case = lock(case)
        row = _open_row(case, row)
        files.store(case, Vault(case), purpose="gathered", kind="upload", name=name, data=data)
        return answer(work, case, row, records, [sha])


def answer(work: Unit, case: Case, row: Collection, records: list[Record], hashes: list[str]) -> int:
    """End a gathering with what a person took out of the system, in the place of what it held; gives the number of records.

    ``hashes`` are those of the files it stands in, kept already. Case and row must be locked.
    """
    row.batches.all().delete()
    Collection.objects.filter(pk=row.pk).update(next_seq=0, records=0)
    writer = BatchWriter(row, Vault(case))
    writer.add(records)
    for batch in writer.take():
        batch.save()
    found = {"records": writer.count, "next_seq": writer.next_seq, "fault": "", "searched_by": ["person"]}
    _end(work, case, row, CollectionState.DONE, CollectionOutcome.FOUND, **found)
    shas: list[str] | str = hashes[0] if len(hashes) == 1 else hashes
    work.event("collection.uploaded", case, system=row.system.key, round=row.round, records=writer.count, sha256=shas)
    _reopen(work, case)
    settle(work, case)
    return writer.count


def choose(*, actor: Actor, case: Case, row: Collection, chosen: Iterable[int]) -> None:
    """Say which of the found persons are the one who asked; none is an answer too. The system is then gathered from."""
    with unit(actor) as work:
        case = lock(case)
        row = _open_row(case, row)
        if row.state != CollectionState.WAITING.value or row.outcome != CollectionOutcome.SEVERAL.value:
            raise Conflict
        numbers = set(chosen)
        candidates = list(row.candidates.all())
        if not numbers <= {candidate.n for candidate in candidates}:
            raise ValidationError(_("Choose among the persons shown."))
        Candidate.objects.filter(collection=row).update(chosen=False)
        Candidate.objects.filter(collection=row, n__in=numbers).update(chosen=True)
        work.event(
            "collection.chosen",
            case,
            system=row.system.key,
            round=row.round,
            chosen=len(numbers),
            candidates=len(candidates),
        )
        if numbers:
            Collection.objects.filter(pk=row.pk).update(
                state=CollectionState.PENDING.value, outcome="", not_before=timezone.now()
            )
            queue.collect([row.pk])
        else:
            _end(work, case, row, CollectionState.DONE, CollectionOutcome.NOTHING, records=0)
            settle(work, case)
