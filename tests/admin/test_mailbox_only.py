"""A case of which only a mailbox says who asked: what the coordinator is told before an answer that cannot leave is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from requests_app.admin.case_context import steps
from requests_app.admin.desk import Desk
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel, IdentityMethod, Way
from requests_app.models import Collection
from requests_app.services import cases, contacts, decisions, delivery, gathering, intake
from requests_app.services.audit import PERSON, SYSTEM, unit
from requests_app.services.moves import lock
from requests_app.services.people import EMAIL_ISSUER, Login
from tests.services.sending_world import HOME, as_, finish, make_documents
from tests.world import World, put_records, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User

pytestmark = pytest.mark.django_db
ADDRESS = "eva.berg@example.se"


@pytest.fixture
def case(world: World) -> Case:
    """A case filed by one-time link; the owner of one system has answered, the other system held nothing."""
    made = intake.open_case(
        actor=PERSON,
        request=intake.Request(
            channel=Channel.PORTAL,
            rights={"access": ""},
            received_at=timezone.now(),
            name="Eva Berg",
            identifiers=((IdentifierKind.EMAIL, ADDRESS, "login"),),
            login=Login(EMAIL_ISSUER, ADDRESS),
        ),
    ).case
    put_records(made, "arkiv", [])
    with unit(SYSTEM) as work:
        row = Collection.objects.select_related("case", "system", "system_version").get(system__key="fakturering")
        gathering.answer(work, lock(made), row, [record("fakturor", nummer="F-1")], ["0" * 64])
    made.refresh_from_db()
    return made


def granted(world: World, case: Case) -> Case:
    """The same case with its answer made."""
    finish(world, case)
    decisions.decide(actor=as_(world.karin), case=case, right="access", outcome="granted")
    make_documents(case)
    case.refresh_from_db()
    return case


@pytest.mark.parametrize(("way", "where"), [(Way.PORTAL, {}), (Way.EMAIL, {"address": ADDRESS})])
def test_what_an_owner_found_does_not_leave_to_the_mailbox(
    world: World, case: Case, way: Way, where: delivery.Where
) -> None:
    granted(world, case)
    with pytest.raises(ValidationError, match="Bara mejladressen"):
        delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=way, **where)
    assert not case.rights.filter(dispatched_at__isnull=False).exists()


def test_it_leaves_by_post_to_an_address_held_before(world: World, case: Case) -> None:
    granted(world, case)
    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=Way.POST, **HOME)
    assert case.rights.filter(dispatched_at__isnull=False).exists()


def test_it_leaves_to_the_mailbox_without_the_system_that_was_left_out(world: World, case: Case) -> None:
    row = case.collections.get(system__key="fakturering", current=True)
    gathering.leave_out(actor=as_(world.karin), case=case, row=row, reason="Vi vet inte vem som frågar.")
    assert contacts.beyond_mailbox(case) == []
    granted(world, case)
    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=Way.PORTAL)
    assert case.rights.filter(dispatched_at__isnull=False).exists()


def test_the_page_says_so_in_the_review_the_decision_and_before_sending(
    world: World, case: Case, browse: Callable[[User], Client]
) -> None:
    type(world.karin).objects.filter(pk=world.karin.pk).update(language="en")
    url = f"/admin/requests_app/case/{case.ref}/"

    def notice() -> str:
        return browse(world.karin).get(url).content.decode().partition('id="beyond-mailbox"')[2].partition("</div>")[0]

    assert case.state == "review"
    assert "Only an e-mail address says who asked." in notice() and "Billing" in notice()
    assert "The archive" not in notice() and "Go back to the review first." not in notice()
    finish(world, case)
    assert case.state == "deciding" and "Billing" in notice()
    decisions.decide(actor=as_(world.karin), case=case, right="access", outcome="granted")
    make_documents(case)
    assert "Go back to the review first." in notice()
    cases.confirm_identity(actor=as_(world.karin), case=case, method=IdentityMethod.CALL_BACK)
    assert not notice()


def test_the_steps_say_that_only_the_address_is_confirmed(world: World, case: Case) -> None:
    case.refresh_from_db()
    assert ("Only the e-mail address is confirmed", "partly") in english(world, case)
    cases.confirm_identity(actor=as_(world.karin), case=case, method=IdentityMethod.CALL_BACK)
    assert [state for _label, state in english(world, case)][:2] == ["done", "done"]


def english(world: World, case: Case) -> list[tuple[str, str]]:
    """The steps as they are shown in English."""
    with translation.override("en"):
        return steps(Desk(world.karin, case))
