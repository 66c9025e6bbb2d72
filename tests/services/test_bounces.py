"""What comes back: reports by RFC 3464, rubbish, forgeries; each taken once and joined to its mail."""

from __future__ import annotations

import io
import os
import time
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail as django_mail
from django.core.management import call_command
from hypothesis import given, settings as hypothesis_settings, strategies as st

from requests_app.models import Bounce, Case, Delivery, Event, OutgoingMail
from requests_app.services import bounces, files, mail, mail_sending
from requests_app.services.audit import SYSTEM, log_of, unit
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import lock
from tests.world import World, open_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESS = "asa.oberg@example.se"


@pytest.fixture
def row(world: World) -> OutgoingMail:
    """A mail with an answer, sent."""
    case = open_case(world, name="Åsa Öberg", email=ADDRESS)
    Case.objects.filter(pk=case.pk).update(handler=world.karin)
    stored = files.store(case, Vault(case), purpose=DOSSIER, kind="envelope", name="a.pdf", data=b"%PDF-")
    delivery = Delivery.objects.create(case=case, file=stored, way="email", sha256=stored.sha256, idem_key="d")
    with unit(SYSTEM) as work:
        made = mail.queue_to_person(
            work,
            case=lock(case),
            kind=mail.ANSWER,
            to=ADDRESS,
            language="sv",
            idem_key="k",
            attachment=stored,
            delivery=delivery,
        )
    mail_sending.run(made.pk)
    made.refresh_from_db()
    assert made.state == "sent"
    django_mail.outbox.clear()
    return made


def report(
    row: OutgoingMail,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    with_id: bool = True,
    with_ref: bool = True,
    whole: bool = False,
) -> bytes:
    """A report as mail servers write them (RFC 3462, RFC 3464)."""
    original = f"From: hemdsr@localhost\r\nTo: {ADDRESS}\r\nSubject: =?utf-8?q?=C3=84rende?=\r\n"
    original += f"Message-ID: {row.message_id}\r\n" if with_id else ""
    original += f"X-Hemdsr-Ref: {row.ref}\r\n" if with_ref else ""
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    text = f"""From: MAILER-DAEMON@mx.example.se
To: hemdsr@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain; charset=utf-8

Det gick inte att leverera till <{ADDRESS}>.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.se
Arrival-Date: Tue, 24 Nov 2026 08:00:00 +0100

Final-Recipient: rfc822; {ADDRESS}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{ADDRESS}>: unknown

--=_b
Content-Type: {kind}

{original}
Hej!
--=_b--
"""
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


@pytest.mark.parametrize("whole", [True, False])
def test_a_permanent_failure_comes_back_to_the_case(world: World, row: OutgoingMail, whole: bool) -> None:
    made = bounces.take(report(row, whole=whole))
    row.refresh_from_db()
    delivery = row.delivery
    assert delivery is not None
    assert (made.mail, made.action, made.status) == (row, "failed", "5.1.1")
    assert row.state == "bounced"
    assert delivery.returned_at is not None
    assert delivery.returned_why == "bounced"
    assert "bounced" in world.karin.notices.values_list("kind", flat=True)
    assert row.case is not None
    assert log_of(row.case)[0].event.kind == "mail.bounced"
    assert log_of(row.case)[0].open == {"kind": "answer", "mail": row.ref, "to": "person", "status": "5.1.1"}


@pytest.mark.parametrize(("with_id", "with_ref"), [(True, False), (False, True)])
def test_either_our_message_id_or_our_reference_is_enough(row: OutgoingMail, with_id: bool, with_ref: bool) -> None:
    assert bounces.take(report(row, with_id=with_id, with_ref=with_ref)).mail == row


def test_the_same_report_twice_is_taken_once(world: World, row: OutgoingMail) -> None:
    raw = report(row)
    assert bounces.take(raw).pk == bounces.take(raw).pk
    assert Bounce.objects.count() == 1
    assert Event.objects.filter(kind="mail.bounced").count() == 1
    assert world.karin.notices.filter(kind="bounced").count() == 1


def test_two_reports_about_one_mail_tell_the_handler_once(world: World, row: OutgoingMail) -> None:
    bounces.take(report(row))
    bounces.take(report(row, status="5.2.2"))
    assert Bounce.objects.filter(mail=row).count() == 2
    assert world.karin.notices.filter(kind="bounced").count() == 1


@pytest.mark.parametrize(
    ("action", "status"),
    [("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.0.0"), ("expanded", "2.0.0")],
)
def test_what_is_not_a_permanent_failure_is_noted_and_changes_nothing(
    world: World, row: OutgoingMail, action: str, status: str
) -> None:
    made = bounces.take(report(row, action=action, status=status))
    row.refresh_from_db()
    assert (made.mail, made.action) == (row, action)
    assert row.state == "sent"
    assert not world.karin.notices.filter(kind="bounced").exists()


def test_a_report_about_somebody_elses_mail_is_kept_without_one(row: OutgoingMail) -> None:
    other = OutgoingMail(ref="0" * 26, message_id="<forged@example.se>")
    made = bounces.take(report(other))
    row.refresh_from_db()
    assert (made.mail, made.action, row.state) == (None, "failed", "sent")


def test_a_bounced_mail_to_staff_marks_it_and_no_case(world: World) -> None:
    with unit(SYSTEM) as work:
        params = {"lines": [], "path": "/admin/"}
        made = mail.queue_report(work, user=world.karin, period="2026-11", idem_key="r", params=params)
    mail_sending.run(made.pk)
    bounces.take(report(made))
    made.refresh_from_db()
    assert made.state == "bounced"
    assert not Event.objects.filter(kind="mail.bounced").exists()


