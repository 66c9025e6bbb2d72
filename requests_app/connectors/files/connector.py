"""The connector of systems that only give exports: files in a folder of this machine or on an SFTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors.addresses import is_own_machine
from requests_app.connectors.base import (
    ConnectorError,
    Fault,
    IdentifierKind,
    SettingSpec,
    SettingType,
    Shape,
    TestResult,
)
from requests_app.connectors.described.text import flaws
from requests_app.connectors.files.description import described, usable
from requests_app.connectors.files.folder import Folder, usable_folder
from requests_app.connectors.files.host_keys import pinned
from requests_app.connectors.files.looking import look
from requests_app.connectors.files.places import Beat
from requests_app.connectors.files.private_keys import check_private_key
from requests_app.connectors.files.proposal import proposal
from requests_app.connectors.files.sftp import PORT, Sftp
from requests_app.connectors.files.walk import Walk
from requests_app.connectors.settings import check_settings, misconfigured
from requests_app.connectors.trial import ONE_TRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.base import Limits, Page, Search
    from requests_app.connectors.described.text import Flaw
    from requests_app.connectors.files.places import Place
    from requests_app.domain.records import CategorySpec

PLACE = SettingSpec(
    "place", "Var filerna ligger", "Where the files lie", SettingType.CHOICE, choices=("folder", "sftp")
)
FOLDER = SettingSpec("folder", "Mapp", "Folder")
DESCRIPTION = SettingSpec("description", "Beskrivning", "Description", SettingType.DESCRIPTION)
HOST = SettingSpec("host", "Server", "Server")
PORT_SETTING = SettingSpec("port", "Port", "Port", SettingType.INTEGER, required=False, default=PORT)
USER = SettingSpec("user", "Användarnamn", "User name")
HOST_KEY = SettingSpec(
    "host_key",
    "Serverns publika nyckel eller dess SHA256-fingeravtryck",
    "The server's public key or its SHA256 fingerprint",
    SettingType.LINES,
)
PASSWORD = SettingSpec("password", "Lösenord", "Password", required=False, secret=True, any_letters=True)
PRIVATE_KEY = SettingSpec("private_key", "Privat nyckel", "Private key", required=False, secret=True, any_letters=True)
PASSPHRASE = SettingSpec(
    "passphrase",
    "Den privata nyckelns lösenfras",
    "Passphrase of the private key",
    required=False,
    secret=True,
    any_letters=True,
)
_HOST_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789åäöÅÄÖ.-_:")


class Files:
    """Connector for exports."""

    key: ClassVar[str] = "files"
    label_sv: ClassVar[str] = "Exporterade filer (i en mapp eller över SFTP)"
    label_en: ClassVar[str] = "Exported files (in a folder or over SFTP)"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset(IdentifierKind) - {IdentifierKind.NAME}
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (PLACE, FOLDER, DESCRIPTION)
    categories: ClassVar[tuple[CategorySpec, ...]] = ()

    def flaws_of(self, text: str) -> tuple[Flaw, ...]:
        """Everything that is wrong in a description."""
        return flaws(described, text)

    def settings_of(self, settings: Mapping[str, Any]) -> tuple[SettingSpec, ...]:
        """Those of a server only where there is one."""
        if settings.get(PLACE.key) != "sftp":
            return self.settings_spec
        return (PLACE, HOST, PORT_SETTING, HOST_KEY, USER, FOLDER, DESCRIPTION, PASSWORD, PRIVATE_KEY, PASSPHRASE)

    def shape_of(self, settings: Mapping[str, Any]) -> Shape:
        """What the description says. Raises MISCONFIGURED (setting: ``description``, line)."""
        description = usable(settings.get(DESCRIPTION.key))
        return Shape(description.searches_by, description.specs)

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED or SECRET_MISSING."""
        _check_place(self.settings_of(settings), settings, secrets)
        usable(settings.get(DESCRIPTION.key))

    def collect(self, search: Search) -> Iterator[Page]:
        """Yield the person's rows, file by file, at most 1,000 to a page."""
        self.check(search.settings, search.secrets)
        description = usable(search.settings[DESCRIPTION.key])
        with _place(search.settings, search.secrets, search.limits, search.heartbeat) as place:
            yield from Walk(description, place, search).pages()

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Look whether every file is there, fresh, and has its columns. ``seen`` says how each stands."""
        try:
            self.check(settings, secrets)
            with _place(settings, secrets, ONE_TRY, lambda: None) as place:
                return look(usable(settings[DESCRIPTION.key]), place)
        except ConnectorError as error:
            return TestResult(ok=False, fault=error.fault, params=error.params)

    def propose(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
        """A description to begin from (YAML), by the heads of the columns of what lies in the folder. Raises ``ConnectorError``."""
        specs = [spec for spec in self.settings_of(settings) if spec is not DESCRIPTION]
        _check_place(specs, settings, secrets)
        with _place(settings, secrets, ONE_TRY, lambda: None) as place:
            return proposal(place)


def _check_place(
    specs: tuple[SettingSpec, ...] | list[SettingSpec], settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> None:
    check_settings(specs, settings, secrets)
    if settings[PLACE.key] == "folder":
        usable_folder(settings[FOLDER.key])
        return
    if not settings[FOLDER.key].startswith("/") or not settings[FOLDER.key].isprintable():
        raise misconfigured(FOLDER.key)
    if not set(settings[HOST.key]) <= _HOST_SIGNS:
        raise misconfigured(HOST.key)
    is_own_machine(settings[HOST.key], HOST.key)
    if (settings.get(PORT_SETTING.key) or PORT) > 65_535:
        raise misconfigured(PORT_SETTING.key)
    pinned(settings[HOST_KEY.key])
    if secrets.get(PRIVATE_KEY.key):
        check_private_key(secrets[PRIVATE_KEY.key])
    elif not secrets.get(PASSWORD.key):
        raise ConnectorError(Fault.SECRET_MISSING, secret=PASSWORD.key)


def _place(
    settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Limits, heartbeat: Callable[[], None]
) -> Place:
    beat = Beat(heartbeat)
    if settings[PLACE.key] == "folder":
        return Folder(settings[FOLDER.key], beat)
    return Sftp(settings, secrets, limits, beat)
