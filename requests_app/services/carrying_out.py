"""Changes that systems can be told: handed over once a decision is in force, told, and read back until nothing is left.

A row is the queue (``Action.work``): claimed by a conditional update with a token and a lease, sent again by the sweeper. Before a
system is told the case is locked and looked at once more, and ``sent_at`` set: from then on the decision cannot be taken back.
A worker that dies after the system has answered tells it again, which is one effect. Lock order: case, action, head of the log.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error as DatabaseFault, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, StopStatus, shape
from requests_app.domain.channels import TaskState
from requests_app.domain.rights import Outcome
from requests_app.models import Action, Case, Collection, System, SystemSecret, SystemVersion
from requests_app.services import actions, audience, gathering, notices, queue, rooms, searching
from requests_app.services.audit import WORKER, Actor, Unit, unit
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.connectors.base import Connector, Evidence, Search
    from requests_app.models import User

logger = logging.getLogger(__name__)

ERASE = "erase"
BY_WORKER = frozenset({ERASE})
"""The verbs that a worker carries out where a connector can."""
MAX_ATTEMPTS = 12
"""With the waits of ``backoff`` about a day: of faults in a row, and of looks that still found something."""
BY_HAND = "by_hand"
"""The status of what a person has done and a worker only reads back."""
LOOKS = 4
"""How often is looked for what a person has reported as erased: within minutes. Who reports it has seen it gone."""
STILL_THERE = "still_there"
"""In the place of a fault: the system said yes, and the data are there all the same."""
NO_IDENTIFIER = "no_identifier"
ACCESS_FIRST = timedelta(minutes=10)
"""How long until it is seen again whether the access answer has left."""
PENDING, RUNNING, FAILED = TaskState.PENDING.value, TaskState.RUNNING.value, TaskState.FAILED.value


class _TakenOver(Exception):
    """The lease ran out and somebody else has the row, or it is gone: this run must write nothing more."""


def lease() -> timedelta:
    """How long a claim holds without a sign of life."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 s, then four times as long each time, at most four hours, with a tenth of jitter."""
    seconds = min(4 * 3600, 5 * 4 ** min(max(0, attempts - 1), 10))
    return timedelta(seconds=seconds * random.uniform(1.0, 1.1))  # noqa: S311 - spreads load, guards nothing


def can_be_told(version: SystemVersion | None, verb: str) -> bool:
    """Whether a connector can do it in the system as it is set up, and see afterwards that it was done."""
    if version is None or verb not in BY_WORKER:
        return False
    connector = registry.changer(version.connector, version.settings, verb)
    # a system that answers in writing cannot be read back: each look would file another question
    return connector is not None and not shape(connector, version.settings).files_requests  # type: ignore[arg-type]


def can_be_read_back(version: SystemVersion | None) -> bool:
    """Whether a program can see in the system what is left of a person."""
    connector = gathering.connector_of(version)
    if version is None or connector is None or not connector.automatic:
        return False
    return not shape(connector, version.settings).files_requests


def read_back(action: Action, *, by: User, note: bytes) -> bool:
    """Let a worker see whether what somebody reports as erased is gone, before it counts as done; False where no program can.

    So too the second time, when a worker has looked and it was there still: then the person's word counts. The case must be locked.
    """
    if action.verb != ERASE or action.work == FAILED or action.system.off_at is not None:
        return False
    if not can_be_read_back(gathering.newest_version(action.system)):
        return False
    now = timezone.now()
    Action.objects.filter(pk=action.pk, state=Action.ASKED).update(
        by=by, note_enc=note, sent_at=now, told_at=now, evidence={"status": BY_HAND}
    )
    _queue([action.pk])
    return True


