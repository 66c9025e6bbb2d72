"""How much is known of who asked. A confirmed mailbox says only that somebody reads it; it opens what is keyed to its address.

Whoever logged in with a one-time link may type anybody's name and number. Until staff has made sure who it is by other means, the
systems are searched by that address alone, no other identifier can be confirmed, and nobody's data is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from requests_app.domain.rights import IdentityMethod
from requests_app.models import IdentityCheck, Representation
from requests_app.services import words

if TYPE_CHECKING:
    from requests_app.models import Case


def by_mailbox_alone(case: Case) -> bool:
    """Whether a login by one-time link is all that says who asked."""
    return IdentityCheck.objects.filter(case=case, method=IdentityMethod.EMAIL.value).exists()


def is_known(case: Case) -> bool:
    """Whether it has been made sure who asked, by more than a mailbox."""
    return IdentityCheck.objects.filter(case=case).exclude(method=IdentityMethod.EMAIL.value).exists()


def unproven() -> Q:
    """A condition on cases: filed for somebody, or from a mailbox, by who has not been shown to be that person or to act for it.

    Anybody can file such a case about anybody.
    """
    here = IdentityCheck.objects.filter(case=OuterRef("pk"))
    by_mailbox = Exists(here.filter(method=IdentityMethod.EMAIL.value))
    return Q(by_mailbox) | Q(Exists(Representation.objects.filter(case=OuterRef("pk")))) & ~Q(Exists(here))


def require_more_than_mailbox(case: Case, field: str | None = None) -> None:
    """A ``ValidationError`` (at ``field``) while only a mailbox says who asked."""
    if by_mailbox_alone(case):
        said = _("Only an e-mail address says who asked. Confirm who is asking first, by other means.")
        raise ValidationError({field: said} if field else said)


_ASSURANCE = {"loa2": "2", "loa3": "3", "loa4": "4"}


def level_words(level: str) -> str:
    """By what it was made sure who asked: the Swedish level of assurance, the proof of who acts, or the note as it was written."""
    if level in _ASSURANCE:
        return _("Level of assurance %(n)s") % {"n": _ASSURANCE[level]}
    return str(words.PROOFS.get(level, level))
