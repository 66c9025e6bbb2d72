"""What one can ask for in the portal: each right in the customer's words, with what it can and cannot do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from requests_app.domain.rights import Right

CHOICES = {
    Right.ACCESS: (
        _("Find out what information you have about me"),
        _("You get a copy of the information we have about you and a description of how we use it."),
        _("It is free of charge, and you do not have to say why you ask."),
    ),
    Right.RECTIFICATION: (
        _("Correct something"),
        _("We correct what is wrong and add what is missing."),
        _("If we think that the information is right, you get an explanation of why we do not change it."),
    ),
    Right.ERASURE: (
        _("Delete information"),
        _("We delete what we no longer need or may no longer keep."),
        _("Some of it we must keep by law, such as invoices; we tell you what and for how long."),
    ),
    Right.CONSENT_WITHDRAWAL: (
        _("Stop getting advertising"),
        _("We stop sending you newsletters and other advertising, and you never have to say why."),
        _("You still get what belongs to your contract, such as invoices and word of interruptions."),
    ),
    Right.RESTRICTION: (
        _("Let us not use some information for a while"),
        _("We keep the information but use it for nothing else, for example while we look into whether it is right."),
        _("It applies only in certain cases, and we tell you before we begin to use the information again."),
    ),
    Right.PORTABILITY: (
        _("Move my information to somebody else"),
        _("You get what you have given us in a file that other companies' systems can read."),
        _("It covers only what we use because of your contract or your consent, not what we have written ourselves."),
    ),
    Right.OBJECTION: (
        _("Object to how you use my information"),
        _("We stop, unless we have reasons that weigh heavier than yours; then we tell you which."),
        _("Advertising we always stop; what the law or your contract with us requires goes on."),
    ),
}
"""Right -> what one can do, and in two sentences what comes of it."""
FIRST = (Right.ACCESS, Right.RECTIFICATION, Right.ERASURE, Right.CONSENT_WITHDRAWAL)
"""What most people come for; the rest is behind one more click."""
_FOR_ANOTHER = {
    Right.ACCESS: _("Find out what information you have about %(name)s"),
    Right.PORTABILITY: _("Move the information about %(name)s to somebody else"),
    Right.OBJECTION: _("Object to how you use the information about %(name)s"),
}
"""What one does for somebody else, where the words for oneself would name the wrong one."""


def title_of(right: str, about: str = "") -> str:
    """A right as the portal calls it; ``about`` is the person when somebody else asks for that one."""
    known = Right(right)
    return str(_FOR_ANOTHER[known] % {"name": about} if about and known in _FOR_ANOTHER else CHOICES[known][0])
