"""Following a description's reads, page by page: what comes is made into records, and every page has the cursor that goes on after it.

The cursor: ``who`` (people found), ``step`` (the read's place), ``n`` (whom or what it is asked for), ``window`` (the span of days),
``place`` (the page), ``skip`` (items of that page already delivered), ``streamed`` (how far a large answer was read item by item),
``kept`` (what earlier reads kept), ``seen`` (equal contents), ``uuid`` (a number of the run's own, or of the one question whose answer
comes later), ``now`` (its time), ``asking`` (that such a question is about to be asked) and ``later`` (an answer that is waited for).
"""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Page
from requests_app.connectors.described.categories import Keys
from requests_app.connectors.http import Reply
from requests_app.connectors.matching import new_identifiers
from requests_app.connectors.reading import PageGuard
from requests_app.connectors.rest.description import search
from requests_app.connectors.rest.finding import MOST, itself
from requests_app.connectors.rest.items import (
    is_asked_for,
    is_wanted,
    items_of,
    kept,
    named,
    see_that_it_is_said,
    text_of,
)
from requests_app.connectors.rest.later import asked_for, awaited
from requests_app.connectors.rest.lists import for_each_listed
from requests_app.connectors.rest.paging import following, parameters
from requests_app.connectors.rest.streaming import WITHOUT_PAGE, mark, pass_over, pieces, streamed, streams
from requests_app.connectors.rest.templates import fill
from requests_app.connectors.streaming import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from requests_app.connectors.base import Derived, Search
    from requests_app.connectors.rest.client import Client
    from requests_app.connectors.rest.description import Description, Said
    from requests_app.connectors.rest.finding import Who
    from requests_app.connectors.rest.items import Binding
    from requests_app.domain.records import Record

AT_ONCE = 1_000
"""Records of one page of ours."""


