"""Exports on an SFTP server: a real one, whose key is pinned, and what goes wrong on the way."""

from __future__ import annotations

import base64
import hashlib
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Limits, Search
from requests_app.connectors.files import places, sftp, walk
from requests_app.connectors.files.connector import Files
from tests.support.sshd import HOST, Cut, Key, Sshd

from . import exports
from .exports import ANNA, NOW, fill, keys, many, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from requests_app.connectors.base import Page

pytestmark = pytest.mark.processes
QUICK = Limits(connect_timeout=5, read_timeout=5)


@pytest.fixture(scope="session")
def server() -> Iterator[Sshd]:
    """One server for all tests here."""
    sshd = Sshd()
    sshd.start()
    yield sshd
    sshd.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The usual exports."""
    return fill(tmp_path)


def fingerprint(public: str) -> str:
    digest = hashlib.sha256(base64.b64decode(public.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def settings(server: Sshd, folder: Path, **changes: Any) -> dict[str, Any]:
    usual = {
        "place": "sftp",
        "host": HOST,
        "port": server.port,
        "user": server.user,
        "host_key": server.host_keys["ed25519"].public,
        "folder": str(folder),
        "description": exports.DESCRIPTION,
    }
    return usual | changes


def gather(server: Sshd, folder: Path, secrets: dict[str, str] | None = None, **changes: Any) -> list[Page]:
    held = {"private_key": server.key.private.replace("\n", "")} if secrets is None else secrets
    cursor = changes.pop("cursor", None)
    sought = (Identifier(IdentifierKind.PERSONNUMMER, ANNA), Identifier(IdentifierKind.CUSTOMER_NO, "1001"))
    search = Search(settings(server, folder, **changes), held, sought, "Anna Åkerblom", NOW, QUICK, cursor)
    return list(Files().collect(search))


def fault(*given: Any, **changes: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        gather(*given, **changes)
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    return caught.value


def test_it_gathers_the_same_as_from_a_folder(server: Sshd, folder: Path) -> None:
    assert keys(gather(server, folder)) == keys(exports.gather(folder))


@pytest.mark.parametrize("sort", ["ed25519", "rsa"])
def test_the_server_may_be_pinned_by_any_of_its_keys_or_their_fingerprints(
    server: Sshd, folder: Path, sort: str
) -> None:
    public = server.host_keys[sort].public
    for pin in (f"[{HOST}]:2222 {public} comment", fingerprint(public), f"{Key().public}\n{public}"):
        assert gather(server, folder, host_key=pin)


def test_another_server_is_told_from_the_right_one_before_anything_secret_is_sent(server: Sshd, folder: Path) -> None:
    error = fault(server, folder, host_key=Key().public)
    assert (error.fault, error.params) == (Fault.HOST_KEY, {"shown": fingerprint(server.host_keys["ed25519"].public)})
    assert fault(server, folder, host_key=fingerprint(Key("rsa").public)).fault is Fault.HOST_KEY
    assert fault(server, folder, host_key=Key("ecdsa").public).fault is Fault.HOST_KEY
    assert Files().test(settings(server, folder, host_key=Key().public), {"password": "x"}).fault is Fault.HOST_KEY


def test_a_wrong_key_and_a_wrong_password_are_refused(server: Sshd, folder: Path) -> None:
    assert fault(server, folder, {"private_key": Key().private.replace("\n", "")}).fault is Fault.AUTH_REFUSED
    assert fault(server, folder, {"password": "fel lösenord"}).fault is Fault.AUTH_REFUSED
    assert fault(server, folder, {}).fault is Fault.SECRET_MISSING


def test_a_key_that_cannot_be_used_is_named(server: Sshd, folder: Path) -> None:
    locked = Key(passphrase="öppna").private.replace("\n", " ")
    assert fault(server, folder, {"private_key": locked}).params == {"setting": "passphrase"}
    assert fault(server, folder, {"private_key": locked, "passphrase": "fel"}).params == {"setting": "passphrase"}
    assert fault(server, folder, {"private_key": locked, "passphrase": "öppna"}).fault is Fault.AUTH_REFUSED
    assert fault(server, folder, {"private_key": "no key"}).params == {"setting": "private_key"}


def test_what_is_not_there_and_what_nobody_listens_at_are_told(server: Sshd, folder: Path) -> None:
    assert fault(server, folder / "elsewhere").fault is Fault.NOT_FOUND
    assert fault(server, folder, port=1).fault is Fault.UNREACHABLE
    (folder / "matvarden.csv").unlink()
    assert fault(server, folder).params == {"file": "readings"}


def test_links_are_not_followed_out_of_the_folder(
    server: Sshd, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (folder / "matvarden.csv").rename(outside / "matvarden.csv")
    (folder / "matvarden.csv").symlink_to(outside / "matvarden.csv")
    assert fault(server, folder).params == {"file": "readings"}
    (folder / "matvarden.csv").unlink()
    (folder / "sub").symlink_to(outside)
    below = exports.DESCRIPTION.replace('file: "matvarden.csv"', 'file: "matvarden.csv"\n    folder: sub')
    assert fault(server, folder, description=below).fault is Fault.NOT_FOUND


def test_a_line_that_is_cut_in_the_middle_is_a_passing_fault_and_the_run_goes_on_after(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = many(tmp_path, 10_000)
    monkeypatch.setattr(walk, "PAGE_RECORDS", 500)
    monkeypatch.setattr(sftp, "_WINDOW", 1)
    monkeypatch.setattr(places, "BUFFER", 8_192)
    whole = gather(server, tmp_path, description=description)
    assert len(whole) == 11
    size = (tmp_path / "handelser.csv").stat().st_size
    cut = Cut(server.port, size * 7 // 2)  # each pass reads it twice: how it is written, and what it says
    got: list[Page] = []
    held = {"private_key": server.key.private.replace("\n", "")}
    sought = (Identifier(IdentifierKind.CUSTOMER_NO, "1001"),)
    search = Search(settings(server, tmp_path, port=cut.port, description=description), held, sought, "", NOW, QUICK)
    with pytest.raises(ConnectorError) as caught:
        for page in Files().collect(search):
            got.append(page)
    cut.close()
    assert caught.value.fault is Fault.CUT_OFF and caught.value.transient
    assert 0 < len(got) < len(whole)
    rest = gather(server, tmp_path, description=description, cursor=got[-1].cursor)
    assert keys([*got, *rest]) == keys(whole)


def test_a_workbook_is_read_where_it_lies(server: Sshd, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ["Kundnr", "Ort"], [1001, "Växjö"], [1002, "Lund"]:
        sheet.append(row)
    book.save(tmp_path / "kunder.xlsx")
    write(tmp_path, "kunder.xlsx", (tmp_path / "kunder.xlsx").read_bytes())
    description = """
