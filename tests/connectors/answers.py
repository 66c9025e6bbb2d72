"""Answers of systems that mean harm or have lost their mind."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from requests_app.connectors.descriptions import shipped
from requests_app.connectors.rest.description import described
from tests.connectors.ways import ANNA, SYSTEM, streamed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.connectors.world import Sandbox

ELSEWHERE = (
    "http://169.254.169.254/latest/meta-data/",
    "https://evil.example/x",
    "//evil.example/x",
    "http://system.example/x",
    "https://system.example:444/x",
    "https://system.example@evil.example/x",
    "https://2130706433/x",
    "https://[::ffff:127.0.0.1]/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/_x",
    "javascript:alert(1)",
    "/\\evil.example/x",
    "",
)
STRANGERS = {"169.254.169.254", "evil.example", "2130706433", "127.0.0.1", "::ffff:127.0.0.1"}
_BOMB, _SMALL_BOMB = gzip.compress(b" " * 20_000_000, 1), gzip.compress(b" " * 100_000, 1)
GARBAGE: dict[str, Callable[[], httpx.Response]] = {
    "nothing": lambda: streamed(b""),
    "a page": lambda: streamed("<html><body>Hej åäö</body></html>".encode(), content_type="text/html"),
    "another charset": lambda: streamed('{"name": "Åkesson"}'.encode("windows-1252")),
    "utf-16": lambda: streamed('{"name": "Åkesson"}'.encode("utf-16")),
    "a mark": lambda: streamed(b"\xef\xbb\xbf"),
    "zeros": lambda: streamed(b"\0" * 5_000),
    "no number": lambda: streamed(b'{"total": NaN, "items": [Infinity]}'),
    "deep lists": lambda: streamed(b"[" * 90_000 + b"]" * 90_000),
    "lists within lists": lambda: streamed(b"[" * 600 + b"]" * 600),
    "a list within an item": lambda: streamed(
        b'[{"email": "%s", "a": ' % ANNA.emails[0].encode() + b"[" * 900 + b"]" * 900 + b"}]"
    ),
    "deep objects": lambda: streamed(b'{"a":' * 30_000 + b"1" + b"}" * 30_000),
    "a long number": lambda: streamed(b'{"total": ' + b"9" * 100_000 + b"}"),
    "two values": lambda: streamed(b"{}{}"),
    "cut off": lambda: streamed(b'{"items": [{"id": 1}, {"id'),
    "shorter than said": lambda: httpx.Response(200, headers={"content-length": "9000"}, stream=httpx.ByteStream(b"{")),
    "a packed bomb": lambda: streamed(_BOMB, content_encoding="gzip"),
    "bombs in a row": lambda: streamed([_SMALL_BOMB] * 100, content_encoding="gzip"),
    "not packed": lambda: streamed(b"{}", content_encoding="gzip"),
    "packed otherwise": lambda: streamed(b"x", content_encoding="zstd"),
    "packed twice": lambda: streamed(b"x", content_encoding="gzip, gzip"),
    "without end": lambda: streamed(b'{"a": "xxxxxxxxxx"}, ' * 500 for _ in itertools.count()),
    "one octet at a time": lambda: streamed(b"[" for _ in range(3_000)),
    "many headers": lambda: streamed(b"<", **{f"x-{n}": "y" * 500 for n in range(90)}),
    "a status there is not": lambda: streamed(b"{", 299),
    "moved nowhere": lambda: streamed(b"", 302),
    "moved without end": lambda: streamed(b"", 302, location="/again"),
    "a wait without sense": lambda: streamed(b"", 429, retry_after="-1e309"),
    "a wait for ever": lambda: streamed(b"", 503, retry_after="Fri, 31 Dec 9999 23:59:59 GMT"),
    "a wait before time": lambda: streamed(b"", 503, retry_after="Mon, 01 Jan 0001 00:00:00 +2359"),
    **{
        f"only {body}": lambda body=body: streamed(body.encode())  # type: ignore[misc]
        for body in (
            "null",
            "true",
            "0",
            "-1",
            '""',
            '"x"',
            "[]",
            "{}",
            "[null]",
            "[[]]",
            "[{}]",
            "[1]",
            '[{"id": null}]',
            "1e999",
        )
    },
    **{f"moved to {link}": lambda link=link: streamed(b"", 302, location=link) for link in ELSEWHERE if link},  # type: ignore[misc]
}


VALUES: tuple[Any, ...] = (
    None, True, False, float("inf"), 0, -1, 7, 1.5, 10**400, 2**63, "", " ", "x", "0", "1", "..", "a/../b?c#d", "x" * 3_000, "\ud800",
    "\x00", "9999-12-31T23:59:59Z", "0000-00-00", "0001-01-01", "2026-11-01", "2026-11-01T10:00:00Z", "Pågår", "<script>", "{value}", "%s",
    ANNA.emails[0], ANNA.emails[0], ANNA.emails[0], "hanna@example.se", ANNA.phones[0], ANNA.personnummer, ANNA.name, *ELSEWHERE,
    "https://system.example/base_url?page=2", "/x?page=3",
)  # fmt: skip


_WORD = re.compile(r"[A-Za-z_@][A-Za-z_0-9]+")
_INNER = re.compile(r"([A-Za-z_]\w+)((?:\[[^\]]*\])?)\.([A-Za-z_]\w+)")


class Inventor:
    """Answers out of a description's own words, which nearly fit; the same question has the same answer."""

    def __init__(self, name: str, seed: int) -> None:
        text = shipped(name)
        said = described(text).said
        self._words = sorted(set(_WORD.findall(text)))
        self._inner: dict[str, tuple[bool, set[str]]] = {}
        for outer, listed, inner in _INNER.findall(text):
            self._inner.setdefault(outer, (bool(listed), set()))[1].add(inner)
        steps = [*said.get("find", ()), *said["read"].values()]
        steps += [step[more] for step in steps for more in ("more", "names") if more in step]
        self._items = sorted({step["items"] for step in steps if re.fullmatch(r"[\w.]+", step.get("items", ""))})
        self._seed = seed
        self._spoilt = (0.0, 0.01, 0.1)[seed % 3]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            return streamed(b'{"access_token": "t", "expires_in": 900}')
        chance = Random(f"{self._seed} {request.method} {request.url}")
        body: Any = self._object(chance)
        for place in self._items:
            *outer, last = place.split(".")
            at = body
            for name in outer:
                at[name] = at[name] if isinstance(at.get(name), dict) else {}
                at = at[name]
            at[last] = [self._object(chance) for _ in range(chance.choice((1, 1, 2)))]
        if chance.random() < 0.3:
            body = [self._object(chance)]
        return streamed(json.dumps(body).replace("Infinity", "1e999").encode(), chance.choice((200,) * 8 + (201, 404)))

    def _object(self, chance: Random) -> dict[str, Any]:
        found = {}
        for word in self._words:
            listed, names = self._inner.get(word, (False, set()))
            inner = {name: self._value(chance, name) for name in sorted(names)}
            found[word] = ([inner] if listed else inner) if inner else self._value(chance, word)
        return found

    def _value(self, chance: Random, word: str) -> Any:
        if chance.random() < self._spoilt:
            return chance.choice(VALUES)
        if "mail" in word:
            return ANNA.emails[0]
        return ANNA.name if "name" in word else chance.choice(("1", "2", 1, "2026-11-01T10:00:00Z"))


