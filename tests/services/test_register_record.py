"""The record of processing, how systems are reached, and the list legal works off."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone, translation

from requests_app.connectors import registry
from requests_app.models import (
    Event,
    EventPayload,
    Processing,
    ProcessingItem,
    Recipient,
    RegisterRow,
    SearchProfile,
    System,
    SystemVersion,
    User,
)
from requests_app.services import policy, register
from requests_app.services.audit import SYSTEM, Actor
from requests_app.services.register import Way, wording
from requests_app.services.register.loading import DATA
from requests_app.services.staff import ensure_teams, set_access
from tests.support.snapshot import once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def legal(db: None) -> Actor:
    """The register as it is shipped, and a member of staff who works off what it leaves open."""
    once("shipped register", lambda: register.load(actor=SYSTEM))
    return staff("lena@hem.example", "legal")


def staff(email: str, role: str) -> Actor:
    user = User.objects.create_user(email, name="Lena Björk")
    set_access(actor=SYSTEM, user=user, roles=[role], works=[], oversees=[])
    return Actor.staff(user)


def activity(key: str) -> Any:
    return next(found for found in register.record("sv").activities if found.key == key)


def task(key: str) -> register.Task:
    return next(found for found in register.tasks() if found.key == key)


def confirm_everything(legal: Actor) -> None:
    register.confirm_many(actor=legal, keys=[found.key for found in register.tasks() if found.confirmable])


# --- The record ----------------------------------------------------------------------------------------------------------------


def test_it_says_everything_an_activity_is_asked_for(legal: Actor) -> None:
    mailing = activity("nyhetsbrev")
    assert mailing.purpose.startswith("Skicka information, nyhetsbrev")
    assert "artikel 6.1 a" in mailing.legal_basis
    assert "Prenumererar på nyhetsbrevet" in mailing.subjects
    [line, *_rest] = mailing.lines
    assert line.system == "Nyhetsbrev" and line.source and line.retention
    assert "E-postadress" in {name for name, _special in line.categories}
    assert any(to.role.startswith("personuppgiftsbiträde") for to in line.receivers)
    assert any("USA" in to for to, _safeguard, _assumed in wording.transfers(mailing))
    assert "profilering" in wording.automated(activity("kopmonster"))
    assert activity("personal_kansligt").special and not mailing.special
    assert len(register.record("sv").activities) == Processing.objects.count()


def test_it_tells_what_is_confirmed_from_what_is_assumed(legal: Actor) -> None:
    assert activity("klagomal").assumed and register.record("sv").open > 30
    statement = Processing.objects.get(key="klagomal")
    register.confirm(actor=legal, key=statement.statement_key)
    said = wording.standing(activity("klagomal").standing)
    assert said.startswith("Confirmed by Lena Björk")
    assert activity("klagomal").assumed  # what its systems hold is not
    assert wording.standing(activity("marknadsforing").standing) == "Stated in the guideline"
    confirm_everything(legal)
    assert register.record("sv").open == 0
    assert not any(
        line.assumed or line.standing.assumed for found in register.record("sv").activities for line in found.lines
    )


def test_what_is_missing_of_the_controller_is_said_in_words(legal: Actor) -> None:
    facts = {
        label: (text, missing) for label, text, missing in wording.controller_facts(register.record("sv").controller)
    }
    assert facts["Organisation number"] == ("Missing: nobody has entered it in the policy.", True)
    assert facts["Data protection officer"][1]
    ensure_teams()
    policy.change(actor=SYSTEM, values={"sender": {"org_no": "556000-0000", "dpo": "dso@example.se"}})
    System.objects.filter(key="kamerabevakning").update(controller="Påhittade Bolaget AB")
    found = wording.controller_facts(register.record("sv").controller)
    assert not any(missing for _label, _text, missing in found)
    assert any("Påhittade Bolaget AB" in text for _label, text, _missing in found)


def test_whose_data_it_is_says_that_it_is_not_known(legal: Actor) -> None:
    assert activity("kamera").subjects == ()
    assert wording.subjects(activity("kamera")).startswith("Missing")
    SearchProfile.objects.get(key="employee").systems.add(System.objects.get(key="kamerabevakning"))
    assert activity("kamera").subjects == ("Anställd",)


def test_its_version_changes_with_what_it_says_and_not_with_the_language(legal: Actor) -> None:
    before = register.record("sv").version
    assert register.record("sv").version == register.record("en").version == before
    Recipient.objects.filter(key="consid").update(country="Norge")
    after = register.record("sv").version
    assert after != before
    register.confirm(actor=legal, key=Processing.objects.get(key="klagomal").statement_key)
    assert register.record("sv").version != after


def test_it_takes_as_many_queries_for_a_large_register_as_for_a_small(
    legal: Actor, django_assert_max_num_queries: Any
) -> None:
    for keep in (None, "chatt"):
        if keep:
            ProcessingItem.objects.exclude(system__key=keep).delete()
        with django_assert_max_num_queries(10):
            register.record("sv")
        with django_assert_max_num_queries(7):
            register.reaches()
        with django_assert_max_num_queries(7):
            register.tasks()


# --- How systems are reached ---------------------------------------------------------------------------------------------------


def test_it_says_how_each_system_is_reached(legal: Actor) -> None:
    System.objects.filter(key="rekrytering").update(owner_name="Personalchefen")
    System.objects.create(key="parkering", name_sv="Parkering", name_en="Parking", position=99)
    SystemVersion.objects.create(system=System.objects.get(key="loggar"), n=2, connector="taken-away")
    ways = {reach.system.key: reach.way for reach in register.reaches()}
    assert ways["chatt"] is Way.UNSET
    assert ways["rekrytering"] is Way.BY_HAND
    assert ways["personal"] is Way.OWNERLESS
    assert ways["parkering"] is ways["loggar"] is Way.NOTHING


def test_a_connector_whose_settings_are_complete_is_automatic_and_tells_how_its_test_went(legal: Actor) -> None:
    chat = System.objects.get(key="chatt")
    spec = registry.get("chat").settings_spec
    settings = {item.key: item.default or "https://chat.example.se" for item in spec if not item.secret}
    SystemVersion.objects.create(system=chat, n=2, connector="chat", settings=settings)
    for name in (item.key for item in spec if item.secret):
        chat.secrets.create(name=name, enc=b"x")
    found = {reach.system.key: reach for reach in register.reaches()}["chatt"]
    assert (found.way, found.version, found.tested_at) == (Way.CONNECTOR, 2, None)
    chat.secrets.all().delete()
    register.test_connection(actor=legal, system=chat)
    found = {reach.system.key: reach for reach in register.reaches()}["chatt"]
    assert found.tested_at is not None and not found.test_ok
    assert wording.tested(found).startswith("Failed")


# --- The list ------------------------------------------------------------------------------------------------------------------


def test_the_list_holds_every_assumption_and_every_gap(legal: Actor) -> None:
    found = register.tasks()
    assert [item.key for item in found if item.kind == "gap"] == [f"GAP-0{number}" for number in range(1, 8)]
    assert sum(item.is_row for item in found) == RegisterRow.objects.exclude(gap="").count()
    assert {item.key for item in found if item.kind == "processing"} == {
        statement.statement_key for statement in Processing.objects.filter(assumption=True)
    }
    assert not any(item.done for item in found)
    confirm_everything(legal)
    after = register.tasks()
    assert {item.kind for item in after if not item.done} == {"gap", "note"}
    assert not any(item.kind == "silent" for item in after)


def test_a_remark_says_whom_it_concerns_and_what_still_rests_on_it(legal: Actor) -> None:
    chat = task("PRO-03")
    assert chat.kind == "note" and "assumption" in chat.about
    assert {system.key for system in chat.systems} == {"chatt", "telefoni"}
    assert chat.waiting > 1
    confirm_everything(legal)
    assert task("PRO-03").waiting == 0 and not task("PRO-03").done  # that is decided with a note


def test_a_gap_is_settled_with_a_note_once_and_logged(legal: Actor) -> None:
    register.close_rows(actor=legal, rows=["GAP-04", "CTL-01"], note="  Vi har utsett ett ombud. ")
    register.close_rows(actor=legal, rows=["GAP-04"], note="En gång till.")
    done = task("GAP-04")
    assert (done.done, done.by, done.note) == (True, "Lena Björk", "Vi har utsett ett ombud.")
    assert done.at is not None and abs((timezone.now() - done.at).total_seconds()) < 60
    register.reopen_row(actor=legal, row="GAP-04")
    assert not task("GAP-04").done and task("CTL-01").done
    history = RegisterRow.objects.get(row_id="GAP-04").data["decisions"]
    assert [said["closed"] for said in history] == [True, False]
    seqs = Event.objects.filter(kind__startswith="register.gap_").order_by("seq").values_list("seq", "kind")
    said = [(kind.rpartition("_")[2], EventPayload.objects.get(seq=seq).open["row"]) for seq, kind in seqs]
    assert sorted(said) == [("closed", "CTL-01"), ("closed", "GAP-04"), ("reopened", "GAP-04")]


@pytest.mark.parametrize("note", ["", "   ", "x" * 2001])
def test_a_gap_is_not_settled_without_saying_how(legal: Actor, note: str) -> None:
    with pytest.raises(ValidationError) as raised:
        register.close_rows(actor=legal, rows=["GAP-04"], note=note)
    assert set(raised.value.message_dict) == {"note"}


def test_only_legal_settles_and_only_what_is_on_the_list(legal: Actor) -> None:
    for actor in (staff("ada@hem.example", "administrator"), staff("karin@hem.example", "coordinator"), SYSTEM):
        with pytest.raises(PermissionDenied):
            register.close_rows(actor=actor, rows=["GAP-04"], note="Klart.")
    for rows in (["GAP-99"], ["SYS-01"], ["GAP-04", "GAP-99"]):
        with pytest.raises(ValidationError):
            register.close_rows(actor=legal, rows=rows, note="Klart.")
    assert not task("GAP-04").done


def test_what_was_decided_survives_loading_until_the_row_says_something_else(legal: Actor, tmp_path: Path) -> None:
    register.close_rows(actor=legal, rows=["GAP-04", "GAP-05"], note="Klart.")
    again = register.load(actor=SYSTEM)
    assert (again.added, again.updated, again.kept) == (0, 0, [])
    folder = tmp_path / "hem"
    shutil.copytree(DATA, folder)
    text = (folder / "register.csv").read_text("utf-8")
    (folder / "register.csv").write_text(text.replace("Konkreta gallringsfrister saknas", "Frister saknas"), "utf-8")
    assert register.load(actor=SYSTEM, data=folder).updated == 1
    assert task("GAP-04").done
    assert (task("GAP-05").text, task("GAP-05").done) == ("Frister saknas", False)
    assert RegisterRow.objects.get(row_id="GAP-05").data["decisions"][0]["note"] == "Klart."
