"""Where answers may go, how they leave, and what becomes of them."""

from __future__ import annotations

import hashlib
import io
import logging
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone

from requests_app.domain.deadlines import STOCKHOLM, post_by
from requests_app.domain.rights import ContactBasis, Way
from requests_app.models import (
    Case,
    ContactConfirmation,
    Delivery,
    EventPayload,
    IdentityCheck,
    Notice,
    OutgoingMail,
    Render,
    StoredFile,
    User,
)
from requests_app.services import cases, contacts, delivery, encrypted_pdf, files, rendering, returned, sending
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.case_facts import facts_of
from requests_app.services.contacts import Reach
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock
from requests_app.services.next_step import next_step
from requests_app.services.reports.cohort import Cohort
from requests_app.services.reports.period import Period, Query
from tests.services.sending_world import HOME, SECRET, STATED, as_, held_email, make_documents, ready, sent
from tests.world import World, grant_case, identified, open_case

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


def confirm(case: Case, asker: User, second: User, way: Way, **where: Any) -> ContactConfirmation:
    asked = contacts.ask(actor=as_(asker), case=case, to=contacts.route(case, way=way, **where))
    contacts.answer(actor=as_(second), confirmation=asked, confirmed=True)
    return asked


def refused(case: Case, world: World, way: Way, **where: Any) -> str:
    """The code the dispatch was refused with; nothing may have left."""
    with pytest.raises(ValidationError) as raised:
        delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=way, **where)
    assert not Delivery.objects.filter(case=case).exists()
    assert not OutgoingMail.objects.filter(case=case, user=None).exists()
    return next((item.code or "" for items in raised.value.error_dict.values() for item in items), "")


# --- where it may go ---------------------------------------------------------------------------------------------------------


def test_an_address_held_before_the_request_needs_no_second_person(world: World) -> None:
    case = ready(world)
    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=Way.EMAIL, address=held_email(case))
    row = Delivery.objects.filter(case=case).first()
    assert row is not None and (row.basis, row.confirmation) == (ContactBasis.HELD.value, None)


@pytest.mark.parametrize("way", [Way.EMAIL, Way.POST])
def test_an_address_that_only_the_request_states_needs_a_second_person(world: World, bo: User, way: Way) -> None:
    case = ready(world)
    where: delivery.Where = {"address": "anna@example.se"} if way is Way.EMAIL else STATED
    assert refused(case, world, way, **where) == "second_person"
    asked = confirm(case, world.karin, bo, way, **where)
    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=way, **where)
    assert set(Delivery.objects.filter(case=case).values_list("confirmation", "basis")) == {(asked.pk, "request")}


def test_an_address_that_staff_typed_counts_as_stated(world: World) -> None:
    case = ready(world, email="typed@example.se")
    assert contacts.route(case, way=Way.EMAIL, address="typed@example.se").basis is ContactBasis.REQUEST


def test_a_weak_address_of_a_system_is_not_held_before_somebody_has_confirmed_it(world: World) -> None:
    case = ready(world)
    address = held_email(case)
    case.parties.get().identifiers.filter(source="fakturering").update(strength="weak")
    assert contacts.route(case, way=Way.EMAIL, address=address).basis is ContactBasis.REQUEST
    case.parties.get().identifiers.filter(source="fakturering").update(
        confirmed_at=timezone.now(), confirmed_by=world.karin
    )
    assert contacts.route(case, way=Way.EMAIL, address=address.upper()).basis is ContactBasis.HELD


def test_the_asker_cannot_be_the_second_person(world: World, bo: User) -> None:
    case = ready(world)
    to = contacts.route(case, way=Way.POST, **STATED)
    asked = contacts.ask(actor=as_(world.karin), case=case, to=to)
    with pytest.raises(ValidationError):
        contacts.answer(actor=as_(world.karin), confirmation=asked, confirmed=True)
    assert contacts.missing(case, to)
    contacts.answer(actor=as_(bo), confirmation=asked, confirmed=True)
    assert not contacts.missing(case, to)
    with pytest.raises(Conflict):
        contacts.answer(actor=as_(world.lena), confirmation=asked, confirmed=False)


