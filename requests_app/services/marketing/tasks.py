"""The tasks of a choice: one row for each system, carried out by a worker where its connector can, else left to a person.

A row is the queue: claimed by a conditional update with a token and a lease, sent again by the sweeper. Lock order: suppression,
choice, task, chain head.
"""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from requests_app.connectors import registry
from requests_app.domain.channels import MarketingKind, TaskState
from requests_app.models import MarketingChoice, MarketingTask, System, SystemVersion, Team, User
from requests_app.services import access, gathering, notices, policy, queue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.connectors.base import StopsMarketing
    from requests_app.domain.identifiers import IdentifierKind
    from requests_app.services.audit import Unit

MANUAL = "manual"
"""In the place of a fault: nothing failed, the system can only be told by a person."""
MAX_ATTEMPTS = 12
"""With the waits of ``backoff`` that is about a day."""


def stopper_of(system: System) -> StopsMarketing | None:
    """What can stop marketing in the system as it is set up now; None when a person has to."""
    version = gathering.newest_version(system)
    return registry.stopper(version.connector, version.settings) if version else None


def with_stopper(systems: set[int]) -> set[int]:
    """Those of the systems (ids) that something can stop marketing in, as they are set up now."""
    versions = SystemVersion.objects.filter(system__in=systems).order_by("n")
    newest = {
        pk: how for pk, *how in versions.values_list("system", "connector", "settings")
    }  # the last of each counts
    return {pk for pk, (key, settings) in newest.items() if registry.stopper(key, settings) is not None}


def can_be_told(system: System, sort: IdentifierKind) -> bool:
    """Whether a connector can stop marketing to this sort of address in the system."""
    stopper = stopper_of(system)
    return stopper is not None and sort in stopper.stops_marketing_to


def planned(choice: MarketingChoice, sort: IdentifierKind, systems: Iterable[System]) -> list[MarketingTask]:
    """The rows for the systems that send something to this sort of address, not saved."""
    return [row for row in (_task(choice, sort, system) for system in systems) if row is not None]


def replan(work: Unit, choice: MarketingChoice, rows: list[MarketingTask], macs: list[bytes]) -> list[str]:
    """Save a choice's rows, which take the place of what is open of older ones; gives the systems' keys.

    The rule, of one address: a withdrawal, however narrow, ends every open sign-up, since the address is on the list from then on and
    no system may send to it; an older stop it ends only where it stops itself. Consent ends everything that is open.
    """
    _supersede(choice, macs, {row.system_id for row in rows})
    made = MarketingTask.objects.bulk_create(rows)
    queue.marketing([row.pk for row in made if row.state == TaskState.PENDING.value])
    if any(row.fault == MANUAL for row in made):
        today = timezone.localdate().isoformat()
        notices.tell(work, "marketing_waiting", subject=f"marketing:{today}", users=told())
    return sorted(row.system.key for row in made)


def signed_up(macs: list[bytes]) -> list[System]:
    """The systems in use in which consent about the address was entered by a person, or waits for it."""
    asked = MarketingTask.objects.filter(choice__mac__in=macs, choice__kind=MarketingKind.GIVEN.value)
    entered = asked.filter(~Q(state=TaskState.DONE.value) | Q(evidence__status="by_hand"))
    return list(System.objects.filter(pk__in=entered.values("system"), active=True).order_by("position", "key"))


def _task(choice: MarketingChoice, sort: IdentifierKind, system: System) -> MarketingTask | None:
    """The row for one system; None when it sends nothing to this sort of address. Nobody is signed up by a connector."""
    stopper = stopper_of(system)
    if stopper is not None and sort not in stopper.stops_marketing_to:
        return None
    if stopper is not None and choice.kind == MarketingKind.WITHDRAWN.value:
        return MarketingTask(choice=choice, system=system)
    return MarketingTask(choice=choice, system=system, state=TaskState.FAILED.value, fault=MANUAL)


def _supersede(choice: MarketingChoice, macs: list[bytes], systems: set[int]) -> None:
    """End what is open of older choices about the address; a worker that has one in hand finds it taken away.

    ``systems``: the ids of those that the choice itself has a task in.
    """
    older = MarketingChoice.objects.select_for_update(of=("self",)).filter(mac__in=macs).exclude(pk=choice.pk)
    for pk, kind in list(older.order_by("pk").values_list("pk", "kind")):
        left = MarketingTask.objects.filter(choice=pk).exclude(state=TaskState.DONE.value)
        if choice.kind == kind == MarketingKind.WITHDRAWN.value:
            # what an older one still has to stop elsewhere, it stops
            left = left.filter(system__in=systems)
        left.update(**ended({"status": "superseded", "by": choice.ref}))
        forget_when_done(pk)


def ended(evidence: dict[str, Any]) -> dict[str, Any]:
    """What changes in a row that is done."""
    return {
        "state": TaskState.DONE.value,
        "evidence": evidence,
        "fault": "",
        "token": None,
        "lease_until": None,
        "ended_at": timezone.now(),
    }


def forget_when_done(pk: int) -> None:
    """Take the address out of a choice that is done everywhere: from then on its keyed hash is proof enough.

    The choice must be locked, or new.
    """
    undone = MarketingTask.objects.filter(choice=pk).exclude(state=TaskState.DONE.value)
    if not undone.exists():
        MarketingChoice.objects.filter(pk=pk).update(email_enc=None, phone_enc=None)


def lock_choice(pk: int) -> MarketingChoice:
    """The choice, locked, so that of two last tasks one sees the other's end."""
    return MarketingChoice.objects.select_for_update(of=("self",)).select_related("case").get(pk=pk)


def lease() -> timedelta:
    """How long a claim holds without a sign of life."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 s, then four times as long each time, at most four hours, with a tenth of jitter."""
    seconds = min(4 * 3600, 5 * 4 ** min(max(0, attempts - 1), 10))
    return timedelta(seconds=seconds * random.uniform(1.0, 1.1))  # noqa: S311 - spreads load, guards nothing


def claim(pk: int) -> MarketingTask | None:
    """Take a task that is due, or whose worker is silent; None when it is not to be had."""
    now, token = timezone.now(), uuid.uuid4()
    lapsed = Q(state=TaskState.RUNNING.value, lease_until__lt=now)
    due = Q(state=TaskState.PENDING.value, not_before__lte=now) | lapsed
    MarketingTask.objects.filter(lapsed, pk=pk).update(attempts=F("attempts") + 1)
    if not MarketingTask.objects.filter(due, pk=pk).update(
        state=TaskState.RUNNING.value, token=token, lease_until=now + lease()
    ):
        return None
    row = MarketingTask.objects.select_related("choice", "system").get(pk=pk)
    return row if row.token == token else None


def told() -> list[User]:
    """Who carries out by hand what no worker can: the coordinators of the team that cases go to by default, else all of them."""
    team = Team.objects.filter(key=policy.current()[1].default_team).first()
    found = list(access.workers_of(team)) if team else []
    return found or list(User.objects.filter(is_active=True, groups__name="coordinator"))
