"""What names in an OpenAPI document mean: identifiers, keys, pages, and where the items of an answer are."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from requests_app.connectors.described.openapi_document import is_plain, one_line, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.connectors.described.openapi_document import Api, Operation, Parameter, Said

IDENTIFIERS = ("personnummer", "customer_no", "email", "phone")
_NAMES = {
    "personnummer": r"personn(umme)?r|pnr|persnr|ssn|person(al)?(identity)?(number|id|no)|national(identity|identification)?(number|no|id)"
    r"|socialsecurity(number|no)|civicnumber",
    "customer_no": r"(customer|client|kund)(number|nummer|nr|no|ref)|custno|custnr|kundid|customerid",
    "email": r".*email(address)?|.*epost(adress)?|.*mejl(adress)?|mail|mailaddress|email.*",
    "phone": r".*phone(number|no|nr)?|.*mobile?(number|no|nr)?|.*telefon(nummer|nr)?|msisdn|telnr|tel",
}
_NO_PERSON = re.compile(r"(is|has|verified|valid|status|count|type|template|enabled|consent|optin|sent|domain|id)$")
_ADDRESS = re.compile(r"\be-?mail address|\be-postadress", re.IGNORECASE)
_LISTS = (
    "items",
    "data",
    "results",
    "result",
    "value",
    "values",
    "content",
    "records",
    "rows",
    "list",
    "json",
    "elements",
)
_BESIDE = frozenset({"links", "errors", "warnings", "messages", "_links"})
_INNER = ("data", "result", "response", "_embedded", "embedded", "payload", "json")
_KEYS = ("id", "uuid", "guid", "key", "_id")
_WHEN = ("createdat", "created", "date", "time", "timestamp", "occurredat", "updatedat", "updated")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PAGE = frozenset({"page", "pagenumber", "pageno", "pageindex", "currentpage", "sida", "p"})
_OFFSET = frozenset({"offset", "skip", "start", "startindex", "from"})
_CURSOR = frozenset(
    {
        "cursor",
        "after",
        "next",
        "pagetoken",
        "nexttoken",
        "continuationtoken",
        "continuation",
        "nextcursor",
        "startingafter",
    }
)
_SIZE = frozenset(
    {"limit", "size", "pagesize", "perpage", "count", "take", "top", "maxresults", "itemsperpage", "rows"}
)
_NEXT = ("next", "nextlink", "nexturl", "nextpageurl", "nextpage", "nexthref")
_TOTAL = frozenset({"total", "totalcount", "totalitems", "totalresults", "totalelements", "count", "totalrecords"})
MOST_WORDS = 50


def folded(name: str) -> str:
    """A name without case, accents and signs."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]", "", plain)


def identifier(name: str) -> str:
    """The sort of identifier that a name is of; nothing when it is of none."""
    plain = folded(name)
    for kind, pattern in _NAMES.items():
        if re.fullmatch(pattern, plain):
            return "" if kind in {"email", "phone"} and _NO_PERSON.search(plain) else kind
    return ""


def identifier_of(parameter: Parameter) -> str:
    """The sort of identifier that a parameter takes, by its name, its format or what is said of it."""
    if type_of(parameter.schema) in {"boolean", "array"} or parameter.where == "header":
        return ""
    kind = identifier(parameter.name)
    if kind:
        return kind
    if parameter.schema.get("format") == "email":
        return "email"
    of_person = folded(parameter.name).endswith(("address", "id", "identifier"))
    return "email" if of_person and _ADDRESS.search(parameter.about) else ""


def quoted(name: str) -> str:
    """A name as JMESPath writes it."""
    return name if _PLAIN.fullmatch(name) else json.dumps(name)


def items_in(api: Api, answer: Said) -> tuple[str, dict[str, Said], bool]:
    """Where the items are (JMESPath), their properties, and whether there may be many."""
    if type_of(answer) == "array":
        return "", api.properties(answer.get("items")), True
    outer = api.properties(answer)
    place = _list_in(api, outer)
    if place and not _is_item(outer):
        return quoted(place), api.properties(outer[place].get("items")), True
    for name in outer:
        if folded(name) in {folded(one) for one in _INNER} and not _is_item(outer):
            inner = api.properties(outer[name])
            place = _list_in(api, inner)
            if place and not _is_item(inner):
                return f"{quoted(name)}.{quoted(place)}", api.properties(inner[place].get("items")), True
            if inner:
                return quoted(name), inner, False
    return "", outer, False


def _is_item(properties: Iterable[str]) -> bool:
    """Whether an object is somebody or something itself, and not what is around a list."""
    return any(folded(name) in _KEYS or identifier(name) for name in properties)


def _list_in(api: Api, properties: dict[str, Said]) -> str:
    lists = [
        name
        for name, said in properties.items()
        if type_of(said) == "array" and api.properties(said.get("items")) and folded(name) not in _BESIDE
    ]
    usual = [name for name in lists if folded(name) in _LISTS]
    return (usual or (lists if len(lists) == 1 else []) or [""])[0]


def key_in(properties: dict[str, Said], entity: str = "") -> str:
    """The property that tells one item from another; nothing when none is surely that."""
    plain = {folded(name): name for name in reversed(properties) if _is_simple(properties[name])}
    wanted = [*_KEYS, *(f"{entity}{end}" for end in ("id", "number", "no", "nr", "key", "uuid"))]
    return next((plain[name] for name in wanted if name in plain), "")


def _is_simple(schema: Said) -> bool:
    return type_of(schema) in {"", "string", "integer", "number"}


