"""Going from page to page, as a description says that the system pages. A place is what the next request is asked with (JSON)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.rest.description import search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.connectors.http import Http, Reply

Place = dict[str, Any]
"""``{"n": 3}`` for a page's number, an offset or a cursor; ``{"query": {...}}`` for the parameters of a next address; ``{}`` first."""
_NEXT = re.compile(r"<([^<>]*)>\s*((?:;[^,<]*)*)")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))""", re.IGNORECASE)
_ODATA = ('"@odata.nextLink"', '"odata.nextLink"', "d.__next")


def parameters(pages: Mapping[str, Any], place: Place) -> dict[str, str | int]:
    """The parameters that ask for the page at a place."""
    if "query" in place:
        return dict(place["query"])
    asked: dict[str, str | int] = {}
    for kind in ("number", "offset", "cursor"):
        how = pages.get(kind)
        if how is None:
            continue
        if "size_in" in how:
            asked[how["size_in"]] = how.get("size", 100)
        if kind == "cursor" and "n" not in place:
            return asked
        asked[how["in"]] = place.get("n", how.get("first", 1) if kind == "number" else 0)
    return asked


def following(pages: Mapping[str, Any], place: Place, reply: Reply, items: int, http: Http) -> Place | None:
    """The place of the next page; None at the end."""
    if "number" in pages:
        return _next_number(pages["number"], place, reply, items)
    if "offset" in pages:
        return _next_offset(pages["offset"], place, reply, items)
    if "cursor" in pages:
        cursor = search(pages["cursor"]["next"], reply.value)
        return (
            {"n": cursor} if isinstance(cursor, str | int) and not isinstance(cursor, bool) and cursor != "" else None
        )
    link = _address(pages, reply)
    return {"query": http.next_query(link)} if link else None


def _next_number(how: Mapping[str, Any], place: Place, reply: Reply, items: int) -> Place | None:
    number = place.get("n", how.get("first", 1))
    more = bool(search(how["more"], reply.value)) if "more" in how else items > 0 and items >= how.get("size", 1)
    return {"n": number + 1} if more and items else None


def _next_offset(how: Mapping[str, Any], place: Place, reply: Reply, items: int) -> Place | None:
    offset = place.get("n", 0) + items
    total = search(how["total"], reply.value) if "total" in how else None
    if "total" in how and (isinstance(total, bool) or not isinstance(total, int)):
        raise ConnectorError(Fault.WRONG_TYPE, field=how["total"][:80])
    more = items > 0 and (offset < total if total is not None else items >= how.get("size", 1))
    return {"n": offset} if more else None


def _address(pages: Mapping[str, Any], reply: Reply) -> str:
    if "link_header" in pages:
        return _of_header(reply.headers.get("link", ""))
    expressions = [pages["next_address"]] if "next_address" in pages else _ODATA if "odata" in pages else ()
    for text in expressions:
        link = search(text, reply.value)
        if isinstance(link, str) and link:
            return link
    return ""


def _of_header(header: str) -> str:
    """The address of relation ``next`` in a Link header (RFC 8288 §3)."""
    for link in _NEXT.finditer(header):
        relations = " ".join(quoted or plain for quoted, plain in _REL.findall(link[2]))
        if "next" in relations.casefold().split():
            return link[1]
    return ""
