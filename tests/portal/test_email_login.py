"""Logging in with a link to an e-mail address: what it gives away (nothing), how long it lives, and all that it does not open."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel, ContactBasis, IdentityMethod, Outcome, Way
from requests_app.models import Case, Event, IdentityCheck, OneTimeLink, OutgoingMail, Throttle, User
from requests_app.services import (
    actions,
    cases,
    collection,
    contacts,
    decisions,
    delivery,
    email_login,
    gathering,
    mail_sending,
    one_time,
    people,
)
from requests_app.services.audit import PERSON, Actor
from requests_app.services.contacts import Reach
from requests_app.services.intake import Request, open_case
from requests_app.services.people import Contact, Login
from tests.portal.world import ANNA, Customer
from tests.services.fakes import derived, page

if TYPE_CHECKING:
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db
ADDRESS = "eva.berg@example.se"


@pytest.fixture(autouse=True)
def outbox(settings: Any, tmp_path: Path) -> Path:
    """Mail as files of this test's own."""
    settings.DEMO = False
    settings.EMAIL_BACKEND = "requests_app.services.outbox.OutboxBackend"
    settings.MAIL_OUTBOX = tmp_path / "outbox"
    return Path(settings.MAIL_OUTBOX)


def ask(address: str = ADDRESS, **headers: str) -> Customer:
    """Somebody asks for a link."""
    customer = Customer()
    customer.client.defaults.update(headers)
    customer.get("email_login")
    customer.send(email=address)
    return customer


def link_of(outbox: Path) -> str:
    """Send the newest mail, and the address of the link in it."""
    row = OutgoingMail.objects.latest("pk")
    mail_sending.run(row.pk)
    text = (outbox / f"{row.ref}.eml").read_text()
    (found,) = re.findall(r"(/logga-in/lank/\S+/)", text)
    return str(found)


def logged_in(outbox: Path, address: str = ADDRESS) -> Customer:
    """Somebody who has opened the link."""
    customer = ask(address)
    customer.get(link_of(outbox))
    customer.send()
    return customer


# --- the link ------------------------------------------------------------------------------------------------------------------


def test_a_link_logs_in_once(world: World, outbox: Path) -> None:
    users = User.objects.count()
    customer = ask("Eva.Berg@Example.se ")
    assert customer.path == "/logga-in/e-post/skickat/"
    link = link_of(outbox)
    for _ in range(2):  # programs that guard mailboxes open links
        customer.get(link)
        assert f"You log in with the e-mail address {ADDRESS}." in customer.page.text
    customer.send()
    assert customer.path == "/" and f"You are logged in as {ADDRESS}." in customer.page.text
    other = Customer()
    other.get(link)
    assert other.response.status_code == 410 and "can no longer be used" in other.page.text
    assert User.objects.count() == users and Event.objects.filter(kind="login.succeeded").count() == 1


def test_the_button_pressed_twice_logs_in_once(world: World, outbox: Path) -> None:
    customer, other = ask(), Customer()
    link = link_of(outbox)
    for browser in (customer, other):
        browser.get(link)
    customer.send()
    other.send()
    assert other.response.status_code == 410 and Event.objects.filter(kind="login.succeeded").count() == 1


def test_a_link_lives_for_half_an_hour(world: World, outbox: Path) -> None:
    customer = ask()
    link = link_of(outbox)
    customer.get(link)
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    customer.send()
    assert customer.response.status_code == 410
    assert customer.get(link) and customer.response.status_code == 410
    assert customer.get("/logga-in/lank/made-up/") and customer.response.status_code == 410


def test_a_link_can_be_opened_in_another_browser_and_leads_to_where_one_was_going(world: World, outbox: Path) -> None:
    asking = Customer()
    asking.get("email_login", query="?next=/begaran/ny/")
    asking.send(email=ADDRESS)
    other = Customer()
    other.get(link_of(outbox))
    other.send()
    assert other.path == "/begaran/ny/"


def test_the_answer_is_the_same_for_everybody(world: World, outbox: Path) -> None:
    known = logged_in(outbox)
    known.file("access")
    pages = [ask(address).response.content for address in (ADDRESS, "nobody@example.se")]
    without = [re.sub(rb'value="[^"]*"', b"", content) for content in pages]
    assert without[0] == without[1]
    assert OutgoingMail.objects.filter(kind="login").count() == 3


