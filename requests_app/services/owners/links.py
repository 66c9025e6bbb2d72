"""One-time links to one task. A link opens once; after that a new one can be had, which goes to the same address.

Nothing that opens a link is stored: its secret follows from the installation's hash keys, the link's reference and the moment
it was sent, so that a mail can be sent anew after a crash; the row holds a keyed hash of it. The code that goes another way
follows from the reference alone, so that it still holds after a reminder.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone

from requests_app.domain.calendar_se import is_working_day
from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.states import CollectionOutcome, CollectionState
from requests_app.models import OwnerLink
from requests_app.services.keys import DOSSIER, Vault, mac_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from requests_app.models import Case, Collection
    from requests_app.services.policy import PolicyValues

MAX_WRONG_CODES = 5
LEAST_DAYS = 3
"""A link sent when the case's last day is here or gone holds for so many days all the same."""


class Status(StrEnum):
    """What a link is good for."""

    FRESH = "fresh"
    """Has not been opened since it was last sent."""
    USED = "used"
    """Has been opened; a new one can be asked for."""
    ANSWERED = "answered"
    EXPIRED = "expired"
    GONE = "gone"
    """Revoked, or its task is over."""


def is_open(row: Collection) -> bool:
    """Whether a task can be answered: its gathering waits for a person and is the one that counts; its case is open."""
    waits = row.state in {CollectionState.WAITING.value, CollectionState.FAILED.value}
    return row.current and waits and row.outcome != CollectionOutcome.SEVERAL.value and row.case.closed_at is None


def status_of(link: OwnerLink, now: datetime | None = None) -> Status:
    """What the link is good for now; ``link.collection.case`` must be loaded."""
    if link.revoked_at is not None:
        return Status.GONE
    if link.answered_at is not None:
        return Status.ANSWERED
    if not is_open(link.collection):
        return Status.GONE
    if link.expires_at <= (now or timezone.now()):
        return Status.EXPIRED
    return Status.USED if link.opened_at is not None and link.opened_at >= link.sent_at else Status.FRESH


def _loaded() -> Any:
    return OwnerLink.objects.select_related(
        "collection__case__policy", "collection__case__team", "collection__system", "collection__system_version"
    )


def by_ref(ref: str) -> OwnerLink:
    """A link with its task, by its reference; ``OwnerLink.DoesNotExist``."""
    found: OwnerLink = _loaded().get(ref=ref)
    return found


def find(token: str) -> OwnerLink | None:
    """The link that a secret belongs to; None when there is none, or a newer mail has taken its place."""
    if not 20 <= len(token) <= 80 or not token.isascii():
        return None
    found: OwnerLink | None = _loaded().filter(mac__in=_hashes(token)).first()
    return found


def living(row: Collection) -> OwnerLink | None:
    """The link of a task that is neither revoked nor answered."""
    found: OwnerLink | None = unanswered().filter(collection=row).first()
    return found


def unanswered() -> QuerySet[OwnerLink]:
    """The links that are neither revoked nor answered, with their tasks."""
    found: QuerySet[OwnerLink] = _loaded().filter(revoked_at=None, answered_at=None)
    return found


def _hashes(token: str) -> list[bytes]:
    return mac_keys().all_macs("owner-token", token)


def _secrets(link: OwnerLink) -> list[str]:
    """The link's secret under each hash key, the current one first."""
    seed = f"{link.ref}:{link.sent_at.astimezone(STOCKHOLM).isoformat()}"
    return [base64.urlsafe_b64encode(raw).decode().rstrip("=") for raw in mac_keys().all_macs("owner-link", seed)]


def token_of(link: OwnerLink) -> str:
    """The secret of the link as it was last sent. Only for the mail that carries it; never to be logged or stored."""
    mac = bytes(link.mac)
    return next(token for token in _secrets(link) if mac in _hashes(token))


def stamp(link: OwnerLink) -> None:
    """Give the link the hash of the secret that belongs to its ``sent_at``."""
    link.mac = _hashes(_secrets(link)[0])[0]


def is_meant(params: Mapping[str, Any]) -> bool:
    """Whether a queued mail still tells the link's newest state; one that a later mail has replaced must not leave."""
    link = _loaded().filter(ref=params["link"]).first()
    if link is None or status_of(link) in {Status.GONE, Status.ANSWERED, Status.EXPIRED}:
        return False
    return bool(link.sent_at.isoformat() == params["sent"])


def expiry(case: Case, values: PolicyValues, now: datetime) -> datetime:
    """When a link sent now runs out: the end of a working day in Sweden, after the policy's days, at the case's last day at the latest."""
    today = timezone.localdate(now)
    last = case.due_statutory_on if case.due_statutory_on > today else today + timedelta(days=LEAST_DAYS)
    day = min(today + timedelta(days=values.owner_link_days), last)
    while day > today + timedelta(days=1) and not is_working_day(day, values.eves_are_holidays):
        day -= timedelta(days=1)
    return datetime.combine(day, time(23, 59, 59), STOCKHOLM)


# --- the code that goes another way ------------------------------------------------------------------------------------------


def codes(link: OwnerLink) -> list[str]:
    """The link's six digits under each hash key, the current one first."""
    found = mac_keys().all_macs("owner-code", link.ref)
    return [f"{int.from_bytes(raw[:8], 'big') % 1_000_000:06d}" for raw in found]


def code_mac(link: OwnerLink, code: str) -> bytes:
    """The hash of a code, as the row keeps it."""
    return mac_keys().mac("owner-code-known", f"{link.ref}:{code}")


def code_of(link: OwnerLink) -> str:
    """The code, for the coordinator to read out; empty when the link has none."""
    if link.code_mac is None:
        return ""
    return next(code for code in codes(link) if fits(link, code))


def fits(link: OwnerLink, code: str) -> bool:
    """Whether it is the link's code; spaces in it do not matter."""
    if link.code_mac is None:
        return True
    known = mac_keys().all_macs("owner-code-known", f"{link.ref}:{''.join(code.split())}")
    return any(hmac.compare_digest(bytes(link.code_mac), mac) for mac in known)


def count_wrong_code(link: OwnerLink) -> int:
    """One more wrong code; gives how many there are now."""
    OwnerLink.objects.filter(pk=link.pk).update(wrong_codes=F("wrong_codes") + 1)
    link.refresh_from_db(fields=["wrong_codes"])
    return link.wrong_codes


def address_of(link: OwnerLink, vault: Vault | None = None) -> str:
    """Where the link was sent; empty when the case's key is destroyed."""
    vault = vault or Vault(link.collection.case)
    return vault.unseal(DOSSIER, link.email_enc, "owner-link", link.ref, "email") or ""
