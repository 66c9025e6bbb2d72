"""The last questions of a request: who asks, and how we reach that one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from requests_app.domain.identifiers import IdentifierKind
from requests_app.portal.filing_forms import choice
from requests_app.portal.forms import PageForm, Text, checked


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
            "We search for it in our systems, for example in the newsletter. We also send a link to it: "
            "press it, and we write there when something happens."
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
    answer_language = choice(
        _("Choose a language."),
        choices=[("sv", "Svenska"), ("en", "English")],
        label=_("In which language do you want our answer?"),
    )
    delivery = choice(
        _("Choose how you want our answer."),
        choices=[
            ("portal", _("Here, after login")),
            ("post", _("By post, to the address we already have for you")),
        ],
        label=_("How do you want our answer?"),
    )

    def __init__(
        self, *args: Any, acting: bool = False, by_email: bool = False, person_email: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._person_email = person_email
        if by_email:  # the address of the login, and no other
            del self.fields["email"]
        elif acting:  # nothing of who acts is searched by
            self.fields["email"].help_text = _("We send a link there. Press it, and we write when something happens.")
        if acting:
            self.fields["phone"].help_text = _("We call if we have a question. We do not search for it.")
            self.fields["delivery"].choices = [
                ("portal", _("Here, after login, once we have seen that you may act")),
                ("post", _("By post, to the address we already have for you")),
            ]
        if by_email and acting:  # a mailbox never opens another person's answer
            self.fields["delivery"].choices = [("post", _("By post, once we have seen that you may act"))]
        elif by_email:  # who that is nobody knows yet, so there is no address either
            self.fields["delivery"].choices = self.fields["delivery"].choices[:1]

    def clean_email(self) -> str:
        """An e-mail address, if any; not the one given as that of the person somebody acts for."""
        email = checked(self, "email", IdentifierKind.EMAIL)
        if email and email.lower() == self._person_email.lower():
            raise forms.ValidationError(
                _("You gave this as the person's address. Write your own here, or go back and take it away there.")
            )
        return email

    def clean_phone(self) -> str:
        """A telephone number, if any."""
        return checked(self, "phone", IdentifierKind.PHONE)
