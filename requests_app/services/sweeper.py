"""The sweeper is what we rely on: it sends what is due, takes up what a dead worker left and finishes what is complete."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from requests_app.domain.states import ENDED, CollectionState, State
from requests_app.models import Case, Collection, MarketingTask, OutgoingMail, Render
from requests_app.services import carrying_out, gathering, queue, standing, switching
from requests_app.services.audit import WORKER, unit
from requests_app.services.moves import lock
from requests_app.services.owners import asking

BATCH = 500


def sweep() -> int:
    """One pass; gives how many rows were sent."""
    sent = _send(Collection, queue.collect, Q(current=True)) + _send(Render, queue.render, Q(superseded=False))
    sent += _send(OutgoingMail, queue.mail, Q()) + _send(MarketingTask, queue.marketing, Q())
    _settle_complete()
    sent += switching.resume() + carrying_out.send_due()
    return sent + standing.sweep() + asking.ask_waiting()


def _send(model: type[models.Model], publish: object, condition: Q) -> int:
    now = timezone.now()
    resend = now - timedelta(seconds=max(settings.LEASE_SECONDS, settings.SWEEP_SECONDS))
    waits_in_queue = Q(queued_at__gte=resend)
    lost = Q(state=CollectionState.RUNNING.value, lease_until__lt=now)
    due = Q(state=CollectionState.PENDING.value, not_before__lte=now) & ~waits_in_queue
    due |= lost & (Q(queued_at__isnull=True) | Q(queued_at__lt=F("lease_until")) | ~waits_in_queue)
    with transaction.atomic():
        pks = list(
            model._default_manager.filter(condition & due)
            .order_by("not_before", "pk")
            .values_list("pk", flat=True)[:BATCH]
        )
        publish(pks)  # type: ignore[operator]
    return len(pks)


def _settle_complete() -> None:
    """Cases whose gatherings have all ended without anybody having seen it."""
    unended = Collection.objects.filter(case=OuterRef("pk"), current=True).exclude(
        state__in=[state.value for state in ENDED]
    )
    cases = Case.objects.filter(~Exists(unended), state=State.GATHERING.value)[:BATCH]
    for case in cases:
        with unit(WORKER) as work:
            gathering.settle(work, lock(case))
