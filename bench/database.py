"""A throw-away database and file store for a benchmark."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from tests import settings as test_settings
from tests.support.databases import Database, Templates, default_database
from tests.support.postgres import Cluster
from tests.support.stack import storages_in

if TYPE_CHECKING:
    from collections.abc import Iterator

VENDORS = ("sqlite", "postgresql")


@contextmanager
def throw_away(vendor: str = "sqlite") -> Iterator[tuple[Path, Database]]:
    """Make a migrated database of the vendor Django's ``default``, with case files in a folder of its own.

    Gives the folder and the database; both are gone afterwards, and so is the PostgreSQL server, which is started for it.
    """
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="b", dir=test_settings.TEST_FOLDER)))
        settings.STORAGES = storages_in(folder, settings.STORAGES)
        cluster = Cluster(test_settings.PG_SOCKET_FOLDER) if vendor == "postgresql" else None
        if cluster:
            cluster.start()
            ending.callback(cluster.stop)
        database = Templates(folder, cluster).copy(vendor, folder)
        ending.enter_context(default_database(database))
        yield folder, database