def told_by_themselves(verb: str, outcome: str, systems: Iterable[System]) -> list[System]:
    """Those of the systems in which a worker carries it out once ``outcome`` is decided.

    Where something is kept, only systems that serve nothing but marketing: in any other a person must leave what is kept.
    """
    chosen = [system for system in systems if system.off_at is None]
    newest = gathering.newest_versions(chosen)
    able = [system for system in chosen if can_be_told(newest.get(system.pk), verb)]
    return able if outcome == Outcome.GRANTED.value else [one for one in able if actions.only_marketing([one])]


def hand_over(work: Unit, case: Case, right: str, outcome: str) -> None:
    """Let workers carry out what a decision that is in force now asks for, where they can. The case must be locked."""
    verb = actions.VERBS.get(right, "")
    if verb not in BY_WORKER or outcome not in {Outcome.GRANTED.value, Outcome.PARTLY_GRANTED.value}:
        return
    rows = list(Action.objects.filter(case=case, verb=verb, state=Action.ASKED, work="").select_related("system"))
    able = {system.pk for system in told_by_themselves(verb, outcome, [row.system for row in rows])}
    handed = [row for row in rows if row.system_id in able]
    for row in handed:
        work.event("action.handed", case, system=row.system.key, verb=verb)
    _queue([row.pk for row in handed])


def _queue(pks: list[int]) -> None:
    Action.objects.filter(pk__in=pks).update(
        work=PENDING, not_before=timezone.now(), attempts=0, fault="", fault_params={}, token=None, lease_until=None
    )
    queue.change(pks)


def retry(*, actor: Actor, case: Case, action: Action) -> None:
    """Let a worker try again what failed: to tell the system once more, or to look once more for what a person has erased.

    Raises ``Conflict`` when it has not failed, or no program can do it any more.
    """
    with unit(actor) as work:
        case = lock(case)
        failed = Action.objects.select_related("system").filter(
            pk=action.pk, case=case, work=FAILED, state=Action.ASKED
        )
        row = failed.first()
        if row is None:
            raise Conflict
        version = gathering.newest_version(row.system)
        if not (can_be_read_back(version) if _by_hand(row) else can_be_told(version, row.verb)):
            raise Conflict
        work.event("action.handed", case, system=row.system.key, verb=row.verb)
        if row.fault == STILL_THERE and not _by_hand(row):
            Action.objects.filter(pk=row.pk).update(told_at=None)  # it said yes and did nothing
        _queue([row.pk])


def send_due() -> int:
    """Send what is due or was left by a dead worker; gives how many."""
    now = timezone.now()
    resend = now - timedelta(seconds=max(settings.LEASE_SECONDS, settings.SWEEP_SECONDS))
    waits_in_queue = Q(queued_at__gte=resend)
    lost = Q(work=RUNNING, lease_until__lt=now) & (Q(queued_at__lt=F("lease_until")) | ~waits_in_queue)
    due = Q(work=PENDING, not_before__lte=now) & ~waits_in_queue
    with transaction.atomic():
        pks = list(Action.objects.filter(due | lost).order_by("not_before", "pk").values_list("pk", flat=True)[:500])
        queue.change(pks)
    return len(pks)


def claim(pk: int) -> Action | None:
    """Take a change that is due, or whose worker is silent; None when it is not to be had."""
    now, token = timezone.now(), uuid.uuid4()
    lapsed = Q(work=RUNNING, lease_until__lt=now)
    Action.objects.filter(lapsed, pk=pk).update(attempts=F("attempts") + 1)
    due = Q(work=PENDING, not_before__lte=now) | lapsed
    if not Action.objects.filter(due, pk=pk, state=Action.ASKED).update(
        work=RUNNING, token=token, lease_until=now + lease()
    ):
        return None
    row = Action.objects.select_related("case", "system").get(pk=pk)
    return row if row.token == token else None


