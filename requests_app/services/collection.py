"""Gathering from one system: claim the row, take the pages, write them in sealed batches, end it. Any process may die at any point."""

from __future__ import annotations

import logging
import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error as DatabaseFault, transaction
from django.db.models import F, Q, prefetch_related_objects
from django.utils import timezone

from requests_app.connectors.base import ConnectorError, Fault, Identifier, Search
from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise
from requests_app.domain.states import CollectionOutcome, CollectionState
from requests_app.models import Candidate, Collection, SystemSecret
from requests_app.services import audience, gathering, identity, keys, notices, page_files, people, queue, rooms
from requests_app.services.audit import WORKER, Unit, unit
from requests_app.services.batches import BatchWriter, drop
from requests_app.services.keys import GATHERED, KeyDestroyed, Vault
from requests_app.services.moves import lock

if TYPE_CHECKING:
    from requests_app.connectors.base import Connector, Page
    from requests_app.models import Case

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""Failed attempts in a row after which a person is asked."""
MAX_RUNS = 20
"""Runs after which a system that changes under every one of them is left to a person."""
CREDENTIALS = frozenset({Fault.AUTH_REFUSED, Fault.FORBIDDEN, Fault.SECRET_MISSING})
"""Faults of the login to a system, which only an administrator can put right."""
FLUSH_SECONDS = 2.0
RUN_SECONDS = 20.0
"""A run longer than this ends at the next page and goes on in a new task, so that every task is short."""


class TakenOver(Exception):
    """The lease ran out and somebody else has the row, or it was ended: this run must write nothing more."""


def lease() -> timedelta:
    """How long a claim holds without a sign of life."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def claim(pk: int) -> Collection | None:
    """Take a row that is due, or whose worker is silent; None when it is not to be had, or its system has no room for another.

    Decided by one conditional update; of a system with a limit while no other row of it can be claimed.
    """
    row = Collection.objects.select_related("case", "system", "system_version").filter(pk=pk, current=True).first()
    if row is None:
        return None
    if row.system.at_once is None:
        return _taken(row)
    with transaction.atomic():
        if rooms.room(row.system_id, but=pk):
            return _taken(row)
        rooms.wait(pk)
    return None


def _taken(row: Collection) -> Collection | None:
    """The row, when it is due and nobody has taken it since it was read: every claim counts a run."""
    now = timezone.now()
    due = Q(state=CollectionState.PENDING.value, not_before__lte=now) | Q(
        state=CollectionState.RUNNING.value, lease_until__lt=now
    )
    lost = row.state == CollectionState.RUNNING.value
    claimed = {
        "state": CollectionState.RUNNING.value,
        "token": uuid.uuid4(),
        "lease_until": now + lease(),
        "started_at": row.started_at or now,
        "runs": row.runs + 1,
        "attempts": row.attempts + lost,
        "waits_for_room": False,
    }
    same = {"pk": row.pk, "current": True, "runs": row.runs, "state": row.state, "attempts": row.attempts}
    if not Collection.objects.filter(due, **same).update(**claimed):
        return None
    for name, value in claimed.items():
        setattr(row, name, value)
    if lost and row.attempts >= MAX_ATTEMPTS:
        _fail(row, ConnectorError(Fault.UNEXPECTED))
        return None
    return row


def run(pk: int) -> None:
    """Gather from one system as far as one run goes. Does nothing when the row is gone, ended or held by another."""
    row = claim(pk)
    if row is None:
        return
    try:
        _go_on(row)
    finally:
        if row.system.at_once:
            rooms.hand_on(row.system)


