"""The contract between the product and the systems it gathers from.

A connector is given frozen values and yields pages of records; it never sees a model, a Django setting or a log of ours.
Everything it may raise on purpose is a ``ConnectorError`` with a code, which services turn into words for the coordinator.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from requests_app.domain.identifiers import IdentifierKind as IdentifierKind  # noqa: TC001 - part of this contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date, datetime

    from requests_app.domain.records import CategorySpec, Record


class Fault(StrEnum):
    """Why a system could not be read. ``services.words`` has a sentence for each in Swedish and English."""

    UNREACHABLE = "unreachable"  # no connection, name not found, refused
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"  # 429
    SERVER_ERROR = "server_error"  # 5xx
    CUT_OFF = "cut_off"  # the answer ended early
    AUTH_REFUSED = "auth_refused"  # 401: the key is not accepted
    FORBIDDEN = "forbidden"  # 403: the key lacks a right
    NOT_FOUND = "not_found"  # 404 where an address must exist: wrong path in the settings
    UNREADABLE = "unreadable"  # not JSON, params: line
    WRONG_TYPE = "wrong_type"  # JSON of another shape, params: field
    ENDLESS_PAGING = "endless_paging"  # the same page again, or past the page limit
    TOO_LARGE = "too_large"  # past the size limit
    ADDRESS_REFUSED = "address_refused"  # outside the system's allow-list
    MISCONFIGURED = "misconfigured"  # params: setting
    SECRET_MISSING = "secret_missing"  # params: secret  # noqa: S105
    NOT_READY = "not_ready"  # the system said that the answer comes later; not a fault of anybody's
    SEVERAL = "several"  # more than one may be meant, and what was asked for can be done for one alone
    TOO_LATE = "too_late"  # it did not come within params: hours
    GIVEN_UP = "given_up"  # the system took it on and then cancelled it or failed with it
    BY_HAND = "by_hand"  # the answer is there, and nothing says where it may be fetched from
    HOST_KEY = "host_key"  # an SFTP server shows another key than the pinned one, params: shown (its fingerprint)
    STALE = "stale"  # an export is older than it may be, params: file, day; only told when the connection is tried
    CHANGED = "changed"  # what was being read is another by now: all that was gathered is dropped and gathered again
    UNEXPECTED = "unexpected"


TRANSIENT = frozenset(
    {
        Fault.UNREACHABLE,
        Fault.TIMEOUT,
        Fault.RATE_LIMITED,
        Fault.SERVER_ERROR,
        Fault.CUT_OFF,
        Fault.NOT_READY,
        Fault.CHANGED,
    }
)
"""Faults that may pass by themselves; every other needs a person."""


class ConnectorError(Exception):
    """A fault in words the product knows. ``params`` never hold personal data, secrets or addresses."""

    def __init__(self, fault: Fault, *, retry_after: float | None = None, **params: str | int) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.retry_after = retry_after
        """Seconds the system asked us to wait, if it did."""
        self.params = params

    @property
    def transient(self) -> bool:
        """Whether trying again later can help."""
        return self.fault in TRANSIENT


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value to search by, normalised as ``domain.identifiers`` does. Only values that may be used are handed to a connector."""

    kind: IdentifierKind
    value: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one gathering, so that a rubbish answer cannot run for ever."""

    max_pages: int = 2_000
    max_bytes: int = 64 * 1024 * 1024
    """Of one response body that is held whole, and of one item of a body that is read item by item."""
    max_stream_bytes: int = 2 * 1024 * 1024 * 1024
    """Of a body that is read item by item."""
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    max_wait: float = 5.0
    """Longest wait inside a run, seconds; a longer ``Retry-After`` goes back to the row."""
    attempts: int = 3
    """Tries of one HTTP request for transient faults."""


@dataclass(frozen=True, slots=True)
class Search:
    """Everything a connector is given for one person in one system."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    identifiers: tuple[Identifier, ...]
    person_name: str
    """As known to us, to tell a namesake; empty when unknown."""
    now: datetime
    limits: Limits = field(default_factory=Limits)
    cursor: Mapping[str, Any] | None = None
    """The cursor of the last page that was kept, when a run is taken up again."""
    chosen: tuple[str, ...] | None = None
    """Keys of the candidates the coordinator said are this person; None when no choice was asked for."""
    heartbeat: Callable[[], None] = lambda: None
    """Call at least every few seconds (the HTTP client does): it keeps the lease and raises when the run was taken over."""
    pace: Callable[[int, float], float] | None = None
    """Takes the next moment at which a system may be asked that bears so many requests in so many seconds, and gives the seconds
    until then. All workers share it; None where nobody else asks."""


