"""Backup and restore on both databases: nothing lost, nothing changed, no key in a dump, no destroyed key back."""

from __future__ import annotations

import json
import shutil
import stat
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from requests_app.models import Case, CaseKey, Event, Policy, StoredFile, Team
from requests_app.services import files, key_journal, keys
from requests_app.services.audit import SYSTEM, triggers_missing, unit, verify
from requests_app.services.backup import BackupError, key_archive, make, restore
from tests.support.databases import default_database
from tests.support.stack import storages_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.databases import Database

    EmptyPlace = Callable[[str], Any]

pytestmark = pytest.mark.usefixtures("committed_db")


def open_case(number: int) -> Case:
    team, _ = Team.objects.get_or_create(key="dataskydd", defaults={"name": "Dataskydd"})
    policy, _ = Policy.objects.get_or_create(version=1, defaults={"values": {}})
    case = Case.objects.create(
        diary_no=f"DSR 2026-{number:04}",
        team=team,
        policy=policy,
        channel="portal",
        profile="customer",
        received_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
        received_on=date(2026, 11, 2),
        due_on=date(2026, 12, 2),
        due_statutory_on=date(2026, 12, 2),
    )
    with unit(SYSTEM) as work:
        keys.create(case)
        files.store(
            case, keys.Vault(case), purpose=keys.DOSSIER, kind="extract", name="utdrag.pdf", data=b"sealed " * 1000
        )
        work.event("case.noted", case, note=number, text="Ringde och frågade när svaret kommer.")
    return case


@pytest.fixture
def empty_place(
    vendor: str, empty_db: Callable[[Path], Database], settings: Any, tmp_path: Path
) -> Callable[[str], Any]:
    """Another installation without anything, entered with ``with``."""

    @contextmanager
    def enter(name: str = "new") -> Iterator[Path]:
        folder = tmp_path / name
        folder.mkdir()
        before = settings.VAR, settings.STORAGES
        settings.VAR, settings.STORAGES = folder, storages_in(folder, settings.STORAGES)
        try:
            with default_database(empty_db(folder)):
                yield folder
        finally:
            settings.VAR, settings.STORAGES = before

    return enter


def text_of(case_ref: str) -> bytes:
    stored = StoredFile.objects.get(case__ref=case_ref)
    return files.read(keys.Vault(stored.case), stored)


def test_it_brings_back_cases_files_keys_and_the_log(tmp_path: Path, empty_place: EmptyPlace) -> None:
    refs = [open_case(number).ref for number in (1, 2)]
    made = make(tmp_path / "backups", tmp_path / "keys")
    assert verify().ok and Event.objects.last().kind == "backup.made"
    with empty_place("new"):
        done = restore(tmp_path / "backups", tmp_path / "keys")
        assert (done.sha256, done.files, done.keys, done.keys_destroyed_again) == (made.sha256, 2, 4, 0)
        assert done.log.ok and done.log.events == 3
        assert [text_of(ref) for ref in refs] == [b"sealed " * 1000] * 2
        assert list(Event.objects.values_list("kind", flat=True)) == ["case.noted", "case.noted", "backup.restored"]
        assert triggers_missing() == []
        assert open_case(3).pk not in Case.objects.filter(ref__in=refs).values_list("pk", flat=True)


def test_it_keeps_the_keys_out_of_the_dump(tmp_path: Path) -> None:
    case = open_case(1)
    wrapped = [bytes(key.wrapped or b"") for key in CaseKey.objects.filter(case=case)]
    made = make(tmp_path / "backups", tmp_path / "keys")
    held = b"".join(path.read_bytes() for path in made.folder.rglob("*") if path.is_file())
    assert len(wrapped) == 2 and not any(key in held or key.hex().encode() in held for key in wrapped)
    assert case.ref in made.keys.read_text()


def test_it_lets_only_the_owner_read_a_backup(tmp_path: Path) -> None:
    open_case(1)
    made = make(tmp_path / "backups", tmp_path / "keys")
    folders = [tmp_path / "backups", tmp_path / "keys", made.folder]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 3
    assert stat.S_IMODE(made.keys.stat().st_mode) == 0o600


def test_it_destroys_again_what_was_destroyed_after_the_backup(tmp_path: Path, empty_place: EmptyPlace) -> None:
    kept, erased = open_case(1), open_case(2)
    make(tmp_path / "backups", tmp_path / "keys")
    with transaction.atomic():
        assert keys.destroy(erased, keys.DOSSIER)
    shutil.copy(key_journal.path(), tmp_path / "saved.jsonl")
    with empty_place("new") as var:
        shutil.copy(tmp_path / "saved.jsonl", var / key_journal.NAME)
        done = restore(tmp_path / "backups", tmp_path / "keys")
        assert done.keys_destroyed_again == 1
        with pytest.raises(keys.KeyDestroyed):
            text_of(erased.ref)
        assert text_of(kept.ref) == b"sealed " * 1000
        assert (erased.ref, keys.DOSSIER) in key_journal.read(key_journal.path())


