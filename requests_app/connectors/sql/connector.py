"""The ``sql`` connector: any database, by a description."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors.base import ConnectorError, IdentifierKind, Page, Shape, TestResult
from requests_app.connectors.described.text import flaws
from requests_app.connectors.sql.database import Database
from requests_app.connectors.sql.description import described, usable
from requests_app.connectors.sql.finding import find
from requests_app.connectors.sql.looking import looked_at
from requests_app.connectors.sql.plan import Plan
from requests_app.connectors.sql.proposing import proposal
from requests_app.connectors.sql.reading import Reading, beginning
from requests_app.connectors.sql.settings import DESCRIPTION, SERVER, specs_of, target_of
from requests_app.connectors.sql.tables import refuse_own
from requests_app.connectors.trial import ONE_TRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.base import Derived, Search, SettingSpec
    from requests_app.connectors.described.text import Flaw
    from requests_app.domain.records import CategorySpec


class Sql:
    """Connector for databases: PostgreSQL, MySQL and MariaDB, SQLite."""

    key: ClassVar[str] = "sql"
    label_sv: ClassVar[str] = "Databas (PostgreSQL, MySQL, MariaDB, SQLite)"
    label_en: ClassVar[str] = "Database (PostgreSQL, MySQL, MariaDB, SQLite)"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset(
        {IdentifierKind.PERSONNUMMER, IdentifierKind.CUSTOMER_NO, IdentifierKind.EMAIL, IdentifierKind.PHONE}
    )
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = SERVER
    categories: ClassVar[tuple[CategorySpec, ...]] = ()

    def flaws_of(self, text: str) -> tuple[Flaw, ...]:
        """Everything that is wrong in a description."""
        return flaws(described, text)

    def settings_of(self, settings: Mapping[str, Any]) -> tuple[SettingSpec, ...]:
        """A server's settings, or those of a file."""
        return specs_of(settings)

    def shape_of(self, settings: Mapping[str, Any]) -> Shape:
        """What the description says. Raises MISCONFIGURED with the line."""
        description = usable(settings.get(DESCRIPTION.key))
        return Shape(description.searches_by, description.specs)

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED; the database itself is not asked."""
        target_of(settings, secrets)
        usable(settings.get(DESCRIPTION.key))

    def collect(self, search: Search) -> Iterator[Page]:
        """Yield the person's rows table by table. The database is only read, and never asked for more than a few thousand rows at once."""
        return _ended(self._pages(search))

    def _pages(self, search: Search) -> Iterator[Page]:
        description = usable(search.settings.get(DESCRIPTION.key))
        database = Database(target_of(search.settings, search.secrets), search.limits, search.heartbeat)
        refuse_own(database)
        plan = database.remembered(search.settings[DESCRIPTION.key], lambda: Plan(description, database))
        cursor = search.cursor
        derived: tuple[Derived, ...] = ()
        if not cursor or "who" not in cursor:
            found = find(plan, database, search)
            if found.candidates and search.chosen is None:
                yield Page(candidates=found.candidates, cursor={})
                return
            if not found.who:
                return
            cursor, derived = beginning(plan, found), found.derived
        for page in Reading(plan, database, search, cursor).pages():
            yield replace(page, derived=derived)
            derived = ()
        if derived:
            yield Page(derived=derived, cursor={})

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Connect, and read no row of every table the description names.

        ``params``: ``tables`` (how many can be read); of a fault the first ``table`` it is about, and ``column``.
        """
        database = None
        try:
            description = usable(settings.get(DESCRIPTION.key))
            database = Database(target_of(settings, secrets), ONE_TRY)
            return looked_at(database, description)
        except ConnectorError as error:
            asked = database.statements if database else 0
            return TestResult(ok=False, fault=error.fault, params=error.params, requests=asked)
        finally:
            if database is not None:
                database.close()

    def propose(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
        """A description to start from, guessed from the names in the database. Raises ``ConnectorError``; no row is read."""
        database = Database(target_of({**settings, DESCRIPTION.key: "-"}, secrets), ONE_TRY)
        try:
            refuse_own(database)
            return proposal(database)
        finally:
            database.close()


def _ended(pages: Iterator[Page]) -> Iterator[Page]:
    """The pages, each when it is known whether another follows: the last has no cursor, unless somebody must choose first."""
    last: Page | None = None
    for page in pages:
        if last is not None:
            yield last
        last = page
    if last is not None:
        yield last if last.candidates else replace(last, cursor=None)
