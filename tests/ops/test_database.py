"""The test run happens on the database it was asked to."""

from __future__ import annotations

import os

import pytest
from django.db import connection


@pytest.mark.django_db
def test_it_is_the_database_that_was_asked_for() -> None:
    wanted = os.environ.get("HEMDSR_TEST_DATABASE", "sqlite")
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()" if wanted == "postgresql" else "SELECT sqlite_version()")
        assert cursor.fetchone()[0].startswith("PostgreSQL" if wanted == "postgresql" else "3.")
