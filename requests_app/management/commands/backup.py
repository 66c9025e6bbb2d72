"""Back up database, case files and keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management import BaseCommand, CommandError

from requests_app.services.backup import BackupError, make
from requests_app.services.backup.key_archive import DAYS

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Whole or not at all; safe while everything runs."""

    help = (
        "Back up the database and the case files into a new folder in DIR, and the keys into an archive of their own."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path)
        parser.add_argument(
            "--keys-dir", type=Path, help=f"where the archives of keys lie, which last {DAYS} days (DIR/keys)"
        )

    def handle(self, *args: Any, dir: Path, keys_dir: Path | None, **options: Any) -> None:
        try:
            made = make(dir, keys_dir or dir / "keys")
        except (BackupError, OSError) as error:
            raise CommandError(f"No backup was made. {error}") from None
        self.stdout.write(f"Backup: {made.folder} ({made.files} case files, {made.size / 1e6:.1f} MB)")
        self.stdout.write(f"Keys: {made.keys} (deleted after {DAYS} days)")
        for name in made.missing:
            self.stderr.write(f"The storage has no case file {name}: it was erased meanwhile, or is lost.")
        for name in made.forgotten:
            self.stdout.write(f"Deleted because of its age: {name}")
