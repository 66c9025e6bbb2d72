"""An address that somebody logged in by eID wants word at: no mail but one link goes there before the link has been pressed."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from requests_app.domain.channels import MessageChannel
from requests_app.domain.rights import ContactBasis, Way
from requests_app.models import Case, Event, OneTimeLink, OutgoingMail
from requests_app.services import cases, contacts, mail, mail_sending, messages, one_time, people, representation
from requests_app.services.audit import Actor
from requests_app.services.contacts import Reach
from requests_app.services.keys import Vault
from tests.portal.test_acting import filed as filed_for_another
from tests.portal.world import ANNA, CHARLIE, Customer

if TYPE_CHECKING:
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db
ADDRESS = "anna.lindqvist@example.se"
LINK = re.compile(r"/bekrafta-adress/\S+/")


@pytest.fixture(autouse=True)
def outbox(settings: Any, tmp_path: Path) -> Path:
    """Mail as files of this test's own."""
    settings.EMAIL_BACKEND = "requests_app.services.outbox.OutboxBackend"
    settings.MAIL_OUTBOX = tmp_path / "outbox"
    return Path(settings.MAIL_OUTBOX)


def filed(customer: Customer, address: str = ADDRESS) -> Case:
    """A request of who logged in by eID, who writes an address."""
    customer.file("access", email=address)
    return Case.objects.latest("pk")


def link_of() -> str:
    """Where the newest link leads."""
    row = OutgoingMail.objects.filter(kind=mail.ADDRESS).latest("pk")
    return reverse("portal:address_link", args=[mail.secret_of(row)])


def pressed(link: str = "") -> Customer:
    """Somebody with nothing but the mail opens the link and presses the button."""
    browser = Customer()
    browser.get(link or link_of())
    browser.send()
    return browser


def kinds() -> list[str]:
    """The mails to people, in the order they were queued."""
    return list(OutgoingMail.objects.filter(user=None).order_by("pk").values_list("kind", flat=True))


def write(world: World, case: Case) -> None:
    """Staff writes to the person."""
    who, channel = Actor.staff(world.user), MessageChannel.PORTAL
    messages.post(actor=who, case=case, direction=messages.OUT, channel=channel, text="Hej", impersonal=True)


def test_nothing_but_a_link_goes_to_an_address_before_it_is_confirmed(anna: Customer, world: World) -> None:
    case = filed(anna)
    assert f"We have sent a link to {ADDRESS}." in anna.page.text and "sent the number" not in anna.page.text
    write(world, case)
    assert kinds() == ["address"]
    assert f"We have sent a link to {ADDRESS}." in anna.get("case", case.ref).text


def test_the_mail_with_the_link_says_nothing_about_the_person_or_the_case(anna: Customer, outbox: Path) -> None:
    case = filed(anna)
    row = OutgoingMail.objects.get(kind=mail.ADDRESS)
    mail_sending.run(row.pk)
    text = (outbox / f"{row.ref}.eml").read_text()
    assert LINK.search(text) and ADDRESS in text
    assert not any(secret in text for secret in (case.diary_no, case.ref, ANNA[0], ANNA[1][:8]))
    assert row.case is None and row.params == {} and mail.secret_of(row).encode() not in bytes(row.to_enc)


def test_a_pressed_link_brings_the_receipt_and_every_later_word(anna: Customer, world: World) -> None:
    case = filed(anna)
    assert "Your address is confirmed" in pressed().page.text
    assert kinds() == ["address", "receipt"]
    text = anna.get("receipt", case.ref).text
    assert f"We write to {ADDRESS} when something happens." in text and "sent the number and the last day" in text
    write(world, case)
    assert kinds() == ["address", "receipt", "message"]
    assert {mail.address_of(row) for row in OutgoingMail.objects.filter(user=None)} == {ADDRESS}
    said = Event.objects.filter(case_ref=case.ref, kind__startswith="address.").order_by("seq")
    assert [event.kind for event in said] == ["address.asked", "address.confirmed"]


def test_opening_the_link_uses_nothing_up_and_pressing_it_logs_nobody_in(anna: Customer) -> None:
    case, browser = filed(anna), Customer()
    link = link_of()
    for _ in range(2):  # programs that guard mailboxes open links
        assert ADDRESS in browser.get(link).text
    assert kinds() == ["address"]
    page = browser.send()
    assert "Your address is confirmed" in page.text and case.diary_no not in page.text and ANNA[0] not in page.text
    assert browser.get("case", case.ref) and browser.path == "/logga-in/"
    assert pressed_again(link) == 410 and kinds() == ["address", "receipt"]


def pressed_again(link: str) -> int:
    """What the page of a link that is over answers."""
    browser = Customer()
    browser.get(link)
    return browser.response.status_code


def test_a_link_is_good_for_a_week(anna: Customer) -> None:
    case, link = filed(anna), link_of()
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert pressed_again(link) == 410
    assert f"We do not yet know that you read {ADDRESS}" in anna.get("case", case.ref).text
    row = OutgoingMail.objects.get(kind=mail.ADDRESS)
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(days=6))
    assert not one_time.is_late(OutgoingMail.objects.get()) and one_time.sweep() == 0
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(days=8, hours=1))
    mail_sending.run(row.pk)
    row.refresh_from_db()
    assert row.fault == "expired"
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(days=2))
    assert one_time.sweep() == 1 and not OutgoingMail.objects.filter(kind=mail.ADDRESS).exists()


