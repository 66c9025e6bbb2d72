"""How often something may be tried: counted in the database, so that it holds over all processes and survives the broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from requests_app.models import Throttle
from requests_app.services.keys import mac_keys


def hit(scope: str, key: str, *, limit: int, seconds: int) -> int:
    """Count one try of ``key`` (an address, a client) and tell how many seconds to wait: 0 while at most ``limit`` were made.

    Windows are fixed: ``limit`` tries in each stretch of ``seconds``. Only a keyed hash of ``key`` is kept.
    """
    now = timezone.now()
    window, passed = divmod(int(now.timestamp()), seconds)
    ends_at = datetime.fromtimestamp((window + 1) * seconds, UTC)
    mac = mac_keys().mac("throttle", f"{scope}:{key}")
    with transaction.atomic():
        row, made = Throttle.objects.get_or_create(
            scope=scope, mac=mac, window=window, defaults={"n": 1, "ends_at": ends_at}
        )
        if not made:
            Throttle.objects.filter(pk=row.pk).update(n=F("n") + 1)
            row.refresh_from_db(fields=["n"])
    return 0 if row.n <= limit else seconds - passed


def sweep() -> int:
    """Delete the windows that have ended. Gives how many."""
    return Throttle.objects.filter(ends_at__lt=timezone.now() - timedelta(minutes=1)).delete()[0]
