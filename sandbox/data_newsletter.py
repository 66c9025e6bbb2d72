"""The newsletter: who subscribes to which list under which address, and what became of each sending.

All newsletter stand-ins tell the same facts in their own shapes.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache

from sandbox.dates import any_time, local
from sandbox.people import CAST, FIRST_DAY, Person, everyone
from sandbox.texts import HOSTILE, texts


@dataclass(frozen=True)
class MailingList:
    """A list, with its id in either system."""

    mailchimp_id: str
    hash: str
    name: str


@dataclass(frozen=True)
class Campaign:
    """One sending of the newsletter to the first list."""

    number: int
    title: str
    sent: datetime

    @property
    def mailchimp_id(self) -> str:
        """Its id in Mailchimp."""
        return hashlib.sha256(f"campaign/{self.number}".encode()).hexdigest()[:10]


@dataclass(frozen=True)
class Event:
    """What happened at one sending: ``sent``, ``open``, ``click``, ``bounce`` or ``unsub``."""

    kind: str
    at: datetime
    campaign: Campaign


@dataclass(frozen=True)
class Subscription:
    """One address on one list. ``status``: ``subscribed``, ``unsubscribed``, ``cleaned``."""

    id: int
    person: Person
    email: str
    list: MailingList
    created: datetime
    status: str
    ended: datetime | None

    @property
    def hash(self) -> str:
        """The member's id in Mailchimp: MD5 of the lower-case address."""
        return hashlib.md5(self.email.lower().encode(), usedforsecurity=False).hexdigest()


LISTS = (
    MailingList("a1f0c3d2e4", "hiso7tuNb4Z", "Nyhetsbrev"),
    MailingList("b7c9e1f0a2", "kR2mVq9sTxD", "Driftinformation"),
)
LINK = "https://www.example.se/nyheter"


@cache
def campaigns() -> tuple[Campaign, ...]:
    """The sendings, oldest first: one in each quarter."""
    titles = texts()["campaigns"]
    months = [(2023 + (10 + 3 * n) // 12, (10 + 3 * n) % 12 + 1) for n in range(len(titles))]
    return tuple(
        Campaign(n + 1, title, local(date(year, month, 14), 9, 30))
        for n, (title, (year, month)) in enumerate(zip(titles, months, strict=True))
    )


Changes = tuple[tuple[int, datetime | None], ...]
_changes: dict[int, datetime | None] = {}
"""When a subscription was ended through one of the systems, by its id; None for one that was erased."""
_changing = threading.Lock()


def end(subscription: Subscription) -> Subscription:
    """End a subscription now; one that has ended stays as it is. Gives it as it is afterwards."""
    with _changing:
        if subscription.ended is None:
            _changes.setdefault(subscription.id, datetime.now(UTC).replace(microsecond=0))
    return next(found for found in subscriptions() if found.id == subscription.id)


def erase(*gone: Subscription) -> None:
    """Erase subscriptions, with all that hangs on them."""
    with _changing:
        _changes.update({found.id: None for found in gone})


def restore() -> None:
    """Forget what was ended and erased."""
    with _changing:
        _changes.clear()


def changes() -> Changes:
    """What was ended or erased: what a cache of anything made of the subscriptions goes by."""
    with _changing:
        return tuple(sorted(_changes.items()))


def subscriptions() -> tuple[Subscription, ...]:
    """Every subscription, by id, as it is now."""
    return subscriptions_after(changes())


@lru_cache(maxsize=8)
def subscriptions_after(ended: Changes) -> tuple[Subscription, ...]:
    """Every subscription, by id, after these changes."""
    when = dict(ended)
    return tuple(
        replace(found, status="unsubscribed", ended=when[found.id]) if found.id in when else found
        for found in _at_first()
        if found.id not in when or when[found.id] is not None
    )


def of_address(email: str) -> tuple[Subscription, ...]:
    """What one address subscribes to, by id."""
    return tuple(found for found in subscriptions() if found.email.casefold() == email.casefold())


@cache
def _at_first() -> tuple[Subscription, ...]:
    found: list[Subscription] = []
    for person in everyone():
        for email in person.subscribes:
            chance = person.random(f"newsletter/{email}")
            both = person.slug == "anna" or chance.random() < 0.3
            for mailing_list in LISTS[: 2 if both else 1]:
                latest = date(2024, 1, 31) if person.slug in CAST else date(2026, 9, 30)
                created = any_time(chance, FIRST_DAY, latest)
                status = "subscribed"
                if person.slug not in CAST:
                    status = chance.choices(("subscribed", "unsubscribed", "cleaned"), (8, 1, 1))[0]
                ended = None if status == "subscribed" else created + timedelta(days=chance.randrange(5, 400))
                found.append(Subscription(6900 + len(found), person, email, mailing_list, created, status, ended))
    return tuple(found)


@cache
def events(subscription: Subscription) -> tuple[Event, ...]:
    """What became of the sendings to one address, oldest first."""
    if subscription.list is not LISTS[0]:
        return ()
    chance = subscription.person.random(f"events/{subscription.email}")
    found = []
    for campaign in campaigns():
        if campaign.sent < subscription.created or (subscription.ended and campaign.sent > subscription.ended):
            continue
        found.append(Event("sent", campaign.sent, campaign))
        if chance.random() < 0.55:
            opened = campaign.sent + timedelta(minutes=chance.randrange(3, 4000))
            found.append(Event("open", opened, campaign))
            if chance.random() < 0.3:
                found.append(Event("click", opened + timedelta(seconds=chance.randrange(8, 200)), campaign))
    if subscription.ended and found:
        kind = "unsub" if subscription.status == "unsubscribed" else "bounce"
        found.append(Event(kind, subscription.ended, found[-1].campaign))
    return tuple(sorted(found, key=lambda event: event.at))


def note_of(subscription: Subscription) -> str | None:
    """What staff noted on a subscriber, where they did."""
    if subscription.list is not LISTS[0]:
        return None
    if subscription.person.slug == "hostile":
        return HOSTILE[11]
    return "Vill gärna ha tips om solceller." if subscription.person.slug == "anna" else None


def tags_of(subscription: Subscription) -> tuple[str, ...]:
    """The tags of a subscriber."""
    if subscription.person.slug == "hostile":
        return (HOSTILE[7], HOSTILE[9])
    return ("kund",) if subscription.person.customer_no else ("ej kund",)
