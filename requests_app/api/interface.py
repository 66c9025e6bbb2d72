"""The interface itself: version 1, its way of saying what went wrong, and what each operation has in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError as NotAsDescribed
from ninja.parser import Parser

from requests_app.api import problems
from requests_app.api.auth import Token
from requests_app.api.description import complete
from requests_app.api.problems import Problem
from requests_app.services.idempotency import AnotherBody, InProgress
from requests_app.services.keys import KeyDestroyed
from requests_app.services.moves import Conflict

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from ninja.openapi.schema import OpenAPISchema

    from requests_app.domain.channels import Scope

VERSION = "1.3.0"
ROOT = "/api/v1/"


class Interface(NinjaAPI):
    """The API, whose description says all that the operations have in common."""

    def get_openapi_schema(self, **_: Any) -> OpenAPISchema:
        """The whole description (OpenAPI 3.1), with the addresses as they are on every installation."""
        return complete(super().get_openapi_schema(path_prefix=ROOT))

    def get_openapi_operation_id(self, operation: Any) -> str:
        """The name of the function: stable, and readable in a client that is made from it."""
        return str(operation.view_func.__name__)


class _Once(Parser):
    """Reads a body in which each name stands once: of two values one would be lost without a word."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body as values; ``ValueError``, which becomes the problem ``malformed``, when it is none."""
        return json.loads(request.body, object_pairs_hook=_named_once)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


api = Interface(
    parser=_Once(),
    title="Data-subject requests",
    version=VERSION,
    description="File and follow requests under the GDPR for persons who are logged in with you.",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)


def operation(scope: Scope, *codes: str, also: tuple[Scope, ...] = (), **options: Any) -> dict[str, Any]:
    """What an operation needs to be registered: its scope, and the problems it may end with beside those all have.

    ``also`` are other scopes that each do as well.
    """
    security = [{"client": [one.value]} for one in (scope, *also)]
    extra = {"security": security, "x-problems": list(codes)}
    return {"auth": Token(scope, *also), "openapi_extra": extra, **options}


FIELDS = {
    **{name: f"person.{name}" for name in ("name", "email", "phone", "address")},
    **{name: f"identifiers.{name}" for name in ("personnummer", "customer_no")},
}
"""What services call a field -> what it is called here."""


def _of_validation(error: ValidationError) -> Problem:
    if isinstance(error, Conflict):
        return Problem("conflict")
    if isinstance(error, AnotherBody):
        return Problem("idempotency_key_reused")
    if isinstance(error, InProgress):
        return Problem("in_progress", headers={"Retry-After": "2"})
    named = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    return Problem(
        "invalid",
        errors=[
            problems.error("body", _field(name), one.code or "invalid", message)
            for name, found in named.items()
            for one in found
            for message in one.messages
        ],
    )


def _field(name: str) -> str:
    if name.startswith("details_"):
        return f"rights.{name.removeprefix('details_')}"
    return FIELDS.get(name, "" if name == "__all__" else name)


def _reads(error: Exception) -> Problem:
    """The problem that an exception is; one that is none is raised again."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, NotAsDescribed):
        return problems.of_pydantic(error.errors)
    if isinstance(error, ValidationError):
        return _of_validation(error)
    if isinstance(error, Http404):
        return Problem("not_found")
    if isinstance(error, KeyDestroyed):
        return Problem("gone")
    if isinstance(error, RequestDataTooBig):
        return Problem("too_large")
    if isinstance(error, BadRequest | SuspiciousOperation):
        return Problem("malformed")
    if isinstance(error, HttpError):
        return problems.of_status(error.status_code)
    raise error


def _answer(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.response(_reads(error))


for _kind in (Exception, Http404, HttpError, NotAsDescribed):  # in the place of the framework's own
    api.add_exception_handler(_kind, _answer)