files:
  customers: {file: "*.xlsx", format: xlsx, by: {customer_no: Kundnr}, category: customers}
categories: {customers: {kind: table, label: Kunder}}
"""
    (page,) = gather(server, tmp_path, description=description)
    assert [dict(record.fields) for record in page.records] == [{"Kundnr": 1001, "Ort": "Växjö"}]


def test_neither_log_nor_fault_holds_host_user_path_or_secret(
    server: Sshd, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gather(server, folder)
    told = ""
    for place, secrets in ((folder, {"password": "hemligt!"}), (folder / "hemligt", None)):
        error = fault(server, place, secrets)
        told += repr(error.params) + "".join(traceback.format_exception(error))
    assert [
        word for word in ("hemligt", str(folder), str(server.port), ANNA, "Åkerblom") if word in caplog.text + told
    ] == []
    assert caplog.text == ""


def test_trying_the_connection_looks_at_every_file(server: Sshd, folder: Path) -> None:
    (folder / "avtal.txt").unlink()
    result = Files().test(settings(server, folder), {"private_key": server.key.private.replace("\n", "")})
    assert (result.ok, result.fault) == (False, Fault.NOT_FOUND)
    assert [told.partition(":")[0] for _sv, told in result.seen] == ["customers", "agreements", "readings"]


def test_a_description_is_proposed_from_what_lies_there(server: Sshd, folder: Path) -> None:
    held = {"private_key": server.key.private.replace("\n", "")}
    asked = {key: value for key, value in settings(server, folder).items() if key != "description"}
    assert "kunder_{date}.csv" in Files().propose(asked, held)
