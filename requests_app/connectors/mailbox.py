"""Mailboxes as systems: the person's mails in the folders of an account, found by IMAP's search and never changed.

What is searched for are the person's e-mail addresses in the headers and, where the setting says so, the customer number in the text.
The server's answer is only a proposal: each mail's headers are read, and what is not the person's is not kept. Folders are opened
read-only (EXAMINE) and mails fetched without marking them as read (BODY.PEEK).
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from imapclient import SocketTimeout

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
from requests_app.connectors.mail.session import Account, MailboxFault, Session
from requests_app.connectors.mailbox_people import normal
from requests_app.connectors.mailbox_shape import MAILS
from requests_app.connectors.mailbox_walk import ALL_FOLDERS, Walk
from requests_app.connectors.settings import check_settings, misconfigured, setting
from requests_app.connectors.transport import numbers_of
from requests_app.connectors.trial import ONE_TRY

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from requests_app.connectors.base import Limits, Page, Search
    from requests_app.domain.records import CategorySpec

HOST = SettingSpec("host", "Server", "Server")
PORT = SettingSpec("port", "Port", "Port", SettingType.INTEGER, required=False, default=993)
TLS = SettingSpec(
    "tls",
    "Krypterad förbindelse (TLS)",
    "Encrypted connection (TLS)",
    SettingType.BOOLEAN,
    required=False,
    default=True,
)
USER = SettingSpec("user", "Användare", "User")
FOLDERS = SettingSpec(
    "folders",
    "Mappar att söka i, en per rad (* för alla utom papperskorg, skräppost och utkast)",
    "Folders to search, one a line (* for all but trash, junk and drafts)",
    SettingType.LINES,
    required=False,
    default=ALL_FOLDERS,
)
WINDOW_DAYS = SettingSpec(
    "window_days",
    "Antal dagar bakåt att söka igenom (tomt för alla)",
    "Days back to search (empty for all)",
    SettingType.INTEGER,
    required=False,
)
OWN = SettingSpec(
    "own_addresses",
    "Organisationens egna domäner och adresser, en per rad",
    "The organisation's own domains and addresses, one a line",
    SettingType.LINES,
)
TEXTS = SettingSpec(
    "search_texts",
    "Sök efter kundnumret i mejlens text",
    "Search the texts for the customer number",
    SettingType.BOOLEAN,
    required=False,
    default=False,
)
PASSWORD = SettingSpec("password", "Lösenord", "Password", secret=True, any_letters=True)
_FAULTS = {
    "unreachable": Fault.UNREACHABLE,
    "tls": Fault.UNREACHABLE,
    "timeout": Fault.TIMEOUT,
    "cut_off": Fault.CUT_OFF,
    "login": Fault.AUTH_REFUSED,
    "folder": Fault.FORBIDDEN,
}


def lines(text: str) -> list[str]:
    """What stands on each line, each thing once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


