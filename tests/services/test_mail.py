"""Mail that leaves: queued once, sent with one Message-ID, tried again while that can help, and silent about the person."""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail as django_mail
from django.core.exceptions import ValidationError
from django.template.loader import get_template
from django.utils import timezone

from requests_app.crypto.errors import SealBroken
from requests_app.models import Case, Delivery, Event, Notice, OutgoingMail, StoredFile
from requests_app.services import files, mail, mail_message, mail_sending, mail_words, outbox, sweeper
from requests_app.services.audit import SYSTEM, Actor, log_of, unit
from requests_app.services.keys import DOSSIER, Vault, destroy
from requests_app.services.moves import lock
from tests.world import World, open_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.django_db
ADDRESS = "asa.oberg@example.se"
SECRETS = (ADDRESS, "Öberg", "asa.oberg", "19900118")


@pytest.fixture
def case(world: World) -> Case:
    made = open_case(world, name="Åsa Öberg", email=ADDRESS, by=world.karin, personnummer="19900118-9811")
    Case.objects.filter(pk=made.pk).update(handler=world.karin)
    OutgoingMail.objects.all().delete()
    Notice.objects.all().delete()
    made.refresh_from_db()
    return made


class Server:
    """Stands in for the mail server: answers what a test tells it, and keeps what it was given."""

    def __init__(self, monkeypatch: Any) -> None:
        self.faults: list[Exception] = []
        self.ids: list[str] = []
        monkeypatch.setattr("django.core.mail.message.EmailMessage.send", lambda message: self._send(message))

    def _send(self, message: django_mail.EmailMessage) -> int:
        self.ids.append(message.extra_headers["Message-ID"])
        if self.faults:
            raise self.faults.pop(0)
        django_mail.outbox.append(message)
        return 1


@pytest.fixture
def server(monkeypatch: Any) -> Server:
    return Server(monkeypatch)


def to_person(case: Case, **more: Any) -> OutgoingMail:
    with unit(SYSTEM) as work:
        fields = {"kind": mail.LETTER, "to": ADDRESS, "language": "sv", "idem_key": "k1", **more}
        return mail.queue_to_person(work, case=lock(case), **fields)


def to_staff(world: World, **more: Any) -> OutgoingMail:
    params = {"period": "2026-11", "lines": ["Ärenden: 3"], "path": "/admin/"}
    with unit(SYSTEM) as work:
        fields = {"kind": mail.REPORT, "idem_key": "s1", "params": params, **more}
        return mail.queue_to_staff(work, user=world.karin, **fields)


def store(case: Case, name: str = "DSR.pdf", data: bytes = b"%PDF-1.7 locked") -> StoredFile:
    return files.store(case, Vault(case), purpose=DOSSIER, kind="envelope", name=name, data=data)


def deliver(case: Case, stored: StoredFile, **more: Any) -> Delivery:
    return Delivery.objects.create(case=case, file=stored, way="email", sha256=stored.sha256, idem_key="d1", **more)


def again(row: OutgoingMail) -> None:
    """Let the waiting time pass, and run once more."""
    OutgoingMail.objects.filter(pk=row.pk).update(not_before=timezone.now())
    mail_sending.run(row.pk)
    row.refresh_from_db()


def test_the_same_key_queues_one_mail_with_one_message_id(case: Case) -> None:
    first, second = to_person(case), to_person(case)
    assert first.pk == second.pk
    assert first.message_id == f"<{first.ref}@localhost>"
    assert OutgoingMail.objects.count() == 1


def test_the_address_stands_sealed_in_the_row_and_opens_only_there(case: Case) -> None:
    row, other = to_person(case), to_person(case, idem_key="k2", to="other@example.se")
    assert ADDRESS.encode() not in bytes(row.to_enc)
    assert mail.address_of(row) == ADDRESS
    other.to_enc = row.to_enc
    with pytest.raises(SealBroken):
        mail.address_of(other)


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "a@example.se\nBcc: b@example.se", "åsa@example.se"])
def test_what_is_no_address_is_refused_before_anything_is_queued(case: Case, address: str) -> None:
    with pytest.raises(ValidationError):
        to_person(case, to=address)
    assert not OutgoingMail.objects.exists()