def person_in(properties: dict[str, Said], key: str) -> dict[str, str]:
    """Where an item says whose it is."""
    found = {"key": quoted(key)} if key else {}
    if name := _name_in(properties):
        found["name"] = name
    for property_, said in properties.items():
        kind = identifier(property_)
        if kind and kind not in found and _is_simple(said):
            found[kind] = quoted(property_)
    return found


def _name_in(properties: dict[str, Said]) -> str:
    plain = {folded(name): name for name in properties if _is_simple(properties[name])}
    for name in ("fullname", "displayname", "customername", "namn", "name"):
        if name in plain:
            return quoted(plain[name])
    first = next((plain[name] for name in ("firstname", "givenname", "fornamn") if name in plain), "")
    last = next((plain[name] for name in ("lastname", "surname", "familyname", "efternamn") if name in plain), "")
    if first and last:
        return f"join(' ', [{quoted(first)} || '', {quoted(last)} || ''])"
    return quoted(last or first) if first or last else ""


def when_in(properties: dict[str, Said]) -> str:
    """The property that dates an item."""
    dated = {folded(name): name for name, said in properties.items() if said.get("format") in {"date", "date-time"}}
    usual = [dated[name] for name in _WHEN if name in dated]
    return (usual or list(dated.values()) or [""])[0]


def field_of(name: str, schema: Said) -> dict[str, Any]:
    """What a description says of a property: its label, sort and the words of its codes."""
    label = one_line(schema.get("title"), 60) or _sentence(schema.get("description")) or spaced(name)
    said: dict[str, Any] = {"label": {"sv": label, "en": label}}
    kind = type_of(schema)
    if kind in {"number", "integer"} and not re.search(r"(id|no|nr|number|nummer|code|year)$", folded(name)):
        said["type"] = "number"
    elif kind in {"boolean", "array"}:
        said["type"] = {"boolean": "boolean", "array": "list"}[kind]
    elif kind in {"", "string"}:
        kinds = {"date-time": "datetime", "date": "date", "email": "email"}
        if sort := kinds.get(str(schema.get("format")), ""):
            said["type"] = sort
        elif identifier(name) in {"email", "phone", "personnummer"}:
            said["type"] = identifier(name)
    codes = schema.get("enum")
    words = [code for code in codes if is_plain(code, 60)][:MOST_WORDS] if isinstance(codes, list) else []
    if words:
        said["words"] = {code: {"sv": spaced(code), "en": spaced(code)} for code in words}
    return said


def _sentence(text: Any) -> str:
    """A description's first sentence, when it is short enough to be a label."""
    first = re.split(r"[.;:(\n]", text, maxsplit=1)[0] if isinstance(text, str) else ""
    return one_line(first, 60) if len(first) <= 60 else ""


def spaced(name: str) -> str:
    """A name of a program as words."""
    parted = re.sub(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])", " ", name)
    words = re.sub(r"[_.\-\s]+", " ", parted).strip()
    words = " ".join(word if word.isupper() else word.lower() for word in words.split())
    return words[:1].upper() + words[1:] if words else name


def pages_of(api: Api, operation: Operation) -> dict[str, Any]:
    """How an operation pages; empty when nothing says that it does."""
    query = {folded(one.name): one for one in operation.named("query")}
    sizes = [one for name, one in query.items() if name in _SIZE]
    size = {"size_in": sizes[0].name, "size": _size(sizes[0])} if sizes else {}
    outer = api.properties(operation.answer)
    cursors = [one for name, one in query.items() if name in _CURSOR]
    following = _next_in(api, outer, cursors[0].name if cursors else "")
    if any(name in outer for name in ("@odata.nextLink", "odata.nextLink")):
        return {"odata": True}
    if cursors and following:
        return {"cursor": {"in": cursors[0].name, "next": following} | size}
    if number := next((one for name, one in query.items() if name in _PAGE), None):
        first = {"first": 0} if 0 in (number.schema.get("default"), number.schema.get("minimum")) else {}
        return {"number": {"in": number.name} | first | size}
    numeric = [one for name, one in query.items() if name in _OFFSET and type_of(one.schema) in {"integer", "number"}]
    if numeric:
        total = next((n for n in outer if folded(n) in _TOTAL and type_of(outer[n]) == "integer"), "")
        return {"offset": {"in": numeric[0].name} | size | ({"total": quoted(total)} if total else {})}
    if following:
        return {"next_address": following}
    return {"link_header": True} if "link" in operation.headers else {}


def _size(parameter: Parameter) -> int:
    """The most the system gives at once, as far as it says."""
    most, usual = parameter.schema.get("maximum"), parameter.schema.get("default")
    for said in (most, usual):
        if isinstance(said, int) and not isinstance(said, bool) and 1 <= said <= 1000:
            return said
    return 100


def _next_in(api: Api, outer: dict[str, Said], cursor: str) -> str:
    """Where an answer says what comes next: a text of its own or in what is around pages."""
    names = {*_NEXT, *_CURSOR} if cursor else {*_NEXT}
    for name, said in outer.items():
        if folded(name) in names and type_of(said) in {"", "string", "integer"}:
            return quoted(name)
    for name, said in outer.items():
        if folded(name) in {"links", "paging", "pagination", "meta", "page", "cursors"}:
            for inner, about in api.properties(said).items():
                if folded(inner) not in names:
                    continue
                if "href" in api.properties(about):
                    return f"{quoted(name)}.{quoted(inner)}.href"
                if type_of(about) in {"", "string", "integer"}:
                    return f"{quoted(name)}.{quoted(inner)}"
    return ""
