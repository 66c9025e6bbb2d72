"""Following a request: the list, the page of each, its files, and taking it back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.models import Case, StoredFile
from requests_app.portal import drafts, progress, session
from requests_app.portal.choices import title_of
from requests_app.portal.filing_forms import WHOLE, WithdrawForm
from requests_app.portal.pages import for_visitors, language, page
from requests_app.services import access, case_rights, cases, delivery, mail, messages, representation
from requests_app.services.audit import PERSON, unit
from requests_app.services.keys import KeyDestroyed, Vault
from requests_app.services.moves import Conflict
from requests_app.web.responses import download

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from requests_app.portal.session import Visitor


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """What one can do here; for who is logged in, the own requests."""
    visitor = session.visitor_of(request)
    if visitor is None:
        if session.end_idle(request):
            return page(request, "portal/start.html", idle=True)
        return page(request, "portal/start.html", logged_out="utloggad" in request.GET)
    mine = access.cases_of_login(visitor.login.macs()).select_related("representation")
    fetched = mine.prefetch_related("rights", "parties").order_by("-received_at", "-pk")
    return page(
        request,
        "portal/mine.html",
        visitor=visitor,
        cases=progress.listed(fetched, language()),
        draft=drafts.draft_of(visitor),
    )


def own_case(visitor: Visitor, ref: str, *, refused: bool = False) -> Case:
    """The person's case; 404 when it is somebody else's and, just so, when there is none.

    A case filed by somebody who may not act for its person is there for that login only where ``refused`` says so.
    """
    try:
        found: Case = access.cases_of_login(visitor.login.macs()).select_related("policy").get(ref=ref)
    except Case.DoesNotExist:
        raise Http404 from None
    if not refused and representation.is_refused(found):
        raise Http404
    return found


def _viewed(case: Case) -> None:
    with unit(PERSON) as work:
        work.event("portal.viewed", case)


@require_GET
@for_visitors
def case(request: HttpRequest, visitor: Visitor, ref: str) -> HttpResponse:
    """Where the request stands; to who may not act for the person, only that."""
    mine = own_case(visitor, ref, refused=True)
    _viewed(mine)
    if representation.is_refused(mine):
        said, about = progress.authority(mine), progress.about(mine, Vault(mine))
        return page(request, "portal/refused.html", visitor=visitor, case=mine, said=said, about=about)
    follow = progress.follow(mine, language())
    if follow.writes:
        messages.mark_read(actor=PERSON, case=mine, direction=messages.OUT)
    return page(
        request,
        "portal/case.html",
        visitor=visitor,
        case=mine,
        follow=follow,
        sent_before="skickad" in request.GET,
        written="skrivet" in request.GET,
        taken_back="tillbaka" in request.GET,
    )


@require_GET
@for_visitors
def receipt(request: HttpRequest, visitor: Visitor, ref: str) -> HttpResponse:
    """The request has been sent."""
    mine = own_case(visitor, ref)
    _viewed(mine)
    return page(
        request,
        "portal/receipt.html",
        visitor=visitor,
        case=mine,
        follow=progress.follow(mine, language()),
        mailed=mail.is_queued(f"receipt:{mine.ref}"),
    )


@require_GET
@for_visitors
def file(request: HttpRequest, visitor: Visitor, ref: str, file_ref: str) -> HttpResponseBase:
    """A file that was released, always as a download. Each one is logged."""
    return _download(request, visitor, own_case(visitor, ref), file_ref, delivery.fetch)


@require_GET
@for_visitors
def message_file(request: HttpRequest, visitor: Visitor, ref: str, file_ref: str) -> HttpResponseBase:
    """A file that went with a message, in either direction; just so."""
    return _download(request, visitor, own_case(visitor, ref), file_ref, messages.fetch)


def _download(
    request: HttpRequest,
    visitor: Visitor,
    mine: Case,
    file_ref: str,
    fetch: Callable[..., tuple[BinaryIO, StoredFile, str]],
) -> HttpResponseBase:
    try:
        opened, stored, name = fetch(case=mine, file_ref=file_ref)
    except StoredFile.DoesNotExist:
        raise Http404 from None
    except (KeyDestroyed, FileNotFoundError):
        return page(request, "portal/gone.html", 410, visitor=visitor, case=mine)
    return download(opened, name, size=stored.size)


@require_http_methods(["GET", "HEAD", "POST"])
@for_visitors
def withdraw(request: HttpRequest, visitor: Visitor, ref: str) -> HttpResponse:
    """Take the request back, after having been asked once."""
    mine = own_case(visitor, ref)
    if mine.closed_at is not None:
        return redirect("portal:case", ref=ref)
    rights = list(mine.rights.all())
    left = [right.right for right in rights if not right.dispatched_at]
    about = progress.about(mine, Vault(mine))
    form = WithdrawForm(request.POST or None, rights=left if len(left) > 1 else [], about=about)
    if request.method != "POST" or not form.is_valid():
        named = {"left": ", ".join(title_of(right, about) for right in left), "answered": len(left) < len(rights)}
        return page(request, "portal/withdraw.html", visitor=visitor, case=mine, form=form, **named)
    with suppress(Conflict, ValidationError):  # it was answered in the meantime: the page says so
        chosen = form.cleaned_data.get("what", WHOLE)
        if chosen == WHOLE:
            cases.withdraw(actor=PERSON, case=mine)
        else:
            case_rights.take_back(actor=PERSON, case=mine, right=chosen)
            return redirect(f"{reverse('portal:case', args=[ref])}?tillbaka")
    return redirect("portal:case", ref=ref)
