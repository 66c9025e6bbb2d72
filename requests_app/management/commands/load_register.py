"""Load HEM's register, and what an installation begins with: roles, teams and the first version of the policy."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from requests_app.services import checklists, policy, register, staff
from requests_app.services.audit import SYSTEM


class Command(BaseCommand):
    """``manage.py load_register``: may be run again at any time."""

    help = "Load the register of processing, roles, teams and the first policy. Never undoes what staff have changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Everything or nothing."""
        with transaction.atomic():
            staff.ensure_roles()
            staff.ensure_teams()
            policy.ensure_policy()
            checklists.ensure_checklists()
            loaded = register.load(actor=SYSTEM)
        self.stdout.write(
            f"Register: {loaded.added} added, {loaded.updated} updated, {len(loaded.kept)} left as staff have them."
        )
        for place in loaded.kept if options["verbosity"] > 1 else []:
            self.stdout.write(f"  left: {place}")
