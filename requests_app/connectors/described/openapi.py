"""A description to begin from, out of an OpenAPI document: what could be guessed, and a word wherever a person must choose."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from requests_app.connectors.described.openapi_document import one_line, read
from requests_app.connectors.described.openapi_guessing import field_of, folded, pages_of, quoted, spaced, when_in
from requests_app.connectors.described.openapi_plan import name_of, plan_of
from requests_app.connectors.described.text import LARGEST, Flaw, Flawed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.described.openapi_document import Api, Said
    from requests_app.connectors.described.openapi_plan import Asking, Plan

_WORDS = {
    "head": (
        "Föreslaget ur systemets OpenAPI-beskrivning. Läs varje rad, och prova med en testperson.",
        "Proposed from the system's OpenAPI description. Check every line, and try it with a test person.",
    ),
    "labels": (
        "Namnen står som i systemet: skriv dem som en kund förstår dem, på båda språken.",
        "The names are the system's: write them as a customer understands them, in both languages.",
    ),
    "address": ("välj: beskrivningen säger ingen adress", "choose: the document says no address"),
    "servers": ("välj den adress ni använder: {}", "choose the address you use: {}"),
    "auth": (
        "välj hur ni släpps in (auth): beskrivningen säger inget som kan användas",
        "choose how you are let in (auth): the document says nothing that can be used",
    ),
    "other_auth": ("välj: går också med {}", "choose: can also be done with {}"),
    "test": (
        "välj ett anrop som inte handlar om någon person; detta ger felet att adressen inte finns om det inte ändras",
        "choose a request that is about no person; this one may say that the address is not there until it is changed",
    ),
    "whose": (
        "välj: svaret säger inte vems det är (person), så allt som kommer behålls",
        "choose: the answer does not say whose it is (person), so all that comes is kept",
    ),
    "items": (
        "välj: säg med items var raderna står i svaret, om de inte är svaret självt",
        "choose: say with items where the rows are in the answer, unless they are the answer itself",
    ),
    "pages": (
        "kontrollera hur svaret delas i sidor, och hur stora de får vara",
        "check how the answer is divided into pages, and how large they may be",
    ),
    "nobody": (
        "kontrollera vad som betyder att ingen fanns (nobody)",
        "check what means that nobody was found (nobody)",
    ),
    "unused": ("Inte med, välj om något behövs:", "Not taken, choose whether any is needed:"),
}
MOST_WORDS = 200
"""Codes of one category that are named, so that no document makes a description that is too long."""


def propose(text: str, lang: str = "") -> str:
    """A description of the ``rest`` kind as YAML, without a value of anybody's.

    ``text``: OpenAPI 3 or Swagger 2, JSON or YAML. ``lang``: language of its comments, ``sv`` or ``en``; both unless told.
    Raises ``Flawed``, with ``no_person`` when no GET operation takes an identifier of a person.
    """
    api = read(text)
    plan = plan_of(api)
    if not plan.read:
        raise Flawed(Flaw("no_person"))
    while True:
        said = "\n".join(_lines(api, plan, _Say(lang))) + "\n"
        if len(said) <= LARGEST or len(plan.read) == 1:
            return said
        plan.read = plan.read[: len(plan.read) // 2]


class _Say:
    """Comments in the language of whoever reads them."""

    def __init__(self, lang: str) -> None:
        self._at = {"sv": (0,), "en": (1,)}.get(lang, (0, 1))

    def __call__(self, what: str, indent: int = 0, about: str = "") -> Iterator[str]:
        for n in self._at:
            yield f"{' ' * indent}# {_WORDS[what][n].format(about)}"


def _lines(api: Api, plan: Plan, say: _Say) -> Iterator[str]:
    secrets, auth, others = _auth(api, plan)
    yield from say("head")
    yield f"name: {_json(api.title or 'API')}"
    yield from _settings(api, plan, say)
    if secrets:
        yield "secrets:"
        yield from (f"  {name}: {{label: {_json({'sv': sv, 'en': en})}}}" for name, (sv, en) in secrets.items())
    yield 'address: "{base_url}"'
    yield from [f"auth: {_json(auth)}"] if auth else say("auth")
    if others:
        yield from say("other_auth", about=", ".join(others))
    yield from _test(plan, say)
    yield from _finds(api, plan, say)
    yield from _reads(api, plan, say)
    if plan.unused:
        yield from say("unused")
        yield from (f"#   GET {path}" for path in plan.unused)


def _settings(api: Api, plan: Plan, say: _Say) -> Iterator[str]:
    servers = [server for server in api.servers if server]
    yield "settings:"
    if len(servers) > 1:
        yield from say("servers", 2, ", ".join(servers[1:]))
    elif not servers:
        yield from say("address", 2)
    base: dict[str, Any] = {"label": {"sv": "Adress", "en": "Address"}, "type": "url"}
    yield f"  base_url: {_json(base | ({'default': servers[0]} if servers else {}))}"
    for name, setting in plan.settings.items():
        yield f"  {setting}: {_json({'label': spaced(name)})}"


def _test(plan: Plan, say: _Say) -> Iterator[str]:
    if plan.test:
        yield f"test: {_json({'get': plan.test.path})}"
        return
    yield from say("test")
    yield "test: {get: /}"


def _auth(api: Api, plan: Plan) -> tuple[dict[str, tuple[str, str]], Said, list[str]]:
    """The secrets, the way in, and the names of other ways that are not taken."""
    asked = [one.operation for one in (*plan.find, *plan.read)]
    wanted = [name for one in asked for name in (one.security if one.security is not None else api.security)]
    names = [name for name in dict.fromkeys([*wanted, *api.schemes]) if name in api.schemes]
    able = [(name, way) for name in names if (way := _way(api.schemes[name]))]
    if not able:
        return {}, {}, []
    (first, (secrets, auth)), *rest = able
    others = [one_line(name, 60) for name in names if name != first]
    return secrets, auth, [name for name in others if name][:8] if rest or len(names) > 1 else []


def _way(scheme: Said) -> tuple[dict[str, tuple[str, str]], Said] | None:
    kind, how = scheme.get("type"), str(scheme.get("scheme", "")).lower()
    if kind == "basic" or (kind == "http" and how == "basic"):
        secrets = {"user": ("Användarnamn", "User name"), "password": ("Lösenord", "Password")}
        return secrets, {"basic": {"user": "{user}", "password": "{password}"}}
    if kind == "http" and how == "bearer":
        return {"token": ("Nyckel (token)", "Token")}, {"bearer": {"token": "{token}"}}
    if kind == "apiKey":
        name, where = scheme.get("name"), scheme.get("in")
        if where in {"header", "query"} and isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", name):
            key = {"in": where, "name": name, "value": "{api_key}"}
            return {"api_key": ("API-nyckel", "API key")}, {"key": key}
    return _oauth2(scheme) if kind == "oauth2" else None


def _oauth2(scheme: Said) -> tuple[dict[str, tuple[str, str]], Said] | None:
    flows = scheme.get("flows")
    flow = flows.get("clientCredentials") if isinstance(flows, dict) else None
    if flow is None and scheme.get("flow") == "application":
        flow = scheme
    address = flow.get("tokenUrl") if isinstance(flow, dict) else None
    if not isinstance(flow, dict) or not isinstance(address, str):
        return None
    if not re.fullmatch(r"https?://[A-Za-z0-9_.:/~?=&-]{1,500}", address):
        return None
    scopes = flow.get("scopes")
    scope = (
        " ".join(one for one in scopes if re.fullmatch(r"[\w.:/-]{1,100}", str(one)))[:500]
        if isinstance(scopes, dict)
        else ""
    )
    said = {"token_address": address, "client_id": "{client_id}", "client_secret": "{client_secret}"}
    secrets = {"client_id": ("Klientens id", "Client id"), "client_secret": ("Klientens hemlighet", "Client secret")}
    return secrets, {"oauth2": said | ({"scope": scope} if scope else {})}


def _finds(api: Api, plan: Plan, say: _Say) -> Iterator[str]:
    if not plan.find:
        return
    yield "find:"
    for one in plan.find:
        yield f"  - by: [{one.kind}]"
        yield from _request(api, one, say, 4)
        yield f"    person: {_json(one.person)}"
        yield f"    keep: {_json({'person_key': quoted(one.key)})}"
        shown = {name: quoted(name) for name in one.properties if re.search(r"name|namn|city|ort$", folded(name))}
        if shown:
            yield f"    show: {_json(dict(list(shown.items())[:4]))}"


def _reads(api: Api, plan: Plan, say: _Say) -> Iterator[str]:
    categories: dict[str, Asking] = {}
    names: dict[str, str] = {}
    yield "read:"
    for one in plan.read:
        path = one.operation.path
        if path not in names:
            names[path] = name_of(_noun(path), taken=set(names.values()))
        categories.setdefault(names[path], one)
        yield f"  {_step(names[path], one, plan)}:"
        if one.kind:
            yield f"    by: [{one.kind}]"
        yield from _request(api, one, say, 4)
        yield from _whose(one, plan, say)
        yield f"    category: {names[path]}"
    yield from say("labels")
    yield "categories:"
    for name, one in categories.items():
        yield from _category(name, one)


def _step(name: str, one: Asking, plan: Plan) -> str:
    """The name of a read: its category's, and the identifier where it is read by several."""
    several = sum(other.operation is one.operation for other in plan.read) > 1
    return f"{name[:27]}_{one.kind}" if several else name


