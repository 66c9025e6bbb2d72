"""Switching a system off while it is mended or moved, and on again. No case loses a system by it: its row waits for a person."""

from __future__ import annotations

import logging

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.states import CollectionOutcome, CollectionState, State
from requests_app.models import Collection, System
from requests_app.services import gathering
from requests_app.services.audit import Actor, unit
from requests_app.services.moves import Conflict

logger = logging.getLogger(__name__)

LONGEST = 200
"""Characters of the reason."""


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
    """Ask the system again: every case that is still gathering and waits for it searches it. Gives how many.

    Raises ``Conflict`` when it is on already.
    """
    with unit(actor):
        held = System.objects.filter(pk=system.pk, off_at__isnull=False)
        if not held.update(off_at=None, off_by=None, off_reason="", next_check_at=timezone.now()):
            raise Conflict
    system.refresh_from_db()
    searched = 0
    version = gathering.newest_version(system)
    connector = gathering.connector_of(version)
    if connector is not None and connector.automatic:
        searched = sum(_searched(actor, row) for row in _waiting(system))
    with unit(actor) as work:
        work.event("system.switched_on", system=system.key, searched=searched)
    return searched


def _waiting(system: System) -> list[Collection]:
    """The rows that wait since the system was off, the case that is due first before the others."""
    rows = Collection.objects.filter(
        system=system,
        current=True,
        state=CollectionState.WAITING.value,
        outcome=CollectionOutcome.MANUAL.value,
        case__state=State.GATHERING.value,
    )
    return list(rows.select_related("case", "system").order_by(F("case__due_statutory_on").asc(nulls_last=True), "pk"))


def _searched(actor: Actor, row: Collection) -> bool:
    try:
        gathering.search_system(actor=actor, case=row.case, system=row.system)
    except (Conflict, ValidationError) as error:  # somebody has gone on with the case meanwhile
        logger.info("collection %s is not searched again: %s", row.pk, type(error).__name__)
        return False
    return True
