"""The largest mail we keep, read in a process of its own, whose memory is measured."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from requests_app.connectors.mail import parsing
from requests_app.models import IncomingMail, MailSource
from requests_app.services import held_files
from requests_app.services.audit import SYSTEM
from requests_app.services.mailbox import sources
from requests_app.services.policy import ensure_policy
from tests.services.mailbox.conftest import settings_of
from tests.services.mailbox.mails import mail
from tests.support.dovecot import SECRET, Dovecot
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.databases import Database

READER = """
import django, resource, sys
django.setup()
from requests_app.services.mailbox import reading
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reading.run(int(sys.argv[1]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
MEGABYTE = 1024 * 1024


@pytest.fixture
def vendor() -> str:
    """One kind of database is enough for how much memory a mail takes."""
    return "sqlite"


@pytest.mark.processes
def test_an_attachment_of_25_megabytes_is_kept_whole_in_bounded_memory(
    committed_db: Database, server: Dovecot, var: Path
) -> None:
    ensure_policy()
    source: MailSource = sources.save(actor=SYSTEM, source=None, values=settings_of(server), secret=SECRET)
    made = mail()
    content = os.urandom(MEGABYTE) * 25
    made.add_attachment(content, maintype="application", subtype="octet-stream", filename="arkiv.bin")
    server.put("Dataskydd", made.as_bytes().replace(b"\n", b"\r\n"))
    env = {**os.environ, "HEMDSR_VAR": str(var), "DJANGO_SETTINGS_MODULE": "hemdsr.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", READER, str(source.pk)], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    row = IncomingMail.objects.get()
    assert row.raw is not None
    assert "cut" not in row.guess
    assert parsing.content(held_files.read(row.raw), 0) == ("arkiv.bin", content)
    assert int(done.stdout) < 500
