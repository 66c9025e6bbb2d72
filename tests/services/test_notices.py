"""Who is told what, once: at once or in the morning's digest, in one's own language, and never anything about the person."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail as django_mail
from django.utils import timezone, translation

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.models import Approval, Case, Collection, Event, Notice, OutgoingMail, Referral, Render, User
from requests_app.services import (
    access,
    audience,
    cases,
    clock,
    collection,
    decisions,
    escalation,
    mail_sending,
    mail_subjects,
    mail_words,
    notices,
    rendering,
    staff,
)
from requests_app.services.audit import PERSON, SYSTEM, Actor, unit
from requests_app.services.keys import GATHERED, Vault
from tests.world import World, gathered, identified, open_case

pytestmark = pytest.mark.django_db
SECRETS = ("Åsa", "Öberg", "asa.oberg", "19900118", "070-174")
NAMES = re.compile(r"%\(\w+\)s")


def forget() -> None:
    """What was told up to here is of no interest."""
    Notice.objects.all().delete()
    OutgoingMail.objects.all().delete()


def of(user: User) -> list[str]:
    return list(user.notices.order_by("pk").values_list("kind", flat=True))


def told(world: World) -> dict[str, list[str]]:
    """First name -> kinds told, of those who were told anything."""
    return {name: found for name, user in world.everyone().items() if (found := of(user))}


def send_all() -> list[str]:
    """Send what is queued; gives ``subject + body`` of each mail."""
    for pk in OutgoingMail.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True):
        mail_sending.run(pk)
    sent = [f"{message.subject}\n{message.body}" for message in django_mail.outbox]
    django_mail.outbox.clear()
    return sent


def case_of(world: World, *, handler: User | None = None, **more: Any) -> Case:
    case = open_case(world, **{"name": "Åsa Öberg", "email": "asa.oberg@example.se", **more})
    Case.objects.filter(pk=case.pk).update(handler=handler)
    forget()
    case.refresh_from_db()
    return case


def tell(kind: str, users: list[User], subject: str = "s", case: Case | None = None, **params: Any) -> int:
    with unit(SYSTEM) as work:
        return notices.tell(work, kind, subject=subject, users=users, case=case, **params)


PARAMS: dict[str, Any] = {
    "day": "2026-12-24",
    "mailbox": "info",
    "n": 2,
    "due_on": "2026-12-01",
    "asked_on": "2026-11-20",
    "report_by": "2026-11-23T10:00:00+00:00",
    "verdict": "approved",
    "what": "withdrawal",
    "system": "fakturering",
    "document": "extract",
    "mail": "answer",
    "signature": "Test.Eicar",
}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_kind_has_a_sentence_a_subject_and_a_place_to_go(world: World, language: str) -> None:
    assert set(notices.KINDS) == set(mail_words.SENTENCES) == set(mail_subjects.SUBJECTS)
    case = case_of(world)
    User.objects.filter(pk=world.karin.pk).update(language=language)
    world.karin.refresh_from_db()
    for kind in notices.KINDS:
        tell(kind, [world.karin], case=case, user=world.anders.pk, **PARAMS)
    for sent in send_all():
        assert not NAMES.search(sent), sent
        assert "http://127.0.0.1:8000/admin/" in sent
        assert not any(secret in sent for secret in SECRETS)
    assert OutgoingMail.objects.filter(state="sent").count() == len(notices.KINDS)
    with translation.override(language):
        sentences = [mail_words.sentence(notice) for notice in Notice.objects.all()]
    assert len(set(sentences)) == len(notices.KINDS)


@pytest.mark.parametrize(
    ("kind", "params", "said"),
    [
        ("marketing_waiting", {}, "Carry out a choice about marketing"),
        ("marketing_failed", {"system": "fakturering"}, "Stop marketing by hand: a system could not be told"),
        ("mail_waiting", {"asked_on": "2026-11-20"}, "Look at a mail that has waited"),
        ("mailbox_failing", {"mailbox": "info"}, "About a system: a mailbox cannot be read"),
        ("person_replied", {"what": "message"}, "DSR-1: the person has written"),
        ("person_replied", {"what": "withdrawal"}, "DSR-1: the person takes back the request or a part of it"),
    ],
)
def test_the_subject_says_what_has_happened_or_is_to_be_done(kind: str, params: dict[str, Any], said: str) -> None:
    notice = Notice(kind=kind, params=params, diary_no="DSR-1" if kind == "person_replied" else "")
    with translation.override("en"):
        assert mail_subjects.subject_of(notice) == said


def test_word_of_new_mail_says_how_many_in_its_subject(world: World) -> None:
    tell("new_mail", [world.karin], n=9)
    (sent,) = send_all()
    assert sent.startswith("9 ")


def test_it_tells_once_however_often_it_is_asked(world: World) -> None:
    case = case_of(world)
    assert tell("new_case", [world.karin, world.karin], case=case) == 1
    assert tell("new_case", [world.karin], case=case) == 0
    assert OutgoingMail.objects.count() == 1


def test_it_tells_neither_who_did_it_nor_who_has_left(world: World) -> None:
    case = case_of(world)
    User.objects.filter(pk=world.anders.pk).update(is_active=False)
    world.anders.refresh_from_db()
    with unit(Actor.staff(world.karin)) as work:
        notices.tell(work, "assigned", subject="s", users=[world.karin, world.anders, world.lena], case=case)
    assert told(world) == {"lena": ["assigned"]}


def test_what_was_rolled_back_is_not_told(world: World) -> None:
    case = case_of(world)
    with pytest.raises(ZeroDivisionError), unit(SYSTEM) as work:
        notices.tell(work, "new_case", subject="s", users=[world.karin], case=case)
        raise ZeroDivisionError
    assert not Notice.objects.exists()
    assert not OutgoingMail.objects.exists()


# who is meant


def test_a_new_case_is_told_to_the_team_and_to_nobody_else(world: World) -> None:
    open_case(world, by=world.sven)
    assert told(world) == {"karin": ["new_case"]}


def test_who_registers_a_case_is_not_told_of_it(world: World) -> None:
    open_case(world, by=world.karin)
    assert told(world) == {}


def test_a_new_protected_case_is_told_to_legal_when_nobody_sees_it(world: World) -> None:
    case = open_case(world, protected=True)
    assert told(world) == {"lena": ["new_case"]}
    access.grant(actor=SYSTEM, case=case, user=world.anders)
    assert audience.handlers(case) == [world.anders]


def test_a_handed_over_case_is_told_to_its_new_handler(world: World) -> None:
    case = case_of(world)
    access.grant(actor=SYSTEM, case=case, user=world.anders)
    forget()
    cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.anders)
    assert told(world) == {"anders": ["assigned"]}
    forget()
    cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.karin)
    assert told(world) == {}


def test_access_to_one_case_is_told_to_legal_of_its_team(world: World) -> None:
    hr_only = User.objects.create_user("per@example.se", name="Per")
    staff.set_access(actor=SYSTEM, user=hr_only, roles=["legal"], works=[], oversees=[world.hr])
    case = case_of(world)
    access.grant(actor=Actor.staff(world.karin), case=case, user=world.anders)
    access.grant(actor=Actor.staff(world.karin), case=case, user=world.anders)
    assert told(world) == {"lena": ["access_granted"]}
    assert of(hr_only) == []
    (sent,) = send_all()
    assert "Anders" in sent


def test_a_case_that_was_answered_and_reopened_is_not_told_as_overdue(world: World) -> None:
    case = case_of(world, handler=world.karin)
    late = timezone.localdate() - timedelta(days=2)
    answered = timezone.now() - timedelta(days=20)
    Case.objects.filter(pk=case.pk).update(
        received_on=late - timedelta(days=31), due_statutory_on=late, dispatched_at=answered
    )
    clock.tick()
    assert told(world) == {}
    assert [item.case for item in clock.overdue()] == [case]  # it stays where open cases are counted


def test_overdue_is_told_to_the_handler_and_to_legal_of_that_team_only(world: World) -> None:
    hr_only = User.objects.create_user("per@example.se", name="Per")
    staff.set_access(actor=SYSTEM, user=hr_only, roles=["legal"], works=[], oversees=[world.hr])
    case = case_of(world, handler=world.karin)
    late = timezone.localdate() - timedelta(days=2)
    Case.objects.filter(pk=case.pk).update(received_on=late - timedelta(days=31), due_statutory_on=late)
    for _ in range(3):
        clock.tick()
    assert told(world) == {"karin": ["overdue"], "lena": ["overdue"]}
    assert of(hr_only) == []
    assert Event.objects.filter(kind="clock.overdue_told").count() == 1
    sent = send_all()
    assert len(sent) == 2
    assert sum(f"/admin/requests_app/case/{case.ref}/" in text for text in sent) == 1
    assert sum("/admin/forsenade/" in text for text in sent) == 1  # legal sees dates, not the case


def test_due_soon_is_told_at_each_step_with_the_day(world: World) -> None:
    case = case_of(world, handler=world.karin)
    today = timezone.localdate()
    for left in (20, 14, 13, 7, 2, 1, 0):
        Case.objects.filter(pk=case.pk).update(due_statutory_on=today + timedelta(days=left))
        clock.tell_due_soon()
        clock.tell_due_soon()
    assert of(world.karin) == ["due_soon"] * 6
    assert "14 dagar kvar" in send_all()[0]


def test_a_missed_run_reminds_once_not_for_each_step_it_missed(world: World) -> None:
    case = case_of(world, handler=world.karin)
    Case.objects.filter(pk=case.pk).update(due_statutory_on=timezone.localdate() + timedelta(days=2))
    clock.tell_due_soon()
    assert of(world.karin) == ["due_soon"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.NOT_FOUND, {"karin": ["system_failed"]}),
        (Fault.AUTH_REFUSED, {"karin": ["system_failed"], "ada": ["credentials_refused"]}),
        (Fault.SECRET_MISSING, {"karin": ["system_failed"], "ada": ["credentials_refused"]}),
    ],
)
def test_a_system_that_failed_for_good_is_told_and_a_refused_login_to_administrators_too(
    world: World, fault: Fault, expected: dict[str, list[str]]
) -> None:
    case = identified(world, case_of(world, handler=world.karin))
    forget()
    Collection.objects.filter(case=case).update(state="pending")
    for row in Collection.objects.filter(case=case).order_by("pk"):
        held = collection.claim(row.pk)
        assert held is not None
        collection._fail(held, ConnectorError(fault))
    per_case = expected.pop("karin")
    found = told(world)
    assert found.pop("karin") == per_case * 2
    assert found == ({"ada": ["credentials_refused"] * 2} if expected else {})
    for sent in send_all():
        assert ("Fakturering" in sent) != ("Arkivet" in sent)


def test_a_fault_that_may_pass_is_told_to_nobody(world: World) -> None:
    case = identified(world, case_of(world, handler=world.karin))
    Collection.objects.filter(case=case).update(state="pending")
    forget()
    held = collection.claim(Collection.objects.filter(case=case).order_by("pk")[0].pk)
    assert held is not None
    collection._fail(held, ConnectorError(Fault.TIMEOUT))
    assert told(world) == {}


def test_a_document_that_cannot_be_made_is_told_to_the_handler(world: World, monkeypatch: Any) -> None:
    case = case_of(world, handler=world.karin)
    row = Render.objects.get(case=case, kind="receipt")
    Render.objects.filter(pk=row.pk).update(attempts=rendering.MAX_ATTEMPTS - 1)
    monkeypatch.setattr(rendering, "_make", lambda row: 1 / 0)
    rendering.run(row.pk)
    assert told(world) == {"karin": ["document_failed"]}
    (sent,) = send_all()
    assert "bekräftelse" in sent.lower()


def test_a_withdrawal_in_the_portal_is_told_to_the_handler(world: World) -> None:
    case = case_of(world, handler=world.karin)
    cases.withdraw(actor=PERSON, case=case)
    assert told(world) == {"karin": ["person_replied"]}


def test_an_answered_completion_is_told_to_the_handler_when_somebody_else_noted_it(world: World) -> None:
    case = case_of(world, handler=world.karin)
    cases.ask_completion(actor=Actor.staff(world.karin), case=case, doubt="Okänt nummer", needed="Ring oss")
    access.grant(actor=SYSTEM, case=case, user=world.anders)
    forget()
    cases.answer_completion(actor=Actor.staff(world.anders), case=case, answered_on=timezone.localdate())
    assert told(world) == {"karin": ["person_replied"]}


# four eyes


def second_legal(world: World, name: str = "Per") -> User:
    user = User.objects.create_user(f"{name.lower()}@example.se", name=name)
    staff.set_access(actor=SYSTEM, user=user, roles=["legal"], works=[], oversees=[world.kund])
    return user


def refused(world: World, by: User | None = None) -> tuple[Case, Approval]:
    """A case whose refusal waits for approval."""
    case = identified(world, case_of(world, rights=["rectification"], handler=world.karin))
    forget()
    decisions.decide(
        actor=Actor.staff(by or world.karin),
        case=case,
        right="rectification",
        outcome="refused",
        ground="12_5_excessive",
        reasons="Sjunde gången.",
    )
    case.refresh_from_db()
    return case, Approval.objects.get()


def team(world: World, approver: User | None = None, substitute: User | None = None) -> None:
    type(world.kund).objects.filter(pk=world.kund.pk).update(approver=approver, substitute=substitute)


def test_everybody_of_legal_is_asked_while_the_team_names_nobody(world: World) -> None:
    per = second_legal(world)
    case, approval = refused(world)
    assert told(world) == {"lena": ["approval_waiting"]}
    assert of(per) == ["approval_waiting"]
    assert all("/admin/godkannanden/" in sent for sent in send_all())
    decisions.answer_approval(actor=Actor.staff(per), approval=approval, approved=False, note="Skriv tydligare.")
    assert of(world.karin) == ["approval_answered"]
    (sent,) = send_all()
    assert "Skriv tydligare" not in sent
    assert case.diary_no in sent


def test_the_named_approver_is_asked_alone_and_the_substitute_when_the_approver_asks(world: World) -> None:
    per = second_legal(world)
    team(world, approver=world.lena, substitute=per)
    case, _approval = refused(world)
    assert told(world) == {"lena": ["approval_waiting"]}
    case.refresh_from_db()
    assert audience.approvers(case, world.lena) == [per]
    team(world, approver=world.anders, substitute=per)  # he may not approve: as if nobody were named
    case.team.refresh_from_db()
    assert set(audience.approvers(case, world.karin)) == {world.lena, per}


MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), 3, datetime(2026, 11, 26, 9, tzinfo=UTC)),  # Monday to Thursday
        (datetime(2026, 11, 26, 9, tzinfo=UTC), 3, datetime(2026, 12, 1, 9, tzinfo=UTC)),  # over a weekend
        (datetime(2026, 11, 28, 9, tzinfo=UTC), 3, datetime(2026, 12, 2, 9, tzinfo=UTC)),  # asked on a Saturday
        (datetime(2026, 12, 23, 9, tzinfo=UTC), 3, datetime(2026, 12, 29, 9, tzinfo=UTC)),  # Christmas days are none
        (datetime(2026, 3, 27, 9, tzinfo=UTC), 1, datetime(2026, 3, 30, 8, tzinfo=UTC)),  # summer time begins between
    ],
)
def test_three_working_days_end_at_the_same_time_of_day(asked: datetime, days: int, due: datetime) -> None:
    assert escalation.due_at(asked, days) == due


def test_an_approval_nobody_answers_goes_to_the_substitute_once(world: World) -> None:
    per = second_legal(world)
    team(world, approver=world.lena, substitute=per)
    _case, approval = refused(world)
    Approval.objects.update(asked_at=MONDAY)
    forget()
    assert escalation.escalate(now=MONDAY + timedelta(days=2, hours=23)) == 0
    assert escalation.escalate(now=MONDAY + timedelta(days=3)) == 1
    assert escalation.escalate(now=MONDAY + timedelta(days=30)) == 0
    assert told(world) == {}
    assert of(per) == ["approval_escalated"]
    approval.refresh_from_db()
    assert approval.escalated_at == MONDAY + timedelta(days=3)
    assert Event.objects.filter(kind="approval.escalated").count() == 1


def test_without_a_substitute_all_of_legal_is_told_but_never_who_asked(world: World) -> None:
    per = second_legal(world)
    staff.set_access(actor=SYSTEM, user=world.karin, roles=["legal"], works=[world.kund], oversees=[world.kund])
    refused(world)
    Approval.objects.update(asked_at=MONDAY)
    forget()
    escalation.escalate(now=MONDAY + timedelta(days=3))
    assert told(world) == {"lena": ["approval_escalated"]}
    assert of(per) == ["approval_escalated"]


def test_nothing_escalates_that_is_answered_or_has_lost_its_meaning(world: World) -> None:
    case, approval = refused(world)
    Approval.objects.update(asked_at=MONDAY)
    decisions.answer_approval(actor=Actor.staff(world.lena), approval=approval, approved=True)
    forget()
    assert escalation.escalate(now=MONDAY + timedelta(days=30)) == 0
    Approval.objects.update(answered_by=None, answered_at=None, verdict="")
    case.refresh_from_db()
    assert case.state == "dispatching"
    assert escalation.escalate(now=MONDAY + timedelta(days=30)) == 0
    assert told(world) == {}


def test_a_question_to_legal_escalates_the_same_way(world: World) -> None:
    per = second_legal(world)
    team(world, substitute=per)
    case = gathered(world, case_of(world, handler=world.karin))
    sealed = Vault(case).seal(GATHERED, "Får vi lämna ut det?", "question")
    made = {"case": case, "question_enc": sealed, "asked_by": world.karin, "asked_at": MONDAY}
    waiting = Referral.objects.create(**made)
    Referral.objects.create(**made, withdrawn_at=MONDAY)
    Referral.objects.create(**made, answered_at=MONDAY, answered_by=world.lena)
    forget()
    assert escalation.escalate(now=MONDAY + timedelta(days=3)) == 1
    assert escalation.escalate(now=MONDAY + timedelta(days=4)) == 0
    assert of(per) == ["referral_escalated"]
    waiting.refresh_from_db()
    assert waiting.escalated_at is not None


# the digest

SEVEN = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
"""Tuesday, seven in the morning in Sweden."""


@pytest.fixture
def daily(world: World) -> User:
    staff.set_preferences(user=world.karin, language="sv", notify="daily")
    return world.karin


def test_who_wants_one_mail_a_day_gets_everything_grouped_the_urgent_first(world: World, daily: User) -> None:
    case = case_of(world, handler=daily)
    tell("new_case", [daily], case=case)
    tell("due_soon", [daily], case=case, due_on="2026-12-01")
    tell("system_failed", [daily], case=case, system="arkiv")
    tell("system_failed", [daily], subject="s2", case=case, system="fakturering")
    assert not OutgoingMail.objects.exists()
    assert notices.queue_digests(now=SEVEN) == 1
    (sent,) = send_all()
    assert sent.startswith("4 saker att titta på")
    positions = [sent.index(part) for part in ("SKA SNART BESVARAS", "HAR GÅTT FEL", "Arkivet", "Fakturering", "NYTT")]
    assert positions == sorted(positions)
    assert sent.count("HAR GÅTT FEL") == 1
    assert f"/admin/requests_app/case/{case.ref}/" in sent


def test_a_day_has_one_digest_however_often_the_job_runs(world: World, daily: User) -> None:
    case = case_of(world)
    tell("new_case", [daily], case=case)
    assert [notices.queue_digests(now=SEVEN + timedelta(minutes=5 * n)) for n in range(3)] == [1, 0, 0]
    tell("assigned", [daily], case=case)
    assert notices.queue_digests(now=SEVEN + timedelta(hours=9)) == 0
    assert notices.queue_digests(now=SEVEN + timedelta(days=1)) == 1
    assert [OutgoingMail.notices.count() for OutgoingMail in OutgoingMail.objects.all()] == [1, 1]


def test_an_empty_digest_is_not_sent(world: World, daily: User) -> None:
    assert notices.queue_digests(now=SEVEN) == 0
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("now", "queued"),
    [
        (SEVEN - timedelta(seconds=1), 0),
        (SEVEN, 1),
        (SEVEN + timedelta(hours=14), 1),  # everything was down at seven
        (datetime(2026, 11, 28, 9, tzinfo=UTC), 0),  # Saturday
        (datetime(2026, 12, 25, 9, tzinfo=UTC), 0),  # a Friday, but Christmas Day
        (datetime(2026, 7, 1, 5, 0, tzinfo=UTC), 1),  # seven by summer time
        (datetime(2026, 7, 1, 4, 59, tzinfo=UTC), 0),
    ],
)
def test_it_comes_from_seven_swedish_time_on_working_days(
    world: World, daily: User, now: datetime, queued: int
) -> None:
    tell("new_case", [daily], case=case_of(world))
    assert notices.queue_digests(now=now) == queued


def test_what_is_urgent_comes_at_once_also_to_who_wants_one_mail_a_day(world: World, daily: User) -> None:
    case = case_of(world, handler=daily)
    tell("overdue", [daily], case=case, due_on="2026-11-20")
    assert len(send_all()) == 1
    assert notices.queue_digests(now=SEVEN) == 0  # told already


def test_what_was_waiting_when_somebody_chose_a_mail_each_comes_with_the_next_digest(world: World, daily: User) -> None:
    tell("new_case", [daily], case=case_of(world))
    staff.set_preferences(user=daily, language="en", notify="each")
    assert notices.queue_digests(now=SEVEN) == 1
    (sent,) = send_all()
    assert sent.startswith("1 thing to look at")


def test_the_days_left_in_a_mail_are_counted_when_it_is_sent(world: World, daily: User) -> None:
    today = timezone.localdate()
    tell("due_soon", [daily], case=case_of(world), due_on=(today + timedelta(days=3)).isoformat())
    notice = Notice.objects.get()
    with translation.override("sv"):
        assert "3 dagar kvar" in mail_words.sentence(notice)
        notice.params = {"due_on": today.isoformat()}  # as if it had waited in the queue for three days
        assert "i dag" in mail_words.sentence(notice)
