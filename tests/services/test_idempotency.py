"""The same thing sent twice is done once, also when both come at the same time or the first died."""

from __future__ import annotations

import base64
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from requests_app.models import Case, IdemKey
from requests_app.services import api_clients, idempotency
from requests_app.services.audit import Actor
from requests_app.services.keys import mac_keys
from tests.world import World, make_world, open_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from requests_app.models import ApiClient
    from tests.support.databases import Database


def _client(world: World) -> ApiClient:
    ada = Actor.staff(world.ada)
    return api_clients.create(
        actor=ada, name="Mina sidor", issuer="https://eid.hem.example", scopes=["requests:file"]
    ).client


def _once(client: ApiClient, do: Callable[[], tuple[Case, str]], **options: str) -> idempotency.Done:
    content = options.pop("content", "body").encode()
    said = {"key": "key-1", "operation": "file", **options}
    return idempotency.once(client=client, content=content, status=201, do=do, **said)


@pytest.fixture
def world(db: None, var: Path) -> World:
    return make_world()


def test_the_same_key_and_body_gives_the_first_answer(world: World) -> None:
    client, case = _client(world), open_case(world)
    first = _once(client, lambda: (case, "ref"))
    second = _once(client, lambda: pytest.fail("done twice"))
    assert (first.again, second.again) == (False, True)
    assert (second.status, second.case, second.result_ref) == (201, case, "ref")
    assert b"body" not in bytes(IdemKey.objects.get().mac) and "body" not in IdemKey.objects.get().body_sha


def test_a_key_is_known_after_the_hash_keys_were_changed(world: World, settings: Any) -> None:
    client, case = _client(world), open_case(world)
    _once(client, lambda: (case, "ref"))
    settings.MAC_KEYS = f"new:{base64.b64encode(bytes(32)).decode()},{settings.MAC_KEYS}"
    assert mac_keys().current == "new"
    assert _once(client, lambda: pytest.fail("done twice")).again
    with pytest.raises(idempotency.AnotherBody):
        _once(client, lambda: pytest.fail("done"), content="other")


def test_another_body_or_operation_under_the_same_key_is_refused(world: World) -> None:
    client, case = _client(world), open_case(world)
    _once(client, lambda: (case, ""))
    for other in ({"content": "other"}, {"operation": "message"}):
        with pytest.raises(idempotency.AnotherBody):
            _once(client, lambda: pytest.fail("done"), **other)
    assert not _once(_client(world), lambda: (case, ""), content="other").again  # another client's key is another key


def test_what_failed_leaves_the_key_free(world: World) -> None:
    client, case = _client(world), open_case(world)

    def fail() -> tuple[Case, str]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        _once(client, fail)
    assert not IdemKey.objects.exists()
    assert not _once(client, lambda: (case, ""), content="other").again


def test_a_request_that_died_is_taken_over_after_a_minute_and_one_at_work_is_not(world: World) -> None:
    client, case = _client(world), open_case(world)

    def during() -> tuple[Case, str]:
        with pytest.raises(idempotency.InProgress):
            _once(client, lambda: pytest.fail("done twice"))
        return case, ""

    assert not _once(client, during).again
    died = timezone.now() - timedelta(minutes=2)
    IdemKey.objects.update(status=0, case=None, at=died)
    assert not _once(client, lambda: (case, "second")).again
    assert IdemKey.objects.get().result_ref == "second"


def test_who_was_taken_over_makes_nothing(world: World) -> None:
    client, case = _client(world), open_case(world)

    def slow() -> tuple[Case, str]:
        Case.objects.filter(pk=case.pk).update(external_no="slow")
        IdemKey.objects.update(at=timezone.now() - timedelta(minutes=2))
        _once(client, lambda: (case, "quick"))
        return case, "slow"

    with pytest.raises(idempotency.InProgress):
        _once(client, slow)
    case.refresh_from_db()
    assert case.external_no == ""


def test_many_at_the_same_time_make_one_case(committed_db: Database, var: Path) -> None:
    world = make_world()
    client = _client(world)
    results: list[object] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        try:
            barrier.wait(10)
            results.append(_once(client, lambda: (open_case(world), "")).case.pk)
        except idempotency.InProgress as error:
            results.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert Case.objects.count() == 1
    assert set(results) <= {Case.objects.get().pk, idempotency.InProgress}
