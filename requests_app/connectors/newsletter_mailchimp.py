"""Mailchimp: everything about each membership of a list that an address has."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from requests_app.connectors import newsletter_shape as shape
from requests_app.connectors.base import ConnectorError, Derived, Fault, IdentifierKind, Page
from requests_app.connectors.http import Http, segment
from requests_app.connectors.matching import new_identifiers, same
from requests_app.connectors.reading import (
    PageGuard,
    as_object,
    expect_id,
    expect_int,
    expect_object,
    expect_objects,
    expect_str,
    moment,
    optional_str,
)
from requests_app.domain.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.base import Identifier, Limits, Search
    from requests_app.connectors.matching import Match, Settled
    from requests_app.connectors.newsletter_lists import Operational

COUNT = 1000
PARTS = {
    "activity-feed": ("activity", shape.ACTIVITY, "created_at_timestamp"),
    "tags": ("tags", shape.TAGS, "date_added"),
    "notes": ("notes", shape.NOTES, "created_at"),
    "events": ("events", shape.EVENTS, "occurred_at"),
    "goals": ("goals", shape.GOALS, "last_visited_at"),
}
"""What hangs on a member: the name of the list in the answer, its category, the field that dates it."""
STEPS = ("member", *PARTS)
GETS_NOTHING = frozenset({"unsubscribed", "cleaned", "archived", "transactional"})
"""States of a member that gets no campaigns."""


class Mailchimp:
    """Mailchimp's Marketing API 3.0."""

    def __init__(self, base: str, api_key: str, limits: Limits, heartbeat: Callable[[], None]) -> None:
        # Mailchimp answers 403 from its edge, without JSON, when it is called too often.
        self._http = Http(base, limits, heartbeat, auth=("hemdsr", api_key), bare_403_is_limit=True)
        self._guard = PageGuard(limits)
        self._members: dict[str, list[list[str]]] = {}

    def ping(self) -> int:
        """Ask whether the key is good; the number of requests made."""
        expect_object({"answer": self._http.get("/ping")}, "answer")
        return self._http.requests

    def find(self, identifier: Identifier) -> list[Match]:
        """Who has this address; what the search thinks is near it is somebody else."""
        answer = self._http.get("/search-members", {"query": identifier.value})
        matches = {}
        for member in expect_objects(expect_object(answer, "exact_matches"), "members"):
            email = optional_str(member, "email_address")
            if same(identifier.kind, email, identifier.value):
                found = shape.match(email, _name(member), "email_address")
                matches[found.key] = found
                place = [expect_id(member, "list_id"), expect_id(member, "id"), email]
                self._members.setdefault(found.key, []).append(place)
        return list(matches.values())

    def start(self, settled: Settled) -> dict[str, Any]:
        """The cursor to begin with."""
        who = [place for key in settled.taken for place in self._members[key]]
        return {"who": [list(place) for place in dict.fromkeys(map(tuple, who))], "n": 0, "step": "member", "offset": 0}

    def pages(self, search: Search, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """The remaining pages."""
        who, n, step, offset = cursor["who"], cursor["n"], cursor["step"], cursor["offset"]
        names = self._list_names()
        while n < len(who):
            list_id, member_id, email = who[n]
            group = f"{email} · {names.get(list_id) or list_id}"
            derived: tuple[Derived, ...] = ()
            more = False
            if step == "member":
                member = as_object(self._http.get(_path(list_id, member_id)))
                records = [_member_record(member, list_id, names.get(list_id, ""), group)]
                phone = as_object(member.get("merge_fields") or {}, "merge_fields").get("PHONE")
                derived = tuple(new_identifiers(search, IdentifierKind.PHONE, [phone]))
            else:
                records, more = self._part(list_id, member_id, step, offset, group)
            offset = offset + COUNT if more else 0
            if not more:
                self._guard.next_step()
                following = STEPS.index(step) + 1
                step, n = (STEPS[following], n) if following < len(STEPS) else (STEPS[0], n + 1)
            after = {"who": who, "n": n, "step": step, "offset": offset}
            yield Page(tuple(records), after if n < len(who) else None, derived)

    def stop(self, identifier: Identifier, left: Operational) -> list[dict[str, str]] | None:
        """Unsubscribe an address from every list of marketing it gets campaigns through. None when no such list knows it.

        The member's id is the MD5 of the lower-case address, so each list is asked directly: the search answers from an index
        that runs behind. An archived member would come back with its old state, so members are never deleted.
        """
        md5 = hashlib.md5(identifier.value.lower().encode(), usedforsecurity=False).hexdigest()
        known, changed = False, []
        for list_id, name in self._list_names().items():
            if left.holds(list_id, name):
                continue
            answer = self._http.find(_path(list_id, md5))
            if answer is None:
                continue
            member, known = as_object(answer), True
            if expect_str(member, "status") in GETS_NOTHING:
                continue
            after = as_object(self._http.patch(_path(list_id, md5), {"status": "unsubscribed"}))
            if expect_str(after, "status") != "unsubscribed":
                raise ConnectorError(Fault.WRONG_TYPE, field="status")
            changed.append({"list": list_id, "status": "unsubscribed", "at": optional_str(after, "last_changed")})
        return changed if known else None

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._http.requests

    def _part(self, list_id: str, member_id: str, step: str, offset: int, group: str) -> tuple[list[Record], bool]:
        name, spec, when = PARTS[step]
        items, more = self._listed(f"{_path(list_id, member_id)}/{step}", name, offset)
        within = f"{list_id}:{member_id}"
        return list(shape.keyed(spec, items, when=when, within=within, group=group)), more

    def _list_names(self) -> dict[str, str]:
        """The lists' names by id, for the reader."""
        self._guard.next_step()
        names: dict[str, str] = {}
        offset, more = 0, True
        while more:
            lists, more = self._listed("/lists", "lists", offset)
            offset += COUNT
            names |= {expect_id(one, "id"): optional_str(one, "name") for one in lists}
        self._guard.next_step()
        return names

    def _listed(self, path: str, name: str, offset: int) -> tuple[list[dict[str, Any]], bool]:
        answer = self._http.get(path, {"count": COUNT, "offset": offset})
        items = expect_objects(answer, name)
        self._guard.saw(items)
        return items, bool(items) and offset + COUNT < expect_int(answer, "total_items")


def _path(list_id: str, member_id: str) -> str:
    return f"/lists/{segment(list_id)}/members/{segment(member_id)}"


def _name(member: Mapping[str, Any]) -> str:
    merge = as_object(member.get("merge_fields") or {}, "merge_fields")
    return f"{merge.get('FNAME') or ''} {merge.get('LNAME') or ''}".strip() or optional_str(member, "full_name")


def _member_record(member: Mapping[str, Any], list_id: str, list_name: str, group: str) -> Record:
    """One membership with what Mailchimp nests laid flat."""
    nested = ("merge_fields", "stats", "location")
    fields = {key: value for key, value in member.items() if key not in nested}
    for name in nested:
        fields |= as_object(member.get(name) or {}, name)
    fields["list_name"] = list_name
    fields["tags"] = [optional_str(tag, "name") for tag in expect_objects({"tags": member.get("tags") or []}, "tags")]
    key = f"{list_id}:{expect_id(member, 'id')}"
    when = moment(member.get("timestamp_signup"))
    return Record(key, shape.SUBSCRIBER.key, shape.SUBSCRIBER.kind, when, fields, group=group)
