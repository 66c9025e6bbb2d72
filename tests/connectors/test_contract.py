"""What every connector promises, tried on every one that is registered."""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, SettingType
from requests_app.domain.records import Record
from sandbox.people import CAST
from tests.connectors.world import CONNECTORS, NOW, SYSTEMS, Gathered

if TYPE_CHECKING:
    from requests_app.connectors.base import Connector
    from tests.connectors.world import Sandbox, World

every_system = pytest.mark.parametrize("system", SYSTEMS)
BY_HAND = {"manual"}
ELSEWHERE = {"mailbox", "files", "sql"}
"""Tried against servers of their own: ``tests/connectors/mail``, ``tests/connectors/files``, ``tests/connectors/sql``."""


def test_every_registered_connector_is_tried_here() -> None:
    assert {connector.key for connector in registry.all_connectors()} == {*CONNECTORS.values(), *BY_HAND, *ELSEWHERE}


@pytest.mark.parametrize("connector", registry.all_connectors(), ids=lambda connector: connector.key)
def test_it_describes_itself_in_both_languages(connector: Connector) -> None:
    labels = [connector.label_sv, connector.label_en]
    labels += [text for spec in connector.settings_spec for text in (spec.label_sv, spec.label_en)]
    for category in connector.categories:
        labels += [category.label_sv, category.label_en]
        labels += [text for field in category.fields.values() for text in (field.label_sv, field.label_en)]
        labels += [word for field in category.fields.values() for pair in field.words.values() for word in pair]

    assert all(labels)
    assert len({category.key for category in connector.categories}) == len(connector.categories)
    assert connector.automatic is (connector.key not in BY_HAND)


@every_system
def test_it_delivers_wellformed_pages(world: World, system: str) -> None:
    specs = {category.key: category for category in world.shape(system).categories}
    gathered = world.usual(system)

    assert gathered.records
    assert len(set(gathered.keys)) == len(gathered.keys)
    assert gathered.pages[-1].cursor is None
    assert all(page.cursor is not None for page in gathered.pages[:-1])
    for record in gathered.records:
        spec = specs[record.category]
        assert record.kind is spec.kind
        assert record.occurred_at is None or record.occurred_at.tzinfo is not None
        row = json.loads(json.dumps(record.to_row()))
        assert Record.from_row(row, category=record.category, kind=record.kind) == record


@every_system
def test_it_knows_a_label_for_every_field_the_system_sends(world: World, system: str) -> None:
    specs = {category.key: category for category in world.shape(system).categories}
    records = [*world.usual(system).records, *world.gather(system, "hostile").records]
    own = {"role", "unit", "user"}  # of the kind of record, and what is shown as it comes

    unknown = {
        (record.category, key)
        for record in records
        for key in record.fields
        if key not in specs[record.category].fields and key not in own
    }
    assert unknown <= {("subscriber", "anteckning")}  # a field that the newsletter's editor made


@every_system
def test_two_runs_give_the_same(world: World, system: str) -> None:
    assert world.gather(system, "anna").pages == world.usual(system).pages


@every_system
def test_a_run_taken_up_at_any_cursor_delivers_exactly_the_rest(world: World, system: str) -> None:
    whole = world.usual(system).pages

    for done, page in enumerate(whole[:-1], 1):
        kept = json.loads(json.dumps(page.cursor))
        rest = world.gather(system, "anna", cursor=kept, now=NOW.replace(month=12)).pages
        assert [one.records for one in rest] == [one.records for one in whole[done:]]


@every_system
@pytest.mark.parametrize("slug", ["lots", "two_addresses"])
def test_a_run_taken_up_half_way_misses_and_doubles_nothing(world: World, system: str, slug: str) -> None:
    daily = world.settings(system) | ({"resolution": "day"} if system == "mitt_hem" else {})
    whole = world.gather(system, slug, settings=daily)
    half = len(whole.pages) // 2
    kept = json.loads(json.dumps(whole.pages[half - 1].cursor))

    rest = world.gather(system, slug, settings=daily, cursor=kept)

    keys = [*Gathered(whole.pages[:half]).keys, *rest.keys]
    assert keys == whole.keys
    assert len(set(keys)) == len(keys)


@every_system
def test_nobody_found_delivers_nothing(world: World, system: str) -> None:
    gathered = world.gather(system, "nothing")

    assert gathered.records == []
    assert gathered.candidates == []


