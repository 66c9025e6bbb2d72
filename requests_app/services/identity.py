"""How much is known of who asked. A confirmed mailbox says only that somebody reads it; it opens what is keyed to its address.

Whoever logged in with a one-time link may type anybody's name and number. Until staff has made sure who it is by other means, the
systems are searched by that address alone, no other identifier can be confirmed, and nobody's data is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _, gettext_lazy

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


_ASSURANCE = {name.format(n): n for n in "234" for name in ("loa{}", "http://id.elegnamnden.se/loa/1.0/loa{}")}
_BANKID = gettext_lazy("Swedish BankID")
_LEVELS = {
    "sbid": _BANKID,  # Signicat's idp
    "sebankid": _BANKID,  # Criipto's identityscheme
    "urn:grn:authn:se:bankid": _BANKID,  # Criipto's acr
    "PLUS": gettext_lazy("Freja eID, the level Plus"),
    "EXTENDED": gettext_lazy("Freja eID, the level Extended"),
    "demo": gettext_lazy("A made-up login of the demonstration"),
}
"""What providers of eID call the login, in words."""


def level_words(check: IdentityCheck) -> str:
    """By what it was made sure who asked: what the eID said, the proof of who acts, or the note as it was written."""
    level = check.level
    if level in _ASSURANCE:
        return _("Level of assurance %(n)s") % {"n": _ASSURANCE[level]}
    if check.method == IdentityMethod.EID.value and level:
        return str(_LEVELS.get(level) or _("The eID's own level: %(level)s") % {"level": level})
    return str(words.PROOFS.get(level, level))