def run(pk: int) -> None:
    """Carry out one change as far as it goes now. Does nothing when the row is gone, done, or held by another."""
    row = claim(pk)
    if row is None:
        return
    try:
        if row.attempts >= MAX_ATTEMPTS:  # each time its worker died
            raise ConnectorError(Fault.UNEXPECTED)
        _go_on(row)
    except _TakenOver:
        logger.info("action %s was taken over", pk)
    except DatabaseFault as error:
        # the database restarts or is locked: no fault of the system's. The lease runs out, and the row is taken up
        logger.warning("action %s: %s, left to be taken up again", pk, type(error).__name__)
    except ConnectorError as error:
        _fail(row, error)
    except Exception as error:  # noqa: BLE001 - a connector's bug must end on the row; its message may hold anything
        logger.error("action %s: %s in connector", pk, type(error).__name__)
        _fail(row, ConnectorError(Fault.UNEXPECTED))


def _go_on(row: Action) -> None:
    version = gathering.newest_version(row.system)
    connector = gathering.connector_of(version)
    able = can_be_told(version, row.verb) if row.told_at is None else can_be_read_back(version)
    if version is None or connector is None or not able:
        raise ConnectorError(Fault.MISCONFIGURED, setting="connector")
    telling, sent_before = row.told_at is None, row.sent_at is not None
    if telling and not _may_be_sent(row):
        return
    vault = Vault(row.case)
    search = searching.search_of(
        row.case,
        vault,
        row.system,
        version,
        connector,
        SystemSecret.objects.filter(system=row.system),
        chosen=_chosen(row, vault),
    )
    search = replace(search, heartbeat=_Heartbeat(row), pace=partial(rooms.reserve, row.system_id))
    if not search.identifiers:
        if telling:
            _give_up(row, NO_IDENTIFIER)
        else:
            _done(row, vault)  # what cannot be searched cannot be read back
        return
    if telling:
        evidence = registry.changer(version.connector, version.settings, row.verb).change(search, row.verb, {})  # type: ignore[union-attr]
        _note_told(row, evidence, sent_before=sent_before)
    left = _left(connector, search)
    if left:
        _look_again(row)
    else:
        _done(row, vault)


def _chosen(row: Action, vault: Vault) -> tuple[str, ...] | None:
    """Whom somebody said is the person when the system was gathered from."""
    gathered = Collection.objects.filter(case=row.case, system=row.system, current=True).first()
    return searching.chosen(gathered, vault) if gathered else None


def _may_be_sent(row: Action) -> bool:
    """Look once more, with the case locked, whether it is in force and nothing must leave first; then nobody can take it back."""
    with unit(WORKER):
        case = lock(row.case)
        outcome = actions.outcome_behind(case, row.verb)
        wanted = case.closed_at is None and outcome in actions.LETTER_OUTCOMES
        if not wanted or row.system not in told_by_themselves(row.verb, outcome, [row.system]):
            if row.sent_at is not None:  # it may have been told by a worker that died, and nobody wants it any more
                raise ConnectorError(Fault.UNEXPECTED)
            _hold(row, work="", token=None, lease_until=None)  # a person sees to it
            return False
        if actions.access_first(case) is not None:
            _hold(
                row,
                work=PENDING,
                token=None,
                lease_until=None,
                queued_at=None,
                not_before=timezone.now() + ACCESS_FIRST,
            )
            return False
        _hold(row, sent_at=row.sent_at or timezone.now())
        return True


def _hold(row: Action, **changes: Any) -> None:
    """Change a row that this run still holds, and keep hold of it; raises ``_TakenOver`` when it does not."""
    held = Action.objects.filter(pk=row.pk, token=row.token, work=RUNNING, state=Action.ASKED)
    if not held.update(**{"lease_until": timezone.now() + lease(), **changes}):
        raise _TakenOver
    for name, value in changes.items():
        setattr(row, name, value)


