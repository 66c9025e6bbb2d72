"""Restore a backup into an empty installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management import BaseCommand, CommandError

from requests_app.management.commands.verify_log import in_words
from requests_app.services.backup import BackupError, restore
from requests_app.services.key_journal import JournalBroken

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Checks everything first; never writes over anything."""

    help = "Restore the newest backup in DIR (or the one that DIR is) into an empty database and an empty storage of case files."
    requires_system_checks: list[str] = []  # the database has no tables yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path)
        parser.add_argument(
            "--keys-dir", type=Path, help="where the archives of keys lie (DIR/keys, or keys beside the backup)"
        )
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="when no archive of keys is left: cases and log come back, sealed data stay unreadable",
        )

    def handle(self, *args: Any, dir: Path, keys_dir: Path | None, without_keys: bool, **options: Any) -> None:
        beside = dir.parent if (dir / "manifest.json").exists() else dir
        try:
            done = restore(dir, keys_dir or beside / "keys", without_keys=without_keys)
        except (BackupError, JournalBroken, OSError) as error:
            raise CommandError(f"Nothing was restored that can be used. {error}") from None
        self.stdout.write(f"Restored: {done.folder} ({done.files} case files, {done.keys} keys)")
        self.stdout.write(
            f"Keys destroyed again because they were destroyed after the backup: {done.keys_destroyed_again}"
        )
        self.stdout.write(in_words(done.log))
        if not done.log.ok:
            raise CommandError(
                "The data are back, but the log is not what it was. Find out why before anybody works with it."
            )
