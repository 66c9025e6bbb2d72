"""Why something is suggested, and what standing rules hide, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, gettext_lazy

from requests_app.domain.suggest import Suggested, Why

if TYPE_CHECKING:
    from django.utils.functional import Promise

KINDS: dict[Suggested, str | Promise] = {
    Suggested.EMAIL: gettext_lazy("Somebody else's e-mail address"),
    Suggested.PHONE: gettext_lazy("Somebody else's telephone number"),
    Suggested.PERSONNUMMER: gettext_lazy("Somebody else's identity number"),
    Suggested.NAME: gettext_lazy("Somebody else's name"),
    Suggested.STAFF_NAME: gettext_lazy("An employee's name"),
    Suggested.LOOK: gettext_lazy("Look at this"),
}
_REASONS: dict[Why, str | Promise] = {
    Why.EMAIL: gettext_lazy("This e-mail address is none of the person's in this case."),
    Why.EMAIL_STAFF: gettext_lazy("This e-mail address is an employee's: it is in our own mail domain."),
    Why.PHONE: gettext_lazy("This telephone number is none of the person's in this case."),
    Why.PHONE_LOCAL: gettext_lazy(
        "This looks like a telephone number without an area code: the word before it says so."
    ),
    Why.NUMBER: gettext_lazy("This is a valid Swedish identity number, and not the person's."),
    Why.NUMBER_WRONG: gettext_lazy(
        "This is written as an identity number, but its check digit is wrong. It may be somebody's all the same."
    ),
    Why.NUMBER_PART: gettext_lazy("This is a birth date or part of an identity number, and not the person's."),
    Why.NAME_RELATION: gettext_lazy("A name after a word for a relative, a neighbour or the like."),
    Why.NAME_NAMED: gettext_lazy("The words before it say that this is a name."),
    Why.NAME_SIGNED: gettext_lazy("A name after a greeting, as somebody signs."),
    Why.NAME_FULL: gettext_lazy("A first name and a last name, and not the person's."),
    Why.NAME_FIRST: gettext_lazy("A first name that is not the person's."),
    Why.NAME_LAST: gettext_lazy("A last name that is not the person's."),
    Why.NAME_FIELD: gettext_lazy("The field holds a name, and it is not the person's."),
    Why.STAFF_SENDER: gettext_lazy("An employee wrote this. The person has no general right to employees' names."),
    Why.STAFF_FIELD: gettext_lazy(
        "The field says who at our company did something. The person has no general right to employees' names."
    ),
    Why.STAFF_SIGNED: gettext_lazy("An employee signs with this name."),
    Why.STAFF_MENTIONED: gettext_lazy("This is the name of an employee who has had to do with the matter."),
}
_TOPICS: dict[Why, str | Promise] = {
    Why.HEALTH: gettext_lazy("health (Article 9; OSL Chapter 21 Section 1)"),
    Why.THREAT: gettext_lazy("threats or a protected identity (OSL Chapter 21 Section 3)"),
    Why.SECURITY: gettext_lazy("locks, codes or other security measures (OSL Chapter 18 Section 8)"),
    Why.DISPUTE: gettext_lazy("a dispute or an opponent"),
    Why.SOCIAL: gettext_lazy("somebody's social or financial circumstances"),
    Why.DISTRESS: gettext_lazy("somebody in deep distress"),
    Why.UNION: gettext_lazy("trade union membership (Article 9)"),
    Why.RELIGION: gettext_lazy("religion or belief (Article 9)"),
    Why.ETHNICITY: gettext_lazy("ethnic origin (Article 9)"),
    Why.POLITICS: gettext_lazy("political opinions (Article 9)"),
    Why.SEXUAL: gettext_lazy("sexual life or orientation (Article 9)"),
    Why.BIOMETRIC: gettext_lazy("biometric or genetic data (Article 9)"),
    Why.CRIME: gettext_lazy("crime or suspicion of crime (Article 10)"),
}


def reason_of(why: Why) -> str:
    """Why it is suggested, as a sentence in the active language."""
    if why in _TOPICS:
        return _(
            "Look at this: the text may say something about %(topic)s. What is about the person is normally given out; "
            "see whether it is about somebody else, or must be kept secret."
        ) % {"topic": _TOPICS[why]}
    return str(_REASONS[why])


__all__ = ["KINDS", "reason_of"]
