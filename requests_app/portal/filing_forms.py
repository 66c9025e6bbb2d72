"""The questions of a request, one form a page: what, for whom and about what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_app.domain.channels import Capacity
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Right
from requests_app.portal.choices import CHOICES, FIRST, title_of
from requests_app.portal.forms import FilesField, PageForm, Text, area, checked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.forms.boundfield import BoundField, BoundWidget

LONG_TEXT = 18_000
"""Characters of one text; with what the person is most interested in it stays below the limit of one right's text."""
PART_TEXT = 6_000
"""Characters in each of the parts of a text that is asked for in parts."""
SELF, OTHER = "self", "other"
WHOLE = "whole"
ALL, SOME = "all", "some"
MARKETING, ELSE = "marketing", "else"
WIDE = frozenset({Right.ACCESS, Right.ERASURE, Right.RESTRICTION, Right.PORTABILITY, Right.OBJECTION})
"""Rights of which one may say which parts matter most; for the others one names the very information."""
REASONS = {
    "wrong": _("The information is wrong, and you are looking into it"),
    "unlawful": _("You may not use it, but I do not want it deleted"),
    "claim": _("You no longer need it, but I need it for a legal claim"),
    "objected": _("I have objected to how you use it, and you have not answered yet"),
}
"""When information may be used only with limits (Art. 18(1)), in the person's words."""
CAPACITIES = {
    Capacity.PROXY: _("I have a power of attorney"),
    Capacity.GUARDIAN: _("I have custody of the child"),
    Capacity.TRUSTEE: _("I am the person's trustee (god man)"),
    Capacity.ADMINISTRATOR: _("I am the person's administrator (förvaltare)"),
}
"""As what somebody acts for the person."""


def choice(missing: Any, **kwargs: Any) -> forms.ChoiceField:
    """Radio buttons of which nothing is chosen beforehand; ``missing`` is said when nothing is."""
    return forms.ChoiceField(
        widget=forms.RadioSelect, error_messages={"required": missing, "invalid_choice": missing}, **kwargs
    )


class WhatForm(PageForm):
    """What the person wants; several things at once."""

    rights = forms.MultipleChoiceField(
        choices=[(right.value, texts[0]) for right, texts in CHOICES.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one thing you want us to do."),
            "invalid_choice": _("This cannot be asked for here. Choose from the list."),
            "invalid_list": _("This cannot be asked for here. Choose from the list."),
        },
    )

    def _cards(self) -> list[tuple[Right, tuple[BoundWidget, tuple[Any, ...]]]]:
        pairs = zip(CHOICES.items(), self["rights"].subwidgets, strict=True)
        return [(right, (widget, texts[1:])) for (right, texts), widget in pairs]

    def cards(self) -> list[tuple[BoundWidget, tuple[Any, ...]]]:
        """What most people come for, each with its explanation."""
        return [card for right, card in self._cards() if right in FIRST]

    def more(self) -> list[tuple[BoundWidget, tuple[Any, ...]]]:
        """The other choices."""
        return [card for right, card in self._cards() if right not in FIRST]

    def more_open(self) -> bool:
        """Whether one of the other choices is chosen."""
        return any(card[0].data["selected"] for card in self.more())


class WhomForm(PageForm):
    """Whom it is about."""

    whom = choice(
        _("Choose whom the request is about."),
        choices=[(SELF, _("Mine")), (OTHER, _("Somebody else's, and I act for that person"))],
        label=_("Whose information is it about?"),
        help_text=_(
            "You may act for somebody with a power of attorney, as a parent with custody, or as a trustee (god man) or "
            "administrator (förvaltare)."
        ),
    )


