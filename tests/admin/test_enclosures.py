"""Files of systems' owners on the case page: what goes out, what must be opened first, and what paper leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.domain.rights import Way
from requests_app.models import Event, EventPayload, Render, User
from requests_app.services import delivery, gathering, keys, reopening, returned, review, sending
from tests.admin.test_case_page import act, url
from tests.services.owners.enclosed_world import (
    AVTAL,
    BILD,
    answer,
    granted,
    mask,
    open_files,
    rendered,
    stored,
    with_files,
)
from tests.services.owners.owner_world import row_of
from tests.services.rights_world import approve, decide, quick_documents, render_all
from tests.services.sending_world import HOME, as_

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case
    from tests.world import World

FILES = {"avtal.pdf": AVTAL, "bild.png": BILD}


def notice(client: Client, case: Case) -> str:
    """What the page says of the files, without the markup's line ends."""
    page = client.get(url(case)).content.decode()
    return " ".join(page.partition('id="enclosed"')[2].partition("</ul>")[0].split())


@pytest.fixture
def karin(world: World, browse: Callable[[User], Client]) -> Client:
    """Karin, who reads English."""
    User.objects.filter(pk=world.karin.pk).update(language="en")
    return browse(world.karin)


def test_each_file_says_whether_it_goes_and_the_review_waits_for_who_opens_it(world: World, karin: Client) -> None:
    case, unopened = with_files(world, FILES), ">Not opened by anybody<"
    assert notice(karin, case).count(unopened) == 2
    mask(world, case, "bild.png")
    assert (notice(karin, case).count(unopened), notice(karin, case).count(">Withheld<")) == (1, 1)
    assert "same content" not in notice(karin, case)
    refused = act(karin, case, "finish-review", confirmed="on")
    assert refused.status_code == 422
    assert "1 file from a system" in refused.content.decode()
    assert karin.get(url(case, f"fil/{stored(case, 'avtal.pdf').ref}/")).status_code == 200
    assert ">Opened<" in notice(karin, case)
    assert act(karin, case, "finish-review", confirmed="on").status_code == 302


def test_who_masks_a_file_is_told_that_another_name_of_it_stays_in_the_answer(world: World, karin: Client) -> None:
    case = with_files(world, {"avtal.pdf": AVTAL, "avtal med Anna.pdf": AVTAL})
    mask(world, case, "avtal.pdf")
    assert notice(karin, case).count("The same content as a masked file.") == 1


def test_who_approves_opens_the_withheld_file_and_nothing_else_of_the_case(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = with_files(world, FILES)
    mask(world, case, "avtal.pdf")
    open_files(world, case)
    review.finish(actor=as_(world.karin), case=case, confirmed=True)
    decide(world, case, "access", "partly_granted", ground="15_4")
    lena = browse(world.lena)
    page = f"/admin/godkannanden/{case.ref}/access/"
    one, other = (f"{page}fil/{stored(case, name).ref}/" for name in ("avtal.pdf", "bild.png"))
    assert one in lena.get(page).content.decode()
    assert b"".join(lena.get(one)) == AVTAL  # type: ignore[call-overload]
    event = EventPayload.objects.get(seq=Event.objects.filter(kind="document.downloaded").latest("seq").seq)
    assert (event.open["file"], event.open["by"]) == (stored(case, "avtal.pdf").ref, as_(world.lena).ref)
    assert lena.get(other).status_code == 404
    assert browse(world.karin).get(one).status_code == 403
    approve(world.lena, case)
    assert lena.get(one).status_code == 404, "only while it waits"


def test_who_sends_on_paper_is_told_which_files_are_not_in_the_pdf(
    world: World, karin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_documents(monkeypatch)
    case = with_files(world, FILES)
    mask(world, case, "bild.png")
    karin.get(url(case, f"fil/{stored(case, 'avtal.pdf').ref}/"))
    granted(world, case)
    render_all()
    page = karin.get(url(case)).content.decode()
    (beside, *_rest) = [part.partition("</ul>")[0] for part in page.split("Print them too")[1:]]
    assert "avtal.pdf" in beside
    assert "bild.png" not in beside


def test_what_is_sent_again_is_what_the_zip_file_holds_not_what_is_gathered_since(
    world: World, karin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_documents(monkeypatch)
    case = with_files(world, FILES)
    for name in FILES:
        karin.get(url(case, f"fil/{stored(case, name).ref}/"))
    granted(world, case)
    render_all()
    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=Way.POST, **HOME)
    returned.by_post(actor=as_(world.karin), delivery=sending.sendings_of(case)[0].lead)
    reopening.reopen(actor=as_(world.karin), case=case, reason="correction", note="Fel fil", rights=["access"])
    review.again(actor=as_(world.karin), case=case)
    gathering.search_system(actor=as_(world.karin), case=case, system=row_of(case).system)
    answer(case, {"annans.png": BILD + b"2"}, actor=as_(world.karin))
    again = karin.get(url(case)).content.decode().partition('id="sent"')[2].partition("</section>")[0]
    assert "Print them from the ZIP file" in again
    assert "annans.png" not in again


def test_the_page_of_a_case_whose_data_is_erased_opens_though_a_restore_brought_its_rows_back(
    world: World, karin: Client
) -> None:
    case = with_files(world, FILES)
    keys.destroy(case, keys.GATHERED)
    page = karin.get(url(case))
    assert page.status_code == 200
    assert 'id="enclosed"' not in page.content.decode()


def test_what_stops_a_document_is_said_where_it_is_made_again(
    world: World, karin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_documents(monkeypatch)
    case = with_files(world, {"avtal.pdf": AVTAL})
    karin.get(url(case, f"fil/{stored(case, 'avtal.pdf').ref}/"))
    granted(world, case)
    stored(case, "avtal.pdf").delete()
    rendered(case, "extract")
    assert "is lost or damaged" in karin.get(url(case)).content.decode()
    Render.objects.filter(case=case, kind="extract").update(fault="unopened_file")
    assert "has not been opened by anybody. Open it, and" in karin.get(url(case)).content.decode()
