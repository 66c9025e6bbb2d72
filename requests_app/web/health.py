"""Whether the web process answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse

if TYPE_CHECKING:
    from django.http import HttpRequest


def healthz(request: HttpRequest) -> HttpResponse:
    """Plain ``ok``: the process answers and can build a response."""
    return HttpResponse("ok", content_type="text/plain")
