"""The settings of a database, and what they come to: where it is and as whom it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from requests_app.connectors.addresses import is_own_machine
from requests_app.connectors.base import SettingSpec, SettingType
from requests_app.connectors.settings import check_settings, misconfigured, setting

if TYPE_CHECKING:
    from collections.abc import Mapping

POSTGRESQL, MYSQL, SQLITE = "postgresql", "mysql", "sqlite"
VERIFIED, OFF = "verified", "off"
PORTS = {POSTGRESQL: 5432, MYSQL: 3306}

DATABASE = SettingSpec(
    "database",
    "Sorts databas (MariaDB: mysql)",
    "Sort of database (MariaDB: mysql)",
    SettingType.CHOICE,
    default=POSTGRESQL,
    choices=(POSTGRESQL, MYSQL, SQLITE),
)
HOST = SettingSpec("host", "Server, eller sökväg till dess socket", "Server, or the path of its socket")
PORT = SettingSpec("port", "Port", "Port", SettingType.INTEGER, required=False)
NAME = SettingSpec("name", "Databasens namn", "Name of the database")
FILE = SettingSpec("name", "Databasfilens sökväg", "Path of the database file")
USER = SettingSpec("user", "Databasanvändare, som bara får läsa (SELECT)", "Database user, who may only read (SELECT)")
TLS = SettingSpec(
    "tls",
    "Kryptering (off bara på samma dator)",
    "Encryption (off only on the same machine)",
    SettingType.CHOICE,
    default=VERIFIED,
    choices=(VERIFIED, OFF),
)
CA = SettingSpec(
    "ca",
    "Fil med utfärdarens certifikat (PEM), om det är er egen",
    "File with the issuer's certificate (PEM), if it is your own",
    required=False,
)
DESCRIPTION = SettingSpec("description", "Beskrivning (YAML)", "Description (YAML)", SettingType.DESCRIPTION)
PASSWORD = SettingSpec("password", "Lösenord", "Password", required=False, secret=True, any_letters=True)
SERVER = (DATABASE, HOST, PORT, NAME, USER, TLS, CA, DESCRIPTION, PASSWORD)
ALONE = (DATABASE, FILE, DESCRIPTION)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a database is and as whom it is read. ``name`` is a file for SQLite; ``host`` may be the path of a socket."""

    database: str
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca: str = ""

    @property
    def place(self) -> tuple[str, str, int, str]:
        """The database itself, whoever reads it."""
        return self.database, self.host, self.port, self.name

    @property
    def by_socket(self) -> bool:
        """Whether it is reached through a file of this machine."""
        return self.host.startswith("/")


def specs_of(settings: Mapping[str, Any]) -> tuple[SettingSpec, ...]:
    """The settings there are for the sort of database that is chosen."""
    return ALONE if setting(DATABASE, settings) == SQLITE else SERVER


def target_of(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Target:
    """The database the settings name. Raises MISCONFIGURED (params: setting) for what cannot be used."""
    specs = specs_of(settings)
    check_settings(specs, settings, secrets)
    for spec in specs:
        if spec.type is SettingType.TEXT and not str(settings.get(spec.key) or "x").isprintable():
            raise misconfigured(spec.key)
    database, name = str(setting(DATABASE, settings)), str(settings[NAME.key])
    if database == SQLITE:
        if not Path(name).is_absolute():
            raise misconfigured(NAME.key)
        return Target(database, str(Path(name).resolve()))
    host, tls = str(settings[HOST.key]), setting(TLS, settings) == VERIFIED
    near = host.startswith("/") or is_own_machine(host, HOST.key)
    if not tls and not near:
        raise misconfigured(TLS.key)
    port = int(setting(PORT, settings) or PORTS[database])
    if port > 65535:
        raise misconfigured(PORT.key)
    ca = str(setting(CA, settings) or "")
    if ca and not (Path(ca).is_absolute() and Path(ca).is_file()):
        raise misconfigured(CA.key)
    encrypted = tls and not host.startswith("/")
    return Target(database, name, host, port, str(settings[USER.key]), secrets.get(PASSWORD.key) or "", encrypted, ca)
