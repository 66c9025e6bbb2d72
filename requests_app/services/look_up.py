"""Who is on the line: the customer system is asked while a request is registered, so that name and number need not be typed.

It tells what that system tells of who the person is, and never whether there is a case. Each look-up is logged with the kind of
identifier that was typed, counted for each member of staff, and ends within seconds, since somebody waits.
"""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, Identifier, Limits, Search
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import SystemVersion
from requests_app.services import gathering, people, register, throttle
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from requests_app.connectors.base import KnownPerson
    from requests_app.models import Case

logger = logging.getLogger(__name__)

KINDS = (IdentifierKind.PERSONNUMMER, IdentifierKind.CUSTOMER_NO, IdentifierKind.EMAIL, IdentifierKind.PHONE)
"""What one may look up by, the surest first."""
AN_HOUR = 60
"""Look-ups of one member of staff."""
MOST = 5
"""How many are shown to choose among; who fits beside that many is found by something surer."""
SECONDS = 6.0
"""How long all systems together may take."""
LIMITS = Limits(max_bytes=1024 * 1024, connect_timeout=2.0, read_timeout=4.0, max_wait=0.0, attempts=1)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Who fits, at most ``MOST``; ``more`` fit beside them. ``faults`` say in words which system could not be asked."""

    found: tuple[KnownPerson, ...] = ()
    more: bool = False
    faults: tuple[str, ...] = ()


def possible() -> bool:
    """Whether any system can say who is meant."""
    return _systems().exists()


def look_up(*, actor: Actor, kind: IdentifierKind, text: str, case: Case | None = None) -> LookedUp:
    """Ask the systems who has this number or address. A system that does not answer is a sentence, not an error.

    ``case`` is the one it is asked for, where there is one already.

    Raises ``ValidationError`` when the text is none of its kind, or too many have been looked up. Not to be called inside a unit
    of work.
    """
    user = member_of_staff(actor)
    value = people.normalised(kind, text)
    asked = [version for version in _systems() if _takes(version, kind)]
    if not asked:
        raise ValidationError(_("The customer system cannot be asked by this. Look up by something else."))
    if wait := throttle.hit("look-up", str(user.pk), limit=AN_HOUR, seconds=3600):
        minutes = -(-wait // 60)
        said = ngettext(
            "You have looked up many in a short time. Enter the person by hand, or wait %(n)d minute.",
            "You have looked up many in a short time. Enter the person by hand, or wait %(n)d minutes.",
            minutes,
        )
        raise ValidationError(said % {"n": minutes})
    found: dict[str, KnownPerson] = {}
    faults = []
    heartbeat = _until(time.monotonic() + SECONDS)
    for version in asked:
        if version.system.off_at is not None:
            faults.append(_("%(system)s is switched off. Enter the person by hand.") % {"system": version.system})
            continue
        try:
            for person in _asked(version, Identifier(kind, value), heartbeat):
                found.setdefault(person.customer_no, person)
        except ConnectorError as error:
            logger.warning("look-up in %s: %s", version.system.key, error.fault.value)
            faults.append(_in_words(error, str(version.system)))
    with unit(actor) as work:
        work.event("person.looked_up", case, kind=kind.value, found=len(found))
    everybody = tuple(found.values())
    return LookedUp(everybody[:MOST], len(everybody) > MOST, tuple(faults))


def _systems() -> QuerySet[SystemVersion]:
    """How the systems that know people are gathered from now, in the register's order."""
    newest = SystemVersion.objects.filter(system=OuterRef("system")).order_by("-n").values("pk")[:1]
    found = SystemVersion.objects.filter(
        pk=Subquery(newest), system__active=True, connector__in=list(registry.finders())
    )
    return found.select_related("system").order_by("system__position", "system__key")


def _takes(version: SystemVersion, kind: IdentifierKind) -> bool:
    """Whether a system may be asked by such a value: a personnummer only where its register entry requires it."""
    allowed = gathering.search_kinds(registry.get(version.connector), version.system, version)
    return kind in registry.finders()[version.connector].finds_people_by and kind.value in allowed


def _asked(version: SystemVersion, identifier: Identifier, heartbeat: Callable[[], None]) -> tuple[KnownPerson, ...]:
    """Who of one system fits."""
    search = Search(
        settings=version.settings,
        secrets=register.secrets_of(version.system),
        identifiers=(identifier,),
        person_name="",
        now=timezone.now(),
        limits=LIMITS,
        heartbeat=heartbeat,
    )
    fault = ConnectorError(Fault.UNEXPECTED)
    with contextlib.suppress(
        Exception
    ):  # another package's code: any fault is possible, and its message may hold anything
        try:
            return registry.finders()[version.connector].find_people(search)
        except ConnectorError as error:
            fault = error
    raise fault


def _until(end: float) -> Callable[[], None]:
    """A heartbeat that ends what takes too long."""

    def beat() -> None:
        if time.monotonic() > end:
            raise ConnectorError(Fault.TIMEOUT)

    return beat


def _in_words(error: ConnectorError, system: str) -> str:
    if error.transient:
        said = _("%(system)s does not answer right now. Enter the person by hand, or try again in a while.")
    else:
        said = _("%(system)s cannot be asked: an administrator must look at its connection. Enter the person by hand.")
    return said % {"system": system}
