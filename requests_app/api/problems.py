"""What goes wrong, as problem details (RFC 9457): a stable type and code, words in the language that was asked for, never a trace."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _, gettext_lazy

from requests_app.domain.trace import request_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:hemdsr:problem:"

CODES: dict[str, tuple[int, Any]] = {
    "malformed": (400, gettext_lazy("The request cannot be read.")),
    "unauthorized": (401, gettext_lazy("There is no valid access token. Ask for a new one.")),
    "insufficient_scope": (403, gettext_lazy("The access token does not give the right to do this.")),
    "not_found": (404, gettext_lazy("There is nothing here, or it is not this person's.")),
    "method_not_allowed": (405, gettext_lazy("This address does not take that method.")),
    "not_acceptable": (406, gettext_lazy("The answer is JSON. Ask for application/json.")),
    "conflict": (409, gettext_lazy("The request was changed meanwhile. Read it again.")),
    "closed": (409, gettext_lazy("The request has been answered or has ended, and can no longer be taken back.")),
    "idempotency_key_reused": (409, gettext_lazy("The idempotency key was used for something else.")),
    "in_progress": (409, gettext_lazy("The first request with this idempotency key is still being handled.")),
    "gone": (410, gettext_lazy("What was here has been erased.")),
    "too_large": (413, gettext_lazy("What was sent is too large.")),
    "unsupported_media_type": (415, gettext_lazy("The content has a type that this address does not take.")),
    "invalid": (422, gettext_lazy("Something in the request is not right. The errors say what.")),
    "too_many": (429, gettext_lazy("Too many requests. Wait a while.")),
    "error": (500, gettext_lazy("Something went wrong with us. Try again later.")),
}
"""Code -> status and title. Codes and types are kept when titles are reworded."""
_QUOTED = re.compile(r"'([^']*)'")
BY_STATUS = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class Problem(Exception):
    """Ends a request with a problem."""

    def __init__(
        self, code: str, *, errors: Iterable[Mapping[str, str]] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.errors = list(errors)
        self.headers = dict(headers or {})


def response(problem: Problem) -> HttpResponse:
    """The problem as it is sent."""
    status, title = CODES[problem.code]
    body: dict[str, Any] = {
        "type": f"{TYPE}{problem.code}",
        "title": str(title),
        "status": status,
        "code": problem.code,
        "request_id": request_id.get(),
    }
    if problem.errors:
        body["errors"] = problem.errors
    made = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)
    for name, value in problem.headers.items():
        made[name] = value
    return made


def of_status(status: int) -> Problem:
    """The problem for a status that came from outside our own handlers."""
    return Problem(BY_STATUS.get(status, "error" if status >= 500 else "malformed"))


def error(place: str, field: str, code: str, message: str) -> dict[str, str]:
    """One error: ``in`` body, query, header or path; ``field`` with dots between, empty for the whole."""
    return {"in": place, "field": field, "code": code, "message": message}


def of_pydantic(found: Iterable[Mapping[str, Any]]) -> Problem:
    """What does not fit the description; never with the value that was sent."""
    return Problem("invalid", errors=[_one(item) for item in found])


def _one(item: Mapping[str, Any]) -> dict[str, str]:
    place, *path = (str(part) for part in item["loc"])
    place = "body" if place == "file" else place  # a part of a form is its body
    if place == "body" and path and path[0] == "body":
        path = path[1:]
    path = [part for part in path if part != "[key]"]  # the name itself is what is wrong
    kind = str(item["type"])
    if place == "header" and kind == "string_pattern_mismatch" and path == ["Idempotency-Key"]:
        return error(place, path[0], kind, _("The key must have 8 to 200 characters."))
    return error(place, ".".join(path)[:200], kind, _words(kind, item.get("ctx") or {}))


def _words(kind: str, facts: Mapping[str, Any]) -> str:
    if kind == "missing":
        return _("This must be given.")
    if kind == "extra_forbidden":
        return _("There is no such field.")
    if kind == "string_too_long":
        return _("The text may have at most %(limit)s characters.") % {"limit": facts["max_length"]}
    if kind in {"string_too_short", "too_short"}:
        return _("This must not be empty.")
    if kind in {"literal_error", "enum"}:
        return _("Choose one of: %(choices)s.") % {
            "choices": ", ".join(_QUOTED.findall(str(facts.get("expected", ""))))
        }
    if kind in {"greater_than_equal", "less_than_equal"}:
        return _("The number is outside the limits.")
    if kind == "moment":
        return _("Write the time as RFC 3339 with a time zone, for example 2026-11-22T10:15:00+01:00.")
    return _("The value has the wrong form.")
