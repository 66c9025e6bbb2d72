"""The rights a request may exercise, what can come of each, and on which grounds one may be refused (GDPR Art. 7, 11, 12, 15-21)."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """A right of the data subject. A request combines one or more."""

    ACCESS = "access"  # Art. 15
    RECTIFICATION = "rectification"  # Art. 16
    ERASURE = "erasure"  # Art. 17
    RESTRICTION = "restriction"  # Art. 18
    PORTABILITY = "portability"  # Art. 20
    OBJECTION = "objection"  # Art. 21
    CONSENT_WITHDRAWAL = "consent_withdrawal"  # Art. 7(3), marketing


FILED = tuple(Right)
"""Rights that can be registered by hand; the portal offers its own choice of them."""

GATHERED = frozenset({Right.ACCESS, Right.PORTABILITY})
"""Rights whose answer is made of the person's data, so that gathering must end before they are decided."""

BY_TASK = frozenset({Right.RECTIFICATION, Right.ERASURE, Right.RESTRICTION, Right.OBJECTION, Right.CONSENT_WITHDRAWAL})
"""Rights that are carried out by a task in each system once they are granted."""

AT_ONCE = frozenset({Right.CONSENT_WITHDRAWAL})
"""Rights that nothing is weighed for: their tasks stand from the first moment (Art. 7(3): as easy as giving consent)."""


class Outcome(StrEnum):
    """How one right of a case ended."""

    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOT_IDENTIFIED = "not_identified"
    NOTHING_FOUND = "nothing_found"
    OTHER_CONTROLLER = "other_controller"
    DECEASED = "deceased"
    NOT_NATURAL_PERSON = "not_natural_person"
    JOINED = "joined"  # the same request twice: answered in the other case


NEEDS_GROUND = frozenset({Outcome.REFUSED, Outcome.PARTLY_GRANTED})
DECIDED = frozenset(
    {
        Outcome.GRANTED,
        Outcome.PARTLY_GRANTED,
        Outcome.REFUSED,
        Outcome.NOTHING_FOUND,
        Outcome.OTHER_CONTROLLER,
        Outcome.DECEASED,
        Outcome.NOT_NATURAL_PERSON,
    }
)
"""Outcomes a decision gives; the others end the case by a move of their own."""

_MARKETING_OUTCOMES = (Outcome.GRANTED, Outcome.OTHER_CONTROLLER)


def outcomes_of(right: Right, *, withheld: bool = False, marketing: bool = False) -> tuple[Outcome, ...]:
    """The outcomes a decision on this right may give, in the order they are offered.

    Nobody is refused a stop of direct marketing (Art. 7(3), 21(3)): neither who withdraws consent nor, with ``marketing``,
    who objects to it; of such an objection what concerns something else can be refused, the whole cannot. With ``withheld``
    a person has masked something, so that the data can be handed over in part at most (Art. 12(4)).

    That nothing was found is no decision on a right carried out by tasks: nothing has been searched for it. It is granted, and
    the letter names the systems whose task was reported so.
    """
    if right is Right.CONSENT_WITHDRAWAL:
        return _MARKETING_OUTCOMES
    left_out = {Outcome.NOTHING_FOUND} if right in BY_TASK else set()
    if right is Right.OBJECTION and marketing:
        left_out |= {Outcome.REFUSED, Outcome.DECEASED, Outcome.NOT_NATURAL_PERSON}
    if right in GATHERED and withheld:
        left_out = {Outcome.GRANTED, Outcome.NOTHING_FOUND}
    return tuple(outcome for outcome in Outcome if outcome in DECIDED and outcome not in left_out)


class Ground(StrEnum):
    """The closed list of grounds for refusing a right, wholly or in part."""

    MANIFESTLY_UNFOUNDED = "12_5_unfounded"
    EXCESSIVE = "12_5_excessive"
    RIGHTS_OF_OTHERS = "15_4"
    FREE_EXPRESSION = "17_3_a"
    LEGAL_OBLIGATION = "17_3_b"
    PUBLIC_HEALTH = "17_3_c"
    ARCHIVING = "17_3_d"
    LEGAL_CLAIMS = "17_3_e"
    NO_ERASURE_GROUND = "17_1"
    DATA_ACCURATE = "16"
    NO_RESTRICTION_GROUND = "18_1"
    NOT_PORTABLE = "20_1"
    PORTABILITY_RIGHTS_OF_OTHERS = "20_4"
    COMPELLING_GROUNDS = "21_1"
    SECRECY = "dsl_5_1"
    RUNNING_TEXT = "dsl_5_2"


