"""The review does not end unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from requests_app.domain.records import Kind
from requests_app.models import Event, EventPayload
from requests_app.services import review, unreviewed as unseen
from requests_app.services.keys import Vault
from requests_app.services.unreviewed import unreviewed
from tests.services.sending_world import as_
from tests.world import World, gathered, identified, open_case, put_records, record

if TYPE_CHECKING:
    from requests_app.models import Case

pytestmark = pytest.mark.django_db


def look(world: World, case: Case, category: str) -> None:
    row = case.collections.select_related("system", "system_version").get(system__key="fakturering", current=True)
    review.records_page(actor=as_(world.karin), case=case, row=row, category=category)


def written(world: World) -> Case:
    """A case whose records name somebody else's e-mail address."""
    case = identified(world, open_case(world))
    put_records(case, "fakturering", [record("noter", Kind.FACTS, text="Skriv till bo.ek@example.com i stället.")])
    put_records(case, "arkiv", [])
    return case


def test_a_category_that_nobody_opened_holds_the_review_until_it_is_opened(world: World) -> None:
    case = gathered(world, open_case(world))
    with pytest.raises(ValidationError) as refused:
        review.finish(actor=as_(world.karin), case=case)
    assert refused.value.code == "unreviewed"
    case.refresh_from_db()
    assert case.state == "review"
    look(world, case, "fakturor")
    review.finish(actor=as_(world.karin), case=case)
    case.refresh_from_db()
    assert case.state == "deciding"
    assert not Event.objects.filter(kind="review.confirmed").exists()


def test_an_open_suggestion_about_somebody_else_holds_the_review_until_it_is_confirmed(world: World) -> None:
    case = written(world)
    look(world, case, "noter")
    left = unreviewed(case, Vault(case))
    assert (left.suggested, left.unopened, left.at_least) == (1, 0, False)
    with pytest.raises(ValidationError, match="1"):
        review.finish(actor=as_(world.karin), case=case)
    review.finish(actor=as_(world.karin), case=case, confirmed=True)
    case.refresh_from_db()
    assert case.state == "deciding"
    said = EventPayload.objects.get(seq=Event.objects.get(kind="review.confirmed").seq).open
    assert (said["suggested"], said["unopened"]) == (1, 0)


def test_of_a_case_too_large_to_read_the_count_is_a_least_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = identified(world, open_case(world))
    texts = [f"Skriv till bo{n}.ek@example.com." for n in range(3)]
    put_records(case, "fakturering", [record("noter", Kind.FACTS, text=text) for text in texts])
    put_records(case, "arkiv", [])
    monkeypatch.setattr(unseen, "READ", 2)
    left = unreviewed(case, Vault(case))
    assert (left.suggested, left.at_least) == (2, True)
    assert "2" in left.sentence


def test_data_gathered_anew_has_to_be_opened_anew(world: World) -> None:
    case = gathered(world, open_case(world))
    look(world, case, "fakturor")
    row = case.collections.get(system__key="fakturering", current=True)
    later = Event.objects.filter(kind="data.viewed").latest("seq").at
    type(row).objects.filter(pk=row.pk).update(created_at=later.replace(year=later.year + 1))
    assert unreviewed(case, Vault(case)).unopened == 1