def test_legal_can_be_the_second_person_and_nobody_from_outside(world: World) -> None:
    case = ready(world)
    asked = contacts.ask(actor=as_(world.karin), case=case, to=contacts.route(case, way=Way.POST, **STATED))
    for stranger in (world.anders, world.sven, world.ada, world.root):
        with pytest.raises(ContactConfirmation.DoesNotExist):
            contacts.answer(actor=as_(stranger), confirmation=asked, confirmed=True)
    assert list(contacts.pending_for_legal(world.lena)) == [asked]
    contacts.answer(actor=as_(world.lena), confirmation=asked, confirmed=True)
    assert contacts.confirmation_of(case, contacts.route(case, way=Way.POST, **STATED)) == asked


def test_a_changed_address_voids_the_confirmation(world: World, bo: User) -> None:
    case = ready(world)
    confirm(case, world.karin, bo, Way.POST, **STATED)
    other: delivery.Where = {**STATED, "address": "Lillgatan 90\n302 43 Halmstad"}
    assert refused(case, world, Way.POST, **other) == "second_person"
    same: delivery.Where = {**STATED, "address": "  Lillgatan 9 \n\n302 43   Halmstad"}
    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=Way.POST, **same)
    assert Delivery.objects.filter(case=case).exists()


def test_a_no_stops_and_a_later_no_takes_a_yes_back(world: World, bo: User) -> None:
    case = ready(world)
    confirm(case, world.karin, bo, Way.POST, **STATED)
    to = contacts.route(case, way=Way.POST, **STATED)
    again = contacts.ask(actor=as_(world.karin), case=case, to=to)
    contacts.answer(actor=as_(bo), confirmation=again, confirmed=False)
    assert refused(case, world, Way.POST, **STATED) == "second_person"


def test_asking_twice_for_the_same_asks_once_and_the_row_gives_no_address_away(world: World, bo: User) -> None:
    case = ready(world)
    to = contacts.route(case, way=Way.EMAIL, address="anna@example.se")
    first = contacts.ask(actor=as_(world.karin), case=case, to=to)
    assert contacts.ask(actor=as_(bo), case=case, to=to) == first
    assert contacts.address_of(Vault(case), first) == "anna@example.se"
    assert b"anna" not in bytes(first.contact_enc or b"")
    assert first.contact_sha != hashlib.sha256(b"email:anna@example.se").hexdigest()
    assert Notice.objects.filter(kind="contact_asked").values_list("user", flat=True).get() == bo.pk


PROTECTED = [
    (Way.PORTAL, {}, True),
    (Way.EMAIL, {"address": "anna.held@example.se"}, True),
    (Way.POST, HOME, True),
    (Way.VISIT, {"id_checked": "pass"}, False),
]


@pytest.mark.parametrize(("way", "where", "blocked"), PROTECTED)
@pytest.mark.parametrize("confirmed", [False, True])
def test_protected_data_leaves_only_at_a_visit_or_as_a_second_person_confirmed(
    world: World, way: Way, where: dict[str, Any], blocked: bool, confirmed: bool
) -> None:
    case = ready(world, login="anna")
    held_email(case)
    grant_case(world, case, world.karin)
    Case.objects.filter(pk=case.pk).update(protected=True)
    case.refresh_from_db()
    if confirmed:
        confirm(case, world.karin, world.lena, way, **where)
    if blocked and not confirmed:
        assert refused(case, world, way, **where) == "second_person"
    else:
        sent(world, case, way, **where)
        assert case.state == "closed"
    for other, elsewhere, _blocked in PROTECTED:  # a word on one way is none on another
        if other not in {way, Way.VISIT}:
            assert contacts.missing(case, contacts.route(case, way=other, **elsewhere))


def test_only_data_found_by_the_address_goes_to_a_mailbox_that_alone_says_who_asked(world: World) -> None:
    case = ready(world, personnummer="19900118-9811")
    address = held_email(case)
    assert delivery.may_receive(case, Way.EMAIL, ContactBasis.HELD) is Reach.ALL
    IdentityCheck.objects.filter(case=case).delete()
    assert delivery.may_receive(case, Way.EMAIL, ContactBasis.HELD) is Reach.ADDRESS_ONLY
    assert delivery.may_receive(case, Way.POST, ContactBasis.HELD) is Reach.ALL
    assert delivery.may_receive(case, Way.EMAIL, ContactBasis.REQUEST) is Reach.SECOND_PERSON
    refused(case, world, Way.EMAIL, address=address)
    case.parties.get().identifiers.exclude(kind="email").delete()
    sent(world, case, Way.EMAIL, address=address)
    assert case.state == "closed"


