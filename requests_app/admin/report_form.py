"""The choice of a report: a period, and what it is narrowed to. It stands in the address, so that a report can be kept as a link."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from requests_app.admin.forms import StyledForm, style
from requests_app.domain.rights import Channel, Right
from requests_app.models import System, User
from requests_app.services import access, words
from requests_app.services.reports import Period, Query, preset

if TYPE_CHECKING:
    from django.http import QueryDict

LONGEST_YEARS = 10
FIRST_YEAR = 2018
"""The Regulation applies since May 2018; before it there is nothing to count."""


def _date_field(label: object, help_text: object = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class QueryForm(StyledForm):
    """Sent by GET; nothing chosen gives the last twelve months and everything the person oversees."""

    right = forms.ChoiceField(label=gettext_lazy("Right"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    handler = forms.ChoiceField(label=gettext_lazy("Handler"), required=False)
    system = forms.ChoiceField(label=gettext_lazy("System"), required=False)

    def __init__(self, user: User, data: QueryDict) -> None:
        usual = preset("last_12", timezone.localdate())
        sent = data.dict()
        sent.setdefault("from", usual.first.isoformat())
        sent.setdefault("to", usual.last.isoformat())
        super().__init__(sent)
        rule = _("A file for distribution is made of one whole, ended calendar month or year, with nothing narrowed.")
        dates = {"from": _date_field(gettext_lazy("From")), "to": _date_field(gettext_lazy("To and including"), rule)}
        self.fields = {**dates, **self.fields}
        for name in dates:
            style(self.fields[name].widget)
        every = ("", _("All"))
        overseen = access.cases_overseen_by(user).order_by()
        handlers = User.objects.filter(pk__in=overseen.values("handler")).order_by("name").values_list("pk", "name")
        teams = access.teams_with(user, access.OVERSEE_TEAM).order_by("name").values_list("key", "name")
        systems = System.objects.filter(active=True).order_by("position", "key")
        choices = {
            "right": [(right.value, words.right(right.value)) for right in Right],
            "channel": [(channel.value, words.word(words.CHANNELS, channel.value)) for channel in Channel],
            "team": list(teams),
            "handler": [*((str(pk), name) for pk, name in handlers), ("0", _("nobody"))],
            "system": [(system.key, str(system)) for system in systems],
        }
        for name, found in choices.items():
            self.fields[name].choices = [every, *found]

    def clean(self) -> dict[str, object]:
        """A period that has a length, and not more than the years there can be."""
        found = super().clean() or {}
        first, last = found.get("from"), found.get("to")
        if isinstance(first, date) and isinstance(last, date):
            if last < first:
                self.add_error("to", _("The last day is before the first."))
            elif first.year < FIRST_YEAR or last.year - first.year > LONGEST_YEARS or last.year > 9000:
                self.add_error("from", _("Choose a period of at most ten years, from 2018 on."))
        return found


def query_of(form: QueryForm) -> Query:
    """What was asked for; the last twelve months of everything when it cannot be used."""
    usual = preset("last_12", timezone.localdate())
    if not form.is_valid():
        return Query(period=usual)
    chosen = form.cleaned_data
    period = Period(chosen["from"] or usual.first, chosen["to"] or usual.last)
    if period.last < period.first:
        return Query(period=usual)
    return Query(
        period=period,
        right=chosen["right"],
        channel=chosen["channel"],
        team=chosen["team"],
        handler=int(chosen["handler"]) if chosen["handler"] else None,
        system=chosen["system"],
    )
