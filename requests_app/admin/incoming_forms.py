"""What is asked about a mail that came in: as what it is taken, to which case it belongs, why it is no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext as _, gettext_lazy

from requests_app.admin.acting_fields import basis_field, capacity_field, keep_apart, quiet
from requests_app.admin.forms import StyledForm
from requests_app.documents.safe_text import clean
from requests_app.domain.channels import Capacity
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import FILED
from requests_app.models import SearchProfile, Team
from requests_app.services import access, intake, policy, words
from requests_app.services.mailbox import words as mail_words
from requests_app.services.mailbox.proposals import Acceptance
from requests_app.services.people import Contact
from requests_app.services.representation import Acting
from requests_app.web.forms import ClockField, DayField, swedish_moment

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.connectors.mail.parsing import Mail
    from requests_app.models import IncomingMail, User

PREFILLED = 4_000
"""Characters of the mail that are put into the field for the person's own words; the whole is kept with the case."""

ACTING = (
    "capacity",
    "person_name",
    "person_number",
    "person_customer_no",
    "person_email",
    "person_phone",
    "basis",
    "proofs",
)
_IDENTIFIERS = {
    "person_number": IdentifierKind.PERSONNUMMER,
    "person_customer_no": IdentifierKind.CUSTOMER_NO,
    "person_phone": IdentifierKind.PHONE,
}
_FIELDS = {kind.value: field for field, kind in _IDENTIFIERS.items()} | {"name": "person_name", "email": "person_email"}
"""The service's words for what is known of the person, and the fields of the fold."""


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
    name = forms.CharField(label=gettext_lazy("Name of who asks"), max_length=200)
    email = forms.CharField(label=gettext_lazy("E-mail of who asks"), required=False, max_length=254)
    capacity = capacity_field()
    person_name = forms.CharField(
        label=gettext_lazy("The person's name"), required=False, max_length=200, widget=quiet()
    )
    person_number = forms.CharField(
        label=gettext_lazy("The person's identity number, if given"), required=False, widget=quiet(inputmode="numeric")
    )
    person_customer_no = forms.CharField(
        label=gettext_lazy("The person's customer number, if given"), required=False, widget=quiet()
    )
    person_email = forms.CharField(
        label=gettext_lazy("The person's e-mail"), required=False, widget=quiet(inputmode="email")
    )
    person_phone = forms.CharField(
        label=gettext_lazy("The person's telephone"), required=False, widget=quiet(inputmode="tel")
    )
    basis = basis_field()
    proofs = forms.MultipleChoiceField(
        label=gettext_lazy("Which files show it?"), required=False, widget=forms.CheckboxSelectMultiple
    )
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
            "against_marketing": row.guess.get("marketing", False),
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
        files = [(f"{file.n}", clean(file.name)) for file in mail.attachments if not file.inline]
        if files:
            self._choose("proofs", files)
        else:
            del self.fields["proofs"]
        self._choose("team", [(team.key, team.name) for team in Team.objects.all()])
        works = list(access.teams_with(user, access.WORK_TEAM))
        usual = policy.current()[1].default_team
        keys = [team.key for team in works]
        self.fields["team"].initial = usual if usual in keys or not keys else keys[0]

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices

    @property
    def usual_fields(self) -> list[forms.BoundField]:
        """What is asked about every mail."""
        return [field for field in self.visible_fields() if field.name not in ACTING]

    @property
    def acting_fields(self) -> list[forms.BoundField]:
        """What is asked when who wrote is not the person."""
        return [self[name] for name in ACTING if name in self.fields]

    @property
    def acting_open(self) -> bool:
        """Whether anything of that was filled in, or is wrong."""
        return self.is_bound and any(field.data or field.errors for field in self.acting_fields)

    def clean(self) -> dict[str, Any]:
        """Once anything is said of another person, the right to ask for that one and the name are needed."""
        cleaned = super().clean() or {}
        if cleaned.get("capacity"):
            if not cleaned.get("person_name") and not self.has_error("person_name"):
                self.add_error("person_name", _("Write the person's name."))
            keep_apart(self, "person_email", "email")
        elif not self.has_error("capacity") and any(cleaned.get(name) for name in ACTING):
            self.add_error("capacity", _("Choose by what right, or empty the other fields about the person."))
        return cleaned

    def acceptance(self) -> Acceptance:
        """What was entered, as the service takes it. Of who acts for another nothing is searched."""
        data = self.cleaned_data
        name, email, acting = data["name"], data["email"], None
        if data["capacity"]:
            name, email = data["person_name"], data["person_email"]
            acting = Acting(
                capacity=Capacity(data["capacity"]),
                name=data["name"],
                contact=Contact(email=data["email"]),
                basis=data["basis"],
            )
        typed = [(kind, data[field].strip(), "request") for field, kind in _IDENTIFIERS.items() if data[field].strip()]
        return Acceptance(
            rights={right: data["details"] for right in data["rights"]},
            name=name,
            email=email,
            phone=data["person_phone"],
            received_at=self._received_at(),
            reason=data["reason"],
            profile=data["profile"],
            language=data["language"],
            team=data["team"],
            protected=data["protected"],
            against_marketing=data["against_marketing"],
            identifiers=tuple(typed),
            acting=acting,
            proofs=frozenset(int(n) for n in data.get("proofs", ())),
        )

    def field_of(self) -> dict[str, str]:
        """Where on the form stands what the service calls otherwise."""
        found = {"received_at": "received_on", "acting": "name"}
        if not self.cleaned_data["capacity"]:
            return found
        return found | _FIELDS

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
