"""Reaching a database: which settings are refused, what each way of failing is called, and that it is encrypted."""

from __future__ import annotations

import socket
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given, strategies as st

from requests_app.connectors.base import ConnectorError, Fault, SettingType, settings_spec, shape
from requests_app.connectors.registry import get
from requests_app.connectors.sql import database as databases
from requests_app.connectors.sql.connector import Sql
from requests_app.connectors.sql.faults import fault_of
from requests_app.connectors.sql.settings import target_of
from requests_app.models import CaseKey, EventPayload
from tests.connectors.sql.stores import DESCRIPTION, QUICK, Store
from tests.support.dovecot import make_certificate
from tests.support.mariadb import MariaDb
from tests.support.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVER = {
    "database": "postgresql",
    "host": "db.example.se",
    "name": "crm",
    "user": "hemdsr",
    "description": DESCRIPTION,
}
HURRIED = replace(QUICK, connect_timeout=1, read_timeout=1)


def refused(settings: dict[str, Any], secrets: dict[str, str] | None = None) -> str:
    """The setting that is refused."""
    with pytest.raises(ConnectorError) as caught:
        Sql().check(settings, secrets or {})
    assert caught.value.fault is Fault.MISCONFIGURED
    return str(caught.value.params["setting"])


def test_it_can_be_chosen_for_a_system() -> None:
    assert isinstance(get("sql"), Sql)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "fe80::1",
        "0x7f000001",
        "2130706433",
        "127.1",
        "0.0.0.0",  # noqa: S104 - is refused
        "224.0.0.1",
        "::",
        "[::1]",
        "db example",
        "user@db.example.se",
        "db.example.se:5432",
        "postgres://db",
        "db/../x",
        "a%00b",
        "db,other",
    ],
)
def test_hosts_that_are_none_or_lead_where_no_database_is_are_refused(host: str) -> None:
    assert refused(SERVER | {"host": host}) == "host"


@pytest.mark.parametrize("host", ["db.example.se", "10.0.0.4", "db"])
def test_a_database_elsewhere_is_only_reached_encrypted(host: str) -> None:
    assert refused(SERVER | {"host": host, "tls": "off"}) == "tls"
    Sql().check(SERVER | {"host": host}, {})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "/run/postgresql"])
def test_a_database_on_this_machine_need_not_be_encrypted(host: str) -> None:
    Sql().check(SERVER | {"host": host, "tls": "off"}, {"password": "åäö \"'"})


def test_every_setting_of_the_wrong_sort_is_named() -> None:
    wrong = {SettingType.TEXT: 7, SettingType.INTEGER: "x", SettingType.CHOICE: "oracle", SettingType.DESCRIPTION: 7}
    for spec in settings_spec(Sql(), SERVER):
        if spec.secret:
            assert refused(SERVER, {spec.key: "line\nbreak"}) == spec.key
        else:
            assert refused(SERVER | {spec.key: wrong[spec.type]}) == spec.key
            assert not spec.required or spec.default or refused(SERVER | {spec.key: ""}) == spec.key
    assert refused(SERVER | {"port": 70_000}) == "port"
    assert refused(SERVER | {"ca": "/nonexistent.pem"}) == "ca"
    assert refused(SERVER | {"name": "a\nb"}) == "name"


def test_a_file_has_fewer_settings_and_must_be_named_whole() -> None:
    keys = [spec.key for spec in settings_spec(Sql(), {"database": "sqlite"})]

    assert keys == ["database", "name", "description"]
    assert refused({"database": "sqlite", "name": "var/x.db", "description": DESCRIPTION}) == "name"


def test_a_flaw_in_the_description_is_told_by_its_line() -> None:
    for right, wrong in (
        ("category: agreements", "category: agreement"),
        ("references: {customer_id: customers.id}", "references: {customer_id: customer.id}"),
        ("references: {customer_id: customers.id}", "references: {customer_id: newsletter.email}"),
        ("kind: time_series", "kind: series"),
        ("kind: facts", "kind: [facts"),
    ):
        text = DESCRIPTION.replace(right, wrong, 1)
        line = text.count("\n", 0, text.index(wrong)) + 1
        with pytest.raises(ConnectorError) as caught:
            Sql().shape_of(SERVER | {"description": text})
        assert caught.value.params["setting"] == "description"
        assert caught.value.params["line"] in {line, line + 1}  # YAML is told where reading ended
    assert shape(Sql(), SERVER | {"description": "x"}).searches_by == frozenset()


def test_references_that_go_round_are_refused() -> None:
    text = DESCRIPTION.replace("references: {customer_id: customers.id}", "references: {id: readings.meter}")

    assert refused(SERVER | {"description": text}) == "description"


def tried(settings: dict[str, Any], secrets: dict[str, str] | None = None) -> Fault | None:
    return Sql().test({"description": DESCRIPTION, **settings}, secrets or {}).fault


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
def test_nobody_at_the_port_is_unreachable(vendor: str) -> None:
    assert (
        tried({**SERVER, "database": vendor, "host": "127.0.0.1", "tls": "off", "port": free_port()})
        is Fault.UNREACHABLE
    )


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
def test_a_name_that_is_not_found_is_unreachable(vendor: str) -> None:
    assert tried({**SERVER, "database": vendor, "host": "no-such-host.invalid"}) is Fault.UNREACHABLE


