"""How many gatherings a system bears at once, and how fast it may be asked, over all workers: vendors set both limits.

A gathering that finds no room waits in its row. Whoever ends one in the same system hands the next ones on, the case that is due
first before the others; the sweeper does it when nobody could.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from requests_app.domain.states import CollectionState
from requests_app.models import Collection, System, SystemPace
from requests_app.services import queue

if TYPE_CHECKING:
    from django.db.models import QuerySet

LOOKED_AT = timedelta(seconds=60)
"""When a row that found no room is looked at again though nobody has handed it on."""


def room(system: int, *, but: int) -> bool:
    """Whether one more gathering of the system may run beside those that do, ``but`` left out.

    To be called in a transaction: until it ends nobody else is told that there is room.
    """
    limit = System.objects.select_for_update(no_key=True).values_list("at_once", flat=True).get(pk=system)
    return limit is None or _running(system).exclude(pk=but).count() < limit


def wait(pk: int) -> None:
    """Let a row wait until it is handed on."""
    now = timezone.now()
    pending = Collection.objects.filter(pk=pk, current=True, state=CollectionState.PENDING.value, not_before__lte=now)
    pending.update(not_before=now + LOOKED_AT, queued_at=None, waits_for_room=True)


def hand_on(system: System) -> None:
    """Hand on as many of the system's waiting gatherings as there is room for. What waits for another reason is left to its time."""
    if not system.at_once:
        return
    free = system.at_once - _running(system.pk).count()
    if free <= 0:
        return
    now = timezone.now()
    waiting = Collection.objects.filter(
        system=system, current=True, state=CollectionState.PENDING.value, waits_for_room=True
    ).order_by(F("case__due_statutory_on").asc(nulls_last=True), "pk")
    pks = list(waiting.values_list("pk", flat=True)[:free])
    if pks:
        with transaction.atomic():
            Collection.objects.filter(pk__in=pks, state=CollectionState.PENDING.value).update(not_before=now)
            queue.collect(pks)


def _running(system: int) -> QuerySet[Collection]:
    return Collection.objects.filter(
        system=system, current=True, state=CollectionState.RUNNING.value, lease_until__gte=timezone.now()
    )


def reserve(system: int, requests: int, seconds: float) -> float:
    """Take the next moment at which the system may be asked; gives the seconds until then.

    Requests are spread evenly, so that in no span of ``seconds`` there are more than ``requests`` over all workers.
    """
    with transaction.atomic():
        now = timezone.now()
        SystemPace.objects.get_or_create(system_id=system, defaults={"free_at": now})
        held = SystemPace.objects.select_for_update().get(pk=system)
        begins = max(held.free_at, now)
        held.free_at = begins + timedelta(seconds=seconds / requests)
        held.save(update_fields=["free_at"])
    return (begins - now).total_seconds()
