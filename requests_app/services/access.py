"""Who sees what. The only doors from the admin, the portal and the API to a case.

Being superuser opens nothing here: a case is opened by a permission on its team, or by a direct one on the case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import get_objects_for_user

from requests_app.models import (
    Case,
    CaseGroupObjectPermission,
    CaseParty,
    CaseUserObjectPermission,
    Collection,
    OwnerLink,
    System,
    Team,
    User,
)
from requests_app.services import notices
from requests_app.services.audit import Actor, unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

WORK = "work_case"
WORK_TEAM = "work_team"
OVERSEE_TEAM = "oversee_team"
OWNS = "owns_system"
"""What ``may`` calls it that the register names the person as the owner of a system."""


def may(user: User | AnonymousUser, codename: str) -> bool:
    """Whether the person has this permission of ours by role or by name; being superuser gives none."""
    if not user.is_authenticated or not user.is_active:
        return False
    held: set[str] | None = user.__dict__.get("_held_permissions")
    if held is None:
        granted = Permission.objects.filter(content_type__app_label="requests_app").filter(
            Q(user=user) | Q(group__user=user)
        )
        owns = System.objects.filter(owner=user).values_list(Value(OWNS, output_field=CharField()))
        named = granted.order_by().values_list("codename").union(owns.order_by())
        held = user.__dict__["_held_permissions"] = {codename for (codename,) in named}
    return codename in held


def teams_with(user: User, permission: str) -> QuerySet[Team]:
    """The teams on which the person has ``work_team`` or ``oversee_team``."""
    teams: QuerySet[Team] = get_objects_for_user(
        user, permission, Team, with_superuser=False, accept_global_perms=False, use_groups=True
    )
    return teams


_TEAMS = "_work_teams"


def remember(user: User | AnonymousUser) -> None:
    """Read once which teams the person works for; holds as long as this object lives, which is one request."""
    if isinstance(user, User) and _TEAMS not in user.__dict__:
        user.__dict__[_TEAMS] = list(teams_with(user, WORK_TEAM).values_list("pk", flat=True))


def _work_teams(user: User) -> list[int]:
    held: list[int] | None = user.__dict__.get(_TEAMS)
    return list(teams_with(user, WORK_TEAM).values_list("pk", flat=True)) if held is None else held


def works(user: User | AnonymousUser) -> bool:
    """Whether the person works cases at all: those of a team, or some granted one by one."""
    if not isinstance(user, User) or not user.is_active or not user.is_staff:
        return False
    direct = CaseUserObjectPermission.objects.filter(user=user, permission__codename=WORK)
    by_group = CaseGroupObjectPermission.objects.filter(group__user=user, permission__codename=WORK)
    return bool(_work_teams(user)) or direct.exists() or by_group.exists()


def may_read_register(user: User | AnonymousUser) -> bool:
    """Whether the person may read the record of processing: its keepers, and everybody who answers cases from it."""
    return may(user, "view_processing") or works(user)


def cases_visible_to(user: User | AnonymousUser) -> QuerySet[Case]:
    """The cases the person may work: those of the person's teams that are not protected, and those granted one by one."""
    if not isinstance(user, User) or not user.is_active or not user.is_staff:
        return Case.objects.none()
    direct = CaseUserObjectPermission.objects.filter(
        content_object=OuterRef("pk"), user=user, permission__codename=WORK
    )
    by_group = CaseGroupObjectPermission.objects.filter(
        content_object=OuterRef("pk"), group__user=user, permission__codename=WORK
    )
    here = Q(team__in=_work_teams(user), protected=False)
    return Case.objects.filter(here | Q(Exists(direct)) | Q(Exists(by_group)))


def cases_overseen_by(user: User | AnonymousUser) -> QuerySet[Case]:
    """The cases whose dates (never whose data) the person may see, protected ones too: legal's part."""
    if not isinstance(user, User) or not may(user, "view_reports"):
        return Case.objects.none()
    return Case.objects.filter(team__in=list(teams_with(user, OVERSEE_TEAM).values_list("pk", flat=True)))


