"""What a mail is recognised as: a machine dismisses only what is unmistakable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from requests_app.models import Bounce, IncomingMail, MailSource, OutgoingMail
from requests_app.services import mail as outgoing
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.mailbox import taking
from requests_app.services.mailbox.imap import Fetched
from requests_app.services.moves import lock
from tests.services.mailbox.mails import raw
from tests.services.test_bounces import report
from tests.world import World, open_case

if TYPE_CHECKING:
    from requests_app.models import Case

NEWS = "Tack för ditt mejl. Jag är på semester till måndag."


@pytest.fixture
def source(world: World) -> MailSource:
    """A mailbox that nobody reads: mails are handed over here."""
    return MailSource.objects.create(key="info", name="Info", host="127.0.0.1", user="info", folder="Dataskydd")


@pytest.fixture
def sent(world: World) -> OutgoingMail:
    """A mail of ours to a person."""
    case = open_case(world)
    with unit(SYSTEM) as work:
        row = outgoing.queue_to_person(
            work, case=lock(case), kind="letter", to="anna@example.se", language="sv", idem_key="k"
        )
    OutgoingMail.objects.filter(pk=row.pk).update(state="sent")
    return row


def taken(source: MailSource, content: bytes) -> IncomingMail:
    uid = IncomingMail.objects.count() + 1
    fetched = Fetched(uid, content, len(content), timezone.now(), False)
    return taking.take(source, 1, fetched, lambda uid: None)


def test_a_report_on_a_mail_of_ours_is_taken_in_and_put_aside(source: MailSource, sent: OutgoingMail) -> None:
    row = taken(source, report(sent))
    assert (row.state, row.reason, row.by) == ("dismissed", "bounce", None)
    sent.refresh_from_db()
    assert sent.state == "bounced"
    assert Bounce.objects.get().mail == sent


def test_a_report_on_somebody_elses_mail_is_a_proposal_that_says_so(source: MailSource, sent: OutgoingMail) -> None:
    text = report(sent).replace(sent.message_id.encode(), b"<x@other.example>").replace(sent.ref.encode(), b"")
    row = taken(source, text)
    assert (row.state, row.seems) == ("proposed", "bounce")


def test_a_person_who_forwards_a_report_of_ours_is_not_put_aside(source: MailSource, sent: OutgoingMail) -> None:
    from tests.services.mailbox.mails import mail

    made = mail("Jag fick detta. Vad vet ni om mig?")
    made.add_attachment(report(sent), maintype="message", subtype="rfc822")
    row = taken(source, made.as_bytes())
    assert row.state == "proposed"
    assert not Bounce.objects.exists()


@pytest.mark.parametrize(
    ("headers", "text", "state", "seems"),
    [
        ({"Auto_Submitted": "auto-replied"}, NEWS, "proposed", "automatic"),
        ({"Auto_Submitted": "auto-generated; x=y"}, NEWS, "proposed", "automatic"),
        ({"Auto_Submitted": "auto-generated"}, "Scan från Entréskrivaren. Se bifogad fil.", "proposed", "automatic"),
        ({"Auto_Submitted": "auto-generated"}, "Formulär: jag vill ha ett registerutdrag.", "proposed", "automatic"),
        ({"Auto_Submitted": "no"}, NEWS, "proposed", ""),
        ({"Precedence": "bulk"}, NEWS, "proposed", "automatic"),
        ({"X_Auto_Response_Suppress": "All"}, NEWS, "proposed", "automatic"),
        ({"Return_Path": "<>"}, NEWS, "proposed", "automatic"),
        ({"Return_Path": "<>", "sender": "MAILER-DAEMON@mx.example.se"}, NEWS, "proposed", "bounce"),
        ({"sender": "hemdsr@localhost"}, NEWS, "proposed", "automatic"),
        ({}, NEWS, "proposed", ""),
    ],
)
def test_automatic_mail_is_a_proposal_that_says_so_for_anybody_may_write_through_a_program(
    source: MailSource, headers: dict[str, Any], text: str, state: str, seems: str
) -> None:
    row = taken(source, raw(text, **headers))
    assert (row.state, row.seems) == (state, seems)
    assert row.raw is not None
    assert (row.raw.expires_at is None) == (state == "proposed")


@pytest.mark.parametrize(("text", "state"), [(NEWS, "dismissed"), ("Jag vill ha ett registerutdrag.", "proposed")])
def test_an_automatic_reply_to_a_mail_of_ours_is_put_aside_unless_it_asks_for_something(
    source: MailSource, sent: OutgoingMail, text: str, state: str
) -> None:
    row = taken(source, raw(text, Auto_Submitted="auto-replied", In_Reply_To=sent.message_id))
    assert (row.state, row.seems) == (state, "automatic")


def test_our_own_mail_that_comes_round_is_put_aside(source: MailSource, sent: OutgoingMail) -> None:
    row = taken(
        source, raw("Din begäran om registerutdrag", message_id=sent.message_id, Auto_Submitted="auto-generated")
    )
    assert (row.state, row.reason) == ("dismissed", "automatic")


def test_an_answer_to_a_mail_of_ours_suggests_its_case(source: MailSource, sent: OutgoingMail) -> None:
    row = taken(source, raw("Här kommer det.", References=f"<a@b.example> {sent.message_id}"))
    assert row.suggested == sent.case
    assert row.guess["thread"] == "references"
    assert row.state == "proposed"


@pytest.mark.parametrize("place", ["subject", "text"])
def test_a_diary_number_suggests_its_case(source: MailSource, world: World, place: str) -> None:
    case: Case = open_case(world)
    said = f"Angående {case.diary_no.lower()}"
    row = taken(source, raw("Hej", subject=said) if place == "subject" else raw(said))
    assert (row.suggested, row.guess["thread"]) == (case, place)


def test_two_diary_numbers_or_an_unknown_one_suggest_nothing(source: MailSource, world: World) -> None:
    one, two = open_case(world), open_case(world)
    assert taken(source, raw(f"{one.diary_no} och {two.diary_no}")).suggested is None
    assert taken(source, raw("DSR-2019-9999")).suggested is None
