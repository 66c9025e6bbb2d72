"""Whose mails they are: shared mailboxes, lists of receivers, customer numbers in texts, and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from requests_app.connectors.mail.heads import Head, read_head
from requests_app.connectors.mailbox_people import People
from requests_app.connectors.mailbox_threads import base_subject
from tests.connectors.mail.searching import ANNA, NOW, gather, mail, texts

if TYPE_CHECKING:
    from tests.support.dovecot import Dovecot

STAFF = "Karin Ek <karin@hem.example>"


def test_a_shared_mailbox_waits_for_a_choice_and_then_gives_just_what_was_chosen(server: Dovecot) -> None:
    server.put(
        "INBOX",
        mail("Annas", day=1),
        mail("Pers", sender="Per Lindqvist <anna@example.se>", subject="Bredband", message_id="<p@example.se>", day=2),
        mail("Svar till Per", sender=STAFF, to=ANNA, subject="SV: Bredband", References="<p@example.se>", day=3),
        mail("Utan namn", sender=STAFF, to=ANNA, subject="Avbrott", day=4),
    )
    asked = gather(server)
    assert asked.records == []
    assert [(one.fields["from"], one.fields["mails"]) for one in asked.candidates] == [("Per Lindqvist", "2")]
    assert asked.pages[-1].candidates == tuple(asked.candidates)

    none = gather(server, chosen=())
    assert [(record.fields["text"].strip(), record.marks) for record in none.records] == [
        ("Annas", ()),
        ("Utan namn", ("among_others",)),
    ]
    chosen = gather(server, chosen=(asked.candidates[0].key,))
    assert sorted(texts(chosen)) == ["Annas", "Pers", "Svar till Per", "Utan namn"]
    assert chosen.candidates == []


def test_an_address_that_only_ever_has_another_name_gives_nothing_without_a_choice(server: Dovecot) -> None:
    server.put(
        "INBOX", mail("Ny ägare", sender="Nadja Okänd <anna@example.se>"), mail("Bar", sender=STAFF, to=ANNA, day=3)
    )
    asked = gather(server)
    assert len(asked.candidates) == 2
    assert gather(server, chosen=()).records == []


def test_names_that_can_be_the_persons_are(server: Dovecot) -> None:
    for n, name in enumerate(("A. Lindqvist", "Lindqvist, Anna-Karin", "ANNA", "anna@example.se", ""), 1):
        server.put("INBOX", mail(str(n), sender=f'"{name}" <{ANNA}>' if name else ANNA, day=n))
    assert texts(gather(server)) == ["1", "2", "3", "4", "5"]
    assert len(gather(server, name="").records) == 5


def test_of_a_mail_to_many_nothing_of_the_others_in_the_headers_is_kept(server: Dovecot) -> None:
    others = ", ".join(f"Granne {n} <granne{n}@example.com>" for n in range(1, 7))
    huge = ", ".join(f"granne{n}@example.com" for n in range(1, 800))
    server.put(
        "INBOX",
        mail("Till alla", sender=STAFF, to=f"{ANNA}, {others}", day=1),
        mail("Från granne", sender="Granne 9 <granne9@example.com>", Cc=ANNA, day=2),
        mail("Till gatan", sender=STAFF, to=f"{huge}, {ANNA}", day=3),
    )
    gathered = gather(server)
    assert texts(gathered) == ["Till alla", "Från granne", "Till gatan"]
    assert all(record.marks == ("among_others",) for record in gathered.records)
    assert [record.fields.get("other_receivers") for record in gathered.records] == [6, None, 799]
    assert gathered.records[1].fields["role"] == "other"
    assert "granne" not in gathered.text().lower().replace("från granne", "")


def test_a_customer_number_in_a_text_is_searched_for_only_when_it_is_set_and_always_asked_about(
    server: Dovecot,
) -> None:
    server.put(
        "INBOX",
        mail("Gäller kund K1234, ring henne.", sender="Per <per@example.com>", day=1),
        mail("Gäller kund K12345.", sender="Per <per@example.com>", day=2),
        mail("Annas egen", day=3),
    )
    assert texts(gather(server, "K1234", ANNA)) == ["Annas egen"]
    assert gather(server, "K1234").pages == []
    asked = gather(server, "K1234", ANNA, search_texts=True)
    assert [one.fields["from"] for one in asked.candidates] == ["per@example.com"]
    assert texts(gather(server, "K1234", ANNA, search_texts=True, chosen=())) == ["Annas egen"]
    found = gather(server, "K1234", ANNA, search_texts=True, chosen=(asked.candidates[0].key,))
    assert len(found.records) == 2
    assert "K12345" not in found.text()


def test_files_of_a_mail_come_with_it_as_they_were(server: Dovecot) -> None:
    files = {"avtal.pdf": b"%PDF-1.7 avtal", "tom.pdf": b"", "nr 2.pdf": b"%PDF-1.7 tv\xc3\xa5"}
    server.put("INBOX", mail("Se bilagor", files=files), mail("Inga", day=3))
    gathered = gather(server)
    (page,) = (page for page in gathered.pages if page.files)
    assert {file.name: file.data for file in page.files} == {name: data for name, data in files.items() if data}
    first = gathered.records[0]
    assert first.fields["attachments"][0] == "avtal.pdf (application/pdf, 14 B)"
    assert "attachments" not in gathered.records[1].fields


def test_exchanges_of_one_subject_are_told_apart_and_answers_without_references_find_theirs(server: Dovecot) -> None:
    server.put(
        "INBOX",
        mail("a1", message_id="<a@x.se>", day=1),
        mail("b1", message_id="<b@x.se>", day=2),
        mail("b2", message_id="<b2@x.se>", In_Reply_To="<b@x.se>", subject="Re: Faktura", day=3),
        mail("b3", message_id="<b3@x.se>", In_Reply_To="<b2@x.se>", subject="Re: Faktura", day=4),
        mail("a2", subject="Sv: Faktura", day=5),
    )
    groups: dict[str, list[str]] = {}
    for record in gather(server).records:
        groups.setdefault(record.group, []).append(record.fields["text"].strip())
    assert groups == {"Faktura": ["a1", "a2"], "Faktura (2)": ["b1", "b2", "b3"]}


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Re: SV: [2] Hej", ("[2] Hej", True)),
        ("RE[3]: x", ("x", True)),
        ("[EXTERN] x", ("x", False)),
        ("Rester", ("Rester", False)),
    ],
)
def test_what_answering_adds_to_a_subject_is_known(subject: str, base: tuple[str, bool]) -> None:
    assert base_subject(subject) == base


GARBAGE = [
    b"",
    b"\x00\xff\xfe" * 50,
    b"From: anna@example.se\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n"
    b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\xe5",
    b"From: anna@example.se\nDate: Fri, 99 Foo 20261 99:99\nSubject: =?utf-8?b?////?=\n\n\xff",
    b"From: anna@example.se\r\nMessage-ID: \r\nDate: Mon, 01 Jan 0001 00:00:00 -2359\r\n\r\nx",
    b"From: anna@example.se\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n=\r\n",
    b"anna@example.se\r\nFrom: anna@example.se\r\n\r\nno header before",
    b"From : anna@example.se\r\nTo: \xe5\xe4\xf6 <anna@example.se>\r\n\r\nspace before the colon",
]


def test_rubbish_is_read_as_far_as_it_goes_and_holds_up_nothing(server: Dovecot) -> None:
    with server.client() as client:
        for raw in GARBAGE[1:]:
            client.append("INBOX", raw)
    server.put("INBOX", mail("Hel"))
    gathered = gather(server)
    assert "Hel" in texts(gathered)
    assert len(gathered.records) >= 5
    assert all(record.occurred_at is not None for record in gathered.records)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=300), st.text(alphabet='From: To<>@a.se\r\n\t,;"\\=?utf8q()', max_size=300).map(str.encode)
    )
)
def test_no_header_is_too_odd(raw: bytes) -> None:
    people = People([ANNA], "Anna Lindqvist", ["hem.example"])
    head = read_head(raw)
    assert isinstance(head, Head)
    assert people.role(head) in {"person", "staff", "system", "other"}
    assert people.strangers(head) >= 0
    assert people.judge(head) is None or b"@" in raw
    assert len(head.key(1, NOW)) == 24
    assert head.sent_at(NOW) is None or head.sent_at(NOW).tzinfo is not None  # type: ignore[union-attr]
