"""Logging in with nothing but an e-mail address: a link that is mailed there, good for half an hour and for one time.

Whether anybody with the address is known is never looked up, so there is nothing to give away: the mail leaves for any address.
"""

from __future__ import annotations

from django.db import transaction

from requests_app.domain.channels import LinkPurpose
from requests_app.services import one_time
from requests_app.services.audit import PERSON, unit


def ask(*, address: str, network: str, language: str, then: str = "") -> None:
    """Mail a link to an address; ``then`` is the page it leads to after the login.

    Raises ``ValidationError`` on ``email`` for what is no address, ``one_time.TooMany`` for a network that has asked too often. For
    an address that has been written to too often nothing is mailed, and nobody is told: the same work is done and thrown away.
    """
    to = one_time.normal(address)
    if wait := one_time.wait_of_network(network):
        raise one_time.TooMany(wait)
    too_often = one_time.wait_of_address(to, network)
    with unit(PERSON) as work, transaction.atomic():
        one_time.make(work, LinkPurpose.LOGIN, to=to, language=language, then=then)
        if too_often:
            transaction.set_rollback(True)


def address_of(secret: str) -> str:
    """The address of a link that can still be used; empty when it cannot.

    Looking does not use it up: programs that guard mailboxes open links too.
    """
    link = one_time.found(secret, LinkPurpose.LOGIN).first()
    return one_time.address_of(link) if link else ""


def use(secret: str) -> tuple[str, str] | None:
    """Use a link up: the address it was mailed to, and where it leads; None when it was used, is over, or is none of ours."""
    link = one_time.found(secret, LinkPurpose.LOGIN).first()
    if link is None or not one_time.use_up(link):
        return None
    return one_time.address_of(link), link.next