class _Heartbeat:
    """Renews the lease, at most once a second, and raises when the row was taken over."""

    def __init__(self, row: Action) -> None:
        self._row = row
        self._next = time.monotonic() + 1.0

    def __call__(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 1.0
        _hold(self._row)


def _note_told(row: Action, evidence: Evidence, *, sent_before: bool) -> None:
    """Keep what the system answered. ``sent_before``: an earlier run may have told it, and died before it could note the answer."""
    unknown = evidence.status is StopStatus.UNKNOWN and not sent_before  # else we may be why nobody is known there
    said = {
        "status": evidence.status.value,
        "items": [dict(item) for item in evidence.items],
        "requests": evidence.requests,
    } | ({"nothing_there": True} if unknown else {})
    with unit(WORKER) as work:
        case = lock(row.case)
        _hold(row, told_at=timezone.now(), evidence=said, attempts=0, fault="", fault_params={})
        work.event("action.told", case, system=row.system.key, verb=row.verb, status=evidence.status.value)


def _left(connector: Connector, search: Search) -> bool:
    """Whether the system still gives something of the person. Nothing of it is kept."""
    for page in connector.collect(search):
        if page.candidates:
            raise ConnectorError(Fault.SEVERAL)
        if page.records or page.files:
            return True
    return False


def _look_again(row: Action) -> None:
    """It said yes, and the data are there: some take their time. After a day somebody must ask them."""
    attempts = row.attempts + 1
    if attempts >= (LOOKS if _by_hand(row) else MAX_ATTEMPTS):
        _give_up(row, STILL_THERE)
        return
    _hold(
        row,
        work=PENDING,
        token=None,
        lease_until=None,
        queued_at=None,
        attempts=attempts,
        not_before=timezone.now() + backoff(attempts),
    )


def _by_hand(row: Action) -> bool:
    return bool(row.evidence.get("status") == BY_HAND)


def _done(row: Action, vault: Vault) -> None:
    unknown = row.evidence.get("nothing_there", False)
    with unit(WORKER) as work:
        case = lock(row.case)
        result = "nothing_found" if unknown else "done"
        with translation.override(case.language):
            what = _("Everything that %(system)s held about you") % {"system": row.system}
        note = {name: "" for name in actions.FIELDS[row.verb]} | ({} if unknown else {"what": what})
        if _by_hand(row):
            note = actions.note_of(vault, row)
        _hold(
            row,
            state=Action.DONE,
            work=TaskState.DONE.value,
            result=result,
            note_enc=vault.seal(DOSSIER, note, "action", row.system.key, row.verb),
            token=None,
            lease_until=None,
            fault="",
            fault_params={},
            done_at=timezone.now(),
        )
        work.event("action.done", case, system=row.system.key, verb=row.verb, result=result, note=note)
        if result == "done":
            actions.erased(case, row.system)
        actions.tell_when_done(work, case, row.verb)


def _fail(row: Action, error: ConnectorError) -> None:
    """Note a fault: try again later while that can help, else leave it to a person."""
    attempts = row.attempts + 1
    if not error.transient or attempts >= MAX_ATTEMPTS:
        _give_up(row, error.fault.value, dict(error.params))
        return
    wait = max(timedelta(seconds=error.retry_after or 0.0), backoff(attempts))
    try:
        _hold(
            row,
            work=PENDING,
            attempts=attempts,
            fault=error.fault.value,
            fault_params=dict(error.params),
            token=None,
            lease_until=None,
            queued_at=None,
            not_before=timezone.now() + wait,
        )
    except _TakenOver:
        logger.info("action %s was taken over", row.pk)


def _give_up(row: Action, fault: str, params: dict[str, Any] | None = None) -> None:
    """Leave it to a person, who is told."""
    try:
        with unit(WORKER) as work:
            case = lock(row.case)
            _hold(
                row, work=FAILED, fault=fault, fault_params=params or {}, token=None, lease_until=None, queued_at=None
            )
            system = row.system.key
            work.event("action.failed", case, system=system, verb=row.verb, fault=fault)
            subject = f"{row.pk}:{timezone.localdate()}"
            notices.tell(
                work, "change_failed", subject=subject, users=audience.handlers(case), case=case, system=system
            )
    except _TakenOver:
        logger.info("action %s was taken over", row.pk)