def test_the_mail_holds_the_link_and_nothing_else(world: World, outbox: Path) -> None:
    logged_in(outbox).file("access")
    ask()
    link = link_of(outbox)
    (text,) = [path.read_text() for path in outbox.iterdir() if link in path.read_text()]
    for secret in ("DSR-", "Eva", ANNA[0]):
        assert secret not in text.partition("\n\n")[2]
    row = OutgoingMail.objects.latest("pk")
    assert row.case is None and row.params == {}
    kept = b"".join(bytes(item.to_enc or b"") for item in OutgoingMail.objects.all())
    assert ADDRESS.encode() not in kept and link.split("/")[3].encode() not in kept
    assert ADDRESS.encode() not in bytes(OneTimeLink.objects.latest("pk").email_enc)


@pytest.mark.parametrize("address", ["", "eva", "eva@", "a@b.se\nBcc: x@example.se", f"{'a' * 250}@example.se"])
def test_what_is_no_address_is_told_at_the_field(world: World, address: str) -> None:
    customer = ask(address)
    assert "id_email_error" in customer.page.ids and customer.page.title.startswith("Error:")
    assert not OneTimeLink.objects.exists()


def test_one_address_is_written_to_a_few_times_an_hour_and_nobody_is_told(world: World) -> None:
    paths = {ask().path for _ in range(one_time.TO_ADDRESS_FROM_NETWORK + 2)}
    assert paths == {"/logga-in/e-post/skickat/"}
    assert OutgoingMail.objects.count() == OneTimeLink.objects.count() == one_time.TO_ADDRESS_FROM_NETWORK


def wanted(network: str, times: int = 1) -> int:
    """How many mails leave when one network asks for the address so many times."""
    before = OneTimeLink.objects.count()
    for _ in range(times):
        email_login.ask(address=ADDRESS, network=network, language="sv")
    return OneTimeLink.objects.count() - before


def test_who_knows_an_address_cannot_lock_its_owner_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = timezone.now().replace(hour=12, minute=0)  # so that no hour and no day ends meanwhile
    monkeypatch.setattr(timezone, "now", lambda: noon)
    assert wanted("192.0.2.0/24", 12) == 4
    assert wanted("198.51.100.0/24") == 1
    monkeypatch.setattr(one_time, "HOUR", 7)  # other hours of the same day
    monkeypatch.setattr(one_time, "TO_ADDRESS_FROM_NETWORK", 30)
    assert wanted("192.0.2.0/24", 12) == 4 and wanted("198.51.100.0/24") == 1
    assert sum(wanted(f"203.0.113.{number}/24") for number in range(30)) == one_time.TO_ADDRESS - 10


def test_one_network_may_ask_so_often_and_no_more(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_time, "PER_NETWORK", 2)
    for number in range(2):
        ask(f"a{number}@example.se", REMOTE_ADDR=f"192.0.2.{number}")
    refused = ask("b@example.se", REMOTE_ADDR="192.0.2.200")
    assert refused.response.status_code == 429 and int(refused.response["Retry-After"]) > 0
    assert "from your network" in refused.page.text
    assert ask("b@example.se", REMOTE_ADDR="198.51.100.1").path == "/logga-in/e-post/skickat/"
    settings.BEHIND_PROXY = True  # what the client itself writes in the header does not count
    claimed = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9, 192.0.2.7"}
    assert ask("c@example.se", **claimed).response.status_code == 429
    assert all(len(bytes(row.mac)) == 32 for row in Throttle.objects.all())


def test_a_mail_that_could_not_leave_in_time_does_not_leave(world: World, outbox: Path) -> None:
    ask()
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(minutes=31))
    mail_sending.run(OutgoingMail.objects.get().pk)
    row = OutgoingMail.objects.get()
    assert (row.state, row.fault) == (OutgoingMail.FAILED, "expired") and not outbox.exists()


def test_links_and_their_mails_go_after_a_day(world: World) -> None:
    ask()
    assert one_time.sweep() == 0
    long_ago = timezone.now() - timedelta(days=2)
    OneTimeLink.objects.update(expires_at=long_ago)
    OutgoingMail.objects.update(created_at=long_ago)
    assert one_time.sweep() == 1
    assert not OneTimeLink.objects.exists() and not OutgoingMail.objects.exists()


# --- what it opens -------------------------------------------------------------------------------------------------------------


