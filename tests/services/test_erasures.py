"""The log of erasures, replayed after a system was restored: whom it finds, whom it leaves alone, and what it never says."""

from __future__ import annotations

import io
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from requests_app.connectors.base import ConnectorError, Fault, Identifier, Page
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import ErasureLog, EventPayload, System
from requests_app.services import erasures
from requests_app.services.audit import verify

from .fakes import PERSONNUMMER, World, page
from .test_carrying_out import Erasing, actor, alfa, decided, due, legal, report, task, world

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.models import Case
    from requests_app.services.audit import Actor

__all__ = ["actor", "alfa", "legal", "world"]
pytestmark = pytest.mark.django_db
OTHER = "189008179807"  # one of Skatteverket's published test numbers
WHO = Identifier(IdentifierKind.PERSONNUMMER, PERSONNUMMER)


@pytest.fixture
def erased(world: World, alfa: Erasing, actor: Actor, legal: Actor, django_capture_on_commit_callbacks: Any) -> Case:
    with django_capture_on_commit_callbacks(execute=True):
        case = decided(world, actor, legal)
        assert due(task(case)).result == "done"
    alfa.told.clear()
    return case


def replay(*lines: str, hours: float = 1, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    since = (timezone.localtime() - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S")
    before, sys.stdin = sys.stdin, io.StringIO("".join(f"{line}\n" for line in lines))
    try:
        call_command("reapply_erasures", "alfa", since=since, stdout=out, stderr=err, **options)
    finally:
        sys.stdin = before
    return out.getvalue(), err.getvalue()


def test_only_hashes_are_kept(erased: Case, var: Path) -> None:
    (row,) = ErasureLog.objects.all()
    assert (row.system, row.kind, row.case_ref) == ("alfa", "personnummer", erased.ref)
    text = erasures.path().read_text()
    assert bytes(row.mac).hex() in text and PERSONNUMMER not in text and erased.ref not in text
    assert erasures.path().stat().st_mode & 0o077 == 0


def test_who_was_erased_since_the_backup_is_erased_again(erased: Case, alfa: Erasing) -> None:
    said, wrong = replay(OTHER, "", "no number", PERSONNUMMER[:8] + "-" + PERSONNUMMER[8:])
    assert "1 erased since then: lines 4" in said and "1 erased again and read back." in said
    assert "1 lines hold no identifier of the system: 3" in wrong
    assert alfa.told == [("erase", (WHO,))]
    assert PERSONNUMMER not in said + wrong
    logged = EventPayload.objects.order_by("seq").last()
    assert logged is not None and (logged.open["found"], logged.open["erased"], logged.open["failed"]) == (1, 1, 0)
    assert verify().ok


def test_the_journal_tells_it_where_our_own_database_was_restored_too(erased: Case, alfa: Erasing) -> None:
    ErasureLog.objects.all().delete()
    replay(PERSONNUMMER)
    assert len(alfa.told) == 1


def test_who_was_erased_before_the_backup_has_come_back_and_is_left_alone(erased: Case, alfa: Erasing) -> None:
    said, _wrong = replay(PERSONNUMMER, hours=-1)
    assert "None of them" in said and alfa.told == []


def test_a_dry_run_tells_nobody(erased: Case, alfa: Erasing) -> None:
    assert "lines 1" in replay(PERSONNUMMER, dry_run=True)[0]
    assert alfa.told == []


def test_what_is_there_still_is_told_by_its_line(world: World, erased: Case, alfa: Erasing) -> None:
    world.script("alfa", page(0, 1))
    with pytest.raises(CommandError, match="lines 1"):
        replay(PERSONNUMMER)
    world.script("alfa", Page())
    alfa.answers = [ConnectorError(Fault.TIMEOUT)]
    with pytest.raises(CommandError, match="lines 1"):
        replay(PERSONNUMMER)


def test_a_system_nothing_can_tell_is_searched_for_a_person_to_erase_in(
    world: World, actor: Actor, legal: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    from .fakes import Scripted

    world.connectors["alfa"] = Scripted("alfa", frozenset({IdentifierKind.PERSONNUMMER}))
    with django_capture_on_commit_callbacks(execute=True):
        assert due(report(actor, decided(world, actor, legal))).result == "done"
    with pytest.raises(CommandError, match="dry run"):
        replay(PERSONNUMMER)
    assert "lines 1" in replay(PERSONNUMMER, dry_run=True)[0]


def test_wrong_words_are_told(erased: Case) -> None:
    with pytest.raises(CommandError, match="no system"):
        call_command("reapply_erasures", "finns_inte", since="2026-11-01T03:00")
    with pytest.raises(CommandError, match="must be a time"):
        call_command("reapply_erasures", "alfa", since="i går")
    erasures.path().write_text("{\n")
    with pytest.raises(CommandError, match="line 1"):
        replay(PERSONNUMMER)
    System.objects.get(key="beta").versions.all().delete()
    with pytest.raises(CommandError, match="not set up"):
        call_command("reapply_erasures", "beta", since="2026-11-01T03:00")
