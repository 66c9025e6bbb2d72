"""Gathering: claims, pages, faults, choices, rounds, and what is left when a worker dies at any point."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone, translation

from requests_app.connectors.base import ConnectorError, Fault, Page
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import Batch, Case, Collection, Event, Identifier
from requests_app.services import answers, collection, gathering, people, review, sweeper, words
from requests_app.services.audit import Actor, verify
from requests_app.services.batches import records_of
from requests_app.services.keys import Vault

from .fakes import LETTERS, World, candidates, derived, page, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Two systems searched by personnummer."""
    return World(monkeypatch, "alfa", "beta")


def row_of(case: Case, key: str) -> Collection:
    return case.collections.select_related("case", "system", "system_version").get(system__key=key, current=True)


def keys_of(case: Case, key: str) -> list[str]:
    row = row_of(case, key)
    return [item.key for item in records_of(row, Vault(case))]


def gather(case: Case) -> Case:
    """Run what is due until nothing is."""
    for _ in range(10):
        due = list(case.collections.filter(current=True, state="pending", not_before__lte=timezone.now()))
        if not due:
            break
        for row in due:
            collection.run(row.pk)
    case.refresh_from_db()
    return case


def test_it_gathers_every_system_and_goes_on_to_review(world: World) -> None:
    world.script("alfa", page(0, 1, 2), page(1, 3, last=True))
    case = gather(world.open())
    assert case.state == "review"
    assert [(row.system.key, row.outcome, row.records) for row in case.collections.all()] == [
        ("alfa", "found", 3),
        ("beta", "nothing", 0),
    ]
    assert keys_of(case, "alfa") == ["r1", "r2", "r3"]
    assert verify().ok


def test_it_writes_one_event_per_outcome_and_none_per_record(world: World) -> None:
    world.script("alfa", *[page(step, *range(step * 100, step * 100 + 100)) for step in range(5)], Page())
    gather(world.open())
    assert Event.objects.filter(kind="collection.ended").count() == 2
    assert Event.objects.count() < 15


def test_it_keeps_a_record_once_though_found_twice(world: World) -> None:
    world.script("alfa", page(0, 1, 2), page(1, 2, 3), page(2, 3, 1, last=True))
    assert keys_of(gather(world.open()), "alfa") == ["r1", "r2", "r3"]


def test_it_seals_records_and_cursors(world: World) -> None:
    world.script(
        "alfa",
        Page(
            records=(record(1, hemligt="Kodordet Vårtörel"),),
            cursor={"step": 0},
            derived=(derived(IdentifierKind.EMAIL, "anna@example.se"),),
        ),
        Page(),
    )
    case = gather(world.open())
    blob = bytes(Batch.objects.get().blob)
    assert "Vårtörel".encode() not in blob and b"r1" not in blob
    assert all(b"anna" not in bytes(row.value_enc) for row in Identifier.objects.all())
    assert keys_of(case, "alfa") == ["r1"]


def test_it_takes_a_row_only_once(world: World) -> None:
    case = world.open()
    row = row_of(case, "alfa")
    first = collection.claim(row.pk)
    assert first is not None and first.state == "running"
    assert collection.claim(row.pk) is None


def test_a_run_that_lost_its_row_writes_nothing_more(world: World) -> None:
    """Two workers on one row: the lease of the first ran out, the second has it. Only the second's records count."""
    case = world.open()
    row = row_of(case, "alfa")

    def lose_the_lease(search: Any) -> None:
        Collection.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        world.script("alfa", page(0, 7, last=True))
        collection.run(row.pk)

    world.script("alfa", lose_the_lease, page(1, 1, 2, last=True))
    collection.run(row.pk)
    assert keys_of(case, "alfa") == ["r7"]
    assert row_of(case, "alfa").records == 1