_ACCESS = frozenset(
    {Ground.MANIFESTLY_UNFOUNDED, Ground.EXCESSIVE, Ground.RIGHTS_OF_OTHERS, Ground.SECRECY, Ground.RUNNING_TEXT}
)
GROUNDS: dict[Right, frozenset[Ground]] = {
    Right.ACCESS: _ACCESS,
    Right.PORTABILITY: frozenset(
        {
            Ground.MANIFESTLY_UNFOUNDED,
            Ground.EXCESSIVE,
            Ground.NOT_PORTABLE,
            Ground.PORTABILITY_RIGHTS_OF_OTHERS,
            Ground.SECRECY,
        }
    ),
    Right.RECTIFICATION: frozenset({Ground.MANIFESTLY_UNFOUNDED, Ground.EXCESSIVE, Ground.DATA_ACCURATE}),
    Right.ERASURE: frozenset(
        {
            Ground.MANIFESTLY_UNFOUNDED,
            Ground.EXCESSIVE,
            Ground.NO_ERASURE_GROUND,
            Ground.FREE_EXPRESSION,
            Ground.LEGAL_OBLIGATION,
            Ground.PUBLIC_HEALTH,
            Ground.ARCHIVING,
            Ground.LEGAL_CLAIMS,
        }
    ),
    Right.RESTRICTION: frozenset({Ground.MANIFESTLY_UNFOUNDED, Ground.EXCESSIVE, Ground.NO_RESTRICTION_GROUND}),
    Right.OBJECTION: frozenset({Ground.MANIFESTLY_UNFOUNDED, Ground.EXCESSIVE, Ground.COMPELLING_GROUNDS}),
    Right.CONSENT_WITHDRAWAL: frozenset(),
}
"""Which grounds can be named for which right."""

FOUR_EYES = frozenset(
    {
        Ground.MANIFESTLY_UNFOUNDED,
        Ground.EXCESSIVE,
        Ground.FREE_EXPRESSION,
        Ground.LEGAL_OBLIGATION,
        Ground.PUBLIC_HEALTH,
        Ground.ARCHIVING,
        Ground.LEGAL_CLAIMS,
        Ground.RIGHTS_OF_OTHERS,
        Ground.PORTABILITY_RIGHTS_OF_OTHERS,
        Ground.SECRECY,
        Ground.RUNNING_TEXT,
    }
)
"""Grounds that a second person must approve: 12(5), 17(3) and withheld substance."""


MASK_GROUNDS = (Ground.RIGHTS_OF_OTHERS, Ground.SECRECY, Ground.RUNNING_TEXT)
"""The closed list of grounds on which a part of the data is withheld (Art. 15(4), Data Protection Act chapter 5)."""

_PORTABLE_GROUND = {
    Ground.RIGHTS_OF_OTHERS: Ground.PORTABILITY_RIGHTS_OF_OTHERS,
    Ground.RUNNING_TEXT: Ground.NOT_PORTABLE,  # the controller's own notes were not given by the person
}


def mask_ground(right: Right, ground: Ground) -> Ground:
    """The ground of a mask as a decision on this right names it: portability has provisions of its own (Art. 20(1), 20(4))."""
    return _PORTABLE_GROUND.get(ground, ground) if right is Right.PORTABILITY else ground


class Channel(StrEnum):
    """How the request reached the controller."""

    PORTAL = "portal"
    API = "api"
    EMAIL = "email"
    POST = "post"
    VISIT = "visit"
    PHONE = "phone"
    CHAT = "chat"
    SOCIAL_MEDIA = "social_media"


BY_HAND = (Channel.EMAIL, Channel.POST, Channel.VISIT, Channel.PHONE, Channel.CHAT, Channel.SOCIAL_MEDIA)


class IdentityMethod(StrEnum):
    """How it was made sure that the request comes from the person (EDPB 01/2022 §58-79). Never a copy of an ID."""

    EID = "eid"
    EMAIL = "email"  # a one-time link was opened: that somebody reads the mailbox, nothing else
    KNOWN_CONTACT = "known_contact"  # answered through contact details held before the request
    CALL_BACK = "call_back"
    ID_SHOWN = "id_shown"  # at a visit; only that it was checked is noted
    SIGNATURE = "signature"
    NOT_NEEDED = "not_needed"  # no reasonable doubt, Art. 12(6)
    MANDATE = "mandate"  # somebody acts for the person, and staff has seen that this one may


class Way(StrEnum):
    """How an answer leaves."""

    PORTAL = "portal"
    EMAIL = "email"  # as an encrypted PDF, its password by another way
    POST = "post"
    VISIT = "visit"


class ContactBasis(StrEnum):
    """Where the address an answer is sent to comes from. Only details held before the request may be used by one person alone."""

    LOGIN = "login"  # the login that filed the request
    HELD = "held"  # held by the controller before the request
    POPULATION_REGISTER = "population_register"  # folkbokföringen
    REQUEST = "request"  # stated in the request: a second person confirms it
    SHOWN = "shown"  # at a visit, identity checked
