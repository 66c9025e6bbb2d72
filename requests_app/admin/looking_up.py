"""The look-up on the page that registers: the form shown again, with what the customer system knows in the fields that were empty."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext as _, gettext_lazy

from requests_app.admin.files_field import FilesField
from requests_app.admin.looking_up_differences import differences
from requests_app.admin.registering_form import RegisterForm
from requests_app.domain.deadline_words import format_day
from requests_app.domain.identifiers import IdentifierKind
from requests_app.services import look_up, people
from requests_app.services.audit import Actor

if TYPE_CHECKING:
    from django.http import HttpRequest

    from requests_app.connectors.base import KnownPerson
    from requests_app.models import User

BUTTON = "look_up"
"""The button's name; its value is empty, or the customer number that was chosen among several."""
PROTECTED = "protected"
_FIELDS = {kind: kind.value for kind in look_up.KINDS}


@dataclass(frozen=True, slots=True)
class Result:
    """What is said above the fields: sentences, and those to choose among as customer number and words."""

    said: tuple[str, ...]
    choices: tuple[tuple[str, str], ...] = ()
    warned: tuple[str, ...] = ()
    """What was typed and is not as the customer system has it: it may be another person's."""


def asked(request: HttpRequest) -> bool:
    """Whether the person is to be looked up, and nothing registered."""
    return request.method == "POST" and BUTTON in request.POST


def answer(request: HttpRequest, user: User) -> tuple[RegisterForm, Result]:
    """The form as it was typed, filled in where it was empty, and what came of it.

    Where something typed is not as the customer system has it, nothing is filled in before that person has been chosen. Somebody
    protected ticks that the case is; only another person's look-up takes that away again.
    """
    typed = _typed(request, user)
    protected = typed.get(PROTECTED)
    for name, value in _before(typed).items():  # what an earlier look-up filled in is another person's now
        if "\n".join(str(typed.get(name)).splitlines()) == value:
            typed[name] = ""
    chosen = request.POST[BUTTON].strip()
    kind = (
        IdentifierKind.CUSTOMER_NO if chosen else next((k for k, name in _FIELDS.items() if typed[name].strip()), None)
    )
    fill: dict[str, str] = {}
    if kind is None:
        result = Result(
            (_("Write a personal identity number, a customer number, an e-mail address or a telephone number first."),)
        )
    else:
        try:
            looked = look_up.look_up(actor=Actor.staff(user), kind=kind, text=chosen or typed[_FIELDS[kind]])
        except ValidationError as error:
            result = Result(tuple(error.messages))
        else:
            if len(looked.found) == 1:
                result, fill = _filled_in(looked.found[0], typed, looked.faults, chosen=bool(chosen))
                protected = typed.get(PROTECTED)
            else:
                result = _result(looked, kind)
    if protected:
        typed[PROTECTED] = protected
    form = RegisterForm(user=user, initial={**typed, **fill, "filled": json.dumps(fill)})
    form.fields["channel"].widget.begins = False
    return form, result


def _typed(request: HttpRequest, user: User) -> dict[str, Any]:
    """What stands in the fields, right or not. Files are not sent back by any browser."""
    fields = RegisterForm(user=user).fields.items()
    return {
        name: field.widget.value_from_datadict(request.POST, request.FILES, name) or ""
        for name, field in fields
        if not isinstance(field, FilesField)
    }


def _before(typed: dict[str, Any]) -> dict[str, str]:
    """What the last look-up filled in."""
    try:
        found = json.loads(typed["filled"])
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if name in _FILLED} if isinstance(found, dict) else {}


_FILLED = ("name", "customer_no", "email", "phone", "address", PROTECTED)


def _values(person: KnownPerson) -> dict[str, str]:
    known = {
        "name": person.name,
        "customer_no": person.customer_no,
        "email": next(iter(person.emails), ""),
        "phone": people.shown_phone(next(iter(person.phones), "")),
        "address": person.address,
    }
    return {name: value for name, value in known.items() if value} | ({PROTECTED: "True"} if person.protected else {})


def _filled_in(
    person: KnownPerson, typed: dict[str, Any], faults: tuple[str, ...], *, chosen: bool
) -> tuple[Result, dict[str, str]]:
    """What is said of the one who was found, and what is filled in: of somebody who may be another person only when chosen."""
    warned = differences(person, typed)
    fill = {name: value for name, value in _values(person).items() if not str(typed.get(name, "")).strip()}
    if not warned or chosen:
        return Result((*_found(person), *faults), warned=warned), fill
    said = _("Nothing has been filled in. Check with the person. Press Fill in only if it is the right person.")
    choices = ((person.customer_no, _line(person)),)
    return Result((said, *faults), choices, warned), {PROTECTED: fill[PROTECTED]} if PROTECTED in fill else {}


_NOBODY = {
    IdentifierKind.PERSONNUMMER: gettext_lazy(
        "Nobody was found with that personal identity number. Check what was typed, or enter the person by hand."
    ),
    IdentifierKind.CUSTOMER_NO: gettext_lazy(
        "Nobody was found with that customer number. Check what was typed, or enter the person by hand."
    ),
    IdentifierKind.EMAIL: gettext_lazy(
        "Nobody was found with that e-mail address. Check what was typed, or enter the person by hand."
    ),
    IdentifierKind.PHONE: gettext_lazy(
        "Nobody was found with that telephone number. Check what was typed, or enter the person by hand."
    ),
}


def _result(looked: look_up.LookedUp, kind: IdentifierKind) -> Result:
    if not looked.found:
        return Result(looked.faults or (str(_NOBODY[kind]),))
    several = (
        _("More fit than can be shown. Look up by a personal identity number or a customer number, or choose.")
        if looked.more
        else _("Several fit. Ask the person, and choose.")
    )
    return Result((several, *looked.faults), tuple((person.customer_no, _line(person)) for person in looked.found))


def _found(person: KnownPerson) -> tuple[str, ...]:
    found = _("Found: %(person)s.") % {"person": _line(person)}
    if person.protected:
        return found, _("Nothing but the number is filled in. The case is protected. Tell a coordinator at once.")
    return found, _("What was empty has been filled in. Check it with the person.")


def _line(person: KnownPerson) -> str:
    """Who somebody is, in a line."""
    born = ""
    if person.birth_date is not None:
        born = _("born %(day)s") % {"day": format_day(person.birth_date, get_language() or "sv").partition(" ")[2]}
    name = _("protected personal data") if person.protected else person.name
    number = _("customer number %(number)s") % {"number": person.customer_no}
    return ", ".join(part for part in (name, born, number) if part)