class PersonForm(PageForm):
    """The person somebody else acts for; kept apart from who acts."""

    capacity = choice(
        _("Choose why you may act for the person."),
        choices=[(capacity.value, said) for capacity, said in CAPACITIES.items()],
        label=_("Why may you act for the person?"),
    )
    person_name = Text(
        limit=200,
        label=_("The person's name"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        missing=_("Write the person's name."),
    )
    person_number = Text(
        limit=40,
        required=False,
        label=_("The person's personal identity number"),
        help_text=_(
            "YYYYMMDD-NNNN. It helps us find the right person's information. Leave it empty if you do not know it."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "numeric"}),
    )
    person_email = Text(
        limit=254,
        required=False,
        label=_("The person's e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    person_phone = Text(
        limit=40,
        required=False,
        label=_("The person's telephone number"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    basis = Text(
        limit=PART_TEXT,
        required=False,
        widget=area(3),
        label=_("Is there something we should know about why you may act?"),
        help_text=_("For example: the court decision and its date, or what the power of attorney covers."),
    )
    files = FilesField(
        label=_("Proof that you may act"),
        help_text=_(
            "The power of attorney or the court decision, as PDF or picture. At most ten files of 25 MB each. "
            "You can also send it later, as a message. If you have custody of the child you need not send anything now."
        ),
    )

    def __init__(self, *args: Any, own_number: str = "", own_email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own_number = own_number
        self._own_email = own_email

    def clean_person_number(self) -> str:
        """A number, if any; not that of who is logged in."""
        number = checked(self, "person_number", IdentifierKind.PERSONNUMMER)
        if number and number == self._own_number:
            raise forms.ValidationError(
                _("This is your own personal identity number. Go back and choose that it is about you.")
            )
        return number

    def clean_person_email(self) -> str:
        """An address, if any; not that of who is logged in."""
        email = checked(self, "person_email", IdentifierKind.EMAIL)
        if email and email.lower() == self._own_email.lower():
            raise forms.ValidationError(
                _("This is the address you logged in with. Write one that is the person's own, or leave it empty.")
            )
        return email

    def clean_person_phone(self) -> str:
        """A telephone number, if any."""
        return checked(self, "person_phone", IdentifierKind.PHONE)


class DetailsForm(PageForm):
    """What the chosen things are about. A request for access needs no more than having been chosen."""

    access_about = Text(
        limit=LONG_TEXT,
        required=False,
        widget=area(4),
        label=_("Are you looking for something in particular?"),
        help_text=_("You get everything even if you leave this empty."),
    )
    rectify_what = Text(
        limit=PART_TEXT,
        widget=area(3),
        label=_("Which information is wrong?"),
        help_text=_("For example: my telephone number."),
        missing=_("Write which information is wrong."),
    )
    rectify_right = Text(
        limit=PART_TEXT,
        widget=area(3),
        label=_("What should it be?"),
        missing=_("Write what the right information is."),
    )
    rectify_where = Text(
        limit=PART_TEXT,
        required=False,
        widget=area(2),
        label=_("Where did you see it?"),
        help_text=_("For example: on Mina sidor or on an invoice. We look in other places too."),
    )
    erase_scope = choice(
        _("Choose what you want us to delete."),
        choices=[
            (ALL, _("Everything that can be deleted")),
            (SOME, _("Certain information, which I describe below")),
        ],
        label=_("What do you want us to delete?"),
    )
    erase_what = Text(
        limit=LONG_TEXT,
        required=False,
        optional=False,
        widget=area(4),
        label=_("Which information?"),
        help_text=_("Fill this in only if you chose certain information. For example: my old e-mail address."),
    )
    restrict_what = Text(
        limit=PART_TEXT,
        widget=area(3),
        label=_("Which information should we not use?"),
        help_text=_("For example: the meter readings of last winter."),
        missing=_("Write which information we should not use."),
    )
    restrict_why = choice(
        _("Choose why we should not use it."),
        choices=list(REASONS.items()),
        label=_("Why should we not use it?"),
    )
    move_what = Text(
        limit=PART_TEXT,
        required=False,
        widget=area(3),
        label=_("Which information do you want to move?"),
        help_text=_("Leave this empty if you want everything that can be moved."),
    )
    move_to = Text(
        limit=PART_TEXT,
        required=False,
        widget=area(2),
        label=_("Should we send it straight to somebody else?"),
        help_text=_("Write to whom, if so. Otherwise you get the file yourself."),
    )
    object_to = choice(
        _("Choose what you object to."),
        choices=[
            (MARKETING, _("Advertising, and that you analyse me for it")),
            (ELSE, _("Something else, which I describe below")),
        ],
        label=_("What do you object to?"),
    )
    object_why = Text(
        limit=LONG_TEXT,
        required=False,
        optional=False,
        widget=area(4),
        label=_("What should we stop doing, and why?"),
        help_text=_("Fill this in if you chose something else. Tell us what in your situation speaks against it."),
    )
    areas = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("What matters most to you?"),
        error_messages={"invalid_choice": _("Choose from the list."), "invalid_list": _("Choose from the list.")},
    )
    files = FilesField(
        label=_("Do you want to send any files?"),
        help_text=_(
            "PDF, pictures, Word, Excel or text. At most ten files of 25 MB each. Never a copy of your identity document."
        ),
    )
    PREFIXES = {
        "access": Right.ACCESS,
        "rectify": Right.RECTIFICATION,
        "erase": Right.ERASURE,
        "restrict": Right.RESTRICTION,
        "move": Right.PORTABILITY,
        "object": Right.OBJECTION,
    }

    def __init__(
        self,
        *args: Any,
        rights: Collection[str],
        areas: Iterable[tuple[str, str]] = (),
        about: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.about = about
        for name in list(self.fields):
            right = self.PREFIXES.get(name.partition("_")[0])
            if right is not None and right.value not in rights:
                del self.fields[name]
        if about and "object_to" in self.fields:
            self.fields["object_to"].choices = [
                (MARKETING, _("Advertising, and that you analyse the person for it")),
                *self.fields["object_to"].choices[1:],
            ]
        known = list(areas)
        if known and {right.value for right in WIDE} & set(rights):
            self.fields["areas"].choices = known
        else:
            del self.fields["areas"]

    def groups(self) -> list[tuple[Any, list[BoundField]]]:
        """The questions by what they are about."""
        found = (
            (title_of(right.value, self.about), [self[name] for name in self.fields if name.startswith(f"{prefix}_")])
            for prefix, right in self.PREFIXES.items()
        )
        return [(title, fields) for title, fields in found if fields]

    def parts(self) -> BoundField | None:
        """The question which parts matter most, where it is asked."""
        return self["areas"] if "areas" in self.fields else None

    def clean(self) -> dict[str, Any]:
        """Certain information must be named, everything cannot be limited; what is objected to beside advertising must be named."""
        cleaned = super().clean() or {}
        if cleaned.get("erase_scope") == SOME and "erase_what" in cleaned and not cleaned["erase_what"]:
            self.add_error("erase_what", _("Write which information you want us to delete."))
        if cleaned.get("erase_scope") == ALL and cleaned.get("erase_what"):  # what is deleted cannot be had back
            said = _(
                "You chose everything, and also described certain information here. If you mean only that information, or "
                "want to keep something, choose certain information above. If you want everything deleted, empty this field."
            )
            self.add_error("erase_what", said)
        if cleaned.get("object_to") == ELSE and "object_why" in cleaned and not cleaned["object_why"]:
            self.add_error("object_why", _("Write what we should stop doing, and why."))
        return cleaned


class WithdrawForm(PageForm):
    """What of a request is taken back, when it is about several things."""

    what = choice(_("Choose what you want to take back."), label=_("What do you want to take back?"))

    def __init__(self, *args: Any, rights: Collection[str], about: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not rights:
            del self.fields["what"]
            return
        each = [(right, title_of(right, about)) for right in rights]
        self.fields["what"].choices = [(WHOLE, _("The whole request")), *each]