def case_get(user: User | AnonymousUser, ref: str) -> Case:
    """The case with this reference; ``Case.DoesNotExist`` when it is not there and, just so, when it is not the person's."""
    return cases_visible_to(user).select_related("team", "handler", "policy").get(ref=ref)


def tasks_owned_by(user: User | AnonymousUser) -> QuerySet[Collection]:
    """The gatherings that wait for a person in systems that a member of staff owns; the cases they belong to stay closed to that one.

    Those answered with "not ours" are the coordinator's again. Of a protected case only what the coordinator sent a link for.
    """
    if not isinstance(user, User) or not user.is_active or not user.is_staff:
        return Collection.objects.none()
    links = OwnerLink.objects.filter(collection=OuterRef("pk"), revoked_at=None)
    waits = Collection.objects.filter(
        system__owner=user, current=True, state__in=["waiting", "failed"], case__closed_at=None
    )
    mine = waits.filter(Q(case__protected=False) | Exists(links.filter(answered_at=None)))
    found: QuerySet[Collection] = mine.exclude(Exists(links.filter(answered_at__isnull=False)))
    return found.select_related("case__policy", "case__team", "system", "system_version")


def cases_of_login(login_macs: list[bytes]) -> QuerySet[Case]:
    """The cases a portal login filed or is the subject of; ``login_macs`` are the hashes of the login under every hash key."""
    if not login_macs:
        return Case.objects.none()
    return Case.objects.filter(Exists(CaseParty.objects.filter(case=OuterRef("pk"), login_mac__in=login_macs)))


def grant(*, actor: Actor, case: Case, user: User) -> None:
    """Open one case to one person; an event tells legal."""
    with unit(actor) as work:
        _, made = CaseUserObjectPermission.objects.get_or_create(
            content_object=case,
            user=user,
            permission=Permission.objects.get(codename=WORK, content_type__app_label="requests_app"),
        )
        if made:
            work.event("case.access_granted", case, user=user.pk, permission=WORK)
            subject = f"{case.ref}:{user.pk}:{timezone.now().isoformat()}"
            users = overseers_of(case.team)
            notices.tell(work, "access_granted", subject=subject, users=users, case=case, user=user.pk)


def overseers_of(team: Team) -> QuerySet[User]:
    """Active staff who see when the team's cases are due, and its reports: legal."""
    reports = Q(user_permissions__codename="view_reports") | Q(groups__permissions__codename="view_reports")
    return User.objects.filter(reports, _holds(team, OVERSEE_TEAM), is_active=True).distinct()


def may_take(case: Case) -> QuerySet[User]:
    """Active staff who see the case and may take it: the team's workers unless it is protected, and those it was opened to."""
    direct = Q(pk__in=CaseUserObjectPermission.objects.filter(content_object=case).values("user"))
    direct |= Q(groups__in=CaseGroupObjectPermission.objects.filter(content_object=case).values("group"))
    staff = Q(direct, is_staff=True)
    return User.objects.filter(
        staff if case.protected else staff | _holds(case.team, WORK_TEAM), is_active=True
    ).distinct()


def workers_of(team: Team) -> QuerySet[User]:
    """Active staff who may work the team's cases: those a case can be handed to."""
    return User.objects.filter(_holds(team, WORK_TEAM), is_active=True).distinct()


def _holds(team: Team, permission: str) -> Q:
    """A condition on users: who has the permission on the team, by name or by a group."""
    here = {
        "object_pk": str(team.pk),
        "permission__codename": permission,
        "permission__content_type": ContentType.objects.get_for_model(Team),
    }
    by_name = UserObjectPermission.objects.filter(**here).values("user")
    return Q(pk__in=by_name) | Q(groups__in=GroupObjectPermission.objects.filter(**here).values("group"))
