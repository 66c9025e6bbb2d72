"""The chat (ImBox): contacts, tickets, conversations and phone calls.

Conversations cannot be searched for: they are listed by window of dates, and each visitor is looked at. What is not the person's is
let go at once; only ids of what is or may be theirs stay in the cursor.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors import chat_shape as shape
from requests_app.connectors.base import (
    Candidate,
    ConnectorError,
    Derived,
    Fault,
    Identifier,
    IdentifierKind,
    Page,
    SettingSpec,
    SettingType,
)
from requests_app.connectors.chat_people import Hit, Whose, contact_match, judge, visitor_name
from requests_app.connectors.http import Http, segment
from requests_app.connectors.matching import new_identifiers, same, settle
from requests_app.connectors.reading import (
    SWEDEN,
    PageGuard,
    as_object,
    expect_id,
    expect_object,
    expect_objects,
    optional_objects,
    optional_str,
)
from requests_app.connectors.settings import BASE_URL, check_settings, setting
from requests_app.connectors.trial import ONE_TRY, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.base import Limits, Search, TestResult
    from requests_app.connectors.matching import Match
    from requests_app.domain.records import CategorySpec, Record

SLICE_DAYS = 31
CHATS_A_PAGE = 20
LIST_LIMIT = 100
API_KEY = SettingSpec("api_key", "API-nyckel", "API key", secret=True)
USER_ID = SettingSpec("user_id", "Användar-id", "User id", secret=True)
WINDOW_DAYS = SettingSpec(
    "window_days",
    "Antal dagar bakåt att söka igenom",
    "Days back to search",
    SettingType.INTEGER,
    required=False,
    default=730,
)
PHONE_CALLS = SettingSpec(
    "phone_calls", "Hämta telefonsamtal", "Gather phone calls", SettingType.BOOLEAN, required=False, default=True
)


class Chat:
    """Connector for ImBox."""

    key: ClassVar[str] = "chat"
    label_sv: ClassVar[str] = "Chatt (ImBox)"
    label_en: ClassVar[str] = "Chat (ImBox)"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset(
        {IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.PERSONNUMMER}
    )
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (BASE_URL, WINDOW_DAYS, PHONE_CALLS, API_KEY, USER_ID)
    categories: ClassVar[tuple[CategorySpec, ...]] = shape.CATEGORIES

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED or SECRET_MISSING."""
        check_settings(self.settings_spec, settings, secrets)

    def collect(self, search: Search) -> Iterator[Page]:
        """Look through the window for the person's conversations, settle who is who, then yield contacts, chats, tickets and calls."""
        self.check(search.settings, search.secrets)
        if any(one.kind in self.searches_by for one in search.identifiers):
            yield from _Walk(search).pages()

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Search the contacts for an e-mail address that nobody has."""

        def client() -> Http:
            self.check(settings, secrets)
            return Http(settings[BASE_URL.key], ONE_TRY)

        def call(http: Http) -> None:
            _ImBox(http, secrets, ONE_TRY).contacts({"email": "nobody@invalid"})

        return tried(client, call)


class _ImBox:
    """The calls of ImBox; the key stands in the path."""

    def __init__(self, http: Http, secrets: Mapping[str, str], limits: Limits) -> None:
        self._http = http
        self._who = f"{segment(secrets[API_KEY.key])}/{segment(secrets[USER_ID.key])}"
        self.guard = PageGuard(limits)

    def contacts(self, query: Mapping[str, str | int]) -> list[dict[str, Any]]:
        """All contacts that fit."""
        self.guard.next_step()
        found, after = [], ""
        while True:
            step = {"limit": LIST_LIMIT, **query, **({"after": after} if after else {})}
            items, after = self._listed("contacts", "contacts", step, "after")
            found += items
            if not after:
                return found

    def calls(self, query: Mapping[str, str | int]) -> tuple[list[dict[str, Any]], str]:
        """A page of phone calls and the id to go on after."""
        return self._listed("phone-calls", "calls", query, "afterId")

    def _listed(
        self, path: str, name: str, query: Mapping[str, str | int], cursor: str
    ) -> tuple[list[dict[str, Any]], str]:
        answer = self._http.get(f"/api/{self._who}/{path}", query)
        items = expect_objects(answer, name)
        self.guard.saw(items)
        link = optional_str(answer, "next")
        return items, self._next(link, cursor) if link else ""

    def _next(self, link: str, name: str) -> str:
        value = self._http.next_query(link).get(name, "")
        if not value:
            raise ConnectorError(Fault.WRONG_TYPE, field="next")
        return value

    def tickets(self, query: Mapping[str, str | int]) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
        """A page of tickets and the parameters of the next."""
        answer = self._http.get(f"/message/listTickets/{self._who}", {"limit": LIST_LIMIT, **query})
        items = expect_objects(answer, "json")
        self.guard.saw(items)
        link = optional_str(answer, "next")
        return items, {name: self._next(link, name) for name in ("cursorId", "cursorUpdated")} if link else None

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        """A ticket with its messages."""
        return expect_object(self._http.get(f"/message/grabTicket/{self._who}/{segment(ticket_id)}"), "json")

    def conversations(self, first: date, last: date) -> list[dict[str, Any]]:
        """Conversations begun on these days, both included."""
        path = f"/message/listConversations/{self._who}/{first.isoformat()}/{last.isoformat()}"
        items = expect_objects(self._http.get(path), "json")
        self.guard.saw(items)
        return items

    def visitor(self, conversation: str) -> dict[str, Any] | None:
        """What is known of a conversation's visitor; None when the conversation is gone."""
        answer = self._http.find(f"/message/grabVisitorInfo/{self._who}/{segment(conversation)}")
        return None if answer is None else expect_object(answer, "json")

    def messages(self, conversation: str) -> list[dict[str, Any]]:
        """A conversation's messages, empty when it is gone."""
        answer = self._http.find(f"/message/grabConversation/{self._who}/{segment(conversation)}")
        return [] if answer is None else expect_objects(answer, "json")


