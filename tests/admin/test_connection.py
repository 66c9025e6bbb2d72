"""Connecting a system without code: begin from something, be told what is wrong at its line, try it, save."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from requests_app.connectors.descriptions import titles
from requests_app.connectors.sql.connector import Sql
from requests_app.models import Event, EventPayload, SearchProfile, System, SystemVersion
from requests_app.services import register, words
from requests_app.services.audit import SYSTEM
from requests_app.services.described_words import described_sentence
from tests.admin.test_keeping import fields_of
from tests.connectors.rest.conftest import System as Answering, describe, system
from tests.connectors.test_trying import ANNA, FIND, by_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.test import Client

    from requests_app.models import User
    from tests.world import World

__all__ = ["system"]
SECRET = "hemlig-nyckel-7719"
SETTINGS = {"connector": "rest", "setting_base_url": "https://system.example/v1", "setting_key": SECRET}
PERSON = {"do": "try", "person-email": "anna@example.se", "person-name": "Anna Lindqvist", "person-known": "on"}


@pytest.fixture
def ada(world: World, browse: Callable[[User], Client]) -> Client:
    return browse(world.ada)


@pytest.fixture
def place(world: World) -> str:
    return reverse("admin:requests_app_system_connection", args=[world.systems["arkiv"].pk])


@pytest.fixture
def answering(system: Answering) -> Answering:
    system.answers["/v1/people"] = by_address(ANNA)
    system.answers["/v1/people/7/items"] = {"items": [{"id": 1, "what": "en bil"}], "next": "/x"}
    return system


def described(more: str = FIND, **changes: str) -> dict[str, str]:
    return {**SETTINGS, "setting_description": describe(more, auth='auth: {bearer: {token: "{key}"}}'), **changes}


def told(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_a_try_shows_exchanges_records_and_warnings_and_keeps_nothing(
    ada: Client, place: str, answering: Answering
) -> None:
    before = SystemVersion.objects.count()
    answer = ada.post(place, described() | PERSON)
    assert answer.status_code == 200, answer.context["form"].errors
    text = told(answer)
    assert "GET https://system.example/v1/people/7/items" in text
    assert "en bil" in text
    assert [one.grave for one in answer.context["warnings"]] == [True, False, False][: len(answer.context["warnings"])]
    assert any("/v1/people/7/items" in one.names for one in answer.context["warnings"])
    assert SystemVersion.objects.count() == before
    assert text.count(SECRET) == 1, "in its own password field alone, so that it need not be typed again"
    logged = EventPayload.objects.get(seq=Event.objects.get(kind="system.tried").seq)
    assert logged.open == {
        "system": "arkiv",
        "connector": "rest",
        "kinds": ["email"],
    }
    assert "anna" not in json.dumps([payload.open for payload in EventPayload.objects.all()])


def test_a_try_uses_the_saved_secret(world: World, ada: Client, place: str, answering: Answering) -> None:
    assert ada.post(place, described()).status_code == 302
    answer = ada.post(place, described(setting_key="") | PERSON)
    assert answer.status_code == 200
    assert answering.asked[-1].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in told(answer)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person-known": ""}, "known"),
        ({"person-email": "anna"}, "email"),
        ({"person-email": ""}, "email"),
        ({"person-email": "", "person-personnummer": "191212121212"}, "email"),
    ],
)
def test_a_try_says_whom_it_is_made_with(
    ada: Client, place: str, answering: Answering, changes: dict[str, str], field: str
) -> None:
    answer = ada.post(place, described() | PERSON | changes)
    assert answer.status_code == 422
    assert answer.context["person"].errors[field]
    assert not answering.asked
    assert not Event.objects.filter(kind="system.tried").exists()


def test_a_personnummer_goes_only_where_the_register_lets_it(
    world: World, ada: Client, place: str, answering: Answering
) -> None:
    text = FIND.replace("[email]", "[personnummer]").replace("email: email, ", "personnummer: no, ")
    asked = described(text) | PERSON | {"person-email": "", "person-personnummer": "19121212-1212"}
    assert ada.post(place, asked).status_code == 422
    system = world.systems["arkiv"]
    system.needs_personnummer = True
    system.save()
    answering.answers["/v1/people"] = {"people": []}
    assert ada.post(place, asked).status_code == 200
    assert "191212121212" in answering.paths()[0]


def test_what_is_wrong_in_a_description_is_told_with_its_line(ada: Client, place: str, answering: Answering) -> None:
    text = described()["setting_description"].replace("keep: {person_id: id}", 'keep: {person_id: "id["}')
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "id[" in one)
    for do in ("save", "try"):
        answer = ada.post(place, described(setting_description=text) | PERSON | {"do": do})
        assert answer.status_code == 422
        assert f'data-flaw="line:{line}"' in told(answer)
        assert "keep: {person_id: &quot;id[&quot;}" in told(answer)
        assert 'value="https://system.example/v1"' in told(answer), "nothing that was written is lost"
    assert not answering.asked


def test_a_fault_is_told_in_words_beside_the_exchange(ada: Client, place: str, system: Answering) -> None:
    system.answers["/v1/people"] = httpx.Response(401, json={"error": SECRET})
    answer = ada.post(place, described() | PERSON)
    assert answer.context["fault"]
    assert [one.status for one in answer.context["tried"].exchanges] == [401]
    assert SECRET not in repr(answer.context["tried"])


@pytest.mark.parametrize("name", [name for name, _said in titles()])
def test_one_begins_from_each_shipped_description(ada: Client, place: str, name: str) -> None:
    answer = ada.post(place, {"connector": "rest", "do": "start", "beginning": name})
    assert answer.status_code == 200
    form = answer.context["form"]
    assert form["setting_description"].value()
    specs = set(form.specs)
    assert specs - {"description"}, "its settings are asked for at once"
    assert ("lämnar en riktig fråga" in answer.content.decode()) is (name == "opendsr")
    sent = fields_of(form) | {"connector": "rest", "setting_base_url": "https://system.example/v1"}
    saved = ada.post(place, sent)
    assert "setting_description" not in (saved.context["form"].errors if saved.context else {})


def test_what_a_description_has_as_usual_is_filled_in(ada: Client, place: str) -> None:
    answer = ada.post(place, {"connector": "rest", "do": "start", "beginning": "mailchimp"})
    assert "driftinfo" in answer.context["form"]["setting_operational_lists"].value()


def test_one_begins_from_what_an_openapi_document_says(ada: Client, place: str) -> None:
    document: dict[str, Any] = {
        "openapi": "3.0.0",
        "info": {"title": "Besök", "version": "1"},
        "servers": [{"url": "https://besok.example/v1"}],
        "paths": {
            "/visitors": {
                "get": {
                    "parameters": [{"name": "email", "in": "query", "schema": {"type": "string"}}],
                    "responses": {
                        "200": {
                            "description": "ok",
                            "content": {
                                "application/json": {
                                    "schema": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "properties": {"id": {"type": "integer"}, "email": {"type": "string"}},
                                        },
                                    }
                                }
                            },
                        }
                    },
                }
            }
        },
    }
    file = SimpleUploadedFile("openapi.json", json.dumps(document).encode(), "application/json")
    answer = ada.post(place, {"connector": "rest", "do": "import", "openapi": file})
    assert answer.status_code == 200, answer.context["form"].errors
    assert "/visitors" in answer.context["form"]["setting_description"].value()
    wrong = SimpleUploadedFile("openapi.json", b"{", "application/json")
    assert ada.post(place, {"connector": "rest", "do": "import", "openapi": wrong}).status_code == 422
    assert ada.post(place, {"connector": "rest", "do": "import"}).status_code == 422


def test_a_description_is_proposed_out_of_a_database(ada: Client, place: str, tmp_path: Any) -> None:
    import sqlite3

    path = tmp_path / "kund.sqlite3"
    with sqlite3.connect(path) as held:
        held.execute("create table customers (id integer primary key, email text, name text)")
        held.execute("insert into customers values (1, 'anna@example.se', 'Anna Lindqvist')")
    settings = {"connector": "sql", "setting_database": "sqlite", "setting_name": str(path)}
    answer = ada.post(place, settings | {"do": "propose"})
    assert answer.status_code == 200, answer.context["form"].errors
    text = answer.context["form"]["setting_description"].value()
    assert "customers" in text
    assert "Lindqvist" not in text
    tried = ada.post(place, settings | PERSON | {"setting_description": text})
    assert tried.status_code == 200, (tried.context["form"].errors, tried.context["person"].errors)
    assert len(tried.context["tried"].records) == 1
    missing = ada.post(place, settings | {"setting_name": str(tmp_path / "none"), "do": "propose"})
    assert missing.status_code == 422


def test_an_older_version_can_be_shown_and_saved_anew(
    world: World, ada: Client, place: str, answering: Answering
) -> None:
    ada.post(place, described())
    ada.post(place, described(setting_description=described()["setting_description"] + "# ny\n"))
    version = register.current_version(world.systems["arkiv"])
    older = ada.get(f"{place}?version={version.n - 1}").context["form"]
    assert not older["setting_description"].value().rstrip().endswith("# ny")
    assert ada.post(place, fields_of(older) | {"connector": "rest"}).status_code == 302
    newest = register.current_version(world.systems["arkiv"])
    assert newest.n == version.n + 1
    assert "# ny" not in newest.settings["description"]


def test_the_schema_is_published(ada: Client) -> None:
    answer = ada.get(reverse("admin:requests_app_system_schema", args=["rest"]))
    assert answer.json()["$schema"]
    assert ada.get(reverse("admin:requests_app_system_schema", args=["nothing"])).status_code == 404


def test_a_description_that_cannot_be_read_loses_nothing_that_was_typed(ada: Client, place: str) -> None:
    """The fields of its settings come from it, and are not there meanwhile."""
    whole = described()
    broken = whole | {"setting_description": whole["setting_description"] + '\nread: "'}
    answer = ada.post(place, broken | PERSON)
    assert answer.status_code == 422
    assert dict(answer.context["form"].carried) == {
        name: broken[name] for name in broken if name.startswith("setting_") and name != "setting_description"
    }
    assert f'<input type="hidden" name="setting_key" value="{SECRET}">' in told(answer)
    assert not ada.get(place).context["form"].carried


def test_whoever_tries_is_told_what_to_look_at_and_nothing_of_cases(ada: Client, place: str, system: Answering) -> None:
    for status, word in ((401, "godtar inte nyckeln"), (403, "rätten"), (404, "sökvägar")):
        system.answers["/v1/people"] = httpx.Response(status)
        said = ada.post(place, described() | PERSON).context["fault"]
        assert word in said and "rende" not in said and "ystemadministrat" not in said


def test_a_new_system_that_no_case_would_search_is_told_so(ada: Client, world: World) -> None:
    added = reverse("admin:requests_app_system_add")
    form = ada.get(added).context["adminform"].form
    assert "besoksbokning" in form.fields["key"].help_text
    sets = [said["fields"] for _name, said in ada.get(added).context["adminform"].fieldsets]
    assert not {"assumption", "rows"} & {name for fields in sets for name in fields if isinstance(name, str)}
    names = {
        "name_sv": "Besöksbokning",
        "name_en": "Visit booking",
        "controller": "HEM",
        "position": "1",
        "active": "on",
    }
    wrong = ada.post(added, names | {"key": "besöks bokning"})
    assert "slug" not in str(wrong.context["adminform"].form.errors)
    assert "utan mellanslag" in str(wrong.context["adminform"].form.errors["key"])
    ada.post(added, names | {"key": "besok"})
    made = System.objects.get(key="besok")
    place = reverse("admin:requests_app_system_connection", args=[made.pk])
    assert "Ingen sökprofil" not in told(ada.get(place)), "not before it is set up"
    register.configure(actor=SYSTEM, system=made, connector="manual", settings={})
    text = told(ada.get(place))
    assert "Ingen sökprofil föreslår Besöksbokning" in text and f"?system={made.pk}" in text
    SearchProfile.objects.get(key="customer").systems.add(made)
    assert "Ingen sökprofil" not in told(ada.get(place))


def test_an_address_that_cannot_be_used_is_told_how_it_must_be(ada: Client, place: str) -> None:
    for wrong in (
        "http://system.example/v1",
        "system.example",
        "https://user:pass@system.example",
        "https://system.example?x=1",
    ):
        answer = ada.post(place, described(setting_base_url=wrong) | PERSON)
        assert "börjar med https://" in str(answer.context["form"].errors["setting_base_url"]), wrong


def test_an_older_version_says_that_it_no_longer_counts(ada: Client, place: str) -> None:
    newest = SystemVersion.objects.filter(system__key="arkiv").latest("n").n
    settings = {"profile": "mailchimp", "base_url": "https://us1.api.mailchimp.com/3.0"}
    system, secrets = System.objects.get(key="arkiv"), {"api_key": "nyckel-us1"}
    register.configure(actor=SYSTEM, system=system, connector="newsletter", settings=settings, secrets=secrets)
    assert f"Du ser version {newest}, som inte längre gäller" in told(ada.get(place, {"version": newest}))
    assert "som inte längre gäller" not in told(ada.get(place))
    assert "som inte längre gäller" not in told(ada.get(place, {"version": newest + 1}))


def test_a_number_that_is_described_and_not_allowed_is_told_of(ada: Client, place: str) -> None:
    by_number = described(FIND.replace("by: [email]", "by: [email, personnummer]"))
    assert by_number["setting_description"] != described()["setting_description"]
    assert "lämnas inget nummer till det" in told(ada.post(place, by_number | PERSON))
    assert "lämnas inget nummer till det" not in told(ada.post(place, described() | PERSON))
    System.objects.filter(key="arkiv").update(needs_personnummer=True)
    assert "lämnas inget nummer till det" not in told(ada.post(place, by_number | PERSON))


def test_what_a_description_names_and_a_database_has_not_is_told_by_its_name() -> None:
    """The nearer sentence wins over the short one."""
    params = {"setting": "description", "table": "kunder", "column": "e_post"}
    nearer = described_sentence("misconfigured", params)
    assert nearer and words.connection_fault("misconfigured", params, system="Arkivet") == nearer % {
        **params,
        "system": "Arkivet",
    }
    assert "base_url" in words.connection_fault("misconfigured", {"setting": "base_url"}, system="Arkivet")


@pytest.mark.parametrize("where", ["setting", "description"])
@pytest.mark.parametrize("do", ["try", "save"])
def test_a_saved_key_never_goes_to_another_address(
    ada: Client, place: str, answering: Answering, where: str, do: str
) -> None:
    """Nobody can read a key by letting it be sent elsewhere, and a slip in an address gives it to nobody."""
    assert ada.post(place, described() | {"do": "save"}).status_code == 302
    sent = described() | PERSON | {"do": do, "setting_key": ""}
    assert ada.post(place, sent | {"do": "try"}).context.get("tried") is not None, "where it always went it may go"
    if where == "setting":
        sent["setting_base_url"] = "https://stranger.example/v1"
    else:
        sent["setting_description"] = sent["setting_description"].replace('"{base_url}"', '"https://stranger.example"')
    answering.asked.clear()
    answer = ada.post(place, sent)
    assert "Adressen är en annan än förut" in str(answer.context["form"].errors["setting_key"])
    assert (
        answering.asked == [] and SystemVersion.objects.latest("n").settings["base_url"] == "https://system.example/v1"
    )
    if do == "save":
        assert ada.post(place, sent | {"setting_key": "en annan nyckel"}).status_code == 302


def test_a_saved_password_is_not_shown_to_another_server_to_propose_a_description(
    ada: Client, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, str]] = []

    def propose(_self: Sql, settings: dict[str, Any], secrets: dict[str, str]) -> str:
        shown.append((settings["host"], secrets["password"]))
        return "people: {}"

    monkeypatch.setattr(Sql, "propose", propose)
    text = "people: {p: {table: p, by: {email: {column: email}}, category: p}}\ncategories: {p: {kind: table, label: P, key: id}}\n"
    settings = {"database": "postgresql", "host": "db.example", "name": "hem", "user": "läsare", "description": text}
    system, secrets = System.objects.get(key="arkiv"), {"password": SECRET}
    register.configure(actor=SYSTEM, system=system, connector="sql", settings=settings, secrets=secrets)
    sent = {f"setting_{name}": value for name, value in settings.items()} | {"connector": "sql", "do": "propose"}
    assert ada.post(place, sent).status_code == 200
    answer = ada.post(place, sent | {"setting_host": "stranger.example"})
    assert "Adressen är en annan än förut" in told(answer)
    assert shown == [("db.example", SECRET)]
