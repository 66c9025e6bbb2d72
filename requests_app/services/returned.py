"""What came back: a letter the post returned, an answer nobody fetched. It stands with the coordinator until somebody sees to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import Way
from requests_app.models import Delivery
from requests_app.services import audience, notices, policy as policies, sending
from requests_app.services.audit import SYSTEM, Actor, Unit, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.models import Case

POSTED, NOT_FETCHED = "post", "not_fetched"


def by_post(*, actor: Actor, delivery: Delivery) -> None:
    """The post brought a letter back: the case stands with the coordinator again."""
    member_of_staff(actor)
    if delivery.way != Way.POST.value:
        raise ValidationError(_("Only what was posted can come back by post."))
    with unit(actor) as work:
        case = lock(delivery.case)
        mine = sending.rows_of(delivery).filter(returned_at__isnull=True, revoked_at__isnull=True)
        if not mine.update(returned_at=timezone.now(), returned_why=POSTED):
            raise Conflict
        work.event("delivery.returned", case, why=POSTED, way=delivery.way)
        notices.tell(work, "returned", subject=f"{delivery.pk}", users=audience.handlers(case), case=case)


def leave(*, actor: Actor, delivery: Delivery) -> None:
    """Leave it as it is, such as an answer that lies ready for a person who has not fetched it."""
    member_of_staff(actor)
    with unit(actor) as work:
        case = lock(delivery.case)
        if not sending.came_back().filter(pk=delivery.pk).exists():
            raise Conflict
        sending.rows_of(delivery).update(returned_at=None)
        work.event("delivery.left_as_is", case, why=delivery.returned_why, way=delivery.way)


def tell_unfetched(*, now: datetime | None = None) -> int:
    """Give answers back that lie on Mina sidor and were not fetched in the policy's days, each once; gives how many."""
    now, told = now or timezone.now(), 0
    for delivery in _unfetched(now):
        days = policies.values_of(delivery.case.policy).remind_unfetched_days
        if delivery.dispatched_at > now - timedelta(days=days):
            continue
        with unit(SYSTEM) as work:
            told += _give_back(work, lock(delivery.case), delivery, now)
    return told


def _unfetched(now: datetime) -> list[Delivery]:
    """The first document of each answer on Mina sidor that nobody has asked about yet and nothing of which was fetched."""
    together = Delivery.objects.filter(
        case=OuterRef("case"),
        way=Way.PORTAL.value,
        dispatched_at=OuterRef("dispatched_at"),
        file__right=OuterRef("file__right"),
    )
    waiting = Delivery.objects.filter(
        way=Way.PORTAL.value,
        returned_why="",
        fetched_at__isnull=True,
        revoked_at__isnull=True,
        dispatched_at__lte=now - timedelta(days=1),
    )
    waiting = waiting.exclude(file__right="").filter(~Exists(together.filter(fetched_at__isnull=False)))
    first = waiting.filter(~Exists(together.filter(pk__lt=OuterRef("pk"))))
    return list(first.select_related("file", "case__policy", "case__handler", "case__team"))


def _give_back(work: Unit, case: Case, delivery: Delivery, now: datetime) -> bool:
    rows = sending.rows_of(delivery)
    if rows.filter(fetched_at__isnull=False).exists():
        return False
    if not rows.filter(returned_why="", revoked_at__isnull=True).update(returned_at=now, returned_why=NOT_FETCHED):
        return False
    work.event("delivery.returned", case, why=NOT_FETCHED, way=delivery.way)
    notices.tell(work, "not_fetched", subject=f"{delivery.pk}", users=audience.handlers(case), case=case)
    return True