def test_a_mail_to_a_person_says_the_diary_number_and_nothing_else_of_the_person(case: Case) -> None:
    mail_sending.run(to_person(case, attachment=store(case)).pk)
    (sent,) = django_mail.outbox
    assert sent.to == [ADDRESS]
    text = f"{sent.subject} {sent.body}"
    assert case.diary_no in text
    assert not any(secret in text for secret in SECRETS)
    assert [(name, content, kind) for name, content, kind in sent.attachments] == [
        ("DSR.pdf", b"%PDF-1.7 locked", "application/pdf")
    ]


def test_its_headers_keep_robots_from_answering_and_lead_bounces_back(case: Case, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "HEM <dsr@hem.example>"
    settings.MAIL_BOUNCES_TO = "bounce@hem.example"
    row = to_person(case)
    mail_sending.run(row.pk)
    (sent,) = django_mail.outbox
    message = sent.message()
    assert sent.from_email == "bounce@hem.example"  # the envelope's sender, which becomes Return-Path
    assert message["From"] == "HEM <dsr@hem.example>"
    assert message["Reply-To"] == "info@hem.se"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == row.message_id
    assert message["X-Hemdsr-Ref"] == row.ref
    assert message["Precedence"] is None


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("kind", mail_words.KINDS)
def test_every_kind_has_its_text_in_both_languages(kind: str, language: str) -> None:
    assert get_template(f"mail/{language}/{kind}.txt")


def test_an_english_mail_is_in_english(case: Case) -> None:
    mail_sending.run(to_person(case, language="en", kind=mail.ANSWER).pk)
    (sent,) = django_mail.outbox
    assert sent.subject == f"Case {case.diary_no}"
    assert "locked with a password" in sent.body
    assert sent.extra_headers["Content-Language"] == "en"


def test_a_sent_mail_is_not_sent_again(case: Case) -> None:
    row = to_person(case)
    for _ in range(3):
        mail_sending.run(row.pk)
    row.refresh_from_db()
    assert (row.state, len(django_mail.outbox)) == ("sent", 1)
    assert Event.objects.filter(kind="mail.sent", case_ref=case.ref).count() == 1


def test_a_row_that_is_gone_or_held_by_another_is_left_alone(case: Case) -> None:
    mail_sending.run(10**6)
    row = to_person(case)
    assert mail.claim(row.pk) is not None
    mail_sending.run(row.pk)
    assert django_mail.outbox == []


def test_what_a_dead_worker_left_is_sent_by_another_with_the_same_message_id(case: Case, server: Server) -> None:
    row = to_person(case)
    dead = mail.claim(row.pk)
    assert dead is not None
    OutgoingMail.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    mail_sending.run(row.pk)
    mail_sending._sent(dead)  # the first one lives after all: the row is no longer its own
    row.refresh_from_db()
    assert row.state == "sent"
    assert server.ids == [row.message_id]
    assert Event.objects.filter(kind="mail.sent").count() == 1


@pytest.mark.parametrize(
    ("fault", "noted"),
    [
        (ConnectionRefusedError("127.0.0.1"), "connection"),
        (TimeoutError(), "connection"),
        (smtplib.SMTPServerDisconnected("gone"), "connection"),
        (smtplib.SMTPRecipientsRefused({ADDRESS: (451, b"4.7.1 greylisted")}), "451 4.7.1"),
        (smtplib.SMTPDataError(452, b"too much"), "452"),
        (smtplib.SMTPConnectError(421, b"4.3.2 closing"), "421 4.3.2"),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 no"), "login 535"),
    ],
)
def test_a_fault_that_may_pass_is_tried_again_later(case: Case, server: Server, fault: Exception, noted: str) -> None:
    server.faults = [fault]
    row = to_person(case)
    mail_sending.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.fault, row.attempts) == ("pending", noted, 1)
    assert row.not_before > timezone.now()
    mail_sending.run(row.pk)  # too early
    assert len(server.ids) == 1
    again(row)
    assert (row.state, row.fault) == ("sent", "")
    assert server.ids == [row.message_id] * 2


