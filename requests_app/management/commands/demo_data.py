"""Make the demo's staff, join the systems to the sandbox and confirm what the demo's cases print."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from requests_app.management import demo_data


class Command(BaseCommand):
    """``manage.py demo_data``: may be run again at any time, after ``load_register``."""

    help = "Staff, systems and confirmed statements for a demo with made-up people. Only with HEMDSR_DEMO."

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses outside a demo: it makes logins whose password stands in a file."""
        if not settings.DEMO or not settings.SANDBOX_URL:
            raise CommandError("demo_data needs HEMDSR_DEMO and HEMDSR_SANDBOX_URL: it is for made-up people only.")
        try:
            fitting = demo_data.sandbox_settings(settings.SANDBOX_URL)
        except TimeoutError as error:
            raise CommandError(str(error)) from None
        word, new = demo_data.password(settings.VAR / "demo")
        with transaction.atomic():
            demo_data.make_staff(word, renew=new)
            demo_data.join_systems(fitting)
            demo_data.confirm_statements()
        self.stdout.write(f"Demo logins, all with the password {word}")
        for member in demo_data.STAFF:
            teams = ", ".join([*member.works, *member.oversees])
            self.stdout.write(f"  {member.email:32} {member.name}, {member.role}{teams and f' of {teams}'}")
