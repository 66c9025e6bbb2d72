"""What stops destruction, and the track for allmän handling beside a case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.models import Identifier
from requests_app.services import cases, holds, public_documents, retention
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from tests.world import PERSONNUMMER, World, open_case

pytestmark = pytest.mark.django_db


def test_it_holds_a_closed_case_until_it_is_lifted(world: World) -> None:
    karin, case = Actor.staff(world.karin), open_case(world)
    cases.withdraw(actor=karin, case=case)
    hold = holds.place(actor=karin, case=case, kind="complaint", reason="IMY-2026-4711")
    assert holds.active(case) == [hold]
    assert retention.held(case) == ["complaint"]
    assert holds.reason_of(Vault(case), hold) == "IMY-2026-4711"
    holds.lift(actor=karin, case=case, hold=hold)
    assert holds.active(case) == []
    assert retention.held(case) == []
    with pytest.raises(Conflict):
        holds.lift(actor=karin, case=case, hold=hold)


def test_it_keeps_the_number_until_the_last_hold_is_lifted(world: World) -> None:
    karin, case = Actor.staff(world.karin), open_case(world, personnummer=PERSONNUMMER)
    first = holds.place(actor=karin, case=case, kind="complaint", reason="IMY-2026-4711")
    asked = public_documents.add(actor=karin, case=case, asked_on=timezone.localdate(), what="Allt.")
    cases.withdraw(actor=karin, case=case)

    def kept() -> bool:
        return Identifier.objects.filter(party__case=case, kind="personnummer", value_enc__isnull=False).exists()

    assert kept()
    holds.lift(actor=karin, case=case, hold=first)
    assert kept()
    today = timezone.localdate()
    public_documents.answer(actor=karin, case=case, request=asked, result="released", answered_on=today)
    assert not kept()


def test_lifting_a_hold_on_an_open_case_forgets_nothing(world: World) -> None:
    karin, case = Actor.staff(world.karin), open_case(world, personnummer=PERSONNUMMER)
    hold = holds.place(actor=karin, case=case, kind="court", reason="Mål T 12-26")
    holds.lift(actor=karin, case=case, hold=hold)
    assert Identifier.objects.get(party__case=case, kind="personnummer").value_enc is not None


@pytest.mark.parametrize(("kind", "reason", "field"), [("whim", "x", "kind"), ("court", " ", "reason")])
def test_it_wants_a_reason_of_a_known_kind(world: World, kind: str, reason: str, field: str) -> None:
    with pytest.raises(ValidationError) as error:
        holds.place(actor=Actor.staff(world.karin), case=open_case(world), kind=kind, reason=reason)
    assert set(error.value.message_dict) == {field}


def test_it_seals_why(world: World) -> None:
    hold = holds.place(actor=Actor.staff(world.karin), case=open_case(world), kind="court", reason="Mål T 12-26")
    assert b"T 12-26" not in bytes(hold.reason_enc)
    assert timezone.now() - hold.at < timedelta(minutes=5)
