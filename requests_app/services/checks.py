"""What many services ask before they begin: that a member of staff does it, and that what was written can be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from requests_app.models import User
    from requests_app.services.audit import Actor


def member_of_staff(actor: Actor) -> User:
    """The person behind the actor; ``ValidationError`` when it is the data subject or the system itself."""
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can do this."))
    return actor.user


def written(field: str, text: str, missing: str, *, limit: int) -> str:
    """A text that must be there, without the white space around it.

    Raises ``ValidationError`` on ``field``: ``missing`` when there is none, another when it has more than ``limit`` characters.
    """
    text = text.strip()
    if not text:
        raise ValidationError({field: missing})
    if len(text) > limit:
        raise ValidationError({field: too_long(limit)})
    return text


def too_long(limit: int) -> str:
    """What is said of a text with more characters than that."""
    return _("The text may have at most %(limit)s characters.") % {"limit": number_format(limit, force_grouping=True)}
