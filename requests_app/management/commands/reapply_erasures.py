"""``manage.py reapply_erasures nyhetsbrev --since 2026-11-01T03:00 < addresses.txt``: after a system was restored from a backup."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime

from requests_app.models import System
from requests_app.services import erasures

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Lines are told by their number alone: what stands in them is never repeated."""

    help = (
        "Erase again whoever a system has erased since the backup it was restored from. Reads identifiers out of the restored "
        "system from standard input, one on each line."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system", help="key of the system")
        parser.add_argument(
            "--since", required=True, help="when the backup was made, such as 2026-11-01T03:00 (Swedish time)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say which lines are about people erased since")

    def handle(self, *args: Any, system: str, since: str, dry_run: bool, **options: Any) -> None:
        held = System.objects.filter(key=system).first()
        if held is None:
            raise CommandError(f"There is no system with the key {system}.")
        at = _moment(since)
        try:
            with translation.override("en"):
                done = erasures.reapply(system=held, since=at, lines=sys.stdin, dry_run=dry_run)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except erasures.JournalBroken as error:
            raise CommandError(str(error)) from None
        if done.found:
            self.stdout.write(f"{len(done.found)} erased since then: lines {_shown(done.found)}")
        else:
            self.stdout.write("None of them was erased since then.")
        if done.wrong:
            self.stderr.write(f"{len(done.wrong)} lines hold no identifier of the system: {_shown(done.wrong)}")
        if not dry_run and done.found:
            self.stdout.write(f"{len(done.erased)} erased again and read back.")
        if done.failed:
            raise CommandError(
                f"{len(done.failed)} could not be erased, or are there still: lines {_shown(done.failed)}"
            )


def _moment(text: str) -> Any:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError("--since must be a time, such as 2026-11-01T03:00.")
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _shown(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers[:50])) + ("…" if len(numbers) > 50 else "")