def test_the_portal_is_only_for_a_login_that_filed_the_request(world: World) -> None:
    assert Way.PORTAL not in delivery.ways_for(open_case(world))
    assert Way.PORTAL in delivery.ways_for(open_case(world, login="anna"))
    refused(ready(world), world, Way.PORTAL)


@pytest.mark.parametrize(
    ("way", "where", "field"),
    [
        (Way.EMAIL, {"address": "inte en adress"}, "address"),
        (Way.EMAIL, {}, "address"),
        (Way.POST, {"address": " \n ", "basis": ContactBasis.HELD}, "address"),
        (Way.POST, {"address": "Storgatan 1"}, "basis"),
        (Way.POST, {"address": "Storgatan 1", "basis": ContactBasis.LOGIN}, "basis"),
        (Way.POST, {**HOME, "posted_on": date(2199, 1, 1)}, "posted_on"),
        (Way.VISIT, {}, "id_checked"),
        (Way.VISIT, {"id_checked": "körkort 19900118-9811"}, "id_checked"),
    ],
)
def test_it_says_which_field_is_wrong(world: World, way: Way, where: dict[str, Any], field: str) -> None:
    case = open_case(world)
    with pytest.raises(ValidationError) as raised:
        contacts.route(case, way=way, **where)
    assert list(raised.value.error_dict) == [field]


# --- by mail -----------------------------------------------------------------------------------------------------------------


def test_a_mailed_answer_is_one_pdf_that_only_its_password_opens(world: World) -> None:
    case = ready(world)
    lead = sent(world, case, Way.EMAIL, address=held_email(case))
    row = OutgoingMail.objects.get(case=case, kind="answer")
    assert row.attachment == lead.file and row.delivery == lead
    envelope = files.read(Vault(case), lead.file)
    password = encrypted_pdf.show(actor=as_(world.karin), delivery=lead)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(envelope))
    with pikepdf.open(io.BytesIO(envelope), password=password) as pdf:
        assert (pdf.encryption.R, len(pdf.pages)) == (6, 2)
        assert list(pdf.attachments) == [f"{case.diary_no}.zip"]
    assert case.state == "closed"
    assert {item.file.kind for item in sending.sendings_of(case)[0].items} == {"answer", "extract", "package"}