def test_a_status_written_as_mail_servers_do_is_understood(row: OutgoingMail) -> None:
    raw = (
        report(row)
        .replace(b"Action: failed", b"ACTION :  Failed (permanent)")
        .replace(b"Status: 5.1.1", b"status:5.1.1 (bad)")
    )
    found = bounces.parse(raw)
    assert (found.action, found.status, found.permanent) == ("failed", "5.1.1", True)


def test_a_server_that_gave_up_trying_is_a_permanent_failure(row: OutgoingMail) -> None:
    bounces.take(report(row, status="4.4.7"))
    row.refresh_from_db()
    assert (row.state, row.fault) == ("bounced", "4.4.7")


def test_of_several_recipients_the_failed_one_counts(row: OutgoingMail) -> None:
    two = b"Final-Recipient: rfc822; x@example.se\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient: rfc822;"
    assert bounces.parse(report(row).replace(b"Final-Recipient: rfc822;", two)).status == "5.1.1"


def rubbish(row: OutgoingMail) -> Iterator[bytes]:
    """What strangers and broken programs send."""
    good = report(row)
    yield b""
    yield b"\x00\xff\xfe" * 1000
    yield b"Subject: hej\r\n\r\nbara text"
    yield good.replace(b'boundary="=_b"', b"")
    yield good.replace(b"--=_b--", b"")
    yield good[: len(good) // 2]
    yield good.replace(b"charset=utf-8", b"charset=x-no-such")
    yield good.replace(b"Subject: Undelivered", b"Subject: =?x-none?b?////?= \xe5\xe4\xf6")
    yield good.replace(b"message/delivery-status", b"message/delivery-status\r\nContent-Transfer-Encoding: base64")
    yield good.replace(b"Message-ID: <", b"Message-ID: <\x00\xff")
    yield b"Content-Type: message/rfc822\r\n\r\n" * 3000
    yield b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(500))
    vacation = EmailMessage()
    vacation["Auto-Submitted"], vacation["In-Reply-To"] = "auto-replied", row.message_id
    vacation.set_content("Jag är på semester.")
    yield bytes(vacation)


def test_rubbish_neither_fails_nor_says_more_than_a_report_can(world: World, row: OutgoingMail) -> None:
    for raw in rubbish(row):
        made = bounces.take(raw)
        assert made.action in {"", *bounces.ACTIONS}
    assert Bounce.objects.filter(action="").count() >= 5
    assert django_mail.outbox == []  # RFC 3834: nothing is answered


def test_an_absence_notice_is_no_bounce(row: OutgoingMail) -> None:
    *_others, vacation = rubbish(row)
    assert bounces.take(vacation).mail is None
    row.refresh_from_db()
    assert row.state == "sent"


@hypothesis_settings(deadline=None)
@given(st.binary(max_size=2000), st.integers(0, 1500))
def test_no_bytes_make_the_parser_fail(noise: bytes, at: int) -> None:
    good = report(OutgoingMail(ref="01HZZZZZZZZZZZZZZZZZZZZZZZ", message_id="<01HZ@localhost>"))
    for raw in (noise, good[:at] + noise + good[at:]):
        found = bounces.parse(raw)
        assert found.action in {"", *bounces.ACTIONS}
        assert len(found.status) <= 12


def test_the_folder_is_emptied_and_what_was_taken_forgotten_after_a_week(
    row: OutgoingMail, settings: Any, tmp_path: Path
) -> None:
    settings.BOUNCES_FOLDER = tmp_path / "bounces"
    assert bounces.take_folder() == 0  # no folder yet
    settings.BOUNCES_FOLDER.mkdir()
    (settings.BOUNCES_FOLDER / "1.eml").write_bytes(report(row))
    (settings.BOUNCES_FOLDER / "2.eml").write_bytes(b"rubbish")
    (settings.BOUNCES_FOLDER / ".3.eml.tmp").write_bytes(b"being written")
    assert bounces.take_folder() == 2
    assert bounces.take_folder() == 0
    taken = settings.BOUNCES_FOLDER / "taken"
    assert sorted(path.name for path in taken.iterdir()) == ["1.eml", "2.eml"]
    row.refresh_from_db()
    assert row.state == "bounced"
    old = time.time() - 8 * 24 * 3600
    os.utime(taken / "1.eml", (old, old))
    bounces.take_folder()
    assert [path.name for path in taken.iterdir()] == ["2.eml"]


def test_a_file_stays_where_it_is_until_its_row_stands(
    row: OutgoingMail, settings: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    settings.BOUNCES_FOLDER = tmp_path
    (tmp_path / "1.eml").write_bytes(report(row))
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(bounces, "take", lambda raw: 1 / 0)
        bounces.take_folder()
    assert (tmp_path / "1.eml").exists()
    assert bounces.take_folder() == 1


def test_the_command_takes_a_report_from_a_pipe_and_says_nothing(
    row: OutgoingMail, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(report(row))))
    call_command("receive_bounce")
    row.refresh_from_db()
    assert row.state == "bounced"
    assert capsys.readouterr().out == ""


def test_no_log_line_repeats_the_address(row: OutgoingMail, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    for raw in (report(row), *rubbish(row)):
        bounces.take(raw)
    assert ADDRESS not in caplog.text
