"""Looking a person up while registering: quick, logged, nothing lost, and nothing told about cases."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from django.utils.translation import gettext

from requests_app.admin.looking_up_differences import differences
from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, IdentifierKind, KnownPerson
from requests_app.models import Case, Event, EventPayload, System, SystemVersion
from requests_app.services import access, look_up
from requests_app.services.audit import Actor
from tests.admin.test_registering import PAGE, sent
from tests.services.fakes import Scripted
from tests.world import PERSONNUMMER

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.connectors.base import Search
    from requests_app.models import User
    from tests.world import World

EVA = KnownPerson(
    "4711", "Eva Ek", date(1990, 1, 18), ("eva@example.se",), ("+46701740605",), address="Storgatan 1\n302 43 Halmstad"
)
ADAM = KnownPerson("4712", "Adam Ek", date(1988, 5, 3), ("eva@example.se",))

NO_NUMBER = (
    "This is not a Swedish personal identity number or coordination number. "
    "Write it as YYYYMMDD-NNNN and check the last digit."
)
SILENT = "%(system)s does not answer right now. Enter the person by hand, or try again in a while."
BROKEN = "%(system)s cannot be asked: an administrator must look at its connection. Enter the person by hand."
NOBODY = "Nobody was found with that %s. Check what was typed, or enter the person by hand."
FIRST = "Write a personal identity number, a customer number, an e-mail address or a telephone number first."
PROTECTED = "Nothing but the number is filled in. The case is protected. Tell a coordinator at once."
MORE = "More fit than can be shown. Look up by a personal identity number or a customer number, or choose."


class Customers(Scripted):
    """A customer system that says who is meant."""

    finds_people_by = frozenset(look_up.KINDS)

    def __init__(self) -> None:
        super().__init__("customers", self.finds_people_by)
        self.answer: tuple[KnownPerson, ...] | Exception = (EVA,)

    def find_people(self, search: Search) -> tuple[KnownPerson, ...]:
        """What is set; nobody but who has the number when that is asked for."""
        self.searches.append(search)
        if isinstance(self.answer, Exception):
            raise self.answer
        (asked,) = search.identifiers
        by_number = asked.kind is IdentifierKind.CUSTOMER_NO
        return tuple(one for one in self.answer if not by_number or one.customer_no == asked.value)


@pytest.fixture
def customers(world: World, monkeypatch: pytest.MonkeyPatch) -> Customers:
    """The customer system, registered beside the others."""
    made, real = Customers(), registry.get
    monkeypatch.setattr(registry, "get", lambda key: made if key == made.key else real(key))
    monkeypatch.setattr(registry, "finders", lambda: {made.key: made})
    system = System.objects.create(key="kunder", name_sv="Kundsystemet", name_en="Customers", needs_personnummer=True)
    SystemVersion.objects.create(system=system, n=1, connector=made.key)
    return made


def asked(**typed: Any) -> dict[str, Any]:
    return sent(**{"name": "", "look_up": "", **typed})


def in_swedish(text: str) -> str:
    """The page's own words for it."""
    with translation.override("sv"):
        return gettext(text)


def values(page: Any) -> dict[str, Any]:
    form = page.context["form"]
    return {name: form[name].value() for name in ("name", "customer_no", "email", "phone")}


def test_it_fills_in_what_was_empty_and_keeps_what_was_typed(
    world: World, browse: Callable[[User], Client], customers: Customers
) -> None:
    typed = {"channel": "visit", "rights": ["erasure"], "details_erasure": "Allt <b>", "phone": "0340-12 34 56"}
    scan = SimpleUploadedFile("brev.pdf", b"%PDF-1.7")
    sent_in = asked(personnummer=PERSONNUMMER, files=[scan], acting_name="Bo", look_up="4711", **typed)
    page = browse(world.sven).post(PAGE, sent_in)
    assert page.status_code == 200 and not Case.objects.exists()
    known = {"name": "Eva Ek", "customer_no": "4711", "email": "eva@example.se"}
    assert values(page) == {**known, "phone": "0340-12 34 56"}
    form, text = page.context["form"], page.content.decode()
    assert (form["channel"].value(), form["rights"].value(), form["details_erasure"].value()) == (
        "visit",
        ["erasure"],
        "Allt <b>",
    )
    assert (form["token"].value(), form["acting_name"].value()) == ("t1", "Bo") and form.acting_open
    assert "brev.pdf" in text and "18 jan 1990" in text and text.count("autofocus") == 1
    assert not form.errors


def test_each_look_up_is_logged_with_the_kind_alone(
    world: World, browse: Callable[[User], Client], customers: Customers
) -> None:
    browse(world.sven).post(PAGE, asked(email="eva@example.se"))
    event = Event.objects.get(kind="person.looked_up")
    payload = EventPayload.objects.get(seq=event.seq)
    assert payload.open == {"kind": "email", "found": 1} and not payload.enc
    assert event.actor_ref.startswith(f"user:{world.sven.pk}:") and event.case_ref == ""


