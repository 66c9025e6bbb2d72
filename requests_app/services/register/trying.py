"""Trying a system with a test person before its settings are saved: the product gathers as it would, and keeps nothing.

What comes is a person's data outside any case. So whoever tries says that it is a test person or somebody who knows of it; the log
keeps who tried what, and by which sorts of identifier; and a personnummer goes only where the register lets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from requests_app.connectors.base import ConnectorError, Identifier, IdentifierKind, Search, shape
from requests_app.connectors.described.text import Flawed, Proposes
from requests_app.connectors.trying import Tried, try_out
from requests_app.services import people, record_words, throttle, words
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.flaw_words import flaw_sentence
from requests_app.services.register.systems import checked, connector_named, secrets_of, see_that_secrets_stay

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.connectors.base import Shape
    from requests_app.models import System

KINDS = (IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_NO, IdentifierKind.PHONE, IdentifierKind.PERSONNUMMER)
AN_HOUR = 120
"""Tries of one member of staff."""


@dataclass(frozen=True, slots=True)
class Try:
    """What a try came to, and what the system's records are made of."""

    tried: Tried
    shape: Shape


def try_system(
    *,
    actor: Actor,
    system: System,
    connector: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    person: Mapping[str, str],
    known: bool,
) -> Try:
    """Gather for a test person by settings that need not be saved. Not to be called inside a unit of work.

    ``person`` has texts by the keys of ``KINDS`` and ``name``; ``known``: the administrator says who it is. Raises
    ``ValidationError`` with a message per setting, or per field of the person.
    """
    user = member_of_staff(actor)
    chosen, values, held = checked(system=system, connector=connector, settings=settings, secrets=secrets)
    if not chosen.automatic:
        raise ValidationError({"connector": _("There is nothing to try: a person looks in the system.")})
    if not known:
        raise ValidationError({"known": _("Say that it is a test person, or somebody who knows of it.")})
    identifiers = _identifiers(person)
    found = shape(chosen, values)
    allowed = found.searches_by - (frozenset() if system.needs_personnummer else {IdentifierKind.PERSONNUMMER})
    usable = tuple(one for one in identifiers if one.kind in allowed)
    if not usable:
        kinds = ", ".join(str(words.IDENTIFIER_KINDS[kind]).lower() for kind in KINDS if kind in allowed)
        raise ValidationError(
            {"email": _("The system is searched by: %(kinds)s. Enter one of them.") % {"kinds": kinds}}
        )
    if wait := throttle.hit("try-system", str(user.pk), limit=AN_HOUR, seconds=3600):
        minutes = -(-wait // 60)
        said = ngettext(
            "You have tried many times. Wait %(n)d minute.", "You have tried many times. Wait %(n)d minutes.", minutes
        )
        raise ValidationError(said % {"n": minutes})
    searched_by = sorted({one.kind.value for one in usable})
    with unit(actor) as work:  # before anybody's data is asked for, whatever becomes of this process
        work.event("system.tried", system=system.key, connector=connector, kinds=searched_by)
    tried = try_out(
        chosen, Search(values, held, usable, person_name=person.get("name", "").strip(), now=timezone.now())
    )
    return Try(tried, found)


def _identifiers(person: Mapping[str, str]) -> tuple[Identifier, ...]:
    found: list[Identifier] = []
    errors: dict[str, Any] = {}
    for kind in KINDS:
        text = person.get(kind.value, "").strip()
        if not text:
            continue
        try:
            found.append(Identifier(kind, people.normalised(kind, text)))
        except ValidationError as error:
            errors[kind.value] = error.messages
    if errors:
        raise ValidationError(errors)
    return tuple(found)


def propose(
    *, system: System, connector: str, settings: Mapping[str, Any], secrets: Mapping[str, str], text: str = ""
) -> str:
    """A description to begin from: out of the names a database or its files have, or of an OpenAPI document (``text``).

    Raises ``ValidationError``. No row of a person is read, and nothing is kept.
    """
    chosen = connector_named(connector)
    held = {**secrets_of(system), **{name: value for name, value in secrets.items() if value}}
    try:
        if text:
            # only an administrator who connects a system needs it
            from requests_app.connectors.described.openapi import propose as proposed

            return proposed(text, lang=record_words.language())
        if isinstance(chosen, Proposes):
            see_that_secrets_stay(system, chosen, settings, {name for name in held if not secrets.get(name)})
            return chosen.propose({key: value for key, value in settings.items() if value not in (None, "")}, held)
    except ConnectorError as error:
        said = words.connection_fault(error.fault.value, dict(error.params), system=str(system))
        raise ValidationError(said) from None
    except Flawed as error:
        raise ValidationError([flaw_sentence(flaw) for flaw in error.flaws]) from None
    raise ValidationError({"connector": _("No description can be proposed for this connector.")})
