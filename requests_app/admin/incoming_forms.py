"""What is asked about a mail that came in: as what it is taken, to which case it belongs, why it is no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy

from requests_app.admin.forms import StyledForm
from requests_app.domain.rights import FILED
from requests_app.models import SearchProfile, Team
from requests_app.services import access, intake, policy, words
from requests_app.services.mailbox import words as mail_words
from requests_app.services.mailbox.proposals import Acceptance
from requests_app.web.forms import ClockField, DayField, swedish_moment

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.models import IncomingMail, User
    from requests_app.services.mailbox.parsing import Mail

PREFILLED = 4_000
"""Characters of the mail that are put into the field for the person's own words; the whole is kept with the case."""


class AcceptForm(StyledForm):
    """As what a mail is taken. The rights that were guessed are chosen already; a person looks at them."""

    rights = forms.MultipleChoiceField(
        label=gettext_lazy("What does the person want?"), widget=forms.CheckboxSelectMultiple
    )
    against_marketing = forms.BooleanField(label=gettext_lazy("The objection is about advertising"), required=False)
    details = forms.CharField(
        label=gettext_lazy("In the person's own words"),
        required=False,
        max_length=intake.MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Taken from the mail. Shorten it to what the request is about."),
    )
    name = forms.CharField(label=gettext_lazy("The person's name"), max_length=200)
    email = forms.CharField(label=gettext_lazy("E-mail"), required=False, max_length=254)
    received_on = DayField(label=gettext_lazy("It reached us"))
    received_time = ClockField(label=gettext_lazy("Time"))
    reason = forms.CharField(
        label=gettext_lazy("Why the day is another one"),
        required=False,
        max_length=2_000,
        help_text=gettext_lazy(
            "Only if you change when it reached us: for example that it first came to another mailbox."
        ),
    )
    profile = forms.ChoiceField(label=gettext_lazy("The person is"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the answer"), choices=[("sv", "Svenska"), ("en", "English")]
    )
    team = forms.ChoiceField(label=gettext_lazy("Team"))
    handle = forms.BooleanField(label=gettext_lazy("I handle the case"), required=False, initial=True)
    protected = forms.BooleanField(
        label=gettext_lazy("Protected: only you and those you choose may see the case"), required=False
    )

    def __init__(self, *args: Any, user: User, row: IncomingMail, mail: Mail, **options: Any) -> None:
        local = localtime(row.received_at)
        options["initial"] = {
            "rights": list(row.guess.get("rights", {})),
            "details": mail.text[:PREFILLED],
            "name": mail.from_name,
            "email": mail.from_address,
            "received_on": local.date(),
            "received_time": local.strftime("%H:%M"),
            "profile": "customer",
            "language": row.guess.get("language", "sv"),
        }
        super().__init__(*args, prefix="accept", **options)
        self._arrived_at = row.received_at
        self._choose("rights", [(right.value, words.right(right.value)) for right in FILED])
        self._choose("profile", [(profile.key, str(profile)) for profile in SearchProfile.objects.all()])
        self._choose("team", [(team.key, team.name) for team in Team.objects.all()])
        works = list(access.teams_with(user, access.WORK_TEAM))
        usual = policy.current()[1].default_team
        keys = [team.key for team in works]
        self.fields["team"].initial = usual if usual in keys or not keys else keys[0]

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices

    def acceptance(self) -> Acceptance:
        """What was entered, as the service takes it."""
        data = self.cleaned_data
        return Acceptance(
            rights={right: data["details"] for right in data["rights"]},
            name=data["name"],
            email=data["email"],
            received_at=self._received_at(),
            reason=data["reason"],
            profile=data["profile"],
            language=data["language"],
            team=data["team"],
            protected=data["protected"],
            against_marketing=data["against_marketing"],
        )

    def _received_at(self) -> datetime:
        """The moment entered; when it is the minute the mail came in, that very moment."""
        moment = swedish_moment(self.cleaned_data["received_on"], self.cleaned_data["received_time"])
        arrived = localtime(self._arrived_at).replace(second=0, microsecond=0)
        return self._arrived_at if moment == arrived else moment


class JoinForm(StyledForm):
    """The case a mail belongs to."""

    number = forms.CharField(label=gettext_lazy("Diary number"), max_length=40)


class DismissForm(StyledForm):
    """Why a mail is no request."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why is it no request?"),
        choices=[(member.value, text) for member, text in mail_words.DISMISSALS.items()],
        widget=forms.RadioSelect,
    )
