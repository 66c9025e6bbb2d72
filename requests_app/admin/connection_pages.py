"""How a system is gathered from, as an administrator sets it up: choose, begin from something, fill in, try, save.

Trying, proposing and choosing a beginning keep what is written on the page and save nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.translation import get_language, gettext as _

from requests_app.admin.connection_trying import TestPersonForm, shown
from requests_app.admin.system_form import PREFIX, ConnectorForm, connector_label
from requests_app.connectors.described.schema import schema
from requests_app.connectors.descriptions import shipped, titles
from requests_app.models import System
from requests_app.services import access, register, words
from requests_app.services.audit import Actor
from requests_app.web.forms import MAX_UPLOAD, add_service_error

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

DESCRIBED = ("rest", "sql", "files")
"""Connectors whose systems are described, each with a published JSON Schema."""


class ConnectionPages:
    """The pages of a system's connection, beside the theme's own pages of the register."""

    admin_site: AdminSite

    def connection_urls(self) -> list[URLPattern]:
        """Their addresses."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/anslutning/", view(self.connection), name="requests_app_system_connection"),
            path("<int:pk>/anslutning/testa/", view(self.test), name="requests_app_system_test"),
            path("anslutning/schema/<slug:kind>.json", view(self.schema), name="requests_app_system_schema"),
        ]

    def connection(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Connector, settings and secrets of a system. A secret that is set is never shown again."""
        system = _system(request, pk)
        if system is None:
            return redirect("admin:requests_app_system_changelist")
        asked = request.GET
        if request.method != "POST":
            form = ConnectorForm(system=system, chosen=asked.get("connector", ""), version=asked.get("version", ""))
            return self._page(request, system, form, TestPersonForm())
        doing = {"try": self._tried, "start": self._begun, "propose": self._begun, "import": self._begun}
        return doing.get(request.POST.get("do", ""), self._saved)(request, system)

    def _saved(self, request: HttpRequest, system: System) -> HttpResponse:
        form = ConnectorForm(request.POST, system=system, keep_secrets=True)
        if form.is_valid():
            try:
                written = form.configuration()
                register.configure(actor=_actor(request), system=system, **written, expiries=form.ends())
            except ValidationError as error:
                add_service_error(form, error, {name: form.field_name(name) for name in form.specs})
            else:
                messages.success(request, _("The settings are saved. Test the connection."))
                return redirect("admin:requests_app_system_connection", system.pk)
        return self._page(request, system, form, TestPersonForm())

    def _tried(self, request: HttpRequest, system: System) -> HttpResponse:
        """Gather for a test person by what is written on the page."""
        form, person = ConnectorForm(request.POST, system=system, keep_secrets=True), TestPersonForm(request.POST)
        result = None
        if form.is_valid() and person.is_valid():
            said = person.cleaned_data
            try:
                result = register.try_system(
                    actor=_actor(request), system=system, **form.configuration(), person=said, known=said["known"]
                )
            except ValidationError as error:
                settings = {name: form.field_name(name) for name in form.specs}
                of_person = hasattr(error, "error_dict") and set(error.error_dict) <= set(person.fields)
                add_service_error(person if of_person else form, error, {} if of_person else settings)
        return self._page(request, system, form, person, **(shown(result, system) if result else {}))

    def _begun(self, request: HttpRequest, system: System) -> HttpResponse:
        """Put a description to begin from on the page: one that is shipped, of an OpenAPI document, or out of the system's names."""
        form = ConnectorForm(request.POST, system=system, keep_secrets=True)
        form.full_clean()
        try:
            text = self._beginning(request, system, form)
        except ValidationError as error:
            add_service_error(form, error, {name: form.field_name(name) for name in form.specs})
            return self._page(request, system, form, TestPersonForm())
        data = request.POST.copy()
        data[f"{PREFIX}description"] = text
        for key, spec in ConnectorForm(data, system=system).specs.items():
            if spec.default is not None and PREFIX + key not in data:
                data[PREFIX + key] = str(spec.default)
        messages.info(request, _("The description is written below. Read it through, fill in the settings and try it."))
        return self._page(request, system, ConnectorForm(data, system=system, keep_secrets=True), TestPersonForm())

    def _beginning(self, request: HttpRequest, system: System, form: ConnectorForm) -> str:
        do = request.POST["do"]
        if do == "start":
            try:
                return shipped(request.POST.get("beginning", ""))
            except LookupError:
                raise ValidationError(_("Choose a system.")) from None
        text = ""
        if do == "import":
            upload = request.FILES.get("openapi")
            if upload is None or not upload.size or upload.size > MAX_UPLOAD:
                raise ValidationError(_("Choose the file with the system's OpenAPI description."))
            text = upload.read().decode("utf-8-sig", "replace")
        return register.propose(system=system, **form.configuration(), text=text)

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try the connection and say in words how it went."""
        system = _system(request, pk)
        if system is None or request.method != "POST":
            return redirect("admin:requests_app_system_changelist")
        if not system.versions.exists():
            messages.error(request, _("Save the settings first."))
            return redirect("admin:requests_app_system_connection", system.pk)
        result = register.test_connection(actor=_actor(request), system=system)
        if result.ok:
            messages.success(request, _("%(system)s answers as it should.") % {"system": system})
        else:
            fault = result.fault.value if result.fault else ""
            messages.error(request, words.connection_fault(fault, dict(result.params), system=str(system)))
        for in_swedish, in_english in result.seen:
            messages.info(request, in_swedish if _swedish() else in_english)
        return redirect("admin:requests_app_system_connection", system.pk)

    def schema(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The JSON Schema of a kind of description, for an editor that checks while one writes."""
        _only_administrators(request)
        if kind not in {*DESCRIBED, "common"}:
            raise Http404
        return JsonResponse(schema(kind), json_dumps_params={"indent": 2, "ensure_ascii": False})

    def _page(
        self, request: HttpRequest, system: System, form: ConnectorForm, person: TestPersonForm, **more: Any
    ) -> HttpResponse:
        key = form.connector.key if form.connector else ""
        around = self.admin_site.each_context(request)
        context = {
            **around,
            "scripts": [*around["scripts"], static("admin_hemdsr/editor.js")],
            "title": _("Connection of %(system)s") % {"system": system},
            "system": system,
            "form": form,
            "person": person,
            "automatic": bool(form.connector and form.connector.automatic),
            "described": key in DESCRIBED,
            "kind": key,
            "beginnings": [(name, said["sv" if _swedish() else "en"]) for name, said in titles()]
            if key == "rest"
            else [],
            "in_no_profile": not system.profiles.exists(),
            "says_nothing": not system.items.exists(),
            "back": reverse("admin:requests_app_system_change", args=[system.pk]),
            "versions": [
                (item, connector_label(item.connector))
                for item in system.versions.select_related("by").order_by("-n")[:20]
            ],
            **more,
        }
        wrong = form.is_bound and (form.errors or person.errors)
        return TemplateResponse(request, "admin/hemdsr/connection.html", context, status=422 if wrong else 200)


def _swedish() -> bool:
    return (get_language() or "sv").startswith("sv")


def _actor(request: HttpRequest) -> Actor:
    return Actor.staff(cast("Any", request.user))


def _system(request: HttpRequest, pk: int) -> System | None:
    _only_administrators(request)
    return System.objects.filter(pk=pk).first()


def administers(request: HttpRequest) -> bool:
    """Legal vouches for what a system is; how it is reached is the administrator's."""
    return access.may(request.user, "add_system") or bool(cast("Any", request.user).is_superuser)


def _only_administrators(request: HttpRequest) -> None:
    if not administers(request):
        raise PermissionDenied
