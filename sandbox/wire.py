"""Requests and answers as the stand-ins see them, apart from sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

Json = Any


@dataclass
class Request:
    """A request, without the system's prefix in ``path``; ``route`` is filled in by the system that answers."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    base_url: str = ""
    endless: bool = False
    """A fault is on: repeat the first page and say that more follow."""
    foreign_next: bool = False
    """A fault is on: let the next page lie on another host."""
    route: str = ""

    @property
    def parts(self) -> list[str]:
        """The segments of the path, unescaped."""
        return [unquote(part) for part in self.path.split("/") if part]

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; 400 when it is none."""
        try:
            body = json.loads(self.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refused(400, "the body must be a JSON object")
        return body

    def number(self, key: str, default: int, most: int | None = None) -> int:
        """A whole number of the query, at least 0; 400 when it is none."""
        text = self.query.get(key) or str(default)
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Refused(400, f"{key} must be a whole number")
        return int(text) if most is None else min(int(text), most)

    def link(self, path: str, query: dict[str, Any]) -> str:
        """The address of another page of the same system."""
        host = "http://other-host.example.org" if self.foreign_next else self.base_url
        return f"{host}{path}?{urlencode(query)}"


@dataclass
class Answer:
    """An answer; ``body`` is JSON unless it is bytes."""

    status: int = 200
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes that go out."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Refused(Exception):
    """A request the system refuses; each system words it in its vendor's way.

    ``code`` is the vendor's code of a 400, or the seconds of ``Retry-After`` of a 429.
    """

    def __init__(self, status: int, message: str = "", code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def read_target(target: str) -> tuple[str, dict[str, str]]:
    """Path and query of a request line; of a repeated key the last value counts."""
    split = urlsplit(target)
    return split.path, {key: found[-1] for key, found in parse_qs(split.query, keep_blank_values=True).items()}
