"""Servers that refuse, lie, trickle or hang up: a fault in the product's words, nothing of anybody's in it, and never for ever."""

from __future__ import annotations

import logging
import socket
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from requests_app.connectors import mailbox_search, mailbox_walk, registry
from requests_app.connectors.base import ConnectorError, Fault, Limits
from requests_app.connectors.mail import wire
from tests.connectors.mail.scripted import DATE, HEAD, Scripted, answering, usual
from tests.connectors.mail.searching import ANNA, gather, mail, search, settings_of, texts
from tests.connectors.world import Gathered
from tests.support.dovecot import HOST, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.dovecot import Dovecot

QUICK = Limits(connect_timeout=1, read_timeout=0.2)


def from_(server: Scripted, *values: str, **changes: Any) -> Gathered:
    """What is gathered from a scripted server."""
    made = search(server.port, *values, **{"limits": QUICK, "secret": "hemligt", **changes})
    with server.running():
        return Gathered(list(registry.get("mailbox").collect(made)))


def fault_of(server: Scripted, **changes: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        from_(server, **changes)
    return caught.value


def test_a_sane_server_is_asked_for_nothing_that_changes_the_mailbox() -> None:
    server = answering()
    assert texts(from_(server)) == ["Text"]
    words = {command.split()[0 if "UID" not in command.split()[0] else 1] for command in server.said}
    assert words <= {"CAPABILITY", "LOGIN", "LIST", "EXAMINE", "SEARCH", "FETCH", "LOGOUT"}
    fetched = [command for command in server.said if "BODY" in command]
    assert fetched and all("BODY.PEEK[" in command and "BODY[" not in command for command in fetched)


@pytest.mark.parametrize(
    ("special", "fault"),
    [
        ({"LOGIN": b"<tag> NO wrong\r\n"}, Fault.AUTH_REFUSED),
        ({"LOGIN": b"<tag> NO [UNAVAILABLE] later\r\n"}, Fault.UNREACHABLE),
        ({"LOGIN": None}, Fault.CUT_OFF),
        ({"LIST": b"<tag> NO anna@example.se\r\n"}, Fault.FORBIDDEN),
        ({"EXAMINE": b"<tag> NO [NOPERM] no\r\n"}, Fault.FORBIDDEN),
        ({"EXAMINE": b"* 1 EXISTS\r\n"}, Fault.FORBIDDEN),
        ({"EXAMINE": b"<tag> NO [INUSE] later\r\n"}, Fault.CUT_OFF),
        ({"SEARCH": b"<tag> NO anna@example.se\r\n"}, Fault.SERVER_ERROR),
        ({"SEARCH": b"<tag> BAD anna@example.se\r\n"}, Fault.SERVER_ERROR),
        ({"SEARCH": None}, Fault.CUT_OFF),
        ({"SEARCH": b"* SEARCH anna@example.se\r\n"}, Fault.SERVER_ERROR),
        ({"HEADER.FIELDS": b"* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n"}, Fault.SERVER_ERROR),
        ({"HEADER.FIELDS": b"* 1 FETCH (UID 1 " + b"(" * 20_000 + b"\r\n"}, Fault.SERVER_ERROR),
        ({"HEADER.FIELDS": b"* 1 FETCH (UID 1 BODY[HEADER] {9999999999}\r\n"}, Fault.CUT_OFF),
        ({"BODY.PEEK[]<0": None}, Fault.CUT_OFF),
    ],
)
def test_what_a_server_does_wrong_is_told_in_our_words(
    special: dict[str, Any], fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = fault_of(answering(**special))
    assert error.fault is fault
    assert error.__cause__ is None
    assert error.__context__ is None
    told = caplog.text + repr(error) + repr(error.params) + "".join(traceback.format_exception(error))
    assert [value for value in (ANNA, "hemligt", "Lindqvist", "127.0.0.1", "INBOX") if value in told] == []


def test_nothing_of_a_search_that_goes_well_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert from_(answering()).records
    assert [value for value in (ANNA, "hemligt", "Lindqvist", "SEARCH", "LOGIN") if value in caplog.text] == []


def test_a_server_that_is_silent_or_trickles_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_command: str) -> bytes:
        time.sleep(0.6)
        return b""

    assert fault_of(answering(SEARCH=silent)).fault is Fault.TIMEOUT
    monkeypatch.setattr(wire, "SLOWEST", 0)
    assert fault_of(answering()).fault is Fault.TIMEOUT


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_ANSWER", 100_000)
    assert fault_of(answering(LIST=b'* LIST () "/" INBOX\r\n' * 10_000)).fault is Fault.CUT_OFF


def test_a_mail_that_is_not_given_out_is_told_by_its_headers() -> None:
    (record,) = from_(answering(**{"BODY.PEEK[]<0": b"<tag> NO broken\r\n"})).records
    assert (record.fields["text"], record.fields["subject"], record.fields["incomplete"]) == ("", "Hej", True)


def test_what_lies_under_a_uid_by_then_is_not_taken_for_the_mail() -> None:
    asked = 0

    def other(command: str) -> bytes:
        nonlocal asked
        asked += 1
        return usual(command) if asked % 2 else usual(command).replace(b"anna@", b"hans@")

    gathered = from_(answering(**{"HEADER.FIELDS": other}))
    assert gathered.records == []
    assert gathered.pages[-1].cursor is None


def test_what_a_server_only_proposes_is_not_kept() -> None:
    other = HEAD.replace(b"anna@", b"hanna@")
    told = b"* 1 FETCH (UID 1 RFC822.SIZE 9 %s BODY[HEADER.FIELDS (FROM)]<0> {%d}\r\n%s)\r\n" % (
        DATE,
        len(other),
        other,
    )
    server = answering(**{"HEADER.FIELDS": told})
    assert from_(server).records == []
    assert not any("BODY.PEEK[]" in command for command in server.said)


def test_values_cannot_break_out_of_the_search() -> None:
    server = answering()
    from_(server, "a{5}%*+anna@example.se", 'K"1\\2', search_texts=True)
    searched = [command for command in server.said if "SEARCH" in command]
    assert searched[0].count('"a{5}%*+anna@example.se"') == 6
    assert searched[1].endswith('TEXT "K\\"1\\\\2"')


def test_letters_are_searched_for_in_utf8_or_by_what_is_ascii_where_the_server_does_not_take_that() -> None:
    server = answering(CHARSET=b"<tag> NO [BADCHARSET (US-ASCII)] no\r\n")
    assert from_(server, "åsa.lind@exempel.se").records == []
    assert any("CHARSET UTF-8" in command and "åsa.lind@exempel.se" in command for command in server.said)
    assert any('FROM "sa.lind@exempel.se"' in command for command in server.said)


def test_too_many_mails_are_a_fault_and_not_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_search, "MAX_FOUND", 3)
    assert fault_of(answering(SEARCH=b"* SEARCH 1 2 3 4\r\n")).fault is Fault.TOO_LARGE
    monkeypatch.setattr(mailbox_walk, "MAX_HITS", 0)
    assert fault_of(answering()).fault is Fault.TOO_LARGE


