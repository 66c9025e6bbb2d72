"""Files that a system gives with its records are kept with them: once, sealed, clean, and never without them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from requests_app.connectors.base import ConnectorError, Fault, Page, PageFile
from requests_app.models import Collection, Event, StoredFile
from requests_app.services import collection, enclosures, files, malware
from requests_app.services.batches import records_of
from requests_app.services.keys import Vault
from requests_app.services.words import collection_sentence
from tests.services.fakes import World, page, record

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.models import Case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var")]
AVTAL = PageFile("avtal.pdf", b"%PDF-1.7 avtal")
BILD = PageFile("C:\\bilder\\huset.png", b"\x89PNG\r\n\x1a\n bild")
INFECTED = PageFile("faktura.exe", b"MZ skadligt")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """One system."""
    return World(monkeypatch, "brevlada")


def row_of(case: Case) -> Collection:
    return case.collections.select_related("case", "system", "system_version").get()


def gather(case: Case) -> Case:
    collection.run(row_of(case).pk)
    case.refresh_from_db()
    return case


def kept(case: Case) -> list[tuple[str, bytes]]:
    """Name and content of the files that are kept."""
    vault = Vault(case)
    return [(files.name_of(vault, one), files.read(vault, one)) for one in case.files.order_by("pk")]


def named(case: Case) -> list[str]:
    """The files that the records name."""
    return [item.fields["name"] for item in records_of(row_of(case), Vault(case), "enclosed")]


def test_they_are_kept_sealed_and_go_out_with_the_answer_like_those_of_owners(world: World, var: Path) -> None:
    world.script("brevlada", page(0, 1, files=(AVTAL, BILD)), page(1, 2, last=True))
    case = gather(world.open())
    assert case.state == "review"
    assert kept(case) == [("avtal.pdf", AVTAL.data), ("huset.png", BILD.data)]
    assert named(case) == ["avtal.pdf", "huset.png"]
    found = enclosures.of_case(case, Vault(case))
    assert [(item.name, item.size, len(item.copies), item.blocks) for item in found] == [
        ("avtal.pdf", 14, 1, True),
        ("huset.png", 13, 1, True),
    ]
    on_disk = b"".join(path.read_bytes() for path in var.rglob("*") if path.is_file() and path.suffix != ".sqlite3")
    assert AVTAL.data not in on_disk
    assert row_of(case).records == 4


def test_one_file_is_kept_once_and_one_content_under_each_of_its_names(world: World) -> None:
    other = PageFile("kopia.pdf", AVTAL.data)
    world.script("brevlada", page(0, 1, files=(AVTAL,)), page(1, 2, files=(AVTAL, other)), Page())
    assert [name for name, _data in kept(gather(world.open()))] == ["avtal.pdf", "kopia.pdf"]


def test_a_run_that_dies_leaves_no_file_without_its_record_and_none_twice(world: World) -> None:
    def dies(_search: Any) -> Any:
        raise ConnectorError(Fault.CUT_OFF)

    world.script("brevlada", page(0, 1, files=(AVTAL,)), dies, page(2, 3, files=(BILD, AVTAL), last=True))
    case = gather(world.open())
    assert (named(case), len(kept(case))) == (["avtal.pdf"], 1)
    world.script("brevlada", page(0, 1, files=(AVTAL,)), page(1, 2), page(2, 3, files=(BILD, AVTAL), last=True))
    Collection.objects.update(not_before=timezone.now())
    gather(case)
    assert (named(case), len(kept(case))) == (["avtal.pdf", "huset.png"], 2)


def test_what_cannot_be_written_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.script("brevlada", page(0, 1, files=(AVTAL,), last=True))

    def breaks(*_args: Any, **_named: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(files, "store", breaks)
    case = gather(world.open())
    assert not StoredFile.objects.exists()
    assert list(records_of(row_of(case), Vault(case))) == []


def test_an_infected_file_stays_out_and_is_told_of(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLAMD = ("localhost", 1)
    monkeypatch.setattr(malware, "scan", lambda data, _where: "Eicar" if data.startswith(b"MZ") else "")
    world.script("brevlada", page(0, 1, files=(INFECTED, AVTAL), last=True))
    case = gather(world.open())
    assert named(case) == ["avtal.pdf"]
    assert len(kept(case)) == 1
    assert Event.objects.filter(kind="file.infected", case_ref=case.ref).count() == 1


def test_nothing_is_taken_while_the_scanner_is_silent_and_all_of_it_afterwards(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLAMD = ("localhost", 1)

    def silent(*_args: Any) -> str:
        raise malware.Unavailable("connection")

    monkeypatch.setattr(malware, "scan", silent)
    world.script("brevlada", page(0, 1, files=(AVTAL,), last=True))
    case = gather(world.open())
    row = row_of(case)
    assert (row.state, row.records, StoredFile.objects.count()) == ("running", 0, 0)
    assert collection_sentence(row)
    monkeypatch.setattr(malware, "scan", lambda *_args: "")
    Collection.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    gather(case)
    assert (case.state, named(case), len(kept(case))) == ("review", ["avtal.pdf"], 1)


def test_what_is_empty_or_too_large_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests_app.services.page_files.MAX_BYTES", 20)
    world.script(
        "brevlada", Page(records=(record(1),), files=(PageFile("tom.pdf", b""), PageFile("stor.bin", b"x" * 21), AVTAL))
    )
    assert named(gather(world.open())) == ["avtal.pdf"]
