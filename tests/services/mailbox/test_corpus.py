"""Hard mails out of packages, through a real server: every one a proposal or a recorded dismissal, none lost, none twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone

from requests_app.connectors.mail import parsing
from requests_app.models import Event, HeldFile, IncomingMail, MailSource
from requests_app.services import held_files
from requests_app.services.audit import SYSTEM, verify
from requests_app.services.mailbox import reading, sources
from requests_app.services.policy import ensure_policy
from tests.services.mailbox.conftest import settings_of
from tests.services.mailbox.mails import raw
from tests.support.dovecot import SECRET, Dovecot
from tests.support.processes import ROOT
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from tests.support.databases import Database

FOLDER = "Dataskydd"
FLUFL = Path("/usr/lib/python3/dist-packages/flufl/bounce/tests/data")


def python_mails() -> list[Path]:
    """The mails that Python's own parser is tested with; Debian keeps them in a package of their own."""
    found = util.find_spec("test")
    near = Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else Path("/none")
    places = [near / "test_email" / "data", Path("/usr/lib/python3.11/test/test_email/data")]
    mails = next((sorted(place.glob("msg_*.txt")) for place in places if place.is_dir()), [])
    assert len(mails) > 40, "Python's test mails are not installed (Debian: apt-get install libpython3.11-testsuite)"
    return mails


def bounce_mails() -> list[Path]:
    """The reports that flufl.bounce is tested with; the wheel comes without them."""
    mails = sorted(FLUFL.glob("*.txt"))
    assert len(mails) > 100, (
        "flufl.bounce's test mails are not installed (Debian: apt-get install python3-flufl.bounce)"
    )
    return mails


def parser_mails() -> list[Path]:
    """The mails that mail-parser is tested with; the wheel comes without them."""
    mails = sorted(Path(sys.prefix).glob("share/mail-parser-*/mail_*"))
    assert len(mails) > 20, "mail-parser's test mails are not there (script/setup --dev fetches them)"
    return mails


def corpus() -> list[bytes]:
    """All of them as a server keeps them: lines end with CR LF, and none is empty."""
    files = [path.read_bytes() for path in [*python_mails(), *bounce_mails(), *parser_mails()]]
    return [content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for content in files if content.strip()]


def put(server: Dovecot, mails: list[bytes]) -> Counter[bytes]:
    """Let them lie in the folder; gives what the server then really holds."""
    server.put(FOLDER, *mails)
    return Counter(server.bodies(FOLDER))


def held() -> Counter[bytes]:
    """What is kept, mail by mail."""
    return Counter(held_files.read(row.raw) for row in IncomingMail.objects.select_related("raw") if row.raw)


def read_all(source: MailSource) -> None:
    MailSource.objects.filter(pk=source.pk).update(not_before=timezone.now() - timedelta(seconds=1), lease_until=None)
    reading.run(source.pk)


def test_every_mail_ends_as_a_proposal_or_a_recorded_dismissal(source: MailSource, server: Dovecot) -> None:
    there = put(server, corpus())
    read_all(source)
    source.refresh_from_db()
    assert source.fault == ""
    rows = list(IncomingMail.objects.all())
    assert sum(there.values()) == len(rows) > 150
    assert held() == there
    assert {row.state for row in rows} <= {"proposed", "dismissed"}
    assert all(row.reason and row.decided_at for row in rows if row.state == "dismissed")
    assert Event.objects.filter(kind="incoming.taken").count() == len(rows)
    # nobody's mail but exact copies: not one of these reports is about a mail of ours
    assert {row.reason for row in rows if row.state == "dismissed"} <= {"duplicate", "automatic"}
    assert sum(row.seems == "bounce" for row in rows) > 20
    read_all(source)
    assert IncomingMail.objects.count() == len(rows)


def test_each_can_be_shown_and_each_of_its_files_given_out() -> None:
    for content in corpus():
        mail = parsing.parse(content)
        assert mail.text or mail.html or mail.attachments or mail.subject or mail.from_name or len(content) < 500
        assert [name for name, _data in parsing.contents(content)] == [file.name for file in mail.attachments]


def test_a_second_parser_finds_the_same_senders() -> None:
    mailparser = pytest.importorskip("mailparser")
    same = compared = 0
    for content in corpus():
        theirs = [address for _name, address in mailparser.parse_from_bytes(content).from_ if "@" in address]
        if theirs:
            compared += 1
            same += parsing.parse(content).from_address in theirs
    assert compared > 100
    assert same / compared > 0.95


SLOW_READER = """
import django, sys
django.setup()
from requests_app.services.mailbox import imap, reading
mark = imap.Mailbox.mark
def told(self, uid):
    mark(self, uid)
    print(uid, flush=True)
imap.Mailbox.mark = told
reading.run(int(sys.argv[1]))
"""


@pytest.mark.processes
@pytest.mark.usefixtures("var")
def test_a_worker_killed_again_and_again_takes_each_mail_once(
    committed_db: Database, server: Dovecot, var: Path
) -> None:
    ensure_policy()
    source = sources.save(actor=SYSTEM, source=None, values=settings_of(server), secret=SECRET)
    there = put(server, [raw(subject=f"Nr {number}") for number in range(40)])
    env = {**os.environ, "HEMDSR_VAR": str(var), "DJANGO_SETTINGS_MODULE": "hemdsr.settings", "PYTHONPATH": str(ROOT)}
    env |= {"DATABASE_URL": committed_db.url} if committed_db.url else {}
    for _round in range(4):
        before = IncomingMail.objects.filter(marked_at__isnull=False).count()
        MailSource.objects.update(lease_until=None, not_before=timezone.now())
        connection.close()
        worker = subprocess.Popen(
            [sys.executable, "-c", SLOW_READER, str(source.pk)], cwd=ROOT, env=env, stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        wait_for(worker.stdout.readline, "the worker takes a mail")
        worker.send_signal(signal.SIGKILL)
        worker.wait(20)
        worker.stdout.close()
        assert IncomingMail.objects.filter(marked_at__isnull=False).count() >= before
    MailSource.objects.update(lease_until=None, not_before=timezone.now())
    reading.run(source.pk)
    assert held() == there
    assert IncomingMail.objects.count() == HeldFile.objects.count() == 40
    assert sorted(IncomingMail.objects.values_list("uid", flat=True)) == list(range(1, 41))
    assert all(b"$Hemdsr" in flags for flags in server.flags(FOLDER).values())
    assert not IncomingMail.objects.filter(marked_at__isnull=True).exists()
    assert verify().ok
