"""Mail that has come in: the list, one mail with what it seems to ask for, and what is done with it. Every look is logged."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from requests_app.admin.due import due
from requests_app.admin.incoming_forms import AcceptForm, DismissForm, JoinForm
from requests_app.connectors.mail import html_text
from requests_app.documents.safe_text import clean
from requests_app.domain.deadlines import compute, received_on
from requests_app.models import IncomingMail, MailSource
from requests_app.services import access, cases, people, policy, words
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from requests_app.services.mailbox import proposals, senders, words as mail_words
from requests_app.services.mailbox.access import may_read
from requests_app.web.forms import add_service_error
from requests_app.web.responses import download

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from requests_app.connectors.mail.parsing import Mail
    from requests_app.models import Case, User

SHOWN = 100
"""Mails in one list."""
LANGUAGES = {"sv": gettext_lazy("Swedish"), "en": gettext_lazy("English")}


def _reader(request: HttpRequest) -> User:
    if not may_read(request.user):
        raise PermissionDenied
    return cast("User", request.user)


@require_GET
def mails(request: HttpRequest) -> HttpResponse:
    """Those that wait, the oldest first, with the last day to answer if they are a request; and those put aside lately."""
    user = _reader(request)
    waiting = proposals.waiting(user)
    eves = policy.current()[1].eves_are_holidays
    context = {
        **admin.site.each_context(request),
        "title": _("Incoming mail"),
        "count": waiting.count(),
        "waiting": _rows(user, waiting[:SHOWN], eves),
        "aside": _rows(user, proposals.put_aside(user)[:SHOWN], eves),
        "set_up": MailSource.objects.filter(active=True).exists(),
        "may_set_up": access.may(user, "view_mailsource"),
    }
    return TemplateResponse(request, "admin/hemdsr/incoming.html", context)


def _rows(user: User, found: Iterable[IncomingMail], eves: bool) -> list[dict[str, Any]]:
    """The mails, each with the case it seems to belong to when the person works it; all those cases are asked for at once."""
    rows = list(found)
    wanted = {row.suggested_id for row in rows} - {None}
    cases = access.cases_visible_to(user).in_bulk(wanted) if wanted else {}
    return [_row(row, eves, cases.get(row.suggested_id)) for row in rows]


def _row(row: IncomingMail, eves: bool, case: Case | None) -> dict[str, Any]:
    day = received_on(row.received_at)
    last = compute(day, eves_are_holidays=eves).due_statutory_on
    return {
        "mail": row,
        "title": _title(row),
        "last": last,
        "due": due(last),
        "seems": mail_words.dismissal(row.seems) if row.seems else "",
        "reason": mail_words.dismissal(row.reason) if row.reason else "",
        "rights": ", ".join(words.right(right) for right in row.guess.get("rights", {})),
        "case": case,
        "gone_at": row.raw.expires_at if row.raw is not None else None,
    }


def _title(row: IncomingMail) -> str:
    if row.broken:
        return _("A mail that could not be read")
    return clean(proposals.title_of(row)) or _("No subject")


def _subject(opened: Mail | None, row: IncomingMail) -> str:
    if opened is None:
        return _("The content of the mail is gone")
    return _title(row) if row.broken else clean(opened.subject) or _("No subject")


def mail(request: HttpRequest, ref: str) -> HttpResponse:
    """One mail."""
    user = _reader(request)
    return _page(request, user, _found(user, ref))


def _found(user: User, ref: str) -> IncomingMail:
    try:
        return proposals.get(user, ref)
    except IncomingMail.DoesNotExist:
        raise Http404 from None


def _page(request: HttpRequest, user: User, row: IncomingMail, **forms: Any) -> HttpResponse:
    opened = proposals.opened(actor=Actor.staff(user), row=row)
    (known,) = _rows(user, [row], policy.current()[1].eves_are_holidays)
    case = known["case"]
    context = {
        **admin.site.each_context(request),
        **known,
        "title": _("Incoming mail"),
        "opened": _shown(opened) if opened else None,
        "subject": _subject(opened, row),
        "scanned": settings.CLAMD is not None,
        "reasons": [
            (words.right(right), ", ".join(f"”{entry}”" for entry in entries))
            for right, entries in row.guess.get("rights", {}).items()
        ],
        "language_name": LANGUAGES.get(row.guess.get("language", ""), ""),
        "cut": row.guess.get("cut", False),
        "short": row.guess.get("short", False),
        "thread": mail_words.THREADS.get(row.guess.get("thread", ""), ""),
        "taken_by": row.case if row.case and access.cases_visible_to(user).filter(pk=row.case_id).exists() else None,
    }
    if opened is not None and row.state == "proposed":
        context |= {
            "accept_form": AcceptForm(user=user, row=row, mail=opened),
            **_joining(opened, case),
            "dismiss_form": DismissForm(initial={"reason": row.seems}, prefix="dismiss"),
            **forms,
        }
    return TemplateResponse(request, "admin/hemdsr/incoming_mail.html", context, status=422 if forms else 200)


def _joining(opened: Mail, case: Case | None) -> dict[str, Any]:
    """The form that adds a mail to the case it seems to belong to: who that is about, and whether the sender is known there."""
    if case is None:
        return {"join_form": JoinForm(prefix="join")}
    vault = Vault(case)
    foreign = not senders.belongs(case, vault, opened.from_address)
    return {
        "join_form": JoinForm(initial={} if foreign else {"number": case.diary_no}, prefix="join"),
        "foreign": foreign,
        "case_person": people.name_of(case, vault) or "–",
    }


def _shown(opened: Mail) -> dict[str, Any]:
    """A mail made fit for the page: what is invisible or turns the text around is taken out visibly."""
    return {
        "from": " · ".join(clean(part) for part in (opened.from_name, opened.from_address) if part) or "–",
        "to": clean(opened.to) or "–",
        "sent_at": opened.sent_at,
        "lines": [clean(line) for line in opened.text.splitlines()],
        "html": html_text.safe_html(opened.html) if opened.html else "",
        "files": [(file, clean(file.name)) for file in opened.attachments],
        "broken": opened.broken,
    }


@require_GET
def file(request: HttpRequest, ref: str, part: str) -> HttpResponseBase:
    """A file of the mail, or the whole of it, as a download."""
    user = _reader(request)
    try:
        name, data = proposals.file(actor=Actor.staff(user), row=_found(user, ref), part=part)
    except LookupError:
        raise Http404 from None
    except ValidationError as error:
        for said in error.messages:
            messages.error(request, said)
        return redirect("admin:incoming_mail", ref)
    return download(io.BytesIO(data), name, size=len(data))


@require_POST
def act(request: HttpRequest, ref: str) -> HttpResponse:
    """What is done with a mail: ``do`` is ``accept``, ``join``, ``dismiss`` or ``restore``. What is refused stands at its form."""
    user = _reader(request)
    row = _found(user, ref)
    doing = _DOING.get(request.POST.get("do", ""))
    if doing is None:
        raise Http404
    return doing(request, user, row)


def _accept(request: HttpRequest, user: User, row: IncomingMail) -> HttpResponse:
    opened = proposals.opened(actor=Actor.staff(user), row=row)
    if opened is None:
        return _gone(request)
    form = AcceptForm(request.POST, user=user, row=row, mail=opened)
    if form.is_valid():
        try:
            result = proposals.accept(actor=Actor.staff(user), row=row, acceptance=form.acceptance())
        except ValidationError as error:
            add_service_error(form, error, form.field_of())
        else:
            case = result.case
            if result.new and case.protected:  # nobody else would see that it is there
                access.grant(actor=Actor.staff(user), case=case, user=user)
            messages.success(request, _("Case %(no)s has been opened for the mail.") % {"no": case.diary_no})
            _say_left_out(request, result.left_out)
            if not access.cases_visible_to(user).filter(pk=case.pk).exists():
                return redirect("admin:incoming")
            if result.new and form.cleaned_data["handle"]:
                cases.take(actor=Actor.staff(user), case=case)
            return redirect("admin:requests_app_case_change", case.ref)
    return _page(request, user, row, accept_form=form)


def _join(request: HttpRequest, user: User, row: IncomingMail) -> HttpResponse:
    form = JoinForm(request.POST, prefix="join")
    if form.is_valid():
        try:
            result = proposals.join(actor=Actor.staff(user), row=row, number=form.cleaned_data["number"])
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("The mail has been added to case %(no)s.") % {"no": result.case.diary_no})
            if result.foreign:
                messages.warning(
                    request,
                    _(
                        "The mail came from an address that does not belong to the case. It is kept for staff: the person does not see it."
                    ),
                )
            _say_left_out(request, result.left_out)
            return redirect("admin:requests_app_case_change", result.case.ref)
    return _page(request, user, row, join_form=form)


def _say_left_out(request: HttpRequest, n: int) -> None:
    if n:
        said = ngettext(
            "%(n)d file of the mail is not in the case: our check says that it contains malware. Tell your IT support.",
            "%(n)d files of the mail are not in the case: our check says that they contain malware. Tell your IT support.",
            n,
        )
        messages.warning(request, said % {"n": n})


def _dismiss(request: HttpRequest, user: User, row: IncomingMail) -> HttpResponse:
    form = DismissForm(request.POST, prefix="dismiss")
    if form.is_valid():
        try:
            proposals.dismiss(actor=Actor.staff(user), row=row, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(
                request, _("The mail has been put aside. It can be taken back for a week; then its content goes.")
            )
            return redirect("admin:incoming")
    return _page(request, user, row, dismiss_form=form)


def _restore(request: HttpRequest, user: User, row: IncomingMail) -> HttpResponse:
    try:
        proposals.restore(actor=Actor.staff(user), row=row)
    except ValidationError as error:
        for said in error.messages:
            messages.error(request, said)
        return redirect("admin:incoming")
    messages.success(request, _("The mail has been taken back and waits again."))
    return redirect("admin:incoming_mail", row.ref)


def _gone(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("The mail has been dealt with meanwhile, or its content is gone."))
    return redirect("admin:incoming")


_DOING: dict[str, Callable[[HttpRequest, User, IncomingMail], HttpResponse]] = {
    "accept": _accept,
    "join": _join,
    "dismiss": _dismiss,
    "restore": _restore,
}
