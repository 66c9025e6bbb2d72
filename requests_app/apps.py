"""The one app of the product."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RequestsAppConfig(AppConfig):
    """Case tracker for data-subject requests."""

    name = "requests_app"
    verbose_name = _("Data-subject requests")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, and make the log's triggers again whenever migrations may have dropped them."""
        from . import checks
        from .services.audit import make_triggers

        checks.register_all()
        post_migrate.connect(make_triggers, sender=self, dispatch_uid="requests_app.audit.triggers")
