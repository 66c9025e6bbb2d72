"""The same thing sent twice by a client is done once and answered alike (idempotency keys).

A row is made before the work and finished in its transaction, so that two at the same time, and a process that dies in the
middle, still make one thing. What failed leaves no row: the key is free again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from requests_app.models import IdemKey
from requests_app.services.keys import mac_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from requests_app.models import ApiClient, Case

LOST_AFTER = timedelta(seconds=60)
"""A first request that has not ended by then died with its process; its key is taken over."""


class AnotherBody(ValidationError):
    """The key was used for something else."""

    def __init__(self) -> None:
        super().__init__("another body", code="idempotency_key_reused")


class InProgress(ValidationError):
    """The first request with the key is still being handled."""

    def __init__(self) -> None:
        super().__init__("in progress", code="in_progress")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a request: the status it was answered with, the case, and what was made in it."""

    status: int
    case: Case
    result_ref: str = ""
    again: bool = False
    """It had been done before."""


def once(
    *, client: ApiClient, key: str, operation: str, content: bytes, status: int, do: Callable[[], tuple[Case, str]]
) -> Done:
    """Do something once for a client's key and give what came of it, the first time and every later time.

    ``content`` is all that makes the request what it is, of which only a keyed hash is kept; ``do`` gives the case and the
    reference of what it made. Raises ``AnotherBody`` and ``InProgress``, and whatever ``do`` raises.
    """
    claim = _claim(client, key, operation, content.decode("utf-8", "surrogateescape"))
    if isinstance(claim, Done):
        return claim
    row, at = claim
    try:
        with transaction.atomic():
            case, ref = do()
            mine = IdemKey.objects.filter(pk=row.pk, at=at, status=0)
            if not mine.update(status=status, case=case, result_ref=ref):
                raise InProgress  # it was taken over meanwhile: who took it over answers
    except BaseException:
        IdemKey.objects.filter(pk=row.pk, at=at, status=0).delete()
        raise
    return Done(status, case, ref)


def _claim(client: ApiClient, key: str, operation: str, content: str) -> Done | tuple[IdemKey, datetime]:
    now, hashes = timezone.now(), mac_keys()
    bodies = [mac.hex() for mac in hashes.all_macs("idempotent-body", content)]
    known = IdemKey.objects.filter(client=client, mac__in=hashes.all_macs("idempotency-key", key)).first()
    if known is None:
        fresh = {"operation": operation, "body_sha": hashes.mac("idempotent-body", content).hex(), "at": now}
        mac = hashes.mac("idempotency-key", key)
        row, new = IdemKey.objects.get_or_create(client=client, mac=mac, defaults=fresh)
        if new:
            return row, now
    else:
        row = known  # perhaps under a hash key that has been changed since
    if row.operation != operation or row.body_sha not in bodies:
        raise AnotherBody
    if row.status and row.case is not None:
        return Done(row.status, row.case, row.result_ref, again=True)
    lost = IdemKey.objects.filter(pk=row.pk, at=row.at, status=0, at__lt=now - LOST_AFTER)
    if not lost.update(at=now):
        raise InProgress
    return row, now