@dataclass(frozen=True, slots=True)
class Derived:
    """An identifier the system gave us. ``strong``: a customer or account number from a system that knew the person by a strong one."""

    kind: IdentifierKind
    value: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be the person; only what the coordinator needs to tell is shown."""

    key: str
    fields: Mapping[str, str]
    """Short facts such as name, town, year of registration, under Swedish field keys of the category."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file that belongs to the person's data, such as one sent with a mail. It is kept sealed and enclosed in an answer as it came."""

    name: str
    data: bytes
    """At most ``uploads.MAX_BYTES``."""


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a gathering.

    ``cursor`` is what to begin from after this page (JSON values; None only when nothing follows). ``searched_from`` and
    ``searched_to`` say that the system could only be searched in a window of dates. ``candidates`` stop the run until a
    person has chosen; such a page holds no records. ``files`` are checked for malware and kept together with the records.
    """

    records: tuple[Record, ...] = ()
    cursor: Mapping[str, Any] | None = None
    derived: tuple[Derived, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    searched_from: date | None = None
    searched_to: date | None = None
    keep: bool = False
    """Keep the cursor before the run goes on, since what follows must not be done twice."""
    files: tuple[PageFile, ...] = ()


class StopStatus(StrEnum):
    """What a system did when it was told that an address gets no more marketing."""

    STOPPED = "stopped"
    ALREADY = "already"  # it knew the address and sent nothing to it any more
    UNKNOWN = "unknown"  # it does not know the address: there is nothing to stop


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a system answered to a change, as it may be kept: nothing that tells who the person is.

    ``items`` says what was changed, each with the vendor's own words for list, status and time (short texts).
    """

    status: StopStatus
    items: tuple[Mapping[str, str], ...] = ()
    requests: int = 0


class SettingType(StrEnum):
    """How a setting is entered and checked."""

    TEXT = "text"
    URL = "url"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    JSON = "json"
    DESCRIPTION = "description"
    """YAML or JSON of several lines, kept as it was written."""
    LINES = "lines"
    """A text with one thing on each line."""


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One setting of a connector, as the administrator meets it."""

    key: str
    label_sv: str
    label_en: str
    type: SettingType = SettingType.TEXT
    required: bool = True
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    any_letters: bool = False
    """A secret that may hold letters outside ASCII: it stands in no header and no path."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """What "Test connection" saw: only facts without personal data."""

    __test__: ClassVar[bool] = False

    ok: bool
    fault: Fault | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
    requests: int = 0
    seen: tuple[tuple[str, str], ...] = ()
    """What was looked at and how it stands, a sentence each in Swedish and English; for systems of several parts."""


@runtime_checkable
class Connector(Protocol):
    """A way of gathering from a system."""

    key: ClassVar[str]
    label_sv: ClassVar[str]
    label_en: ClassVar[str]
    automatic: ClassVar[bool]
    """False: a person uploads or answers "nothing found"."""
    searches_by: ClassVar[frozenset[IdentifierKind]]
    settings_spec: ClassVar[tuple[SettingSpec, ...]]
    categories: ClassVar[tuple[CategorySpec, ...]]

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise ``ConnectorError`` MISCONFIGURED or SECRET_MISSING when it cannot work with these settings."""

    def collect(self, search: Search) -> Iterator[Page]:
        """Yield the person's data page by page, from ``search.cursor`` on; yield nothing or an empty page when nobody is found."""

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Try the connection without a person's data."""


