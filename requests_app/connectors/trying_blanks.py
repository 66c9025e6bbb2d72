"""What is taken out of everything a try shows: the secrets, and people other than the test person.

An object of an answer that is about somebody else keeps its names and loses its values. Somebody else is whoever has an e-mail
address, a personnummer or a telephone number that is not the test person's, or stands where people do (``name``, ``customer``)
without anything of the test person's. Of what is no JSON only the first line and the lines that name the test person are shown.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

from requests_app.connectors.base import IdentifierKind
from requests_app.connectors.matching import names_agree
from requests_app.connectors.rest.templates import FILTERS
from requests_app.domain.identifiers import find_personnummer, written_forms

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from requests_app.connectors.base import Identifier, Search

BLANK = "•••"
SHOWN = 12_000
"""Characters of one body that are shown."""
LOOKED_INTO = 400_000
"""Characters of a body that are looked through; of a larger one only the names are shown."""
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"'=&?/%]{1,64}@[^\s@<>()\[\],;:\"'&?/%]{1,190}\.[^\W\d_]{2,24}")
_PHONE = re.compile(r"(?<![\w+.-])(?:\+46|0046|0)[ -]?[1-9](?:[ -]?\d){6,9}(?![\w-])")
_PERSON = re.compile(
    r"(?i)^(?:(?:first|last|full|given|family|display|customer|contact|user|for|efter)_?-?)?(?:name|namn)$"
    r"|customer|kund|person|e-?mail|e-?post|phone|telefon|mobil|address|adress|ssn"
)
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SECRET_FIELDS = re.compile(r'("(?:access|refresh|id)_?token"\s*:\s*")[^"]*', re.IGNORECASE)
_DULL = frozenset({"accept", "accept-encoding", "connection", "user-agent", "host", "content-length", "date", "server"})


@dataclass(frozen=True, slots=True)
class Blanking:
    """The secrets of a system, and what tells the test person."""

    secrets: tuple[str, ...]
    """In every form a description can write them."""
    short: tuple[str, ...]
    """Secrets of three characters or fewer: blanked where they are a whole part of an address."""
    mine: frozenset[str]
    """What the test person is known by, in every way of writing, case folded."""

    @classmethod
    def of(cls, search: Search) -> Blanking:
        """For a search with its secrets and its test person."""
        held = [value for value in search.secrets.values() if value]
        known = {form for one in search.identifiers for form in _forms(one)}
        written = {form for value in held for form in _written(value) if len(form) > 3}
        return cls(
            tuple(sorted(written, key=len, reverse=True)),
            tuple(value for value in held if len(value) <= 3),
            frozenset(form.casefold() for form in known),
        )

    @property
    def known(self) -> frozenset[str]:
        """The test person's identifiers, as records are looked through for others."""
        return self.mine

    def text(self, text: str) -> str:
        """A text without secrets."""
        for secret in self.secrets:
            text = text.replace(secret, BLANK)
        return _SECRET_FIELDS.sub(rf"\1{BLANK}", text)

    def address(self, text: str) -> str:
        """An address as it reads, without secrets."""
        text = self.text(unquote(self.text(text)))
        for secret in self.short:
            text = re.sub(rf"(?<=[/=]){re.escape(secret)}(?=[/?&#]|$)", BLANK, text)
        return text

    def headers(self, headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
        """Headers that tell something, without secrets."""
        return tuple(
            (name, BLANK if name.lower() in _SECRET_HEADERS or value in self.short else self.text(value))
            for name, value in headers.items()
            if name.lower() not in _DULL
        )

    def answer(self, text: str, value: Any) -> tuple[str, int]:
        """A body without secrets and without others' data, and how many others it names."""
        others = {found.casefold() for found in self._others(text[:LOOKED_INTO])}
        if value is not None:
            shown = self._without_others(value) if len(text) <= LOOKED_INTO else _hollow(value)
            text = json.dumps(shown, ensure_ascii=False, indent=2)[: SHOWN * 4]
        else:
            text = self._lines(text[:LOOKED_INTO])[: SHOWN * 4]
        text = self.text(self._blanked(text))
        return (text if len(text) <= SHOWN else text[:SHOWN] + "\n…"), len(others)

    def fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """A record's fields without others' data."""
        made = self._without_others(dict(fields), inside=True)
        found: dict[str, Any] = {name: self._blanked_value(value) for name, value in made.items()}
        return found

    def candidate(self, fields: Mapping[str, str], name: str) -> dict[str, str]:
        """What tells somebody who may be the person: only that of it which is the test person's."""
        return {
            key: text if self._is_mine(text) or (name and names_agree(text, name)) else "…"
            for key, text in fields.items()
        }

    def _others(self, text: str) -> set[str]:
        """E-mail addresses, personnummer and telephone numbers in a text that are not the test person's."""
        found = {one for one in (*_EMAIL.findall(text), *_PHONE.findall(text)) if not self._is_mine(one)}
        return found | {text[start:end] for start, end, number in find_personnummer(text) if number not in self.mine}

    def _is_mine(self, text: str) -> bool:
        folded = text.casefold().strip()
        if folded in self.mine or re.sub(r"[\s-]", "", folded) in self.mine:
            return True
        return any(len(one) > 5 and one in folded for one in self.mine)

    def _names_me(self, value: Any) -> bool:
        """Whether one of the values of an object or a list, not of what stands inside it, is the test person's."""
        inner = value.values() if isinstance(value, dict) else value
        return any(self._is_mine(str(one)) for one in inner if isinstance(one, str | int) and not isinstance(one, bool))

    def _without_others(self, value: Any, *, inside: bool = False, theirs: bool = False) -> Any:
        """``inside``: what stands around it is the test person's; ``theirs``: it is somebody else's."""
        if not isinstance(value, dict | list):
            return "…" if theirs and value is not None else value
        if self._names_me(value):
            inside, theirs = True, False
        elif theirs or self._is_about_somebody_else(value, inside=inside):
            inside, theirs = False, True
        if isinstance(value, list):
            return [self._without_others(item, inside=inside, theirs=theirs) for item in value]
        return {key: self._without_others(item, inside=inside, theirs=theirs) for key, item in value.items()}

    def _is_about_somebody_else(self, value: Any, *, inside: bool) -> bool:
        own = value.values() if isinstance(value, dict) else value
        plain = [str(one) for one in own if isinstance(one, str | int | float) and not isinstance(one, bool)]
        if any(self._others(text) for text in plain):
            return True
        if inside or not isinstance(value, dict):
            return False
        return any(
            _PERSON.search(key) for key, one in value.items() if isinstance(one, str | int) and one not in ("", 0)
        )

    def _blanked(self, text: str) -> str:
        """A text whose addresses and numbers of others are blanked."""

        def blank(found: re.Match[str]) -> str:
            return found[0] if self._is_mine(found[0]) else BLANK

        text = _PHONE.sub(blank, _EMAIL.sub(blank, text))
        spans = [(start, end) for start, end, number in find_personnummer(text) if number not in self.mine]
        for start, end in reversed(spans):
            text = text[:start] + BLANK + text[end:]
        return text

    def _blanked_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._blanked(value)
        if isinstance(value, list):
            return [self._blanked_value(item) for item in value]
        return {key: self._blanked_value(item) for key, item in value.items()} if isinstance(value, dict) else value

    def _lines(self, text: str) -> str:
        lines = text.splitlines()
        return "\n".join(line if n == 0 or self._is_mine(line) else "…" for n, line in enumerate(lines))


def _forms(one: Identifier) -> set[str]:
    """An identifier in the ways in which systems write it."""
    ways = {
        IdentifierKind.PERSONNUMMER: ("short", "dashed", "short_dashed"),
        IdentifierKind.PHONE: ("national", "digits"),
    }.get(one.kind, ())
    return {*written_forms(one.kind, one.value), *(FILTERS[way](one.value) for way in ways)}


def _written(value: str) -> set[str]:
    """A secret in every form an address, a header or a body can have it."""
    forms = {value} | {made for change in FILTERS.values() if len(made := change(value)) > 5}
    quoted = {way(form) for form in forms for way in (lambda text: quote(text, safe=""), quote, quote_plus)}
    small = {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in quoted}
    return forms | quoted | small | {json.dumps(form)[1:-1] for form in forms}


def _hollow(value: Any) -> Any:
    """The names of a value alone."""
    if isinstance(value, dict):
        return {key: _hollow(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hollow(item) for item in value[:1]]
    return "…"