@pytest.mark.parametrize(
    ("fault", "noted"),
    [
        (smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"5.1.1 <asa.oberg@example.se> unknown")}), "550 5.1.1"),
        (smtplib.SMTPDataError(554, b"no"), "554"),
        (smtplib.SMTPSenderRefused(553, b"5.7.1 no", "bounce@example.se"), "553 5.7.1"),
    ],
)
def test_a_refusal_for_good_comes_to_the_handler_at_once(
    world: World, case: Case, server: Server, fault: Exception, noted: str
) -> None:
    server.faults = [fault]
    delivery = deliver(case, store(case))
    row = to_person(case, kind=mail.ANSWER, delivery=delivery)
    mail_sending.run(row.pk)
    row.refresh_from_db()
    delivery.refresh_from_db()
    assert (row.state, row.fault) == ("failed", noted)
    assert delivery.returned_at is not None
    assert delivery.returned_why == "bounced"
    assert list(world.karin.notices.values_list("kind", "diary_no")) == [("mail_failed", case.diary_no)]
    assert log_of(case)[0].event.kind == "mail.failed"
    assert log_of(case)[0].open == {"kind": "answer", "mail": row.ref, "to": "person", "fault": noted}


def test_it_gives_up_after_a_day_and_a_half_and_can_be_tried_again_by_hand(
    world: World, case: Case, server: Server
) -> None:
    row = to_person(case)
    waited = timedelta()
    for _ in range(mail.MAX_ATTEMPTS):
        server.faults = [ConnectionResetError()]
        again(row)
        waited += row.not_before - timezone.now() if row.state == "pending" else timedelta()
    assert row.state == "failed"
    assert timedelta(hours=24) < waited < timedelta(hours=48)
    assert mail.retry(actor=Actor.staff(world.ada), mail=row)
    again(row)
    assert row.state == "sent"
    assert not mail.retry(actor=Actor.staff(world.ada), mail=row)


def test_a_mail_whose_worker_dies_each_time_ends_as_failed(case: Case, server: Server) -> None:
    row = to_person(case)
    OutgoingMail.objects.filter(pk=row.pk).update(
        state="running", attempts=mail.MAX_ATTEMPTS - 1, lease_until=timezone.now() - timedelta(seconds=1)
    )
    mail_sending.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.fault, server.ids) == ("failed", "gave_up", [])


def test_nothing_leaves_once_the_delivery_is_revoked_or_the_case_is_erased(world: World, case: Case) -> None:
    revoked = to_person(case, delivery=deliver(case, store(case), revoked_at=timezone.now()))
    erased = to_person(case, idem_key="k2")
    mail_sending.run(revoked.pk)
    destroy(case, DOSSIER)
    mail_sending.run(erased.pk)
    faults = OutgoingMail.objects.order_by("pk").values_list("state", "fault")
    assert list(faults) == [("failed", "revoked"), ("failed", "erased")]
    assert not world.karin.notices.exists()  # who did that knows
    assert django_mail.outbox == []


def test_what_was_sent_again_meanwhile_never_leaves_and_is_not_tried_again(world: World, case: Case) -> None:
    stored = store(case)
    first = deliver(case, stored, returned_at=timezone.now(), returned_why="bounced")
    row, late = to_person(case, delivery=first), to_person(case, idem_key="k2", delivery=first)
    OutgoingMail.objects.filter(pk=row.pk).update(state="failed")
    key = f"{case.ref}:{stored.ref}:post:{first.pk}"
    Delivery.objects.create(case=case, file=stored, way="post", sha256=stored.sha256, idem_key=key)
    with pytest.raises(ValidationError, match=case.diary_no):
        mail.retry(actor=Actor.staff(world.ada), mail=row)
    mail_sending.run(late.pk)
    states = OutgoingMail.objects.order_by("pk").values_list("state", "fault")
    assert list(states) == [("failed", ""), ("failed", "replaced")]
    assert django_mail.outbox == []
    first.refresh_from_db()
    assert first.returned_at is not None


