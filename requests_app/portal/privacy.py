"""What everybody is told about the data of a request (Art. 13), and of a person somebody else asks for (Art. 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.views.decorators.http import require_GET

from requests_app.portal.pages import language, page
from requests_app.portal.request_words import PROFILE
from requests_app.services import draft_files, policy, register, retention

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Who, why, what, to whom, where, how long and one's rights; the times are those that are carried out."""
    lang = language()
    _, values = policy.current()
    decision = retention.in_force("dossier")
    return page(
        request,
        "portal/privacy.html",
        logins=[item.name(lang) for item in settings.EID_PROVIDERS],
        suppliers=register.processors_of(register.profile_systems(PROFILE), lang),
        gathered_days=values.gathered_key_days,
        draft_days=draft_files.KEEP.days,
        disposal=decision if decision is not None and decision.keep_months is not None else None,
        court=values.remedies.court[lang],
    )
