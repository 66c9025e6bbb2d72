"""What becomes of a mail: what is infected stays out of the case, what cannot be read is still there, what waits too long is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.models import Case, CaseMessage, Event, EventPayload, HeldFile, IncomingMail, MailSource, Notice
from requests_app.services import escalation, files, messages
from requests_app.services.audit import Actor, log_of
from requests_app.services.keys import Vault
from requests_app.services.mailbox import access, proposals, taking
from requests_app.services.mailbox.imap import Fetched
from requests_app.services.mailbox.proposals import Acceptance
from tests.services.mailbox.mails import mail
from tests.support.clamav import EICAR
from tests.world import World, open_case

MONDAY = datetime(2026, 11, 16, 9, tzinfo=ZoneInfo("Europe/Stockholm"))


def source() -> MailSource:
    made, _new = MailSource.objects.get_or_create(
        key="info", defaults={"name": "Info", "host": "127.0.0.1", "user": "info", "folder": "Dataskydd"}
    )
    return made


def fetched(content: bytes, uid: int = 1) -> Fetched:
    return Fetched(uid, content, len(content), timezone.now() - timedelta(days=1), False)


def infected() -> bytes:
    """A mail with a clean file and an infected one."""
    made = mail()
    made.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="fullmakt.pdf")
    made.add_attachment(EICAR, maintype="application", subtype="octet-stream", filename="ond.bin")
    return made.as_bytes()


@pytest.fixture
def row(world: World) -> IncomingMail:
    return taking.take(source(), 1, fetched(infected()), lambda uid: None)


def accept(world: World, row: IncomingMail) -> proposals.Filed:
    said = Acceptance(rights={"access": ""}, name="Anna", email="anna@example.se", received_at=row.received_at)
    return proposals.accept(actor=Actor.staff(world.karin), row=row, acceptance=said)


def contents_of(case: Case) -> dict[str, bytes]:
    vault = Vault(case)
    return {files.name_of(vault, stored): files.read(vault, stored) for stored in case.files.filter(kind="attachment")}


@pytest.mark.usefixtures("scanned")
def test_what_is_infected_stays_out_of_the_case_and_the_rest_comes_in(world: World, row: IncomingMail) -> None:
    filed = accept(world, row)

    kept = contents_of(filed.case)
    assert kept.keys() == {"mejl.txt", "fullmakt.pdf"}
    assert "Jag vill veta" in kept["mejl.txt"].decode()
    assert not any(EICAR in content for content in kept.values())
    assert filed.left_out == 1
    assert not HeldFile.objects.exists()
    assert [entry.open["n"] for entry in log_of(filed.case) if entry.event.kind == "incoming.left_out"] == [1]
    seqs = Event.objects.filter(kind="file.infected").values("seq")
    assert {said.open["door"] for said in EventPayload.objects.filter(seq__in=seqs)} == {"mail"}
    assert Notice.objects.filter(kind="malware_found", user=world.ada).exists()


@pytest.mark.usefixtures("scanned")
def test_a_mail_that_is_joined_is_looked_through_too(world: World, row: IncomingMail) -> None:
    case = open_case(world)

    filed = proposals.join(actor=Actor.staff(world.karin), row=row, number=case.diary_no)

    assert (filed.case, filed.left_out) == (case, 1)
    assert contents_of(case).keys() == {"mejl.txt", "fullmakt.pdf"}
    assert CaseMessage.objects.get().files.count() == 2


def test_a_mail_from_an_address_that_is_not_the_cases_is_for_staff_alone(world: World) -> None:
    case, strangers = open_case(world, login="anna"), mail(sender="Sven Annan <sven@example.se>")
    karin = Actor.staff(world.karin)
    row = taking.take(source(), 1, fetched(strangers.as_bytes()), lambda uid: None)

    filed = proposals.join(actor=karin, row=row, number=case.diary_no)

    (kept,) = messages.messages_of(case)
    assert (filed.foreign, kept.sender, kept.direction, len(kept.files)) == (True, "sven@example.se", "in", 1)
    assert "Jag vill veta" in kept.text
    assert messages.told(case) == []
    assert not messages.files_for_person(case).exists()
    assert not Event.objects.filter(kind__in=["message.posted", "message.file_fetched"]).exists()
    assert messages.unread(case, messages.IN) == 0

    own = taking.take(source(), 1, fetched(mail().as_bytes(), 2), lambda uid: None)
    assert proposals.join(actor=karin, row=own, number=case.diary_no).foreign is False
    assert [item.sender for item in messages.told(case)] == [None]
    assert messages.files_for_person(case).count() == 1


@pytest.mark.usefixtures("scanned")
def test_an_infected_file_is_not_handed_out_nor_the_whole_mail_and_a_clean_one_is(
    world: World, row: IncomingMail
) -> None:
    karin = Actor.staff(world.karin)
    row.refresh_from_db()
    assert proposals.file(actor=karin, row=row, part="0") == ("fullmakt.pdf", b"%PDF-1.7")
    for part in ("1", "mejl"):
        with pytest.raises(ValidationError, match=r"malware|skadlig"):
            proposals.file(actor=karin, row=row, part=part)
    assert Event.objects.filter(kind="incoming.downloaded").count() == 1


def test_while_the_scanner_is_silent_nothing_is_taken_or_handed_out_and_nothing_is_lost(
    world: World, row: IncomingMail, settings: Any
) -> None:
    settings.CLAMD = ("127.0.0.1", 9)
    case, karin = open_case(world), Actor.staff(world.karin)
    row.refresh_from_db()
    doors = [
        lambda: accept(world, row),
        lambda: proposals.join(actor=karin, row=row, number=case.diary_no),
        lambda: proposals.file(actor=karin, row=row, part="0"),
    ]
    for door in doors:
        with pytest.raises(ValidationError) as caught:
            door()
        assert caught.value.code == "scanner"
    row.refresh_from_db()
    assert (row.state, Case.objects.count(), HeldFile.objects.count()) == ("proposed", 1, 1)
    settings.CLAMD = None
    assert accept(world, row).left_out == 0
    assert len(contents_of(Case.objects.latest("pk"))) == 3


def test_a_mail_that_was_kept_unread_is_never_read_and_goes_whole_into_its_case(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = infected()
    row = taking.keep_unread(source(), 1, fetched(content), lambda uid: None)

    def never(*args: object) -> None:
        raise AssertionError

    monkeypatch.setattr(proposals.parsing, "parse", never)
    monkeypatch.setattr(proposals.parsing, "contents", never)
    karin = Actor.staff(world.karin)
    opened = proposals.opened(actor=karin, row=row)
    assert opened is not None
    assert (opened.broken, opened.text, opened.attachments) == (True, "", ())
    assert proposals.file(actor=karin, row=row, part="mejl") == ("mejl.eml", content)
    with pytest.raises(LookupError):
        proposals.file(actor=karin, row=row, part="0")
    assert contents_of(accept(world, row).case) == {"mejl.eml": content}


def test_a_mail_that_nobody_looks_at_is_told_to_legal_once_after_the_policys_working_days(
    world: World, row: IncomingMail
) -> None:
    later = taking.take(source(), 1, fetched(mail("Hej").as_bytes(), 2), lambda uid: None)
    IncomingMail.objects.update(taken_at=MONDAY)
    IncomingMail.objects.filter(pk=later.pk).update(state="dismissed", decided_at=MONDAY)

    assert escalation.escalate(now=MONDAY + timedelta(days=2, hours=23)) == 0
    assert escalation.escalate(now=MONDAY + timedelta(days=3)) == 1
    assert escalation.escalate(now=MONDAY + timedelta(days=30)) == 0

    (told,) = Notice.objects.filter(kind="mail_waiting")
    assert (told.user, told.subject_key, told.params) == (world.lena, f"mail:{row.ref}", {"asked_on": "2026-11-16"})


def test_where_the_team_has_nobody_every_coordinator_is_told_of_new_mail(world: World) -> None:
    assert access.readers() == [world.karin]
    world.karin.is_active = False
    world.karin.save()
    assert access.readers() == [world.anders]