def test_it_keeps_a_key_that_was_renewed_and_what_it_sealed(tmp_path: Path, empty_place: EmptyPlace) -> None:
    case = open_case(1)
    with transaction.atomic():
        keys.destroy(case, keys.GATHERED)
    make(tmp_path / "backups", tmp_path / "keys")  # its journal knows only of the destruction
    with transaction.atomic():
        assert keys.renew(case, keys.GATHERED)
    sealed = keys.Vault(case).seal(keys.GATHERED, "anew", "place")
    make(tmp_path / "backups", tmp_path / "keys")
    with empty_place("new"):
        assert restore(tmp_path / "backups", tmp_path / "keys").keys_destroyed_again == 0
        there = Case.objects.get(ref=case.ref)
        assert keys.Vault(there).unseal(keys.GATHERED, sealed, "place") == "anew"
        assert key_journal.read(key_journal.path())[case.ref, keys.GATHERED].renewed


def test_it_gives_no_key_to_data_from_before_the_key_was_renewed(tmp_path: Path, empty_place: EmptyPlace) -> None:
    case = open_case(1)
    first = make(tmp_path / "backups", tmp_path / "keys")
    with transaction.atomic():
        keys.destroy(case, keys.GATHERED)
        keys.renew(case, keys.GATHERED)
    make(tmp_path / "backups", tmp_path / "keys")
    with empty_place("new"):
        assert restore(first.folder, tmp_path / "keys").keys_destroyed_again == 1
        assert list(CaseKey.objects.filter(wrapped__isnull=True).values_list("purpose", flat=True)) == [keys.GATHERED]


def test_a_renewed_key_that_is_destroyed_again_stays_destroyed(tmp_path: Path, empty_place: EmptyPlace) -> None:
    case = open_case(1)
    with transaction.atomic():
        keys.destroy(case, keys.GATHERED)
        keys.renew(case, keys.GATHERED)
    make(tmp_path / "backups", tmp_path / "keys")
    with transaction.atomic():
        keys.destroy(case, keys.GATHERED)
    shutil.copy(key_journal.path(), tmp_path / "saved.jsonl")
    with empty_place("new") as var:
        shutil.copy(tmp_path / "saved.jsonl", var / key_journal.NAME)
        assert restore(tmp_path / "backups", tmp_path / "keys").keys_destroyed_again == 1
        assert not CaseKey.objects.get(purpose=keys.GATHERED).wrapped


def test_it_learns_of_destroyed_keys_from_a_later_backup(tmp_path: Path, empty_place: EmptyPlace) -> None:
    case = open_case(1)
    first = make(tmp_path / "backups", tmp_path / "keys")
    CaseKey.objects.filter(case=case, purpose=keys.GATHERED).update(wrapped=None, destroyed_at=datetime.now(UTC))
    make(tmp_path / "backups", tmp_path / "keys")
    with empty_place("new"):
        restore(first.folder, tmp_path / "keys")
        assert list(CaseKey.objects.filter(wrapped__isnull=True).values_list("purpose", flat=True)) == [keys.GATHERED]
    (tmp_path / "keys" / key_journal.NAME).rename(tmp_path / "journal")
    assert case.ref in (tmp_path / "journal").read_text()


