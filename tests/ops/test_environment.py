"""The strict readers of the environment: what they take, and that what is wrong is named and never repeated."""

from __future__ import annotations

import pytest

from hemdsr import env


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "", "", False, False)),
        ("smtp://relay", ("relay", 25, "", "", False, False)),
        ("smtp+starttls://hem:p%40ss%2F@mail.example.se", ("mail.example.se", 587, "hem", "p@ss/", False, True)),
        ("smtps://hem%40example.se:x@mail.example.se/", ("mail.example.se", 465, "hem@example.se", "x", True, False)),
    ],
)
def test_it_reads_a_mail_server(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: tuple[str, int, str, str, bool, bool]
) -> None:
    monkeypatch.setenv("HEMDSR_EMAIL_URL", value)
    found = env.mail_server("HEMDSR_EMAIL_URL")
    assert found is not None
    assert (found.host, found.port, found.user, found.password, found.tls, found.starttls) == expected


@pytest.mark.parametrize(
    "value",
    [
        "mail.example.se",
        "http://mail.example.se",
        "smtp://",
        "smtps://hem@mail.example.se",  # a user without a password
        "smtps://hem:hemligt@mail.example.se:many",
        "smtps://hem:hemligt@mail.example.se/in",
        "smtps://hem:hemligt@mail.example.se?tls=no",
    ],
)
def test_what_is_no_mail_server_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HEMDSR_EMAIL_URL", value)
    with pytest.raises(env.EnvironmentError_, match="HEMDSR_EMAIL_URL must be smtps://") as raised:
        env.mail_server("HEMDSR_EMAIL_URL")
    assert "hemligt" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_no_mail_server_is_none_where_it_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEMDSR_EMAIL_URL", raising=False)
    assert env.mail_server("HEMDSR_EMAIL_URL", "") is None
    with pytest.raises(env.EnvironmentError_, match="must be set"):
        env.mail_server("HEMDSR_EMAIL_URL")


@pytest.mark.parametrize("value", ["dsr@example.se", '"HEM, personuppgifter" <dsr@example.se>', "Hållbar <a@b.se>"])
def test_it_reads_an_address(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HEMDSR_EMAIL_FROM", value)
    assert env.address("HEMDSR_EMAIL_FROM") == value


@pytest.mark.parametrize(
    "value",
    [
        "nobody",
        "@example.se",
        "HEM, personuppgifter <dsr@example.se>",
        "a@",
        "a@b@c",
        "a@example.se\nBcc: b@example.se",
    ],
)
def test_what_is_no_address_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HEMDSR_EMAIL_FROM", value)
    with pytest.raises(env.EnvironmentError_, match="HEMDSR_EMAIL_FROM must be a mail address"):
        env.address("HEMDSR_EMAIL_FROM")