def test_it_tells_the_same_whether_or_not_there_are_cases(
    world: World, browse: Callable[[User], Client], customers: Customers
) -> None:
    def said() -> Any:
        page = browse(world.sven).post(PAGE, asked(personnummer=PERSONNUMMER))
        return page.context["looked"], values(page)

    before = said()
    browse(world.karin).post(PAGE, sent(personnummer=PERSONNUMMER))
    assert Case.objects.exists() and said() == before


def test_of_several_one_is_chosen(world: World, browse: Callable[[User], Client], customers: Customers) -> None:
    customers.answer = (EVA, ADAM)
    page = browse(world.sven).post(PAGE, asked(email="eva@example.se"))
    assert [number for number, _words in page.context["looked"].choices] == ["4711", "4712"]
    assert values(page)["name"] == "" and "eva@example.se" not in str(page.context["looked"])
    page = browse(world.sven).post(PAGE, asked(email="eva@example.se", look_up="4712"))
    assert (values(page)["name"], values(page)["customer_no"]) == ("Adam Ek", "4712")


def test_by_telephone_the_postal_address_is_filled_in_too_and_makes_room_for_the_next(
    world: World, browse: Callable[[User], Client], customers: Customers
) -> None:
    sven = browse(world.sven)
    form = sven.post(PAGE, asked(phone="070-174 06 05")).context["form"]
    assert customers.searches[0].identifiers[0].kind is IdentifierKind.PHONE
    assert (form["name"].value(), form["address"].value()) == ("Eva Ek", EVA.address)

    customers.answer = (EVA, ADAM)
    posted = {"address": EVA.address.replace("\n", "\r\n"), "filled": form["filled"].value(), "look_up": "4712"}
    assert sven.post(PAGE, asked(**posted)).context["form"]["address"].value() == ""


def test_what_a_look_up_filled_in_makes_room_for_the_next(
    world: World, browse: Callable[[User], Client], customers: Customers
) -> None:
    customers.answer = (EVA, ADAM)
    first = browse(world.sven).post(PAGE, asked(email="eva@example.se", look_up="4711"))
    kept = {"filled": first.context["form"]["filled"].value(), **values(first)}
    second = browse(world.sven).post(PAGE, asked(**{**kept, "phone": "070-174 06 06", "look_up": "4712"}))
    assert values(second) == {**values(first), "name": "Adam Ek", "customer_no": "4712", "phone": "070-174 06 06"}


@pytest.mark.parametrize("filled", ["", "[]", "{", '{"token": "t1"}', '{"name": 5}'])
def test_a_tampered_memory_of_the_last_look_up_does_no_harm(
    world: World, browse: Callable[[User], Client], customers: Customers, filled: str
) -> None:
    page = browse(world.sven).post(PAGE, asked(personnummer=PERSONNUMMER, filled=filled))
    assert values(page)["name"] == "Eva Ek" and page.context["form"]["token"].value() == "t1"


@pytest.mark.parametrize(
    ("answer", "typed", "said"),
    [
        ((), {"customer_no": "9"}, NOBODY % "customer number"),
        ((), {"personnummer": PERSONNUMMER}, NOBODY % "personal identity number"),
        ((), {"email": "a@example.se"}, NOBODY % "e-mail address"),
        ((), {"phone": "070-174 06 05"}, NOBODY % "telephone number"),
        ((EVA,), {}, FIRST),
        ((EVA,), {"personnummer": "19900118-9812"}, NO_NUMBER),
        (ConnectorError(Fault.TIMEOUT), {"customer_no": "4711"}, SILENT),
        (ConnectorError(Fault.AUTH_REFUSED), {"customer_no": "4711"}, BROKEN),
        (KeyError("4711"), {"customer_no": "4711"}, BROKEN),
        ((KnownPerson("4713", protected=True),), {"customer_no": "4713"}, PROTECTED),
        (tuple(KnownPerson(f"{n}") for n in range(9)), {"email": "a@example.se"}, MORE),
    ],
)
def test_it_says_what_came_of_it(
    world: World, browse: Callable[[User], Client], customers: Customers, answer: Any, typed: dict[str, str], said: str
) -> None:
    customers.answer = answer
    page = browse(world.sven).post(PAGE, asked(**typed))
    assert page.status_code == 200 and in_swedish(said) % {"system": "Kundsystemet"} in page.context["looked"].said
    assert len(page.context["looked"].choices) in {0, look_up.MOST}
    assert all(page.context["form"][name].value() == value for name, value in typed.items())


