"""Registers the admin's pages, once all models are there."""

from __future__ import annotations

from django.contrib import admin

from requests_app.models import Case


def register_all() -> None:
    """Called when the app is ready."""
    from requests_app.admin import disposal_page, outgoing_mail, policy_pages, register_pages, staff_pages
    from requests_app.admin.case_list import CaseAdmin

    admin.site.register(Case, CaseAdmin)
    register_pages.register_pages(admin.site)
    staff_pages.register_pages(admin.site)
    policy_pages.register_pages(admin.site)
    disposal_page.register_pages(admin.site)
    outgoing_mail.register_pages(admin.site)
