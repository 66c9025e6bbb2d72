"""Registering by hand what somebody asked for by post, telephone or over the counter, in under a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.admin import looking_up
from requests_app.admin.files_field import names_of, too_much
from requests_app.admin.registering_form import RegisterForm
from requests_app.models import Case
from requests_app.services import access, attachments, cases, intake, look_up, representation
from requests_app.services.audit import Actor, unit
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import User

RECEIPT = "registered"


def _allowed(request: HttpRequest) -> None:
    if not access.may(request.user, "register_case") and not access.works(request.user):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """The form, and what comes of it."""
    _allowed(request)
    user: User = request.user
    if looking_up.asked(request):
        form, looked = looking_up.answer(request, user)
        return _page(request, form, looked=looked)
    form = RegisterForm(request.POST or None, request.FILES or None, user=user)
    refused = too_much(request)
    if request.method == "POST" and form.is_valid() and not refused:
        try:
            opened = _open(user, form)
        except ValidationError as error:
            add_service_error(form, error, {"received_at": "received_on", "acting": "acting_name"})
        else:
            _keep_protected_in_sight(user, opened)
            if opened.new and form.cleaned_data.get("handle"):
                _take(user, opened.case)
            request.session[RECEIPT] = {"diary_no": opened.case.diary_no, "ref": opened.case.ref}
            return redirect("admin:register_receipt")
    elif refused:
        form.add_error("files", refused)
    form.focus_first_error()
    return _page(request, form)


def _page(request: HttpRequest, form: RegisterForm, **more: Any) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Register a request"),
        "form": form,
        "language": get_language(),
        "choose_anew": names_of(request, "files") + names_of(request, "proofs"),
        "can_look_up": look_up.possible(),
        **more,
    }
    return TemplateResponse(request, "admin/hemdsr/register.html", context, status=422 if form.errors else 200)


def _open(user: User, form: RegisterForm) -> intake.Opened:
    """The case with its files: all of it, or nothing when one of them cannot be taken."""
    actor = Actor.staff(user)
    letters, papers = _taken(actor, form, "files"), _taken(actor, form, "proofs")
    with unit(actor):
        opened = intake.open_case(actor=actor, request=form.request(papers))
        for name, data in letters if opened.new else []:
            attachments.keep(actor=actor, case=opened.case, name=name, data=data)
    return opened


def _taken(actor: Actor, form: RegisterForm, field: str) -> list[tuple[str, bytes]]:
    """Name and content of the files of a field, each checked. Raises ``ValidationError`` at the field."""
    sent = [(attachments.plain_name(str(file.name)), file.read()) for file in form.cleaned_data[field]]
    for name, data in sent:
        try:
            attachments.check(name, data, actor=actor, case=None, door="register")
        except ValidationError as error:
            raise ValidationError({field: [f"{name}: {said}" for said in error.messages]}) from None
    return sent


def _keep_protected_in_sight(user: User, opened: intake.Opened) -> None:
    """Whoever registers a protected case keeps it: nobody else would see that it is there.

    Customer service works no case, so the team's coordinators keep what it registers.
    """
    if opened.new and opened.case.protected:
        for keeper in [user] if access.works(user) else access.workers_of(opened.case.team):
            access.grant(actor=Actor.staff(user), case=opened.case, user=keeper)


def _take(user: User, case: Case) -> None:
    """Let who registers the case handle it, when it is one the person works."""
    if access.cases_visible_to(user).filter(pk=case.pk).exists():
        cases.take(actor=Actor.staff(user), case=case)


@require_GET
def receipt(request: HttpRequest) -> HttpResponse:
    """Number and last day of what was just registered, and no more: who registers may see no case."""
    _allowed(request)
    kept = request.session.get(RECEIPT)
    case = Case.objects.filter(ref=kept["ref"], diary_no=kept["diary_no"]).first() if kept else None
    if case is None:
        return redirect("admin:register_request")
    context = {
        **admin.site.each_context(request),
        "title": _("The request is registered"),
        "diary_no": case.diary_no,
        "due_on": case.due_statutory_on,
        "represented": representation.is_represented(case),
        "ref": case.ref if access.cases_visible_to(request.user).filter(pk=case.pk).exists() else "",
    }
    return TemplateResponse(request, "admin/hemdsr/register_receipt.html", context)
