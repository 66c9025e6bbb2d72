"""The description of the API (OpenAPI 3.1): what ninja knows, and what all operations have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.api.problems import CODES, MEDIA_TYPE, TYPE
from requests_app.domain.channels import Scope

if TYPE_CHECKING:
    from ninja.openapi.schema import OpenAPISchema

SCOPES = {
    Scope.FILE: "File requests",
    Scope.READ: "List and read requests and messages, ask what has changed",
    Scope.WRITE: "Write messages, take requests back",
    Scope.FILES: "Fetch files",
}
EVERYWHERE = ("malformed", "unauthorized", "insufficient_scope", "not_acceptable", "too_many")
"""Problems any operation with a token may end with."""
_TEXT = {"type": "string"}
_WAIT = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {"description": "Name it when you ask us about this request.", "schema": _TEXT},
    "ETag": {"description": "Send it as If-None-Match next time.", "schema": _TEXT},
    "Link": {"description": "The next page (RFC 8288), when there is one.", "schema": _TEXT},
    "Location": {"description": "The address of the request.", "schema": _TEXT},
    "Repr-Digest": {"description": "SHA-256 of the file (RFC 9530).", "schema": _TEXT},
    "Content-Language": {"description": "sv or en.", "schema": _TEXT},
}
_BY_STATUS_HEADERS = {
    401: {"WWW-Authenticate": {"description": "Which token is wanted (RFC 6750).", "schema": _TEXT}},
    403: {"WWW-Authenticate": {"description": "Which scope is missing.", "schema": _TEXT}},
    429: {"Retry-After": _WAIT},
}
_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Go by `code`; `title` is for people and may be reworded.",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": [f"{TYPE}invalid"]},
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(CODES)},
        "request_id": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "field", "code", "message"],
                "properties": {
                    "in": {"type": "string", "enum": ["body", "query", "header", "path"]},
                    "field": {"type": "string", "examples": ["person.email"]},
                    "code": {"type": "string", "examples": ["missing"]},
                    "message": _TEXT,
                },
            },
        },
    },
}
_TOKEN_FORM = {
    "type": "object",
    "required": ["grant_type"],
    "additionalProperties": False,
    "properties": {
        "grant_type": {"type": "string", "const": "client_credentials"},
        "scope": {
            "type": "string",
            "pattern": r"^[a-z:]{1,40}( [a-z:]{1,40}){0,5}$",
            "description": "Scopes with spaces between; without it all the client has.",
            "examples": ["requests:file requests:read"],
        },
        "client_id": {"type": "string", "maxLength": 40, "description": "For client_secret_post."},
        "client_secret": {"type": "string", "maxLength": 200, "description": "For client_secret_post."},
    },
}
_TOKEN = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in", "scope"],
    "properties": {
        "access_token": _TEXT,
        "token_type": {"type": "string", "const": "Bearer"},
        "expires_in": {"type": "integer", "examples": [600]},
        "scope": _TEXT,
    },
}
_TOKEN_ERROR = {
    "type": "object",
    "description": "RFC 6749, 5.2.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "string",
            "enum": ["invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type", "slow_down"],
        },
        "error_description": _TEXT,
    },
}
_IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "The ETag you have. Answered with 304 when nothing has changed.",
    "schema": _TEXT,
}
_LANGUAGE = {
    "in": "header",
    "name": "Accept-Language",
    "required": False,
    "description": "The language of words: sv or en; sv for any other.",
    "schema": _TEXT,
    "example": "sv",
}


def complete(made: OpenAPISchema) -> OpenAPISchema:
    """Add to ninja's description the way in, what every operation may answer, and the headers."""
    made["servers"] = [{"url": "/"}]
    components = made["components"]
    components["schemas"] |= {"Problem": _PROBLEM, "Token": _TOKEN, "TokenError": _TOKEN_ERROR}
    components["schemas"] = dict(sorted(components["schemas"].items()))
    components["headers"] = _HEADERS
    components["securitySchemes"] = {
        "client": {
            "type": "oauth2",
            "description": "Client credentials: your client id and secret give a token for ten minutes.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/api/v1/token",
                    "scopes": {scope.value: text for scope, text in SCOPES.items()},
                }
            },
        }
    }
    for methods in made["paths"].values():
        for method, operation in methods.items():
            if operation.pop("x-token", False):
                _describe_token(operation)
            else:
                _describe(method, operation)
    return made


