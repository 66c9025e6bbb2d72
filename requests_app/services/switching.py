"""Switching a system off while it is mended or moved, and on again. No case loses a system by it: its row waits for a person."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.connectors import registry
from requests_app.domain.states import CollectionOutcome, CollectionState, State
from requests_app.models import Collection, System
from requests_app.services import gathering
from requests_app.services.audit import WORKER, Actor, unit
from requests_app.services.moves import Conflict

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

LONGEST = 200
"""Characters of the reason."""
BATCH = 100


def switch_off(*, actor: Actor, system: System, reason: str) -> None:
    """Ask the system no more. Gatherings that run go on to their end; those that wait their turn wait for a person.

    Raises ``ValidationError`` without a reason, and ``Conflict`` when it is off already.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise ValidationError({"reason": _("Write why. Whoever works a case that waits for the system reads it.")})
    if len(reason) > LONGEST:
        raise ValidationError({"reason": _("The reason may have at most 200 characters.")})
    with unit(actor) as work:
        held = System.objects.filter(pk=system.pk, off_at=None)
        if not held.update(off_at=timezone.now(), off_by=actor.user, off_reason=reason, down_since=None):
            raise Conflict
        waiting = Collection.objects.filter(system=system, current=True, state=CollectionState.PENDING.value)
        waiting.update(state=CollectionState.WAITING.value, outcome=CollectionOutcome.MANUAL.value, queued_at=None)
        work.event("system.switched_off", system=system.key)


def switch_on(*, actor: Actor, system: System) -> int:
    """Ask the system again: the sweeper lets every case that is still gathering and waits for it search it. Gives how many.

    Raises ``Conflict`` when it is on already.
    """
    with unit(actor) as work:
        held = System.objects.filter(pk=system.pk, off_at__isnull=False)
        if not held.update(off_at=None, off_by=None, off_reason="", next_check_at=timezone.now()):
            raise Conflict
        waiting = waiting_since_off().filter(system=system).count()
        work.event("system.switched_on", system=system.key, searched=waiting)
    return waiting


def waiting_since_off() -> QuerySet[Collection]:
    """Rows that were left to a person while their system was off, and whose system a program asks again; the most urgent first."""
    automatic = [connector.key for connector in registry.all_connectors() if connector.automatic]
    rows = Collection.objects.filter(
        current=True,
        state=CollectionState.WAITING.value,
        outcome=CollectionOutcome.MANUAL.value,
        case__state=State.GATHERING.value,
        system__off_at=None,
        system_version__connector__in=automatic,
    )
    return rows.order_by(F("case__due_statutory_on").asc(nulls_last=True), "pk")


def resume() -> int:
    """Let what waited since its system was off be searched, however the switching on ended; gives how many."""
    return sum(_searched(row) for row in waiting_since_off().select_related("case", "system")[:BATCH])


def _searched(row: Collection) -> bool:
    try:
        gathering.search_system(actor=WORKER, case=row.case, system=row.system)
    except (Conflict, ValidationError) as error:  # somebody has gone on with the case meanwhile
        logger.info("collection %s is not searched again: %s", row.pk, type(error).__name__)
        return False
    return True
