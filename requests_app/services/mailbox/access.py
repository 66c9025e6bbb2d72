"""Who reads what comes in by mail: coordinators, by their role. Customer service moves mails to the folder and sees none here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from requests_app.models import Team, User
from requests_app.services import access, policy

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

READ = "view_incomingmail"


def may_read(user: User | AnonymousUser) -> bool:
    """Whether the person reads incoming mail: by role, and only who works cases."""
    return access.may(user, READ) and access.works(user)


def readers() -> list[User]:
    """Who is told of new mail: those of the team that requests go to, by policy, who may read it; everybody who may when it has none."""
    may = Q(user_permissions__codename=READ) | Q(groups__permissions__codename=READ)
    team = Team.objects.filter(key=policy.current()[1].default_team).first()
    here = list(access.workers_of(team).filter(may).distinct()) if team is not None else []
    return here or [
        user for user in User.objects.filter(may, is_active=True, is_staff=True).distinct() if may_read(user)
    ]
