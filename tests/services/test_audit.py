"""The log: appended with the transaction, chained, guarded by the database, readable after its personal part is gone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from requests_app.checks import log_is_guarded
from requests_app.domain.events import KINDS
from requests_app.models import Event, EventPayload
from requests_app.services import audit
from requests_app.services.audit import PERSON, SYSTEM, Actor, unit, verify

pytestmark = pytest.mark.django_db


def _log(times: int = 1) -> None:
    for number in range(times):
        with unit(SYSTEM) as work:
            work.event("system.tested", system=f"s{number}", ok=True, fault="")


def test_it_chains_events_and_verifies() -> None:
    _log(3)
    verdict = verify()
    assert (verdict.ok, verdict.events, verdict.payloads_gone) == (True, 3, 0)
    assert [event.seq for event in Event.objects.all()] == [1, 2, 3]


def test_it_appends_nothing_when_the_transaction_fails() -> None:
    with suppress(RuntimeError), unit(SYSTEM) as work:
        work.event("portal.viewed")
        raise RuntimeError
    assert not Event.objects.exists()
    assert verify().ok


def test_it_forgets_what_a_failed_inner_unit_noted_and_keeps_the_outer() -> None:
    with unit(SYSTEM) as outer:
        outer.event("login.failed", door="admin")
        with suppress(RuntimeError), unit(PERSON) as inner:
            inner.event("portal.viewed")
            raise RuntimeError
    assert list(Event.objects.values_list("kind", "actor_ref")) == [("login.failed", "system")]


def test_it_appends_events_of_nested_units_in_order_with_their_own_actor() -> None:
    with unit(SYSTEM) as outer:
        outer.event("login.failed", door="admin")
        with unit(PERSON) as inner:
            inner.event("portal.viewed")
        outer.event("login.succeeded", door="admin")
    assert list(Event.objects.order_by("seq").values_list("kind", "actor_ref")) == [
        ("login.failed", "system"),
        ("portal.viewed", "person"),
        ("login.succeeded", "system"),
    ]


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("no.such", {}, "unknown kind"),
        ("portal.viewed", {"name": "x"}, "does not declare name"),
        ("case.noted", {"text": "x"}, "needs a case"),
    ],
)
def test_it_refuses_events_that_are_not_declared(kind: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message), unit(SYSTEM) as work:
        work.event(kind, **fields)


def test_it_lets_the_database_refuse_changes_to_events() -> None:
    _log(2)
    for statement in ("UPDATE requests_app_event SET kind = 'x'", "DELETE FROM requests_app_event"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE requests_app_event")
    assert verify().ok


def _without_triggers(statement: str, *params: Any) -> None:
    """What somebody with the database's own password could do."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER requests_app_event_no_update")
            cursor.execute("DROP TRIGGER requests_app_event_no_delete")
        else:
            cursor.execute("ALTER TABLE requests_app_event DISABLE TRIGGER USER")
        cursor.execute(statement, params)


@pytest.mark.parametrize(
    ("statement", "reason", "broken_at"),
    [
        ("UPDATE requests_app_event SET kind = 'portal.viewed' WHERE seq = 2", "changed", 2),
        ("UPDATE requests_app_event SET actor_ref = 'user:1:Eva' WHERE seq = 1", "changed", 1),
        ("DELETE FROM requests_app_event WHERE seq = 2", "missing", 2),
        ("DELETE FROM requests_app_event WHERE seq = 3", "tail cut", 2),
        ("UPDATE requests_app_eventpayload SET open = '{\"ok\": false}' WHERE seq = 3", "payload changed", 3),
    ],
)
def test_it_finds_what_was_changed_past_the_triggers(statement: str, reason: str, broken_at: int) -> None:
    _log(3)
    _without_triggers(statement)
    verdict = verify()
    assert (verdict.ok, verdict.reason, verdict.broken_at) == (False, reason, broken_at)


def test_it_verifies_when_payloads_were_deleted() -> None:
    _log(3)
    EventPayload.objects.filter(seq=2).delete()
    verdict = verify()
    assert (verdict.ok, verdict.payloads_gone) == (True, 1)


def test_it_makes_the_triggers_again_and_the_check_misses_them() -> None:
    assert log_is_guarded(None, databases=["default"]) == []
    _without_triggers("SELECT 1")
    if connection.vendor == "postgresql":
        audit.make_triggers()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE requests_app_event DISABLE TRIGGER USER")
    assert [error.id for error in log_is_guarded(None, databases=["default"])] == ["hemdsr.E001"]
    audit.make_triggers()
    assert log_is_guarded(None, databases=["default"]) == []


def test_it_keeps_the_actors_name_within_its_column(django_user_model: Any) -> None:
    user = django_user_model(pk=7, name="Å" * 120, email="a@hem.example")
    assert len(Actor.staff(user).ref) == 80


def test_every_kind_of_event_has_its_fields_in_one_place_only() -> None:
    assert all(not kind.open & kind.personal for kind in KINDS.values())
    free_text = {"reason", "reasons", "text", "note"}
    carried = {(kind.code, name) for kind in KINDS.values() for name in kind.open if name in free_text}
    codes = {
        ("case.reopened", "reason"),
        ("clock.paused", "reason"),
        ("login.refused", "reason"),
        ("incoming.dismissed", "reason"),
    }
    assert carried == {("case.noted", "note"), *codes}, "free text may name people: it is personal"
