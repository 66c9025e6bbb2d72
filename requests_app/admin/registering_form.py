"""What is typed of a request that somebody made by post, telephone or over the counter."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy

from requests_app.admin.acting_fields import ACTING, ActingFields
from requests_app.admin.files_field import FilesField
from requests_app.admin.forms import FirstChoice
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import BY_HAND, FILED, Channel, Right
from requests_app.models import SearchProfile, Team
from requests_app.services import access, policy, words
from requests_app.services.intake import Request
from requests_app.services.people import Contact
from requests_app.web.forms import ClockField, DayField, swedish_moment

if TYPE_CHECKING:
    from requests_app.models import User

_IDENTIFIERS = {
    "personnummer": IdentifierKind.PERSONNUMMER,
    "customer_no": IdentifierKind.CUSTOMER_NO,
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
}


def _read_back(keyboard: str = "text") -> forms.TextInput:
    """A field whose value is read back beside it as soon as it is typed."""
    return forms.TextInput(
        attrs={
            "autocomplete": "off",
            "inputmode": keyboard,
            "hx-post": reverse_lazy("admin:register_read_back"),
            "hx-trigger": "change",
            "hx-target": "#read-back",
        }
    )


def _said(label: Any) -> forms.CharField:
    """What the person said about one right."""
    return forms.CharField(label=label, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class RegisterForm(ActingFields):
    """What is typed while the person is on the line. What is right the service says."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=40)
    filled = forms.CharField(widget=forms.HiddenInput, required=False)
    """What a look-up filled in, as JSON: the next one may put something else there."""
    channel = forms.ChoiceField(
        label=gettext_lazy("How did the request come?"), widget=FirstChoice, initial=Channel.PHONE.value
    )
    received_on = DayField(label=gettext_lazy("It reached us"), initial=timezone.localdate)
    received_time = ClockField(label=gettext_lazy("Time (may be left empty)"), required=False)
    name = forms.CharField(
        label=gettext_lazy("The person's name"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    personnummer = forms.CharField(
        label=gettext_lazy("Personal identity number, if given"), required=False, widget=_read_back("numeric")
    )
    customer_no = forms.CharField(label=gettext_lazy("Customer number, if given"), required=False, widget=_read_back())
    email = forms.CharField(label=gettext_lazy("E-mail"), required=False, widget=_read_back("email"))
    phone = forms.CharField(label=gettext_lazy("Telephone"), required=False, widget=_read_back("tel"))
    address = forms.CharField(
        label=gettext_lazy("Postal address for the answer"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("What does the person want?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    details_access = _said(gettext_lazy("What they want to know, if they said so"))
    details_rectification = _said(gettext_lazy("What is wrong, and what it should be"))
    details_erasure = _said(gettext_lazy("What should be erased, if they said so"))
    details_restriction = _said(gettext_lazy("What should be restricted, and why"))
    details_portability = _said(gettext_lazy("Which data should be moved, if they said so"))
    against_marketing = forms.BooleanField(
        label=gettext_lazy("It is about advertising"),
        required=False,
        help_text=gettext_lazy(
            "Advertising stops at once and without weighing anything: tasks are made in every system."
        ),
    )
    details_objection = _said(gettext_lazy("What the person objects to, and why"))
    details_consent_withdrawal = _said(gettext_lazy("Which advertising, if they said so"))
    profile = forms.ChoiceField(label=gettext_lazy("The person is"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the answer"), choices=[("sv", "Svenska"), ("en", "English")], initial="sv"
    )
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    external_no = forms.CharField(
        label=gettext_lazy("HEM's diary number, if there is one"), required=False, max_length=40
    )
    files = FilesField(
        label=gettext_lazy("Files, such as the scanned letter"),
        required=False,
        help_text=gettext_lazy(
            "PDF, pictures, Word, Excel, e-mail or text. Several can be chosen; at most 25 MB together."
        ),
    )
    handle = forms.BooleanField(
        label=gettext_lazy("I handle the case"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Holds if you work the cases of the team above."),
    )
    protected = forms.BooleanField(
        label=gettext_lazy("Protected: only you and those you choose may see the case"),
        required=False,
        help_text=gettext_lazy("For protected personal data, and for staff who ask about themselves."),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        own = [name for name in self.fields if name not in ACTING]
        place = own.index("address") + 1
        self.order_fields([*own[:place], *ACTING, *own[place:]])
        self.fields["token"].initial = secrets.token_urlsafe(16)
        self._choose("channel", [(channel.value, words.CHANNELS[channel]) for channel in BY_HAND])
        self._choose("rights", [(right.value, _RIGHTS[right.value]) for right in FILED])
        self._choose("profile", [(profile.key, str(profile)) for profile in SearchProfile.objects.all()])
        self._choose("team", [(team.key, team.name) for team in Team.objects.all()])
        self.fields["profile"].initial = "customer"
        works = list(access.teams_with(user, access.WORK_TEAM))
        self.fields["team"].initial = works[0].key if works else policy.current()[1].default_team
        if not works:  # customer service sees no case: it neither handles one nor chooses who sees it
            del self.fields["handle"]
            self.fields["protected"].widget = forms.HiddenInput()  # set by a look-up that found somebody protected

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices

    @property
    def detail_fields(self) -> list[tuple[str, forms.BoundField]]:
        """What is asked about each right, with the right it is shown for."""
        fields = [(right.value, self[f"details_{right.value}"]) for right in FILED]
        place = [right for right, _field in fields].index(Right.OBJECTION.value)
        return [*fields[:place], (Right.OBJECTION.value, self["against_marketing"]), *fields[place:]]

    def request(self, papers: list[tuple[str, bytes]]) -> Request:
        """What reached us, as the intake takes it; ``papers`` are the files that show that somebody may act."""
        data = self.cleaned_data
        typed = [(kind, data[name].strip(), "staff") for name, kind in _IDENTIFIERS.items() if data[name].strip()]
        return Request(
            channel=Channel(data["channel"]),
            rights={right: data[f"details_{right}"] for right in data["rights"]},
            received_at=swedish_moment(data["received_on"], data["received_time"]),
            name=data["name"],
            contact=Contact(email=data["email"].strip(), phone=data["phone"].strip(), address=data["address"].strip()),
            identifiers=tuple(typed),
            language=data["language"],
            profile=data["profile"],
            delivery_wish="post",
            team=data["team"],
            external_no=data["external_no"],
            external_key=f"hand:{data['token']}",
            protected=bool(data.get("protected")),
            against_marketing=data["against_marketing"],
            acting=self.acting(papers),
        )


_RIGHTS = {
    "access": gettext_lazy("Get to know what data we hold"),
    "rectification": gettext_lazy("Correct something"),
    "erasure": gettext_lazy("Erase something"),
    "restriction": gettext_lazy("Restrict how data is used"),
    "portability": gettext_lazy("Get data to move to somebody else"),
    "objection": gettext_lazy("Object to how data is used, advertising too"),
    "consent_withdrawal": gettext_lazy("Withdraw consent to advertising"),
}
