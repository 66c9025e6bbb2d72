"""Handing work to Celery: after commit, and never mind the broker, since the row stays and the sweeper sends it again."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from requests_app.domain.states import CollectionState
from requests_app.models import Action, Collection, MailSource, MarketingTask, OutgoingMail, Render

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)


AT_MOST = 10
"""Gatherings of a case that one task does side by side."""


def _publish(task_name: str, *pks: int) -> None:
    from requests_app import tasks

    try:
        getattr(tasks, task_name).apply_async(pks, retry=False, ignore_result=True)
    except (KombuError, RedisError, OSError) as error:
        logger.warning(
            "the broker did not take %s %s (%s); the sweeper will send it", task_name, pks, type(error).__name__
        )


def collect(pks: Iterable[int]) -> None:
    """Hand gatherings to the workers once the transaction has committed: those of a case together, or shared by two tasks while
    the workers have nothing else to do."""
    chosen = list(pks)
    if not chosen:
        return
    now = timezone.now()
    pending = Collection.objects.filter(current=True, state=CollectionState.PENDING.value, not_before__lte=now)
    busy = len(chosen) > 1 and pending.filter(queued_at__isnull=False).exclude(pk__in=chosen).exists()
    rows = Collection.objects.filter(pk__in=chosen)
    rows.update(queued_at=now)
    cases: dict[int, list[int]] = {}
    for case, pk in [(0, pk) for pk in chosen] if len(chosen) == 1 else rows.order_by("pk").values_list("case", "pk"):
        cases.setdefault(case, []).append(pk)
    for held in cases.values():
        tasks = max(1 if busy else min(2, len(held)), -(-len(held) // AT_MOST))
        for n in range(tasks):
            transaction.on_commit(partial(_publish, "collect", *held[n::tasks]), robust=True)


def render(pks: Iterable[int]) -> None:
    """Hand documents to the workers once the transaction has committed."""
    _stamp_and_publish(Render, "render", list(pks))


def publish_mail(pk: int) -> None:
    """Hand a mail to the workers, once the transaction has committed, that was written as handed over."""
    transaction.on_commit(partial(_publish, "mail", pk), robust=True)


def mail(pks: Iterable[int]) -> None:
    """Hand mails to the workers once the transaction has committed."""
    _stamp_and_publish(OutgoingMail, "mail", list(pks))


def mailbox(pks: Iterable[int]) -> None:
    """Hand mailboxes that are to be looked into to the workers once the transaction has committed."""
    _stamp_and_publish(MailSource, "mailbox", list(pks))


def marketing(pks: Iterable[int]) -> None:
    """Hand choices about marketing to the workers once the transaction has committed."""
    _stamp_and_publish(MarketingTask, "marketing", list(pks))


def change(pks: Iterable[int]) -> None:
    """Hand changes in systems to the workers once the transaction has committed."""
    _stamp_and_publish(Action, "change", list(pks))


def check(pk: int) -> None:
    """Let a system's connection be tried; what the broker does not take is due again at the next hour."""
    transaction.on_commit(partial(_publish, "check", pk), robust=True)


def standing(pk: int) -> None:
    """Let the standing rules be applied to a case once the transaction has committed; the sweeper sees when they were not."""
    transaction.on_commit(partial(_publish, "standing", pk), robust=True)


def _stamp_and_publish(model: type[models.Model], task_name: str, pks: list[int]) -> None:
    if not pks:
        return
    model._default_manager.filter(pk__in=pks).update(queued_at=timezone.now())
    for pk in pks:
        transaction.on_commit(partial(_publish, task_name, pk), robust=True)
