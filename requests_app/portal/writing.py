"""Writing to us in a case: more to add, or the answer to a question. What was written outlives a login that ran out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _, pgettext_lazy
from django.views.decorators.http import require_http_methods

from requests_app.domain.channels import MessageChannel
from requests_app.models import CaseMessage
from requests_app.portal import drafts, session
from requests_app.portal.filing_forms import LONG_TEXT
from requests_app.portal.following import own_case
from requests_app.portal.forms import FilesField, PageForm, Text, area
from requests_app.portal.pages import page, to_login
from requests_app.services import draft_files, messages
from requests_app.services.audit import PERSON
from requests_app.services.keys import mac_keys
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Case
    from requests_app.portal.session import Visitor


class MessageForm(PageForm):
    """A message to us."""

    text = Text(
        limit=LONG_TEXT,
        widget=area(6),
        label=pgettext_lazy("portal", "Your message"),
        help_text=_("Never write the password of a login, and send no copy of your identity document."),
        missing=_("Write your message."),
    )
    files = FilesField(
        label=_("Do you want to send any files?"),
        help_text=_("PDF, pictures, Word, Excel or text. At most ten files of 25 MB each."),
    )


def _owner(case: Case) -> str:
    return f"{case.ref}/message"


def _text_of(visitor: Visitor, case: Case) -> tuple[str, str]:
    """The id of the message that is being written, and what it says so far."""
    known = draft_files.read_text(visitor.login, _owner(case)) or {}
    return known.get("id") or CaseMessage().ref, known.get("text", "")


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, ref: str) -> HttpResponse:
    """Write a message."""
    visitor = session.visitor_of(request)
    here = reverse("portal:write", args=[ref])
    if visitor is None:
        was = session.end_idle(request)
        if was is not None and request.method == "POST":
            _keep(was, own_case(was, ref), request.POST)
        return to_login(request, reason="inaktiv" if was else "", then=here)
    case = own_case(visitor, ref)
    if not messages.readable(case):
        raise Http404
    if request.method != "POST":
        key, text = _text_of(visitor, case)
        return _page(request, visitor, case, MessageForm(initial={"text": text}), key)
    return _post(request, visitor, case)


def _keep(visitor: Visitor, case: Case, posted: dict[str, str]) -> str:
    key = str(posted.get("draft", ""))[:26]
    draft_files.keep_text(visitor.login, _owner(case), {"id": key, "text": posted.get("text", "").replace("\x00", "")})
    return key


def _post(request: HttpRequest, visitor: Visitor, case: Case) -> HttpResponse:
    """Send it; or add a file, or take one away, with what was written kept."""
    key, form, owner = _keep(visitor, case, request.POST), MessageForm(request.POST, request.FILES), _owner(case)
    valid = form.is_valid()
    taken = drafts.take_files(request, form, visitor, owner, case=case)
    if unwanted := request.POST.get("remove"):
        draft_files.remove(owner, unwanted)
    if (unwanted or "add" in request.POST) and taken:
        return redirect(reverse("portal:write", args=[case.ref]) + "#files")
    if not valid or not taken:
        return _page(request, visitor, case, form, key)
    try:
        messages.post(
            actor=PERSON,
            case=case,
            direction=messages.IN,
            channel=MessageChannel.PORTAL,
            text=form.cleaned_data["text"],
            # the same text twice is one message; another text from the same page is another
            idem_key=f"{case.ref}:{key}:{mac_keys().mac('message', form.cleaned_data['text']).hex()[:16]}",
            held=draft_files.held(owner),
        )
    except ValidationError as error:
        add_service_error(form, error)
        return _page(request, visitor, case, form, key)
    draft_files.drop_text(visitor.login, owner)
    return redirect(f"{reverse('portal:case', args=[case.ref])}?skrivet#messages")


def _page(request: HttpRequest, visitor: Visitor, case: Case, form: MessageForm, key: str) -> HttpResponse:
    attached = draft_files.attached(_owner(case))
    return page(request, "portal/write.html", visitor=visitor, case=case, form=form, key=key, attached=attached)
