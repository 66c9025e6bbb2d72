"""The record of processing in the admin: read, downloaded, worked off; and that what is added to it stands in the next answer."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from requests_app.documents.extract import Reading, information
from requests_app.models import (
    Collection,
    DataCategory,
    Event,
    EventPayload,
    ItemRecipient,
    Processing,
    ProcessingItem,
    Recipient,
    RegisterRow,
    RetentionRule,
    System,
)
from requests_app.services import answers, review
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from tests.documents.reading import plain, read_blocks
from tests.world import gathered, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User
    from tests.world import World

RECORD, LIST = "/admin/register/forteckning/", "/admin/register/att-bekrafta/"
FORMULA = '=HYPERLINK("http://example.org")'


@pytest.fixture
def lena(world: World, browse: Callable[[User], Client]) -> Client:
    """Legal, who reads English here."""
    world.lena.language = "en"
    world.lena.save()
    return browse(world.lena)


@pytest.fixture
def gap(world: World) -> RegisterRow:
    return RegisterRow.objects.create(
        row_id="GAP-01", kind="gap", name_sv="Ombud saknas", section="(saknas)", data={"gap_en": "No officer"}, gap="x"
    )


@pytest.fixture
def told(world: World) -> Recipient:
    """A recipient in the United States that nobody has confirmed."""
    made = Recipient.objects.create(key="moln", name_sv=FORMULA, name_en=FORMULA, role="processor", country="USA")
    for item in ProcessingItem.objects.filter(system__key="arkiv"):
        ItemRecipient.objects.create(item=item, recipient=made, transfer_sv="Avtal", transfer_en="Standard clauses")
    return made


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_it_shows_who_what_why_how_long_and_to_whom(world: World, lena: Client, told: Recipient) -> None:
    DataCategory.objects.filter(key="arkiv-kategori").update(special=True)
    page = lena.get(RECORD)
    text = page.content.decode()
    for said in ("We run the archive", "Contract", "Contact details", "You", "Seven years.", "The archive", "Customer"):
        assert said in text, said
    assert "Missing: nobody has entered it in the policy." in text
    assert "Standard clauses" in text and "USA" in text and "Article 9" in text
    assert "assumption" in text and " style=" not in text.split('class="dsr-page"')[1]
    RetentionRule.objects.update(assumption=True)
    assert lena.get(RECORD).content.decode().count("assumption</span>") > text.count("assumption</span>")


def test_its_pages_take_as_many_queries_for_many_activities_as_for_few(
    world: World, lena: Client, django_assert_max_num_queries: Any
) -> None:
    lena.get(RECORD)
    for n in range(12):
        made = Processing.objects.create(key=f"p{n}", purpose_sv=f"P{n}", purpose_en=f"P{n}", legal_basis="6.1.c")
        for old in ProcessingItem.objects.filter(processing__key="arkiv-behandling"):
            ProcessingItem.objects.create(
                processing=made, system=old.system, category=old.category, retention_rule=old.retention_rule
            )
    for path in (RECORD, f"{RECORD}system/", LIST):
        with django_assert_max_num_queries(30):
            assert lena.get(path).status_code == 200


def test_it_is_read_by_those_who_answer_from_it_and_by_nobody_else(
    world: World, browse: Callable[[User], Client]
) -> None:
    for name, status in (("karin", 200), ("ada", 200), ("lena", 200), ("sven", 403), ("root", 403)):
        reader = browse(world.everyone()[name])
        for path in (RECORD, f"{RECORD}system/", f"{RECORD}fil/xlsx/"):
            assert reader.get(path).status_code == status, (name, path)
    assert RECORD in browse(world.karin).get("/admin/").content.decode()
    assert browse(world.karin).get(LIST).status_code == 403
    assert browse(world.lena).get(f"{RECORD}fil/csv/").status_code == 404


def test_the_workbook_holds_everything_and_runs_nothing(
    world: World, lena: Client, told: Recipient, gap: RegisterRow
) -> None:
    Processing.objects.filter(key="arkiv-behandling").update(purpose_en="+cmd|' /C calc'!A0")
    response = lena.get(f"{RECORD}fil/xlsx/")
    assert response["Content-Disposition"].startswith("attachment")
    book = openpyxl.load_workbook(io.BytesIO(body(response)))
    assert book.sheetnames == ["Activities", "Systems", "Recipients", "Assumptions and gaps", "About"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert not any(str(cell.value).startswith(("=", "+", "-", "@")) for cell in cells)

    def rows(sheet: str) -> list[tuple[Any, ...]]:
        return list(book[sheet].iter_rows(values_only=True))

    archive = next(row for row in rows("Activities") if row[3] == "The archive")
    assert archive[4] == "Contact details" and archive[6:8] == ("You", "Seven years.")
    assert "Standard clauses" in archive[9] and "(assumption)" in archive[8]
    assert [row[:2] for row in rows("Systems")[1:]] == [
        ("Billing", "By hand, no owner is noted"),
        ("The archive", "By hand, no owner is noted"),
    ]
    assert rows("Recipients")[1][:4] == (f"'{FORMULA}", "processor", None, "USA")
    assert ("GAP-01", "Ombud saknas") in {row[1:3] for row in rows("Assumptions and gaps")}
    assert ("Organisation number", "Missing: nobody has entered it in the policy.") in rows("About")


def test_the_pdf_is_tagged_and_dated_and_says_what_is_assumed(world: World, lena: Client, told: Recipient) -> None:
    data = body(lena.get(f"{RECORD}fil/pdf/"))
    text = plain(data)
    for said in (
        "Record of processing (Article 30)",
        "We run the archive",
        "(assumption)",
        "Seven years.",
        "Standard clauses",
    ):
        assert said in text, said
    headings = [block.text for block in read_blocks(data) if block.tag in {"H2", "H3"}]
    assert headings[:4] == ["Security measures", "Processing activities", "We run billing", "We run the archive"]
    made = lena.get(RECORD).context["record"]
    assert made.version in text
    seqs = Event.objects.filter(kind="register.exported").values_list("seq", flat=True)
    assert [EventPayload.objects.get(seq=seq).open for seq in seqs] == [{"format": "pdf", "version": made.version}]


def test_it_says_when_a_system_was_last_gathered_from_and_what_failed_since(world: World, lena: Client) -> None:
    case = gathered(world, open_case(world))
    Collection.objects.filter(case=case, system__key="arkiv").update(state="failed", outcome="failed", fault="timeout")
    page = lena.get(f"{RECORD}system/")
    found = {item["reach"].system.key: item["reach"] for item in page.context["systems"]}
    assert found["fakturering"].succeeded_at and not found["fakturering"].failed_at
    assert found["arkiv"].failed_at and not found["arkiv"].succeeded_at


def test_the_list_is_narrowed_and_counts_what_is_left(
    world: World, lena: Client, told: Recipient, gap: RegisterRow
) -> None:
    def keys(query: str) -> list[str]:
        return [task.key for task, _kind, _url in lena.get(LIST + query).context["tasks"]]

    link = ItemRecipient.objects.get()
    assert keys("") == [told.statement_key, link.statement_key, "GAP-01"]
    assert lena.get(LIST).context["left"] == 3
    assert keys("?kind=gap") == ["GAP-01"]
    assert keys("?kind=statements&system=arkiv") == [told.statement_key, link.statement_key]
    assert keys("?kind=recipient") == [told.statement_key]
    assert keys("?system=fakturering") == keys("?state=done") == []
    assert keys("?kind=nonsense&system=none&state=%27&page=99") == keys("")


def test_legal_settles_a_gap_with_a_note_and_opens_it_again(world: World, lena: Client, gap: RegisterRow) -> None:
    close = reverse("admin:gaps_close")
    refused = lena.post(close, {"rows": ["GAP-01"], "note": " ", "kind": "gap"})
    assert refused.status_code == 422 and refused.context["note"].errors["note"]
    assert refused.context["chosen"] == ["GAP-01"]
    assert lena.post(close, {"note": "Klart"}).status_code == 422
    unknown = lena.post(close, {"rows": ["GAP-77"], "note": "Klart"})
    assert unknown.status_code == 422
    done = lena.post(close, {"rows": ["GAP-01"], "note": "We have one now.", "kind": "gap"}, follow=True)
    assert done.redirect_chain == [(f"{LIST}?kind=gap", 302)]
    assert [task.key for task, _kind, _url in done.context["tasks"]] == []
    settled = lena.get(f"{LIST}?state=done").content.decode()
    assert "We have one now." in settled and "Settled by Lena" in settled
    lena.post(reverse("admin:gap_reopen", args=["GAP-01"]))
    assert lena.get(LIST).context["left"] == 1
    lena.post(reverse("admin:gap_reopen", args=["GAP-77"]))  # says so, breaks nothing


def test_an_administrator_sees_the_gaps_and_leaves_them_to_legal(
    world: World, browse: Callable[[User], Client], gap: RegisterRow
) -> None:
    ada = browse(world.ada)
    assert "GAP-01" in ada.get(LIST).content.decode()
    assert ada.get(LIST).context["closes"] is False
    assert ada.post(reverse("admin:gaps_close"), {"rows": ["GAP-01"], "note": "Klart"}).status_code == 403


# --- A new activity and the next answer ----------------------------------------------------------------------------------------


def answer(case: Case) -> str:
    """Sections 4 to 15 of the answer as it would be written now."""
    with translation.override("sv"):
        return information(answers.extract_of(case, Vault(case), {}), Reading())


def added(ada: Client, world: World) -> tuple[Processing, ProcessingItem]:
    """An activity with a category in a system, as an administrator adds them."""
    texts = {"purpose_sv": "Vi räknar om bonusen", "purpose_en": "We recalculate the bonus", "legal_basis": "6.1.b"}
    basis = {"legal_basis_sv": "Bonusavtalet", "legal_basis_en": "The bonus contract"}
    saved = ada.post(reverse("admin:requests_app_processing_add"), {"key": "bonus", **texts, **basis})
    assert saved.status_code == 302, saved.context["errors"]
    processing = Processing.objects.get(key="bonus")
    item = {
        "processing": processing.pk,
        "system": world.systems["fakturering"].pk,
        "category": DataCategory.objects.get(key="arkiv-kategori").pk,
        "retention_rule": RetentionRule.objects.get(key="arkiv-tid").pk,
        "source_sv": "Bonusprogrammet",
        "source_en": "The bonus programme",
        **{f"recipients-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")},
    }
    saved = ada.post(reverse("admin:requests_app_processingitem_add"), item)
    assert saved.status_code == 302, saved.context["errors"]
    return processing, ProcessingItem.objects.get(processing=processing)


def test_a_new_activity_stands_in_the_next_answer_by_itself_once_it_is_confirmed(
    world: World, browse: Callable[[User], Client], lena: Client
) -> None:
    karin = Actor.staff(world.karin)
    earlier = gathered(world, open_case(world, name="Bo Ek"))
    review.finish(actor=karin, case=earlier, confirmed=True)  # nothing held this one back
    processing, item = added(browse(world.ada), world)

    case = gathered(world, open_case(world))
    assert "Vi räknar om bonusen" not in answer(case)
    with pytest.raises(ValidationError) as held:
        review.finish(actor=karin, case=case, confirmed=True)
    assert held.value.code == "unconfirmed"
    waiting = [task.key for task, _kind, _url in lena.get(f"{LIST}?kind=statements").context["tasks"]]
    assert waiting == [processing.statement_key, item.statement_key]

    lena.post(LIST, {"keys": [processing.statement_key]})
    assert "Vi räknar om bonusen" not in answer(case)  # what it holds is still unconfirmed
    lena.post(LIST, {"keys": [item.statement_key]})
    written = answer(case)
    for said in ("Vi räknar om bonusen", "Bonusavtalet", "Bonusprogrammet"):
        assert said in written, said
    review.finish(actor=karin, case=case, confirmed=True)
    case.refresh_from_db()
    assert case.state == "deciding"


def test_a_new_activity_of_another_system_does_not(
    world: World, browse: Callable[[User], Client], lena: Client
) -> None:
    processing, item = added(browse(world.ada), world)
    ProcessingItem.objects.filter(pk=item.pk).update(system=System.objects.get(key="arkiv"))  # which held nothing
    case = gathered(world, open_case(world))
    lena.post(LIST, {"keys": [processing.statement_key, item.statement_key]})
    assert "Vi räknar om bonusen" not in answer(case)
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
