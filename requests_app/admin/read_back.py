"""What was typed, read back while somebody is on the line: a birth date for a personal identity number, a telephone number as written.

It says whether what was typed can be right, and never whether anybody is known or has a case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_POST

from requests_app.domain.deadline_words import format_day
from requests_app.domain.identifiers import IdentifierKind, birth_date
from requests_app.services import access, people

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

FIELDS = {
    "personnummer": IdentifierKind.PERSONNUMMER,
    "customer_no": IdentifierKind.CUSTOMER_NO,
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
}


def _said(kind: IdentifierKind, value: str) -> str:
    """A normalised value, to be read aloud to the person."""
    if kind is IdentifierKind.PERSONNUMMER:
        born = birth_date(value)
        return _("Born %(day)s") % {"day": format_day(born, get_language() or "sv").partition(" ")[2]} if born else ""
    return people.shown_phone(value) if kind is IdentifierKind.PHONE else value


@require_POST
def read_back(request: HttpRequest) -> HttpResponse:
    """A line for each value that was typed. Sent as a form, so that nothing of the person stands in an address."""
    if not access.may(request.user, "register_case") and not access.works(request.user):
        raise PermissionDenied
    lines = []
    for name, kind in FIELDS.items():
        typed = request.POST.get(name, "").strip()
        if not typed:
            continue
        try:
            lines.append((True, _said(kind, people.normalised(kind, typed))))
        except ValidationError as error:
            lines.append((False, error.messages[0]))
    return TemplateResponse(request, "admin/hemdsr/read_back.html", {"lines": [line for line in lines if line[1]]})
