"""A request for allmän handling beside the case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.services import public_documents, retention
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from tests.world import World, open_case

pytestmark = pytest.mark.django_db


def test_it_runs_beside_the_case_and_never_ends_it(world: World) -> None:
    karin, case, today = Actor.staff(world.karin), open_case(world), timezone.localdate()
    asked = public_documents.add(actor=karin, case=case, asked_on=today, what="Alla brev om avtal 12")
    assert retention.held(case) == ["public_document"]
    public_documents.answer(actor=karin, case=case, request=asked, result="released", answered_on=today)
    case.refresh_from_db()
    assert case.closed_at is None
    assert retention.held(case) == []
    assert public_documents.texts_of(Vault(case), asked) == ("Alla brev om avtal 12", "")
    with pytest.raises(Conflict):
        public_documents.answer(
            actor=karin, case=case, request=asked, result="refused", answered_on=today, text="OSL 21:7"
        )


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"result": "perhaps"}, "result"),
        ({"result": "refused"}, "text"),
        ({"result": "released", "answered_on": timedelta(days=1)}, "answered_on"),
        ({"result": "released", "answered_on": timedelta(days=-2)}, "answered_on"),
    ],
)
def test_it_wants_a_whole_answer(world: World, answer: dict[str, Any], field: str) -> None:
    karin, case, today = Actor.staff(world.karin), open_case(world), timezone.localdate()
    asked = public_documents.add(actor=karin, case=case, asked_on=today, what="Alla brev")
    answer["answered_on"] = today + answer.get("answered_on", timedelta())
    with pytest.raises(ValidationError) as error:
        public_documents.answer(actor=karin, case=case, request=asked, **answer)
    assert set(error.value.message_dict) == {field}
