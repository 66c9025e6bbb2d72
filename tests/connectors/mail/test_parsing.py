"""Reading what strangers write: never an error, never a mail that cannot be looked at."""

from __future__ import annotations

import email.message
from typing import Any

import pytest
from hypothesis import given, strategies as st

from requests_app.connectors.mail import dividing, html_text, parsing
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
    many_lines = b"x\n" * (dividing.MAX_WORK // 400)
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


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The headers of the mail and of each part, as they reach those who read them."""
    made: list[dict[str, str]] = []
    new, keep = email.message.Message.__init__, email.message.Message.set_raw

    def begin(self: Any, *args: Any, **options: Any) -> None:
        new(self, *args, **options)
        made.append({})

    def kept(self: Any, name: str, value: Any) -> None:
        keep(self, name, value)
        made[-1][f"{len(made[-1])} {name}"] = value

    monkeypatch.setattr(email.message.Message, "__init__", begin)
    monkeypatch.setattr(email.message.Message, "set_raw", kept)
    return made


PART = b"--x\r\n%b\r\nhej\r\n"
MIXED = b"Subject: Tung\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize(
    "header",
    [
        b"To: " + b"a" * 50_000 + b"\r\n",
        b"To: " + b"=?utf-8?q?=C3=A4?= " * 5_000 + b"\r\n",
        b"To: a\r\n" + b" b\r\n" * 20_000,
        b"Content-Type: text/plain" + b';a=";' * 10_000 + b"\r\n",
        b"Content-Disposition: attachment" + b"".join(b";filename*%d*=%%41" % n for n in range(5_000)) + b"\r\n",
        b"a" * 50_000 + b": b\r\n",
        b"To: b\r\n" * 20_000,
    ],
)
def test_headers_are_bounded_before_they_are_read_in_parts_too(
    seen: list[dict[str, str]], header: bytes, within: bool
) -> None:
    raw = MIXED + PART % header if within else b"Subject: Tung\r\n" + header + b"\r\nhej"
    found = parsing.parse(raw)
    assert found.subject == "Tung"
    read = [block for block in seen if block]
    assert len(read) == 1 + within
    for block in read:
        assert len(block) <= dividing.MAX_HEADERS
        for name, value in block.items():
            assert len(name) <= dividing.MAX_NAME + 7
            assert len(value) <= (dividing.MAX_MIME_HEADER if " Content-" in name else dividing.MAX_HEADER)
            assert " Content-" not in name or value.count(";") < dividing.MAX_PARAMETERS


@pytest.mark.parametrize(
    "body",
    [
        PART % b"" * (dividing.MAX_DIVIDED + 1),
        b"--x\n\n" * (dividing.MAX_DIVIDED + 1),
        b"y\n" * (dividing.MAX_LINES + 1),
        b"\r" * (dividing.MAX_LINES + 1),
        b"boundary" * (dividing.MAX_DIVIDED + 1),
    ],
)
def test_a_mail_of_too_many_parts_or_lines_is_not_divided(seen: list[dict[str, str]], body: bytes) -> None:
    found = parsing.parse(MIXED + body)
    assert (found.subject, found.broken, found.attachments) == ("Tung", True, ())
    assert len(seen) <= dividing.MAX_DIVIDED + 2
    assert found.text.strip() or not body.strip()


def test_a_mail_within_the_mail_is_kept_as_it_came_and_not_looked_into(seen: list[dict[str, str]]) -> None:
    inner = b"Subject:  Inuti\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\n\xe5"
    raw = MIXED + PART % b"" + b"--x\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--x--\r\n"
    assert parsing.content(raw, 0) == ("bilaga-1.eml", inner)
    assert sum(bool(block) for block in seen) == 2


def test_a_text_in_a_character_set_that_takes_long_is_never_decoded_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import encodings.punycode

    def no(*args: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(encodings.punycode.Codec, "decode", no)
    found = parsing.parse(b"Subject: Tung\nContent-Type: text/plain; charset=punycode\n\n\xe5" + b"a-" * 50)
    assert found.subject == "Tung"
    assert found.text.startswith("\xe5a-")
