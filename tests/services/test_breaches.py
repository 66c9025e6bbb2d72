"""Sent to the wrong person: access goes at once, 72 hours run, legal judges."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.rights import ContactBasis, Way
from requests_app.models import Breach, Case, Delivery, Event, EventPayload, Notice, OutgoingMail, StoredFile, User
from requests_app.services import breaches, delivery, encrypted_pdf, mail_sending, sending
from requests_app.services.audit import verify
from requests_app.services.case_facts import facts_of
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from requests_app.services.next_step import next_step
from requests_app.services.reports.cohort import Cohort
from requests_app.services.reports.facts import ANSWERED, OPEN
from requests_app.services.reports.period import Period, Query
from tests.services.sending_world import HOME, as_, held_email, ready, sent

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.django_db
WHAT = "Kuvertet till Anna öppnades av grannen."


def note(world: World, lead: Delivery, noticed_at: datetime | None = None) -> Breach:
    at = noticed_at or timezone.now()
    return breaches.note(actor=as_(world.karin), delivery=lead, noticed_at=at, what=WHAT)


def posted_long_ago(world: World, at: datetime) -> Delivery:
    lead = sent(world, ready(world), Way.POST, **HOME)
    Delivery.objects.filter(case=lead.case).update(dispatched_at=at)
    lead.refresh_from_db()
    return lead


def test_the_person_can_no_longer_fetch_it_from_that_moment(world: World) -> None:
    case = ready(world, login="anna")
    lead = sent(world, case, Way.PORTAL)
    refs = [item.file.ref for item in delivery.released_to(case)]
    assert len(refs) == 3
    note(world, lead)
    assert delivery.released_to(case) == []
    for ref in refs:
        with pytest.raises(StoredFile.DoesNotExist):
            delivery.fetch(case=case, file_ref=ref)
    assert set(Delivery.objects.filter(case=case).values_list("revoked_by", flat=True)) == {world.karin.pk}


def test_nothing_else_is_taken_back(world: World) -> None:
    case = ready(world, "access", "rectification", login="anna")
    lead = sent(world, case, Way.PORTAL)
    delivery.dispatch_notice(actor=as_(world.karin), case=case, kind="receipt", way=Way.PORTAL)
    note(world, lead)
    kept = [item.file.kind for item in delivery.released_to(case)]
    assert kept == ["receipt"]
    delivery.fetch(case=case, file_ref=delivery.released_to(case)[0].file.ref)[0].close()
    assert case.state == "dispatching"


def test_a_receipt_to_the_wrong_person_is_gone_too(world: World) -> None:
    case = ready(world, login="anna")
    delivery.dispatch_notice(actor=as_(world.karin), case=case, kind="receipt", way=Way.PORTAL)
    receipt = delivery.receipt_of(case)
    assert receipt is not None
    note(world, sending.sendings_of(case)[0].lead)
    with pytest.raises(StoredFile.DoesNotExist):
        delivery.fetch(case=case, file_ref=receipt.ref)


def test_it_can_be_sent_again_to_the_right_person(world: World) -> None:
    case = ready(world, login="anna")
    lead = sent(world, case, Way.PORTAL)
    note(world, lead)
    delivery.send_again(actor=as_(world.karin), delivery=lead, way=Way.PORTAL)
    assert len(delivery.released_to(case)) == 3
    delivery.fetch(case=case, file_ref=delivery.released_to(case)[0].file.ref)[0].close()
    old = Delivery.objects.get(pk=lead.pk)
    assert (old.fetched_at, old.revoked_at is None) == (None, False)


def test_a_mail_that_has_not_left_stays_and_its_password_is_gone(world: World) -> None:
    case = ready(world)
    lead = sent(world, case, Way.EMAIL, address=held_email(case))
    note(world, lead)
    mail = OutgoingMail.objects.get(case=case, kind="answer")
    mail_sending.run(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.fault) == ("failed", "revoked")
    with pytest.raises(Conflict):
        encrypted_pdf.show(actor=as_(world.karin), delivery=lead)
    with pytest.raises(Conflict):
        encrypted_pdf.given(actor=as_(world.karin), delivery=lead, way="phone", basis=ContactBasis.HELD)


@pytest.mark.parametrize(
    ("noticed", "report_by"),
    [
        # the clock is put forward in the night to 29 March 2026: one hour of the day is missing
        (datetime(2026, 3, 28, 12, tzinfo=STOCKHOLM), datetime(2026, 3, 31, 13, tzinfo=STOCKHOLM)),
        # and back in the night to 26 October 2025: one hour comes twice
        (datetime(2025, 10, 25, 12, tzinfo=STOCKHOLM), datetime(2025, 10, 28, 11, tzinfo=STOCKHOLM)),
        (datetime(2026, 2, 10, 12, tzinfo=STOCKHOLM), datetime(2026, 2, 13, 12, tzinfo=STOCKHOLM)),
    ],
)
def test_the_time_to_report_is_72_hours_whatever_the_clocks_do(
    world: World, noticed: datetime, report_by: datetime
) -> None:
    lead = posted_long_ago(world, noticed - timedelta(days=1))
    made = note(world, lead, noticed)
    made.refresh_from_db()
    assert made.report_by == report_by
    assert made.report_by.astimezone(UTC) - made.noticed_at.astimezone(UTC) == timedelta(hours=72)
    assert breaches.left(made, now=made.report_by - timedelta(minutes=59)).hours == 0
    assert breaches.left(made, now=made.report_by + timedelta(seconds=1)).late


def test_it_is_noticed_neither_in_the_future_nor_before_it_was_sent(world: World) -> None:
    lead = sent(world, ready(world), Way.POST, **HOME)
    for wrong in (timezone.now() + timedelta(minutes=5), lead.dispatched_at - timedelta(minutes=5)):
        with pytest.raises(ValidationError) as raised:
            note(world, lead, wrong)
        assert list(raised.value.error_dict) == ["noticed_on"]
    with pytest.raises(ValidationError):
        breaches.note(actor=as_(world.karin), delivery=lead, noticed_at=timezone.now(), what="  ")
    lead.refresh_from_db()
    assert lead.revoked_at is None


def test_it_is_noted_once(world: World) -> None:
    lead = sent(world, ready(world), Way.POST, **HOME)
    note(world, lead)
    with pytest.raises(Conflict):
        note(world, lead)
    assert Breach.objects.count() == 1


def test_legal_is_told_at_once_with_the_number_alone(world: World) -> None:
    made = note(world, sent(world, ready(world), Way.POST, **HOME))
    told = Notice.objects.get(kind="breach")
    assert (told.user, told.diary_no) == (world.lena, made.case.diary_no)
    assert told.params == {"report_by": made.report_by.isoformat()}
    assert told.mail is not None


def test_what_happened_and_the_reasons_stand_sealed(world: World) -> None:
    made = note(world, sent(world, ready(world), Way.POST, **HOME))
    breaches.judge(
        actor=as_(world.lena), breach=made, verdict="not_reported", reasons="Ingen såg innehållet.", person_told=True
    )
    made.refresh_from_db()
    vault = Vault(made.case)
    assert (breaches.what_of(vault, made), breaches.reasons_of(vault, made)) == (WHAT, "Ingen såg innehållet.")
    plain = repr(list(EventPayload.objects.values_list("open", flat=True)))
    assert "grannen" not in plain and "innehållet" not in plain
    assert b"grannen" not in bytes(made.what_enc)
    assert list(Event.objects.filter(kind__startswith="breach.").values_list("kind", flat=True)) == [
        "breach.noted",
        "breach.judged",
    ]
    assert verify().ok


def test_legal_judges_once_and_with_reasons(world: World) -> None:
    made = note(world, sent(world, ready(world), Way.POST, **HOME))
    with pytest.raises(ValidationError) as raised:
        breaches.judge(actor=as_(world.lena), breach=made, verdict="", reasons=" ", person_told=None)
    assert set(raised.value.error_dict) == {"verdict", "person_told", "reasons"}
    breaches.judge(actor=as_(world.lena), breach=made, verdict="reported", reasons="Kontonummer.", person_told=False)
    with pytest.raises(Conflict):
        breaches.judge(actor=as_(world.lena), breach=made, verdict="not_reported", reasons="Nej.", person_told=True)
    made.refresh_from_db()
    assert (made.verdict, made.person_told, made.verdict_by) == ("reported", False, world.lena)


def test_only_legal_that_oversees_the_team_sees_and_judges(world: World) -> None:
    made = note(world, sent(world, ready(world), Way.POST, **HOME))
    for who in (world.karin, world.anders, world.sven, world.ada, world.root):
        assert not breaches.seen_by(who).exists()
        with pytest.raises(Breach.DoesNotExist):
            breaches.judge(actor=as_(who), breach=made, verdict="reported", reasons="Ja.", person_told=True)
    assert list(breaches.seen_by(world.lena)) == [made]


def test_a_protected_case_is_judged_too(world: World) -> None:
    case: Case = ready(world)
    lead = sent(world, case, Way.POST, **HOME)
    type(case).objects.filter(pk=case.pk).update(protected=True)
    made = note(world, lead)
    assert list(breaches.seen_by(User.objects.get(pk=world.lena.pk))) == [made]


def standing(world: World) -> str:
    today = timezone.localdate()
    year = Period(today.replace(month=1, day=1), today.replace(month=12, day=31))
    (item,) = Cohort(world.lena, Query(period=year)).items
    return item.standing


def test_a_closed_case_waits_for_its_answer_to_be_sent_to_the_right_person(world: World) -> None:
    lead = sent(world, ready(world), Way.POST, **HOME)
    case = lead.case
    assert not Case.objects.filter(sending.unsettled()).exists()
    note(world, lead)
    step = next_step(case, facts_of(case))
    assert (case.state, step.code, step.urgent, step.anchor) == ("closed", "came_back", True, "sent")
    assert Case.objects.filter(sending.unsettled()).get() == case
    assert standing(world) == OPEN
    delivery.send_again(actor=as_(world.karin), delivery=lead, way=Way.VISIT, id_checked="Körkort")
    assert next_step(case, facts_of(case)).code == "closed"
    assert not Case.objects.filter(sending.unsettled()).exists()
    assert standing(world) == ANSWERED


def test_the_time_of_an_answer_is_that_of_the_sending_that_reached_the_person(world: World) -> None:
    """In time to the wrong person, late to the right one: late (Art. 12(3)); and again to a wrong one changes nothing before that."""
    received = timezone.localdate() - timedelta(days=60)
    lead = sent(world, ready(world, received_on=received), Way.POST, **HOME)
    early = timezone.make_aware(datetime.combine(received + timedelta(days=10), time(12)))
    Delivery.objects.filter(case=lead.case).update(dispatched_at=early)
    lead.case.rights.update(dispatched_at=early)
    Case.objects.filter(pk=lead.case_id).update(dispatched_at=early)
    lead.refresh_from_db()
    query = Query(period=Period(received, timezone.localdate()))

    def judged() -> tuple[str, int | None, bool | None]:
        (item,) = Cohort(world.lena, query).items
        return item.standing, item.days, item.in_time

    assert judged() == (ANSWERED, 10, True)
    note(world, lead)
    assert judged() == (OPEN, None, False)
    delivery.send_again(actor=as_(world.karin), delivery=lead, way=Way.VISIT, id_checked="Körkort")
    assert judged() == (ANSWERED, 60, False)


def test_a_mailed_answer_to_the_wrong_person_waits_until_it_is_sent_again(world: World) -> None:
    case = ready(world)
    lead = sent(world, case, Way.EMAIL, address=held_email(case), basis=ContactBasis.HELD)
    note(world, lead)
    assert next_step(case, facts_of(case)).code == "came_back"
    delivery.send_again(actor=as_(world.karin), delivery=lead, way=Way.POST, **HOME)
    assert next_step(case, facts_of(case)).code == "closed"