class _Walk:
    """From window to window, then through what was found."""

    def __init__(self, search: Search) -> None:
        self._search = search
        http = Http(search.settings[BASE_URL.key], search.limits, search.heartbeat)
        self._imbox = _ImBox(http, search.secrets, search.limits)
        self._cursor = dict(search.cursor or self._start())
        self._from, self._to = (date.fromisoformat(self._cursor[name]) for name in ("from", "to"))

    def _start(self) -> dict[str, Any]:
        last = self._search.now.astimezone(SWEDEN).date()
        first = last - timedelta(days=setting(WINDOW_DAYS, self._search.settings))
        return {"step": "scan", "from": first.isoformat(), "to": last.isoformat(), "day": first.isoformat(), "hits": []}

    def pages(self) -> Iterator[Page]:
        """The remaining pages."""
        steps: dict[str, Callable[[], Page]] = {
            "scan": self._scan,
            "who": self._settle,
            "contacts": self._contacts,
            "chats": self._chats,
            "tickets": self._tickets,
            "calls": self._calls,
        }
        while self._cursor["step"] != "end":
            page = steps[self._cursor["step"]]()
            yield page
            if page.candidates:
                return

    def _page(
        self,
        records: list[Record] | None = None,
        derived: tuple[Derived, ...] = (),
        candidates: tuple[Candidate, ...] = (),
        **cursor: Any,
    ) -> Page:
        self._cursor |= cursor
        following = None if self._cursor["step"] == "end" else dict(self._cursor)
        return Page(tuple(records or ()), following, derived, candidates, self._from, self._to)

    def _scan(self) -> Page:
        """One window: whose are its conversations? Nothing of others is kept."""
        first = date.fromisoformat(self._cursor["day"])
        last = min(first + timedelta(days=SLICE_DAYS - 1), self._to)
        hits = list(self._cursor["hits"])
        seen = {row[0] for row in hits}
        for item in self._imbox.conversations(first, last):
            conversation = expect_id(item, "conversationID")
            visitor = None if conversation in seen else self._imbox.visitor(conversation)
            if visitor is None:
                continue
            seen.add(conversation)
            whose, key = judge(visitor, self._search)
            if whose is not Whose.OTHER:
                hits.append(Hit(conversation, whose, key, optional_str(item, "date")).to_json())
        following = last + timedelta(days=1)
        return self._page(day=following.isoformat(), hits=hits, step="scan" if following <= self._to else "who")

    def _settle(self) -> Page:
        """Find the contacts, and stop for the coordinator when somebody may be another person."""
        found = [(one, self._contact_matches(one)) for one in self._search.identifiers]
        settled = settle(self._search, found)
        hits = [Hit.from_json(row) for row in self._cursor["hits"]]
        chosen = self._search.chosen
        candidates = (*settled.candidates, *self._visitors(hits)) if chosen is None else ()
        if candidates:
            return self._page(candidates=candidates)
        taken = set(settled.taken)
        # An address whose contacts are all somebody else's is not the person's; one that others have too is shared.
        owners = {one.value: {match.key for match in matches} for one, matches in found}
        usable = [value for value, keys in owners.items() if not keys or keys & taken]
        shared = [value for value, keys in owners.items() if keys - taken]
        chats = [
            [hit.conversation, hit.date]
            for hit in hits
            if hit.whose is Whose.MINE
            or (hit.whose is Whose.UNSURE and hit.key in (chosen or ()))
            or (hit.whose is Whose.NAMELESS and hit.key in usable)
        ]
        emails = [
            one.value for one in self._search.identifiers if one.kind is IdentifierKind.EMAIL and one.value in usable
        ]
        contacts = [key.removeprefix("contact-") for key in settled.taken]
        return self._page(
            step="contacts", hits=[], contacts=contacts, chats=chats, i=0, emails=emails, shared=shared, after={}
        )

    def _contact_matches(self, one: Identifier) -> list[Match]:
        if one.kind not in {IdentifierKind.EMAIL, IdentifierKind.PHONE}:
            return []
        contacts = self._imbox.contacts({one.kind.value: one.value})
        held = "emails" if one.kind is IdentifierKind.EMAIL else "phones"
        return [
            contact_match(contact)
            for contact in contacts
            if any(same(one.kind, value, one.value) for value in shape.addresses(contact, held))
        ]

    def _visitors(self, hits: list[Hit]) -> tuple[Candidate, ...]:
        """One candidate for every other name the person's address was used under, described by the latest conversation."""
        latest = {hit.key: hit for hit in hits if hit.whose is Whose.UNSURE}
        found = []
        for key, hit in latest.items():
            visitor = self._imbox.visitor(hit.conversation) or {}
            facts = {"name": visitor_name(visitor), "email": optional_str(visitor, "email"), "date": hit.date}
            found.append(Candidate(key, {name: value for name, value in facts.items() if value}))
        return tuple(found)

    def _contacts(self) -> Page:
        records: list[Record] = []
        emails: list[str] = []
        phones: list[str] = []
        for contact_id in self._cursor["contacts"]:
            for contact in self._imbox.contacts({"id": contact_id}):
                if expect_id(contact, "id") != contact_id:
                    continue
                records.append(shape.contact_record(contact))
                emails += shape.addresses(contact, "emails")
                phones += shape.addresses(contact, "phones")
        derived = (
            *new_identifiers(self._search, IdentifierKind.EMAIL, emails),
            *new_identifiers(self._search, IdentifierKind.PHONE, phones),
        )
        return self._page(records, derived, step="chats")

    def _chats(self) -> Page:
        start = self._cursor["i"]
        records: list[Record] = []
        for conversation, when in self._cursor["chats"][start : start + CHATS_A_PAGE]:
            visitor = self._imbox.visitor(conversation)
            if visitor is None:
                continue
            records.append(shape.visit_record(visitor, conversation, when))
            name = visitor_name(visitor)
            records += [
                shape.message_record(shape.CONVERSATIONS, message, conversation, name)
                for message in self._imbox.messages(conversation)
            ]
        end = start + CHATS_A_PAGE
        if end < len(self._cursor["chats"]):
            return self._page(records, i=end)
        return self._page(records, i=0, step="tickets", after={})

    def _tickets(self) -> Page:
        emails, i = self._cursor["emails"], self._cursor["i"]
        if i >= len(emails):
            calls = setting(PHONE_CALLS, self._search.settings)
            return self._page(step="calls" if calls else "end", after={})
        marks = shape.SHARED if emails[i] in self._cursor["shared"] else ()
        listed, following = self._imbox.tickets({"fromEmail": emails[i], **self._cursor["after"]})
        records: list[Record] = []
        for item in listed:
            if same(IdentifierKind.EMAIL, optional_str(item, "fromEmail"), emails[i]):
                records += self._ticket(expect_id(item, "ticketID"), emails[i], marks)
        if following:
            return self._page(records, after=following)
        self._imbox.guard.next_step()
        return self._page(records, i=i + 1, after={})

    def _ticket(self, ticket_id: str, email: str, marks: tuple[str, ...]) -> Iterator[Record]:
        ticket = self._imbox.ticket(ticket_id)
        yield shape.ticket_record(ticket, marks)
        for message in optional_objects(ticket, "messages"):
            yield shape.message_record(shape.TICKET_MESSAGES, message, ticket_id, email, marks)

    def _calls(self) -> Page:
        window: dict[str, str | int] = {
            "fromDate": self._from.isoformat(),
            "toDate": self._to.isoformat(),
            "limit": LIST_LIMIT,
        }
        calls, after = self._imbox.calls({**window, **self._cursor["after"]})
        records = [shape.call_record(call, marks) for call in calls if (marks := self._call_marks(call)) is not None]
        return self._page(records, after={"afterId": after}) if after else self._page(records, step="end")

    def _call_marks(self, call: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The marks of a call of the person's; None when it is somebody else's: another contact took part, or another number."""
        parts = [as_object(part, "participants") for part in call.get("participants") or ()]
        contacts = {str(part["contactId"]) for part in parts if part.get("contactId") is not None}
        if contacts:
            return () if contacts & set(self._cursor["contacts"]) else None
        number = optional_str(call, "externalNumber")
        for one in self._search.identifiers:
            if one.kind is IdentifierKind.PHONE and same(one.kind, number, one.value):
                return shape.SHARED if one.value in self._cursor["shared"] else ()
        return None
