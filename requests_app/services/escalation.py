"""What nobody has answered in time is told once, after the policy's working days: approvals, questions to legal, mails that wait."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from requests_app.domain.calendar_se import is_working_day
from requests_app.domain.channels import MailState
from requests_app.domain.states import State
from requests_app.models import Approval, Case, IncomingMail, Referral, Team
from requests_app.services import access, audience, decisions, notices, policy as policies
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.moves import lock

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.models import User


def due_at(asked_at: datetime, working_days: int, eves_are_holidays: bool = False) -> datetime:
    """When so many working days have passed: the same time of day in Sweden on the last of them, the day of asking not counted."""
    moment = timezone.localtime(asked_at)
    left = working_days
    while left:
        moment += timedelta(days=1)
        left -= is_working_day(moment.date(), eves_are_holidays)
    return moment


def waits_too_long(case: Case, asked_at: datetime, now: datetime) -> bool:
    """Whether the policy's working days have passed since it was asked."""
    values = policies.values_of(case.policy)
    return now >= due_at(asked_at, values.escalate_after_working_days, values.eves_are_holidays)


def escalate(*, now: datetime | None = None) -> int:
    """Tell the substitutes of everything that has waited too long; gives how many approvals, questions and mails that were."""
    now = now or timezone.now()
    return _approvals(now) + _referrals(now) + _mails(now)


def _mails(now: datetime) -> int:
    """Mails that wait for somebody to say what they are: legal is told once of each, since its clock has begun to run."""
    _version, values = policies.current()
    users: list[User] = []
    done = 0
    for row in IncomingMail.objects.filter(state=MailState.PROPOSED.value).only("ref", "taken_at").order_by("pk"):
        if now < due_at(row.taken_at, values.escalate_after_working_days, values.eves_are_holidays):
            continue
        users = users or _mail_stand_ins(values.default_team)
        if not notices.untold("mail_waiting", f"mail:{row.ref}", users):
            continue
        with unit(SYSTEM) as work:
            asked_on = timezone.localtime(row.taken_at).date().isoformat()
            done += bool(notices.tell(work, "mail_waiting", subject=f"mail:{row.ref}", users=users, asked_on=asked_on))
    return done


def _mail_stand_ins(team_key: str) -> list[User]:
    """Legal of the team that requests go to: who may approve, else all of it; administrators where there is nobody."""
    team = Team.objects.filter(key=team_key).first()
    found = list(audience.approvers_of(team) or access.overseers_of(team)) if team is not None else []
    return found or audience.administrators()


def _approvals(now: datetime) -> int:
    done = 0
    waiting = decisions.open_approvals().filter(escalated_at__isnull=True)
    for approval in waiting.select_related("decision__case_right__case__policy", "asked_by"):
        decision = approval.decision
        if not waits_too_long(decision.case_right.case, approval.asked_at, now):
            continue
        with unit(SYSTEM) as work:
            case = lock(decision.case_right.case)
            still = Approval.objects.filter(pk=approval.pk, answered_by__isnull=True, escalated_at__isnull=True)
            if case.state != State.DECIDING.value or not still.update(escalated_at=now):
                continue
            users = audience.stand_ins(case, approval.asked_by)
            work.event(
                "approval.escalated",
                case,
                right=decision.case_right.right,
                decision=decision.n,
                users=[user.pk for user in users],
            )
            asked_on = timezone.localtime(approval.asked_at).date().isoformat()
            subject = f"approval:{approval.pk}"
            notices.tell(work, "approval_escalated", subject=subject, users=users, case=case, asked_on=asked_on)
            done += 1
    return done


def _referrals(now: datetime) -> int:
    done = 0
    waiting = Referral.objects.filter(
        answered_at__isnull=True, withdrawn_at__isnull=True, escalated_at__isnull=True, case__closed_at__isnull=True
    )
    for referral in waiting.select_related("case__policy", "asked_by"):
        if not waits_too_long(referral.case, referral.asked_at, now):
            continue
        with unit(SYSTEM) as work:
            case = lock(referral.case)
            still = Referral.objects.filter(
                pk=referral.pk, answered_at__isnull=True, withdrawn_at__isnull=True, escalated_at__isnull=True
            )
            if case.closed_at or not still.update(escalated_at=now):
                continue
            users = audience.stand_ins(case, referral.asked_by)
            work.event("referral.escalated", case, users=[user.pk for user in users])
            asked_on = timezone.localtime(referral.asked_at).date().isoformat()
            subject = f"referral:{referral.pk}"
            notices.tell(work, "referral_escalated", subject=subject, users=users, case=case, asked_on=asked_on)
            done += 1
    return done
