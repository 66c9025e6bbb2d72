"""``manage.py unsubscribe_links --system nyhetsbrev < addresses.csv > links.csv``: a link for each address, to merge into a newsletter."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from requests_app.models import System
from requests_app.services import marketing

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Reads standard input, writes standard output and keeps nothing. An address that is suppressed gets no link: send it nothing."""

    help = (
        "Make an unsubscribe link for each e-mail address in the first column of a CSV file on standard input; "
        "suppressed addresses are left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", default="", help="key of the system that the newsletter is sent from")

    def handle(self, *args: Any, system: str, **options: Any) -> None:
        """Addresses are never repeated in messages: what is wrong is told by its line."""
        if system and not System.objects.filter(key=system, active=True).exists():
            raise CommandError(f"There is no active system with the key {system}.")
        rows, wrong, suppressed = csv.reader(sys.stdin), [], 0
        out = csv.writer(self.stdout, lineterminator="\n")
        out.writerow(["address", "url"])
        for row in rows:
            typed = row[0].strip() if row else ""
            try:
                to = marketing.address(email=typed)
            except ValidationError:
                if typed and rows.line_num > 1:  # the first line may be a heading
                    wrong.append(rows.line_num)
                continue
            if marketing.is_suppressed(to):
                suppressed += 1
                continue
            token = marketing.link_for(marketing.Link(to.value, system))
            path = reverse("portal:unsubscribe", kwargs={"token": token})
            out.writerow([typed, f"{settings.BASE_URL.rstrip('/')}{path}"])
        if suppressed:
            said = "address has" if suppressed == 1 else "addresses have"
            self.stderr.write(f"{suppressed} {said} declined marketing and got no link.")
        if wrong:
            shown = ", ".join(map(str, wrong[:20])) + ("…" if len(wrong) > 20 else "")
            said = "line holds" if len(wrong) == 1 else "lines hold"
            raise CommandError(f"{len(wrong)} {said} no e-mail address: {shown}")