def test_nothing_of_a_mailed_answer_stands_readable_anywhere(
    world: World, var: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = ready(world)
    with caplog.at_level(logging.DEBUG):
        lead = sent(world, case, Way.EMAIL, address=held_email(case))
        password = encrypted_pdf.show(actor=as_(world.karin), delivery=lead)
    row = OutgoingMail.objects.get(case=case, kind="answer")
    told = [repr(row.params), bytes(row.to_enc or b"").decode("latin-1"), row.idem_key, row.message_id, caplog.text]
    told += [repr(payload.open) for payload in EventPayload.objects.all()]
    told += [bytes(lead.secret_enc or b"").decode("latin-1"), bytes(lead.to_enc or b"").decode("latin-1")]
    kept = [path.read_bytes() for path in var.rglob("*") if path.is_file()]
    kept.append(files.read(Vault(case), lead.file))
    for secret in (SECRET, "anna.held@example.se", password):
        assert not any(secret in text for text in told)
        assert not any(secret.encode() in content for content in kept)


def test_the_password_is_easy_to_say_and_hard_to_guess() -> None:
    drawn = {encrypted_pdf.new_password() for _n in range(50)}
    assert len(drawn) == 50
    for password in drawn:
        assert len(password) >= 16
        assert not set(password) & set("ilo01IO")


def test_showing_the_password_is_logged_each_time_and_ends_when_it_is_given(world: World) -> None:
    case = ready(world)
    lead = sent(world, case, Way.EMAIL, address=held_email(case))
    assert next_step(case, facts_of(case)).code == "give_password"
    first = encrypted_pdf.show(actor=as_(world.karin), delivery=lead)
    assert encrypted_pdf.show(actor=as_(world.karin), delivery=lead) == first
    shown = EventPayload.objects.filter(seq__in=_events("delivery.secret_shown"))
    assert [item.open for item in shown] == [{"delivery": lead.pk}] * 2
    encrypted_pdf.given(actor=as_(world.karin), delivery=lead, way="phone", basis=ContactBasis.HELD)
    lead.refresh_from_db()
    assert (lead.secret_enc, lead.secret_way, lead.secret_given_by) == (None, "phone", world.karin)
    assert next_step(case, facts_of(case)).code == "closed"
    for again in (
        lambda: encrypted_pdf.show(actor=as_(world.karin), delivery=lead),
        lambda: encrypted_pdf.given(actor=as_(world.karin), delivery=lead, way="sms", basis=ContactBasis.HELD),
    ):
        with pytest.raises(Conflict):
            again()


def _events(kind: str) -> list[int]:
    from requests_app.models import Event

    return list(Event.objects.filter(kind=kind).order_by("seq").values_list("seq", flat=True))


def test_who_sent_the_answer_does_not_give_the_password_to_what_only_the_request_states(world: World, bo: User) -> None:
    case = ready(world)
    lead = sent(world, case, Way.EMAIL, address=held_email(case))
    for way, basis in (("email", ContactBasis.HELD), ("phone", ContactBasis.LOGIN), ("phone", ContactBasis.REQUEST)):
        with pytest.raises(ValidationError):
            encrypted_pdf.given(actor=as_(world.karin), delivery=lead, way=way, basis=basis)
    encrypted_pdf.given(actor=as_(bo), delivery=lead, way="phone", basis=ContactBasis.REQUEST)
    lead.refresh_from_db()
    assert lead.secret_given_by == bo


def test_an_answer_too_large_for_mail_is_refused_before_anything_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = ready(world)
    monkeypatch.setattr(encrypted_pdf, "MAX_MAIL", 1000)
    refused(case, world, Way.EMAIL, address=held_email(case))
    case.refresh_from_db()
    assert case.state == "dispatching"


def test_a_mailed_answer_that_bounced_comes_back_and_is_sent_another_way_without_reopening(world: World) -> None:
    from requests_app.services.mail_sending import mark_returned

    case = ready(world)
    lead = sent(world, case, Way.EMAIL, address=held_email(case))
    with unit(SYSTEM):
        lock(case)
        mark_returned(OutgoingMail.objects.get(case=case, kind="answer"))
    assert {row.returned_why for row in sending.rows_of(lead)} == {"bounced"}, "each document of the mail came back"
    step = next_step(case, facts_of(case))
    assert (step.code, step.urgent, case.state) == ("came_back", True, "closed")
    delivery.send_again(actor=as_(world.karin), delivery=lead, way=Way.POST, **HOME)
    with pytest.raises(Conflict):
        delivery.send_again(actor=as_(world.karin), delivery=lead, way=Way.POST, **HOME)
    newest, oldest = sending.sendings_of(case)
    assert (newest.state, oldest.state) == ("sent", "replaced")
    assert {row.file_id for row in newest.items} == {row.file_id for row in oldest.items}
    case.refresh_from_db()
    assert (case.state, next_step(case, facts_of(case)).code) == ("closed", "closed")
    lead.refresh_from_db()
    assert lead.secret_enc is None


def test_what_has_arrived_is_not_sent_again(world: World) -> None:
    case = ready(world)
    lead = sent(world, case, Way.POST, **HOME)
    with pytest.raises(Conflict):
        delivery.send_again(actor=as_(world.karin), delivery=lead, way=Way.VISIT, id_checked="pass")
    assert len(sending.sendings_of(case)) == 1


# --- post, visit, portal -----------------------------------------------------------------------------------------------------


def test_a_letter_counts_from_the_day_it_was_posted_but_not_from_before_it_was_made(world: World) -> None:
    case = ready(world)
    StoredFile.objects.filter(case=case).update(created_at=timezone.now() - timedelta(days=2))
    yesterday = timezone.localdate() - timedelta(days=1)
    lead = sent(world, case, Way.POST, **HOME, posted_on=yesterday)
    assert timezone.localdate(lead.dispatched_at) == yesterday
    assert case.rights.get().dispatched_at == case.dispatched_at == lead.dispatched_at
    other = ready(world)
    made = StoredFile.objects.filter(case=other, kind="answer").get().created_at
    assert sent(world, other, Way.POST, **HOME, posted_on=yesterday).dispatched_at >= made


def test_a_posted_letter_that_came_back_stands_with_the_coordinator(world: World, bo: User) -> None:
    case = ready(world)
    Case.objects.filter(pk=case.pk).update(handler=bo)
    lead = sent(world, case, Way.POST, **HOME)
    returned.by_post(actor=as_(world.karin), delivery=lead)
    with pytest.raises(Conflict):
        returned.by_post(actor=as_(world.karin), delivery=lead)
    assert next_step(case, facts_of(case)).code == "came_back"
    assert not sending.rows_of(lead).filter(returned_at__isnull=True).exists(), "each document of the letter came back"
    assert Notice.objects.get(kind="returned").user == bo
    returned.leave(actor=as_(world.karin), delivery=lead)
    assert next_step(case, facts_of(case)).code == "closed"
    assert sending.sendings_of(case)[0].state == "sent"


def test_only_what_was_posted_comes_back_by_post(world: World) -> None:
    lead = sent(world, ready(world), Way.VISIT, id_checked="körkort")
    with pytest.raises(ValidationError):
        returned.by_post(actor=as_(world.karin), delivery=lead)
    lead.refresh_from_db()
    assert (lead.returned_at, lead.id_checked, lead.basis) == (None, "körkort", "shown")


@pytest.mark.parametrize(
    ("due_on", "last"),
    [
        (
            date(2026, 12, 28),
            date(2026, 12, 22),
        ),  # second day of Christmas is a Saturday; 25 December is none to post on
        (date(2026, 11, 25), date(2026, 11, 20)),
        (date(2026, 11, 30), date(2026, 11, 25)),
    ],
)
def test_a_letter_is_posted_three_working_days_before_the_last_day(due_on: date, last: date) -> None:
    assert post_by(due_on) == last


def test_an_answer_that_nobody_fetched_comes_back_once_after_the_days_of_the_policy(world: World) -> None:
    case = ready(world, login="anna")
    Case.objects.filter(pk=case.pk).update(handler=world.karin)
    lead = sent(world, case, Way.PORTAL)
    assert returned.tell_unfetched(now=timezone.now() + timedelta(days=13)) == 0
    later = timezone.now() + timedelta(days=14, hours=1)
    assert returned.tell_unfetched(now=later) == 1
    step = next_step(case, facts_of(case))
    assert (step.code, step.urgent) == ("came_back", False)
    assert Notice.objects.get(kind="not_fetched").user == world.karin
    assert returned.tell_unfetched(now=later) == 0
    lead.refresh_from_db()
    returned.leave(actor=as_(world.karin), delivery=lead)
    assert returned.tell_unfetched(now=later + timedelta(days=60)) == 0
    assert next_step(case, facts_of(case)).code == "closed"


def test_what_was_fetched_late_is_not_counted_as_never_fetched(world: World) -> None:
    case = ready(world, login="anna")
    lead = sent(world, case, Way.PORTAL)
    returned.tell_unfetched(now=timezone.now() + timedelta(days=15))

    def counted() -> list[int]:
        today = timezone.localdate()
        query = Query(period=Period(today - timedelta(days=60), today))
        return [pk for pks in Cohort(world.lena, query).returned.values() for pk in pks]

    assert counted() == [case.pk]
    delivery.fetch(case=case, file_ref=lead.file.ref)
    assert counted() == []


def test_one_file_fetched_is_an_answer_fetched(world: World) -> None:
    case = ready(world, login="anna")
    sent(world, case, Way.PORTAL)
    released = delivery.released_to(case)
    delivery.fetch(case=case, file_ref=released[1].file.ref)[0].close()
    assert returned.tell_unfetched(now=timezone.now() + timedelta(days=30)) == 0
    assert sending.sendings_of(case)[0].state == "fetched"


def test_fetching_late_settles_it(world: World) -> None:
    case = ready(world, login="anna")
    sent(world, case, Way.PORTAL)
    returned.tell_unfetched(now=timezone.now() + timedelta(days=15))
    delivery.fetch(case=case, file_ref=delivery.released_to(case)[0].file.ref)[0].close()
    assert next_step(case, facts_of(case)).code == "closed"


def test_a_mail_says_that_there_is_something_to_fetch_only_to_an_address_we_held(world: World) -> None:
    case = ready(world, login="anna", email="stated@example.se")
    sent(world, case, Way.PORTAL)
    assert not OutgoingMail.objects.filter(case=case, user=None).exists()
    other = ready(world, login="bo")
    address = held_email(other, "held@example.se")
    sent(world, other, Way.PORTAL)
    row = OutgoingMail.objects.get(case=other, user=None)
    assert (row.kind, row.attachment, row.delivery, row.params) == ("ready", None, None, {})
    assert Vault(other).unseal(DOSSIER, row.to_enc, "mail", row.ref) == address


# --- letters that leave by themselves ----------------------------------------------------------------------------------------


def test_a_letter_that_leaves_by_itself_keeps_the_same_rules(world: World, bo: User) -> None:
    case = identified(world, open_case(world))
    make_documents(case)
    with pytest.raises(ValidationError):
        delivery.dispatch_notice(actor=as_(world.karin), case=case, kind="receipt", way=Way.POST, **STATED)
    confirm(case, world.karin, bo, Way.POST, **STATED)
    for _twice in range(2):
        delivery.dispatch_notice(actor=as_(world.karin), case=case, kind="receipt", way=Way.POST, **STATED)
    assert Delivery.objects.get(case=case).file.kind == "receipt"


def test_a_mailed_letter_is_encrypted_too(world: World) -> None:
    case = identified(world, open_case(world))
    make_documents(case)
    delivery.dispatch_notice(actor=as_(world.karin), case=case, kind="receipt", way=Way.EMAIL, address=held_email(case))
    row = OutgoingMail.objects.get(case=case, user=None)
    assert row.kind == "letter" and row.attachment is not None and row.attachment.kind == "encrypted"
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(files.read(Vault(case), row.attachment)))


