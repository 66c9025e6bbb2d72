"""What a made-up person is, and the window of dates their data lie in."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2023, 11, 1)
LAST_DAY = date(2026, 11, 20)
"""The data reach from the first to the last of these days, whatever today is."""

_NAMESPACE = uuid.UUID("5b0c6f3e-0000-4000-8000-68656d647372")


@dataclass(frozen=True)
class Person:
    """Somebody made up, and in which systems they are known.

    ``personnummer`` has 12 digits, ``phones`` are E.164. ``app``: has an account in Mitt HEM.
    ``chats``: conversations in the chat. ``subscribes``: the addresses that stand in the newsletter tool.
    """

    slug: str
    first_name: str
    last_name: str
    personnummer: str | None = None
    customer_no: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    note: str = ""
    language: str = "sv"
    street: str = ""
    postal_code: str = "302 42"
    city: str = "Halmstad"
    protected: bool = False
    app: bool = False
    chats: int = 0
    subscribes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def account_id(self) -> str:
        """Account in Mitt HEM."""
        return stable_uuid("account", self.slug)

    def random(self, topic: str) -> random.Random:
        """A source of chance of this person's own, so that a change to one topic leaves the others as they were."""
        return random.Random(f"{self.slug}/{topic}")


def stable_uuid(*parts: str) -> str:
    """The same UUID for the same parts, for ever."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def phone(n: int) -> str:
    """The ``n``-th of PTS' numbers for fiction (from 0): 95 mobile, then Göteborg, Malmö, Stockholm, Kiruna."""
    if n < 95:
        return f"+46701740{605 + n}"
    series, k = divmod(n - 95, 100)
    return ("+46313900", "+46406280", "+46846500", "+46980319")[series] + str((600, 400, 400, 200)[series] + k)