def test_a_changed_address_gets_a_link_of_its_own_and_the_old_link_is_over(anna: Customer) -> None:
    case, old, other = filed(anna, "anna.lindqvist@exmaple.se"), link_of(), ADDRESS
    assert "anna.lindqvist@exmaple.se" in anna.get("address", case.ref).main.fields["email"]
    page = anna.send(email=other)
    assert f"We have sent a link to {other}." in page.text and "exmaple" not in page.text
    assert pressed_again(old) == 410
    pressed()
    assert contacts.held_email(case, Vault(case)) == other
    anna.get("address", case.ref)
    anna.send(email="anna.ny@example.se")  # until the new one is confirmed the old one holds
    assert contacts.held_email(case, Vault(case)) == other
    pressed()
    assert contacts.held_email(case, Vault(case)) == "anna.ny@example.se" and kinds().count("receipt") == 1


def test_links_are_counted_together_with_those_to_log_in(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_time, "HOUR", 10**9)  # so that no hour ends meanwhile
    case = filed(anna)
    for _ in range(one_time.TO_ADDRESS_FROM_NETWORK):
        anna.get("address", case.ref)
        anna.send(email=ADDRESS)
    assert anna.response.status_code == 429 and int(anna.response["Retry-After"]) > 0
    assert kinds() == ["address"] * one_time.TO_ADDRESS_FROM_NETWORK
    assert f"We have sent a link to {ADDRESS}." in anna.get("case", case.ref).text  # the last one that left


def test_a_link_that_could_not_leave_is_not_said_to_have_been_sent(anna: Customer) -> None:
    case = filed(anna)
    OutgoingMail.objects.filter(kind=mail.ADDRESS).update(state=OutgoingMail.BOUNCED)
    assert f"We do not yet know that you read {ADDRESS}" in anna.get("case", case.ref).text


def test_a_confirmed_address_is_none_that_was_held_before_the_request(anna: Customer) -> None:
    case = filed(anna)
    pressed()
    to = contacts.route(case, way=Way.EMAIL, address=ADDRESS)
    assert to.basis is ContactBasis.REQUEST and contacts.missing(case, to)
    assert contacts.may_receive(case, to.way, to.basis) is Reach.SECOND_PERSON
    assert [item.held for item in contacts.proposals(case, Vault(case)) if item.value == ADDRESS] == [False]
    assert not people.subject_of(case).identifiers.get(kind="email").usable


def test_a_protected_case_says_nothing_about_mail_and_sends_none(anna: Customer, world: World) -> None:
    case = filed(anna)
    cases.protect(actor=Actor.staff(world.user), case=case, protected=True)
    pressed()
    assert kinds() == ["address"]
    assert ADDRESS not in anna.get("case", case.ref).text
    assert anna.get("address", case.ref) and anna.response.status_code == 404


def test_who_acts_for_another_is_written_to_at_a_confirmed_address_and_still_reaches_the_portal(anna: Customer) -> None:
    case = filed_for_another(anna)
    assert contacts.held_email(case, Vault(case)) == ""
    pressed()
    assert contacts.held_email(case, Vault(case)) == ADDRESS == representation.mail_of(case, Vault(case))
    assert not representation.party_of(case).identifiers.exists()  # so that nothing of that one is searched
    row = OutgoingMail.objects.get(kind=mail.RECEIPT)
    assert mail_sending.receiver_of(row) == "representative"
    assert ADDRESS not in anna.get("marketing").text


def test_who_may_not_act_is_not_written_to(anna: Customer) -> None:
    case = filed_for_another(anna)
    case.representation.confirmed = False
    case.representation.checked_at, case.representation.checked_by = timezone.now(), case_worker()
    case.representation.save()
    browser = Customer()
    browser.get(link_of())
    browser.send()
    assert browser.response.status_code == 410 and kinds() == ["address"]


def case_worker() -> Any:
    """Any member of staff."""
    from requests_app.models import User

    return User.objects.order_by("pk")[0]


def test_the_address_of_somebody_elses_case_is_not_there(anna: Customer) -> None:
    case = filed(anna)
    charlie = Customer()
    charlie.log_in(*CHARLIE)
    charlie.get("address", case.ref)
    assert charlie.response.status_code == 404


def test_a_request_without_an_address_offers_mail(anna: Customer) -> None:
    case = filed(anna, "")
    assert kinds() == [] and reverse("portal:address", args=[case.ref]) in anna.page.links
    anna.get("address", case.ref)
    anna.send(email=ADDRESS)
    assert anna.path == f"/begaran/{case.ref}/" and kinds() == ["address"]


def test_a_confirmed_address_may_choose_about_advertising(anna: Customer) -> None:
    filed(anna)
    assert ADDRESS not in anna.get("marketing").text
    pressed()
    assert f"Stop advertising to {ADDRESS}" in anna.get("marketing").text
