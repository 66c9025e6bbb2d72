"""The register, staff and policy, as their keepers edit them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from requests_app.models import Event, EventPayload, Policy, Processing, System, SystemSecret, User
from requests_app.services import access, register
from tests.world import World, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

SECRET = "hemlig-nyckel-8861"


def fields_of(form: Any) -> dict[str, Any]:
    """What a browser would send of a form as it stands."""
    data = {}
    for bound in form:
        value = bound.value()
        if value is True:
            data[bound.html_name] = "on"
        elif value not in (None, False):
            data[bound.html_name] = value
    return data


def test_it_saves_settings_and_never_shows_a_secret_again(world: World, browse: Callable[[User], Client]) -> None:
    ada, system = browse(world.ada), world.systems["arkiv"]
    page = reverse("admin:requests_app_system_connection", args=[system.pk])
    form = ada.get(f"{page}?connector=mina_sidor").context["form"]
    sent = fields_of(form) | {"connector": "mina_sidor", "setting_base_url": "http://127.0.0.1:9/"}
    secrets = [form.field_name(key) for key, spec in form.specs.items() if spec.secret]
    assert secrets
    saved = ada.post(page, sent | dict.fromkeys(secrets, SECRET))
    assert saved.status_code == 302, saved.context["form"].errors
    assert SystemSecret.objects.filter(system=system).count() == len(secrets)
    again = ada.get(page)
    assert SECRET not in again.content.decode()
    assert system.versions.order_by("-n").first().connector == "mina_sidor"
    assert ada.post(page, fields_of(again.context["form"]) | {"connector": "mina_sidor"}).status_code == 302
    assert SECRET in register.secrets_of(system).values()
    assert SECRET not in json.dumps([payload.open for payload in EventPayload.objects.all()])


def test_it_shows_a_wrong_setting_at_its_field(world: World, browse: Callable[[User], Client]) -> None:
    page = reverse("admin:requests_app_system_connection", args=[world.systems["arkiv"].pk])
    ada = browse(world.ada)
    form = ada.get(f"{page}?connector=mina_sidor").context["form"]
    sent = fields_of(form) | {"connector": "mina_sidor", "setting_base_url": "inte en adress"}
    answer = ada.post(page, sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors["setting_base_url"]
    assert 'value="inte en adress"' in answer.content.decode()


def test_it_says_in_words_how_the_test_of_a_connection_went(world: World, browse: Callable[[User], Client]) -> None:
    ada, system = browse(world.ada), world.systems["arkiv"]
    answer = ada.post(reverse("admin:requests_app_system_test", args=[system.pk]), follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    assert Event.objects.filter(kind="system.tested").exists()


def test_it_vouches_for_what_is_corrected(world: World, browse: Callable[[User], Client]) -> None:
    processing = Processing.objects.get(key="arkiv-behandling")
    Processing.objects.filter(pk=processing.pk).update(assumption=True)
    lena = browse(world.lena)
    page = reverse("admin:requests_app_processing_change", args=[processing.pk])
    form = lena.get(page).context["adminform"].form
    sent = fields_of(form) | {"purpose_sv": "Vi bevarar handlingar"}
    saved = lena.post(page, sent)
    assert saved.status_code == 302, saved.context["errors"]
    processing.refresh_from_db()
    assert (processing.purpose_sv, processing.confirmed_by) == ("Vi bevarar handlingar", world.lena)


def test_it_confirms_many_statements_at_once(world: World, browse: Callable[[User], Client]) -> None:
    System.objects.update(assumption=True)
    Processing.objects.update(assumption=True)
    lena = browse(world.lena)
    page = lena.get("/admin/register/att-bekrafta/?system=arkiv")
    keys = [task.key for task, _kind, _url in page.context["tasks"] if task.confirmable]
    assert len(keys) == 2
    lena.post("/admin/register/att-bekrafta/", {"system": "arkiv", "keys": keys})
    arkiv = System.objects.get(key="arkiv")
    assert arkiv.confirmed_by == world.lena
    assert System.objects.get(key="fakturering").confirmed_by is None


def test_it_writes_a_next_policy_and_moves_open_cases(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world)
    ada = browse(world.ada)
    page = reverse("admin:requests_app_policy_add")
    form = ada.get(page).context["form"]
    saved = ada.post(page, fields_of(form) | {"reminders": "10, 2", "eves_are_holidays": "on"})
    assert saved.status_code == 302, saved.context["form"].errors
    newest = Policy.objects.order_by("-version").first()
    assert (newest.version, newest.values["reminders"], newest.by) == (2, [10, 2], world.ada)
    case.refresh_from_db()
    assert case.policy == newest
    wrong = ada.post(page, fields_of(form) | {"sender_email": "", "reminders": "snart"})
    assert set(wrong.context["form"].errors) == {"sender_email", "reminders"}
    assert Policy.objects.count() == 2


def test_it_gives_roles_and_teams_and_tells_the_log(world: World, browse: Callable[[User], Client]) -> None:
    ada = browse(world.ada)
    page = reverse("admin:requests_app_user_change", args=[world.sven.pk])
    form = ada.get(page).context["adminform"].form
    sent = fields_of(form) | {"roles": ["coordinator"], "works": [world.hr.pk], "oversees": []}
    saved = ada.post(page, sent)
    assert saved.status_code == 302, saved.context["errors"]
    sven = User.objects.get(pk=world.sven.pk)
    assert access.works(sven)
    assert list(sven.groups.values_list("name", flat=True)) == ["coordinator"]
    assert Event.objects.filter(kind="user.role_changed").exists()


def test_a_version_of_the_policy_is_read_under_the_headings_it_was_written_under(
    world: World, browse: Callable[[User], Client]
) -> None:
    newest = Policy.objects.latest("version")
    page = browse(world.lena).get(reverse("admin:requests_app_policy_change", args=[newest.pk]))
    groups = dict(page.context["groups"])
    assert len(groups) >= 6
    assert all(label and "_" not in label for pairs in groups.values() for label, _text in pairs)
    assert newest.values["sender"]["name"] in page.content.decode()


def test_a_list_that_is_only_read_is_headed_by_what_it_lists(world: World, browse: Callable[[User], Client]) -> None:
    client = browse(world.lena)
    for name, title in (("policy", "Policyer"), ("registerrow", "Rader i riktlinjen"), ("system", "System")):
        page = client.get(reverse(f"admin:requests_app_{name}_changelist"))
        assert page.context["title"] == title