def test_the_notice_of_extension_counts_from_the_day_it_was_posted(world: World) -> None:
    received = timezone.localdate() - timedelta(days=40)
    case = identified(world, open_case(world, received_on=received))
    Case.objects.filter(pk=case.pk).update(due_statutory_on=timezone.localdate())
    with unit(SYSTEM) as work:
        from requests_app.models import CaseExtension

        CaseExtension.objects.create(
            case=case, decided_on=received, extended_due_on=received, reasons_enc=b"", by=world.karin
        )
        rendering.request(
            work, lock(case), "extension", reasons="Många system.", due_on="2026-12-01", extended_due_on="2027-02-01"
        )
    make_documents(case)
    posted = received + timedelta(days=10)
    StoredFile.objects.filter(case=case).update(created_at=datetime.combine(received, datetime.min.time(), STOCKHOLM))
    delivery.dispatch_notice(
        actor=as_(world.karin), case=case, kind="extension", way=Way.POST, **HOME, posted_on=posted
    )
    case.refresh_from_db()
    assert timezone.localdate(case.extension.notice_sent_at) == posted
    assert cases.explanation(case).extended


def test_a_letter_to_a_recipient_goes_to_the_recipient(world: World) -> None:
    case = ready(world)
    with unit(SYSTEM) as work:
        row = rendering.request(work, lock(case), "recipient", target="kreditupplysning")
    make_documents(case)
    for way in (Way.PORTAL, Way.VISIT):
        with pytest.raises(ValidationError):
            delivery.dispatch_notice(
                actor=as_(world.karin), case=case, kind="recipient", target="kreditupplysning", way=way
            )
    delivery.dispatch_notice(
        actor=as_(world.karin),
        case=case,
        kind="recipient",
        target="kreditupplysning",
        way=Way.EMAIL,
        address="dataskydd@kredit.example",
    )
    row.refresh_from_db()
    assert Delivery.objects.get(file=row.pdf).basis == "held"
    assert OutgoingMail.objects.get(case=case, user=None).kind == "letter"


