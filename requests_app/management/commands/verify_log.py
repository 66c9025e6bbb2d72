"""Check that the log is whole and unchanged."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.core.management import BaseCommand

from requests_app.services.audit import verify

if TYPE_CHECKING:
    from requests_app.services.audit import Verdict

REASONS = {
    "missing": "an event before it was removed",
    "changed": "it was changed, or another key than the log's was used",
    "payload changed": "what it says was changed",
    "tail cut": "events after it were removed",
}


class Command(BaseCommand):
    """Walk the chain and say what was found."""

    help = "Check the log from its first event to its last. Exit code 1 when it was changed, cut or is missing events."

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify()
        self.stdout.write(in_words(verdict))
        if not verdict.ok:
            sys.exit(1)


def in_words(verdict: Verdict) -> str:
    """The verdict in a sentence or two."""
    if not verdict.ok:
        return f"The log is broken at event {verdict.broken_at}: {REASONS[verdict.reason]}."
    words = f"The log is whole: {verdict.events} events, each in its place and unchanged."
    if verdict.payloads_gone:
        words += f" The contents of {verdict.payloads_gone} were deleted; that they happened stands."
    return f"{words} Last hash: {verdict.head or 'none'}"
