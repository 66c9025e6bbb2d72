"""A name of one and the number of another: nothing of the other is handed out unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, IdentifierKind, KnownPerson
from requests_app.domain.channels import Capacity
from requests_app.domain.records import Kind
from requests_app.domain.rights import Channel
from requests_app.models import Event, System, SystemVersion
from requests_app.services import intake, look_up, mandates, other_person, review
from requests_app.services.audit import PERSON, Actor
from requests_app.services.people import Contact, Login
from requests_app.services.representation import Acting
from tests.services.fakes import Scripted
from tests.world import PERSONNUMMER, World, make_world, put_records, record

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.models import Case

pytestmark = pytest.mark.django_db


class Customers(Scripted):
    """A customer system that knows whose a number is."""

    finds_people_by = frozenset(look_up.KINDS)
    answer: tuple[KnownPerson, ...] | Exception = ()

    def find_people(self, search: Any) -> tuple[KnownPerson, ...]:
        """What is set."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def world(var: Path) -> World:
    return make_world()


@pytest.fixture
def customers(world: World, monkeypatch: pytest.MonkeyPatch) -> Customers:
    made, real = Customers("customers", look_up.KINDS), registry.get
    monkeypatch.setattr(registry, "get", lambda key: made if key == made.key else real(key))
    monkeypatch.setattr(registry, "finders", lambda: {made.key: made})
    system = System.objects.create(key="kunder", name_sv="Kundsystemet", name_en="Customers", needs_personnummer=True)
    SystemVersion.objects.create(system=system, n=1, connector=made.key)
    return made


@pytest.fixture
def case(world: World) -> Case:
    """Charlie gave Mattias' name and the number of somebody else."""
    request = intake.Request(
        channel=Channel.PORTAL,
        rights={"access": ""},
        received_at=timezone.now(),
        name="Mattias Nyström",
        identifiers=((IdentifierKind.PERSONNUMMER, PERSONNUMMER, "request"),),
        login=Login("https://login.example.se", "charlie"),
        acting=Acting(capacity=Capacity.PROXY, name="Charlie Ek", contact=Contact()),
    )
    return intake.open_case(actor=PERSON, request=request).case


def may_act(world: World, case: Case, **options: bool) -> None:
    mandates.answer(actor=Actor.staff(world.karin), case=case, may=True, proof="document", note="Seen", **options)
    case.refresh_from_db()


def test_another_name_in_the_customer_system_is_said_before_anything_is_gathered(
    world: World, case: Case, customers: Customers
) -> None:
    customers.answer = (KnownPerson("4711", "Lars-Olof Bengtsson"),)
    with pytest.raises(ValidationError, match="Lars-Olof Bengtsson") as refused:
        may_act(world, case)
    case.refresh_from_db()
    assert (refused.value.code, case.state) == (other_person.CODE, "registered")
    assert Event.objects.filter(kind="person.looked_up", case_ref=case.ref).count() == 1
    may_act(world, case, same_person=True)
    assert case.state == "gathering"
    assert Event.objects.filter(kind="representation.same_person", case_ref=case.ref).count() == 1


@pytest.mark.parametrize(
    "answer",
    [
        (),
        (KnownPerson("1", "Nyström, Mattias Per"),),
        (KnownPerson("1", protected=True),),
        ConnectorError(Fault.TIMEOUT),
    ],
)
def test_the_same_name_or_none_holds_nothing_up(world: World, case: Case, customers: Customers, answer: Any) -> None:
    customers.answer = answer
    may_act(world, case)
    assert case.state == "gathering"


def test_another_name_in_what_was_gathered_holds_the_review(world: World, case: Case) -> None:
    may_act(world, case)
    person = record("kund", Kind.FACTS, firstName="Lars-Olof", lastName="Bengtsson")
    put_records(case, "fakturering", [person])
    put_records(case, "arkiv", [])
    with pytest.raises(ValidationError, match="Fakturering") as refused:
        review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    case.refresh_from_db()
    assert (refused.value.code, case.state) == (other_person.CODE, "review")
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True, same_person=True)
    case.refresh_from_db()
    assert case.state == "deciding"
