"""Gathering: claim rows, take the systems' pages, write them in sealed batches, end them. Any process may die at any point.

The systems of a case that one task asks are read side by side, each in a thread, and written over the one connection of the
task (``desk``); those that end about the same time are written together.
"""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import Error as DatabaseFault
from django.db.models import F, prefetch_related_objects
from django.utils import timezone

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.domain.identifiers import InvalidIdentifier, normalise
from requests_app.domain.states import CollectionOutcome, CollectionState
from requests_app.models import Batch, Candidate, Collection, SystemSecret
from requests_app.services import (
    audience,
    claims,
    desk,
    gathering,
    identity,
    keys,
    notices,
    page_files,
    people,
    queue,
    rooms,
    searching,
)
from requests_app.services.audit import WORKER, Unit, unit
from requests_app.services.batches import BatchWriter, drop
from requests_app.services.claims import TakenOver, hold
from requests_app.services.keys import GATHERED, KeyDestroyed, Vault
from requests_app.services.moves import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from requests_app.connectors.base import Connector, Page, Search
    from requests_app.models import Case
    from requests_app.services.desk import Ask

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


def claim(pk: int) -> Collection | None:
    """Take one row; None when it is not to be had."""
    return next(iter(_claim((pk,))), None)


def _claim(pks: Sequence[int]) -> list[Collection]:
    """Take rows; one that has ended too many workers is left to a person."""
    taken = claims.take(pks)
    for row in taken:
        if row.attempts >= MAX_ATTEMPTS:
            _fail(row, ConnectorError(Fault.UNEXPECTED))
    return [row for row in taken if row.attempts < MAX_ATTEMPTS]


def run(*pks: int) -> None:
    """Gather from systems, side by side, as far as one run goes. A row that is gone, ended or held by another is left."""
    rows = _claim(pks)
    runs: list[_Run] = []
    try:
        runs = _begin(rows)
    except DatabaseFault as error:
        _leave(error, *rows)
    finally:
        begun = {run_.row.pk for run_ in runs}
        for row in rows:
            if row.pk not in begun:
                rooms.hand_on(row.system)
    if len(runs) == 1:
        try:
            if _read(runs[0], desk.alone):
                _write(runs)
        finally:
            rooms.hand_on(runs[0].row.system)
    elif runs:
        desk.side_by_side(runs, _read_beside, _write)


def _leave(error: DatabaseFault, *rows: Collection) -> None:
    """The database restarts, is locked or broke a deadlock: no fault of the systems'. The leases run out, the rows are taken up."""
    pks = ", ".join(str(row.pk) for row in rows)
    logger.warning("collection %s: %s, left to be taken up again", pks, type(error).__name__)


@dataclass(slots=True)
class _Run:
    """What one run holds in hand."""

    row: Collection
    vault: Vault
    connector: Connector
    search: Search
    writer: BatchWriter
    began: float
    flushed: float
    pages: int = 0
    cursor: Any = None
    window: tuple[Any, Any] = (None, None)
    files: list[page_files.Came] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    """Sealed, and not written yet."""

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


def _begin(rows: list[Collection]) -> list[_Run]:
    """What is known of each row's case and system, read for all of them at once. A row that cannot be gathered is ended, and left out."""
    cases = {row.case_id: row.case for row in rows}
    prefetch_related_objects(list(cases.values()), "parties__identifiers")
    vaults = keys.vaults(cases.values())
    sealed = defaultdict(list)
    for secret in SystemSecret.objects.filter(system__in={row.system_id for row in rows}):
        sealed[secret.system_id].append(secret)
    runs = []
    for row in rows:
        row.case = cases[row.case_id]
        begun = _guarded(row, desk.alone, partial(_begun, row, vaults[row.case_id], sealed[row.system_id]))
        if begun is not None:
            runs.append(begun)
    return runs


def _begun(row: Collection, vault: Vault, sealed: list[SystemSecret]) -> _Run | None:
    if row.system.off_at is not None:
        _leave_to_a_person(row)
        return None
    connector = gathering.connector_of(row.system_version)
    if connector is None or row.system_version is None:
        raise ConnectorError(Fault.MISCONFIGURED, setting="connector")
    now = time.monotonic()
    return _Run(
        row,
        vault,
        connector,
        _search(row, vault, connector, sealed),
        BatchWriter(row, vault),
        now,
        now,
        window=(row.searched_from, row.searched_to),
    )


def _guarded(row: Collection, ask: Ask, call: Callable[[], Any]) -> Any:
    """What the call gives; None after a fault, which ends on the row or leaves it to be taken up again."""
    try:
        return call()
    except TakenOver:
        logger.info("collection %s was taken over", row.pk)
    except KeyDestroyed:
        logger.info("collection %s: the case's data is erased", row.pk)
    except page_files.Unchecked:
        logger.warning("collection %s: files cannot be checked for malware, left to be taken up again", row.pk)
    except DatabaseFault as error:
        _leave(error, row)
    except ConnectorError as error:
        fault = error
        ask(lambda: _fail(row, fault))
    except Exception as error:  # noqa: BLE001 - a connector's bug must end on the row, in words, not in a dead task
        logger.error("collection %s: %s in connector", row.pk, type(error).__name__)
        ask(lambda: _fail(row, ConnectorError(Fault.UNEXPECTED)))
    return None


def _read_beside(run_: _Run, ask: Ask) -> bool:
    """The same as ``_read`` beside others: what waits for room in the system is not kept until they all have ended."""
    whole = False
    try:
        whole = _read(run_, ask)
    finally:
        if not whole and run_.row.system.at_once:
            ask(lambda: rooms.hand_on(run_.row.system))
    return whole