class Reading:
    """One run from its cursor on."""

    def __init__(self, client: Client, description: Description, search_: Search, cursor: Mapping[str, Any]) -> None:
        self._client, self._description, self._search = client, description, search_
        self._steps = list(description.read.items())
        self._state: dict[str, Any] = {
            "step": 0,
            "n": 0,
            "window": 0,
            "place": {},
            "skip": 0,
            "kept": {},
            **deepcopy(dict(cursor)),
        }
        self._keys = {name: Keys(seen) for name, seen in self._state.get("seen", {}).items()}
        self._guard = PageGuard(search_.limits)
        self._now = datetime.fromisoformat(self._state["now"])

    def pages(self) -> Iterator[Page]:
        """Everything that is left."""
        while self._state["step"] < len(self._steps):
            bindings = self._bindings()
            if self._state["n"] >= len(bindings):
                self._go_on(step=self._state["step"] + 1)
                continue
            binding = bindings[self._state["n"]]
            step = self._steps[self._state["step"]][1]
            if "when" in step and not search(step["when"], binding):
                self._go_on(n=self._state["n"] + 1)
                continue
            yield from self._asked(step, binding)

    def ends(self) -> bool:
        """Whether nothing at all is asked: nobody was found, or no read is for anybody."""
        self._skip_empty()
        return bool(self._state["step"] >= len(self._steps))

    def _bindings(self) -> list[Binding]:
        step = self._steps[self._state["step"]][1]
        if "for_each" in step:
            return for_each_listed(step, self._client.values, self._state["kept"].get(step["for_each"], ()))
        if step.get("regardless"):
            people = [itself(one) for one in self._search.identifiers if one.kind.value in step["by"]]
            return for_each_listed(step, self._client.values, [] if self._state.get("others") else people)
        who: list[Binding] = self._state["who"]
        asked = [one for one in who if "by" not in step or one["kind"] in step["by"]]
        return for_each_listed(step, self._client.values, asked)

    def _asked(self, step: Said, binding: Binding) -> Iterator[Page]:
        """One page of the system: its items in pieces of ours."""
        begins, until = self._window(step)
        values = binding | {"today": self._now.date().isoformat(), "now": self._now.isoformat(timespec="seconds")}
        values |= {"uuid": self._state.get("uuid")}
        if begins is not None and until is not None:
            values |= {"from": begins.isoformat(), "to": until.isoformat()}
        if "later" in step:
            yield from self._begun(step, values)
        reply = self._reply(step, values, streams(step) if not self._state["skip"] else None)
        if isinstance(reply.value, Parts) or "streamed" in self._state:
            if (yield from self._streamed(step, binding, values, reply, begins, until)):
                return
            reply = self._reply(step, values)
        items = named(self._client, step, values, items_of(step, reply))
        if not self._state["skip"]:
            self._guard.saw(items)
        # pieces of one page begin from what was counted before it, since the page is read anew when one is taken up
        before = self._counted() if len(items) > AT_ONCE else None
        own = self._own(step, binding, items)
        records, held = self._taken(step, binding, own)
        derived = self._derived(step, own)
        after = self._after(step, reply, len(items))
        name = self._steps[self._state["step"]][0]
        if "keep" in step:
            self._keep(name, held)
        skipped = self._state["skip"]
        pieces = [records[start : start + AT_ONCE] for start in range(skipped, len(records), AT_ONCE)] or [[]]
        for n, piece in enumerate(pieces, 1):
            last = n == len(pieces)
            if not last:
                self._state["skip"] = skipped + n * AT_ONCE
            else:
                self._state |= after
                self._state.pop("later", None)
                self._state.pop("asking", None)
                self._skip_empty()
            yield Page(
                tuple(piece), self._cursor(None if last else before), derived, searched_from=begins, searched_to=until
            )

    def _streamed(
        self,
        step: Said,
        binding: Binding,
        values: Mapping[str, Any],
        reply: Reply,
        begins: date | None,
        until: date | None,
    ) -> Generator[Page, None, bool]:
        """A large answer, item by item; whether there was any. The cursor tells how many went by, and what the last of them was."""
        largest = self._search.limits.max_bytes
        large = isinstance(reply.value, Parts)
        items = streamed(step, reply.value, largest) if large else iter(items_of(step, reply))
        done = self._state.get("streamed", {"n": 0, "mark": ""})
        pass_over(items, done)
        n = told = done["n"]
        for piece, last in pieces(items, AT_ONCE):
            n += len(piece)
            own = self._own(step, binding, named(self._client, step, values, piece))
            records, held = self._taken(step, binding, own)
            if "keep" in step:
                self._keep(self._steps[self._state["step"]][0], held)
            self._state["streamed"] = {"n": n, "mark": mark(piece[-1])}
            if last:
                self._guard.saw([self._state.pop("streamed")])
                self._state |= self._after(step, reply, n)
                self._skip_empty()
            elif not own and n - told < WITHOUT_PAGE:
                continue
            told = n
            derived = self._derived(step, own)
            yield Page(tuple(records), self._cursor(), derived, searched_from=begins, searched_to=until)
        if n and n == done["n"]:
            raise ConnectorError(Fault.CHANGED)
        return bool(n)

    def _derived(self, step: Said, items: list[Any]) -> tuple[Derived, ...]:
        """Identifiers that the person's items give; each waits for a person's click."""
        found: dict[Derived, None] = {}
        for kind, place in step.get("derive", {}).items():
            for item in items:
                given = search(place, item)
                values = [text_of(value) for value in (given if isinstance(given, list) else [given])]
                found |= dict.fromkeys(new_identifiers(self._search, IdentifierKind(kind), filter(None, values)))
        return tuple(found)

    def _taken(self, step: Said, binding: Binding, items: list[Any]) -> tuple[list[Record], list[Binding]]:
        """The person's own items as records, and what later reads need of each."""
        records: list[Record] = []
        category = self._description.categories[step["category"]] if "category" in step else None
        keys = self._keys.setdefault(step.get("category", ""), Keys())
        within = _within(binding) if "for_each" in step or "find" in self._description.said else ""
        if "within" in step:
            within = fill(step["within"], binding)
        for item in items:
            if category is None:
                break
            added = {
                field: binding.get(said) if isinstance(said, str) else said["is"]
                for field, said in step.get("add", {}).items()
            }
            record = category.record(item | added, keys, within=within)
            if "group" in step:
                record = replace(record, group=fill(step["group"], binding))
            if "others" in step.get("person", {}) and search(step["person"]["others"], item):
                record = replace(record, marks=("co_holder",))
            records.append(record)
        held = [binding | kept(step["keep"], item) for item in items] if "keep" in step else []
        return records, held

    def _own(self, step: Said, binding: Binding, items: list[Any]) -> list[Any]:
        """The items that are the person's, as far as the description says how to tell."""
        person = step.get("person", {})
        items = [item for item in items if is_wanted(step, binding, item)]
        asked = Identifier(IdentifierKind(binding["kind"]), binding["value"])
        see_that_it_is_said(person, items, asked)
        return [item for item in items if self._is_theirs(person, item, asked, binding)] if person else items

    def _is_theirs(self, person: Mapping[str, str], item: Any, asked: Identifier, binding: Binding) -> bool:
        if (
            "key" in person
            and "find" in self._description.said
            and text_of(search(person["key"], item)) != binding["person"]
        ):
            return False
        return is_asked_for(person, item, asked)

    def _keep(self, name: str, held: list[Binding]) -> None:
        """Add what a page gave, once, also when its piece is asked for again."""
        whole: list[Binding] = self._state["kept"].setdefault(name, [])
        known = {repr(one) for one in whole}
        whole.extend(one for one in held if repr(one) not in known)
        if len(whole) > MOST:
            raise ConnectorError(Fault.TOO_LARGE, limit=MOST)

    def _reply(self, step: Said, values: dict[str, Any], streams_: Callable[[bytes], bool] | None = None) -> Reply:
        params = parameters(step.get("pages", {}), self._state["place"])
        accepted = step.get("nobody", {}).get("status", ())
        if "later" in step:
            begun = self._state["later"]
            if begun["nobody"]:
                return Reply(404, {}, None)
            return awaited(self._client, step, values, datetime.fromisoformat(begun["asked"]), self._search.now)
        return self._client.send(step, values, params, accepted=accepted, streams=streams_)

    def _begun(self, step: Said, values: dict[str, Any]) -> Iterator[Page]:
        """Ask for what comes later, once: the cursor says that it was asked, by what number, and what its answer gave."""
        if "later" not in self._state:
            heard = "asking" in self._state  # by a run that was killed before it knew
            if not heard:
                number = {"uuid": str(uuid4())} if self._description.numbered else {}
                self._state |= {"asking": True, **number}
                yield Page(cursor=self._cursor(), keep=True)
            reply = asked_for(self._client, step, values | {"uuid": self._state.get("uuid")}, heard=heard)
            nobody = reply.status in step.get("nobody", {}).get("status", ())
            given = {} if nobody else kept(step["later"].get("keep", {}), reply.value)
            self._state["later"] = {"asked": self._search.now.isoformat(), "given": given, "nobody": nobody}
            yield Page(cursor=self._cursor(), keep=True)
        values |= {"uuid": self._state.get("uuid"), **self._state["later"]["given"]}

    def _after(self, step: Said, reply: Reply, items: int) -> dict[str, Any]:
        """Where the run stands when this page is delivered."""
        start = {"place": {}, "skip": 0}
        pages = step.get("pages", {})
        place = (
            following(pages, self._state["place"], reply, items, self._client.http)
            if pages and reply.value is not None
            else None
        )
        if place is not None:
            secrets = set(self._search.secrets.values())
            if "query" in place:  # the address of the next page may repeat the key it was asked with
                place = {"query": {key: text for key, text in place["query"].items() if text not in secrets}}
            return start | {"place": place}
        self._guard.next_step()
        if self._state["window"] + 1 < _windows(step):
            return start | {"window": self._state["window"] + 1}
        return start | {"window": 0, "n": self._state["n"] + 1}

    def _go_on(self, **changes: int) -> None:
        self._state |= {"window": 0, "place": {}, "skip": 0} | ({"n": 0} if "step" in changes else {}) | changes

    def _skip_empty(self) -> None:
        """Stand at the next request there is, so that the last page knows that it is the last."""
        while self._state["step"] < len(self._steps):
            bindings, step = self._bindings(), self._steps[self._state["step"]][1]
            if self._state["n"] >= len(bindings):
                self._go_on(step=self._state["step"] + 1)
            elif "when" in step and not search(step["when"], bindings[self._state["n"]]):
                self._go_on(n=self._state["n"] + 1)
            else:
                return

    def _counted(self) -> dict[str, dict[str, int]]:
        return {name: counted for name, keys in self._keys.items() if (counted := keys.counted)}

    def _cursor(self, counted: dict[str, dict[str, int]] | None = None) -> dict[str, Any] | None:
        if self._state["step"] >= len(self._steps):
            return None
        seen = self._counted() if counted is None else counted
        return {**self._state, "kept": {name: list(held) for name, held in self._state["kept"].items()}, "seen": seen}

    def _window(self, step: Said) -> tuple[date | None, date | None]:
        """The days this request is about, both counted in; the newest first."""
        window = step.get("window")
        if window is None:
            return None, None
        each = window.get("each", window["days"])
        until = self._now.date() - timedelta(days=self._state["window"] * each)
        first = self._now.date() - timedelta(days=window["days"] - 1)
        return max(first, until - timedelta(days=each - 1)), until


def _windows(step: Said) -> int:
    window = step.get("window")
    return 1 if window is None else -(-window["days"] // window.get("each", window["days"]))


def _within(binding: Binding) -> str:
    """What the records of one person or item hang on, as the beginning of their keys: nothing that tells who it is."""
    named = {name: value for name, value in binding.items() if name not in {"value", "kind"}}
    return hashlib.sha256(repr(sorted(named.items())).encode()).hexdigest()[:12]


def begin(who: Who, search_: Search, description: Description) -> dict[str, Any]:
    """The cursor of a run that has found its people."""
    others = {"others": True} if who.others else {}
    number = {"uuid": str(uuid4())} if description.numbered else {}
    return {"who": list(who.bindings), **others, "now": search_.now.astimezone(UTC).isoformat(), **number}