def test_it_notes_no_key_whose_destruction_was_undone(tmp_path: Path) -> None:
    case = open_case(1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        keys.destroy(case, keys.DOSSIER)
        1 / 0  # noqa: B018 - anything that fails
    assert key_journal.read(key_journal.path()) == {}


def test_it_forgets_archives_of_keys_after_seven_days(tmp_path: Path, empty_place: EmptyPlace) -> None:
    open_case(1)
    first = make(tmp_path / "backups", tmp_path / "keys")
    later = datetime.now(UTC) + timedelta(days=7, minutes=1)
    assert key_archive.forget_old(tmp_path / "keys", later - timedelta(minutes=2)) == []
    assert key_archive.forget_old(tmp_path / "keys", later) == [first.keys.name]
    with empty_place("new"):
        with pytest.raises(BackupError, match="no archive of keys"):
            restore(tmp_path / "backups", tmp_path / "keys")
        done = restore(tmp_path / "backups", tmp_path / "keys", without_keys=True)
        assert (done.keys, done.log.ok) == (0, True)
        assert CaseKey.objects.filter(destroyed_at__isnull=False).count() == 2


def test_it_opens_an_old_backup_with_the_newest_keys(tmp_path: Path, empty_place: EmptyPlace) -> None:
    case = open_case(1)
    first = make(tmp_path / "backups", tmp_path / "keys")
    open_case(2)
    make(tmp_path / "backups", tmp_path / "keys")
    first.keys.unlink()
    with empty_place("new"):
        assert restore(first.folder, tmp_path / "keys").keys == 2
        assert text_of(case.ref) == b"sealed " * 1000


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_it_refuses_a_damaged_backup_before_it_writes_anything(
    tmp_path: Path, empty_place: EmptyPlace, damage: str
) -> None:
    open_case(1)
    made = make(tmp_path / "backups", tmp_path / "keys")
    victim = next(path for path in (made.folder / "case_files").rglob("*") if path.is_file())
    if damage == "changed":
        victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    elif damage == "missing":
        victim.unlink()
    else:
        manifest = json.loads((made.folder / "manifest.json").read_text())
        manifest["parts"].append({"path": "../keys/x", "size": 0, "sha256": ""})
        (made.folder / "manifest.json").write_text(json.dumps(manifest))
    with empty_place("new") as var:
        with pytest.raises(BackupError, match=r"damaged|missing|outside"):
            restore(tmp_path / "backups", tmp_path / "keys")
        assert connection.introspection.table_names() == []
        assert not (var / "case_files").exists()


def test_it_refuses_keys_of_another_installation(tmp_path: Path, empty_place: EmptyPlace, settings: Any) -> None:
    open_case(1)
    make(tmp_path / "backups", tmp_path / "keys")
    with empty_place("new"):
        settings.AUDIT_KEY = settings.MAC_KEYS
        with pytest.raises(BackupError, match="HEMDSR_AUDIT_KEY"):
            restore(tmp_path / "backups", tmp_path / "keys")
        assert connection.introspection.table_names() == []


def test_it_never_writes_over_an_installation(tmp_path: Path) -> None:
    open_case(1)
    make(tmp_path / "backups", tmp_path / "keys")
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "backups", tmp_path / "keys")


def test_it_leaves_nothing_behind_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_case(1)

    def fail(*args: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("requests_app.services.backup.making._copy_files", fail)
    with pytest.raises(OSError, match="no space"):
        make(tmp_path / "backups", tmp_path / "keys")
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]
    assert not Event.objects.filter(kind="backup.made").exists()


def test_it_clears_away_a_backup_that_was_killed(tmp_path: Path) -> None:
    left = tmp_path / "backups" / "20261101T000000000000Z.tmp"
    left.mkdir(parents=True)
    made = make(tmp_path / "backups", tmp_path / "keys")
    assert not left.exists() and made.folder.exists()


def test_it_names_case_files_that_the_storage_lost(tmp_path: Path, empty_place: EmptyPlace) -> None:
    stored = StoredFile.objects.get(case=open_case(1))
    files.storage().delete(stored.path)
    assert make(tmp_path / "backups", tmp_path / "keys").missing == [stored.path]
    with empty_place("new"):
        assert restore(tmp_path / "backups", tmp_path / "keys").files == 0


def test_it_tells_of_a_journal_that_cannot_be_read(tmp_path: Path) -> None:
    key_journal.path().write_text('{"case": "01J", "purpose": "dossier"')
    with pytest.raises(key_journal.JournalBroken, match="line 1"):
        key_journal.read(key_journal.path())


def test_the_commands_say_what_they_did(
    tmp_path: Path, empty_place: EmptyPlace, capsys: pytest.CaptureFixture[str]
) -> None:
    open_case(1)
    call_command("backup", str(tmp_path / "backups"))
    assert "1 case files" in capsys.readouterr().out
    with empty_place("new"):
        call_command("restore", str(tmp_path / "backups"))
        said = capsys.readouterr().out
        assert "1 case files, 2 keys" in said and "The log is whole: 2 events" in said
        with pytest.raises(CommandError, match="not empty"):
            call_command("restore", str(tmp_path / "backups"))


def test_verify_log_says_where_the_log_was_changed(capsys: pytest.CaptureFixture[str]) -> None:
    open_case(1)
    open_case(2)
    call_command("verify_log")
    assert "The log is whole: 2 events" in capsys.readouterr().out
    table = "requests_app_event"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {table}_no_update")
        else:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET actor_ref = 'somebody else' WHERE seq = 2")  # noqa: S608 - a constant
    with pytest.raises(SystemExit) as ended:
        call_command("verify_log")
    assert ended.value.code == 1
    assert "The log is broken at event 2: it was changed" in capsys.readouterr().out