def filed(world: World, *typed: tuple[IdentifierKind, str, str], rights: Any = None, **more: Any) -> Case:
    """A case filed by link, with what else was typed in it."""
    request = Request(
        channel=Channel.PORTAL,
        rights=rights or {"access": ""},
        received_at=timezone.now(),
        name=ANNA[0],
        contact=Contact(email=ADDRESS),
        identifiers=((IdentifierKind.EMAIL, ADDRESS, "login"), *typed),
        login=Login("email", ADDRESS),
        login_level="email",
        **more,
    )
    return open_case(actor=PERSON, request=request).case


@pytest.fixture
def two(world: World) -> World:
    """One system that is searched by address, which gives a number away, and one that is searched by number."""
    world.add("brev", IdentifierKind.EMAIL)
    world.script("brev", page(0, 5, last=True, derived=(derived(IdentifierKind.PERSONNUMMER, ANNA[1], strong=True),)))
    return world


def gather(case: Case) -> None:
    """Let the workers do what is due."""
    for _ in range(3):
        for row in case.collections.filter(current=True, state="pending"):
            collection.run(row.pk)
    case.refresh_from_db()


def test_the_portal_files_with_the_address_and_nothing_more(two: World, outbox: Path) -> None:
    customer = logged_in(outbox)
    customer.get("what")
    page = customer.fill("access", name=ANNA[0])
    assert ADDRESS in page.text
    customer.send()
    case = Case.objects.get()
    (identifier,) = people.subject_of(case).identifiers.all()
    assert (identifier.kind, identifier.source, identifier.usable) == ("email", "login", True)
    check = IdentityCheck.objects.get(case=case)
    assert check.method == IdentityMethod.EMAIL.value
    gather(case)
    assert [search.identifiers[0].value for search in two.connectors["brev"].searches] == [ADDRESS]
    assert two.connectors["alfa"].searches == []


def test_a_link_says_nothing_of_who_one_is_and_offers_no_post(two: World, outbox: Path) -> None:
    customer = logged_in(outbox)
    customer.get("what")
    customer.choose("access")
    page = customer.send()
    assert "not who you are" in page.text and "we already know who you are" not in page.text
    assert 'value="post"' not in customer.response.content.decode()


def test_a_mailbox_that_acts_for_another_is_offered_post_alone(two: World, outbox: Path) -> None:
    page = logged_in(outbox).fill("access", whom="other", capacity="proxy", person_name="Märta Lindqvist", name="Anna")
    assert "By post, once we have seen that you may act" in page.text and "after login" not in page.text


def test_somebody_elses_number_typed_by_who_logged_in_by_link_is_not_searched_by(two: World) -> None:
    case = filed(
        two, (IdentifierKind.PERSONNUMMER, ANNA[1], "request"), (IdentifierKind.EMAIL, "anna@example.se", "request")
    )
    gather(case)
    assert two.connectors["alfa"].searches == []
    assert [len(search.identifiers) for search in two.connectors["brev"].searches] == [1]
    weak = people.subject_of(case).identifiers.exclude(source="login")
    assert weak.count() == 2 and not any(item.usable for item in weak)


@pytest.mark.parametrize(
    "claimed", [(IdentifierKind.PERSONNUMMER, ANNA[1], "login"), (IdentifierKind.EMAIL, "anna@example.se", "login")]
)
def test_a_link_vouches_for_its_own_address_alone(two: World, claimed: tuple[IdentifierKind, str, str]) -> None:
    case = filed(two, claimed)
    assert [item.source for item in people.subject_of(case).identifiers.filter(strength="strong")] == ["login"]
    other = people.subject_of(case).identifiers.get(strength="weak")
    assert other.source == "request" and not other.usable


def test_an_eid_vouches_for_no_address(two: World) -> None:
    request = Request(
        channel=Channel.PORTAL,
        rights={"access": ""},
        received_at=timezone.now(),
        name=ANNA[0],
        identifiers=((IdentifierKind.EMAIL, ADDRESS, "login"),),
        login=Login("https://eid.example.se", "anna"),
    )
    case = open_case(actor=PERSON, request=request).case
    assert people.mail_login(case) is None
    assert not people.subject_of(case).identifiers.get().usable


def test_what_a_system_tells_about_the_address_is_not_searched_by_either(two: World) -> None:
    case = filed(two)
    gather(case)
    found = people.subject_of(case).identifiers.get(kind="personnummer")
    assert found.source == "brev" and not found.usable
    assert two.connectors["alfa"].searches == []