# --- sealed ------------------------------------------------------------------------------------------------------------------


def test_what_has_left_can_neither_be_removed_nor_replaced(world: World) -> None:
    case = ready(world, login="anna")
    lead = sent(world, case, Way.PORTAL)
    with pytest.raises(ProtectedError):
        lead.file.delete()
    with pytest.raises(ProtectedError):
        files.remove(lead.file)
    row = Render.objects.get(case=case, kind="answer")
    with pytest.raises(ValidationError):
        rendering.rewrite(actor=as_(world.karin), case=case, render=row, note="Mer.")
    assert files.read(Vault(case), lead.file)
    assert StoredFile.objects.get(pk=lead.file.pk).sha256 == lead.sha256


def test_sending_twice_sends_once(world: World) -> None:
    case = ready(world, "access", "rectification", login="anna")
    for _twice in range(2):
        delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=Way.PORTAL)
    assert Delivery.objects.filter(case=case).count() == 3
    assert len(sending.sendings_of(case)) == 1


def test_everything_to_print_is_one_pdf(world: World) -> None:
    case = ready(world)
    with pikepdf.open(io.BytesIO(delivery.bundle(actor=as_(world.karin), case=case, right="access"))) as pdf:
        assert (len(pdf.pages), list(pdf.attachments)) == (2, [])