def _go_on(row: Collection) -> None:
    """What a run does with a row it holds."""
    pk = row.pk
    if row.system.off_at is not None:
        _leave_to_a_person(row)
        return
    try:
        _gather(row)
    except TakenOver:
        logger.info("collection %s was taken over", pk)
    except KeyDestroyed:
        logger.info("collection %s: the case's data is erased", pk)
    except page_files.Unchecked:
        logger.warning("collection %s: files cannot be checked for malware, left to be taken up again", pk)
    except DatabaseFault as error:
        # the database restarts, is locked or broke a deadlock: no fault of the system's. The lease runs out, and the row is taken up.
        logger.warning("collection %s: %s, left to be taken up again", pk, type(error).__name__)
    except ConnectorError as error:
        _fail(row, error)
    except Exception as error:  # noqa: BLE001 - a connector's bug must end on the row, in words, not in a dead task
        logger.error("collection %s: %s in connector", pk, type(error).__name__)
        _fail(row, ConnectorError(Fault.UNEXPECTED))


@dataclass(slots=True)
class _Run:
    """What one run holds in hand."""

    row: Collection
    vault: Vault
    writer: BatchWriter
    began: float
    flushed: float
    pages: int = 0
    cursor: Any = None
    window: tuple[Any, Any] = (None, None)
    files: list[page_files.Came] = field(default_factory=list)

    def see(self, page: Page) -> None:
        """Take a page in."""
        self.writer.add(page.records)
        self.pages += 1
        self.cursor = page.cursor
        first, last = self.window
        if page.searched_from:
            first = min(first or page.searched_from, page.searched_from)
        if page.searched_to:
            last = max(last or page.searched_to, page.searched_to)
        self.window = (first, last)


def _gather(row: Collection) -> None:
    vault = Vault(row.case)
    connector = gathering.connector_of(row.system_version)
    if connector is None or row.system_version is None:
        raise ConnectorError(Fault.MISCONFIGURED, setting="connector")
    run_ = _Run(
        row,
        vault,
        BatchWriter(row, vault),
        time.monotonic(),
        time.monotonic(),
        window=(row.searched_from, row.searched_to),
    )
    search = _search(row, vault, connector)
    for page in connector.collect(search):
        if page.candidates:
            _wait_for_choice(run_, page)
            return
        page, came = page_files.admit(row.case, page, search.heartbeat)
        run_.see(page)
        run_.files += came
        now = time.monotonic()
        if page.keep or came or page.derived or run_.writer.held >= 1_000 or now - run_.flushed > FLUSH_SECONDS:
            _flush(run_, page)
        if page.cursor is not None and now - run_.began > RUN_SECONDS:
            _flush(run_, None)
            _hand_on(row)
            return
    _finish(run_)


def _search(row: Collection, vault: Vault, connector: Connector) -> Search:
    assert row.system_version is not None  # noqa: S101 - checked by the caller
    secrets = {
        secret.name: keys.open_secret(row.system, secret.name, secret.enc)
        for secret in SystemSecret.objects.filter(system=row.system)
    }
    connector.check(row.system_version.settings, secrets)
    kinds = gathering.search_kinds(connector, row.system, row.system_version)
    prefetch_related_objects([row.case], "parties__identifiers")
    party = people.subject_of(row.case)
    identifiers = tuple(
        Identifier(IdentifierKind(identifier.kind), value)
        for identifier in party.identifiers.all()
        if identifier.usable and identifier.kind in kinds and (value := people.value_of(vault, identifier))
    )
    row.searched_by = sorted({identifier.kind.value for identifier in identifiers})
    chosen = None
    if row.runs > 1 and row.candidates.filter(chosen__isnull=False).exists():
        chosen = tuple(
            vault.unseal(GATHERED, item.enc, "candidate", row.pk, item.n)["key"]
            for item in row.candidates.filter(chosen=True)
        )
    return Search(
        settings=row.system_version.settings,
        secrets=secrets,
        identifiers=identifiers,
        pace=partial(rooms.reserve, row.system_id),
        person_name=people.name_of(row.case, vault),
        now=timezone.now(),
        cursor=vault.unseal(GATHERED, row.cursor_enc, "cursor", row.pk),
        chosen=chosen,
        heartbeat=_Heartbeat(row),
    )


