"""Settings for tests: the product's own, on a fresh folder that goes with the test run, with fixed keys and a fast password hasher.

``HEMDSR_TEST_DATABASE=postgresql`` runs the tests on a throw-away PostgreSQL cluster, which a fixture starts.
``HEMDSR_TEST_TEMPLATES`` names a folder whose migrated databases several test runs of the same code share.
"""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import tempfile
from pathlib import Path

ON_POSTGRESQL = os.environ.get("HEMDSR_TEST_DATABASE", "sqlite") == "postgresql"

for _name in list(os.environ):
    # nothing of the shell's own installation reaches a test; what concerns the tests stays for parallel test processes
    if _name in {"REDIS_URL", "DATABASE_URL"} or (_name.startswith("HEMDSR_") and not _name.startswith("HEMDSR_TEST_")):
        del os.environ[_name]

TEST_FOLDER = Path(tempfile.mkdtemp(prefix="hemdsr-test-"))  # short: paths of unix sockets end near 108 bytes
atexit.register(shutil.rmtree, TEST_FOLDER, ignore_errors=True)

TEMPLATE_DATABASES = Path(os.environ.setdefault("HEMDSR_TEST_TEMPLATES", str(TEST_FOLDER / "templates")))
"""Where migrated databases lie for all processes of a test run."""
TEMPLATE_DATABASES.mkdir(exist_ok=True)


def _key(letter: str) -> str:
    return f"t1:{base64.b64encode(letter.encode() * 32).decode()}"


TEST_ENVIRONMENT = {
    "HEMDSR_VAR": str(TEST_FOLDER / "var"),
    "HEMDSR_SECRET_KEY": "a-secret-key-that-only-tests-know-0123456789-0123456789",
    "HEMDSR_MASTER_KEYS": _key("m"),
    "HEMDSR_MAC_KEYS": _key("h"),
    "HEMDSR_AUDIT_KEY": _key("a"),
    "REDIS_URL": f"redis+socket://{TEST_FOLDER / 'broker.sock'}",
}
os.environ.update(TEST_ENVIRONMENT)

PG_SOCKET_FOLDER = TEST_FOLDER / "pg"
if ON_POSTGRESQL:
    os.environ["DATABASE_URL"] = f"postgres://postgres@{str(PG_SOCKET_FOLDER).replace('/', '%2F')}/hemdsr"

# the package's Celery app reads the settings while they are being loaded: it must find the ones that are complete
os.environ["DJANGO_SETTINGS_MODULE"] = "hemdsr.settings"
from hemdsr.settings import *  # noqa: E402, F403 - what it reads from the environment is set above

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

WHITENOISE_AUTOREFRESH = True  # else every test's first request lists all static files
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
(TEST_FOLDER / "var" / "static").mkdir(parents=True)
