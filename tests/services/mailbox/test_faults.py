"""Mails that cannot be taken, and servers that answer with less than they should: nothing is lost, nothing holds up the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import DataError, OperationalError
from imapclient import IMAPClient

from requests_app.connectors.mail import parsing
from requests_app.models import Event, IncomingMail, MailSource
from requests_app.services import held_files
from requests_app.services.mailbox import imap, reading, taking
from tests.services.mailbox.mails import raw
from tests.services.mailbox.test_reading import FOLDER, read

if TYPE_CHECKING:
    from tests.support.dovecot import Dovecot


def three(server: Dovecot) -> list[bytes]:
    mails = [raw(subject=name) for name in ("Ett", "Giftigt", "Tre")]
    server.put(FOLDER, *mails)
    return mails


def taken() -> dict[int, bool]:
    """The UIDs there are, and whether the mail is one that was not read."""
    return dict(IncomingMail.objects.order_by("uid").values_list("uid", "broken"))


@pytest.mark.parametrize("error", [RecursionError, MemoryError, DataError, KeyError])
def test_a_mail_that_cannot_be_taken_holds_up_no_other_and_is_kept_unread_after_two_tries(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    mails = three(server)
    guess = taking.guess

    def poisoned(subject: str, text: str) -> Any:
        if subject == "Giftigt":
            raise error
        return guess(subject, text)

    monkeypatch.setattr(taking, "guess", poisoned)
    assert read(source).fault == "unexpected"
    assert taken() == {1: False, 3: False}
    assert (source.last_uid, source.tries) == (1, {"2": 1})
    assert read(source).fault == "unexpected"
    assert read(source).fault == ""
    assert taken() == {1: False, 2: True, 3: False}
    assert (source.last_uid, source.tries) == (3, {})
    row = IncomingMail.objects.get(uid=2)
    assert row.raw is not None
    assert (row.state, row.guess, held_files.read(row.raw)) == ("proposed", {}, mails[1])
    assert row.marked_at is not None
    read(source)
    assert Event.objects.filter(kind="incoming.taken").count() == IncomingMail.objects.count() == 3


def test_a_database_that_is_away_is_no_fault_of_the_mail(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(server)

    def away(*args: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(taking, "guess", away)
        for _round in range(4):
            read(source)
            assert source.tries.get("1", 0) == 0
    read(source)
    assert taken() == {1: False, 2: False, 3: False}


def test_a_try_is_counted_before_it_begins(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail may end the worker itself."""
    server.put(FOLDER, raw())

    class Killed(BaseException):
        pass

    def kill(content: bytes) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(parsing, "parse", kill)
        for _round in range(reading.MAX_TRIES):
            with pytest.raises(Killed):
                read(source)
        read(source)
    assert taken() == {1: True}


def test_a_folder_numbered_anew_gives_no_unread_mail_twice(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(FOLDER, raw())

    def never(*args: object) -> None:
        raise KeyError

    monkeypatch.setattr(taking, "guess", never)
    for _round in range(reading.MAX_TRIES + 1):
        read(source)
    server.renumber(FOLDER)
    for _round in range(reading.MAX_TRIES + 1):
        read(source)
    (row,) = IncomingMail.objects.all()
    assert (row.broken, row.uidvalidity) == (True, source.uidvalidity)


def answering(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """Let ``change`` make something else of what the server answers when the content of mail 1 is asked for."""
    fetch = IMAPClient.fetch

    def changed(self: IMAPClient, uids: list[int], what: list[str]) -> Any:
        told = fetch(self, uids, what)
        return change(told) if uids == [1] and what[0].startswith("BODY") else told

    monkeypatch.setattr(IMAPClient, "fetch", changed)


def without_body(told: Any) -> Any:
    return {uid: {key: value for key, value in items.items() if b"BODY" not in key} for uid, items in told.items()}


def empty(told: Any) -> Any:
    return {uid: {key: b"" if b"BODY" in key else value for key, value in items.items()} for uid, items in told.items()}


@pytest.mark.parametrize("change", [without_body, empty, lambda told: {}])
def test_an_answer_without_the_mail_is_a_fault_and_the_mail_is_asked_for_again(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    mails = three(server)
    with monkeypatch.context() as patch:
        answering(patch, change)
        for _round in range(reading.MAX_TRIES + 2):
            assert read(source).fault == "unreadable"
        assert taken() == {2: False, 3: False}
        assert source.last_uid == 0
    assert read(source).fault == ""
    raw = IncomingMail.objects.get(uid=1).raw
    assert raw is not None and held_files.read(raw) == mails[0]


def test_a_piece_that_is_short_is_not_the_end(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (content, *_rest) = three(server)
    answering(
        monkeypatch,
        lambda told: {
            uid: {key: value[:50] if b"BODY" in key else value for key, value in items.items()}
            for uid, items in told.items()
        },
    )
    assert read(source).fault == ""
    raw = IncomingMail.objects.get(uid=1).raw
    assert raw is not None and held_files.read(raw) == content


def test_a_mail_shorter_than_was_said_is_asked_for_again_and_then_taken_with_a_word_about_it(
    source: MailSource, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some servers only estimate the size: that must not keep a mail out for ever."""
    mails = three(server)
    fetch = IMAPClient.fetch

    def more(self: IMAPClient, uids: list[int], what: list[str]) -> Any:
        told = fetch(self, uids, what)
        if uids == [1] and "RFC822.SIZE" in what:
            told[1][b"RFC822.SIZE"] += 10
        return told

    monkeypatch.setattr(IMAPClient, "fetch", more)
    for _round in range(reading.MAX_TRIES):
        assert read(source).fault == "unreadable"
    assert taken() == {2: False, 3: False}
    assert read(source).fault == ""
    row = IncomingMail.objects.get(uid=1)
    assert row.raw is not None
    assert (held_files.read(row.raw), row.broken, row.guess["short"]) == (mails[0], False, True)
    assert "cut" not in row.guess


def test_the_lease_is_renewed_while_a_mail_is_taken(source: MailSource, server: Dovecot) -> None:
    server.put(FOLDER, raw())
    with imap.Mailbox(source) as mailbox:
        validity = mailbox.open_folder()
        fetched = mailbox.fetch(1, lambda: None)
    assert fetched is not None
    beats: list[str] = []
    taking.take(source, validity, fetched, lambda uid: beats.append("noted"), lambda: beats.append("alive"))
    assert beats[0] == "alive"
    assert beats[-1] == "noted"
    assert len(beats) > 2