class MailboxSearch:
    """Connector for the mails of one account on an IMAP server."""

    key: ClassVar[str] = "mailbox"
    label_sv: ClassVar[str] = "Brevlåda (IMAP)"
    label_en: ClassVar[str] = "Mailbox (IMAP)"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset({IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_NO})
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (
        HOST,
        PORT,
        TLS,
        USER,
        FOLDERS,
        WINDOW_DAYS,
        OWN,
        TEXTS,
        PASSWORD,
    )
    categories: ClassVar[tuple[CategorySpec, ...]] = (MAILS,)

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED or SECRET_MISSING."""
        check_settings(self.settings_spec, settings, secrets)
        _check_server(settings)
        own = lines(settings[OWN.key])
        if not own or not all(normal(line if "@" in line.lstrip("@") else f"x@{line.lstrip('@')}") for line in own):
            raise misconfigured(OWN.key)
        if not lines(setting(FOLDERS, settings)):
            raise misconfigured(FOLDERS.key)
        if not settings[USER.key].isprintable():
            raise misconfigured(USER.key)

    def collect(self, search: Search) -> Iterator[Page]:
        """Find the person's mails folder by folder, settle whose they are, then yield them exchange by exchange."""
        settings = search.settings
        self.check(settings, search.secrets)
        if not any(one.kind in self.shape_of(settings).searches_by for one in search.identifiers):
            return
        walk = Walk(
            search,
            folders=lines(setting(FOLDERS, settings)),
            own=lines(settings[OWN.key]),
            days=setting(WINDOW_DAYS, settings),
            texts=setting(TEXTS, settings),
        )
        yield from _told(walk.pages, _session(settings, search.secrets, search.limits, search.heartbeat))

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Log in and look which folders there are; those that the settings name must be among them."""
        try:
            self.check(settings, secrets)
        except ConnectorError as error:
            return TestResult(ok=False, fault=error.fault, params=error.params)
        wanted = lines(setting(FOLDERS, settings))
        try:
            with _session(settings, secrets, ONE_TRY) as session:
                there = session.folders()
        except MailboxFault as fault:
            return TestResult(ok=False, fault=_as_error(fault.code).fault, requests=1)
        except ConnectorError as error:
            return TestResult(ok=False, fault=error.fault, params=error.params)
        if wanted != [ALL_FOLDERS] and not {*wanted} - {ALL_FOLDERS} <= {*there}:
            return TestResult(
                ok=False,
                fault=Fault.MISCONFIGURED,
                params={"setting": FOLDERS.key},
                requests=1,
                seen=_seen(there),
            )
        return TestResult(ok=True, requests=1, seen=_seen(there))

    def settings_of(self, settings: Mapping[str, Any]) -> tuple[SettingSpec, ...]:
        """The settings and secrets there are."""
        return self.settings_spec

    def shape_of(self, settings: Mapping[str, Any]) -> Shape:
        """A mailbox is searched by customer number only when that is set."""
        kinds = {IdentifierKind.EMAIL} | ({IdentifierKind.CUSTOMER_NO} if setting(TEXTS, settings) else set())
        return Shape(frozenset(kinds), self.categories)


def _seen(folders: list[str]) -> tuple[tuple[str, str], ...]:
    names = ", ".join(folders)
    return ((f"Mappar som finns: {names}.", f"Folders there are: {names}."),)


def _check_server(settings: Mapping[str, Any]) -> None:
    """The same bounds as for an address over HTTP: no plain connection but to this machine, no number posing as a host."""
    near = is_own_machine(settings[HOST.key])
    if not near and not setting(TLS, settings):
        raise misconfigured(TLS.key)
    if setting(PORT, settings) > 65535:
        raise misconfigured(PORT.key)


def _session(
    settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Limits, alive: Callable[[], None] = lambda: None
) -> Session:
    security = "tls" if setting(TLS, settings) else "none"
    account = Account(settings[HOST.key], setting(PORT, settings), security, settings[USER.key])
    timeout = SocketTimeout(connect=limits.connect_timeout, read=limits.read_timeout)
    return Session(account, secrets[PASSWORD.key], timeout=timeout, alive=alive, look=numbers_of)


def _as_error(code: str) -> ConnectorError:
    return ConnectorError(_FAULTS.get(code, Fault.SERVER_ERROR))


def _told(pages: Callable[[Session], Iterator[Page]], session: Session) -> Iterator[Page]:
    """The pages, and a fault of the connection in the product's words: with nothing of the server's behind it."""
    with closing(_opened(pages, session)) as going:
        while True:
            code = ""
            try:
                page = next(going, None)
            except MailboxFault as fault:
                code = fault.code
            if code:
                raise _as_error(code)
            if page is None:
                return
            yield page


def _opened(pages: Callable[[Session], Iterator[Page]], session: Session) -> Generator[Page, None, None]:
    with session:
        yield from pages(session)
