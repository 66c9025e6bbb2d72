"""Mails are taken from a real mailbox exactly once, and the mailbox is changed by a mark or a move alone."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from imapclient import IMAPClient

from requests_app.connectors.mail import session
from requests_app.models import Event, HeldFile, IncomingMail, MailSource
from requests_app.services import held_files
from requests_app.services.audit import Actor
from requests_app.services.mailbox import imap, reading, sources, taking
from requests_app.services.mailbox.imap import Mailbox, MailboxFault
from tests.services.mailbox.conftest import settings_of
from tests.services.mailbox.mails import mail, raw
from tests.support.dovecot import HOST, SECRET

if TYPE_CHECKING:
    from tests.support.dovecot import Dovecot
    from tests.world import World

FOLDER = "Dataskydd"


def read(source: MailSource) -> MailSource:
    """One run, as if its time had come."""
    MailSource.objects.filter(pk=source.pk).update(not_before=timezone.now() - timedelta(seconds=1), lease_until=None)
    reading.run(source.pk)
    source.refresh_from_db()
    return source


def test_a_mail_becomes_a_proposal_with_the_hour_it_reached_the_mailbox(source: MailSource, server: Dovecot) -> None:
    arrived = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    server.put(FOLDER, raw(), at=arrived)
    assert read(source).fault == ""
    row = IncomingMail.objects.get()
    assert (row.state, row.received_at, row.uid) == ("proposed", arrived, 1)
    assert row.raw is not None
    assert held_files.read(row.raw) == raw()
    assert row.guess["rights"].keys() == {"access", "erasure"}
    assert row.guess["language"] == "sv"
    assert "anna" not in str(row.guess).lower()
    assert [event.kind for event in Event.objects.filter(kind__startswith="incoming.")] == ["incoming.taken"]


def test_a_taken_mail_is_marked_and_stays_unread(source: MailSource, server: Dovecot) -> None:
    server.put(FOLDER, raw())
    read(source)
    (flags,) = server.flags(FOLDER).values()
    assert b"$Hemdsr" in flags
    assert b"\\Seen" not in flags
    assert server.bodies(FOLDER) == [raw()]
    assert IncomingMail.objects.get().marked_at is not None


@pytest.mark.parametrize("can_move", [True, False])
def test_a_taken_mail_is_moved_when_a_folder_for_that_is_set(
    server: Dovecot, world: World, monkeypatch: pytest.MonkeyPatch, can_move: bool
) -> None:
    if not can_move:
        has = IMAPClient.has_capability
        monkeypatch.setattr(IMAPClient, "has_capability", lambda self, name: name != "MOVE" and has(self, name))
    values = settings_of(server, done_folder="Dataskydd/Klart åäö")
    source = sources.save(actor=Actor.staff(world.ada), source=None, values=values, secret=SECRET)
    server.put(FOLDER, raw(), raw(subject="Två"))
    assert read(source).fault == "done_folder"
    assert IncomingMail.objects.count() == 0
    with server.client() as client:
        client.create_folder("Dataskydd/Klart åäö")
    assert read(source).fault == ""
    assert server.bodies(FOLDER) == []
    assert sorted(server.bodies("Dataskydd/Klart åäö")) == sorted([raw(), raw(subject="Två")])
    assert IncomingMail.objects.filter(marked_at__isnull=False).count() == 2


def test_what_is_read_again_is_not_taken_again(source: MailSource, server: Dovecot) -> None:
    server.put(FOLDER, raw(), raw(subject="Två"))
    read(source)
    server.put(FOLDER, raw(subject="Tre"))
    read(source)
    read(source)
    assert list(IncomingMail.objects.order_by("uid").values_list("uid", flat=True)) == [1, 2, 3]
    assert source.last_uid == 3
    assert source.checked_at is not None


def test_a_worker_that_dies_before_marking_leaves_it_to_the_next(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(FOLDER, raw(), raw(subject="Två"))

    class Died(BaseException):
        pass

    def die(self: Mailbox, uid: int) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(imap.Mailbox, "mark", die)
        with pytest.raises(Died):
            read(source)
    assert [row.marked_at for row in IncomingMail.objects.all()] == [None]
    read(source)
    assert IncomingMail.objects.filter(marked_at__isnull=False).count() == 2
    assert all(b"$Hemdsr" in flags for flags in server.flags(FOLDER).values())


def test_a_worker_that_dies_while_taking_leaves_nothing_behind(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(FOLDER, raw())

    class Died(BaseException):
        pass

    def die(*args: object, **fields: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(taking.IncomingMail.objects, "create", die)
        with pytest.raises(Died):
            read(source)
    source.refresh_from_db()
    assert (IncomingMail.objects.count(), HeldFile.objects.count(), source.last_uid) == (0, 0, 0)
    read(source)
    assert (IncomingMail.objects.count(), HeldFile.objects.count()) == (1, 1)


def test_a_folder_numbered_anew_gives_no_mail_twice_and_loses_none(source: MailSource, server: Dovecot) -> None:
    server.put(FOLDER, raw(), raw(subject="Två"), raw(subject="Två"))
    read(source)
    before = set(IncomingMail.objects.values_list("ref", "state"))
    validity = source.uidvalidity
    server.renumber(FOLDER)
    server.put(FOLDER, raw(subject="Ny"))
    read(source)
    assert source.uidvalidity != validity
    after = set(IncomingMail.objects.values_list("ref", "state"))
    assert before < after
    assert len(after) == 4
    assert IncomingMail.objects.filter(uidvalidity=source.uidvalidity, marked_at__isnull=False).count() == 4


def test_the_same_mail_twice_is_dismissed_once_and_one_put_back_after_a_dismissal_is_asked_about(
    source: MailSource, server: Dovecot
) -> None:
    server.put(FOLDER, raw(), raw())
    read(source)
    first, second = IncomingMail.objects.order_by("pk")
    assert (first.state, second.state, second.reason, second.by) == ("proposed", "dismissed", "duplicate", None)
    assert second.raw is not None
    assert second.raw.expires_at is not None
    IncomingMail.objects.filter(pk=first.pk).update(state="dismissed", decided_at=timezone.now())
    server.put(FOLDER, raw())
    read(source)
    third = IncomingMail.objects.order_by("pk").last()
    assert third is not None
    assert (third.state, third.seems) == ("proposed", "duplicate")


def test_a_mail_that_the_server_does_not_give_out_holds_up_no_other_and_is_not_forgotten(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(FOLDER, raw(subject="Ett"), raw(subject="Två"), raw(subject="Tre"))
    fetch = imap.Mailbox.fetch

    def stubborn(self: Mailbox, uid: int, alive: object) -> object:
        if uid == 2:
            raise MailboxFault("unreadable")
        return fetch(self, uid, alive)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(imap.Mailbox, "fetch", stubborn)
        assert read(source).fault == "unreadable"
        assert source.last_uid == 1
        read(source)
    assert set(IncomingMail.objects.values_list("uid", flat=True)) == {1, 3}
    assert read(source).fault == ""
    assert list(IncomingMail.objects.order_by("uid").values_list("uid", flat=True)) == [1, 2, 3]


def test_a_run_that_was_taken_over_writes_nothing_more(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(FOLDER, raw())
    fetch = imap.Mailbox.fetch

    def slow(self: Mailbox, uid: int, alive: object) -> object:
        MailSource.objects.update(token="0" * 32)
        return fetch(self, uid, alive)  # type: ignore[arg-type]

    monkeypatch.setattr(imap.Mailbox, "fetch", slow)
    read(source)
    assert IncomingMail.objects.count() == 0
    assert HeldFile.objects.count() == 0


def test_only_one_worker_gets_a_mailbox_and_nobody_before_its_time(source: MailSource) -> None:
    assert reading.claim(source.pk) is not None
    assert reading.claim(source.pk) is None
    MailSource.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reading.claim(source.pk) is not None
    MailSource.objects.update(lease_until=None, not_before=timezone.now() + timedelta(minutes=1))
    assert reading.claim(source.pk) is None
    MailSource.objects.update(not_before=timezone.now(), active=False)
    assert reading.claim(source.pk) is None


def test_a_large_mail_is_fetched_in_pieces_and_a_larger_one_is_cut_with_a_word_about_it(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = mail()
    made.add_attachment(bytes(300_000), maintype="application", subtype="pdf", filename="räkning.pdf")
    content = made.as_bytes().replace(b"\n", b"\r\n")
    monkeypatch.setattr(session, "PIECE", 64 * 1024)
    server.put(FOLDER, content)
    read(source)
    monkeypatch.setattr(session, "MAX_BYTES", 100_000)
    server.put(FOLDER, content + b" ")
    read(source)
    whole, cut = IncomingMail.objects.order_by("uid")
    assert whole.raw is not None
    assert cut.raw is not None
    assert held_files.read(whole.raw) == content
    assert "cut" not in whole.guess
    assert held_files.read(cut.raw) == content[:100_000]
    assert cut.guess["cut"] is True
    assert cut.size == len(content) + 1


@pytest.mark.parametrize(
    ("changes", "secret", "code"),
    [
        ({"folder": "Finns inte"}, SECRET, "folder"),
        ({}, "fel", "login"),
        ({"port": 9}, SECRET, "unreachable"),
        ({"host": "finns-inte.invalid", "security": "tls"}, SECRET, "unreachable"),
        ({"security": "tls"}, SECRET, "tls"),
        ({"security": "starttls"}, SECRET, "tls"),
    ],
)
def test_what_is_wrong_with_a_mailbox_is_a_code(
    server: Dovecot, world: World, changes: dict[str, object], secret: str, code: str
) -> None:
    values = settings_of(server, **changes)
    source = sources.save(actor=Actor.staff(world.ada), source=None, values=values, secret=secret)
    assert sources.test(actor=Actor.staff(world.ada), source=source).fault == code
    read(source)
    assert (source.fault, source.token, source.checked_at) == (code, None, None)
    assert source.not_before > timezone.now()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_the_connection_is_encrypted_and_the_certificate_must_hold(
    server: Dovecot, world: World, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.tls_port if security == "tls" else server.port
    values = settings_of(server, host=HOST, port=port, security=security)
    source = sources.save(actor=Actor.staff(world.ada), source=None, values=values, secret=SECRET)
    server.put(FOLDER, raw())
    assert sources.test(actor=Actor.staff(world.ada), source=source).fault == "tls"
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    tried = sources.test(actor=Actor.staff(world.ada), source=source)
    assert (tried.fault, tried.folders, tried.mails) == ("", ("Dataskydd", "INBOX"), 1)
    assert read(source).fault == ""
    assert IncomingMail.objects.count() == 1


def test_a_server_that_drops_the_connection_loses_nothing(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(FOLDER, *(raw(subject=f"Nr {n}") for n in range(5)))
    fetch = imap.Mailbox.fetch

    def dropping(self: Mailbox, uid: int, alive: object) -> object:
        if uid == 3:
            self.client.socket().shutdown(socket.SHUT_RDWR)
        return fetch(self, uid, alive)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(imap.Mailbox, "fetch", dropping)
        assert read(source).fault == "cut_off"
    assert source.last_uid == 2
    assert read(source).fault == ""
    assert list(IncomingMail.objects.order_by("uid").values_list("uid", flat=True)) == [1, 2, 3, 4, 5]


def test_readers_are_told_once_for_a_run_and_administrators_after_an_hour_of_faults(
    world: World, source: MailSource, server: Dovecot
) -> None:
    server.put(FOLDER, raw(), raw(subject="Två"))
    read(source)
    (told,) = world.karin.notices.all()
    assert (told.kind, told.params) == ("new_mail", {"n": 2})
    for person in (world.anders, world.sven, world.lena, world.ada):
        assert not person.notices.exists()
    MailSource.objects.update(folder="Borta")
    source.refresh_from_db()
    read(source)
    assert not world.ada.notices.exists()
    MailSource.objects.update(fault_since=timezone.now() - timedelta(hours=1))
    read(source)
    read(source)
    assert [notice.kind for notice in world.ada.notices.all()] == ["mailbox_failing"]
    assert read_again(source).fault == ""


def read_again(source: MailSource) -> MailSource:
    MailSource.objects.update(folder=FOLDER)
    return read(source)


def test_due_mailboxes_are_handed_to_the_workers_and_those_that_wait_in_the_queue_are_not(source: MailSource) -> None:
    MailSource.objects.update(queued_at=None)
    assert reading.send_due() == 1
    assert reading.send_due() == 0
    MailSource.objects.update(queued_at=timezone.now() - timedelta(minutes=5))
    assert reading.send_due() == 1
