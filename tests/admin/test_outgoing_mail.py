"""The administrators' list of outgoing mail, and everybody's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.models import Case, Event, OutgoingMail, User
from requests_app.services import mail
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.moves import lock
from tests.world import World, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

LIST = "/admin/requests_app/outgoingmail/"
MY = "/admin/mina-installningar/"


@pytest.fixture
def failed(world: World) -> OutgoingMail:
    """A mail to a person that could not be sent."""
    case = open_case(world, name="Åsa Öberg", email="asa@example.se", by=world.karin)
    with unit(SYSTEM) as work:
        row = mail.queue_to_person(
            work, case=lock(case), kind="letter", to="asa@example.se", language="sv", idem_key="k"
        )
    OutgoingMail.objects.filter(pk=row.pk).update(state="failed", attempts=12, fault="550 5.1.1")
    return row


def test_it_shows_state_kind_and_attempts_and_nothing_of_person_or_case(
    world: World, failed: OutgoingMail, browse: Callable[[User], Client]
) -> None:
    text = browse(world.ada).get(LIST).content.decode()
    assert "550 5.1.1" in text
    assert Case.objects.get().diary_no not in text
    assert failed.ref not in text
    assert "asa@example.se" not in text
    assert "Öberg" not in text


def test_a_failed_mail_is_tried_again_and_a_sent_one_is_not(
    world: World, failed: OutgoingMail, browse: Callable[[User], Client]
) -> None:
    browser = browse(world.ada)
    chosen = {"action": "try_again", "_selected_action": [failed.pk]}
    browser.post(LIST, chosen)
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.fault) == ("pending", 0, "")
    assert Event.objects.filter(kind="mail.retried").count() == 1
    OutgoingMail.objects.filter(pk=failed.pk).update(state="sent")
    browser.post(LIST, chosen)
    failed.refresh_from_db()
    assert failed.state == "sent"


@pytest.mark.parametrize("name", ["karin", "lena", "sven", "root"])
def test_it_is_the_administrators_alone(
    world: World, failed: OutgoingMail, browse: Callable[[User], Client], name: str
) -> None:
    browser = browse(world.everyone()[name])
    assert browser.get(LIST).status_code == 403
    assert browser.post(LIST, {"action": "try_again", "_selected_action": [failed.pk]}).status_code == 403
    failed.refresh_from_db()
    assert failed.state == "failed"


def test_a_row_cannot_be_changed_added_or_deleted(
    world: World, failed: OutgoingMail, browse: Callable[[User], Client]
) -> None:
    browser = browse(world.ada)
    assert browser.get(f"{LIST}add/").status_code == 403
    assert browser.post(f"{LIST}{failed.pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.post(f"{LIST}{failed.pk}/change/", {"state": "sent"}).status_code == 403
    text = browser.get(f"{LIST}{failed.pk}/change/").content.decode()
    assert failed.message_id.strip("<>") not in text


def test_everybody_sets_language_and_mail_for_oneself(world: World, browse: Callable[[User], Client]) -> None:
    for name, user in world.everyone().items():
        browser = browse(user)
        assert browser.get(MY).status_code == 200, name
        answer = browser.post(MY, {"language": "en", "notify": "daily", "name": "Somebody else"})
        assert answer.status_code == 302
        user.refresh_from_db()
        assert (user.language, user.notify) == ("en", "daily")
        assert user.name != "Somebody else"
    assert "My settings" in browser.get(MY).content.decode()


@pytest.mark.parametrize("odd", [{"language": "fi", "notify": "daily"}, {"language": "sv"}, {}])
def test_odd_settings_are_refused_where_they_stand(
    world: World, browse: Callable[[User], Client], odd: dict[str, str]
) -> None:
    assert browse(world.karin).post(MY, odd).status_code == 422
    world.karin.refresh_from_db()
    assert (world.karin.language, world.karin.notify) == ("sv", "each")


def test_who_is_not_logged_in_is_asked_to(client: Client, db: None) -> None:
    for address in (MY, LIST):
        assert "/admin/login/" in client.get(address).headers["Location"]
