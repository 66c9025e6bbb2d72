"""Gathered records in their own form, read by those who may, and harmless whatever they hold."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from requests_app.domain.records import Kind
from requests_app.models import Event
from tests.world import World, identified, open_case, put_records, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ request.user }}{% url 'admin:index' %}",
    "\u202egnp.exe",
    "a\x00b\x1bc",
    "\ud800",
    "=cmd|' /C calc'!A0",
    "å" * 30_000,
    "🙂\u200d🔥",
    "javascript:alert(1)",
]


def url(case: Case, category: str, page: int = 1) -> str:
    return f"/admin/requests_app/case/{case.ref}/uppgifter/fakturering/{category}/?page={page}"


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("text", HOSTILE)
def test_it_shows_hostile_text_as_text(world: World, browse: Callable[[User], Client], kind: Kind, text: str) -> None:
    case = identified(world, open_case(world))
    fields = {"from": text, "text": text, "role": "person", "value": text, "unit": text, text[:40]: text}
    put_records(case, "fakturering", [record("sak", kind, at=NOON, group=text[:60], **fields)])
    page = browse(world.karin).get(url(case, "sak"))
    assert page.status_code == 200
    content = page.content.decode()
    assert "<script>alert" not in content
    assert "<img src=x" not in content
    assert "\u202e" not in content
    assert "\x00" not in content


def test_it_shows_a_conversation_as_one(world: World, browse: Callable[[User], Client]) -> None:
    case = identified(world, open_case(world))
    said = [
        record("chatt", Kind.CONVERSATION, at=NOON, group="A1", **{"from": "Anna", "role": "person", "text": "Hej!"}),
        record(
            "chatt", Kind.CONVERSATION, at=NOON, group="A1", **{"from": "Stefan", "role": "staff", "text": "Hej Anna."}
        ),
    ]
    put_records(case, "fakturering", said)
    content = browse(world.karin).get(url(case, "chatt")).content.decode()
    assert content.count("dsr-bubble-mine") == 1
    assert content.index("Hej!") < content.index("Hej Anna.")


def test_it_shows_readings_one_row_a_day_in_swedish_time(world: World, browse: Callable[[User], Client]) -> None:
    case = identified(world, open_case(world))
    start = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # midnight in Sweden, before the day that has 23 hours
    hours = [
        record("matvarden", Kind.TIME_SERIES, at=start + timedelta(hours=n), group="M1", value=1, unit="kWh")
        for n in range(47)
    ]
    put_records(case, "fakturering", hours)
    series = browse(world.karin).get(url(case, "matvarden")).context["series"]
    assert [day.values for day in series[0]["days"]] == [23, 24]
    assert [day.total for day in series[0]["days"]] == ["23", "24"]


def test_it_turns_pages_and_logs_each_one_that_is_read(world: World, browse: Callable[[User], Client]) -> None:
    case = identified(world, open_case(world))
    put_records(case, "fakturering", [record("rader", Kind.TABLE, nummer=n) for n in range(450)])
    karin = browse(world.karin)
    assert karin.get(url(case, "rader", 3)).context["page"].page == 3
    assert len(karin.get(url(case, "rader", 3)).context["rows"]) == 50
    assert karin.get(url(case, "rader", 99)).context["page"].page == 3
    assert Event.objects.filter(kind="data.viewed", case_ref=case.ref).count() == 3


@pytest.mark.parametrize("tail", ["fakturering/finns-inte", "finns-inte/rader", "fakturering/..%2f..%2f"])
def test_it_does_not_know_what_is_not_there(world: World, browse: Callable[[User], Client], tail: str) -> None:
    case = identified(world, open_case(world))
    page = f"/admin/requests_app/case/{case.ref}/uppgifter/{tail}/"
    assert browse(world.karin).get(page).status_code == 404


def test_it_shows_a_personnummer_only_on_a_click_that_is_logged(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world, personnummer="19900118-9811")
    karin = browse(world.karin)
    page = f"/admin/requests_app/case/{case.ref}/"
    assert "199001189811" not in karin.get(page).content.decode()
    identifier = case.parties.get().identifiers.get(kind="personnummer")
    shown = karin.post(f"{page}visa/{identifier.pk}/")
    assert "199001189811" in shown.content.decode()
    assert Event.objects.filter(kind="identifier.shown", case_ref=case.ref).count() == 1
    assert "199001189811" not in karin.get(page).content.decode()


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59Z", "1e999", "nan", 10**400])
def test_values_at_the_end_of_what_can_be_said_are_shown(value: object) -> None:
    from requests_app.admin.data_texts import said
    from requests_app.domain.records import FieldSpec, FieldType

    for kind in (FieldType.DATETIME, FieldType.NUMBER, FieldType.AMOUNT):
        assert said(value, FieldSpec("Till", "Until", kind)) == str(value)


@pytest.mark.parametrize("text", ["a" * 200_000, "min granne Bengt Karlsson har 070-174 06 20. " * 5_000])
def test_a_record_with_a_very_long_text_is_shown_in_a_moment(
    world: World, browse: Callable[[User], Client], text: str
) -> None:
    case = identified(world, open_case(world))
    put_records(case, "fakturering", [record("sak", Kind.TABLE, at=NOON, anteckning=text)])
    karin = browse(world.karin)
    started = time.process_time()
    assert karin.get(url(case, "sak")).status_code == 200
    assert time.process_time() - started < 8