@dataclass(frozen=True, slots=True)
class Shape:
    """By what a system is searched and what comes of it."""

    searches_by: frozenset[IdentifierKind]
    categories: tuple[CategorySpec, ...]
    at_once: int | None = None
    """In how many cases the vendor lets it be searched at the same moment; None when nothing is known."""
    files_requests: bool = False
    """Whether each search files a question with somebody who answers it later, a try too."""


@runtime_checkable
class ShapedBySettings(Protocol):
    """A connector for systems nobody here has heard of: what a system holds stands in its settings.

    Its ``searches_by`` are then all it can search by, its ``categories`` only what every such system has.
    """

    def settings_of(self, settings: Mapping[str, Any]) -> tuple[SettingSpec, ...]:
        """The settings and secrets there are, given those that are entered so far; what cannot be read adds none."""

    def shape_of(self, settings: Mapping[str, Any]) -> Shape:
        """Of one system. Raises ``ConnectorError`` MISCONFIGURED when the settings cannot be used."""


def shape(connector: Connector, settings: Mapping[str, Any]) -> Shape:
    """By what this system is searched and what it holds; what the connector says of all where the settings cannot be read."""
    if isinstance(connector, ShapedBySettings):
        try:
            return connector.shape_of(settings)
        except ConnectorError:
            return Shape(frozenset(), connector.categories)
    return Shape(connector.searches_by, connector.categories)


def settings_spec(connector: Connector, settings: Mapping[str, Any]) -> tuple[SettingSpec, ...]:
    """The settings and secrets of this system."""
    return connector.settings_of(settings) if isinstance(connector, ShapedBySettings) else connector.settings_spec


@runtime_checkable
class SaysPlaces(Protocol):
    """A connector whose systems say in another setting than an address where they are."""

    def places_of(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Every address to which requests go, and with them the system's secrets, as it is written; none when it cannot be read."""


@runtime_checkable
class StopsMarketing(Protocol):
    """What a connector can do besides gathering: stop marketing to an address. Having both members declares it."""

    @property
    def stops_marketing_to(self) -> frozenset[IdentifierKind]:
        """The sorts of address the system sends marketing to; of any other it need not be told."""

    def stop_marketing(self, search: Search) -> Evidence:
        """Let nothing more be sent to the addresses of ``search.identifiers``.

        Never deletes: an address that is gone can be imported again.
        Done twice it is one effect. Raises ``ConnectorError``; what was done before the fault stays done.
        """


@runtime_checkable
class StopsBySettings(Protocol):
    """A connector that can stop marketing in some of its systems: it stands in their settings."""

    def stopper_of(self, settings: Mapping[str, Any]) -> StopsMarketing | None:
        """What stops marketing in one system; None when nothing there can."""


@runtime_checkable
class ChangesData(Protocol):
    """What a connector can do besides gathering: change what a system holds of the person. Having both members declares it."""

    def changes_of(self, settings: Mapping[str, Any]) -> frozenset[str]:
        """The verbs a system with these settings can be told: ``erase``, ``rectify``, ``stop_marketing``. Raises MISCONFIGURED."""

    def change(self, search: Search, verb: str, values: Mapping[str, Any]) -> Evidence:
        """Do it for the one person of ``search``. Done twice it is one effect.

        Raises ``ConnectorError``, SEVERAL when somebody must choose first; what was done before a fault stays done.
        """


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody a system knows: what tells who it is and how that one is reached, and nothing else it holds.

    ``protected``: the system says that the personal data are protected (skyddade personuppgifter); then only the number is given.
    """

    customer_no: str
    name: str = ""
    birth_date: date | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    protected: bool = False
    address: str = ""
    """Where post reaches the person, in lines; empty when the system does not say."""


@runtime_checkable
class FindsPeople(Protocol):
    """What a connector can do besides gathering: say who is meant while somebody is on the line. Having both members declares it."""

    finds_people_by: ClassVar[frozenset[IdentifierKind]]

    def find_people(self, search: Search) -> tuple[KnownPerson, ...]:
        """Those the identifiers of ``search`` fit, from one page of answers; empty when nobody is known. Raises ``ConnectorError``."""