@contextmanager
def answering(rubbish: bytes) -> Iterator[int]:
    """Something at a port that is no database: says its rubbish, hears what is sent, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with closing(server.accept()[0]) as heard:
                heard.settimeout(3)
                heard.sendall(rubbish)
                heard.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
@given(
    rubbish=st.one_of(
        st.binary(max_size=200), st.just(b"HTTP/1.1 400 Bad Request\r\n\r\n"), st.just(b"\x0a\0\0\0\x0a10.4\0")
    )
)
def test_whatever_answers_ends_in_a_fault(vendor: str, rubbish: bytes) -> None:
    settings = {**SERVER, "database": vendor, "host": "127.0.0.1", "tls": "off"}
    with answering(rubbish) as port:
        database = databases.Database(target_of({**settings, "port": port}, {}), HURRIED)
        with pytest.raises(ConnectorError) as caught:
            database.ask(lambda connection: connection.exec_driver_sql("SELECT 1"))
        database.close()

    assert caught.value.__context__ is None


def test_wrong_credentials_and_databases_are_told_apart(store: Store) -> None:
    if store.vendor == "sqlite":
        assert tried({**store.settings, "name": "/nonexistent/x.db"}) is Fault.NOT_FOUND
        return
    assert tried({**store.settings, "user": "nosuch"}, store.secrets) is Fault.AUTH_REFUSED
    # MariaDB tells nobody which databases there are
    missing = {"postgresql": Fault.NOT_FOUND, "mysql": Fault.FORBIDDEN}[store.vendor]
    assert tried({**store.settings, "name": "nosuch"}, store.secrets) is missing
    if store.vendor == "mysql":
        assert tried(store.settings, {"password": "wrong"}) is Fault.AUTH_REFUSED
        assert tried({**store.settings, "tls": "verified"}, store.secrets) is Fault.UNREACHABLE


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('FATAL:  password authentication failed for user "x"', Fault.AUTH_REFUSED),
        ('FATAL:  lösenordsautentisering misslyckades för användare "x"', Fault.AUTH_REFUSED),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', Fault.AUTH_REFUSED),
        ("connection timeout expired", Fault.TIMEOUT),
        ("SSL error: certificate verify failed", Fault.UNREACHABLE),
    ],
)
def test_what_postgresql_says_of_a_connection_is_understood(said: str, fault: Fault) -> None:
    assert fault_of(psycopg.OperationalError(said)).fault is fault


def test_a_file_that_is_no_database_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"PK\x03\x04" + b"x" * 5_000)

    assert tried({"database": "sqlite", "name": str(path)}) is Fault.UNREADABLE


def test_the_products_own_database_is_no_system(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            ";".join(f"CREATE TABLE {model._meta.db_table} (id)" for model in (CaseKey, EventPayload))
        )
    result = Sql().test({"database": "sqlite", "name": str(path), "description": DESCRIPTION}, {})

    assert (result.fault, result.params["setting"]) == (Fault.MISCONFIGURED, "name")


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MariaDb, Path]]:
    """A server that speaks TLS, and its certificate."""
    server = MariaDb()
    certificate, key = server.folder / "cert.pem", server.folder / "key.pem"
    make_certificate(certificate, key)
    key.chmod(0o644)
    try:
        server.start(f"--ssl-cert={certificate}", f"--ssl-key={key}", "--require-secure-transport=ON")
        with closing(server.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE DATABASE business")
            cursor.execute("CREATE USER reader@'%' IDENTIFIED BY 'x'")
            cursor.execute("GRANT SELECT ON business.* TO reader@'%'")
            cursor.execute("CREATE TABLE business.customers (id INTEGER PRIMARY KEY, email VARCHAR(90))")
        yield server, certificate
    finally:
        server.remove()


@pytest.mark.processes
def test_an_encrypted_server_must_be_who_it_says(encrypted: tuple[MariaDb, Path]) -> None:
    server, certificate = encrypted
    text = "people: {p: {table: customers, by: {email: email}, category: c}}\ncategories: {c: {kind: table, label: C}}"
    settings = {
        "database": "mysql",
        "host": "localhost",
        "port": server.port,
        "name": "business",
        "user": "reader",
        "description": text,
    }
    secrets = {"password": "x"}

    assert Sql().test({**settings, "ca": str(certificate)}, secrets).ok
    assert tried(settings, secrets) is Fault.UNREACHABLE  # signed by nobody known
    assert (
        tried({**settings, "host": "127.0.0.1", "ca": str(certificate)}, secrets) is Fault.UNREACHABLE
    )  # another name


def test_connections_are_let_go_of_when_the_password_changes(served: Store) -> None:
    held = databases._held
    before = target_of({**served.settings, "description": DESCRIPTION}, served.secrets)
    after = target_of({**served.settings, "description": DESCRIPTION}, {"password": "another"})
    databases.Database(before, HURRIED).ask(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
    assert any(key[0] == before for key in held)

    other = databases.Database(after, HURRIED)
    other._mine()
    assert not any(key[0] == before for key in held)
    other.close()