def test_staff_cannot_confirm_what_was_typed_before_it_is_known_who_asks(two: World) -> None:
    case = filed(two, (IdentifierKind.PERSONNUMMER, ANNA[1], "request"))
    actor, weak = Actor.staff(two.user), people.subject_of(case).identifiers.filter(kind="personnummer")
    with pytest.raises(ValidationError, match="bara en e-postadress"):
        gathering.decide_identifiers(actor=actor, case=case, confirmed=weak, rejected=[])
    made = gathering.add_identifier(actor=actor, case=case, kind=IdentifierKind.PERSONNUMMER, value="19900118-9811")
    assert not made.usable
    cases.confirm_identity(actor=actor, case=case, method=IdentityMethod.CALL_BACK)
    gathering.decide_identifiers(actor=actor, case=case, confirmed=weak, rejected=[made])
    gather(case)
    assert [item.value for search in two.connectors["alfa"].searches for item in search.identifiers] == [ANNA[1]]


@pytest.mark.parametrize("method", [IdentityMethod.EID, IdentityMethod.EMAIL])
def test_staff_cannot_say_that_somebody_logged_in(two: World, method: IdentityMethod) -> None:
    with pytest.raises(ValidationError):
        cases.confirm_identity(actor=Actor.staff(two.user), case=filed(two), method=method)


def test_the_portal_and_the_mailbox_open_only_what_the_address_found(two: World) -> None:
    case = filed(two)
    gather(case)
    portal = contacts.route(case, way=Way.PORTAL)
    mailbox = contacts.route(case, way=Way.EMAIL, address=ADDRESS)
    for to in (portal, mailbox):
        assert to.basis is ContactBasis.LOGIN
        assert contacts.may_receive(case, to.way, to.basis) is Reach.ADDRESS_ONLY
        assert not contacts.goes_beyond(case, to)
    elsewhere = contacts.route(case, way=Way.EMAIL, address="anna@example.se")
    assert contacts.may_receive(case, Way.EMAIL, elsewhere.basis) is Reach.SECOND_PERSON
    case.collections.filter(system__key="brev").update(searched_by=["email", "personnummer"])
    assert contacts.goes_beyond(case, portal) and contacts.goes_beyond(case, mailbox)
    case.collections.filter(system__key="brev").update(searched_by=["person"])
    assert contacts.goes_beyond(case, portal)


def test_what_else_was_found_once_the_person_is_known_needs_a_second_persons_word(two: World) -> None:
    case = filed(two, (IdentifierKind.PERSONNUMMER, ANNA[1], "request"))
    actor = Actor.staff(two.user)
    cases.confirm_identity(actor=actor, case=case, method=IdentityMethod.CALL_BACK)
    number = people.subject_of(case).identifiers.filter(kind="personnummer")
    gathering.decide_identifiers(actor=actor, case=case, confirmed=number, rejected=[])
    gather(case)
    for to in (contacts.route(case, way=Way.PORTAL), contacts.route(case, way=Way.EMAIL, address=ADDRESS)):
        assert contacts.missing(case, to)
    assert delivery.released_to(case) == []


@pytest.mark.parametrize("right", ["erasure", "rectification", "restriction"])
def test_nothing_is_changed_on_the_word_of_a_mailbox(two: World, right: str) -> None:
    case = filed(two, rights={right: "Allt om mig"})
    assert case.state == "registered"  # staff makes sure who asks first
    combined = filed(two, rights={"access": "", right: "Allt om mig"}, external_key="x")
    assert combined.state == "gathering"
    Case.objects.filter(pk=combined.pk).update(state="deciding")
    with pytest.raises(ValidationError) as raised:
        decisions.decide(
            actor=Actor.staff(two.user), case=combined, right=right, outcome=Outcome.GRANTED.value, reasons="Ja"
        )
    assert list(raised.value.error_dict) == ["outcome"]


def test_advertising_stops_on_the_word_of_a_mailbox(two: World) -> None:
    case = filed(two, rights={"consent_withdrawal": ""})
    assert case.state == "deciding" and not actions.changes_data(case, "consent_withdrawal")


def test_a_link_to_an_address_does_not_open_what_an_eid_filed(two: World, outbox: Path) -> None:
    case = two.open(personnummer=ANNA[1])
    customer = logged_in(outbox)
    assert "You have no requests yet." in customer.get("start").text
    customer.get("case", case.ref)
    assert customer.response.status_code == 404
