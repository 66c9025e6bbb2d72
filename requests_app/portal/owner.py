"""The link of a system's owner: opening it, once, and the pages of the one task it is for. No login, and no other task."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.crypto.errors import CryptoError
from requests_app.models import OwnerLink
from requests_app.services.keys import open_text, seal_text
from requests_app.services.moves import Conflict
from requests_app.services.owners import asking, links
from requests_app.services.owners.links import Status
from requests_app.web import owner_pages
from requests_app.web.owner_pages import Task, shell

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

IDLE_SECONDS = 60 * 60
"""After so long without a page the link must be had anew; what was put into the answer is kept."""
MOST = 20
"""Tasks one browser may have open."""
_KEY = "owner_tasks"
_PLACE = "owner-tasks"


def _begin(request: HttpRequest, link: OwnerLink) -> None:
    """Let this browser see this task, under a new session key, beside those it has open already."""
    first = not _held(request)
    request.session.cycle_key()
    _note(request, link)
    if first:  # forms of a task that is open in another window go on working
        rotate_token(request)


def _held(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """The tasks this browser has open, by their links: when each was opened and last seen."""
    try:
        held = json.loads(open_text(base64.b64decode(request.session[_KEY]), _PLACE))
    except (KeyError, ValueError, CryptoError):
        return {}
    return held if isinstance(held, dict) else {}


def _note(request: HttpRequest, link: OwnerLink) -> None:
    held = {key: one for key, one in _held(request).items() if time.time() - one["seen"] <= IDLE_SECONDS}
    held.pop(link.ref, None)
    held = dict(list(held.items())[1 - MOST :])
    held[link.ref] = {"opened": _opening(link), "seen": int(time.time())}
    request.session[_KEY] = base64.b64encode(seal_text(json.dumps(held), _PLACE)).decode()


def _opening(link: OwnerLink) -> str:
    return link.opened_at.isoformat() if link.opened_at else ""


def opened(request: HttpRequest, ref: str) -> OwnerLink | None:
    """The link this browser has opened, when it is the one named and still holds; None for everything else.

    It holds no more when a newer link has been opened elsewhere: that was done by whoever reads the owner's mail.
    """
    held = _held(request).get(ref)
    if held is None or time.time() - held["seen"] > IDLE_SECONDS:
        return None
    try:
        link = links.by_ref(ref)
    except OwnerLink.DoesNotExist:
        return None
    if (
        links.status_of(link) not in {Status.FRESH, Status.USED}
        or not held["opened"]
        or held["opened"] != _opening(link)
    ):
        return None
    _note(request, link)
    return link


def _over(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return shell(request, "owner/over.html", status, why=why)


@require_http_methods(["GET", "HEAD", "POST"])
def owner_open(request: HttpRequest, token: str) -> HttpResponse:
    """What the link in the mail leads to. Nothing is opened by looking: mail programs look at links, people press the button."""
    link = links.find(token)
    if link is None:
        return _over(request, "unknown", 404)
    state = links.status_of(link)
    if state in {Status.ANSWERED, Status.EXPIRED, Status.GONE}:
        return _over(request, state.value, 410)
    if opened(request, link.ref) is not None:
        return redirect("portal:owner_task", ref=link.ref)
    problems: list[owner_pages.Problem] = []
    status = 200
    if request.method == "POST":
        try:
            if state is Status.USED:
                return _new_link(request, link)
            _begin(request, asking.open_link(link=link, code=request.POST.get("code", "")))
            return redirect("portal:owner_task", ref=link.ref)
        except Conflict:
            return _over(request, "gone", 410)
        except ValidationError as error:
            problems, status = [(said, "id_code") for said in error.messages], 422
    context: dict[str, Any] = {
        "row": link.collection,
        "last_on": timezone.localdate(link.expires_at),
        "code": link.code_mac is not None,
        "used": state is Status.USED,
        "problems": problems,
    }
    return shell(request, "owner/open.html", status, **context)


def _new_link(request: HttpRequest, link: OwnerLink) -> HttpResponse:
    wait = asking.renew(link=link)
    if wait:
        minutes = -(-wait // 60)
        said = ngettext(
            "Several links have been sent already. Wait %(n)d minute and try again.",
            "Several links have been sent already. Wait %(n)d minutes and try again.",
            minutes,
        )
        return shell(request, "owner/sent.html", 429, wait=said % {"n": minutes})
    return shell(request, "owner/sent.html", 200)


def _done(request: HttpRequest, what: str) -> HttpResponse:
    return redirect(f"{reverse('portal:owner_done')}?{what}")


@require_http_methods(["GET", "HEAD", "POST"])
def owner_task(request: HttpRequest, ref: str, page: str = "") -> HttpResponse:
    """A page of the task, for the browser that opened its link. For every other there is nothing here."""
    link = opened(request, ref)
    if link is None:
        return _over(request, "session", 404)

    def url(name: str) -> str:
        return reverse("portal:owner_page", args=[ref, name]) if name else reverse("portal:owner_task", args=[ref])

    last_on = timezone.localdate(link.expires_at)
    task = Task(link.collection, link, asking.OWNER, url, last_on, _done)
    return owner_pages.show(request, task, page)


@require_GET
def owner_done(request: HttpRequest) -> HttpResponse:
    """Thanks. It says nothing about the task."""
    known = ("answered", "nothing", "not_theirs")
    return shell(request, "owner/done.html", what=next((word for word in known if word in request.GET), "answered"))
