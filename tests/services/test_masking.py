"""Masks are laid with a ground and a reason, survive another gathering, and hold the answer back when they no longer fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError

from requests_app.domain.masks import Place, Scope
from requests_app.domain.records import Kind, Record
from requests_app.models import Event, Mask
from requests_app.services import answers, masking, rendering, retention, review
from requests_app.services.audit import Actor, log_of
from requests_app.services.batches import records_of
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from tests.world import World, identified, open_case, put_records, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from requests_app.models import Case

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
OTHER, SECRECY = "15_4", "dsl_5_1"


pytestmark = pytest.mark.django_db


def chat(key: str, text: str, **fields: Any) -> Record:
    return replace(record("chatt", Kind.CONVERSATION, at=NOON, group="A1", text=text, **fields), key=key)


def reviewed(world: World, records: Sequence[Record], system: str = "fakturering") -> Case:
    """A case in review whose one system holds these records."""
    case = identified(world, open_case(world))
    put_records(case, system, records)
    put_records(case, "arkiv" if system == "fakturering" else "fakturering", [])
    return case


def lay(
    world: World, case: Case, *places: Place, category: str = "chatt", ground: str = OTHER, **more: Any
) -> list[Mask]:
    """Karin lays masks."""
    given = {"actor": Actor.staff(world.karin), "system": "fakturering", "note": "Grannens uppgifter", **more}
    return masking.lay(case=case, category=category, places=places, ground=ground, **given)


def span(key: str, text: str, part: str) -> Place:
    start = text.index(part)
    return Place(Scope.SPAN, key, "/text", start, start + len(part))


def printed(case: Case, category: str = "chatt") -> list[Record]:
    """What leaves of a category."""
    extract = answers.extract_of(case, Vault(case), {})
    found = [item for section in extract.sections for item in section.categories if item.spec.key == category]
    for item in found:
        assert item.count == len(list(item.records()))
    return [one for item in found for one in item.records()]


def test_it_hides_a_stretch_of_text_and_leaves_the_original_as_it_was(world: World) -> None:
    text = "Ring Karl Karlsson i stället."
    case = reviewed(world, [chat("m1", text), chat("m2", "Hej")])
    lay(world, case, span("m1", text, "Karl Karlsson"))
    assert [one.fields["text"] for one in printed(case)] == [
        "Ring [Maskerat: uppgift om annan person] i stället.",
        "Hej",
    ]
    row = case.collections.select_related("case").get(system__key="fakturering")
    assert [one.fields["text"] for one in records_of(row, Vault(case))] == [text, "Hej"]


def test_it_seals_the_place_and_the_reason(world: World) -> None:
    text = "Ring Karl Karlsson i stället."
    case = reviewed(world, [chat("m1", text)])
    mask = lay(world, case, span("m1", text, "Karl Karlsson"), note="Karl är granne")[0]
    mask.refresh_from_db()
    assert b"Karl" not in bytes(mask.place_enc or b"") + bytes(mask.note_enc or b"")
    vault = Vault(case)
    assert masking.place_of(vault, mask).text == "Karl Karlsson"
    assert masking.note_of(vault, mask) == "Karl är granne"


def test_it_logs_one_event_with_a_count_and_seals_the_note(world: World) -> None:
    case = reviewed(world, [chat(f"m{n}", "Hej") for n in range(3)])
    masks = lay(world, case, *(Place(Scope.RECORD, f"m{n}") for n in range(3)), note="Karl är granne")
    entry = next(entry for entry in log_of(case) if entry.event.kind == "mask.laid")
    assert entry.open == {
        "system": "fakturering",
        "category": "chatt",
        "scope": "record",
        "count": 3,
        "ground": OTHER,
        "rule": "",
    }
    assert entry.personal == {"note": "Karl är granne"}
    masking.undo(actor=Actor.staff(world.karin), case=case, masks=masks)
    entry = next(entry for entry in log_of(case) if entry.event.kind == "mask.undone")
    assert entry.open["count"] == 3
    assert Event.objects.filter(kind="mask.undone", case_ref=case.ref).count() == 1


def test_the_same_place_laid_twice_stays_one(world: World) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    place = Place(Scope.VALUE, "m1", "/text")
    assert len(lay(world, case, place, place)) == 1
    assert lay(world, case, place) == []
    assert Mask.objects.filter(case=case).count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [({"note": "  "}, "note"), ({"ground": "12_5_excessive"}, "ground"), ({"ground": ""}, "ground")],
)
def test_it_needs_a_ground_from_the_list_and_a_reason(world: World, more: dict[str, str], field: str) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    with pytest.raises(ValidationError) as refused:
        lay(world, case, Place(Scope.RECORD, "m1"), **more)
    assert list(refused.value.message_dict) == [field]
    assert not Mask.objects.filter(case=case).exists()


def test_a_standing_rule_needs_no_note_and_can_be_undone_by_a_person(world: World) -> None:
    case = reviewed(world, [chat("m1", "Hej", **{"from": "Stefan"})])
    masks = lay(world, case, Place(Scope.VALUE, "m1", "/from"), note="", rule="staff_names")
    assert masking.digest_of(case) == ""
    masking.undo(actor=Actor.staff(world.karin), case=case, masks=masks)
    assert printed(case)[0].fields["from"] == "Stefan"


@pytest.mark.parametrize(
    "place",
    [
        Place(Scope.RECORD, "m9"),
        Place(Scope.VALUE, "m1", "/finns-inte"),
        Place(Scope.SPAN, "m1", "/text", 2, 99),
        Place(Scope.SPAN, "m1", "/text", 0, 3, "Nej"),
        Place(Scope.SPAN, "m1", "/text"),
    ],
)
def test_it_does_not_mask_what_is_not_there(world: World, place: Place) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    with pytest.raises(ValidationError):
        lay(world, case, place)
    assert not Mask.objects.filter(case=case).exists()


def test_nothing_is_masked_or_undone_once_the_review_is_done(world: World) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    masks = lay(world, case, Place(Scope.RECORD, "m1"))
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    with pytest.raises(Conflict):
        lay(world, case, Place(Scope.VALUE, "m1", "/text"))
    with pytest.raises(Conflict):
        masking.undo(actor=Actor.staff(world.karin), case=case, masks=masks)


def test_a_record_or_a_category_withheld_whole_is_not_printed_but_counted(world: World) -> None:
    case = reviewed(
        world, [chat("m1", "Hej"), chat("m2", "Hopp"), record("fakturor", belopp=1), record("fakturor", belopp=2)]
    )
    lay(world, case, Place(Scope.RECORD, "m1"))
    lay(world, case, Place(Scope.CATEGORY), category="fakturor", ground=SECRECY)
    extract = answers.extract_of(case, Vault(case), {})
    section = next(item for item in extract.sections if item.key == "fakturering")
    assert (section.count, section.withheld) == (1, 3)
    assert {(item.category, item.count, item.whole) for item in extract.withheld} == {
        ("Chatt", 1, True),
        ("Fakturor", 2, True),
    }
    assert extract.withheld == masking.withheld(case, Vault(case), "sv")


def test_first_and_last_days_are_those_of_what_is_left(world: World) -> None:
    early = replace(chat("m1", "Hej"), occurred_at=datetime(2020, 1, 1, tzinfo=UTC))
    case = reviewed(world, [early, chat("m2", "Hopp")])
    lay(world, case, Place(Scope.RECORD, "m1"))
    extract = answers.extract_of(case, Vault(case), {})
    found = next(item for section in extract.sections for item in section.categories)
    assert found.first_on == found.last_on == NOON.date()


def gather_again(case: Case, records: Sequence[Record]) -> None:
    """Let the system give other records, as another round would."""
    row = case.collections.get(system__key="fakturering", current=True)
    row.batches.all().delete()
    put_records(case, "fakturering", records)


def test_a_mask_survives_another_gathering(world: World) -> None:
    text = "Ring Karl Karlsson."
    case = reviewed(world, [chat("m1", text)])
    lay(world, case, span("m1", text, "Karl Karlsson"))
    gather_again(case, [chat("m0", "Nytt"), chat("m1", text, status="läst")])
    assert masking.unmatched(case, Vault(case)) == []
    assert printed(case)[1].fields["text"] == "Ring [Maskerat: uppgift om annan person]."


@pytest.mark.parametrize(
    "again",
    [[], [chat("m1", "Ring nu Karl Karlsson.")], [chat("m2", "Ring Karl Karlsson.")], [chat("m1", "Hej", text2="x")]],
)
def test_a_mask_that_no_longer_fits_holds_the_answer_back(world: World, again: list[Record]) -> None:
    text = "Ring Karl Karlsson."
    case = reviewed(world, [chat("m1", text), record("fakturor", belopp=1)])
    lay(world, case, span("m1", text, "Karl Karlsson"))
    gather_again(case, [*again, record("fakturor", belopp=1)])
    with pytest.raises(masking.MasksUnmatched, match="Fakturering, Chatt"):
        review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    with pytest.raises(masking.MasksUnmatched):
        answers.extract_of(case, Vault(case), {})
    stale = masking.unmatched(case, Vault(case))
    masking.undo(actor=Actor.staff(world.karin), case=case, masks=[item.mask for item in stale])
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)


def test_a_mask_is_moved_to_where_its_text_stands_now(world: World) -> None:
    text = "Ring Karl Karlsson."
    case = reviewed(world, [chat("m1", text)])
    mask = lay(world, case, span("m1", text, "Karl Karlsson"), note="Grannen")[0]
    gather_again(case, [chat("m1", "Ring nu Karl Karlsson, eller Karl Karlsson.")])
    moved = masking.lay_again(actor=Actor.staff(world.karin), case=case, mask=mask)
    assert [masking.note_of(Vault(case), item) for item in moved] == ["Grannen", "Grannen"]
    hidden = "[Maskerat: uppgift om annan person]"
    assert printed(case)[0].fields["text"] == f"Ring nu {hidden}, eller {hidden}."
    assert masking.unmatched(case, Vault(case)) == []


def test_a_value_in_a_list_that_has_another_order_is_noticed(world: World) -> None:
    before = [{"namn": "Anna"}, {"namn": "Karl"}]
    case = reviewed(world, [replace(record("kontakter", personer=before), key="k1")])
    mask = lay(world, case, Place(Scope.VALUE, "k1", "/personer/1/namn"), category="kontakter")[0]
    gather_again(case, [replace(record("kontakter", personer=before[::-1]), key="k1")])
    assert [item.now for item in masking.unmatched(case, Vault(case))] == [
        (Place(Scope.VALUE, "k1", "/personer/0/namn", text="Karl"),)
    ]
    masking.lay_again(actor=Actor.staff(world.karin), case=case, mask=mask)
    shown = printed(case, "kontakter")[0].fields["personer"]
    assert shown == [{"namn": "[Maskerat: uppgift om annan person]"}, {"namn": "Anna"}]


def test_it_finds_where_else_a_masked_text_stands(world: World) -> None:
    text = "Ring Karl Karlsson på 070-123 45 67."
    records = [chat("m1", text), chat("m2", "KARL KARLSSON bor här. karlsson!"), chat("m3", "0701234567")]
    case = reviewed(world, [*records, replace(record("kontakter", namn="Karl Karlsson"), key="k1")])
    masks = lay(world, case, span("m1", text, "Karl Karlsson"), span("m1", text, "070-123 45 67"))
    vault = Vault(case)
    found = masking.elsewhere(case, vault, masking.texts_of(case, vault, masks))
    assert [(item.spec.key, [(p.record, p.path, p.start) for p in item.places]) for item in found] == [
        ("chatt", [("m2", "/text", 0), ("m3", "/text", None)]),
        ("kontakter", [("k1", "/namn", None)]),
    ]
    for item in found:
        lay(world, case, *item.places, category=item.spec.key)
    assert masking.elsewhere(case, vault, masking.texts_of(case, vault, masks)) == []


def test_legal_is_shown_what_persons_masked_and_nothing_else(world: World) -> None:
    text = "Ring Karl Karlsson i stället."
    case = reviewed(
        world, [chat("m1", text, **{"from": "Stefan"}), chat("m2", "Annat samtal"), record("fakturor", belopp=7)]
    )
    lay(world, case, span("m1", text, "Karl Karlsson"), note="Grannen")
    lay(world, case, Place(Scope.VALUE, "m1", "/from"), rule="staff_names", note="")
    shown = masking.shown_items(case, Vault(case))
    assert [(item.parts, item.reasons, item.when) for item in shown] == [
        ((("Ring ", False), ("Karl Karlsson", True), (" i stället.", False)), ((OTHER, "Grannen"),), NOON)
    ]


def test_a_text_with_several_masks_is_shown_once_with_all_of_them(world: World) -> None:
    text = f"Ring Karl Karlsson eller Eva Ek. {'Tack på förhand. ' * 40}Hälsa Karl Karlsson."
    case = reviewed(world, [chat("m1", text)])
    lay(world, case, span("m1", text, "Karl Karlsson"), span("m1", text, "Eva Ek"), note="Grannen")
    last = text.rindex("Karl Karlsson")
    again = Place(Scope.SPAN, "m1", "/text", last, last + len("Karl Karlsson"), "Karl Karlsson")
    lay(world, case, again, ground=SECRECY, note="Sekretess")
    (shown,) = masking.shown_items(case, Vault(case))
    assert [part for part, hidden in shown.parts if hidden] == ["Karl Karlsson", "Eva Ek", "Karl Karlsson"]
    assert [part for part, hidden in shown.parts if not hidden][1] == " eller "
    assert " … " in shown.parts[4][0] and len(shown.parts[4][0]) < 300
    assert shown.reasons == ((OTHER, "Grannen"), (SECRECY, "Sekretess"))


def test_the_digest_changes_with_every_mask_that_a_person_lays_or_undoes(world: World) -> None:
    case = reviewed(world, [chat("m1", "Hej"), chat("m2", "Hopp")])
    assert masking.digest_of(case) == ""
    first = lay(world, case, Place(Scope.RECORD, "m1"))
    one = masking.digest_of(case)
    assert one == masking.digest_of(case) != ""
    lay(world, case, Place(Scope.RECORD, "m2"))
    two = masking.digest_of(case)
    masking.undo(actor=Actor.staff(world.karin), case=case, masks=first)
    assert len({one, two, masking.digest_of(case)}) == 3


def test_no_document_is_made_while_masks_do_not_fit_and_it_is_not_tried_again(world: World) -> None:
    text = "Ring Karl Karlsson."
    case = reviewed(world, [chat("m1", text)])
    lay(world, case, span("m1", text, "Karl Karlsson"))
    gather_again(case, [chat("m1", "Annat")])
    render = rendering.request_preview(case=case)
    rendering.run(render.pk)
    render.refresh_from_db()
    assert (render.state, render.fault, render.pdf) == ("failed", "masks", None)


def test_the_masks_of_some_records_are_read_without_the_others(world: World) -> None:
    case = reviewed(world, [chat("m1", "Hej"), chat("m2", "Hej"), chat("m3", "Hej")])
    first, second = (lay(world, case, Place(Scope.RECORD, key))[0] for key in ("m1", "m2"))
    vault = Vault(case)

    def on(*keys: str) -> set[int]:
        return set(masking.masks_on(case, vault, system="fakturering", category="chatt", records=keys).rows)

    assert on("m1") == {first.pk}
    assert on("m1", "m2", "m3") == {first.pk, second.pk}
    assert on("m3") == on() == set()
    assert on(*(f"x{n}" for n in range(1_001))) == {first.pk, second.pk}  # too many to look up one by one
    whole = lay(world, case, Place(Scope.CATEGORY))[0]
    assert on("m1") == {first.pk, whole.pk}
    assert masking.masks_on(case, vault, system="fakturering", category="kund", records=["m1"]).rows == {}


def test_masks_from_before_their_record_was_hashed_are_found_on_every_page(world: World) -> None:
    case = reviewed(world, [chat("m1", "Hej"), chat("m2", "Hej")])
    mask = lay(world, case, Place(Scope.RECORD, "m1"))[0]
    Mask.objects.update(record_mac=None)
    found = masking.masks_on(case, Vault(case), system="fakturering", category="chatt", records=["m2"])
    assert set(found.rows) == {mask.pk}
    assert found.of("fakturering", "chatt").of("m2") == ()
    assert lay(world, case, Place(Scope.RECORD, "m1")) == []  # it is known as laid


def test_the_hash_of_a_record_says_nothing_of_it_in_another_place_and_goes_with_its_data(world: World) -> None:
    cases = [reviewed(world, [chat("m1", "Hej")]) for _ in range(2)]
    for case in cases:
        lay(world, case, Place(Scope.RECORD, "m1"))
    one, other = Mask.objects.order_by("pk")
    assert one.record_mac is not None
    assert bytes(one.record_mac) != bytes(other.record_mac or b"")
    retention.wipe_gathered(cases[0])
    one.refresh_from_db()
    assert one.record_mac is None