def test_a_mail_that_leaves_after_all_has_not_come_back(world: World, case: Case) -> None:
    first = deliver(case, store(case), returned_at=timezone.now(), returned_why="bounced")
    row = to_person(case, delivery=first)
    OutgoingMail.objects.filter(pk=row.pk).update(state="failed")
    assert mail.retry(actor=Actor.staff(world.ada), mail=row)
    mail_sending.run(row.pk)
    first.refresh_from_db()
    assert (first.returned_at, first.returned_why) == (None, "")


def test_nothing_leaves_to_who_has_left(world: World) -> None:
    row = to_staff(world)
    type(world.karin).objects.filter(pk=world.karin.pk).update(is_active=False)
    mail_sending.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.fault) == ("failed", "inactive")


def test_a_text_that_cannot_be_made_ends_on_the_row_without_its_words(case: Case, caplog: Any) -> None:
    row = to_person(case, kind="no_such_text")
    mail_sending.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.fault) == ("pending", "TemplateDoesNotExist")


def test_no_log_line_says_anything_about_the_person(case: Case, server: Server, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults = [
        smtplib.SMTPRecipientsRefused({ADDRESS: (451, f"4.7.1 {ADDRESS}".encode())}),
        smtplib.SMTPRecipientsRefused({ADDRESS: (550, f"5.1.1 {ADDRESS}".encode())}),
    ]
    row = to_person(case, attachment=store(case))
    mail_sending.run(row.pk)
    again(row)
    mail_sending.run(to_person(case, idem_key="k2").pk)
    assert "550 5.1.1" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)


def made_along(row: OutgoingMail) -> list[mail_message.Attachment]:
    return [mail_message.Attachment(f"rapport-{row.params['period']}.csv", b"a;b", "text/csv")]


def test_a_report_gets_its_attachment_when_it_is_sent(world: World, monkeypatch: Any) -> None:
    monkeypatch.setitem(mail_message.BUILDERS, mail.REPORT, f"{__name__}.made_along")
    mail_sending.run(to_staff(world).pk)
    (sent,) = django_mail.outbox
    assert sent.to == [world.karin.email]
    assert "Ärenden: 3" in sent.body
    assert sent.attachments[0][0] == "rapport-2026-11.csv"


def test_the_sweeper_hands_out_what_is_due_and_what_was_left(
    case: Case, monkeypatch: Any, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    handed: list[int] = []
    monkeypatch.setattr(
        "requests_app.services.queue._publish", lambda name, *pks: handed.extend(pks) if name == "mail" else None
    )
    due, left, later, sent = (to_person(case, idem_key=f"k{n}") for n in range(4))
    rows = OutgoingMail.objects.filter
    rows().update(queued_at=timezone.now() - timedelta(hours=1))
    rows(pk=left.pk).update(state="running", lease_until=timezone.now() - timedelta(minutes=5))
    rows(pk=later.pk).update(not_before=timezone.now() + timedelta(hours=1))
    rows(pk=sent.pk).update(state="sent")
    with django_capture_on_commit_callbacks(execute=True):
        sweeper.sweep()
        sweeper.sweep()  # what is on its way is not handed out twice
    assert sorted(handed) == [due.pk, left.pk]


def test_the_outbox_has_one_whole_file_a_mail_for_its_owner_only(case: Case, settings: Any, tmp_path: Path) -> None:
    settings.MAIL_OUTBOX = tmp_path / "outbox"
    row = to_person(case)
    message = mail_message.build(row, ADDRESS)
    message.connection = outbox.OutboxBackend()
    for _ in range(2):
        assert message.send() == 1
    (file,) = settings.MAIL_OUTBOX.iterdir()
    assert file.name == f"{row.ref}.eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert settings.MAIL_OUTBOX.stat().st_mode & 0o777 == 0o700
    assert row.message_id.encode() in file.read_bytes()