def test_it_is_counted_for_each_member_of_staff(
    world: World, browse: Callable[[User], Client], customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_up, "AN_HOUR", 1)
    sven = browse(world.sven)
    sven.post(PAGE, asked(customer_no="4711"))
    refused = sven.post(PAGE, asked(customer_no="4711"))
    assert len(refused.context["looked"].said) == 1 and values(refused)["name"] == ""
    assert len(customers.searches) == 1
    assert look_up.look_up(actor=Actor.staff(world.karin), kind=IdentifierKind.CUSTOMER_NO, text="4711").found == (EVA,)


def test_it_is_bounded_in_time(world: World, customers: Customers) -> None:
    look_up.look_up(actor=Actor.staff(world.sven), kind=IdentifierKind.CUSTOMER_NO, text="4711")
    (search,) = customers.searches
    assert search.limits.attempts == 1 and search.limits.connect_timeout + search.limits.read_timeout <= 6
    late = look_up._until(0.0)
    with pytest.raises(ConnectorError) as ended:
        late()
    assert ended.value.fault is Fault.TIMEOUT
    search.heartbeat()


def test_a_system_gets_no_personnummer_that_its_register_entry_does_not_require(
    world: World, browse: Callable[[User], Client], customers: Customers
) -> None:
    System.objects.filter(key="kunder").update(needs_personnummer=False)
    page = browse(world.sven).post(PAGE, asked(personnummer=PERSONNUMMER))
    said = in_swedish("The customer system cannot be asked by this. Look up by something else.")
    assert page.context["looked"].said == (said,) and not customers.searches


def test_it_is_for_who_registers_and_not_offered_without_a_system_to_ask(
    world: World, browse: Callable[[User], Client]
) -> None:
    assert browse(world.lena).post(PAGE, asked(customer_no="4711")).status_code == 403
    assert 'name="look_up"' not in browse(world.sven).get(PAGE).content.decode()
    page = browse(world.sven).post(PAGE, asked(customer_no="4711"))
    assert page.status_code == 200 and not Event.objects.filter(kind="person.looked_up").exists()


@pytest.mark.parametrize(
    ("field", "text", "differs"),
    [
        ("email", "annan@example.se", True),
        ("email", " EVA@Example.se", False),
        ("phone", "070-174 06 06", True),
        ("phone", "070-174 06 05", False),
        ("name", "Adam Berg", True),
        ("name", "eva maria EK", False),
        ("personnummer", "19900118-9811", False),
    ],
)
def test_it_warns_of_what_was_typed_of_somebody_else_and_fills_in_nothing_unasked(
    world: World, browse: Callable[[User], Client], customers: Customers, field: str, text: str, differs: bool
) -> None:
    sven, typed = browse(world.sven), {"customer_no": "4711", field: text}
    page = sven.post(PAGE, asked(**typed))
    looked, held = page.context["looked"], {**values(page)}
    assert (len(looked.warned) == 1) is differs
    if differs:
        assert held == {"name": "", "customer_no": "4711", "email": "", "phone": "", field: text}
        assert looked.warned[0] in page.content.decode() and "eva@example.se" not in page.content.decode()
        page = sven.post(PAGE, asked(**{**typed, "look_up": looked.choices[0][0]}))
        assert page.context["looked"].warned == looked.warned and values(page)[field] == text
        assert values(page)["phone"] and values(page)["email"]


def test_a_number_that_does_not_fit_the_birth_date_is_said() -> None:
    assert not differences(EVA, {"personnummer": PERSONNUMMER, "customer_no": "4711"})
    assert len(differences(ADAM, {"personnummer": PERSONNUMMER, "customer_no": "4711"})) == 2


@pytest.mark.parametrize("who", ["sven", "karin"])
def test_the_case_of_a_protected_person_is_protected_by_itself_and_kept_in_sight(
    world: World, browse: Callable[[User], Client], customers: Customers, who: str
) -> None:
    customers.answer = (KnownPerson("4713", protected=True),)
    client = browse(getattr(world, who))
    page = client.post(PAGE, asked(customer_no="4713"))
    form = page.context["form"]
    kept = {name: form[name].value() for name in ("filled", "protected", "customer_no")}
    silent = client.post(PAGE, asked(**{**kept, "customer_no": "9"}))  # nobody found: what was found still holds
    assert form["protected"].value() and silent.context["form"]["protected"].value()

    assert client.post(PAGE, sent(**kept)).status_code == 302
    case = Case.objects.get()
    assert case.protected and case in access.cases_visible_to(world.karin)
    assert case not in access.cases_visible_to(world.sven)


def test_another_person_looked_up_afterwards_is_not_protected(
    world: World, browse: Callable[[User], Client], customers: Customers
) -> None:
    customers.answer = (KnownPerson("4713", protected=True), EVA)
    sven = browse(world.sven)
    form = sven.post(PAGE, asked(customer_no="4713")).context["form"]
    page = sven.post(PAGE, asked(customer_no="4711", filled=form["filled"].value(), protected="True"))
    assert not page.context["form"]["protected"].value() and values(page)["name"] == "Eva Ek"