def _whose(one: Asking, plan: Plan, say: _Say) -> Iterator[str]:
    said = {kind: place for kind, place in one.person.items() if kind == one.kind}
    if plan.find and one.entity == plan.find[0].entity and one.key == plan.find[0].key:
        said = {"key": quoted(one.key), **said}
    if said:
        yield f"    person: {_json(said)}"
    elif one.kind:
        yield from say("whose", 4)


def _request(api: Api, one: Asking, say: _Say, indent: int) -> Iterator[str]:
    space = " " * indent
    yield f"{space}get: {_json(one.path)}"
    if one.query:
        yield f"{space}query: {_json(one.query)}"
    if one.items:
        yield f"{space}items: {_json(one.items)}"
    elif not one.many and not one.key:
        yield from say("items", indent)
    if one.kind and "{value}" in one.path:
        yield from say("nobody", indent)
        yield f"{space}nobody: {{status: [404]}}"
    if one.many and (pages := pages_of(api, one.operation)):
        yield from say("pages", indent)
        yield f"{space}pages: {_json(pages)}"


def _noun(path: str) -> str:
    words = [part for part in path.split("/") if part and "{" not in part]
    return words[-1] if words else "data"


def _category(name: str, one: Asking) -> Iterator[str]:
    yield f"  {name}:"
    yield f"    kind: {'table' if one.many else 'facts'}"
    label = spaced(_noun(one.operation.path))
    yield f"    label: {_json({'sv': label, 'en': label})}"
    if one.key:
        yield f"    key: {_json(one.key)}"
    if when := when_in(one.properties):
        yield f"    when: {_json(when)}"
    fields = {field: said for field, said in one.properties.items() if said.get("format") != "password"}
    if fields:
        yield "    fields:"
        words = 0
        for field, said in fields.items():
            about = field_of(field, said)
            words += len(about.get("words", ()))
            if words > MOST_WORDS:
                about.pop("words", None)
            yield f"      {_json(field)}: {_json(about)}"
    secret: Mapping[str, str] = {field: "inloggningsuppgift" for field in one.properties if field not in fields}
    if secret:
        yield f"    leave_out: {_json(secret)}"


def _json(value: Any) -> str:
    """A value as JSON, which is YAML too."""
    return json.dumps(value, ensure_ascii=False)
