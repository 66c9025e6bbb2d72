"""A case whose gathered data was erased: what can no longer be done is said, and what must be done anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from requests_app.models import Collection
from requests_app.services import cases, keys, reopening, review
from requests_app.services.audit import Actor
from requests_app.services.keys import GATHERED
from tests.world import PERSONNUMMER, World, gathered, identified, open_case, put_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User

ERASED = "uppgifter i ärendet som behövs för det har raderats"


def act(client: Client, case: Case, tail: str, **data: object) -> tuple[int, str]:
    response = client.post(f"/admin/requests_app/case/{case.ref}/gor/{tail}/", data)
    return response.status_code, response.content.decode()


def test_what_needs_an_erased_key_is_refused_with_words(world: World, browse: Callable[[User], Client]) -> None:
    case = identified(world, open_case(world))
    keys.destroy(case, GATHERED)
    karin = browse(world.karin)
    status, page = act(karin, case, "add-identifier", kind="personnummer", value=PERSONNUMMER)
    assert status == 422
    assert "has been erased. Nothing was changed." in page or ERASED in page
    upload = SimpleUploadedFile("utdrag.csv", b"belopp;nummer\n100;F-1\n", "text/csv")
    status, page = act(karin, case, "upload/fakturering", file=upload)
    assert status == 422
    assert not case.parties.get().identifiers.filter(kind="personnummer").exists()


def test_a_reopened_case_says_on_its_page_what_must_be_entered_anew(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = gathered(world, open_case(world, personnummer=PERSONNUMMER))
    cases.withdraw(actor=Actor.staff(world.karin), case=case)
    keys.destroy(case, GATHERED)
    reopening.reopen(
        actor=Actor.staff(world.karin), case=case, reason="correction", note="Fel bilaga.", rights=["access"]
    )
    (said,) = reopening.again(case)
    page = browse(world.karin).get(f"/admin/requests_app/case/{case.ref}/")
    assert page.context["done_anew"]
    assert page.status_code == 200
    assert said


@pytest.mark.parametrize(("outcome", "chosen"), [("nothing", "nothing_found"), ("no_identifier", "")])
def test_nothing_found_is_not_preset_where_a_system_was_not_searched(
    world: World, browse: Callable[[User], Client], outcome: str, chosen: str
) -> None:
    case = identified(world, open_case(world))
    for system in ("fakturering", "arkiv"):
        put_records(case, system, [])
    Collection.objects.filter(case=case, system__key="arkiv").update(outcome=outcome)
    review.finish(actor=Actor.staff(world.karin), case=case)
    case.refresh_from_db()
    assert case.state == "deciding"
    page = browse(world.karin).get(f"/admin/requests_app/case/{case.ref}/").content.decode()
    assert ('value="nothing_found" selected' in page) == bool(chosen)
