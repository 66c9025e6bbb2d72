"""The standing rules on the policy page: legal marks them, others see what holds, who approved it and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from requests_app.models import Policy
from requests_app.services import policy
from requests_app.services.audit import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

PAGE = "admin:requests_app_policy_add"


def filled(browser: Client, **changes: object) -> dict[str, object]:
    """The form as the page hands it out, with changes."""
    form = browser.get(reverse(PAGE)).context["form"]
    held = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in {**held, **changes}.items() if value not in (None, False)}


def test_legal_marks_a_rule_and_has_approved_it(world: World, browse: Callable[[User], Client]) -> None:
    browser = browse(world.lena)
    answer = browser.post(reverse(PAGE), filled(browser, standing_masks=["staff_names"]))
    assert answer.status_code == 302
    newest = Policy.objects.latest("version")
    assert (newest.values["standing_masks"], newest.approved_by) == (["staff_names"], world.lena)
    page = browser.get(reverse(PAGE)).content.decode()
    assert "Lena" in page and page.count("dsr-rule-holds") == 1


def test_others_see_the_rules_and_cannot_change_them(world: World, browse: Callable[[User], Client]) -> None:
    policy.change(actor=Actor.staff(world.lena), values={"standing_masks": ["staff_names"]})
    browser = browse(world.ada)
    form = browser.get(reverse(PAGE)).context["form"]
    assert form.fields["standing_masks"].disabled
    answer = browser.post(reverse(PAGE), filled(browser, standing_masks=["third_party_contacts"], reminders="10, 5"))
    assert answer.status_code == 302
    newest = Policy.objects.latest("version")
    assert (newest.values["standing_masks"], newest.values["reminders"]) == (["staff_names"], [10, 5])
    assert newest.approved_by is None


def test_a_version_that_is_read_says_the_rules_in_words(world: World, browse: Callable[[User], Client]) -> None:
    made = policy.change(actor=Actor.staff(world.lena), values={"standing_masks": ["third_party_contacts"]})
    page = browse(world.lena).get(reverse("admin:requests_app_policy_change", args=[made.pk])).content.decode()
    assert "third_party_contacts" not in page
