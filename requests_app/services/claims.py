"""Who works on a gathering: rows are claimed, held by a lease while somebody gives signs of life, and lost when nobody does."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from requests_app.domain.states import CollectionState
from requests_app.models import Collection
from requests_app.services import rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PENDING, RUNNING = CollectionState.PENDING.value, CollectionState.RUNNING.value


class TakenOver(Exception):
    """The lease ran out and somebody else has the row, or it was ended: this run must write nothing more."""


def lease() -> timedelta:
    """How long a claim holds without a sign of life."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def take(pks: Iterable[int]) -> list[Collection]:
    """Take those of the rows that are due, or whose worker is silent, and whose system has room for another; every take counts a run.

    Decided by one conditional update for all of them; of a system with a limit while no other row of it can be taken.
    """
    rows = list(Collection.objects.select_related("case", "system", "system_version").filter(pk__in=pks, current=True))
    taken = _taken([row for row in rows if row.system.at_once is None])
    for row in rows:
        if row.system.at_once is None:
            continue
        with transaction.atomic():
            if rooms.room(row.system_id, but=row.pk):
                taken += _taken([row])
            else:
                rooms.wait(row.pk)
    return taken


def _taken(rows: Sequence[Collection]) -> list[Collection]:
    """Those of the rows that are due and that nobody has taken since they were read."""
    lost = [row for row in rows if row.state == RUNNING]
    return _claimed([row for row in rows if row.state == PENDING], 0) + _claimed(lost, 1)


def _claimed(rows: list[Collection], failed: int) -> list[Collection]:
    """The same for rows that all wait, or that all were left by a worker, which counts as a failed attempt."""
    if not rows:
        return []
    now, token = timezone.now(), uuid.uuid4()
    due = Q(state=PENDING, not_before__lte=now) | Q(state=RUNNING, lease_until__lt=now)
    unchanged = reduce(or_, (Q(pk=row.pk, runs=row.runs, state=row.state, attempts=row.attempts) for row in rows))
    changes = {"state": RUNNING, "token": token, "lease_until": now + lease(), "waits_for_room": False}
    count = Collection.objects.filter(due, unchanged, current=True).update(
        started_at=Coalesce("started_at", Value(now)), runs=F("runs") + 1, attempts=F("attempts") + failed, **changes
    )
    if count < len(rows):
        ours = set(Collection.objects.filter(token=token).values_list("pk", flat=True)) if count else set()
        rows = [row for row in rows if row.pk in ours]
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
        row.started_at = row.started_at or now
        row.runs += 1
        row.attempts += failed
    return rows


def hold(row: Collection, **changes: Any) -> None:
    """Renew the lease of a row that this run still holds, and change it; raises ``TakenOver`` when it does not hold it."""
    held = Collection.objects.filter(pk=row.pk, token=row.token, state=RUNNING, current=True)
    told = {"lease_until": timezone.now() + lease(), "searched_by": row.searched_by}
    if not held.update(**{**told, **changes}):
        raise TakenOver
    for name, value in changes.items():
        if not hasattr(value, "resolve_expression"):
            setattr(row, name, value)


class Heartbeat:
    """Renews the lease, at most once a second, and raises when the row was taken over.

    Connectors call it before every request, so that one request's time-outs (``Limits``) must fit into the lease. ``ask`` does
    what it is given where the database may be spoken with.
    """

    def __init__(self, row: Collection, ask: Callable[[Callable[[], Any]], Any]) -> None:
        self._row = row
        self._ask = ask
        self._next = time.monotonic() + 1.0

    def __call__(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 1.0
        self._ask(lambda: hold(self._row))