@pytest.mark.parametrize("dies_at", [0, 1, 2, 3])
def test_it_goes_on_from_the_last_kept_page(world: World, dies_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies between two pages leaves what it kept; the next one ends with every record once."""
    monkeypatch.setattr(collection, "FLUSH_SECONDS", -1)

    class Killed(BaseException):
        pass

    def die(search: Any) -> None:
        if len(world.connectors["alfa"].searches) == 1:
            raise Killed

    pages: list[Any] = [page(step, step * 2, step * 2 + 1) for step in range(3)]
    plain = [*pages, Page()]
    world.script("alfa", *plain)
    case = world.open()
    row = row_of(case, "alfa")
    steps = [*plain]
    steps[dies_at] = lambda search, at=dies_at: die(search) or plain[at]
    world.script("alfa", *steps)
    with pytest.raises(Killed):
        collection.run(row.pk)
    assert row_of(case, "alfa").state == "running"
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    Collection.objects.filter(pk=row.pk).update(
        queued_at=a_minute_ago, lease_until=a_minute_ago + timedelta(seconds=30)
    )
    assert sweeper.sweep() >= 1
    collection.run(row.pk)
    assert keys_of(case, "alfa") == [f"r{n}" for n in range(6)]
    second = world.connectors["alfa"].searches[1]
    assert (second.cursor or {}).get("step") == (dies_at - 1 if dies_at else None)


def test_it_gives_up_on_a_row_that_kills_every_worker(world: World) -> None:
    row = row_of(world.open(), "alfa")
    for _ in range(collection.MAX_ATTEMPTS + 2):
        if collection.claim(row.pk) is None:
            break
        Collection.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    row = row_of(row.case, "alfa")
    assert (row.state, row.fault) == ("failed", "unexpected")


def test_a_long_run_ends_at_a_page_and_goes_on_in_a_new_task(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "RUN_SECONDS", -1)
    world.script("alfa", page(0, 1), page(1, 2), page(2, 3, last=True))
    case = world.open()
    row = row_of(case, "alfa")
    collection.run(row.pk)
    assert (row_of(case, "alfa").state, keys_of(case, "alfa")) == ("pending", ["r1"])
    gather(case)
    assert keys_of(case, "alfa") == ["r1", "r2", "r3"]
    assert row_of(case, "alfa").runs == 3


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_fault_ends_in_words_on_the_row(world: World, fault: Fault, language: str) -> None:
    from django.utils import translation

    params: dict[str, Any] = {
        "unreadable": {"line": 118},
        "wrong_type": {"field": "contracts"},
        "misconfigured": {"setting": "base_url"},
    }.get(fault.value, {})
    world.script("alfa", page(0, 1, 2), ConnectorError(fault, **params))
    case = gather(world.open())
    row = row_of(case, "alfa")
    with translation.override(language):
        sentence = words.collection_sentence(row)
    assert row.state == ("pending" if ConnectorError(fault).transient else "failed")
    assert "Alfa" in sentence
    assert "None" not in sentence and "%(" not in sentence and fault.value not in sentence.split()
    for value in params.values():
        assert str(value) in sentence
    assert case.state == "gathering"


def test_a_passing_fault_is_tried_again_later_each_time(world: World) -> None:
    world.script("alfa", ConnectorError(Fault.TIMEOUT))
    case = world.open()
    waits = []
    for _ in range(collection.MAX_ATTEMPTS):
        Collection.objects.update(not_before=timezone.now())
        before = timezone.now()
        collection.run(row_of(case, "alfa").pk)
        row = row_of(case, "alfa")
        waits.append((row.not_before - before).total_seconds() if row.state == "pending" else None)
    assert waits[-1] is None and row.state == "failed"
    assert waits[:-1] == sorted(waits[:-1]) and waits[0] >= 2
    assert Event.objects.filter(kind="collection.faulted").count() == collection.MAX_ATTEMPTS


def test_what_was_kept_of_a_content_that_was_replaced_is_dropped_and_gathered_anew(world: World) -> None:
    world.script("alfa", page(0, 1, 2), page(1, 3), ConnectorError(Fault.CHANGED))
    case = world.open()
    collection.run(row_of(case, "alfa").pk)
    row = row_of(case, "alfa")
    assert (row.state, row.records, row.pages, row.cursor_enc, keys_of(case, "alfa")) == ("pending", 0, 0, None, [])
    world.script("alfa", page(0, 2, 4, last=True))
    Collection.objects.update(not_before=timezone.now())
    gather(case)
    assert keys_of(case, "alfa") == ["r2", "r4"]


def test_a_system_that_changes_under_every_run_is_left_to_a_person(world: World) -> None:
    world.script("alfa", page(0, 1), ConnectorError(Fault.CHANGED))
    case = world.open()
    Collection.objects.update(runs=collection.MAX_RUNS)
    collection.run(row_of(case, "alfa").pk)
    assert row_of(case, "alfa").state == "failed"


def test_what_was_searched_up_to_the_day_of_an_export_is_told_so(world: World) -> None:
    world.script("alfa", replace(page(0, 1, last=True), searched_to=date(2026, 11, 3)))
    case = gather(world.open())
    row = row_of(case, "alfa")
    assert (row.outcome, row.searched_from, row.searched_to) == ("partial", None, date(2026, 11, 3))
    with translation.override("en"):
        assert "3 Nov 2026" in words.collection_sentence(row)


def test_it_waits_as_long_as_the_system_asks(world: World) -> None:
    world.script("alfa", ConnectorError(Fault.RATE_LIMITED, retry_after=900))
    case = world.open()
    collection.run(row_of(case, "alfa").pk)
    assert (row_of(case, "alfa").not_before - timezone.now()).total_seconds() > 890


def test_an_answer_that_comes_later_is_waited_for_without_counting_attempts(world: World) -> None:
    asked = page(0, keep=True)
    late = ConnectorError(Fault.NOT_READY, retry_after=60)
    world.script("alfa", asked, late)
    case = world.open()
    for _again in range(collection.MAX_ATTEMPTS + 2):
        Collection.objects.filter(system__key="alfa").update(not_before=timezone.now())
        collection.run(row_of(case, "alfa").pk)
        row = row_of(case, "alfa")
        assert (row.state, row.fault, row.attempts) == ("pending", "not_ready", 0)
        assert 50 < (row.not_before - timezone.now()).total_seconds() < 70
    assert [search.cursor for search in world.connectors["alfa"].searches][:2] == [None, {"step": 0}]


def test_a_connectors_bug_ends_in_words_and_logs_no_data(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.script("alfa", ValueError("Anna Åkesson 18900429-9807"))
    case = world.open()
    collection.run(row_of(case, "alfa").pk)
    assert row_of(case, "alfa").fault == "unexpected"
    assert "Anna" not in caplog.text and "ValueError" in caplog.text


def test_an_untold_system_waits_for_a_person_and_others_go_on(world: World) -> None:
    world.add("papper", connector="manual")
    case = gather(world.open())
    assert [(row.system.key, row.state) for row in case.collections.all()] == [
        ("alfa", "done"),
        ("beta", "done"),
        ("papper", "waiting"),
    ]
    assert case.state == "gathering"
    gathering.report_nothing(actor=Actor.staff(world.user), case=case, row=row_of(case, "papper"))
    case.refresh_from_db()
    assert case.state == "review"


def test_a_strong_derived_identifier_is_used_at_once_and_a_weak_one_waits(world: World) -> None:
    world.add("gamma", IdentifierKind.CUSTOMER_NO)
    world.add("delta", IdentifierKind.EMAIL)
    found = (
        derived(IdentifierKind.CUSTOMER_NO, "K-100", strong=True),
        derived(IdentifierKind.EMAIL, "Anna@Example.se"),
    )
    world.script("alfa", page(0, 1, derived=found, last=True))
    world.script("gamma", page(0, 5, last=True))
    world.script("delta", page(0, 9, last=True))
    case = gather(world.open())
    assert keys_of(case, "gamma") == ["r5"]
    assert (row_of(case, "delta").state, row_of(case, "delta").outcome) == ("waiting", "no_identifier")
    assert case.state == "gathering"
    waiting = Identifier.objects.get(kind="email")
    assert waiting.waiting and people.value_of(Vault(case), waiting) == "anna@example.se"
    gathering.decide_identifiers(actor=Actor.staff(world.user), case=case, confirmed=[waiting], rejected=[])
    case = gather(case)
    assert keys_of(case, "delta") == ["r9"]
    assert case.state == "review"
    assert [identifier.value for identifier in world.connectors["delta"].searches[0].identifiers] == ["anna@example.se"]
    assert row_of(case, "gamma").round == 2 and row_of(case, "delta").round == 3


def test_a_rejected_identifier_is_never_searched_by(world: World) -> None:
    world.add("delta", IdentifierKind.EMAIL)
    world.script("alfa", page(0, 1, derived=(derived(IdentifierKind.EMAIL, "anna@example.se"),), last=True))
    case = gather(world.open())
    gathering.decide_identifiers(
        actor=Actor.staff(world.user), case=case, confirmed=[], rejected=list(Identifier.objects.filter(kind="email"))
    )
    case = gather(case)
    assert world.connectors["delta"].searches == []
    assert (row_of(case, "delta").state, row_of(case, "delta").outcome, case.state) == (
        "done",
        "no_identifier",
        "review",
    )


def test_a_person_known_nowhere_needs_no_click(world: World) -> None:
    world.add("delta", IdentifierKind.EMAIL)
    case = gather(world.open())
    assert case.state == "review"
    assert [row.outcome for row in case.collections.all()] == ["nothing", "nothing", "no_identifier"]


def test_several_matches_wait_for_a_choice_and_only_the_chosen_is_gathered(world: World) -> None:
    world.script("alfa", lambda search: page(0, 4, last=True) if search.chosen == ("p2",) else candidates("p1", "p2"))
    case = gather(world.open())
    row = row_of(case, "alfa")
    assert (row.state, row.outcome, row.records, case.state) == ("waiting", "several", 0, "gathering")
    assert not row.batches.exists(), "nothing of anybody is stored before the choice"
    gathering.choose(actor=Actor.staff(world.user), case=case, row=row, chosen=[2])
    case = gather(case)
    assert (keys_of(case, "alfa"), case.state) == (["r4"], "review")


def test_nobody_chosen_means_nothing_found(world: World) -> None:
    world.script("alfa", candidates("p1"))
    case = gather(world.open())
    gathering.choose(actor=Actor.staff(world.user), case=case, row=row_of(case, "alfa"), chosen=[])
    case.refresh_from_db()
    assert (row_of(case, "alfa").outcome, case.state) == ("nothing", "review")


def test_leaving_a_system_out_needs_a_reason_and_lets_the_case_go_on(world: World) -> None:
    from django.core.exceptions import ValidationError

    world.script("alfa", ConnectorError(Fault.AUTH_REFUSED))
    case = gather(world.open())
    actor = Actor.staff(world.user)
    with pytest.raises(ValidationError) as caught:
        gathering.leave_out(actor=actor, case=case, row=row_of(case, "alfa"), reason="  ")
    assert "reason" in caught.value.message_dict
    gathering.leave_out(actor=actor, case=case, row=row_of(case, "alfa"), reason="Inte kund där enligt begäran.")
    case.refresh_from_db()
    assert (case.state, gathering.left_out_reason(Vault(case), row_of(case, "alfa"))) == (
        "review",
        "Inte kund där enligt begäran.",
    )


def test_gathered_data_cannot_be_wiped_by_answering_that_nothing_was_found(world: World) -> None:
    from django.core.exceptions import ValidationError

    world.script("alfa", page(0, 1, 2, last=True))
    case = gather(world.open())
    with pytest.raises(ValidationError):
        gathering.report_nothing(actor=Actor.staff(world.user), case=case, row=row_of(case, "alfa"))
    assert keys_of(case, "alfa") == ["r1", "r2"]


def test_an_upload_answers_any_system_and_replaces_what_it_held(world: World) -> None:
    world.script("alfa", page(0, 1, 2), ConnectorError(Fault.FORBIDDEN))
    case = gather(world.open())
    count = gathering.upload(
        actor=Actor.staff(world.user),
        case=case,
        row=row_of(case, "alfa"),
        name="svar.csv",
        data=b"Namn;Ort\nAnna;Halmstad\n",
    )
    case.refresh_from_db()
    row = row_of(case, "alfa")
    assert (count, row.outcome, row.records, case.state) == (1, "found", 1, "review")
    assert [item.fields for item in records_of(row, Vault(case))] == [{"Namn": "Anna", "Ort": "Halmstad"}]
    assert [entry.spec.label_sv for entry in review.categories_of(row)] == ["Uppladdade uppgifter"]


def test_a_bad_upload_changes_nothing_and_names_the_line(world: World) -> None:
    from django.core.exceptions import ValidationError

    world.script("alfa", page(0, 1, 2, last=True))
    case = gather(world.open())
    with pytest.raises(ValidationError) as caught:
        gathering.upload(
            actor=Actor.staff(world.user),
            case=case,
            row=row_of(case, "alfa"),
            name="svar.csv",
            data=b"a;b\n1;2\n3;4;5\n",
        )
    assert "3" in caught.value.message_dict["file"][0]
    assert keys_of(case, "alfa") == ["r1", "r2"]


def test_trying_again_starts_a_round_for_that_system_only(world: World) -> None:
    world.script("alfa", ConnectorError(Fault.NOT_FOUND))
    case = gather(world.open())
    world.script("alfa", page(0, 1, last=True))
    gathering.search_system(actor=Actor.staff(world.user), case=case, system=row_of(case, "alfa").system)
    case = gather(case)
    assert (keys_of(case, "alfa"), row_of(case, "alfa").round, row_of(case, "beta").round, case.state) == (
        ["r1"],
        2,
        1,
        "review",
    )
    assert case.collections.filter(system__key="alfa").count() == 2


def test_a_row_of_an_older_round_is_not_taken_up_again(world: World) -> None:
    case = world.open()
    old = row_of(case, "alfa")
    gathering.search_system(actor=Actor.staff(world.user), case=case, system=old.system)
    assert collection.claim(old.pk) is None


def test_records_beyond_a_thousand_go_into_several_batches_of_one_category_each(world: World) -> None:
    world.script(
        "alfa", Page(records=tuple(record(n) for n in range(2500)) + tuple(record(n, LETTERS) for n in range(3)))
    )
    case = gather(world.open())
    assert sorted((batch.category, batch.n) for batch in Batch.objects.all()) == [
        ("letters", 3),
        ("notes", 500),
        ("notes", 1000),
        ("notes", 1000),
    ]
    assert row_of(case, "alfa").records == 2503
    shown = review.records_page(
        actor=Actor.staff(world.user), case=case, row=row_of(case, "alfa"), category="notes", page=11
    )
    assert (shown.pages, shown.records[0].key, len(shown.records)) == (13, "r2000", 200)
    assert Event.objects.filter(kind="data.viewed").count() == 1


def test_the_sweeper_settles_a_case_whose_gatherings_have_all_ended(world: World) -> None:
    case = world.open()
    Collection.objects.filter(case=case).update(state="done", outcome="nothing")
    sweeper.sweep()
    case.refresh_from_db()
    assert case.state == "review"


def test_a_window_that_was_searched_is_told(world: World) -> None:
    from datetime import date

    world.script(
        "alfa",
        page(0, 1, searched_from=date(2024, 11, 25), searched_to=date(2025, 5, 1)),
        Page(searched_from=date(2025, 5, 2), searched_to=date(2026, 11, 20)),
    )
    case = gather(world.open())
    row = row_of(case, "alfa")
    assert (row.outcome, row.searched_from, row.searched_to) == ("partial", date(2024, 11, 25), date(2026, 11, 20))
    with translation.override("sv"):
        assert "mån 25 nov 2024 – fre 20 nov 2026" in words.collection_sentence(row)
        (section,) = (item for item in answers.extract_of(case, Vault(case), {}).sections if item.note)
    assert "25 november 2024" in section.note and "20 november 2026" in section.note


def test_a_personnummer_goes_only_to_systems_whose_register_entry_requires_it(world: World) -> None:
    system = world.add("gamma", IdentifierKind.PERSONNUMMER, IdentifierKind.CUSTOMER_NO)
    type(system).objects.filter(pk=system.pk).update(needs_personnummer=False)
    world.script("alfa", page(0, 1, derived=(derived(IdentifierKind.CUSTOMER_NO, "K-100", strong=True),), last=True))
    case = gather(world.open())
    (search,) = world.connectors["gamma"].searches
    assert [identifier.kind for identifier in search.identifiers] == [IdentifierKind.CUSTOMER_NO]
    assert row_of(case, "gamma").searched_by == ["customer_no"]


def test_one_requests_time_outs_fit_into_the_lease() -> None:
    from hemdsr import settings as product
    from requests_app.connectors.base import Limits

    limits = Limits()
    assert limits.connect_timeout + limits.read_timeout + 2 <= product.LEASE_SECONDS
    assert limits.max_wait < product.LEASE_SECONDS


def test_a_fault_of_our_own_database_is_not_the_systems(world: World) -> None:
    """Nobody is asked when the database restarts in the middle: the lease runs out and the row is taken up."""
    world.script("alfa", page(0, 1), OperationalError("server closed the connection"), page(2, 2, last=True))
    case = world.open()
    row = row_of(case, "alfa")
    collection.run(row.pk)
    assert row_of(case, "alfa").state == "running"
    Collection.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    world.script("alfa", page(0, 1), page(1, 2, last=True))
    collection.run(row.pk)
    assert (row_of(case, "alfa").state, keys_of(case, "alfa")) == ("done", ["r1", "r2"])


def add_confirmed(actor: Actor, case: Case, value: str) -> None:
    """Type a customer number; it waits until it is confirmed."""
    made = gathering.add_identifier(actor=actor, case=case, kind=IdentifierKind.CUSTOMER_NO, value=value)
    if not made.usable:
        gathering.decide_identifiers(actor=actor, case=case, confirmed=[made], rejected=[])


def test_a_customer_number_typed_by_hand_waits_to_be_confirmed(world: World) -> None:
    world.add("gamma", IdentifierKind.CUSTOMER_NO)
    case = world.open()
    made = gathering.add_identifier(
        actor=Actor.staff(world.user), case=case, kind=IdentifierKind.CUSTOMER_NO, value="1001"
    )
    gather(case)
    assert (made.strength, made.usable) == ("weak", False)
    assert world.connectors["gamma"].searches == []
    gathering.decide_identifiers(actor=Actor.staff(world.user), case=case, confirmed=[made], rejected=[])
    gather(case)
    assert [identifier.value for identifier in world.connectors["gamma"].searches[-1].identifiers] == ["1001"]


@pytest.mark.parametrize(
    ("kind", "source", "strong"),
    [
        (IdentifierKind.CUSTOMER_NO, "staff", False),
        (IdentifierKind.CUSTOMER_NO, "request", False),
        (IdentifierKind.CUSTOMER_NO, "login", True),
        (IdentifierKind.CUSTOMER_NO, "fakturering", True),
        (IdentifierKind.PERSONNUMMER, "staff", True),
        (IdentifierKind.EMAIL, "staff", False),
        (IdentifierKind.EMAIL, "login", True),
    ],
)
def test_only_the_login_a_system_and_a_personnummer_are_searched_by_at_once(
    kind: IdentifierKind, source: str, strong: bool
) -> None:
    assert people.is_strong(kind, source) is strong


@pytest.mark.parametrize("state", ["gathering", "review", "deciding"])
def test_a_number_added_by_hand_is_searched_by_where_another_was_already(world: World, state: str) -> None:
    world.add("gamma", IdentifierKind.CUSTOMER_NO)
    actor = Actor.staff(world.user)
    case = world.open()
    add_confirmed(actor, case, "1001")
    if state == "gathering":
        collection.run(row_of(case, "gamma").pk)
    else:
        gather(case)
        if state == "deciding":
            review.finish(actor=actor, case=case, confirmed=True)
    case.refresh_from_db()
    assert case.state == state
    add_confirmed(actor, case, "1002")
    assert gather(case).state == "review"
    asked = [identifier.value for identifier in world.connectors["gamma"].searches[-1].identifiers]
    assert sorted(asked) == ["1001", "1002"]
    before = len(world.connectors["gamma"].searches)
    add_confirmed(actor, case, "1002")
    gather(case)
    assert len(world.connectors["gamma"].searches) == before


def test_times_that_stand_for_never_are_kept_as_text(world: World) -> None:
    from requests_app.connectors.reading import moment

    never = ("0001-01-01T00:00:00", "9999-12-31T23:59:59Z")
    assert [moment(text) for text in never] == [None, None]
    assert moment("2026-11-25T10:00:00Z") is not None