class _Heartbeat:
    """Renews the lease, at most once a second, and raises when the row was taken over.

    Connectors call it before every request, so that one request's time-outs (``Limits``) must fit into the lease.
    """

    def __init__(self, row: Collection) -> None:
        self._row = row
        self._next = time.monotonic() + 1.0

    def __call__(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 1.0
        _write(self._row)


def _write(row: Collection, **changes: Any) -> None:
    """Change a row that this run still holds; raises ``TakenOver`` when it does not."""
    held = Collection.objects.filter(pk=row.pk, token=row.token, state=CollectionState.RUNNING.value, current=True)
    told = {"lease_until": timezone.now() + lease(), "searched_by": row.searched_by}
    if not held.update(**{**told, **changes}):
        raise TakenOver
    for name, value in changes.items():
        if not hasattr(value, "resolve_expression"):
            setattr(row, name, value)


def _flush(run_: _Run, page: Page | None) -> None:
    """Write what is held, the cursor behind it, and identifiers the page gave, in one transaction: all of it or nothing."""
    row, writer = run_.row, run_.writer
    batches = writer.take()
    cursor = run_.vault.seal(GATHERED, run_.cursor, "cursor", row.pk) if run_.cursor is not None else row.cursor_enc
    with unit(WORKER) as work:
        if page is not None and page.derived:
            lock(row.case)  # two systems may give the same identifier at the same moment
        _write(
            row,
            cursor_enc=cursor,
            next_seq=writer.next_seq,
            records=F("records") + sum(batch.n for batch in batches),
            pages=F("pages") + run_.pages,
            attempts=0,
            fault="",
            fault_params={},
            searched_from=run_.window[0],
            searched_to=run_.window[1],
        )
        for batch in batches:
            batch.save(force_insert=True)
        page_files.keep(row.case, run_.vault, run_.files)
        if page is not None:
            _derive(work, row.case, row, run_.vault, page)
    row.records += sum(batch.n for batch in batches)
    run_.pages, run_.files = 0, []
    run_.flushed = time.monotonic()


def _derive(work: Unit, case: Case, row: Collection, vault: Vault, page: Page) -> None:
    party = people.subject_of(case)
    known = not identity.by_mailbox_alone(
        case
    )  # else what a system gives waits, so that an address opens nothing but its own
    for derived in page.derived:
        try:
            value = normalise(derived.kind, derived.value)
        except InvalidIdentifier:
            continue
        people.add_identifier(
            work,
            case,
            party,
            vault,
            kind=derived.kind,
            value=value,
            source=row.system.key,
            strong=derived.strong and known,
        )


def _hand_on(row: Collection) -> None:
    """End this run at a kept page and let a new task go on from the cursor."""
    with unit(WORKER):
        _write(row, state=CollectionState.PENDING.value, token=None, lease_until=None, not_before=timezone.now())
        queue.collect([row.pk])


def _leave_to_a_person(row: Collection) -> None:
    """The system was switched off before its turn came: what was kept stays, and is searched again when it is on."""
    with unit(WORKER):
        _write(
            row,
            state=CollectionState.WAITING.value,
            outcome=CollectionOutcome.MANUAL.value,
            token=None,
            lease_until=None,
        )


def _wait_for_choice(run_: _Run, page: Page) -> None:
    row = run_.row
    with unit(WORKER) as work:
        case = lock(row.case)
        _write(
            row,
            state=CollectionState.WAITING.value,
            outcome=CollectionOutcome.SEVERAL.value,
            token=None,
            lease_until=None,
        )
        row.candidates.all().delete()
        Candidate.objects.bulk_create(
            Candidate(
                collection=row,
                n=number,
                enc=run_.vault.seal(
                    GATHERED, {"key": candidate.key, "fields": dict(candidate.fields)}, "candidate", row.pk, number
                ),
            )
            for number, candidate in enumerate(page.candidates, 1)
        )
        _ended(work, case, row)


def _finish(run_: _Run) -> None:
    """Write the rest and end the row, with the case locked first, so that of two last ones one sees the other's end."""
    row, writer = run_.row, run_.writer
    batches = writer.take()
    with unit(WORKER) as work:
        case = lock(row.case)
        kept = bool(batches) or (row.next_seq > 0 and row.batches.exists())
        partial = run_.window != (None, None)
        outcome = (
            CollectionOutcome.PARTIAL if partial else CollectionOutcome.FOUND if kept else CollectionOutcome.NOTHING
        )
        _write(
            row,
            state=CollectionState.DONE.value,
            outcome=outcome.value,
            lease_until=None,
            next_seq=writer.next_seq,
            records=F("records") + sum(batch.n for batch in batches),
            pages=F("pages") + run_.pages,
            cursor_enc=None,
            attempts=0,
            fault="",
            fault_params={},
            searched_from=run_.window[0],
            searched_to=run_.window[1],
            ended_at=timezone.now(),
        )
        for batch in batches:
            batch.save(force_insert=True)
        row.records += sum(batch.n for batch in batches)
        _ended(work, case, row)
        gathering.settle(work, case)


def _ended(work: Unit, case: Case, row: Collection) -> None:
    work.event(
        "collection.ended",
        case,
        system=row.system.key,
        round=row.round,
        outcome=row.outcome,
        records=row.records,
        attempts=row.attempts,
    )


def _tell(work: Unit, case: Case, row: Collection, fault: Fault) -> None:
    """The handler learns that a system needs a person; administrators, once a day, that it does not let us in."""
    system, run_ = row.system.key, f"{row.pk}:{row.runs}"
    notices.tell(work, "system_failed", subject=run_, users=audience.handlers(case), case=case, system=system)
    if fault in CREDENTIALS:
        once_a_day = f"{system}:{timezone.localdate()}"
        notices.tell(work, "credentials_refused", subject=once_a_day, users=audience.administrators(), system=system)


def backoff(attempts: int) -> float:
    """Seconds to wait after so many failed attempts in a row: 2, 8, 32, 128, with a tenth of jitter."""
    return float(min(600, 2 * 4 ** max(0, attempts - 1))) * random.uniform(1.0, 1.1)  # noqa: S311 - spreads load, guards nothing


def _fail(row: Collection, error: ConnectorError) -> None:
    """Note a fault: try again later while that can help, else ask a person."""
    now = timezone.now()
    waits = error.fault is Fault.NOT_READY  # as agreed: no failed attempt
    attempts = row.attempts + (not waits)
    again = error.transient and attempts < MAX_ATTEMPTS and not (error.fault is Fault.CHANGED and row.runs > MAX_RUNS)
    wait = max(error.retry_after or 0.0, 0.0 if waits else backoff(attempts))
    retry_at = now + timedelta(seconds=wait) if again else None
    changes: dict[str, Any] = {
        "attempts": attempts,
        "fault": error.fault.value,
        "fault_params": dict(error.params),
        "token": None,
        "lease_until": None,
        "queued_at": None,
    }
    if again:
        changes |= {"state": CollectionState.PENDING.value, "not_before": retry_at}
    else:
        changes |= {"state": CollectionState.FAILED.value, "outcome": CollectionOutcome.FAILED.value, "ended_at": now}
    try:
        with unit(WORKER) as work:
            case = lock(row.case)
            _write(row, **changes)
            if error.fault is Fault.CHANGED:
                drop(row)
            work.event(
                "collection.faulted",
                case,
                system=row.system.key,
                round=row.round,
                fault=error.fault.value,
                attempts=attempts,
                retry_at=retry_at,
            )
            if not again:
                _tell(work, case, row, error.fault)
    except TakenOver:
        logger.info("collection %s was taken over", row.pk)
