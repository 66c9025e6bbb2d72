"""The providers of eID as the environment names them: what each vendor calls things, and that what is wrong is named by its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hemdsr import eid
from hemdsr.env import EnvironmentError_

if TYPE_CHECKING:
    from pathlib import Path

NAME = "HEMDSR_EID_PROVIDERS"
LEAST = {
    "key": "bankid",
    "name_sv": "BankID",
    "issuer": "https://eid.example.se",
    "client_id": "hem",
    "client_secret": "very-secret",
}


def read(monkeypatch: pytest.MonkeyPatch, *rows: Any) -> tuple[eid.EidProvider, ...]:
    """What the variable says."""
    monkeypatch.setenv(NAME, json.dumps(list(rows)))
    return eid.providers(NAME)


def test_nothing_set_is_no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    assert eid.providers(NAME) == ()


@pytest.mark.parametrize(
    ("preset", "number", "level", "scopes", "levels"),
    [
        ("openid", "", "acr", ("openid", "profile"), ()),
        ("signicat", "nin", "idp", ("openid", "profile", "nin"), ()),
        ("criipto", "ssn", "identityscheme", ("openid",), ()),
        ("freja", "nin", "freja_registration_level", ("openid", "profile", "nin"), ("EXTENDED", "PLUS")),
    ],
)
def test_each_vendor_has_its_names(
    monkeypatch: pytest.MonkeyPatch, preset: str, number: str, level: str, scopes: Any, levels: Any
) -> None:
    (found,) = read(monkeypatch, LEAST | {"preset": preset})
    assert (found.number_claim, found.level_claim, found.scopes, found.levels) == (number, level, scopes, levels)
    assert found.server_url == found.issuer and found.logout and found.name("en") == "BankID"
    assert ("acr_values" in found.params) == (preset == "criipto")


def test_what_a_vendor_calls_things_can_be_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "preset": "signicat",
        "number_claim": "personnummer",
        "scopes": ["openid"],
        "name_en": "Bank ID",
        "levels": ["4"],
    }
    (found,) = read(monkeypatch, LEAST | said)
    assert (found.number_claim, found.scopes, found.name("en"), found.levels) == (
        "personnummer",
        ("openid",),
        "Bank ID",
        ("4",),
    )


def test_it_reads_a_secret_from_a_file_and_never_shows_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    row = {key: value for key, value in LEAST.items() if key != "client_secret"}
    (found,) = read(monkeypatch, row | {"client_secret_file": str(tmp_path / "secret")})
    assert found.client_secret == "from-a-file" and "from-a-file" not in repr(found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "Bank ID"}, "key must be"),
        ({"key": "e-post"}, "key must be"),
        ({"issuer": "http://eid.example.se"}, "issuer must be an https address"),
        ({"issuer": "eid.example.se"}, "issuer must be"),
        ({"server_url": "ftp://eid.example.se"}, "server_url must be"),
        ({"client_id": ""}, "client_id must be a text"),
        ({"client_secret": 17}, "client_secret must be a text"),
        ({"client_secret_file": "/nowhere/very-secret"}, "both set"),
        ({"scopes": ["profile"]}, "scopes must hold openid"),
        ({"scopes": "openid"}, "scopes must be a list"),
        ({"params": {"nonce": "very-secret"}}, "params may not hold nonce"),
        ({"params": ["x"]}, "params must be an object"),
        ({"preset": "bankid"}, "preset must be one of"),
        ({"token_auth": "none"}, "token_auth must be"),
        ({"logout": "yes"}, "logout must be"),
        ({"logout_hint": 1}, "logout_hint must be"),
        ({"secret": "very-secret"}, "unknown: secret"),
    ],
)
def test_what_is_wrong_is_named_and_never_repeated(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(EnvironmentError_, match=f"{NAME}, provider 2: .*{said}") as raised:
        read(monkeypatch, LEAST, LEAST | {"key": "other"} | change)
    assert "very-secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("value", "said"), [("{", "must be JSON"), ("{}", "must be a list"), ("[1]", "provider 1: must be an object")]
)
def test_what_is_no_list_of_providers_is_told(monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(EnvironmentError_, match=f"{NAME}.*{said}"):
        eid.providers(NAME)


def test_two_providers_have_two_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentError_, match="the same key"):
        read(monkeypatch, LEAST, LEAST)