def test_folders_numbered_anew_again_and_again_are_a_passing_fault() -> None:
    count = 0

    def anew(_command: str) -> bytes:
        nonlocal count
        count += 1
        return b"* 1 EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n" % count

    two = b'* LIST () "/" A\r\n* LIST () "/" B\r\n'
    error = fault_of(answering(LIST=two, EXAMINE=anew))
    assert error.fault is Fault.SERVER_ERROR
    assert error.transient


def test_a_sign_of_life_is_given_and_its_word_ends_the_run() -> None:
    class TakenOverError(Exception):
        pass

    def after(beats: int) -> Callable[[], None]:
        left = iter(range(beats))

        def beat() -> None:
            if next(left, None) is None:
                raise TakenOverError

        return beat

    for beats in (0, 3, 9):
        with pytest.raises(TakenOverError):
            from_(answering(), heartbeat=after(beats))


def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_that_holds_is_not(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("INBOX", mail("Krypterat"))
    tls = {"host": HOST, "tls": True, "port": server.tls_port}
    connector = registry.get("mailbox")
    assert connector.test(settings_of(**tls), {"password": SECRET}).fault is Fault.UNREACHABLE
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    assert connector.test(settings_of(**tls), {"password": SECRET}).ok
    made = search(server.tls_port, host=HOST, tls=True)
    assert texts(Gathered(list(connector.collect(made)))) == ["Krypterat"]


@pytest.mark.parametrize("number", ["127.0.0.1", "169.254.169.254", "::1"])
def test_a_name_that_leads_inward_is_not_followed(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 993))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: found)
    with pytest.raises(ConnectorError) as caught:
        list(registry.get("mailbox").collect(search(993, host="mail.example.se", tls=True)))
    assert caught.value.fault is Fault.ADDRESS_REFUSED
    tried = registry.get("mailbox").test(settings_of(993, host="mail.example.se", tls=True), {"password": "x"})
    assert tried.fault is Fault.ADDRESS_REFUSED


def test_a_wrong_password_is_told(server: Dovecot) -> None:
    with pytest.raises(ConnectorError) as caught:
        gather(server, secret="fel")
    assert caught.value.fault is Fault.AUTH_REFUSED


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet='*12 ()[]{}<>"\\\r\nFETCHUIDBODYSEARCHnil', max_size=80).map(str.encode))
def test_no_answer_is_too_odd(rubbish: bytes) -> None:
    for word in ("LIST", "EXAMINE", "SEARCH", "HEADER.FIELDS", "RFC822.SIZE INTERNALDATE)"):
        try:
            from_(answering(**{word: rubbish.replace(b"<tag>", b"") + b"\r\n"}))
        except ConnectorError as error:
            assert error.__context__ is None
