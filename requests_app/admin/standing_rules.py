"""The standing rules on the policy page: which hold, what each hides, who approved it and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _, gettext_lazy, pgettext

from requests_app.services import access
from requests_app.services.words import STANDING_RULES

if TYPE_CHECKING:
    from requests_app.models import User


def rules_field() -> forms.MultipleChoiceField:
    """The rules there are, to be marked."""
    return forms.MultipleChoiceField(
        label=gettext_lazy("Mask in every case, without anybody choosing it"),
        choices=[(code, label) for code, (label, _hides) in STANDING_RULES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


def guard(field: forms.Field, user: User | None) -> None:
    """Let only legal change the rules; others see them."""
    if user is not None and access.may(user, "approve_decision"):
        field.help_text = _(
            "You approve what you mark. It is masked in cases that are gathered or reviewed from now on."
        )
    else:
        field.disabled = True
        field.help_text = _("Only legal can change what is masked in every case.")


def in_words(codes: list[str]) -> str:
    """The labels of rules, for a version that is read."""
    return ", ".join(str(STANDING_RULES[code][0]) for code in codes if code in STANDING_RULES) or pgettext(
        "rules", "None"
    )
