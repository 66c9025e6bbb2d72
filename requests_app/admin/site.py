"""The admin's frame: our site, its side menu by what the person may do, and the badge of a demo installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.translation import gettext as _, gettext_lazy
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from requests_app.services import access
from requests_app.services.owners import tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


class Site(UnfoldAdminSite):
    """The admin. Its pages beside Django's own are ours, each reached by what a person may do."""

    site_title = "hemdsr"
    index_template = "admin/hemdsr/start.html"
    index_title = gettext_lazy("Start")
    enable_nav_sidebar = True

    def extra_urls(self) -> list[URLPattern]:
        """Addresses of the pages that belong to no model."""
        from requests_app.admin import (
            api_clients,
            approvals,
            breaches,
            checklist_pages,
            delivery_pages,
            diary,
            feed,
            incoming,
            legal_desk,
            letter_pages,
            mailboxes,
            marketing,
            my_page,
            overdue,
            owner_tasks,
            read_back,
            register_record,
            registering,
            report_pages,
            statements,
            system_health,
        )

        def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_view(view)

        return [
            path("registrera/", page(registering.register), name="register_request"),
            path("registrera/klart/", page(registering.receipt), name="register_receipt"),
            path("registrera/las/", page(read_back.read_back), name="register_read_back"),
            path("reklam/", page(marketing.tasks), name="marketing"),
            path("reklam/nytt/", page(marketing.note), name="marketing_note"),
            path("reklam/<int:pk>/", page(marketing.task), name="marketing_task"),
            path("post/", page(incoming.mails), name="incoming"),
            path("post/<str:ref>/", page(incoming.mail), name="incoming_mail"),
            path("post/<str:ref>/svara/", page(incoming.act), name="incoming_act"),
            path("post/<str:ref>/fil/<str:part>/", page(incoming.file), name="incoming_file"),
            path("brevlador/", page(mailboxes.mailboxes), name="mailboxes"),
            path("brevlador/ny/", page(mailboxes.mailbox), name="mailbox_new"),
            path("brevlador/<int:pk>/", page(mailboxes.mailbox), name="mailbox"),
            path("brevlador/<int:pk>/testa/", page(mailboxes.test), name="mailbox_test"),
            path("forsenade/", page(overdue.overdue), name="overdue"),
            path("rapporter/", page(report_pages.index), name="reports"),
            path("rapporter/<slug:key>/", page(report_pages.report), name="report"),
            path("rapporter/<slug:key>/arenden/", page(report_pages.cases), name="report_cases"),
            path("rapporter/<slug:key>/fil/<slug:ending>/", page(report_pages.file), name="report_file"),
            path("godkannanden/", page(approvals.approvals), name="approvals"),
            path("godkannanden/<str:ref>/<str:right>/", page(approvals.answer), name="approval_answer"),
            path("godkannanden/<str:ref>/<str:right>/fil/<str:file_ref>/", page(approvals.file), name="approval_file"),
            path("juridik/", page(legal_desk.desk), name="legal_desk"),
            path("juridik/fraga/<str:ref>/<int:number>/", page(legal_desk.question), name="referral"),
            path("adresser/", page(delivery_pages.addresses), name="contact_checks"),
            path("handelser/", page(breaches.breaches), name="breaches"),
            path("handelser/<int:pk>/", page(breaches.breach), name="breach"),
            path("diarium/", page(diary.diary), name="diary"),
            path("leverans/<str:ref>/utskrift/<str:right>/", page(delivery_pages.bundle), name="delivery_bundle"),
            path("leverans/<str:ref>/<int:pk>/losenord/", page(delivery_pages.secret), name="delivery_secret"),
            path("mina-system/", page(owner_tasks.index), name="owner_tasks"),
            path("mina-system/<str:ref>/<slug:system>/", page(owner_tasks.task), name="owner_task"),
            path("mina-system/<str:ref>/<slug:system>/<slug:page>/", page(owner_tasks.task), name="owner_page"),
            path("mina-installningar/", page(my_page.my), name="my"),
            path("mina-installningar/kalender/", page(feed.mine), name="my_calendar"),
            path("mina-installningar/kalender/ny/", page(feed.make), name="my_calendar_make"),
            path("mina-installningar/kalender/<int:pk>/ta-bort/", page(feed.revoke), name="my_calendar_revoke"),
            path("api-system/", page(api_clients.clients), name="api_clients"),
            path("api-system/nytt/", page(api_clients.new), name="api_client_new"),
            path("api-system/<slug:client_id>/", page(api_clients.change), name="api_client"),
            path("api-system/<slug:client_id>/hemlighet/", page(api_clients.secret), name="api_client_secret"),
            path("register/checklistor/", page(checklist_pages.index), name="checklists"),
            path("register/checklistor/<slug:right>/", page(checklist_pages.edit), name="checklist"),
            path("brev/", page(letter_pages.letters), name="letters"),
            path("brev/<str:key>/<str:lang>/", page(letter_pages.letter), name="letter"),
            path("brev/<str:key>/<str:lang>/visa/", page(letter_pages.preview), name="letter_preview"),
            path("register/forteckning/", page(register_record.record), name="record"),
            path("register/forteckning/system/", page(register_record.systems), name="record_systems"),
            path("register/systemens-lage/", page(system_health.systems), name="system_health"),
            path("register/systemens-lage/<slug:key>/", page(system_health.system), name="system_health_one"),
            path(
                "register/systemens-lage/<slug:key>/brytare/", page(system_health.switch), name="system_health_switch"
            ),
            path("register/forteckning/fil/<slug:ending>/", page(register_record.file), name="record_file"),
            path("register/att-bekrafta/", page(statements.to_settle), name="statements"),
            path("register/att-bekrafta/avsluta/", page(statements.close), name="gaps_close"),
            path("register/att-bekrafta/<slug:row>/oppna/", page(statements.reopen), name="gap_reopen"),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The start page: what the person who logged in has to do."""
        from requests_app.admin import owner_tasks, start

        found = start.context(request)
        if start.only_registers(found):
            return redirect("admin:register_request")
        if start.only_legal(found):
            return redirect("admin:legal_desk")
        if owner_tasks.only_owns(request, found):
            return redirect("admin:owner_tasks")
        return super().index(request, {**found, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """None for every page: our side menu stands in its place, and asking for it costs each page two queries."""
        found: list[Any] = super().get_app_list(request, app_label) if app_label else []
        return found

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page needs: our style and our few lines of script."""
        access.remember(request.user)
        context = super().each_context(request)
        context["styles"] = [static("admin_hemdsr/admin.css")]
        context["scripts"] = [static("admin_hemdsr/live.js")]
        context["site_favicons"] = [Favicon(href=static("admin_hemdsr/favicon.svg"), rel="icon", type="image/svg+xml")]
        context["site_url"] = None
        return context


def environment_badge(request: HttpRequest) -> list[Any] | None:
    """Say that this is a demo, so that nobody takes made-up people for customers."""
    return [_("Demo"), "warning"] if settings.DEMO else None


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """What stands under one's own name."""
    return [
        {"title": _("My settings"), "link": reverse("admin:my")},
        {"title": _("Change password"), "link": reverse("admin:password_change")},
    ]


def _item(title: str, icon: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{name}")}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side menu, by what the person may do."""
    user = request.user
    may = lambda codename: access.may(user, codename)  # noqa: E731 - read aloud below
    works = access.works(user)
    groups = [
        (
            "",
            [
                _item(_("Start"), "home", "index"),
                works and _item(_("Cases"), "folder_open", "requests_app_case_changelist"),
                (works or may("register_case")) and _item(_("Register a request"), "note_add", "register_request"),
                works and _item(_("Choices about marketing"), "campaign", "marketing"),
                (not works and may("register_case"))
                and _item(_("Note a choice about marketing"), "campaign", "marketing_note"),
                works and may("view_incomingmail") and _item(_("Incoming mail"), "inbox", "incoming"),
                may("view_reports") and _item(_("Overdue"), "event_busy", "overdue"),
                may("view_reports") and _item(_("Reports"), "monitoring", "reports"),
                may("approve_decision") and _item(_("Legal"), "balance", "legal_desk"),
                may("approve_decision") and _item(_("Approvals"), "verified", "approvals"),
                may("approve_decision") and _item(_("Addresses to confirm"), "contact_mail", "contact_checks"),
                may("approve_decision") and _item(_("Sent to the wrong person"), "report", "breaches"),
                tasks.owns_systems(user) and _item(_("My systems' tasks"), "assignment", "owner_tasks"),
                (works or may("view_reports")) and _item(_("Diary"), "list_alt", "diary"),
            ],
        ),
        (
            _("Register of processing"),
            [
                (works or may("view_processing")) and _item(_("Record of processing"), "menu_book", "record"),
                (works or may("view_processing")) and _item(_("How the systems fare"), "vital_signs", "system_health"),
                may("change_processingitem") and _item(_("Assumptions and gaps"), "fact_check", "statements"),
                *_model_items(request, _REGISTER),
                may("add_checklist") and _item(_("Checklists"), "checklist", "checklists"),
            ],
        ),
        (
            _("Administration"),
            [
                *_model_items(request, _ADMINISTRATION),
                may("view_mailsource") and _item(_("Mailboxes"), "mark_email_unread", "mailboxes"),
                may("view_lettertemplate") and _item(_("Wording of the letters"), "edit_note", "letters"),
                may("view_apiclient") and _item(_("Systems that use the API"), "api", "api_clients"),
            ],
        ),
    ]
    return [
        {"title": title, "separator": bool(title), "items": kept}
        for title, items in groups
        if (kept := [item for item in items if item])
    ]


_REGISTER = {
    "system": "dns",
    "processing": "account_tree",
    "processingitem": "schema",
    "recipient": "outbox",
    "retentionrule": "hourglass",
    "datacategory": "category",
    "searchprofile": "person_search",
    "registerrow": "rule",
}
_ADMINISTRATION = {
    "user": "group",
    "team": "groups",
    "policy": "gavel",
    "disposaldecision": "auto_delete",
    "outgoingmail": "forward_to_inbox",
}


def _model_items(request: HttpRequest, icons: dict[str, str]) -> list[dict[str, Any]]:
    """Links to the lists of models the person may see."""
    from django.contrib import admin

    named = {model._meta.model_name: (model, made) for model, made in admin.site._registry.items()}
    found = []
    for name, icon in icons.items():
        model, made = named.get(name, (None, None))
        if model is None or made is None:
            continue
        user, held = request.user, model._meta.model_name
        by_role = user.is_superuser or access.may(user, f"view_{held}") or access.may(user, f"change_{held}")
        if by_role and made.has_view_permission(request):
            title = str(model._meta.verbose_name_plural)
            found.append(_item(title[:1].upper() + title[1:], icon, f"requests_app_{name}_changelist"))
    return found
