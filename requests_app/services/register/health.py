"""How each system fares: its connection is tried every hour, and who keeps it is told when it stops answering and when it is back.

A try is the connector's own, without a person's data. One failure says little; two in a row are told, once for each outage.
"""

from __future__ import annotations

import random
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, TestResult
from requests_app.models import System, SystemCheck, SystemSecret
from requests_app.services import audience, notices
from requests_app.services.audit import SYSTEM, Actor, unit
from requests_app.services.register.reach import Reach, Way, reaches
from requests_app.services.register.systems import current_version, secrets_of

if TYPE_CHECKING:
    from requests_app.models import User
    from requests_app.services.audit import Unit

KEPT = timedelta(days=366)
"""How long tries are kept."""
WARNED_BEFORE = (30, 14, 7, 1, -1)
"""Days before the last day of a key on which administrators are told; -1 is the day after."""


def send_due() -> list[int]:
    """Tries that are due, each claimed so that nobody else makes it: the systems' primary keys.

    Systems that are switched off, not in use, or asked by no program are left alone. What was never tried is spread over the hour.
    """
    every = settings.CHECK_MINUTES
    if not every:
        return []
    now = timezone.now()
    due = System.objects.filter(Q(next_check_at__lte=now) | Q(next_check_at=None), active=True, off_at=None)
    waiting = set(due.values_list("pk", flat=True))
    if not waiting:
        return []
    claimed = []
    for reach in reaches():
        system = reach.system
        if system.pk not in waiting:
            continue
        first = system.next_check_at is None
        wait = every * random.uniform(0, 1) if first else every * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing
        again = now + timedelta(minutes=wait)
        held = System.objects.filter(pk=system.pk, next_check_at=system.next_check_at)
        if held.update(next_check_at=again) and not first and _is_asked(reach):
            claimed.append(system.pk)
    return claimed


def _is_asked(reach: Reach) -> bool:
    """Whether a program asks it, also one whose package is gone."""
    return reach.way is Way.CONNECTOR or (reach.way is Way.NOTHING and reach.version > 0)


def check(pk: int) -> None:
    """Try a system's connection by the schedule. Does nothing when it is gone or switched off."""
    system = System.objects.filter(pk=pk, active=True, off_at=None).first()
    if system is not None:
        tried(system=system, actor=SYSTEM, scheduled=True)


def tried(*, system: System, actor: Actor, scheduled: bool = False) -> TestResult:
    """Try the connection as it is configured now and keep how it went. Raises ``SystemVersion.DoesNotExist`` when nothing is set up."""
    version = current_version(system)
    began = time.monotonic()
    try:
        result = registry.get(version.connector).test(version.settings, secrets_of(system))
    except ConnectorError as error:
        result = TestResult(False, error.fault, error.params)
    except LookupError:  # the package that brought the connector is not installed any more
        result = TestResult(False, Fault.MISCONFIGURED, {"setting": "connector"})
    except Exception:  # noqa: BLE001 - another package's code: any fault is possible, and its message may hold anything
        result = TestResult(False, Fault.UNEXPECTED)
    took = round((time.monotonic() - began) * 1000)
    fault = result.fault.value if result.fault else ""
    with unit(actor) as work:
        system = System.objects.select_for_update(no_key=True).get(pk=system.pk)
        made = SystemCheck.objects.create(
            system=system,
            ok=result.ok,
            fault=fault,
            params=dict(result.params),
            milliseconds=took,
            scheduled=scheduled,
        )
        if not scheduled:
            work.event("system.tested", system=system.key, ok=result.ok, fault=fault)
        if system.off_at is None and (scheduled or made.ok):  # who tries by hand sees it fail
            _outage(work, system, made)
    return result


def _outage(work: Unit, system: System, made: SystemCheck) -> None:
    """Tell once that a system does not answer, and once that it does again."""
    if made.ok:
        if system.down_since is not None:
            since, system.down_since = system.down_since, None
            system.save(update_fields=["down_since"])
            subject = f"{system.key}:{since.isoformat()}"
            notices.tell(work, "system_back", subject=subject, users=_keepers(system), system=system.key)
        return
    lately = made.at - 3 * timedelta(minutes=settings.CHECK_MINUTES or 60)
    before = system.checks.filter(scheduled=True, at__gt=lately).exclude(pk=made.pk).order_by("-at", "-pk").first()
    if system.down_since is None and before is not None and not before.ok:
        system.down_since = before.at
        system.save(update_fields=["down_since"])
        subject = f"{system.key}:{before.at.isoformat()}"
        notices.tell(
            work, "system_down", subject=subject, users=_keepers(system), system=system.key, since=before.at.isoformat()
        )


def _keepers(system: System) -> list[User]:
    """Administrators, and the owner who logs in here."""
    owner = [system.owner] if system.owner is not None and system.owner.is_active else []
    return [*audience.administrators(), *owner]


def expiring() -> list[SystemSecret]:
    """Keys whose last day is within thirty days or past, the most urgent first."""
    last = timezone.localdate() + timedelta(days=WARNED_BEFORE[0])
    found = SystemSecret.objects.filter(expires_on__lte=last, system__active=True)
    return list(found.select_related("system").order_by("expires_on", "pk"))


def tick() -> None:
    """Tell administrators of keys that are about to expire, and let go of old tries."""
    today = timezone.localdate()
    for secret in expiring():
        assert secret.expires_on is not None  # noqa: S101 - that is what was asked for
        left = (secret.expires_on - today).days
        step = min(days for days in WARNED_BEFORE if days >= left) if left >= -1 else -1
        subject = f"{secret.system.key}:{secret.name}:{secret.expires_on:%Y%m%d}:{step}"
        users = notices.untold("key_expires", subject, audience.administrators())
        if users:
            with unit(SYSTEM) as work:
                notices.tell(
                    work,
                    "key_expires",
                    subject=subject[:80],
                    users=users,
                    system=secret.system.key,
                    day=secret.expires_on.isoformat(),
                )
    SystemCheck.objects.filter(at__lt=timezone.now() - KEPT).delete()
