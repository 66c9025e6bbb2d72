"""Wording of the letters: versions that are only added, letters that keep what they used, and the handler's own paragraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from requests_app.documents.wordings import KEYS
from requests_app.domain.rights import ContactBasis, Way
from requests_app.models import Event, LetterTemplate, Render
from requests_app.services import delivery, files, letter_wording, policy, rendering
from requests_app.services.audit import SYSTEM, WORKER, Actor, unit
from requests_app.services.keys import Vault
from requests_app.services.letter_wording import Overtaken
from requests_app.services.moves import Conflict, lock
from tests.documents.letters_world import variants
from tests.documents.reading import plain
from tests.world import World, open_case

if TYPE_CHECKING:
    from requests_app.models import Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(world: World) -> Actor:
    return Actor.staff(world.ada)


def reworded(actor: Actor, **texts: str) -> LetterTemplate | None:
    return letter_wording.change(actor=actor, key="receipt", lang="sv", wording=texts)


def receipt_of(case: Case) -> Render:
    render = rendering.newest(case, "receipt")
    assert render is not None
    return render


def text_of(render: Render) -> str:
    """What the finished letter says."""
    rendering.run(render.pk)
    render.refresh_from_db()
    assert render.pdf is not None, render.fault
    with files.open_file(Vault(render.case), render.pdf) as opened:
        return plain(opened.read())


def test_a_wording_is_used_by_new_letters_and_not_by_old(world: World, ada: Actor) -> None:
    before = receipt_of(open_case(world))
    reworded(ada, misunderstood="Ring om något är fel.")
    between = receipt_of(open_case(world, name="Bo Berg"))
    reworded(ada, misunderstood="Mejla om något är fel.")
    after = receipt_of(open_case(world, name="Cia Carlsson"))
    assert "Har vi missförstått något?" in text_of(before)
    assert "Ring om något är fel." in text_of(between)
    assert "Mejla om något är fel." in text_of(after)
    assert (between.template.version, after.template.version) == (1, 2)
    assert before.template is None


def test_only_what_differs_is_kept(world: World, ada: Actor) -> None:
    whole = {**letter_wording.texts("receipt", "sv"), "misunderstood": "  Ring om något är fel. \r\n"}
    made = letter_wording.change(actor=ada, key="receipt", lang="sv", wording=whole)
    assert made is not None
    assert made.wording == {"misunderstood": "Ring om något är fel."}
    assert letter_wording.texts("receipt", "sv")["misunderstood"] == "Ring om något är fel."
    assert letter_wording.current("receipt", "en") is None


def test_nothing_is_written_when_nothing_changes(world: World, ada: Actor) -> None:
    assert reworded(ada) is None
    made = reworded(ada, misunderstood="Ring oss.")
    assert reworded(ada, misunderstood="Ring oss.") == made
    assert LetterTemplate.objects.count() == 1
    assert Event.objects.filter(kind="letter.wording_changed").count() == 1


def test_going_back_to_what_we_ship_is_a_version_too(world: World, ada: Actor) -> None:
    reworded(ada, misunderstood="Ring oss.")
    made = reworded(ada)
    assert made is not None
    assert (made.version, made.wording) == (2, {})
    changes = [[name for name, _parts in version.changes] for version in letter_wording.history("receipt", "sv")]
    assert changes == [["misunderstood"], ["misunderstood"]]


@pytest.mark.parametrize(
    ("texts", "passage", "said"),
    [
        ({"intro": "Svar {received_on}."}, "intro", "{due_on}"),
        ({"intro": "Svar {received_on} {due_on} {name}."}, "intro", "{name}"),
        ({"intro": "Svar {received_on} {due_on} {."}, "intro", "{"),
        ({"public_document": " "}, "public_document", ""),
        ({"misunderstood": "x" * 2001}, "misunderstood", "2000"),
    ],
)
def test_a_wording_that_cannot_be_used_is_refused_by_passage(
    world: World, ada: Actor, texts: dict[str, str], passage: str, said: str
) -> None:
    for refuse in (
        lambda: reworded(ada, **texts),
        lambda: letter_wording.preview_pdf("receipt", "sv", texts),
    ):
        with pytest.raises(ValidationError) as error:
            refuse()
        assert list(error.value.message_dict) == [passage]
        assert said in error.value.message_dict[passage][0]
    assert not LetterTemplate.objects.exists()


def test_what_is_not_there_cannot_be_changed(world: World, ada: Actor) -> None:
    with pytest.raises(ValidationError):
        reworded(ada, remedies="Klaga inte.")
    with pytest.raises(KeyError):
        letter_wording.change(actor=ada, key="love", lang="sv", wording={})
    with pytest.raises(ValidationError):
        reworded(SYSTEM, misunderstood="Ring oss.")


def test_a_change_made_from_an_older_version_is_refused(world: World, ada: Actor) -> None:
    reworded(ada, misunderstood="Ett.")
    with pytest.raises(Overtaken):
        letter_wording.change(actor=ada, key="receipt", lang="sv", wording={"misunderstood": "Två."}, seen=0)
    made = letter_wording.change(actor=ada, key="receipt", lang="sv", wording={"misunderstood": "Två."}, seen=1)
    assert made is not None
    assert made.version == 2


@pytest.mark.parametrize("key", KEYS)
def test_every_letter_can_be_previewed_with_the_sender_of_the_policy(world: World, key: str) -> None:
    sender = policy.current()[1].sender.name
    last = len(letter_wording.variants(key, "sv")) - 1
    assert sender in plain(letter_wording.preview_pdf(key, "sv", {}, last))
    assert set(letter_wording.examples(key, "en")) == {
        name for passage in letter_wording.shipped(key, "en") for name in passage.placeholders
    }


def test_texts_are_compared_word_by_word() -> None:
    parts = letter_wording.compared("Vi ber om ditt pass.", "Vi ber aldrig om ditt pass.")
    assert [(part.kind, part.text) for part in parts] == [
        ("same", "Vi ber "),
        ("new", "aldrig "),
        ("same", "om ditt pass."),
    ]


def test_own_paragraphs_are_added_and_everything_else_stays(world: World, ada: Actor) -> None:
    reworded(ada, misunderstood="Ring om något är fel.")
    case = open_case(world)
    old, karin = receipt_of(case), Actor.staff(world.karin)
    reworded(ada, misunderstood="En senare ordalydelse.")
    note = "Du frågade om elmätaren.\nDen byttes 2024.\r\n\r\n<b>Hör av dig!</b>\n\n\n"
    new = rendering.rewrite(actor=karin, case=case, render=old, note=note)
    said = text_of(new)
    assert "Du frågade om elmätaren. Den byttes 2024." in " ".join(said.split())
    assert "<b>Hör av dig!</b>" in said
    assert "Ring om något är fel." in said
    old.refresh_from_db()
    assert old.superseded
    assert receipt_of(case) == new
    event = Event.objects.get(kind="letter.rewritten")
    assert "elmätaren" not in str(event.__dict__)
    assert rendering.note_of(Vault(case), new) == ["Du frågade om elmätaren. Den byttes 2024.", "<b>Hör av dig!</b>"]


def test_the_same_paragraphs_again_change_nothing(world: World) -> None:
    case, karin = open_case(world), Actor.staff(world.karin)
    new = rendering.rewrite(actor=karin, case=case, render=receipt_of(case), note="Hej.")
    assert rendering.rewrite(actor=karin, case=case, render=new, note=" Hej. ") == new
    assert rendering.note_of(Vault(case), rendering.rewrite(actor=karin, case=case, render=new, note="")) == []


def test_a_letter_that_is_superseded_or_has_left_is_not_rewritten(world: World) -> None:
    case, karin = open_case(world), Actor.staff(world.karin)
    old = receipt_of(case)
    new = rendering.rewrite(actor=karin, case=case, render=old, note="Hej.")
    with pytest.raises(Conflict):
        rendering.rewrite(actor=karin, case=case, render=old, note="Hej igen.")
    rendering.run(new.pk)
    delivery.dispatch_notice(
        actor=karin,
        case=case,
        kind="receipt",
        way=Way.POST,
        address="Storgatan 1\n302 43 Halmstad",
        basis=ContactBasis.HELD,
    )
    with pytest.raises(ValidationError):
        rendering.rewrite(actor=karin, case=case, render=new, note="Hej igen.")


def test_an_extract_takes_no_paragraphs(world: World) -> None:
    case = open_case(world)
    with unit(WORKER) as work:
        render = rendering.request(work, lock(case), Render.PREVIEW)
    with pytest.raises(ValidationError):
        rendering.rewrite(actor=Actor.staff(world.karin), case=case, render=render, note="Hej.")


@pytest.mark.parametrize("key", KEYS)
def test_each_made_up_letter_is_named_by_what_it_is_about(world: World, key: str) -> None:
    named = letter_wording.variants(key, "sv")
    assert len(named) == len(set(named)) == len(variants(key))


@pytest.mark.parametrize(
    ("odd", "called"),
    [
        ({"intro": "Hej! {gone_away}"}, "Inledning"),
        ({"no_longer_there": "Hej!"}, "no_longer_there"),
        ({"intro": "Hej!"}, "Inledning"),  # lacks a placeholder that has become mandatory
    ],
)
def test_a_passage_that_a_later_version_of_the_letter_cannot_use_reads_as_we_ship_it(
    world: World, odd: dict[str, str], called: str
) -> None:
    kept = {"misunderstood": "Har vi fel? Ring oss."}
    saved = LetterTemplate.objects.create(
        key="receipt", lang="sv", version=1, wording={**kept, **odd}, by=world.ada
    )  # as an earlier version of the product let it be saved
    assert letter_wording.used(saved) == kept
    assert letter_wording.set_aside(saved) == (called,)
    said = text_of(receipt_of(open_case(world)))
    assert "Har vi fel? Ring oss." in said
    assert "gone_away" not in said and "Vi har fått din begäran" in said
