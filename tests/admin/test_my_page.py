"""One's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World


@pytest.mark.parametrize(
    ("before", "chosen", "heading"), [("sv", "en", "My settings"), ("en", "sv", "Mina inställningar")]
)
def test_the_page_and_its_confirmation_come_in_the_language_just_chosen(
    world: World, browse: Callable[[User], Client], before: str, chosen: str, heading: str
) -> None:
    type(world.karin).objects.filter(pk=world.karin.pk).update(language=before)
    world.karin.refresh_from_db()
    page = browse(world.karin).post(reverse("admin:my"), {"language": chosen, "notify": "each"}, follow=True)
    said = {"en": "Your settings are saved.", "sv": "Dina inställningar är sparade."}
    text = page.content.decode()
    assert f'<html lang="{chosen}"' in text
    assert heading in text
    assert [str(message) for message in page.context["messages"]] == [said[chosen]]