def _read(run_: _Run, ask: Ask) -> bool:
    """Take a system's pages; whether that was all of it, and ``_write`` is to end the row."""
    return bool(_guarded(run_.row, ask, lambda: _gather(run_, ask)))


def _gather(run_: _Run, ask: Ask) -> bool:
    heartbeat = claims.Heartbeat(run_.row, ask)
    pace = partial(rooms.reserve, run_.row.system_id)
    search = replace(run_.search, heartbeat=heartbeat, pace=lambda *limit: ask(lambda: pace(*limit)))
    for page in run_.connector.collect(search):
        if page.candidates:
            ask(partial(_wait_for_choice, run_, page))
            return False
        page, came = page_files.admit(run_.row.case, page, heartbeat)
        run_.see(page)
        run_.files += came
        now = time.monotonic()
        if page.keep or came or page.derived or run_.writer.held >= 1_000 or now - run_.flushed > FLUSH_SECONDS:
            ask(partial(_flush, run_, page))
        if page.cursor is not None and now - run_.began > RUN_SECONDS:
            ask(partial(_flush, run_, None))
            ask(partial(_hand_on, run_.row))
            return False
    run_.batches = run_.writer.take()
    return True


def _write(runs: list[_Run]) -> None:
    """End what was read to its end, in one transaction for a case. Where that fails each is ended by itself."""
    for case in dict.fromkeys(run_.row.case_id for run_ in runs):
        together = [run_ for run_ in runs if run_.row.case_id == case]
        try:
            if len(together) > 1:
                _finish(together)
                together = []
        except Exception as error:  # noqa: BLE001 - one of them must not stand in the way of the others
            logger.warning("case %s: %s, its systems are ended one by one", case, type(error).__name__)
        for run_ in together:
            _guarded(run_.row, desk.alone, partial(_finish, [run_]))
    for system in {run_.row.system for run_ in runs if run_.row.system.at_once}:
        rooms.hand_on(system)


def _search(row: Collection, vault: Vault, connector: Connector, sealed: list[SystemSecret]) -> Search:
    """What the connector is given, but for the ways back to us. The case's parties must have been fetched."""
    assert row.system_version is not None  # noqa: S101 - checked by the caller
    chosen = searching.chosen(row, vault) if row.runs > 1 else None
    made = searching.search_of(row.case, vault, row.system, row.system_version, connector, sealed, chosen=chosen)
    row.searched_by = sorted({identifier.kind.value for identifier in made.identifiers})
    return replace(made, cursor=vault.unseal(GATHERED, row.cursor_enc, "cursor", row.pk))


def _flush(run_: _Run, page: Page | None) -> None:
    """Write what is held, the cursor behind it, and identifiers the page gave, in one transaction: all of it or nothing."""
    row, writer = run_.row, run_.writer
    batches = writer.take()
    cursor = run_.vault.seal(GATHERED, run_.cursor, "cursor", row.pk) if run_.cursor is not None else row.cursor_enc
    with unit(WORKER) as work:
        if page is not None and page.derived:
            lock(row.case)  # two systems may give the same identifier at the same moment
        hold(
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
        hold(row, state=CollectionState.PENDING.value, token=None, lease_until=None, not_before=timezone.now())
        queue.collect([row.pk])


def _leave_to_a_person(row: Collection) -> None:
    """The system was switched off before its turn came: what was kept stays, and is searched again when it is on."""
    with unit(WORKER):
        hold(
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
        hold(
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
        _ended(work, case, row, row.records)


def _finish(runs: list[_Run]) -> None:
    """Write the rest and end the rows of a case, with the case locked first, so that of two last ones one sees the other's end."""
    with unit(WORKER) as work:
        case = lock(runs[0].row.case)
        ended = [run_ for run_ in runs if _end(run_, alone=len(runs) == 1)]
        for run_ in ended:
            for batch in run_.batches:
                batch.pk = None  # where it was written before and that was rolled back
        Batch.objects.bulk_create(batch for run_ in ended for batch in run_.batches)
        for run_ in ended:
            _ended(work, case, run_.row, run_.row.records + _held(run_))
        if ended:
            gathering.settle(work, case)


def _held(run_: _Run) -> int:
    return sum(batch.n for batch in run_.batches)


def _end(run_: _Run, *, alone: bool) -> bool:
    """End a row; of several one that was taken over is left out, and alone it raises ``TakenOver``."""
    row = run_.row
    kept = bool(run_.batches) or (row.next_seq > 0 and row.batches.exists())
    cut = run_.window != (None, None)
    outcome = CollectionOutcome.PARTIAL if cut else CollectionOutcome.FOUND if kept else CollectionOutcome.NOTHING
    try:
        hold(
            row,
            state=CollectionState.DONE.value,
            outcome=outcome.value,
            lease_until=None,
            next_seq=run_.writer.next_seq,
            records=F("records") + _held(run_),
            pages=F("pages") + run_.pages,
            cursor_enc=None,
            attempts=0,
            fault="",
            fault_params={},
            searched_from=run_.window[0],
            searched_to=run_.window[1],
            ended_at=timezone.now(),
        )
    except TakenOver:
        if alone:
            raise
        logger.info("collection %s was taken over", row.pk)
        return False
    return True


def _ended(work: Unit, case: Case, row: Collection, records: int) -> None:
    work.event(
        "collection.ended",
        case,
        system=row.system.key,
        round=row.round,
        outcome=row.outcome,
        records=records,
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
            hold(row, **changes)
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
