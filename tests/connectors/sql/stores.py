"""The same small business in three sorts of database, for the tests of the ``sql`` connector. Made-up people and test numbers only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from requests_app.connectors.base import Identifier, IdentifierKind, Limits, Search
from requests_app.connectors.sql.connector import Sql
from sandbox.people import CAST
from tests.connectors.world import Gathered

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.connectors.base import TestResult
    from tests.support.mariadb import MariaDb
    from tests.support.postgres import Cluster

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
QUICK = Limits(attempts=1, connect_timeout=2, read_timeout=5)
ANNA, BO = CAST["anna"], CAST["lots"]
EMAIL, PHONE = ANNA.emails[0], ANNA.phones[0]
PASSWORD = "lösen'ord-\"åäö%s"
READER = "reader"
ODD = 'od"d; DROP TABLE customers; --%s:x`y'
"""A name that ends a statement wherever it is not quoted."""
INVOICES = 1_100
"""Anna's; every second row is another's."""

TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(80), email VARCHAR(120), pnr VARCHAR(13), customer_no VARCHAR(20),
  phone VARCHAR(30), city VARCHAR(40), password_hash VARCHAR(80));
CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), total DECIMAL(10,2),
  created TIMESTAMP NULL, pdf {blob}, note TEXT, FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE INDEX invoices_customer ON invoices (customer_id);
CREATE TABLE invoice_lines (invoice_id INTEGER NOT NULL, n INTEGER NOT NULL, what VARCHAR(40), PRIMARY KEY (invoice_id, n),
  FOREIGN KEY (invoice_id) REFERENCES invoices (id));
CREATE TABLE agreements (id INTEGER PRIMARY KEY, customer_id INTEGER, meter VARCHAR(20), starts DATE, ends DATE,
  FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE TABLE readings (meter VARCHAR(20) NOT NULL, read_at {moment} NOT NULL, kwh DECIMAL(10,3), PRIMARY KEY (meter, read_at));
CREATE TABLE newsletter (email VARCHAR(120), name VARCHAR(80), topic VARCHAR(80));
CREATE TABLE logins (id INTEGER PRIMARY KEY, email VARCHAR(120), device TEXT);
CREATE INDEX logins_email ON logins (email);
CREATE TABLE visits (email VARCHAR(120), happened INTEGER, what VARCHAR(20));
"""
DESCRIPTION = """
people:
  customers:
    table: customers
    by:
      email: email
      personnummer: {column: pnr, written: [YYYYMMDD-NNNN, YYMMDD-NNNN]}
      customer_no: customer_no
      phone: phone
    key: id
    name: name
    show: city
    category: customer
  newsletter:
    table: newsletter
    by: {email: email}
    name: name
    category: newsletter
  logins:
    table: logins
    by: {email: {column: email, written: lower_case}}
    category: logins
tables:
  invoices:
    table: invoices
    references: {customer_id: customers.id}
    category: invoices
  invoice_lines:
    table: invoice_lines
    follow: true
    category: invoice_lines
  agreements:
    table: agreements
    references: {customer_id: customers.id}
    category: agreements
  readings:
    table: readings
    references: {meter: agreements.meter}
    during: {column: read_at, from: starts, to: ends}
    category: readings
categories:
  customer:
    kind: facts
    label: {sv: Kund, en: Customer}
    leave_out: {password_hash: inloggningsuppgift}
    fields: {name: {sv: Namn, en: Name}, city: {sv: Ort, en: City}, email: {label: {sv: E-post, en: E-mail}, type: email}}
  invoices:
    kind: table
    label: {sv: Fakturor, en: Invoices}
    when: created
    fields: {total: {label: {sv: Belopp, en: Amount}, type: amount, unit: SEK}}
  invoice_lines: {kind: table, label: {sv: Fakturarader, en: Invoice lines}}
  agreements: {kind: table, label: {sv: Avtal, en: Agreements}}
  readings:
    kind: time_series
    label: {sv: Mätvärden, en: Readings}
    group: meter
    when: read_at
    fields: {value: {label: Energi, from: kwh, type: number, unit: kWh}}
  newsletter: {kind: table, label: {sv: Nyhetsbrev, en: Newsletter}}
  logins: {kind: table, label: {sv: Inloggningar, en: Logins}}
"""


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """What stands in the tables."""
    pnr, other = ANNA.personnummer, BO.personnummer
    customers = [
        (1, ANNA.name, EMAIL.upper(), f"{pnr[:8]}-{pnr[8:]}", "K-1044", "070-174 06 05", "Halmstad", "x1"),
        (2, BO.name, "bo@example.se", f"{other[2:8]}-{other[8:]}", "K-2000", "070-174 06 06", "Laholm", "x2"),
    ]
    lines = [(n, k, f"rad {k}") for n in range(1, 201) for k in (1, 2)]
    readings = [
        ("M1", f"2026-0{month}-{day:02d} 08:00:00", month + day / 100) for month in range(1, 7) for day in (1, 28)
    ]
    return {
        "customers": customers,
        "invoices": [
            (n, 1 + n % 2, n / 4, "2026-03-01 10:00:00", b"%PDF" if n % 3 else None, f"faktura {n}")
            for n in range(1, 2 * INVOICES + 1)
        ],
        "invoice_lines": lines,
        "agreements": [(1, 1, "M1", "2026-02-01", "2026-04-28"), (2, 2, "M1", "2026-04-29", None)],
        "readings": readings,
        "newsletter": [(EMAIL, ANNA.name, "Sol"), (EMAIL, ANNA.name, "Sol"), ("bo@example.se", BO.name, "Vind")],
        "logins": [(n, EMAIL if n % 3 else "bo@example.se", "x" * (n % 7)) for n in range(1, 331)],
        "visits": [(EMAIL, n // 2, "sida") for n in range(40)],
    }


@dataclass
class Store:
    """One database, reached as a system of the register would be."""

    vendor: str
    settings: dict[str, Any]
    secrets: dict[str, str]
    admin: Any
    """Makes a connection that may do everything."""

    def run(self, statement: str, values: tuple[Any, ...] = ()) -> None:
        """Change the database as its own system would."""
        with closing(self.admin()) as connection:
            cursor = connection.cursor()
            if values and self.vendor != "sqlite":
                statement = statement.replace("%", "%%").replace("?", "%s")
            cursor.execute(statement, values) if values else cursor.execute(statement)
            connection.commit()

    def insert(self, table: str, *values: Any) -> None:
        """One row more; the table's name is quoted."""
        self.run(f"INSERT INTO {self.quoted(table)} VALUES ({', '.join('?' * len(values))})", values)

    def quoted(self, name: str) -> str:
        """An identifier in the database's own quotes."""
        quote = "`" if self.vendor == "mysql" else '"'
        return f"{quote}{name.replace(quote, quote * 2)}{quote}"

    def search(self, **changes: Any) -> Search:
        """A search for Anna by her e-mail address."""
        usual: dict[str, Any] = {
            "settings": {**self.settings, "description": DESCRIPTION},
            "secrets": self.secrets,
            "identifiers": (Identifier(IdentifierKind.EMAIL, EMAIL),),
            "person_name": ANNA.name,
            "now": NOW,
            "limits": QUICK,
        }
        if "description" in changes:
            usual["settings"] = {**self.settings, "description": changes.pop("description")}
        return Search(**{**usual, **changes})

    def gather(self, **changes: Any) -> Gathered:
        """All pages of such a search."""
        return Gathered(list(Sql().collect(self.search(**changes))))

    def tried(self, description: str = DESCRIPTION) -> TestResult:
        """Trying the connection."""
        return Sql().test({**self.settings, "description": description}, self.secrets)


def _fill(connection: Any, vendor: str) -> None:
    words = {"sqlite": ("BLOB", "TIMESTAMP"), "postgresql": ("BYTEA", "TIMESTAMP"), "mysql": ("LONGBLOB", "DATETIME")}
    blob, moment = words[vendor]
    cursor = connection.cursor()
    for statement in TABLES.format(blob=blob, moment=moment).split(";"):
        if statement.strip():
            cursor.execute(statement)
    for table, values in rows().items():
        places = ", ".join("?" * len(values[0]) if vendor == "sqlite" else ["%s"] * len(values[0]))
        cursor.executemany(f"INSERT INTO {table} VALUES ({places})", values)
    connection.commit()


def sqlite_store(path: Path) -> Store:
    """In a file."""
    with closing(sqlite3.connect(path)) as connection:
        _fill(connection, "sqlite")
    return Store("sqlite", {"database": "sqlite", "name": str(path)}, {}, lambda: sqlite3.connect(path))


def postgresql_store(cluster: Cluster, name: str) -> Store:
    """In the throw-away cluster, read by somebody who may only read."""
    cluster.create_database(name)

    def admin() -> Any:
        return psycopg.connect(host=str(cluster.folder), user="postgres", dbname=name)

    with closing(admin()) as connection:
        _fill(connection, "postgresql")
        connection.execute(f"CREATE ROLE {READER} LOGIN")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
        connection.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {READER}")
        connection.execute("ANALYZE")
        connection.commit()
    settings = {"database": "postgresql", "host": str(cluster.folder), "name": name, "user": READER, "tls": "off"}
    return Store("postgresql", settings, {}, admin)


def mysql_store(server: MariaDb, name: str) -> Store:
    """In a throw-away MariaDB over TCP, read by somebody who may only read, with a password that would break a careless statement."""
    with closing(server.connect()) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        cursor.execute(f"CREATE USER {READER}@'%%' IDENTIFIED BY %s", (PASSWORD,))
        cursor.execute(f"GRANT SELECT ON {name}.* TO {READER}@'%'")
    with closing(server.connect(name)) as connection:
        connection.autocommit(False)
        _fill(connection, "mysql")
    settings = {
        "database": "mysql",
        "host": "127.0.0.1",
        "port": server.port,
        "name": name,
        "user": READER,
        "tls": "off",
    }
    return Store("mysql", settings, {"password": PASSWORD}, lambda: server.connect(name))
