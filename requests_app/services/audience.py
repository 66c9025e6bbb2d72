"""Who is meant by "the handler", "the team" and "legal" of a case: the people ``notices.tell`` is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from requests_app.models import User
from requests_app.services import access

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from requests_app.models import Case, Team


def handlers(case: Case) -> list[User]:
    """The handler; while nobody handles the case everybody who may take it, and legal when that is nobody."""
    if case.handler is not None and case.handler.is_active:
        return [case.handler]
    return list(access.may_take(case)) or legal(case)


def legal(case: Case) -> list[User]:
    """Active staff of legal who oversee the case's team."""
    return list(access.overseers_of(case.team))


def approvers(case: Case, asker: User) -> list[User]:
    """Who is asked for a second pair of eyes: the team's approver, the substitute when the approver asks, else all of legal who may.

    An approver who has left, or may no longer approve the team's decisions, counts as none.
    """
    able = {user.pk: user for user in able_to_approve(case) if user.pk != asker.pk}
    team = case.team
    first = team.substitute_id if team.approver_id == asker.pk else team.approver_id
    return [able[first]] if first in able else list(able.values())


def stand_ins(case: Case, asker: User) -> list[User]:
    """Who is told when nobody has answered in time: the team's substitute, else all of legal who may, never who asked."""
    able = {user.pk: user for user in able_to_approve(case) if user.pk != asker.pk}
    return [able[case.team.substitute_id]] if case.team.substitute_id in able else list(able.values())


def able_to_approve(case: Case) -> list[User]:
    """Active staff who oversee the case's team and may approve decisions."""
    return list(approvers_of(case.team))


def approvers_of(team: Team) -> QuerySet[User]:
    """Active staff who oversee a team and may approve decisions in its cases."""
    may = Q(user_permissions__codename="approve_decision") | Q(groups__permissions__codename="approve_decision")
    return access.overseers_of(team).filter(may).distinct()


def administrators() -> list[User]:
    """Active staff who keep the systems' settings."""
    return list(User.objects.filter(is_active=True, groups__name="administrator"))