def _describe(method: str, operation: dict[str, Any]) -> None:
    responses: dict[Any, Any] = operation["responses"]
    for parameter in operation["parameters"]:
        _tidy(parameter)
        if parameter["in"] == "path":  # any other text is answered as what is not there
            parameter["schema"]["pattern"] = "^[0-9A-Z]{26}$"
    operation["parameters"] = [*operation["parameters"], _LANGUAGE]
    names = ["X-Request-ID", "Content-Language"]
    if method == "get":
        operation["parameters"].append(_IF_NONE_MATCH)
        responses[304] = {"description": "Nothing has changed.", "headers": _refs("X-Request-ID", "ETag")}
        names.append("ETag")
    if any(parameter["name"] in {"limit"} for parameter in operation["parameters"]):
        names.append("Link")
    if operation["operationId"] == "file_request":
        names.append("Location")
    if operation["operationId"] == "fetch_file":
        names.append("Repr-Digest")
        responses[200] = {
            "description": "The file.",
            "content": {
                kind: {"schema": {"type": "string", "contentMediaType": kind}}
                for kind in ("application/pdf", "application/zip", "application/octet-stream")
            },
        }
    for response in responses.values():
        response.setdefault("headers", _refs(*names))
    for status, codes in _by_status((*EVERYWHERE, *operation.pop("x-problems", ()))).items():
        responses[status] = _problem(status, codes)
    operation["responses"] = {str(status): responses[status] for status in sorted(responses)}


def _tidy(parameter: dict[str, Any]) -> None:
    """Say each thing once, and the example where OpenAPI has it."""
    schema = parameter["schema"]
    for name in ("title", "description", "examples"):
        schema.pop(name, None)
    if examples := parameter.pop("examples", None):
        parameter["example"] = examples[0]


def _refs(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _by_status(codes: tuple[str, ...]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for code in codes:
        found.setdefault(CODES[code][0], []).append(code)
    return found


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    code = codes[0]
    headers = {**_refs("X-Request-ID", "Content-Language"), **_BY_STATUS_HEADERS.get(status, {})}
    if "in_progress" in codes:
        headers["Retry-After"] = _WAIT
    example = {"type": f"{TYPE}{code}", "title": _english(code), "status": status, "code": code, "request_id": "…"}
    return {
        "description": " ".join(f"`{code}`: {_english(code)}" for code in codes),
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }


def _english(code: str) -> str:
    from django.utils import translation

    with translation.override("en"):
        return str(CODES[code][1])


def _describe_token(operation: dict[str, Any]) -> None:
    operation["security"] = []
    operation["parameters"] = [
        {
            "in": "header",
            "name": "Authorization",
            "required": False,
            "description": "HTTP Basic with the client id and secret, for client_secret_basic.",
            "schema": {"type": "string", "pattern": "^Basic [A-Za-z0-9+/]{4,100}={0,2}$"},
        }
    ]
    operation["requestBody"] = {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": _TOKEN_FORM}},
    }
    said = {"application/json": {"schema": {"$ref": "#/components/schemas/TokenError"}}}
    operation["responses"] = {
        "200": {
            "description": "The token. It is never given to the person's browser.",
            "headers": _refs("X-Request-ID"),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Token"}}},
        },
        "400": {"description": "What was sent is not right.", "content": said},
        "401": {
            "description": "The client is unknown or its secret is wrong.",
            "headers": _BY_STATUS_HEADERS[401],
            "content": said,
        },
        "413": _problem(413, ["too_large"]),
        "429": {"description": "Too many requests.", "headers": _BY_STATUS_HEADERS[429], "content": said},
    }
