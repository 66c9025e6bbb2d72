"""``manage.py receive_bounce < report.eml``: take one report of a mail that came back; made for a mail server's pipe."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from requests_app.services import bounces


class Command(BaseCommand):
    """Takes a report by RFC 3464 from standard input. It prints nothing about it, since a mail server may send that on."""

    help = "Take one delivery report (RFC 3464) from standard input."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read and take it. Rubbish is taken too, so that a mail server does not send it again and again."""
        bounces.take(sys.stdin.buffer.read(bounces.MAX_BYTES))
