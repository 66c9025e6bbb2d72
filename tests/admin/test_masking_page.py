"""Reading and masking on one page: each way of masking, undoing it, and what the page says of it. All of it without scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.html import escape

from requests_app.admin.data_shapes import handle_of, spot_of
from requests_app.domain.masks import Place, Scope
from requests_app.domain.records import Kind
from requests_app.models import Event, Mask
from requests_app.services import masking, review
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from tests.services.test_masking import chat, gather_again, reviewed
from tests.world import World, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
WHY = {"ground": "15_4", "note": "Grannens uppgifter", "page": "1"}


def url(case: Case, category: str, act: str = "") -> str:
    return f"/admin/requests_app/case/{case.ref}/uppgifter/fakturering/{category}/{act}"


def places(case: Case) -> list[Place]:
    vault = Vault(case)
    return [masking.place_of(vault, mask) for mask in masking.masks_of(case, vault).rows.values()]


def post(client: Client, case: Case, category: str, **fields: Any) -> Any:
    return client.post(url(case, category, "dolj/"), WHY | fields)


@pytest.fixture
def karin(world: World, browse: Callable[[User], Client]) -> Client:
    return browse(world.karin)


def test_it_masks_a_value_by_the_button_beside_it(world: World, karin: Client) -> None:
    item = record("kund", namn="Anna", kontakter=[{"namn": "Karl"}])
    case = reviewed(world, [item])
    page = karin.get(url(case, "kund")).content.decode()
    named = f"{handle_of(item)}.{spot_of('/kontakter/0/namn')}"
    assert f'name="value" value="{named}"' in page
    answer = post(karin, case, "kund", value=named)
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"#r-{handle_of(item)}")
    assert places(case) == [Place(Scope.VALUE, item.key, "/kontakter/0/namn", text="Karl")]
    page = karin.get(url(case, "kund")).content.decode()
    assert '<mark class="dsr-hidden">Karl</mark>' in page
    assert "Grannens uppgifter" in page


def test_it_masks_the_marked_text_counted_in_shown_characters(world: World, karin: Client) -> None:
    item = chat("m1", "a\u202e🙂 Karl\nbor här")
    case = reviewed(world, [item])
    fields = {"do": "span", "span_at": f"{handle_of(item)}.{spot_of('/text')}", "span_text": "Karl\r\nbor"}
    assert post(karin, case, "chatt", span_start="3", span_end="11", **fields).status_code == 302
    assert places(case) == [Place(Scope.SPAN, "m1", "/text", 4, 12, "Karl\nbor")]
    assert post(karin, case, "chatt", span_start="0", span_end="8", **fields).status_code == 422
    assert post(karin, case, "chatt", span_start="3", span_end="99", **fields).status_code == 422


def test_it_masks_the_chosen_records_and_all_readings_of_a_day(world: World, karin: Client) -> None:
    hours = [
        record("matvarden", Kind.TIME_SERIES, at=NOON + timedelta(hours=n), group="M1", value=n, unit="kWh")
        for n in range(24)
    ]
    case = reviewed(world, hours)
    page = karin.get(url(case, "matvarden")).content.decode()
    day = re.findall(r'name="record" value="([0-9a-f,]{100,})"', page)[0]
    assert post(karin, case, "matvarden", do="records", record=[day]).status_code == 302
    assert {place.record for place in places(case)} == {item.key for item in hours[: day.count(",") + 1]}
    assert post(karin, case, "matvarden", do="records").status_code == 422


def test_it_masks_a_category_and_says_so_beside_its_name(world: World, karin: Client) -> None:
    case = reviewed(world, [chat("m1", "Hej"), record("fakturor", belopp=7)])
    assert post(karin, case, "chatt", do="category").status_code == 302
    assert [place.scope for place in places(case)] == [Scope.CATEGORY]
    context = karin.get(url(case, "fakturor")).context
    assert [(entry["masks"], entry["whole"]) for entry in context["index"][0]["categories"]] == [(1, True), (0, False)]


@pytest.mark.parametrize(
    ("where", "found"),
    [("category", {"m1", "m2"}), ("chosen", {"m2"}), ("all", {"m1", "m2", "k1"})],
)
def test_it_masks_words_wherever_they_stand_without_scripts(
    world: World, karin: Client, where: str, found: set[str]
) -> None:
    two, contact = chat("m2", "karl är granne, Karl!"), record("kontakter", namn="KARL")
    case = reviewed(world, [chat("m1", "Ring Karl"), two, contact, chat("m3", "Karlstad")])
    answer = post(karin, case, "chatt", do="words", words=" Karl ", where=where, record=[handle_of(two)])
    assert answer.status_code == 302
    assert {place.record for place in places(case)} == {contact.key if key == "k1" else key for key in found}


def test_it_keeps_what_was_typed_when_the_reason_is_missing(world: World, karin: Client) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    answer = post(karin, case, "chatt", do="category", note=" ", words="Karl Karlsson", ground="dsl_5_1")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_note_error"' in page
    assert 'value="Karl Karlsson"' in page
    assert '<option value="dsl_5_1" selected>' in page
    assert not Mask.objects.exists()


def test_it_tells_where_else_the_text_stands_and_masks_it_there_on_one_click(world: World, karin: Client) -> None:
    one, two = record("kontakter", namn="Karl Karlsson"), chat("m2", "Karl Karlsson bor granne")
    case = reviewed(world, [one, two])
    answer = post(karin, case, "kontakter", value=f"{handle_of(one)}.{spot_of('/namn')}")
    followed = karin.get(answer["Location"])
    page = followed.content.decode()
    assert 'name="also"' in page
    post(karin, case, "kontakter", also=followed.context["also"], note="", ground="")
    assert [(place.record, place.scope) for place in places(case)] == [(one.key, Scope.VALUE), ("m2", Scope.SPAN)]
    masks = masking.masks_of(case, Vault(case)).rows.values()
    assert {masking.note_of(Vault(case), mask) for mask in masks} == {"Grannens uppgifter"}


def test_it_undoes_a_mask(world: World, karin: Client) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    post(karin, case, "chatt", do="category")
    mask = Mask.objects.get()
    assert post(karin, case, "chatt", undo=str(mask.pk), note="").status_code == 302
    mask.refresh_from_db()
    assert (mask.undone_by, mask.undone_at is None) == (world.karin, False)
    assert post(karin, case, "chatt", undo=str(mask.pk)).status_code == 422


@pytest.mark.parametrize(
    "fields",
    [
        {"value": "x.y"},
        {"value": ""},
        {"do": "records", "record": ["nope"]},
        {"do": "span", "span_at": "a.b", "span_start": "1", "span_end": "2"},
        {"undo": "0"},
        {"undo": "9" * 30},
        {"also": "1.2"},
        {"do": "words", "words": "", "where": "all"},
        {"do": "words", "words": "zz", "where": "category"},
        {"do": "category", "ground": "12_5_excessive"},
        {},
    ],
)
def test_what_is_not_there_is_refused_and_nothing_is_masked(
    world: World, karin: Client, fields: dict[str, Any]
) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    assert post(karin, case, "chatt", **fields).status_code == 422
    assert not Mask.objects.exists()


def test_once_the_review_is_done_the_page_is_read_only(world: World, karin: Client) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    post(karin, case, "chatt", do="category")
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    page = karin.get(url(case, "chatt")).content.decode()
    assert "mask-form" not in page
    assert "Grannens uppgifter" in page
    assert post(karin, case, "chatt", undo=str(Mask.objects.get().pk)).status_code == 422


def test_nobody_else_may_mask_or_look(world: World, browse: Callable[[User], Client]) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    for name in ("anders", "lena", "sven", "ada", "root"):
        client = browse(getattr(world, name))
        assert post(client, case, "chatt", do="category").status_code in {302, 403, 404}
        assert client.get(f"/admin/requests_app/case/{case.ref}/maskeringar/").status_code in {302, 403, 404}
    assert not Mask.objects.exists()


def test_the_page_of_a_mask_of_another_case_does_not_undo_it(world: World, karin: Client) -> None:
    case, other = reviewed(world, [chat("m1", "Hej")]), reviewed(world, [chat("m1", "Hej")])
    post(karin, case, "chatt", do="category")
    assert post(karin, other, "chatt", undo=str(Mask.objects.get().pk)).status_code == 422
    assert Mask.objects.get().undone_at is None


def test_masks_that_no_longer_fit_are_listed_and_laid_again(world: World, karin: Client) -> None:
    item = chat("m1", "Ring Karl.")
    case = reviewed(world, [item])
    fields = {"do": "span", "span_at": f"{handle_of(item)}.{spot_of('/text')}", "span_text": "Karl"}
    post(karin, case, "chatt", span_start="5", span_end="9", **fields)
    gather_again(case, [chat("m1", "Ring nu Karl.")])
    assert karin.get(url(case, "chatt")).context["gathered_again"]
    address = f"/admin/requests_app/case/{case.ref}/maskeringar/"
    assert len(karin.get(address).context["stale"]) == 1
    karin.post(address, {"again": str(Mask.objects.get().pk)})
    assert karin.get(address).context["stale"] == []
    assert places(case) == [Place(Scope.SPAN, "m1", "/text", 8, 12, "Karl")]


def test_reading_after_masking_is_logged_once(world: World, karin: Client) -> None:
    case = reviewed(world, [chat("m1", "Hej")])
    post(karin, case, "chatt", do="category")
    assert Event.objects.filter(kind="data.viewed", case_ref=case.ref).count() == 0
    karin.get(url(case, "chatt"))
    assert Event.objects.filter(kind="data.viewed", case_ref=case.ref).count() == 1


def test_suggestions_are_marked_with_their_reason_and_masked_on_a_click(world: World, karin: Client) -> None:
    case = reviewed(world, [chat("m1", "Mejla karl@example.net eller eva@example.net, mitt är anna@example.se")])
    answer = karin.get(url(case, "chatt"))
    page = answer.content.decode()
    assert '<mark class="dsr-suggested">karl@example.net</mark>' in page
    assert "anna@example.se</mark>" not in page
    group = next(group for group in answer.context["suggested"] if group["kind"] == "email")
    assert [item["text"] for item in group["found"]] == ["karl@example.net", "eva@example.net"]
    assert escape(group["found"][0]["reason"]) in page
    assert not Mask.objects.exists()
    assert post(karin, case, "chatt", suggestion=group["found"][0]["name"], note="").status_code == 302
    assert [place.text for place in places(case)] == ["karl@example.net"]
    assert masking.note_of(Vault(case), Mask.objects.select_related("system").get()) == str(group["found"][0]["reason"])


@pytest.mark.parametrize(("button", "masked"), [("kind", 200), ("kind-all", 250)])
def test_suggestions_of_a_kind_are_masked_on_the_page_or_in_the_category(
    world: World, karin: Client, button: str, masked: int
) -> None:
    case = reviewed(world, [chat(f"m{n}", f"Mejla karl{n}@example.net") for n in range(250)])
    assert post(karin, case, "chatt", **{button: "email"}, note="Grannar").status_code == 302
    assert Mask.objects.count() == masked
    assert post(karin, case, "chatt", **{button: "look"}).status_code == 422


def test_it_masks_the_name_of_a_conversation_in_all_of_its_messages(world: World, karin: Client) -> None:
    said = [replace(chat(f"m{n}", "Hej"), group="Chatt med Karl") for n in range(3)]
    case = reviewed(world, [*said, replace(chat("m9", "Hej"), group="Annat")])
    named = f"{handle_of(said[0])}.{spot_of('@group')}"
    assert f'name="value" value="{named}"' in karin.get(url(case, "chatt")).content.decode()
    assert post(karin, case, "chatt", value=named).status_code == 302
    assert sorted(place.record for place in places(case)) == ["m0", "m1", "m2"]
    assert {place.path for place in places(case)} == {"@group"}
    page = karin.get(url(case, "chatt")).content.decode()
    assert '<mark class="dsr-hidden">Chatt med Karl</mark>' in page
    assert '<mark class="dsr-hidden">Annat' not in page


def test_it_masks_what_facts_belong_to(world: World, karin: Client) -> None:
    item = replace(record("kund", Kind.FACTS, namn="Anna"), group="Hos Karl")
    case = reviewed(world, [item])
    named = f"{handle_of(item)}.{spot_of('@group')}"
    assert f'name="value" value="{named}"' in karin.get(url(case, "kund")).content.decode()
    assert post(karin, case, "kund", value=named).status_code == 302
    assert places(case) == [Place(Scope.VALUE, item.key, "@group")]
