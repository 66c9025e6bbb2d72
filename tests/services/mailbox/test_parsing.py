"""Reading what strangers write: never an error, never a mail that cannot be looked at."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from requests_app.services.mailbox import html_text, parsing
from tests.services.mailbox.mails import mail


def test_it_reads_a_usual_mail() -> None:
    made = mail("Hej!\n\nVad vet ni om mig?", subject="Ärende: mina uppgifter", sender="Åsa Öberg <asa@example.se>")
    found = parsing.parse(made.as_bytes())
    assert (found.subject, found.from_name, found.from_address) == (
        "Ärende: mina uppgifter",
        "Åsa Öberg",
        "asa@example.se",
    )
    assert found.text == "Hej!\n\nVad vet ni om mig?"
    assert found.message_id.startswith("<")
    assert not found.broken


def test_it_finds_attachments_with_clean_names_and_gives_their_content_by_number() -> None:
    made = mail()
    made.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="../../etc/räkning\u202e.pdf")
    made.add_attachment(b"x", maintype="application", subtype="pkcs7-signature")
    made.add_attachment(mail(subject="Inuti"))
    made.add_attachment(b"t", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    raw = made.as_bytes()
    found = parsing.parse(raw)
    assert [(file.name, file.size) for file in found.attachments][:2] == [("räkning\u202e.pdf", 6), ("smime.p7s", 1)]
    assert [file.name for file in found.attachments][2:] == ["bilaga-3.eml", "winmail.dat"]
    assert parsing.content(raw, 0)[1] == b"%PDF-1"
    assert b"Subject: Inuti" in parsing.content(raw, 2)[1]
    assert [name for name, _data in parsing.contents(raw)] == [file.name for file in found.attachments]
    for n in (-1, 4):
        with pytest.raises(LookupError):
            parsing.content(raw, n)


def test_a_mail_with_only_html_is_read_as_text() -> None:
    made = mail()
    made.clear_content()
    made.set_content(
        "<head><title>x</title><style>p{}</style></head><p>Hej&nbsp;d&aring;</p><div>Rad<br>två</div><script>alert(1)</script>",
        subtype="html",
    )
    found = parsing.parse(made.as_bytes())
    assert found.text == "Hej då\n\nRad\ntvå"
    assert "script" in found.html


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Content-Type: text/plain; charset=x-okand\n\nGr\xc3\xb6n", "Grön"),
        (b"Content-Type: text/plain; charset=utf-8\n\nGr\xf6n", "Grön"),
        (b"Content-Type: text/plain; charset=us-ascii\n\nGr\xf6n", "Grön"),
        (b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSGVq!!!", "Hej"),
        (b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nHej", "Hej"),
        (b"Content-Type: multipart/mixed\n\nHej", "Hej"),
        (b"Content-Type: \n\nHej", "Hej"),
        (b"", ""),
        (b"\n\n\n", ""),
    ],
)
def test_wrong_character_sets_and_broken_mime_are_read_as_far_as_they_go(raw: bytes, text: str) -> None:
    assert parsing.parse(raw).text.strip() == text


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        (b"=?utf-8?q?=C3=84rende?=", "Ärende"),
        (b"=?utf-8?b?w4RyZW5kZQ==?= =?utf-8?q?_tv=C3=A5?=", "Ärende två"),
        (b"=?okand?q?hej?=", "hej"),
        (b"\xc3\x84rende", "Ärende"),
        (b"\xc4rende", "Ärende"),
        (b"hej\r\n\t igen", "hej igen"),
        (b"", ""),
    ],
)
def test_subjects_are_decoded_as_far_as_they_can_be(line: bytes, subject: str) -> None:
    assert parsing.parse(b"Subject: " + line + b"\n\nx").subject == subject


def test_a_mail_nested_without_end_is_still_a_mail() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number) for number in range(400)
    )
    found = parsing.parse(b"Subject: Djup\n" + raw)
    assert found.broken
    many_lines = b"x\n" * (parsing.MAX_WORK // 400)
    hostile = parsing.parse(b"Subject: Tung\n" + raw + many_lines)
    assert (hostile.subject, hostile.broken, hostile.attachments) == ("Tung", True, ())
    many = mail()
    for number in range(parsing.MAX_PARTS + 10):
        many.add_attachment(b"x", maintype="image", subtype="png", filename=f"{number}.png")
    assert len(parsing.parse(many.as_bytes()).attachments) < parsing.MAX_PARTS + 1


@given(st.binary(max_size=600), st.binary(max_size=80), st.binary(max_size=80))
def test_no_octets_make_it_fail(body: bytes, header: bytes, kind: bytes) -> None:
    raw = b"From: " + header + b"\nSubject: =?" + header + b"\nContent-Type: " + kind + b"\n\n" + body
    for given_ in (body, raw):
        found = parsing.parse(given_)
        html_text.safe_html(found.html or found.text)
        for _name, _data in parsing.contents(given_):
            pass
        for text in (found.subject, found.from_name, found.from_address):
            assert "\n" not in text
            assert text.encode() is not None


HOSTILE = """<h1>Hej</h1><p style="position:fixed" onclick="x()">Se <a href="javascript:alert(1)">här</a>
<img src="https://spion.example/x.png" onerror="alert(1)"><link rel="stylesheet" href="https://spion.example/x.css">
<form action="https://spion.example"><input name="a"><button>Logga in</button></form><iframe src="https://spion.example"></iframe>
<svg><script>alert(1)</script></svg><style>@import "https://spion.example"</style><table background="https://spion.example/y"><tr>
<td>Rad</td></tr></table><base href="https://spion.example"><meta http-equiv="refresh" content="0;url=https://spion.example">
<object data="https://spion.example"></object><video poster="https://spion.example"></video><p class="dsr-button">Knapp</p>"""


def test_html_is_shown_without_anything_that_acts_loads_or_links() -> None:
    shown = html_text.safe_html(HOSTILE)
    for bad in ("spion", "alert", "href", "src", "style", "<form", "<input", "<a", "<img", "class", "on", "<h1"):
        assert bad not in shown.replace("Logga in", "").replace("Knapp", ""), bad
    assert "<td>Rad</td>" in shown
    assert "här" in shown


def test_endless_html_is_read_in_time() -> None:
    for piece in ("<div>", "<!", "<a ", "&#", "</", "<b></i>", "<!--", "<script>"):
        html_text.safe_html(piece * 20_000)
        assert isinstance(html_text.text_of_html(piece * 20_000), str)
