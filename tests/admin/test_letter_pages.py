"""The wording of the letters: who may change it, that nothing typed is lost, and what the pages show."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pikepdf
import pytest
from django.urls import reverse

from requests_app.documents.wordings import KEYS
from requests_app.models import Event, LetterTemplate
from requests_app.services import letter_wording
from tests.documents.reading import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

    Browse = Callable[[User], Client]

EDIT = "/admin/brev/receipt/sv/"


def typed(key: str = "receipt", lang: str = "sv", **changes: str) -> dict[str, str | int]:
    """The form as the page shows it, with changes."""
    template = letter_wording.current(key, lang)
    return {**letter_wording.texts(key, lang), "seen": template.version if template else 0, "variant": 0, **changes}


def test_the_list_tells_whose_wording_holds(world: World, browse: Browse) -> None:
    browse(world.ada).post(EDIT, typed(misunderstood="Säg till om något är fel."))
    page = browse(world.lena).get("/admin/brev/").content.decode()
    assert "Ada" in page
    assert "Version 1" in page
    assert page.count("/admin/brev/") >= 2 * len(KEYS)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_letter_can_be_opened_and_saved_as_it_is(world: World, browse: Browse, key: str, lang: str) -> None:
    client = browse(world.ada)
    page = client.get(f"/admin/brev/{key}/{lang}/")
    assert page.status_code == 200
    assert page.content.decode().count("<textarea") == len(letter_wording.shipped(key, lang))
    assert client.post(f"/admin/brev/{key}/{lang}/", typed(key, lang)).status_code == 302
    assert not LetterTemplate.objects.exists()


def test_saving_writes_a_version_and_an_event(world: World, browse: Browse) -> None:
    answer = browse(world.ada).post(EDIT, typed(misunderstood="Säg till om något är fel."))
    assert answer.status_code == 302
    saved = LetterTemplate.objects.get()
    assert saved.wording == {"misunderstood": "Säg till om något är fel."}
    assert saved.by == world.ada
    assert Event.objects.filter(kind="letter.wording_changed").count() == 1


def test_what_was_typed_is_not_lost_when_it_is_refused(world: World, browse: Browse) -> None:
    text = "Vi fick din begäran den {received_on}. Ha en bra dag, skriver jag här."
    answer = browse(world.ada).post(EDIT, typed(intro=text, misunderstood="Hör av dig annars."))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert text in page
    assert "Hör av dig annars." in page
    assert 'aria-describedby="id_intro_error"' in page
    assert page.count("{due_on}") > typed()["intro"].count("{due_on}")
    assert not LetterTemplate.objects.exists()


def test_a_version_somebody_else_wrote_meanwhile_is_not_overwritten_unseen(world: World, browse: Browse) -> None:
    old = typed(misunderstood="Min text.")
    browse(world.lena).post(EDIT, typed(misunderstood="Lenas text."))
    answer = browse(world.ada).post(EDIT, old)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Min text." in page
    assert "Lenas" in page
    assert 'name="seen" value="1"' in page
    assert browse(world.ada).post(EDIT, {**old, "seen": 1}).status_code == 302
    assert letter_wording.texts("receipt", "sv")["misunderstood"] == "Min text."


def test_back_to_what_we_ship_changes_one_passage_and_saves_nothing(world: World, browse: Browse) -> None:
    answer = browse(world.ada).post(EDIT, typed(misunderstood="Mitt.", no_id_copy="Aldrig.", back="misunderstood"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Mitt." not in page
    assert "Har vi missförstått något?" in page
    assert "Aldrig." in page
    assert not LetterTemplate.objects.exists()


def test_the_preview_is_the_letter_as_typed(world: World, browse: Browse) -> None:
    client = browse(world.ada)
    answer = client.post(f"{EDIT}visa/", typed(misunderstood="Ett alldeles eget stycke."))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    data = b"".join(answer.streaming_content)
    assert "Ett alldeles eget stycke." in plain(data)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.pages) == 1
    assert not LetterTemplate.objects.exists()
    shown = b"".join(client.get(f"{EDIT}visa/").streaming_content)
    assert "Har vi missförstått något?" in plain(shown)


def test_the_preview_follows_what_the_letter_is_about(world: World, browse: Browse) -> None:
    client = browse(world.ada)
    variants = letter_wording.variants("refusal", "sv")
    answer = client.post("/admin/brev/refusal/sv/visa/", typed("refusal", variant=str(len(variants) - 1)))
    assert "450 kronor" in plain(b"".join(answer.streaming_content))
    assert client.post("/admin/brev/refusal/sv/visa/", typed("refusal", variant="99")).status_code == 200


def test_a_preview_that_cannot_be_made_says_why(world: World, browse: Browse) -> None:
    answer = browse(world.ada).post(f"{EDIT}visa/", typed(intro="Hej {name}!"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "{name}" in page
    assert answer["Content-Type"].startswith("text/html")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "script-src" not in answer["Content-Security-Policy"]


def test_the_history_shows_what_changed(world: World, browse: Browse) -> None:
    client = browse(world.ada)
    client.post(EDIT, typed(no_id_copy="Vi ber dig aldrig om en kopia av ditt pass."))
    page = client.get(EDIT).content.decode()
    assert "<del>din legitimation.</del>" in page
    assert "<ins>ditt pass.</ins>" in page


def test_markup_in_a_wording_is_text_on_the_page(world: World, browse: Browse) -> None:
    client = browse(world.ada)
    client.post(EDIT, typed(misunderstood="<script>alert(1)</script>"))
    page = client.get(EDIT).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_only_administrator_and_legal_change_letters(world: World, browse: Browse) -> None:
    for name, user in world.everyone().items():
        client, allowed = browse(user), name in {"ada", "lena"}
        codes = {client.get(address).status_code for address in ("/admin/brev/", EDIT, f"{EDIT}visa/")}
        assert codes == ({200} if allowed else {403}), name
        assert client.post(EDIT, typed(misunderstood=f"Hälsar {name}.")).status_code == (302 if allowed else 403), name
    assert {row.by.name for row in LetterTemplate.objects.all()} == {"Ada", "Lena"}


def test_a_letter_that_is_not_there_is_not_found(world: World, browse: Browse) -> None:
    client = browse(world.ada)
    for address in ("/admin/brev/receipt/de/", "/admin/brev/love/sv/", "/admin/brev/love/sv/visa/"):
        assert client.get(address).status_code == 404


def test_the_pages_ask_few_questions(
    world: World, browse: Browse, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    client = browse(world.ada)
    for text in ("Ett.", "Två.", "Tre."):
        client.post(EDIT, typed(misunderstood=text))
    with django_assert_max_num_queries(14):
        assert client.get(reverse("admin:letter", args=["receipt", "sv"])).status_code == 200
    with django_assert_max_num_queries(12):
        assert client.get(reverse("admin:letters")).status_code == 200
