"""The questions of the portal, one form a page. Every message stands at its field, and no input cuts off what is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Right
from requests_app.services import people

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from django.forms.boundfield import BoundField, BoundWidget

LONG_TEXT = 20_000
PART_TEXT = 6_000
"""Characters in each of the three parts of a rectification, which together stay below the limit of one text."""

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
}
"""Right -> what one can do, and in two sentences what comes of it."""


class Text(forms.CharField):
    """A text of limited length. There is no ``maxlength`` in the page: browsers would silently cut off what is pasted."""

    def __init__(self, *, limit: int, missing: Any = None, optional: bool | None = None, **kwargs: Any) -> None:
        too_long = _(
            "The text is too long. It has %(show_value)d characters, and the limit is %(limit_value)d. "
            "Nothing is lost: shorten it and go on."
        )
        kwargs.setdefault("error_messages", {"required": missing} if missing else {})
        super().__init__(validators=[MaxLengthValidator(limit, message=too_long)], **kwargs)
        self.optional = not self.required if optional is None else optional

    def to_python(self, value: Any) -> str:
        """Lines end in one character, as they are counted and kept."""
        text: str = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n")


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "cols": 40})


class PageForm(forms.Form):
    """What the forms of all pages share: messages come from us, in the language of the page, not from the browser."""

    use_required_attribute = False
    template_name_div = template_name = "portal/form.html"

    def typed(self) -> dict[str, Any]:
        """What was filled in: the checked value of each field, or as it was typed where it is not right yet."""
        known = getattr(self, "cleaned_data", {})
        return {name: known[name] if name in known else self[name].data for name in self.fields}


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

    def cards(self) -> Iterator[tuple[BoundWidget, tuple[Any, ...]]]:
        """Each choice with its explanation."""
        return zip(self["rights"].subwidgets, (texts[1:] for texts in CHOICES.values()), strict=True)


class DetailsForm(PageForm):
    """What the chosen things are about. A request for access needs no more than having been chosen."""

    access_about = Text(
        limit=LONG_TEXT,
        required=False,
        widget=_area(4),
        label=_("Are you looking for something in particular?"),
        help_text=_("You get everything even if you leave this empty."),
    )
    rectify_what = Text(
        limit=PART_TEXT,
        widget=_area(3),
        label=_("Which information is wrong?"),
        help_text=_("For example: my telephone number."),
        missing=_("Write which information is wrong."),
    )
    rectify_right = Text(
        limit=PART_TEXT,
        widget=_area(3),
        label=_("What should it be?"),
        missing=_("Write what the right information is."),
    )
    rectify_where = Text(
        limit=PART_TEXT,
        required=False,
        widget=_area(2),
        label=_("Where did you see it?"),
        help_text=_("For example: on Mina sidor or on an invoice. We look in other places too."),
    )
    erase_scope = forms.ChoiceField(
        choices=[
            ("all", _("Everything that can be deleted")),
            ("some", _("Certain information, which I describe below")),
        ],
        widget=forms.RadioSelect,
        label=_("What do you want us to delete?"),
        error_messages={
            "required": _("Choose what you want us to delete."),
            "invalid_choice": _("Choose what you want us to delete."),
        },
    )
    erase_what = Text(
        limit=LONG_TEXT,
        required=False,
        optional=False,
        widget=_area(4),
        label=_("Which information?"),
        help_text=_("Fill this in if you chose certain information. For example: my old e-mail address."),
    )
    PREFIXES = {"access": Right.ACCESS, "rectify": Right.RECTIFICATION, "erase": Right.ERASURE}

    def __init__(self, *args: Any, rights: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rights = rights
        for name in list(self.fields):
            if self.PREFIXES[name.partition("_")[0]].value not in rights:
                del self.fields[name]

    def groups(self) -> Iterator[tuple[Any, list[BoundField]]]:
        """The questions by what they are about."""
        for prefix, right in self.PREFIXES.items():
            if asked := [self[name] for name in self.fields if name.startswith(f"{prefix}_")]:
                yield CHOICES[right][0], asked

    def clean(self) -> dict[str, Any]:
        """Certain information must be named."""
        cleaned = super().clean() or {}
        if cleaned.get("erase_scope") == "some" and "erase_what" in cleaned and not cleaned["erase_what"]:
            self.add_error("erase_what", _("Write which information you want us to delete."))
        return cleaned


class ContactForm(PageForm):
    """Who asks and how the answer should come."""

    name = Text(
        limit=200,
        label=pgettext_lazy("portal", "Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
        missing=_("Write your name."),
    )
    email = Text(
        limit=254,
        required=False,
        label=pgettext_lazy("portal", "Your e-mail address"),
        help_text=_(
            "We search for it in our systems, for example in the newsletter, and write there if we have a question."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    phone = Text(
        limit=40,
        required=False,
        label=pgettext_lazy("portal", "Your telephone number"),
        help_text=_("We search for it in our systems, for example in the chat, and call if we have a question."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    answer_language = forms.ChoiceField(
        choices=[("sv", "Svenska"), ("en", "English")],
        widget=forms.RadioSelect,
        label=_("In which language do you want our answer?"),
        error_messages={"required": _("Choose a language."), "invalid_choice": _("Choose a language.")},
    )
    delivery = forms.ChoiceField(
        choices=[
            ("portal", _("Here, after login")),
            ("post", _("By post, to the address we already have for you")),
        ],
        widget=forms.RadioSelect,
        label=_("How do you want our answer?"),
        error_messages={
            "required": _("Choose how you want our answer."),
            "invalid_choice": _("Choose how you want our answer."),
        },
    )

    def clean_email(self) -> str:
        """An e-mail address, if any."""
        return self._checked("email", IdentifierKind.EMAIL)

    def clean_phone(self) -> str:
        """A telephone number, if any."""
        return self._checked("phone", IdentifierKind.PHONE)

    def _checked(self, name: str, kind: IdentifierKind) -> str:
        text: str = self.cleaned_data[name]
        if text:
            people.normalised(kind, text)
        return text


class DemoLoginForm(PageForm):
    """A made-up person for the demonstration."""

    person_name = Text(
        limit=200,
        label=pgettext_lazy("portal", "Name"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        missing=_("Write a name."),
    )
    personnummer = Text(
        limit=40,
        label=_("Personal identity number"),
        help_text=_("Twelve digits: YYYYMMDD-NNNN. Only test numbers, never a real person's."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "numeric"}),
        missing=_("Write a personal identity number."),
    )

    def clean_personnummer(self) -> str:
        """A number in its normal form."""
        try:
            return people.normalised(IdentifierKind.PERSONNUMMER, self.cleaned_data["personnummer"])
        except ValidationError as error:
            raise ValidationError(error.messages[0], code="invalid") from None
