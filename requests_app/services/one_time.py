"""One-time links to an address: how often one may be asked for, how long it is good, and that it is used up once.

A link is mailed to an address and shows that somebody reads it. What it is for is its purpose; each purpose has a module of its own.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils import timezone

from requests_app.domain.channels import LinkPurpose
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import OneTimeLink, OutgoingMail
from requests_app.services import mail, people, throttle
from requests_app.services.keys import mac_keys, open_text, seal_text

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from requests_app.models import CaseParty
    from requests_app.services.audit import Unit

LIFE = {LinkPurpose.LOGIN: timedelta(minutes=30), LinkPurpose.ADDRESS: timedelta(days=7)}
"""How long a link is good. One that logs nobody in may wait until the mailbox is read."""
KEPT = timedelta(days=1)
"""How long a link that is over, and its mail, are kept, so that staff can see that mail leaves."""
HOUR, DAY = 60 * 60, 24 * 60 * 60
PER_NETWORK = 40
"""Mails that may be asked for from one network within an hour, whatever for."""
TO_ADDRESS_FROM_NETWORK, TO_ADDRESS_FROM_NETWORK_A_DAY = 4, 8
"""Mails to one address that one network may ask for, within an hour and a day: anybody may know somebody's address."""
TO_ADDRESS = 20
"""Mails to one address within a day, wherever they are asked for; no single network comes near it."""
MAX_LENGTH = 254


class TooMany(Exception):
    """So many links have been asked for that one has to wait ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def normal(address: str) -> str:
    """The address in its one normal form; a ``ValidationError`` on ``email`` for what is none."""
    try:
        found = people.normalised(IdentifierKind.EMAIL, address if len(address) <= MAX_LENGTH else "")
        validate_email(found)
    except ValidationError as error:
        raise ValidationError({"email": error.messages}) from None
    return found


def wait_of_network(network: str) -> int:
    """Count one more link for a network; the seconds it has to wait when that is too many, else 0."""
    return throttle.hit("login-link-network", network, limit=PER_NETWORK, seconds=HOUR)


def wait_of_address(to: str, network: str) -> int:
    """Count one more link to an address; the seconds to wait when it gets no more mail now, else 0.

    What one network asks for in vain does not count against who asks from another.
    """
    pair = f"{network} {to}"
    return (
        throttle.hit("login-link-pair", pair, limit=TO_ADDRESS_FROM_NETWORK, seconds=HOUR)
        or throttle.hit("login-link-pair-day", pair, limit=TO_ADDRESS_FROM_NETWORK_A_DAY, seconds=DAY)
        or throttle.hit("login-link-address", to, limit=TO_ADDRESS, seconds=DAY)
    )


def make(
    work: Unit, purpose: LinkPurpose, *, to: str, language: str, then: str = "", party: CaseParty | None = None
) -> OneTimeLink:
    """Make a link and queue the mail that brings it. ``then``: the page it leads to; ``party``: for whom an address is confirmed."""
    hashes, secret, now = mac_keys(), secrets.token_urlsafe(32), timezone.now()
    made = OneTimeLink.objects.create(
        mac=hashes.mac("one-time-link", secret),
        purpose=purpose.value,
        email_enc=seal_text(to, "one-time-link", purpose.value),
        email_mac=hashes.mac(IdentifierKind.EMAIL.value, to),
        language=language,
        next=then if len(then) <= 200 else "",
        party=party,
        created_at=now,
        expires_at=now + LIFE[purpose],
    )
    mail.queue_link(work, kind=purpose.value, to=to, secret=secret, language=language, idem_key=mail_key(made))
    return made


def mail_key(link: OneTimeLink) -> str:
    """What names the mail that brings a link."""
    return f"{link.purpose}:{link.pk}:{bytes(link.mac).hex()}"


def living() -> Q:
    """A condition on links: they can still be used."""
    return Q(used_at__isnull=True, expires_at__gt=timezone.now())


def found(secret: str, purpose: LinkPurpose) -> QuerySet[OneTimeLink]:
    """The link with this secret, unless it was used, is over, or is none of ours. Looking does not use it up."""
    macs = mac_keys().all_macs("one-time-link", secret)
    return OneTimeLink.objects.filter(living(), mac__in=macs, purpose=purpose.value)


def use_up(link: OneTimeLink) -> bool:
    """Use a link up; False when somebody was quicker."""
    return bool(OneTimeLink.objects.filter(living(), pk=link.pk).update(used_at=timezone.now()))


def address_of(link: OneTimeLink) -> str:
    """The address that a link was mailed to."""
    return open_text(link.email_enc, "one-time-link", link.purpose)


def is_late(row: OutgoingMail) -> bool:
    """Whether the link that a mail brings is over before the mail has left."""
    return timezone.now() - row.created_at > LIFE[LinkPurpose(row.kind)]


def sweep() -> int:
    """Delete links that are over, and their mails. Gives how many links."""
    before = timezone.now() - KEPT
    for purpose, life in LIFE.items():
        OutgoingMail.objects.filter(kind=purpose.value, created_at__lt=before - life).delete()
    return OneTimeLink.objects.filter(expires_at__lt=before).delete()[0]
