"""Carrying out one task in its system: claimed, done through the connector, its end written where the token still holds."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import Error as DatabaseFault
from django.utils import timezone

from requests_app.connectors.base import ConnectorError, Fault, Identifier, Search
from requests_app.crypto.errors import CryptoError
from requests_app.domain.channels import TaskState
from requests_app.domain.identifiers import IdentifierKind, written_forms
from requests_app.models import MarketingTask
from requests_app.services import audience, gathering, notices, register
from requests_app.services.audit import WORKER, Unit, unit
from requests_app.services.marketing import by_hand, filed, tasks

if TYPE_CHECKING:
    from requests_app.connectors.base import Evidence

logger = logging.getLogger(__name__)

CREDENTIALS = frozenset({Fault.AUTH_REFUSED, Fault.FORBIDDEN, Fault.SECRET_MISSING})
"""Faults of the login to a system, which only an administrator can put right."""


class TakenOver(Exception):
    """The lease ran out and somebody else has the row, or a newer choice took its place: this run must write nothing more."""


class _Heartbeat:
    """Renews the lease, at most once a second, and raises when the row was taken over."""

    def __init__(self, row: MarketingTask) -> None:
        self._row = row
        self._next = time.monotonic() + 1.0

    def __call__(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 1.0
        if not _held(self._row, lease_until=timezone.now() + tasks.lease()):
            raise TakenOver


def run(pk: int) -> None:
    """Carry out one task. Does nothing when the row is gone, done, or held by another."""
    row = tasks.claim(pk)
    if row is None:
        return
    if row.attempts >= tasks.MAX_ATTEMPTS:  # each time its worker died
        _fail(row, ConnectorError(Fault.UNEXPECTED))
        return
    try:
        evidence = _stop(row)
    except TakenOver:
        logger.info("marketing task %s was taken over", pk)
    except DatabaseFault as error:
        # the database restarts or is locked: no fault of the system's. The lease runs out, and the row is taken up
        logger.warning("marketing task %s: %s, left to be taken up again", pk, type(error).__name__)
    except ConnectorError as error:
        _fail(row, error)
    except CryptoError as error:
        logger.error("marketing task %s: the address cannot be opened (%s)", pk, type(error).__name__)
        _fail(row, ConnectorError(Fault.UNEXPECTED))
    except Exception as error:  # noqa: BLE001 - a connector's bug must end on the row, not in a dead task; its message may hold anything
        logger.error("marketing task %s: %s in connector", pk, type(error).__name__)
        _fail(row, ConnectorError(Fault.UNEXPECTED))
    else:
        _done(row, evidence)


def _stop(row: MarketingTask) -> Evidence:
    stopper, version = tasks.stopper_of(row.system), gathering.newest_version(row.system)
    if stopper is None or version is None:  # the connector was changed since
        raise ConnectorError(Fault.MISCONFIGURED, setting="connector")
    kind = IdentifierKind.EMAIL if row.choice.email_enc is not None else IdentifierKind.PHONE
    value = by_hand.address_of(row.choice)
    if not value:  # a newer choice has taken its place
        raise TakenOver
    search = Search(
        settings=version.settings,
        secrets=register.secrets_of(row.system),
        identifiers=tuple(Identifier(kind, form) for form in written_forms(kind, value)),
        person_name="",
        now=timezone.now(),
        heartbeat=_Heartbeat(row),
    )
    return stopper.stop_marketing(search)


def _held(row: MarketingTask, **changes: object) -> int:
    """Change a row that this run still holds; 0 when it does not."""
    held = MarketingTask.objects.filter(pk=row.pk, token=row.token, state=TaskState.RUNNING.value)
    return held.update(**changes)


def _done(row: MarketingTask, evidence: Evidence) -> None:
    kept = {
        "status": evidence.status.value,
        "items": [dict(item) for item in evidence.items],
        "requests": evidence.requests,
    }
    with unit(WORKER) as work:
        cases = filed.lock_cases(row.choice)
        choice = tasks.lock_choice(row.choice_id)
        if not _held(row, **tasks.ended(kept)):
            return
        work.event(
            "marketing.done", choice.case, choice=choice.ref, system=row.system.key, status=evidence.status.value
        )
        filed.settle(work, cases, row.system)
        tasks.forget_when_done(choice.pk)
    logger.info("marketing task %s %s: %s", row.pk, row.system.key, evidence.status.value)


def _fail(row: MarketingTask, error: ConnectorError) -> None:
    """Note a fault: try again later while that can help, else leave it to a person."""
    attempts = row.attempts + 1
    again = error.transient and attempts < tasks.MAX_ATTEMPTS
    wait = max(timedelta(seconds=error.retry_after or 0.0), tasks.backoff(attempts))
    logger.warning(
        "marketing task %s %s: %s, %s", row.pk, row.system.key, error.fault.value, "again later" if again else "failed"
    )
    with unit(WORKER) as work:
        choice = tasks.lock_choice(row.choice_id)
        changed = _held(
            row,
            state=TaskState.PENDING.value if again else TaskState.FAILED.value,
            attempts=attempts,
            fault=error.fault.value,
            token=None,
            lease_until=None,
            queued_at=None,
            not_before=timezone.now() + wait,
        )
        if not changed or again:
            return
        work.event("marketing.failed", choice.case, choice=choice.ref, system=row.system.key, fault=error.fault.value)
        _tell(work, row, error.fault)


def _tell(work: Unit, row: MarketingTask, fault: Fault) -> None:
    """A person has to look: told once a day for each system, and again when what had failed before has been dealt with."""
    system, today = row.system.key, timezone.localdate().isoformat()
    failed = MarketingTask.objects.filter(system=row.system, state=TaskState.FAILED.value).exclude(fault=tasks.MANUAL)
    first = failed.order_by("pk").values_list("pk", flat=True).first()
    notices.tell(work, "marketing_failed", subject=f"{first}:{today}", users=tasks.told(), system=system)
    if fault in CREDENTIALS:
        users = audience.administrators()
        notices.tell(work, "credentials_refused", subject=f"{system}:{today}", users=users, system=system)