class Stand:
    """The sandbox behind the address of the ways: each answer fetched once, and changed as a test says."""

    def __init__(
        self, sandbox: Sandbox, change: Callable[[int, Any], Any], instead: dict[str, str] | None = None
    ) -> None:
        self._url, self._change, self._instead = sandbox.url, change, instead or {}
        self._n = 0
        self.given = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, content = request.url.raw_path.decode(), request.content.decode()
        for one, other in self._instead.items():
            path, content = (
                text.replace(quote(one, safe=""), quote(other, safe="")).replace(one, other) for text in (path, content)
            )
        asked = (request.method, path, content)
        if asked not in _FETCHED:
            headers = {name: text for name, text in request.headers.items() if name not in {"host", "content-length"}}
            came = httpx.request(request.method, self._url + path, content=content, headers=headers)
            _FETCHED[asked] = came.status_code, came.text.replace(self._url, SYSTEM)
        status, text = _FETCHED[asked]
        self.given += text
        self._n += 1
        if status == 200 and "token" not in path:
            changed = self._change(self._n, json.loads(text))
            text = json.dumps(changed).replace("Infinity", "1e999")
        return streamed(text.encode(), status)


_FETCHED: dict[tuple[str, str, str], tuple[int, str]] = {}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def spoilt(chance: Random, value: Any) -> Any:
    """A value with something in it, or all of it, replaced by what does not belong there."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(sorted(value))
        return {**value, key: spoilt(chance, value[key])}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], spoilt(chance, value[at]), *value[at + 1 :]]
    return chance.choice((*VALUES, [], {}, [[]], [None], [value, value], {"x": value}, deep(300), deep(900)))
