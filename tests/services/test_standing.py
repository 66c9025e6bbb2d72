"""Standing rules: approved by legal alone, applied once to what was gathered, and what a person undoes stays undone."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record
from requests_app.domain.suggest import Suggested
from requests_app.models import Case, Collection, Event, Mask, Policy
from requests_app.services import clock, gathering, masking, policy, review, standing, suggestions, sweeper
from requests_app.services.audit import SYSTEM, Actor, log_of
from requests_app.services.keys import Vault
from tests.world import World, identified, open_case, put_records, record

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
BOTH = ["staff_names", "third_party_contacts"]


def approve(world: World, *rules: str) -> Policy:
    made = policy.change(actor=Actor.staff(world.lena), values={"standing_masks": list(rules)})
    clock.recalculate_open(actor=SYSTEM, policy=made)
    return made


def chat(key: str, text: str, role: str = "person", **fields: Any) -> Record:
    return replace(record("chatt", Kind.CONVERSATION, at=NOON, group="A1", text=text, role=role, **fields), key=key)


TALK = (
    chat("1", "Hej Anna!", "staff", **{"from": "Karin Öberg"}),
    chat("2", "Min granne Bengt nås på 070-174 06 20 eller bengt@example.com"),
    chat("3", "Jag är sjukskriven, mitt nummer är 070-174 06 05"),
)


def reviewed(world: World, records: Sequence[Record] = TALK) -> Case:
    case = identified(world, open_case(world))
    put_records(case, "fakturering", records)
    put_records(case, "arkiv", [])
    return fresh(case)


def fresh(case: Case) -> Case:
    return Case.objects.select_related("policy", "team").get(pk=case.pk)


def texts(case: Case) -> list[tuple[str, str]]:
    """What is masked, by rule."""
    places = {
        place.text: mask for mask in masking.masks_of(case, Vault(case)).rows.values() for place in [_place(case, mask)]
    }
    return sorted((mask.rule, text) for text, mask in places.items())


def _place(case: Case, mask: Mask) -> Any:
    place = masking.place_of(Vault(case), mask)
    return replace(place, text=place.text or place.path)


def test_no_rule_holds_until_legal_approves_one(world: World) -> None:
    assert policy.current()[1].standing_masks == ()
    case = reviewed(world)
    assert not standing.is_due(case) and standing.run(case.pk) == 0
    assert not Mask.objects.exists()


def test_only_legal_changes_them_and_has_then_approved_them(world: World) -> None:
    for actor in (Actor.staff(world.ada), Actor.staff(world.karin), Actor.staff(world.root), SYSTEM):
        with pytest.raises(ValidationError) as raised:
            policy.change(actor=actor, values={"standing_masks": ["staff_names"]})
        assert "standing_masks" in raised.value.message_dict
    made = approve(world, "staff_names")
    assert (made.approved_by, policy.current()[1].standing_masks) == (world.lena, ("staff_names",))


def test_others_change_the_rest_of_the_policy_and_the_rules_stay(world: World) -> None:
    approve(world, "staff_names")
    policy.change(actor=Actor.staff(world.ada), values={"four_eyes": False, "standing_masks": ["staff_names"]})
    assert policy.current()[1].standing_masks == ("staff_names",)
    [names, contacts] = standing.rules()
    assert (names.holds, names.approved_by) == (True, world.lena)
    assert (contacts.holds, contacts.approved_by, contacts.since) == (False, None, None)
    with pytest.raises(ValidationError):
        policy.change(actor=Actor.staff(world.ada), values={"standing_masks": []})


@pytest.mark.parametrize("value", [["moon"], ["staff_names", "staff_names"], "staff_names", [1]])
def test_an_unknown_rule_is_refused(world: World, value: Any) -> None:
    with pytest.raises(ValidationError):
        policy.change(actor=Actor.staff(world.lena), values={"standing_masks": value})


def test_an_older_version_without_the_value_can_be_read() -> None:
    raw = policy.PolicyValues().as_json()
    del raw["standing_masks"]
    assert policy.read(raw).standing_masks == ()


@pytest.mark.parametrize(
    ("rules", "masked"),
    [
        (["staff_names"], [("staff_names", "/from")]),
        (
            ["third_party_contacts"],
            [("third_party_contacts", "070-174 06 20"), ("third_party_contacts", "bengt@example.com")],
        ),
        (
            BOTH,
            [
                ("staff_names", "/from"),
                ("third_party_contacts", "070-174 06 20"),
                ("third_party_contacts", "bengt@example.com"),
            ],
        ),
    ],
)
def test_each_rule_hides_what_it_says_and_nothing_else(
    world: World, rules: list[str], masked: list[tuple[str, str]]
) -> None:
    approve(world, *rules)
    case = reviewed(world)
    assert standing.run(case.pk) == len(masked)
    assert texts(case) == masked
    assert {mask.by for mask in Mask.objects.all()} == {None}


def test_it_is_handed_to_a_worker_when_gathering_has_settled(
    world: World, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    handed: list[tuple[str, int]] = []
    monkeypatch.setattr("requests_app.services.queue._publish", lambda task, *pks: handed.append((task, *pks)))
    approve(world, "staff_names")
    with django_capture_on_commit_callbacks(execute=True):
        case = reviewed(world)
    assert ("standing", case.pk) in handed


def test_the_review_waits_until_they_are_applied(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(world, *BOTH)
    case = reviewed(world)
    asked: list[int] = []
    monkeypatch.setattr("requests_app.services.queue.standing", asked.append)
    with pytest.raises(ValidationError) as raised:
        review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    assert raised.value.code == "standing" and asked == [case.pk]
    standing.run(case.pk)
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    assert fresh(case).state == "deciding"


def test_applying_twice_lays_nothing_more(world: World) -> None:
    approve(world, *BOTH)
    case = reviewed(world)
    assert standing.run(case.pk) == 3
    assert not standing.is_due(fresh(case)) and standing.run(case.pk) == 0
    assert standing.apply(fresh(case)) == 0
    assert Mask.objects.count() == 3


def test_what_a_person_undid_stays_undone_after_another_gathering(world: World) -> None:
    approve(world, *BOTH)
    case = reviewed(world)
    standing.run(case.pk)
    undone = next(mask for mask in Mask.objects.all() if _place(case, mask).text == "bengt@example.com")
    masking.undo(actor=Actor.staff(world.karin), case=case, masks=[undone])
    gather_again(world, case, [*TALK, chat("4", "och bror nås på bror@example.com")])
    assert standing.is_due(fresh(case))
    assert standing.run(case.pk) == 1
    assert texts(case)[1:] == [("third_party_contacts", "070-174 06 20"), ("third_party_contacts", "bror@example.com")]


def gather_again(world: World, case: Case, records: Sequence[Record]) -> None:
    gathering.search_system(actor=Actor.staff(world.karin), case=case, system=world.systems["fakturering"])
    put_records(case, "fakturering", records)


def test_a_rule_approved_during_the_review_is_applied_too(world: World) -> None:
    case = reviewed(world)
    approve(world, "staff_names")
    assert standing.is_due(fresh(case))
    assert standing.sweep() == 1
    assert standing.run(case.pk) == 1


def test_what_a_person_masked_is_not_masked_again(world: World) -> None:
    approve(world, "staff_names")
    case = reviewed(world)
    masking.lay(
        actor=Actor.staff(world.karin),
        case=case,
        system="fakturering",
        category="chatt",
        places=[masking.Place(masking.Scope.RECORD, "1")],
        ground="15_4",
        note="Allt",
    )
    assert standing.run(case.pk) == 0


def test_readings_are_not_read(world: World) -> None:
    approve(world, *BOTH)
    readings = [record("el", Kind.TIME_SERIES, at=NOON + timedelta(hours=n), value=n, by="Karin") for n in range(5)]
    case = reviewed(world, readings)
    assert standing.run(case.pk) == 0
    assert not standing.is_due(fresh(case))


def test_nothing_is_laid_when_the_data_was_gathered_anew_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(world, *BOTH)
    case = reviewed(world)
    stale = fresh(case)
    marks = iter(["before", "after"])
    monkeypatch.setattr(standing, "_mark", lambda case, rules: next(marks, "after"))
    assert standing.apply(stale) == 0
    assert not Mask.objects.exists() and not Event.objects.filter(kind="standing.applied").exists()


def test_many_are_laid_in_several_short_transactions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(world, "third_party_contacts")
    case = reviewed(world, [chat(str(n), f"mejla bror{n}@example.com") for n in range(25)])
    monkeypatch.setattr(standing, "CHUNK", 10)
    assert standing.run(case.pk) == 25
    counts = [entry.open["count"] for entry in log_of(case) if entry.event.kind == "mask.laid"]
    assert sorted(counts) == [5, 10, 10]
    [applied] = [entry for entry in log_of(case) if entry.event.kind == "standing.applied"]
    assert applied.open["count"] == 25 and applied.open["rules"] == ["third_party_contacts"]


def test_the_sweeper_sends_what_was_not_applied(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(world, *BOTH)
    case = reviewed(world)
    sent: list[int] = []
    monkeypatch.setattr("requests_app.services.queue.standing", sent.append)
    sweeper.sweep()
    assert sent == [case.pk]
    standing.run(case.pk)
    sweeper.sweep()
    assert sent == [case.pk]
    long_ago = timezone.now() - timedelta(days=2)
    Collection.objects.update(ended_at=long_ago)
    sweeper.sweep()
    assert sent == [case.pk, case.pk]  # the policy is new
    Policy.objects.update(valid_from=long_ago)
    sweeper.sweep()
    assert sent == [case.pk, case.pk]


ACCOUNT = record(
    "konto",
    Kind.FACTS,
    phone_home="035-10 20 30",
    email_old="anna.gammal@example.com",
    contacts={"mobil": ["070-174 06 33"], "mejl": "Anna <anna.annan@example.com>"},
    numbers="035-10 20 31, 070-174 06 34",
    userName="Karin_1962",
    login="Karin",
    createdBy="anna_8812",
    modifiedBy="MinaSidor",
    operator="Telia",
    by="web-form",
    handledBy="Team Väst",
    note="Ring hennes bror Bengt på 070-174 06 20 om något händer",
)
ROWS = [
    record("order", Kind.TABLE, seller="Elon", installer="Bravida AB", createdBy="Karin", handler="Kim"),
    record("order", Kind.TABLE, createdBy="Stefan Öberg", operator="stefan@hem.se", modifiedBy="svc@telia.se"),
]


def hidden(case: Case) -> set[str]:
    return {_place(case, mask).text for mask in Mask.objects.filter(case=case)}


def test_no_rule_hides_what_may_be_the_persons_own(world: World) -> None:
    approve(world, *BOTH)
    case = reviewed(world, [ACCOUNT, *ROWS, chat("5", "Hej", "person", **{"from": "anna.gammal@example.com"})])
    standing.run(case.pk)
    assert hidden(case) == {"070-174 06 20", "/createdBy", "/operator", "/handler"}
    assert Mask.objects.filter(case=case).count() == 4
    shown = suggestions.survey(case, Vault(case))
    assert shown.kinds[Suggested.PHONE] == 4 and shown.kinds[Suggested.EMAIL] >= 2


def test_a_rule_hides_no_field_whose_system_says_that_it_is_a_contact_detail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = CategorySpec("konto", Kind.FACTS, "Konto", "Account", {"tel": FieldSpec("Tel", "Phone", FieldType.PHONE)})
    monkeypatch.setattr(standing, "spec_of", lambda *_args: spec)
    approve(world, *BOTH)
    case = reviewed(world, [record("konto", Kind.FACTS, tel="Ring mig helst efter sex på kvällen 035-10 20 30")])
    assert standing.run(case.pk) == 0


def test_a_record_that_holds_a_file_as_text_delays_no_rule(world: World) -> None:
    approve(world, *BOTH)
    case = reviewed(world, [chat("6", "a" * 200_000 + " bror@example.com")])
    started = time.process_time()
    assert standing.run(case.pk) == 1
    assert time.process_time() - started < 3
