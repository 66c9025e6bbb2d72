"""The diary as a list: one row for what came in and for what left together; names only where they may be read."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, strategies as st

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.rights import Way
from requests_app.models import Case, Delivery, Event, EventPayload, PublicDocumentRequest, Recipient, User
from requests_app.services import cases, delivery, diary_list, keys, rendering
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.moves import lock
from requests_app.services.staff import set_access
from tests.services.sending_world import HOME, as_, held_email, make_documents, ready, sent
from tests.world import World, grant_case, open_case

if TYPE_CHECKING:
    from requests_app.services.diary_list import Row


def listed(user: User, *, named: bool = True, days: int = 1) -> list[Row]:
    today = timezone.localdate()
    return diary_list.listed(actor=as_(user), first=today - timedelta(days=days), last=today, named=named)


def table(rows: list[Row], *, named: bool) -> list[list[str]]:
    data = diary_list.as_csv(rows, named=named)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_it_has_one_row_for_what_came_in_and_one_for_what_left_together(world: World) -> None:
    case = ready(world)
    sent(world, case, Way.EMAIL, address=held_email(case))
    rows = listed(world.karin)
    assert [row.direction for row in rows] == ["in", "out"]
    assert {row.who for row in rows} == {"Anna Andersson"}
    assert {row.on for row in rows} == {timezone.localdate()}
    assert "(3 " in rows[1].subject


def test_it_has_a_row_for_the_confirmation_that_the_person_reads_online(world: World) -> None:
    by_phone, online = open_case(world), open_case(world, login="eva", name="Eva Ek")
    for case in (by_phone, online):
        make_documents(case)
    assert [row.who for row in listed(world.karin) if row.direction == "out"] == ["Eva Ek"]


def test_it_has_a_row_for_each_thing_the_person_said_later(world: World) -> None:
    case, today = open_case(world), timezone.localdate()
    cases.ask_completion(actor=as_(world.karin), case=case, doubt="Två heter så.", needed="Kundnumret.")
    cases.answer_completion(actor=as_(world.karin), case=case, answered_on=today)
    cases.withdraw(actor=as_(world.karin), case=case)
    rows = listed(world.karin)
    assert [(row.direction, row.who, row.on) for row in rows] == [("in", "Anna Andersson", today)] * 3
    assert len({row.subject for row in rows}) == 2


def test_the_subject_says_nothing_about_the_person_or_the_right(world: World) -> None:
    case = ready(world, name="Åsa Öberg")
    sent(world, case, Way.POST, **HOME)
    said = " ".join(row.subject for row in listed(world.karin)).lower()
    assert not any(word in said for word in ("åsa", "access", "extract", "utdrag", "erasure", "refusal"))


def test_the_public_version_leaves_sender_and_receiver_out(world: World) -> None:
    open_case(world)
    rows = listed(world.karin, named=False)
    assert [row.who for row in rows] == [""]
    heads, *_rows = table(rows, named=False)
    assert len(heads) == 5
    assert len(table(listed(world.karin), named=True)[0]) == 6


def test_a_protected_case_never_has_a_name(world: World) -> None:
    case = open_case(world, protected=True)
    grant_case(world, case, world.karin)
    assert [(row.diary_no, row.who) for row in listed(world.karin)] == [(case.diary_no, "")]


def test_legal_sees_the_rows_without_names_and_others_only_their_own(world: World) -> None:
    open_case(world)
    other = open_case(world, team="hr", by=world.anders, name="Bo Ek")
    assert {row.who for row in listed(world.lena)} == {""}
    assert len(listed(world.lena)) == 2
    assert [(row.diary_no, row.who) for row in listed(world.anders)] == [(other.diary_no, "Bo Ek")]
    for nobody in (world.sven, world.ada, world.root):
        assert listed(nobody) == []
        assert not diary_list.may_list(nobody)


def test_who_works_one_team_and_oversees_another_reads_names_only_in_the_first(world: World) -> None:
    set_access(actor=SYSTEM, user=world.karin, roles=["coordinator", "legal"], works=[world.kund], oversees=[world.hr])
    open_case(world)
    open_case(world, team="hr", by=world.anders, name="Bo Ek")
    fresh = User.objects.get(pk=world.karin.pk)
    assert sorted(row.who for row in listed(fresh)) == ["", "Anna Andersson"]


def test_the_days_are_days_in_sweden(world: World) -> None:
    case = ready(world)
    sent(world, case, Way.POST, **HOME)
    late = datetime(2026, 7, 1, 0, 30, tzinfo=STOCKHOLM)  # still 30 June in UTC
    Delivery.objects.filter(case=case).update(dispatched_at=late)

    def out(first: date, last: date) -> set[date]:
        rows = diary_list.listed(actor=as_(world.karin), first=first, last=last, named=False)
        return {row.on for row in rows if row.direction == "out"}

    assert out(date(2026, 7, 1), date(2026, 7, 1)) == {date(2026, 7, 1)}
    assert out(date(2026, 6, 30), date(2026, 6, 30)) == set()


def test_a_letter_to_a_recipient_names_the_organisation(world: World) -> None:
    Recipient.objects.create(key="kredit", name_sv="Kreditbolaget", name_en="The credit company", role="controller")
    case = ready(world)
    with unit(SYSTEM) as work:
        rendering.request(work, lock(case), "recipient", target="kredit")
    make_documents(case)
    delivery.dispatch_notice(
        actor=as_(world.karin),
        case=case,
        kind="recipient",
        target="kredit",
        way=Way.POST,
        address="Box 1\n111 11 Stockholm",
    )
    assert [row.who for row in listed(world.karin) if row.direction == "out"] == ["Kreditbolaget"]


def test_a_request_for_official_documents_has_rows_of_its_own_and_no_name(world: World) -> None:
    case = open_case(world)
    today = timezone.localdate()
    PublicDocumentRequest.objects.create(
        case=case, asked_on=today, what_enc=b"", by=world.karin, result="released", answered_on=today
    )
    rows = [row for row in listed(world.karin) if "official" in row.subject or "allmän" in row.subject]
    assert [(row.direction, row.who) for row in rows] == [("in", ""), ("out", "")]


def test_that_it_was_listed_is_logged_without_a_name(world: World) -> None:
    open_case(world)
    listed(world.karin)
    event = Event.objects.get(kind="diary.listed")
    payload = EventPayload.objects.get(seq=event.seq)
    assert payload.open["rows"] == 1
    assert payload.open["named"] is True
    assert payload.enc is None


@given(st.sampled_from("=+-@\t\r"), st.text(max_size=20).map("A1{}".format))
def test_no_cell_is_a_formula(sign: str, rest: str) -> None:
    row = diary_list.Row(date(2026, 1, 1), "DSR-2026-0001", sign + rest, "in", sign + rest, sign + "1+1")
    cells = table([row], named=True)[1]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert cells[0] == "2026-01-01"


def test_semicolons_and_line_breaks_stay_in_their_cell() -> None:
    row = diary_list.Row(date(2026, 1, 1), "DSR-2026-0001", 'a;"b', "out", "Rad 1\nRad 2", "x")
    assert table([row], named=True)[1][2:4] == ['a;"b', "Rad 1\nRad 2"]


def test_a_case_whose_key_is_destroyed_is_listed_without_its_name(world: World) -> None:
    case: Case = open_case(world)
    keys.destroy(case, keys.DOSSIER)
    assert [(row.diary_no, row.who) for row in listed(world.karin)] == [(case.diary_no, "")]


def test_a_long_list_takes_no_more_queries_than_a_short_one(world: World) -> None:
    def asked(cases: int) -> int:
        while Case.objects.count() < cases:
            sent(world, ready(world), Way.POST, **HOME)
        listed(world.karin)  # what is read once in a process
        with CaptureQueriesContext(connection) as captured:
            rows = listed(world.karin)
        assert len(rows) == 2 * cases and all(row.who for row in rows)
        return len(captured)

    assert asked(3) == asked(12)
