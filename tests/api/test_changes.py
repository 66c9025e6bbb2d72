"""Asking what has changed: cheap, complete, and only what this client filed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from requests_app.models import Case, Event
from requests_app.services import cases
from requests_app.services.audit import Actor
from tests.api.conftest import CHARLIE, Caller, make_caller
from tests.world import open_case

if TYPE_CHECKING:
    from tests.world import World


def test_it_tells_of_what_the_client_filed_for_whomever(caller: Caller, world: World) -> None:
    mine = [caller.file().json()["ref"], caller.file(subject=CHARLIE).json()["ref"]]
    open_case(world)
    make_caller(world).file()
    said = caller.get("/changes", "").json()
    assert [item["ref"] for item in said["items"]] == mine
    assert said["items"][0]["status"]["code"] == "gathering" and not said["more"]


def test_it_goes_on_from_the_cursor_and_leaves_nothing_out(caller: Caller, world: World) -> None:
    refs = [caller.file().json()["ref"] for _ in range(4)]
    cursor, seen, pages = "", [], 0
    while True:
        answer = caller.get(f"/changes?limit=3&after={cursor}")
        page = answer.json()
        seen += [item["ref"] for item in page["items"]]
        assert page["more"] == answer.has_header("Link")
        cursor, pages = page["cursor"], pages + 1
        if not page["more"]:
            break
    assert pages > 1 and list(dict.fromkeys(seen)) == refs
    assert caller.get(f"/changes?after={cursor}").json() == {"items": [], "cursor": cursor, "more": False}
    caller.post(f"/requests/{refs[1]}/withdrawal")
    changed = caller.get(f"/changes?after={cursor}").json()["items"]
    assert [(item["ref"], item["status"]["code"]) for item in changed] == [(refs[1], "withdrawn")]


def test_nothing_new_is_answered_with_304_and_few_queries(caller: Caller, world: World) -> None:
    caller.file()
    cursor = caller.get("/changes").json()["cursor"]
    etag = caller.get(f"/changes?after={cursor}")["ETag"]
    open_case(world)  # somebody else's news changes nothing
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = caller.get(f"/changes?after={cursor}", **{"if-none-match": etag})
    assert answer.status_code == 304 and answer.content == b"" and answer["ETag"] == etag
    said = [one["sql"] for one in asked if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(said) <= 5, said


def test_what_staff_does_among_themselves_is_not_told(caller: Caller, world: World) -> None:
    caller.file()
    cursor = caller.get("/changes").json()["cursor"]
    case = Case.objects.get()
    cases.note(actor=Actor.staff(world.karin), case=case, text="Ring.")
    cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.karin)
    assert caller.get(f"/changes?after={cursor}").json()["items"] == []


def test_it_begins_at_a_time_for_who_has_no_cursor(caller: Caller) -> None:
    caller.file()
    begun = timezone.now()
    later = caller.file().json()["ref"]
    said = caller.get(f"/changes?changed_since={begun.isoformat().replace('+', '%2B')}").json()
    assert [item["ref"] for item in said["items"]] == [later]
    long_ago = (begun - timedelta(days=365)).isoformat().replace("+", "%2B")
    assert len(caller.get(f"/changes?changed_since={long_ago}").json()["items"]) == 2
    assert caller.get(f"/changes?changed_since={long_ago}&after=1").status_code == 422


def test_a_cursor_past_the_end_gives_nothing(caller: Caller) -> None:
    caller.file()
    last = Event.objects.order_by("-seq").values_list("seq", flat=True)[0]
    for cursor in (last, 10**17):
        assert caller.get(f"/changes?after={cursor}").json()["items"] == []
    assert caller.get("/changes?after=" + "9" * 30).status_code == 422
