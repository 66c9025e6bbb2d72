"""Protected personal data: what one person alone cannot get round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import mail as django_mail
from django.core.exceptions import ValidationError

from requests_app.domain.rights import Way
from requests_app.models import ContactConfirmation, Notice, OutgoingMail, StoredFile, User
from requests_app.services import cases, contacts, delivery, mail_sending
from requests_app.services.audit import log_of
from requests_app.services.moves import Conflict
from tests.services.sending_world import HOME, as_, held_email, ready, sent
from tests.world import World, grant_case, open_case

if TYPE_CHECKING:
    from requests_app.models import Case

pytestmark = pytest.mark.django_db
REASON = "Skyddet har upphört enligt folkbokföringen."


def protect(world: World, case: Case, on: bool = True) -> None:
    cases.protect(actor=as_(world.karin), case=case, protected=on, reason="" if on else REASON)
    case.refresh_from_db()


def confirm(world: World, case: Case, to: contacts.Route) -> ContactConfirmation:
    asked = contacts.ask(actor=as_(world.karin), case=case, to=to)
    contacts.answer(actor=as_(world.lena), confirmation=asked, confirmed=True)
    return asked


def blocked(world: World, case: Case, way: Way, address: str = "") -> bool:
    where: delivery.Where = {"address": address} if way is Way.EMAIL else HOME if way is Way.POST else {}
    try:
        delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=way, **where)
    except ValidationError as error:
        return any(item.code == "second_person" for item in error.error_dict["way"])
    return False


@pytest.mark.parametrize("way", [Way.PORTAL, Way.EMAIL, Way.POST])
def test_lifting_the_protection_alone_opens_no_way(world: World, way: Way) -> None:
    case = ready(world, login="anna")
    address = held_email(case)
    protect(world, case)
    protect(world, case, on=False)
    assert not case.protected
    assert blocked(world, case, way, address)
    to = contacts.route(case, way=way, address=address if way is Way.EMAIL else HOME["address"], basis=HOME["basis"])
    confirm(world, case, to)
    assert not blocked(world, case, way, address)


def test_a_case_that_was_opened_protected_stays_guarded(world: World) -> None:
    case = open_case(world, protected=True)
    assert [entry.open["protected"] for entry in log_of(case) if entry.event.kind == "case.protected"] == [True]
    protect(world, case, on=False)
    assert contacts.missing(case, contacts.route(case, way=Way.POST, **HOME))


def test_protecting_voids_what_was_confirmed_or_asked_before(world: World, bo: User) -> None:
    case = ready(world)
    to = contacts.route(case, way=Way.POST, **HOME)
    confirm(world, case, to)
    other = contacts.route(case, way=Way.EMAIL, address=held_email(case))
    waiting = contacts.ask(actor=as_(world.karin), case=case, to=other)
    protect(world, case)
    assert contacts.confirmation_of(case, to) is None
    assert not contacts.pending(case).exists()
    with pytest.raises(Conflict):
        contacts.answer(actor=as_(world.lena), confirmation=waiting, confirmed=True)
    assert blocked(world, case, Way.POST)
    confirm(world, case, to)
    protect(world, case, on=False)
    assert contacts.confirmation_of(case, to) is not None
    protect(world, case)
    assert contacts.confirmation_of(case, to) is None


def test_lifting_needs_a_reason_and_is_told_to_legal(world: World) -> None:
    case = open_case(world)
    protect(world, case)
    Notice.objects.all().delete()
    with pytest.raises(ValidationError) as error:
        cases.protect(actor=as_(world.karin), case=case, protected=False, reason=" ")
    assert set(error.value.message_dict) == {"reason"}
    protect(world, case, on=False)
    assert list(Notice.objects.values_list("kind", "user")) == [("unprotected", world.lena.pk)]
    assert [entry.personal["reason"] for entry in log_of(case) if "reason" in entry.personal] == [REASON]


def test_a_mail_queued_before_the_protection_does_not_leave(world: World) -> None:
    case = ready(world)
    sent(world, case, Way.EMAIL, address=held_email(case))
    protect(world, case)
    row = OutgoingMail.objects.get(case=case, user=None)
    mail_sending.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.fault) == ("failed", "protected")
    assert django_mail.outbox == []
    assert Notice.objects.filter(kind="mail_failed").exists()


def test_a_mail_to_a_confirmed_address_leaves(world: World) -> None:
    case = ready(world)
    address = held_email(case)
    protect(world, case)
    confirm(world, case, contacts.route(case, way=Way.EMAIL, address=address))
    sent(world, case, Way.EMAIL, address=address)
    mail_sending.run(OutgoingMail.objects.get(case=case, user=None).pk)
    assert [message.to for message in django_mail.outbox] == [[address]]


def test_what_was_released_in_the_portal_is_hidden_until_the_portal_is_confirmed(world: World) -> None:
    case = ready(world, login="anna")
    lead = sent(world, case, Way.PORTAL)
    assert delivery.released_to(case)
    grant_case(world, case, world.karin)
    protect(world, case)
    assert delivery.released_to(case) == []
    with pytest.raises(StoredFile.DoesNotExist):
        delivery.fetch(case=case, file_ref=lead.file.ref)
    confirm(world, case, contacts.route(case, way=Way.PORTAL))
    assert delivery.released_to(case)
    assert delivery.fetch(case=case, file_ref=lead.file.ref)[1] == lead.file
