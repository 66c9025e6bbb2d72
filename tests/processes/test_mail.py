"""A worker killed in the middle of a mail, a broker that forgets, a mail server that is away: each mail arrives, under one Message-ID."""

from __future__ import annotations

import email
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller

from requests_app.models import Case, OutgoingMail, User
from requests_app.services import files, mail, notices
from requests_app.services.audit import SYSTEM, unit, verify
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import lock
from tests.support.processes import free_port
from tests.support.waiting import wait_for
from tests.world import World, make_world, open_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosmtpd.smtp import SMTP, Envelope, Session

    from tests.support.stack import Stack

ADDRESS = "asa.oberg@example.se"
SECRETS = (ADDRESS, "asa.oberg", "Öberg", "19900118", "98110")
WITHIN = 60.0


class Mailbox:
    """A mail server on loopback: keeps what it took, puts off or refuses as it is told, and can be slow to answer."""

    def __init__(self) -> None:
        self.taken: list[email.message.Message] = []
        self.returns_to: list[str] = []
        self.answers: list[str] = []
        """What the next mails are answered instead of being taken."""
        self.slow = threading.Event()
        """While it is set, a mail is taken but its sender waits for the answer."""
        self.waiting = threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called with each mail."""
        import asyncio

        if self.answers:
            return self.answers.pop(0)
        self.taken.append(email.message_from_bytes(bytes(envelope.content or b"")))
        self.returns_to.append(str(envelope.mail_from))
        while self.slow.is_set():
            self.waiting.set()
            await asyncio.sleep(0.02)
        return "250 2.0.0 taken"

    def ids(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(message["Message-ID"]) for message in list(self.taken))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


class Post:
    """The mail server's port, where it listens or does not."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.port = free_port()
        self._mailbox = mailbox
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen."""
        self._controller = Controller(self._mailbox, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Listen no more."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[Post]:
    """The server, listening."""
    post = Post(mailbox)
    post.start()
    yield post
    mailbox.slow.clear()
    post.stop()


@pytest.fixture
def installation(stack: Stack, smtp: Post) -> Stack:
    """An installation that sends to it."""
    stack.env |= {
        "HEMDSR_EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
        "HEMDSR_EMAIL_FROM": "HEM <dsr@hem.example>",
        "HEMDSR_EMAIL_BOUNCES_TO": "bounce@hem.example",
    }
    return stack


@pytest.fixture
def world(installation: Stack) -> World:
    return make_world()


def queue_some(world: World) -> Case:
    """Mail to each of the staff, and an answer to a person."""
    case = open_case(world, name="Åsa Öberg", email=ADDRESS, personnummer="19900118-9811")
    everyone = list(User.objects.filter(is_active=True))
    with unit(SYSTEM) as work:
        for subject in ("a", "b"):
            notices.tell(work, "assigned", subject=subject, users=everyone, case=case)
    sealed = files.store(case, Vault(case), purpose=DOSSIER, kind="envelope", name="svar.pdf", data=b"%PDF-1.7 locked")
    with unit(SYSTEM) as work:
        mail.queue_to_person(
            work,
            case=lock(case),
            kind=mail.ANSWER,
            to=ADDRESS,
            language="sv",
            attachment=sealed,
            idem_key="answer",
        )
    assert OutgoingMail.objects.count() >= 13
    return case


def wait_until_sent() -> None:
    """Within a minute; a failure shows what is left."""
    unsent = OutgoingMail.objects.exclude(state="sent")
    try:
        wait_for(lambda: not unsent.exists(), "every mail sent", seconds=WITHIN, every=0.2)
    except AssertionError as error:
        left = unsent.values_list("kind", "state", "fault", "attempts", "lease_until", "queued_at")
        raise AssertionError("\n".join(map(str, [error, *left]))) from None


def check(installation: Stack, mailbox: Mailbox) -> None:
    """Each mail at least once, none under a second Message-ID, nothing of the person in any log or mail's text."""
    rows = {row.message_id: row for row in OutgoingMail.objects.select_related("user")}
    assert set(mailbox.ids()) == set(rows)
    for message in mailbox.taken:
        row = rows[str(message["Message-ID"])]
        assert message["X-Hemdsr-Ref"] == row.ref
        assert message["To"] == (row.user.email if row.user else ADDRESS)
    assert set(mailbox.returns_to) == {"bounce@hem.example"}
    written = "".join(process.output for process in installation.processes)
    assert not [secret for secret in SECRETS if secret in written]
    assert verify().ok


@pytest.mark.parametrize("fault", ["wipe", "both"])
def test_every_mail_arrives_whatever_dies(installation: Stack, world: World, mailbox: Mailbox, fault: str) -> None:
    installation.start_beat()
    worker = installation.start_worker(queues="default", concurrency=2)
    mailbox.slow.set()
    queue_some(world)
    assert mailbox.waiting.wait(30)  # a mail is taken, and its sender does not know yet
    if fault == "both":
        worker.kill()
    installation.wipe_broker()
    mailbox.slow.clear()
    if fault == "both":
        installation.start_worker(queues="default", concurrency=2)
    wait_until_sent()
    check(installation, mailbox)
    twice = [count for count in mailbox.ids().values() if count > 1]
    assert bool(twice) == (fault == "both")  # only what a killed worker had in hand came again


def test_mail_waits_for_a_server_that_is_away_or_puts_it_off(
    installation: Stack, world: World, mailbox: Mailbox, smtp: Post
) -> None:
    queue_some(world)
    smtp.stop()
    installation.start_beat()
    installation.start_worker(queues="default", concurrency=2)
    wait_for(lambda: OutgoingMail.objects.filter(fault="connection").exists(), "a mail was put off", seconds=30)
    mailbox.answers = ["451 4.7.1 <asa.oberg@example.se> later"] * 3
    smtp.start()
    wait_until_sent()
    check(installation, mailbox)


def test_a_refused_answer_comes_back_to_the_handler_as_mail(
    installation: Stack, world: World, mailbox: Mailbox, smtp: Post
) -> None:
    case = open_case(world, name="Åsa Öberg", email=ADDRESS, by=world.karin)
    Case.objects.filter(pk=case.pk).update(handler=world.karin)
    mailbox.answers = ["550 5.1.1 <asa.oberg@example.se> unknown"]
    with unit(SYSTEM) as work:
        row = mail.queue_to_person(
            work, case=lock(case), kind=mail.LETTER, to=ADDRESS, language="sv", idem_key="letter"
        )
    installation.start_worker(queues="default", concurrency=1)
    installation.start_beat()
    wait_for(lambda: mailbox.taken, "the handler is told", seconds=30)
    row.refresh_from_db()
    assert (row.state, row.fault) == ("failed", "550 5.1.1")
    (told,) = mailbox.taken
    assert told["To"] == world.karin.email
    assert case.diary_no in str(told["Subject"])
    assert ADDRESS not in "".join(process.output for process in installation.processes)
