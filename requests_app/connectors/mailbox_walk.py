"""From folder to folder, then through what was found: each step one page, each page's cursor enough to go on."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any

from requests_app.connectors import mailbox_search
from requests_app.connectors.base import Candidate, ConnectorError, Fault, IdentifierKind, Page
from requests_app.connectors.mail import parsing
from requests_app.connectors.mail.heads import ASKED, read_head
from requests_app.connectors.mail.session import Fetched, MailboxFault
from requests_app.connectors.mailbox_people import Judged, People, Whose, candidate_key, other_name
from requests_app.connectors.mailbox_shape import mail_record
from requests_app.connectors.mailbox_threads import Hit, mark, threads_of, titles_of
from requests_app.connectors.reading import SWEDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from requests_app.connectors.base import PageFile, Search
    from requests_app.connectors.mail.heads import Head
    from requests_app.connectors.mail.session import Folder, Session
    from requests_app.domain.records import Record

ALL_FOLDERS = "*"
HEADS_A_PAGE = 50
MAILS_A_PAGE = 20
PAGE_BYTES = 4 * 1024 * 1024
"""Octets of mails after which a page ends."""
MAX_HITS = 5_000
"""Mails of one person."""
MAX_AGAIN = 3
"""How often the folders are gone through again, because they were numbered anew or mails moved meanwhile."""
_LEFT_OUT = frozenset({"\\trash", "\\junk", "\\drafts"})
_LEFT_OUT_NAMES = frozenset(
    {"trash", "deleted items", "deleted messages", "junk", "junk e-mail", "junk email", "spam", "drafts"}
    | {"papperskorgen", "papperskorg", "borttaget", "skräppost", "skräp", "utkast"}
)
"""Names that such folders have where the server does not say what they are for (RFC 6154)."""


class Walk:
    """One person's mails in one account."""

    def __init__(
        self, search: Search, *, folders: Sequence[str], own: Sequence[str], days: int | None, texts: bool
    ) -> None:
        self._search, self._wanted = search, folders
        values = {
            kind: [one.value for one in search.identifiers if one.kind is kind]
            for kind in (IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_NO)
        }
        self._emails = values[IdentifierKind.EMAIL]
        self._numbers = values[IdentifierKind.CUSTOMER_NO] if texts else []
        self._people = People(self._emails, search.person_name, own)
        self._cursor: dict[str, Any] = dict(search.cursor or self._start(days))
        self._from, self._to = (date.fromisoformat(self._cursor[name]) if days else None for name in ("from", "to"))
        self._pages = 0
        self._found: tuple[int, list[int], set[int]] | None = None
        self._open: int | None = None
        self._session: Session

    def _start(self, days: int | None) -> dict[str, Any]:
        last = self._search.now.astimezone(SWEDEN).date()
        first = last - timedelta(days=days or 0)
        return {"step": "folders", "from": first.isoformat(), "to": last.isoformat(), "again": 0, "done": []}

    def pages(self, session: Session) -> Iterator[Page]:
        """The remaining pages, over a session that is logged in."""
        self._session = session
        steps: dict[str, Callable[[], Page]] = {
            "folders": self._list,
            "scan": self._scan,
            "who": self._settle,
            "mails": self._mails,
            "again": self._again,
        }
        while self._cursor["step"] != "end":
            self._pages += 1
            if self._pages > self._search.limits.max_pages:
                raise ConnectorError(Fault.ENDLESS_PAGING)
            page = steps[self._cursor["step"]]()
            yield page
            if page.candidates:
                return

    def _page(
        self,
        records: Sequence[Record] = (),
        files: Sequence[PageFile] = (),
        candidates: tuple[Candidate, ...] = (),
        **cursor: Any,
    ) -> Page:
        self._cursor |= cursor
        following = None if self._cursor["step"] == "end" else dict(self._cursor)
        return Page(tuple(records), following, (), candidates, self._from, self._to, files=tuple(files))

    # --- folders

    def _list(self) -> Page:
        there = self._session.folder_list()
        known = {folder.name for folder in there}
        named = [name for name in self._wanted if name != ALL_FOLDERS]
        if set(named) - known:
            raise ConnectorError(Fault.MISCONFIGURED, setting="folders")
        usual = [folder.name for folder in there if not _left_out(folder)] if ALL_FOLDERS in self._wanted else []
        folders = [[name, 0] for name in dict.fromkeys([*named, *usual])]
        return self._page(step="scan", folders=folders, f=0, after=0, hits=[])

    def _enter(self, f: int) -> bool:
        """Open a folder read-only. False when it is numbered otherwise than when it was looked through, or is there no more."""
        if self._open == f:
            return True
        name, known = self._cursor["folders"][f]
        self._open = None
        gone = False
        try:
            validity, _told = self._session.open_named(name, readonly=True)
        except MailboxFault as fault:
            gone = fault.code == "folder"
            if not gone:
                raise
        if gone:
            if name in self._session.folders():
                raise MailboxFault("folder")
            return False
        folders = self._cursor["folders"]
        self._cursor["folders"] = [*folders[:f], [name, known or validity], *folders[f + 1 :]]
        self._open = f if known in (0, validity) else None
        return self._open is not None

    def _again(self) -> Page:
        """Go through the folders from the beginning: what was delivered is known by its key."""
        again = self._cursor["again"] + 1
        if again > MAX_AGAIN:
            raise ConnectorError(Fault.SERVER_ERROR)
        self._open = self._found = None
        return self._page(step="folders", again=again, hits=[], plan=[], i=0, lost=0)

    # --- looking through

    def _scan(self) -> Page:
        """Some headers of one folder. Nothing of others' is kept."""
        f = self._cursor["f"]
        if f >= len(self._cursor["folders"]):
            return self._page(step="who")
        if not self._enter(f):
            return self._again()
        found, numbered = self._proposed(f)
        left = [uid for uid in found if uid > self._cursor["after"]]
        chunk = left[:HEADS_A_PAGE]
        hits = [*self._cursor["hits"], *(hit.to_json() for hit in self._hits(f, chunk, numbered))]
        if len(hits) > MAX_HITS:
            raise ConnectorError(Fault.TOO_LARGE, mails=MAX_HITS)
        if len(left) > len(chunk):
            return self._page(hits=hits, after=chunk[-1])
        return self._page(hits=hits, f=f + 1, after=0)

    def _proposed(self, f: int) -> tuple[list[int], set[int]]:
        """The UIDs that the server proposes, and which of them for a customer number."""
        if self._found is None or self._found[0] != f:
            by_address = {
                uid for one in self._emails for uid in mailbox_search.by_address(self._session, one, self._from)
            }
            by_text = {uid for one in self._numbers for uid in mailbox_search.by_text(self._session, one, self._from)}
            self._found = (f, sorted(by_address | by_text), by_text)
        return self._found[1], self._found[2]

    def _hits(self, f: int, uids: list[int], numbered: set[int]) -> Iterator[Hit]:
        if not uids:
            return
        for uid, (head, size, received_at) in self._heads(uids).items():
            judged = self._people.judge(head)
            by_number = judged is None and uid in numbered and self._names_number(uid)
            if by_number:
                judged = Judged(Whose.UNSURE, "", next((party.address for party in head.writers), ""))
            if judged is not None:
                yield self._hit(f, uid, head, judged, head.key(size, received_at), received_at, by_number=by_number)

    def _hit(
        self, f: int, uid: int, head: Head, judged: Judged, key: str, received_at: datetime, *, by_number: bool
    ) -> Hit:
        when = (head.sent_at(self._search.now) or received_at).astimezone(UTC).isoformat()
        root = mark(head.references[0]) if head.references else ""
        return Hit(
            folder=f,
            uid=uid,
            key=key,
            when=when,
            itself=mark(head.message_id),
            root=root,
            subject=head.subject[:200],
            whose=judged.whose,
            address=judged.address,
            name=judged.name,
            by_number=by_number,
        )

    def _names_number(self, uid: int) -> bool:
        """Whether a customer number stands in subject or text as a whole."""
        fetched = self._session.fetch(uid, self._search.heartbeat)
        if fetched is None:
            return False
        mail = parsing.parse(fetched.raw)
        text = f"{mail.subject}\n{mail.text}"
        return any(re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", text, re.IGNORECASE) for one in self._numbers)

    # --- whose

    def _settle(self) -> Page:
        """Sort the mails into the person's and those somebody must choose among, and lay the order in which they are delivered."""
        hits = list({hit.key: hit for hit in map(Hit.from_json, reversed(self._cursor["hits"]))}.values())
        threads = threads_of(hits)
        hits = _in_their_threads(hits, threads)
        chosen = self._search.chosen
        unsure = [hit for hit in hits if hit.whose is Whose.UNSURE]
        if unsure and chosen is None:
            return self._page(candidates=_candidates(unsure))
        taken = {hit.key for hit in hits if hit.whose is not Whose.UNSURE or _key(hit) in (chosen or ())}
        shared = {hit.address for hit in unsure if hit.address}
        titles = titles_of([hit for hit in hits if hit.key in taken], threads)
        nameless = {hit.key for hit in hits if hit.whose is Whose.NAMELESS and hit.address in shared}
        first: dict[str, str] = {}
        for hit in sorted(hits, key=lambda hit: hit.when):
            first.setdefault(threads[hit.key], hit.when)
        every = [hit for hit in map(Hit.from_json, self._cursor["hits"]) if hit.key in taken]
        every.sort(key=lambda hit: (first[threads[hit.key]], threads[hit.key], hit.when, hit.key, hit.folder, hit.uid))
        plan = [[hit.folder, hit.uid, hit.key, titles[threads[hit.key]], hit.key in nameless] for hit in every]
        return self._page(step="mails", hits=[], plan=plan, i=0, lost=0)

    # --- the mails

    def _mails(self) -> Page:
        plan, i, held = self._cursor["plan"], self._cursor["i"], 0
        done, lost = list(self._cursor["done"]), self._cursor["lost"]
        records: list[Record] = []
        files: list[PageFile] = []
        known = set(done)
        while i < len(plan) and len(records) < MAILS_A_PAGE and held < PAGE_BYTES:
            f, uid, key, title, shared = plan[i]
            if key not in known:
                if not self._enter(f):
                    return self._page(records, files, i=i, done=done, step="again")
                came = self._mail(f, uid, key, title, shared=shared)
                lost += came is None
                if came is not None:
                    records.append(came[0])
                    files += came[1]
                    held += came[2]
                    known.add(key)
                    done.append(key)
            i += 1
        if i < len(plan):
            return self._page(records, files, i=i, done=done, lost=lost)
        # what was not there any more was deleted, or moved to where it is found when looked for again
        look = lost and self._cursor["again"] < MAX_AGAIN
        return self._page(records, files, i=i, done=done, step="again" if look else "end")

    def _mail(
        self, f: int, uid: int, key: str, title: str, *, shared: bool
    ) -> tuple[Record, tuple[PageFile, ...], int] | None:
        """A mail as a record, its files, and how many octets it has; None when it does not lie there any more."""
        told = self._heads([uid]).get(uid)
        if told is None or told[0].key(told[1], told[2]) != key:
            return None
        head, size, received_at = told
        fetched = self._fetched(uid, size, received_at)
        if fetched is None:
            return None
        folder = self._cursor["folders"][f][0]
        record, files = mail_record(
            fetched, head, self._people, key=key, title=title, folder=folder, shared=shared, now=self._search.now
        )
        return record, files, len(fetched.raw)

    def _fetched(self, uid: int, size: int, received_at: datetime) -> Fetched | None:
        """A mail; without content when the server does not give it out, so that one such mail does not keep the others."""
        try:
            return self._session.fetch(uid, self._search.heartbeat)
        except MailboxFault as fault:
            if fault.code != "unreadable":
                raise
        return Fetched(uid, b"", size, received_at, cut=True)

    def _heads(self, uids: list[int]) -> dict[int, tuple[Head, int, datetime]]:
        """Headers, size and time of arrival of mails in the open folder; without those that were deleted meanwhile."""
        asked = [ASKED, "RFC822.SIZE", "INTERNALDATE"]

        def told() -> dict[int, tuple[Head, int, datetime]]:
            given = self._session.client.fetch(uids, asked)
            return {uid: _told(given[uid]) for uid in uids if given.get(uid)}

        return self._session.ask("unreadable", told)


def _left_out(folder: Folder) -> bool:
    return bool(folder.flags & _LEFT_OUT) or folder.name.lower() in _LEFT_OUT_NAMES


def _block(items: dict[bytes, Any]) -> bytes:
    found = [bytes(value or b"") for key, value in items.items() if bytes(key).startswith(b"BODY[HEADER")]
    return found[0]


def _told(items: dict[bytes, Any]) -> tuple[Head, int, datetime]:
    return read_head(_block(items)), int(items[b"RFC822.SIZE"]), items[b"INTERNALDATE"].astimezone(UTC)


def _key(hit: Hit) -> str:
    """The candidate that a mail belongs to: all mails under one name, or all from one who wrote a customer number."""
    if hit.by_number:
        return candidate_key("from", hit.name.lower())
    return candidate_key("as", hit.address, other_name(hit.name))


def _in_their_threads(hits: list[Hit], threads: dict[str, str]) -> list[Hit]:
    """A mail to the bare address is whose its exchange is; where the address never has the person's name, nobody's without a choice."""
    mine = {threads[hit.key] for hit in hits if hit.whose is Whose.MINE}
    others = {threads[hit.key]: hit for hit in hits if hit.whose is Whose.UNSURE and not hit.by_number}
    known = {hit.address for hit in hits if hit.whose is Whose.MINE}
    strange = {hit.address for hit in others.values()} - known
    settled = []
    for hit in hits:
        thread = threads[hit.key]
        if hit.whose is Whose.NAMELESS and thread not in mine:
            if thread in others:
                hit = replace(hit, whose=Whose.UNSURE, name=others[thread].name, address=others[thread].address)
            elif hit.address in strange:
                hit = replace(hit, whose=Whose.UNSURE, name=hit.address)
        settled.append(hit)
    return settled


def _candidates(unsure: list[Hit]) -> tuple[Candidate, ...]:
    """One for each name or writer, described by its latest mail."""
    counts = Counter(_key(hit) for hit in unsure)
    latest = {_key(hit): hit for hit in sorted(unsure, key=lambda hit: hit.when)}
    found = []
    for key, hit in latest.items():
        facts = {"from": hit.name, "subject": hit.subject, "latest": hit.when, "mails": str(counts[key])}
        found.append(Candidate(key, {name: value for name, value in facts.items() if value}))
    return tuple(found)
