"""The one app of the product."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RequestsAppConfig(AppConfig):
    """Case tracker for data-subject requests."""

    name = "requests_app"
    verbose_name = _("Data-subject requests")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks and keep our own files from being gathered.

        The log's triggers are made again whenever migrations may have dropped them.
        """
        from django.conf import settings

        from . import checks
        from .connectors.files.folder import keep_out_of
        from .services.audit import make_triggers
        from .services.staff import ensure_roles
        from .web import logins

        checks.register_all()
        keep_out_of(settings.BASE_DIR, settings.VAR)
        logins.connect()
        post_migrate.connect(make_triggers, sender=self, dispatch_uid="requests_app.audit.triggers")
        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="requests_app.staff.roles")


class AdminSiteConfig(SimpleAdminConfig):
    """The admin with our own site. Only our own pages are registered: nothing is discovered."""

    default_site = "requests_app.admin.site.Site"

    def ready(self) -> None:
        """Register the pages once all models are there."""
        super().ready()
        from .admin import registered

        registered.register_all()
