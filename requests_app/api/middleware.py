"""What every request to the API passes: no cookies, problems instead of pages, and ETags on what is read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers

from requests_app.api import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

ROOT = "/api/"


class ApiMiddleware:
    """For addresses under ``/api/`` only; others pass untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ROOT):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)  # neither a session nor a language chosen on our pages counts here
        response = self.get_response(request)
        response.cookies.clear()
        with translation.override(translation.get_language_from_request(request)):
            response = _in_problem_form(response)
            response["Content-Language"] = translation.get_language() or "sv"
        patch_vary_headers(response, ["Accept-Language", "Authorization", "X-Subject"])
        return _conditional(request, response)


def _in_problem_form(response: HttpResponse) -> HttpResponse:
    """A page that says what went wrong becomes a problem, with the headers that belong to it."""
    kind = response.get("Content-Type", "").partition(";")[0]
    if response.status_code < 400 or kind in {problems.MEDIA_TYPE, "application/json"}:
        return response
    made = problems.response(problems.of_status(response.status_code))
    for name, value in response.items():
        if name.lower() not in {"content-type", "content-length"}:
            made[name] = value
    return made


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Name the state of what was read, and send nothing when the client has it already."""
    if request.method != "GET" or response.status_code != 200 or response.streaming:
        return response
    if not response.has_header("ETag"):
        said = response["Content-Language"].encode() + response.content
        response["ETag"] = f'"{hashlib.sha256(said).hexdigest()[:32]}"'
    response["Cache-Control"] = "private, no-cache"
    kept = {name: response[name] for name in ("Content-Language", "Link") if response.has_header(name)}
    answer: HttpResponse = get_conditional_response(request, etag=response["ETag"], response=response)
    for name, value in kept.items():
        answer[name] = value
    return answer
