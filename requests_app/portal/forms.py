"""What all forms of the portal share, and those of the login. Every message stands at its field, and no input cuts off what is typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from requests_app.domain.identifiers import IdentifierKind
from requests_app.services import people


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


def area(rows: int) -> forms.Textarea:
    """A field of several lines."""
    return forms.Textarea(attrs={"rows": rows, "cols": 40})


class ManyFiles(forms.FileInput):
    """The browser's own way to choose files, several at once."""

    allow_multiple_selected = True


class FilesField(forms.Field):
    """Where files are sent along. They are looked at and kept by themselves, so that no other mistake in the page loses them."""

    widget = ManyFiles
    optional = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> None:
        """Nothing: what was sent is not an answer to keep with the others."""


class PageForm(forms.Form):
    """What the forms of all pages share: messages come from us, in the language of the page, not from the browser."""

    use_required_attribute = False
    template_name_div = template_name = "portal/form.html"

    def typed(self) -> dict[str, Any]:
        """What was filled in: the checked value of each field, or as it was typed where it is not right yet."""
        known = getattr(self, "cleaned_data", {})
        asked = [name for name, field in self.fields.items() if not isinstance(field, FilesField)]
        return {name: known[name] if name in known else self[name].data for name in asked}

    def only(self, name: str) -> None:
        """Let go of what is wrong elsewhere than at a field: nothing else has been asked for yet."""
        for other in [key for key in self.errors if key != name]:
            del self.errors[other]


def checked(form: forms.Form, name: str, kind: IdentifierKind) -> str:
    """What was typed in an optional field, after it was found to be of its kind."""
    text: str = form.cleaned_data[name]
    if text:
        people.normalised(kind, text)
    return text


class EmailLoginForm(PageForm):
    """Where a link to log in is mailed."""

    email = Text(
        limit=254,
        label=pgettext_lazy("portal", "Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        missing=_("Write your e-mail address."),
    )


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
