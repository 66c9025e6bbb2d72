"""Logging in with nothing but an e-mail address: a link that is mailed there, good for half an hour and for one time.

Whether anybody with the address is known is never looked up, so there is nothing to give away: the mail leaves for any address.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from requests_app.domain.channels import LinkPurpose
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import OneTimeLink, OutgoingMail
from requests_app.services import mail, people, throttle
from requests_app.services.audit import PERSON, unit
from requests_app.services.keys import mac_keys, open_text, seal_text

if TYPE_CHECKING:
    from django.db.models import QuerySet

LIFE = timedelta(minutes=30)
KEPT = timedelta(days=1)
"""How long a link that is over, and its mail, are kept, so that staff can see that mail leaves."""
HOUR, DAY = 60 * 60, 24 * 60 * 60
PER_NETWORK = 40
"""Mails that may be asked for from one network within an hour."""
TO_ADDRESS_FROM_NETWORK, TO_ADDRESS_FROM_NETWORK_A_DAY = 4, 8
"""Mails to one address that one network may ask for, within an hour and a day: anybody may know somebody's address."""
TO_ADDRESS = 20
"""Mails to one address within a day, wherever they are asked for; no single network comes near it."""
MAX_LENGTH = 254


class TooMany(Exception):
    """So many links have been asked for from this network that one has to wait ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def ask(*, address: str, network: str, language: str, then: str = "") -> None:
    """Mail a link to an address; ``then`` is the page it leads to after the login.

    Raises ``ValidationError`` on ``email`` for what is no address, ``TooMany`` for a network that has asked too often. For an
    address that has been written to too often nothing is mailed, and nobody is told: the same work is done and thrown away.
    """
    to = _normal(address)
    if wait := throttle.hit("login-link-network", network, limit=PER_NETWORK, seconds=HOUR):
        raise TooMany(wait)
    too_often = _too_often(to, network)
    hashes, secret, now = mac_keys(), secrets.token_urlsafe(32), timezone.now()
    with unit(PERSON) as work, transaction.atomic():
        made = OneTimeLink.objects.create(
            mac=hashes.mac("one-time-link", secret),
            purpose=LinkPurpose.LOGIN.value,
            email_enc=seal_text(to, "one-time-link", LinkPurpose.LOGIN.value),
            email_mac=hashes.mac(IdentifierKind.EMAIL.value, to),
            language=language,
            next=then if len(then) <= 200 else "",
            created_at=now,
            expires_at=now + LIFE,
        )
        mail.queue_login(work, to=to, secret=secret, language=language, idem_key=f"login:{made.pk}:{made.mac.hex()}")
        if too_often:
            transaction.set_rollback(True)


def _too_often(to: str, network: str) -> bool:
    """Whether an address gets no more mail now. What one network asks for in vain does not count against who asks from another."""
    pair = f"{network} {to}"
    return bool(
        throttle.hit("login-link-pair", pair, limit=TO_ADDRESS_FROM_NETWORK, seconds=HOUR)
        or throttle.hit("login-link-pair-day", pair, limit=TO_ADDRESS_FROM_NETWORK_A_DAY, seconds=DAY)
        or throttle.hit("login-link-address", to, limit=TO_ADDRESS, seconds=DAY)
    )


def _normal(address: str) -> str:
    try:
        normal = people.normalised(IdentifierKind.EMAIL, address if len(address) <= MAX_LENGTH else "")
        validate_email(normal)
    except ValidationError as error:
        raise ValidationError({"email": error.messages}) from None
    return normal


def address_of(secret: str) -> str:
    """The address of a link that can still be used; empty when it cannot.

    Looking does not use it up: programs that guard mailboxes open links too.
    """
    link = _living(secret).first()
    return open_text(link.email_enc, "one-time-link", link.purpose) if link else ""


def use(secret: str) -> tuple[str, str] | None:
    """Use a link up: the address it was mailed to, and where it leads; None when it was used, is over, or is none of ours."""
    link = _living(secret).first()
    if link is None or not _living(secret).filter(pk=link.pk).update(used_at=timezone.now()):
        return None
    return open_text(link.email_enc, "one-time-link", link.purpose), link.next


def _living(secret: str) -> QuerySet[OneTimeLink]:
    macs = mac_keys().all_macs("one-time-link", secret)
    return OneTimeLink.objects.filter(
        mac__in=macs, purpose=LinkPurpose.LOGIN.value, used_at__isnull=True, expires_at__gt=timezone.now()
    )


def sweep() -> int:
    """Delete links that are over, and their mails. Gives how many links."""
    before = timezone.now() - KEPT
    OutgoingMail.objects.filter(kind=mail.LOGIN, created_at__lt=before).delete()
    return OneTimeLink.objects.filter(expires_at__lt=before).delete()[0]
