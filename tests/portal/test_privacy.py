"""What everybody is told about the data of a request: the points of Art. 13, with the times that are carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from requests_app.models import DisposalDecision, ItemRecipient, ProcessingItem, Recipient
from requests_app.services import policy
from requests_app.services.audit import Actor
from requests_app.services.policy import PolicyValues
from tests.portal.world import Customer

if TYPE_CHECKING:
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db


def told(world: World, **values: Any) -> str:
    """The page, after a change of the policy."""
    if values:
        policy.change(actor=Actor.staff(world.user), values=values)
    return Customer().get("privacy").text


def test_it_says_what_article_13_asks_for(world: World) -> None:
    sender, remedies = PolicyValues().sender, PolicyValues().remedies
    page = told(world)
    points = {
        "1a": f"{sender.name} is responsible",
        "1b": f"Write to {sender.email}.",
        "1c": "a legal obligation (Article 6(1)(c))",
        "1e": "Suppliers that run our systems",
        "1f": "outside the EU and the EEA",
        "2a": "30 days after the case has ended",
        "2b": "have wrong data corrected",
        "2c": "We do not need your consent",
        "2d": f"complain to {remedies.authority.en}",
        "2e": "If we cannot see who you are",
        "2f": "No program decides about you",
    }
    assert [point for point, words in points.items() if words not in page] == []
    assert remedies.court.en in page


def test_the_data_protection_officer_is_named_when_there_is_one(world: World) -> None:
    assert "data protection officer" not in told(world)
    page = told(world, sender={"dpo": "Ombudet, dpo@hem.example", "phone": "035-19 01 90"})
    assert "data protection officer" in page and "Ombudet, dpo@hem.example" in page and "035-19 01 90" in page


def test_the_times_are_those_of_the_policy_and_of_the_decision_on_disposal(world: World) -> None:
    page = told(world, gathered_key_days=45)
    assert "45 days after the case has ended" in page and "There is no such decision now." in page
    assert "not sent: 7 days after" in page
    DisposalDecision.objects.create(
        covers="dossier", reference="KS 2026-14", decided_on=timezone.localdate(), keep_months=60, by=world.user
    )
    page = told(world)
    assert "60 months after the case has ended, by decision KS 2026-14" in page and "no such decision" not in page


def test_only_suppliers_that_somebody_has_vouched_for_are_named(world: World) -> None:
    item = ProcessingItem.objects.get()
    for key, role, assumed in (
        ("sure", "processor", False),
        ("assumed", "processor", True),
        ("bank", "controller", False),
    ):
        recipient = Recipient.objects.create(
            key=key, name_sv=f"Bolag {key}", name_en=f"Company {key}", role=role, assumption=assumed
        )
        protected = "Certified under the Data Privacy Framework." if key == "sure" else ""
        ItemRecipient.objects.create(item=item, recipient=recipient, transfer_en=protected, assumption=False)
    page = told(world)
    assert "Company sure, processor. Certified under the Data Privacy Framework." in page
    assert "Company assumed" not in page and "Company bank" not in page
