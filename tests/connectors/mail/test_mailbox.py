"""The person's mails are found in a real mailbox: all of them, nobody else's, each once, and nothing in it is changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors import mailbox_walk, registry
from requests_app.connectors.base import ConnectorError, Fault, IdentifierKind, shape
from requests_app.domain.records import Kind, Record
from tests.connectors.mail.searching import ANNA, NOW, gather, mail, search, settings_of, texts
from tests.support.dovecot import SECRET

if TYPE_CHECKING:
    from tests.support.dovecot import Dovecot


def test_it_finds_what_the_person_wrote_and_was_written_as_one_exchange(server: Dovecot) -> None:
    server.put("INBOX", mail("Hej!", message_id="<1@example.se>"))
    server.put(
        "Skickat",
        mail(
            "Den kommer i morgon.",
            sender="Karin Ek <karin@hem.example>",
            to=ANNA,
            subject="SV: Faktura",
            day=3,
            In_Reply_To="<1@example.se>",
        ),
    )
    gathered = gather(server)

    first, second = gathered.records
    assert (
        first.fields
        == {
            "from": "Anna Lindqvist <anna@example.se>",
            "text": "Hej!\n",
            "role": "person",
            "subject": "Faktura",
            "to": ["info@hem.example"],
            "folder": "INBOX",
        }
        or first.fields["text"].strip() == "Hej!"
    )
    assert (first.kind, first.group, first.marks, first.source) == (Kind.CONVERSATION, "Faktura", (), "")
    assert first.occurred_at == datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    assert (second.group, second.fields["role"], second.fields["folder"]) == ("Faktura", "staff", "Skickat")
    assert second.fields["from"] == "Karin Ek <karin@hem.example>"
    assert gathered.candidates == []
    assert gathered.pages[-1].cursor is None
    assert all(page.searched_from is None for page in gathered.pages)


def test_nobody_found_delivers_nothing(server: Dovecot) -> None:
    server.put("INBOX", mail(sender="Per <per@example.se>"))
    assert gather(server).records == []
    assert gather(server, "nobody@example.se").candidates == []


def test_addresses_that_only_hold_the_persons_are_others(server: Dovecot) -> None:
    server.put(
        "INBOX",
        mail("1", sender="hanna@example.se"),
        mail("2", sender="anna@example.se.example.com"),
        mail("3", sender='"anna@example.se" <spam@example.com>'),
        mail("4", sender="Per <per@example.se>", subject="Om anna@example.se"),
        mail("5", sender="per@example.se", to="info@hem.example, hanna@example.se"),
        mail("6", sender="ANNA@Example.SE"),
        mail("7", sender="anna+el@example.se"),
    )
    assert texts(gather(server)) == ["6"]


def test_an_address_is_found_in_every_header_of_people(server: Dovecot) -> None:
    staff = "Karin <karin@hem.example>"
    server.put(
        "INBOX",
        mail("to", sender=staff, to=f"per@example.se, {ANNA}", day=1),
        mail("cc", sender=staff, Cc=ANNA, day=2),
        mail("bcc", sender=staff, Bcc=ANNA, day=3),
        mail("form", sender="noreply@hem.example", Reply_To=ANNA, day=4),
    )
    found = {record.fields["text"].strip(): record for record in gather(server).records}
    assert set(found) == {"to", "cc", "bcc", "form"}
    assert found["form"].fields["role"] == "person"
    assert found["to"].fields["to"] == [ANNA]
    assert found["to"].fields["other_receivers"] == 1


def test_the_same_mail_in_two_folders_is_one_record_and_another_with_its_id_is_not(server: Dovecot) -> None:
    same = mail("Hej", message_id="<1@example.se>")
    server.put("INBOX", same, mail("Annat", subject="Annat", message_id="<1@example.se>", day=5))
    server.put("Arkiv", same)
    server.put("Arkiv/2026", same)
    gathered = gather(server)
    assert sorted(texts(gathered)) == ["Annat", "Hej"]
    assert len(set(gathered.keys)) == 2


def test_copies_without_an_id_are_one_mail_too(server: Dovecot) -> None:
    bare = b"From: anna@example.se\r\nSubject: Hej\r\n\r\nText\r\n"
    at = datetime(2026, 11, 3, tzinfo=UTC)
    server.put("INBOX", bare, at=at)
    server.put("Arkiv", bare, at=at)
    (record,) = gather(server).records
    assert record.occurred_at == at


def test_trash_junk_and_drafts_are_searched_only_when_they_are_named(server: Dovecot) -> None:
    for n, folder in enumerate(("INBOX", "Kasserat", "Skräppost", "Drafts", "Ärenden & annat"), 1):
        server.put(folder, mail(folder, day=n))
    assert texts(gather(server)) == ["INBOX", "Ärenden & annat"]
    assert texts(gather(server, folders="*\nKasserat")) == ["INBOX", "Kasserat", "Ärenden & annat"]
    assert texts(gather(server, folders="Skräppost")) == ["Skräppost"]
    with pytest.raises(ConnectorError) as caught:
        gather(server, folders="INBOX\nFinns inte")
    assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": "folders"})


def test_a_window_is_searched_and_said(server: Dovecot) -> None:
    server.put("INBOX", mail("gammalt"), at=datetime(2026, 9, 1, tzinfo=UTC))
    server.put("INBOX", mail("nytt"), at=datetime(2026, 11, 10, tzinfo=UTC))
    gathered = gather(server, window_days=30)
    assert texts(gathered) == ["nytt"]
    assert {(str(page.searched_from), str(page.searched_to)) for page in gathered.pages} == {
        ("2026-10-22", "2026-11-21")
    }
    assert sorted(texts(gather(server))) == ["gammalt", "nytt"]


def test_addresses_outside_ascii_are_found_however_they_are_written(server: Dovecot) -> None:
    raw = "From: Åsa <åsa@exempel-öst.se>\r\nSubject: Rå\r\nMessage-ID: <1@x>\r\n\r\nrå\r\n".encode()
    server.put(
        "INBOX",
        raw,
        b"From: Ake <ake@xn--exempel-st-fcb.se>\r\nMessage-ID: <2@x>\r\n\r\nxn\r\n",
    )
    assert texts(gather(server, "åsa@exempel-öst.se", name="Åsa Ek")) == ["rå"]
    domain = "exempel-öst.se".encode("idna").decode()
    server.put("INBOX", f"From: Ake <ake@{domain}>\r\nMessage-ID: <3@x>\r\n\r\nidna\r\n".encode())
    assert texts(gather(server, "ake@exempel-öst.se", name="Ake")) == ["idna"]


def several(server: Dovecot) -> None:
    """Thirty mails in three folders, some of them twice."""
    mails = [mail(f"Nr {n}", subject=f"Ärende {n % 7}", day=1 + n % 20) for n in range(30)]
    server.put("INBOX", *mails[:20])
    server.put("Arkiv", *mails[15:25])
    server.put("Skickat", *mails[22:])


def test_a_run_taken_up_at_any_cursor_delivers_exactly_the_rest(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox_walk, "HEADS_A_PAGE", 12)
    monkeypatch.setattr(mailbox_walk, "MAILS_A_PAGE", 11)
    several(server)
    whole = gather(server)
    assert len(whole.records) == len(set(whole.keys)) == 30
    for done, page in enumerate(whole.pages[:-1], 1):
        assert page.cursor is not None
        rest = gather(server, cursor=json.loads(json.dumps(page.cursor)), now=NOW.replace(month=12))
        assert [one.records for one in rest.pages] == [one.records for one in whole.pages[done:]]
    assert gather(server).pages == whole.pages
    for record in whole.records:
        row = json.loads(json.dumps(record.to_row()))
        assert Record.from_row(row, category=record.category, kind=record.kind) == record


@pytest.mark.parametrize("pages", [2, 5, 7])
def test_folders_numbered_anew_in_the_middle_are_gone_through_again_without_doubles(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    monkeypatch.setattr(mailbox_walk, "HEADS_A_PAGE", 12)
    monkeypatch.setattr(mailbox_walk, "MAILS_A_PAGE", 11)
    several(server)
    whole = gather(server)
    server.renumber("INBOX")
    assert whole.pages[pages].cursor is not None
    rest = gather(server, cursor=whole.pages[pages].cursor)
    keys = [record.key for page in whole.pages[: pages + 1] for record in page.records] + [
        record.key for record in rest.records
    ]
    assert sorted(keys) == sorted(record.key for record in whole.records)


def test_mails_that_are_moved_meanwhile_are_looked_for_again(server: Dovecot) -> None:
    several(server)
    whole = gather(server)
    scanned = next(page.cursor for page in whole.pages if page.cursor and page.cursor["step"] == "mails")
    with server.client() as client:
        client.create_folder("Flyttat")
        client.select_folder("INBOX")
        client.move(client.search()[:10], "Flyttat")
        client.delete_messages(client.search()[:1])
        client.expunge()
    rest = gather(server, cursor=scanned)
    assert len(rest.records) == len(set(rest.keys)) == 29
    assert rest.pages[-1].cursor is None


def test_nothing_in_the_mailbox_is_changed(server: Dovecot) -> None:
    several(server)
    before = {folder: server.flags(folder) for folder in ("INBOX", "Arkiv", "Skickat")}
    assert gather(server, "K1234", ANNA, search_texts=True).records
    assert {folder: server.flags(folder) for folder in before} == before
    assert all(b"\\Seen" not in flags for flags in before["INBOX"].values())


def test_its_connection_is_tried_without_a_person(server: Dovecot) -> None:
    server.put("Arkiv", mail())
    connector = registry.get("mailbox")
    result = connector.test(settings_of(server.port), {"password": SECRET})
    assert (result.ok, result.requests) == (True, 1)
    assert result.seen == (("Mappar som finns: Arkiv, INBOX.", "Folders there are: Arkiv, INBOX."),)
    assert connector.test(settings_of(server.port), {"password": "fel"}).fault is Fault.AUTH_REFUSED
    assert connector.test(settings_of(server.port), {}).fault is Fault.SECRET_MISSING
    named = connector.test(settings_of(server.port, folders="Borta"), {"password": SECRET})
    assert (named.fault, named.params, named.seen) == (Fault.MISCONFIGURED, {"setting": "folders"}, result.seen)
    assert connector.test(settings_of(1), {"password": SECRET}).fault is Fault.UNREACHABLE


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"host": ""}, "host"),
        ({"host": "169.254.169.254", "tls": True}, "host"),
        ({"host": "0x7f.1", "tls": True}, "host"),
        ({"host": "mail.example.se/x", "tls": True}, "host"),
        ({"host": "user@mail.example.se", "tls": True}, "host"),
        ({"host": "mail.example.se"}, "tls"),
        ({"own_addresses": "  "}, "own_addresses"),
        ({"own_addresses": "hem"}, "own_addresses"),
        ({"folders": " \n "}, "folders"),
        ({"user": "a\nb"}, "user"),
        ({"window_days": "alla"}, "window_days"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(changes: dict[str, Any], setting: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        list(registry.get("mailbox").collect(search(1, **changes)))
    assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": setting})


def test_a_port_there_is_not_is_named() -> None:
    with pytest.raises(ConnectorError) as caught:
        registry.get("mailbox").check(settings_of(70_000), {"password": SECRET})
    assert caught.value.params == {"setting": "port"}


def test_it_says_that_it_searches_by_customer_number_only_where_that_is_set() -> None:
    connector = registry.get("mailbox")
    assert shape(connector, settings_of(1)).searches_by == {IdentifierKind.EMAIL}
    both = shape(connector, settings_of(1, search_texts=True)).searches_by
    assert both == {IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_NO}
