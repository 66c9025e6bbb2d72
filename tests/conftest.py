"""Fixtures for all tests: throw-away databases, whole installations with real processes, a browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from django.db import connections
from django.utils import translation

from tests import settings as test_settings
from tests.support.databases import Database, Templates, default_database, memory_from
from tests.support.postgres import Cluster
from tests.support.stack import Stack, chromium, storages_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

hypothesis.settings.register_profile("whole", deadline=None)  # how long an example takes depends on the machine
hypothesis.settings.register_profile("fast", max_examples=20, deadline=None)
hypothesis.settings.load_profile("whole")

WHOLE = (
    "tests/admin/",
    "tests/services/test_reports.py",
    "tests/services/test_report_sharing.py",
    "tests/services/test_standing.py",
    "tests/permissions/",
    "tests/services/mailbox/test_corpus.py",
    "tests/services/mailbox/test_reading.py",
    "tests/sandbox/",
    "tests/ops/",
    "tests/web/test_rubbish.py",
    "tests/api/test_description.py",
    "tests/portal/test_filing.py",
    "tests/portal/test_session.py",
    "tests/connectors/test_contract.py",
    "tests/connectors/test_faults.py",
    "tests/connectors/test_people.py",
    "tests/documents/test_extract_pdf.py",
    "tests/documents/test_hostile.py",
    "tests/documents/test_calm.py",
    "tests/documents/test_values_agree.py",
    "tests/documents/test_letters.py",
    "tests/documents/test_wordings.py",
    "tests/services/test_journey.py",
    "tests/services/test_rights.py",
    "tests/services/test_four_eyes.py",
    "tests/services/test_letter_wording.py",
    "tests/services/test_register.py",
    "tests/services/test_register_record.py",
    "tests/admin/test_register_record.py",
    "tests/management/test_demo_data.py",
    "tests/portal/test_following.py",
    "tests/documents/test_masked_everywhere.py",
    "tests/connectors/test_hostile.py",
    "tests/connectors/test_hostile_places.py",
    "tests/connectors/test_stopping.py",
    "tests/services/test_rooms.py",
)
"""Tests that render whole documents, ask the sandbox or walk a whole matrix: left out of the inner loop."""

BOTH = (
    "tests/admin/test_case_list.py",
    "tests/admin/test_start.py",
    "tests/admin/test_reports.py",
    "tests/services/test_reports.py",
    "tests/services/test_report_sharing.py",
    "tests/services/test_journey.py",
    "tests/portal/test_filing.py",
    "tests/web/test_rubbish.py",
)
"""What services do is tried on both databases; of pages, documents and whole matrices only what asks the database in its own way."""

VENDORS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


@pytest.hookimpl(tryfirst=True)  # before -m chooses by mark
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow by what it uses; on PostgreSQL keep only tests of the database that do not choose one themselves."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"stack", "bare_stack"}:
            item.add_marker(pytest.mark.processes)
        if "page" in fixtures:
            item.add_marker(pytest.mark.browser)
        whole = item.location[0].startswith(WHOLE) or "committed_db" in fixtures
        if whole or any(item.get_closest_marker(name) for name in ("processes", "browser")):
            item.add_marker(pytest.mark.slow)
    if test_settings.ON_POSTGRESQL:
        kept = [item for item in items if _uses_the_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept


def _uses_the_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    place = item.location[0]
    on_one = place.startswith((*WHOLE, "tests/documents/")) and not place.startswith(BOTH)
    if on_one or fixtures & {"vendor", "stack"}:
        return False
    return item.get_closest_marker("django_db") is not None or bool(fixtures & {"db", "transactional_db"})


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A request leaves its language behind in the thread; the next test begins with the default again."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for this test run."""
    made = Cluster(test_settings.PG_SOCKET_FOLDER)
    made.start()
    yield made
    made.stop()


class _Lazy:
    """Templates of a vendor, with the PostgreSQL server started only when it is asked for."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._templates: dict[str, Templates] = {}

    def of(self, vendor: str) -> Templates:
        if vendor not in self._templates:
            cluster = self._request.getfixturevalue("cluster") if vendor == "postgresql" else None
            self._templates[vendor] = Templates(test_settings.TEMPLATE_DATABASES, cluster)
        return self._templates[vendor]


@pytest.fixture(scope="session")
def templates(request: pytest.FixtureRequest) -> _Lazy:
    """Migrated databases to copy."""
    return _Lazy(request)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: Any,
    django_db_use_migrations: bool,
    templates: _Lazy,
) -> Iterator[None]:
    """Let the test database begin as a copy of the template; on PostgreSQL start its server first."""
    if test_settings.ON_POSTGRESQL:
        request.getfixturevalue("cluster")
    memory = None
    if django_db_use_migrations:
        with django_db_blocker.unblock():
            if test_settings.ON_POSTGRESQL:
                connections["default"].settings_dict["TEST"]["TEMPLATE"] = templates.of("postgresql").of_postgresql()
            else:
                memory = memory_from(templates.of("sqlite").of_sqlite())
    yield
    if memory is not None:
        memory.close()


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    """Both kinds of database, one after the other."""
    return str(request.param)


@pytest.fixture
def var(settings: Any) -> Iterator[Path]:
    """A fresh folder of an installation, with a short path; case files are kept in it."""
    folder = Path(tempfile.mkdtemp(prefix="v", dir=test_settings.TEST_FOLDER))
    settings.VAR = folder
    settings.STORAGES = storages_in(folder, settings.STORAGES)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def committed_db(vendor: str, templates: _Lazy, var: Path, django_db_blocker: Any) -> Iterator[Database]:
    """A fresh migrated database whose rows are really committed, as Django's ``default``. Runs on both kinds."""
    with django_db_blocker.unblock():
        database = templates.of(vendor).copy(vendor, var)
        with default_database(database):
            yield database


@pytest.fixture
def empty_db(vendor: str, templates: _Lazy, django_db_blocker: Any) -> Iterator[Callable[[Path], Database]]:
    """Makes databases without tables, for what fills one itself."""
    with django_db_blocker.unblock():
        yield lambda folder: templates.of(vendor).empty(vendor, folder)


@pytest.fixture
def stack(committed_db: Database, var: Path) -> Iterator[Stack]:
    """An installation with a running broker, on both kinds of database; start what else the test needs."""
    made = Stack(var, committed_db)
    try:
        made.start_broker()
        yield made
    finally:
        made.close()
        print(made.output())  # noqa: T201 - pytest shows it beside a failure


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, which makes no connections of its own."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver runs an event loop in the test's thread
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-quic",
    ]
    return {
        **browser_type_launch_args,
        "executable_path": chromium(),
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", *quiet],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Swedish time and language, as HEM's customers have them."""
    return {**browser_context_args, "locale": "sv-SE", "timezone_id": "Europe/Stockholm"}