def test_the_manual_way_delivers_nothing_by_itself(world: World) -> None:
    manual = registry.get("manual")

    assert list(manual.collect(world.search("mina_sidor", "anna"))) == []
    assert manual.test({}, {}).ok


@every_system
def test_its_connection_can_be_tried_without_a_person(world: World, system: str) -> None:
    result = world.connector(system).test(world.settings(system), world.secrets(system))

    assert result.ok
    assert result.requests == 1


@every_system
def test_trying_the_connection_tells_a_refused_key_and_a_missing_one(world: World, system: str) -> None:
    connector, secrets = world.connector(system), world.secrets(system)

    assert connector.test(world.settings(system), dict.fromkeys(secrets, "wrong")).fault is Fault.AUTH_REFUSED
    assert connector.test(world.settings(system), {}).fault is Fault.SECRET_MISSING


@every_system
def test_a_missing_setting_or_secret_is_named(world: World, system: str) -> None:
    connector = world.connector(system)
    settings, secrets = world.settings(system), world.secrets(system)
    connector.check(settings, secrets)

    for spec in world.specs(system):
        if not spec.required:
            continue
        given = {key: value for key, value in settings.items() if key != spec.key}
        kept = {key: value for key, value in secrets.items() if key != spec.key}
        with pytest.raises(ConnectorError) as caught:
            connector.check(given, kept)
        wanted = Fault.SECRET_MISSING if spec.secret else Fault.MISCONFIGURED
        assert caught.value.fault is wanted
        assert caught.value.params == {"secret" if spec.secret else "setting": spec.key}


WRONG: dict[SettingType, Any] = {
    SettingType.URL: "http://example.com/",
    SettingType.INTEGER: "many",
    SettingType.JSON: "no",
    SettingType.CHOICE: "no",
    SettingType.BOOLEAN: "no",
    SettingType.TEXT: 7,
    SettingType.DESCRIPTION: 7,
}


@every_system
def test_a_setting_of_the_wrong_sort_is_named(world: World, system: str) -> None:
    connector = world.connector(system)

    for spec in world.specs(system):
        if spec.secret:
            settings, secrets = world.settings(system), world.secrets(system) | {spec.key: "line\nbreak"}
        else:
            settings, secrets = world.settings(system) | {spec.key: WRONG[spec.type]}, world.secrets(system)
        with pytest.raises(ConnectorError) as caught:
            list(connector.collect(replace(world.search(system, "anna"), settings=settings, secrets=secrets)))
        assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": spec.key})


@every_system
@pytest.mark.parametrize("fault", ["500", "401", "broken_json", "wrong_types", "cut_off"])
def test_neither_secrets_nor_personal_data_reach_a_log_or_an_exception(
    world: World, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, system: str, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.spoil(system, fault, times=0, after=1)
    person = CAST["anna"]
    told = ""

    try:
        world.gather(system, "anna")
    except ConnectorError as error:
        told = repr(error) + repr(error.params) + "".join(traceback.format_exception(error))
        assert error.__cause__ is None
        assert error.__context__ is None or isinstance(error.__context__, ConnectorError)

    assert told
    seen = caplog.text + told
    hidden = [*world.secrets(system).values(), *person.emails, *person.phones, person.last_name, "example.se"]
    assert [value for value in (*hidden, person.personnummer, person.customer_no) if value and value in seen] == []
    assert world.settings(system)["base_url"] not in seen


@every_system
def test_it_beats_before_every_request_and_stops_when_the_run_was_taken_over(world: World, system: str) -> None:
    class TakenOverError(Exception):
        pass

    beats = 0

    def heartbeat() -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            raise TakenOverError

    with pytest.raises(TakenOverError):
        world.gather(system, "anna", heartbeat=heartbeat)
    assert beats == 3


@every_system
def test_candidates_are_described_by_fields_that_have_labels(world: World, system: str) -> None:
    labelled = {key for category in world.shape(system).categories for key in category.fields}
    gathered = world.gather(system, "anna", person_name="Nadja Okänd", identifiers=_weak(world, system))

    assert gathered.candidates
    assert gathered.records == []
    assert {key for candidate in gathered.candidates for key in candidate.fields} <= labelled


def _weak(world: World, system: str) -> Any:
    values = set(CAST["anna"].emails)
    return tuple(one for one in world.search(system, "anna").identifiers if one.value in values)
