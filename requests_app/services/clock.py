"""The clock of a case: both dates recalculated from receipt, pauses and extension, and told when they are reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from requests_app.domain.deadlines import Clock, Pause, compute, may_extend
from requests_app.models import Case, CaseExtension, Policy
from requests_app.services import audience, notices, policy as policies, returned
from requests_app.services.audit import SYSTEM, Actor, Unit, unit

if TYPE_CHECKING:
    from datetime import date

    from requests_app.models import User
    from requests_app.services.policy import PolicyValues


MAX_REMINDER_DAYS = 92
"""No policy reminds earlier than this."""


def clock_of(case: Case, *, today: date | None = None, values: PolicyValues | None = None) -> Clock:
    """The dates of a case and how they were reached, under the case's own version of the policy."""
    values = values or policies.values_of(case.policy)
    extension = CaseExtension.objects.filter(case=case).first()
    return compute(
        case.received_on,
        [Pause(pause.asked_on, pause.answered_on) for pause in case.pauses.all()],
        extended=extension is not None and extension_holds(case, extension, values=values),
        eves_are_holidays=values.eves_are_holidays,
        today=today,
    )


def extension_holds(case: Case, extension: CaseExtension, *, values: PolicyValues | None = None) -> bool:
    """Whether the extension moves the dates: its notice left within the first month (Art. 12(3)). Too late a notice is invalid."""
    if extension.notice_sent_at is None:
        return False
    values = values or policies.values_of(case.policy)
    notice_by = compute(case.received_on, eves_are_holidays=values.eves_are_holidays).notice_by
    return may_extend(timezone.localtime(extension.notice_sent_at).date(), notice_by)


def recalculate(work: Unit, case: Case, *, policy: Policy | None = None) -> bool:
    """Reckon the case's dates anew and note the old ones in the log when they moved. The case row must be locked."""
    if policy is not None:
        case.policy = policy
    clock = clock_of(case, today=timezone.localdate())
    if (clock.due_on, clock.due_statutory_on) == (case.due_on, case.due_statutory_on):
        if policy is not None:
            Case.objects.filter(pk=case.pk).update(policy=policy)
        return False
    work.event(
        "clock.recalculated",
        case,
        before=case.due_on,
        after=clock.due_on,
        statutory_before=case.due_statutory_on,
        statutory_after=clock.due_statutory_on,
        policy=case.policy.version,
    )
    case.due_on, case.due_statutory_on = clock.due_on, clock.due_statutory_on
    Case.objects.filter(pk=case.pk).update(
        due_on=case.due_on, due_statutory_on=case.due_statutory_on, policy=case.policy
    )
    return True


def recalculate_open(*, actor: Actor, policy: Policy) -> int:
    """Move every open case to a new version of the policy; gives how many got another date."""
    moved = 0
    for pk in Case.objects.filter(closed_at__isnull=True).exclude(policy=policy).values_list("pk", flat=True):
        with unit(actor) as work:
            case = Case.objects.select_for_update(of=("self",)).select_related("policy").get(pk=pk)
            moved += case.closed_at is None and recalculate(work, case, policy=policy)
    return moved


@dataclass(frozen=True, slots=True)
class Overdue:
    """A case that should have been answered."""

    case: Case
    days_late: int


def overdue(cases_filter: Q | None = None, *, today: date | None = None) -> list[Overdue]:
    """Open cases past their statutory date, the latest first."""
    today = today or timezone.localdate()
    cases = Case.objects.filter(closed_at__isnull=True, due_statutory_on__lt=today).select_related("team", "handler")
    if cases_filter is not None:
        cases = cases.filter(cases_filter)
    return [Overdue(case, (today - case.due_statutory_on).days) for case in cases.order_by("due_statutory_on", "id")]


def tell_overdue() -> int:
    """Tell the handler and legal of each overdue case once; found by state, so that a missed run loses nothing.

    A case that was answered and reopened is not told of: its first answer counts.
    """
    told = 0
    legal: dict[int, list[User]] = {}
    for late in overdue(Q(dispatched_at__isnull=True)):
        case = late.case
        if case.team_id not in legal:
            legal[case.team_id] = audience.legal(case)
        subject = f"{case.ref}:{case.due_statutory_on}"
        new = notices.untold("overdue", subject, [*audience.handlers(case), *legal[case.team_id]])
        if not new:
            continue
        due_on = case.due_statutory_on.isoformat()
        with unit(SYSTEM) as work:
            told += notices.tell(work, "overdue", subject=subject, users=new, case=case, due_on=due_on)
            work.event("clock.overdue_told", case, due_statutory_on=due_on, users=sorted(user.pk for user in new))
    return told


def tell_due_soon() -> int:
    """Remind the handler (the whole team while nobody handles it) so many days before the statutory date, once for each."""
    told, today = 0, timezone.localdate()
    cases = Case.objects.filter(closed_at__isnull=True, due_statutory_on__gte=today)
    cases = cases.filter(due_statutory_on__lte=today + timedelta(days=MAX_REMINDER_DAYS))
    for case in cases.select_related("policy", "handler", "team").iterator():
        left = (case.due_statutory_on - today).days
        reached = [days for days in policies.values_of(case.policy).reminders if left <= days]
        if not reached:
            continue
        due_on = case.due_statutory_on.isoformat()
        subject = f"{case.ref}:{due_on}:{min(reached)}"
        if new := notices.untold("due_soon", subject, audience.handlers(case)):
            with unit(SYSTEM) as work:
                told += notices.tell(work, "due_soon", subject=subject, users=new, case=case, due_on=due_on)
    return told


def tick() -> None:
    """What time alone does: open pauses move their date day by day, what is due soon and what is overdue is told."""
    for pk in Case.objects.filter(
        closed_at__isnull=True, pauses__answered_on__isnull=True, pauses__isnull=False
    ).values_list("pk", flat=True):
        with unit(SYSTEM) as work:
            recalculate(work, Case.objects.select_for_update(of=("self",)).select_related("policy").get(pk=pk))
    tell_due_soon()
    tell_overdue()
    returned.tell_unfetched()
