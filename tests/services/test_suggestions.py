"""Suggestions of a case: the person's own data is known, what is masked is not suggested again, accepting lays masks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.masks import Place, Scope
from requests_app.domain.records import CategorySpec, Kind, Record
from requests_app.domain.suggest import Suggested, Why
from requests_app.models import Event, Mask
from requests_app.services import masking, people, suggestions
from requests_app.services.audit import SYSTEM, Actor, unit
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from requests_app.services.suggestion_words import KINDS, reason_of
from tests.world import PERSONNUMMER, World, identified, open_case, put_records, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from requests_app.models import Case
    from requests_app.services.suggestions import Suggestion

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
SPEC = CategorySpec("chatt", Kind.CONVERSATION, "Chatt", "Chat")


def chat(key: str, text: str, role: str = "person", **fields: Any) -> Record:
    return replace(record("chatt", Kind.CONVERSATION, at=NOON, group="A1", text=text, role=role, **fields), key=key)


def reviewed(world: World, records: Sequence[Record], **more: Any) -> Case:
    """A case in review whose billing system holds these records."""
    case = identified(world, open_case(world, **more))
    put_records(case, "fakturering", records)
    put_records(case, "arkiv", [])
    return case


def of_page(case: Case, records: Sequence[Record]) -> list[Suggestion]:
    return suggestions.for_page(case, Vault(case), SPEC, "fakturering", records)


NEIGHBOUR = chat("1", "Min granne Bengt nås på 070-174 06 20, bengt@example.com")
MINE = chat("2", f"Jag heter Anna Andersson, {PERSONNUMMER}, 070-1740605, Anna@example.se, info@hem.se")


def test_it_knows_what_is_the_persons_own_by_the_case(world: World) -> None:
    case = reviewed(world, [NEIGHBOUR, MINE], personnummer=PERSONNUMMER)
    assert [(item.kind, item.text) for item in of_page(case, [NEIGHBOUR, MINE])] == [
        (Suggested.NAME, "Bengt"),
        (Suggested.PHONE, "070-174 06 20"),
        (Suggested.EMAIL, "bengt@example.com"),
    ]


def test_an_identifier_that_was_rejected_is_somebody_elses(world: World) -> None:
    case = reviewed(world, [NEIGHBOUR])
    with unit(SYSTEM) as work:
        derived = people.add_identifier(
            work,
            case,
            people.subject_of(case),
            Vault(case),
            kind=IdentifierKind.EMAIL,
            value="bengt@example.com",
            source="fakturering",
            strong=False,
        )
    assert "bengt@example.com" not in [item.text for item in of_page(case, [NEIGHBOUR])]
    with unit(SYSTEM) as work:
        people.reject(work, case, derived)
    assert "bengt@example.com" in [item.text for item in of_page(case, [NEIGHBOUR])]


def test_each_says_where_why_and_on_which_ground(world: World) -> None:
    case = reviewed(world, [NEIGHBOUR])
    with translation.override("en"):
        name, phone, _mail = of_page(case, [NEIGHBOUR])
    assert name.place == Place(Scope.SPAN, "1", "/text", 11, 16, "Bengt")
    assert (name.ground, name.why, name.system, name.category) == ("15_4", Why.NAME_RELATION, "fakturering", "chatt")
    assert name.reason == "A name after a word for a relative, a neighbour or the like."
    assert name.key != phone.key


def test_words_worth_a_look_have_no_ground_and_cannot_be_accepted(world: World) -> None:
    sick = chat("1", "Jag är sjukskriven")
    case = reviewed(world, [sick])
    with translation.override("en"):
        [item] = of_page(case, [sick])
    assert (item.kind, item.ground) == (Suggested.LOOK, "")
    assert item.reason.startswith("Look at this") and "health" in item.reason
    with pytest.raises(ValidationError):
        suggestions.accept(actor=Actor.staff(world.karin), case=case, suggestions=[item])


def test_accepting_lays_masks_with_the_reason_as_note_and_they_are_not_suggested_again(world: World) -> None:
    case = reviewed(world, [NEIGHBOUR])
    made = suggestions.accept(
        actor=Actor.staff(world.karin), case=case, suggestions=of_page(case, [NEIGHBOUR]), note="Grannens uppgifter"
    )
    assert len(made) == 3 and {mask.by for mask in made} == {world.karin}
    assert {masking.note_of(Vault(case), mask) for mask in Mask.objects.all()} == {"Grannens uppgifter"}
    assert of_page(case, [NEIGHBOUR]) == []
    masking.undo(actor=Actor.staff(world.karin), case=case, masks=made[:1])
    assert len(of_page(case, [NEIGHBOUR])) == 1


def test_without_a_note_the_reason_is_the_note(world: World) -> None:
    case = reviewed(world, [NEIGHBOUR])
    items = of_page(case, [NEIGHBOUR])
    made = suggestions.accept(actor=Actor.staff(world.karin), case=case, suggestions=items)
    assert {masking.note_of(Vault(case), mask) for mask in made} == {item.reason for item in items}


def test_what_a_record_or_category_mask_covers_is_not_suggested(world: World) -> None:
    case = reviewed(world, [NEIGHBOUR])
    place = Place(Scope.RECORD, "1")
    masking.lay(
        actor=Actor.staff(world.karin),
        case=case,
        system="fakturering",
        category="chatt",
        places=[place],
        ground="15_4",
        note="Allt om grannen",
    )
    assert of_page(case, [NEIGHBOUR]) == []


def test_nothing_is_accepted_once_the_review_is_done(world: World) -> None:
    case = reviewed(world, [NEIGHBOUR])
    items = of_page(case, [NEIGHBOUR])
    type(case).objects.filter(pk=case.pk).update(state="deciding")
    with pytest.raises(Conflict):
        suggestions.accept(actor=Actor.staff(world.karin), case=case, suggestions=items)
    with pytest.raises(ValidationError):
        suggestions.accept(actor=Actor.staff(world.karin), case=case, suggestions=[])


def test_a_survey_counts_the_whole_case_up_to_a_limit(world: World) -> None:
    records = [chat(str(n), f"Ring Bengt {n}, han är sjuk") for n in range(30)]
    readings = [record("el", Kind.TIME_SERIES, at=NOON, value=n, note="bengt@example.com") for n in range(20)]
    case = reviewed(world, [*records, *readings])
    found = suggestions.survey(case, Vault(case))
    assert (found.others, found.kinds[Suggested.LOOK], found.read, found.complete) == (30, 30, 30, True)
    assert found.categories == {("fakturering", "chatt"): 30}
    part = suggestions.survey(case, Vault(case), limit_records=10)
    assert (part.others, part.read, part.complete) == (10, 10, False)


def test_looking_for_suggestions_logs_nothing(world: World) -> None:
    case = reviewed(world, [NEIGHBOUR])
    before = Event.objects.count()
    of_page(case, [NEIGHBOUR])
    assert Event.objects.count() == before


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_kind_and_reason_has_words(lang: str) -> None:
    with translation.override(lang):
        said = {reason_of(why) for why in Why}
        assert len(said) == len(Why) and all(len(text) > 20 for text in said)
        assert {str(KINDS[kind]) for kind in Suggested}
