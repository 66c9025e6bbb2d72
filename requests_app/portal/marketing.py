"""The person's own choices about advertising, with effect at once: for addresses that we know to be the person's, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from requests_app.domain.channels import ChoiceSource, MarketingKind
from requests_app.domain.deadline_words import long_day
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import CaseParty
from requests_app.portal.pages import for_visitors, language, page
from requests_app.services import access, contacts, marketing, people
from requests_app.services.audit import PERSON
from requests_app.services.keys import KeyDestroyed, Vault

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.portal.session import Visitor

WORDINGS = {MarketingKind.WITHDRAWN: "portal", MarketingKind.GIVEN: "portal_given"}


@dataclass(frozen=True, slots=True)
class Known:
    """An address and where it stands. ``key`` names it in the form."""

    key: str
    email: str
    stopped: bool
    since: str
    waits: bool
    """Whether the choice has not taken effect in every system yet."""


def _emails(visitor: Visitor) -> list[str]:
    """Those that are surely the visitor's own.

    Who logged in by a link has shown to read that mailbox, and is told of no other. With an eID: those held before or confirmed, by
    a link or by staff, in cases about the visitor, who then filed them; none of a case that is or was protected, or of somebody
    the visitor acts for.
    """
    if visitor.login.by_email:
        return [visitor.subject]
    found: list[str] = []
    macs = [bytes(mac) for mac in visitor.login.macs()]
    for case in access.cases_of_login(macs):
        party = case.parties.filter(role=CaseParty.SUBJECT, login_mac__in=macs).first()
        if party is None or contacts.guarded(case):
            continue
        rows = party.identifiers.filter(kind=IdentifierKind.EMAIL.value)
        try:
            vault = Vault(case)
            found += [people.notice_address(vault, party)]
            found += [people.value_of(vault, row) for row in rows if row.usable]
        except KeyDestroyed:
            continue
    return [email for email in dict.fromkeys(found) if email]


def _known(visitor: Visitor) -> list[Known]:
    shown = []
    for email in _emails(visitor):
        to = marketing.address(email=email)
        state = marketing.state_for(to)
        since = long_day(timezone.localdate(state.chosen_at), language()) if state.chosen_at else ""
        shown.append(Known(to.mac().hex(), email, state.suppressed, since, bool(state.open)))
    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@for_visitors
def choices(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Where each address stands, with the button that changes it."""
    known = _known(visitor)
    if request.method != "POST":
        changed = next((item for item in known if item.key == request.GET.get("andrad")), None)
        return page(request, "portal/marketing.html", visitor=visitor, known=known, changed=changed)
    item = next((item for item in known if item.key == request.POST.get("key")), None)
    if item is None or request.POST.get("choice") not in set(MarketingKind):
        raise Http404
    kind = MarketingKind(request.POST["choice"])
    marketing.choose(
        actor=PERSON,
        kind=kind,
        source=ChoiceSource.PORTAL,
        email=item.email,
        wording=marketing.wording(WORDINGS[kind], language()),
    )
    return redirect(f"{reverse('portal:marketing')}?andrad={item.key}")
