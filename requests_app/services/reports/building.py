"""The reports: which figures, tables and charts each is made of. Counts only what the person may oversee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from django.utils import translation

from requests_app.models import System, Team, User
from requests_app.services import words
from requests_app.services.reports import tables
from requests_app.services.reports.cohort import Cohort
from requests_app.services.reports.counting import COUNTINGS
from requests_app.services.reports.definitions import DEFINITIONS, Both
from requests_app.services.reports.values import (
    DECIDED_RIGHTS,
    REFUSALS,
    Chart,
    Figure,
    Report,
    Table,
    Value,
    count,
    figure,
    share,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django.contrib.auth.models import AnonymousUser

    from requests_app.services.reports.facts import CaseNo
    from requests_app.services.reports.period import Query


@dataclass(frozen=True, slots=True)
class Plan:
    """What a report shows."""

    title: Both
    about: Both
    figures: tuple[str, ...]
    tables: tuple[Callable[[Cohort, str], Table], ...] = ()
    charts: tuple[tuple[str, Both, str, tuple[str, ...], Literal["bar", "line", "rows"]], ...] = ()
    """Key, title, table, columns, shape."""


_CHART_MONTHS: tuple[tuple[str, Both, str, tuple[str, ...], Literal["bar", "line", "rows"]], ...] = (
    (
        "rate",
        Both("Andel i tid, månad för månad", "Share on time, month by month"),
        "month",
        ("on_time", "on_time_paused"),
        "line",
    ),
    (
        "flow",
        Both("Inkomna och besvarade, månad för månad", "Received and answered, month by month"),
        "month",
        ("received", "answered"),
        "bar",
    ),
)

PLANS: dict[str, Plan] = {
    "overview": Plan(
        Both("Översikt", "Overview"),
        Both("Nyckeltalen, och hur de har utvecklats.", "The key figures, and how they have developed."),
        (
            "received",
            "answered",
            "on_time",
            "on_time_paused",
            "within_month",
            "within_three",
            "median",
            "p90",
            "extended",
            "refused",
            "overdue_now",
            "due_7",
            "due_14",
        ),
        (tables.by_month,),
        _CHART_MONTHS,
    ),
    "times": Plan(
        Both("Svarstider", "Response times"),
        Both(
            "Hur lång tid svaren tog, vad som flyttade sista dagen, och vad som räknas för sig.",
            "How long answers took, what moved the last day, and what is counted apart.",
        ),
        (
            "received",
            "answered",
            "open",
            "withdrawn",
            "not_identified",
            "joined",
            "unsent",
            "on_time",
            "on_time_paused",
            "late",
            "within_month",
            "within_three",
            "median",
            "p90",
            "extended",
            "extension_invalid",
            "extension_waiting",
            "paused",
            "paused_days",
            "paused_now",
            "overdue_now",
        ),
        (
            tables.days_late,
            tables.by_month,
            tables.by_right,
            tables.by_channel,
            tables.by_team,
            tables.by_handler,
        ),
        _CHART_MONTHS[:1],
    ),
    "received": Plan(
        Both("Inkomna begäranden", "Requests received"),
        Both(
            "Hur begärandena kom in, vad de gällde och hur vi visste vem som frågade.",
            "How requests came in, what they were about, and how we knew who asked.",
        ),
        ("received", "represented", "completion_asked"),
        (tables.channels, tables.rights, tables.methods),
        (
            ("channels", Both("Kanaler", "Channels"), "channels", ("number",), "rows"),
            ("rights", Both("Vad begärandena gällde", "What was asked for"), "rights", ("number",), "rows"),
        ),
    ),
    "outcomes": Plan(
        Both("Utfall", "Outcomes"),
        Both(
            "Vad det blev av varje rättighet, och på vilken grund något nekades.",
            "What came of each right, and on which ground something was refused.",
        ),
        ("refused", "not_identified"),
        (tables.outcomes, tables.refusals, tables.masked),
    ),
    "systems": Plan(
        Both("System", "Systems"),
        Both("Hur snabbt och säkert systemen svarar.", "How fast and how surely the systems answer."),
        (),
        (tables.systems,),
        (("systems", Both("Insamlingar per system", "Gatherings by system"), "systems", ("gathered",), "rows"),),
    ),
    "follow_up": Plan(
        Both("Efter svaret", "After the answer"),
        Both(
            "Hur svaren skickades, och vad som hände sedan.",
            "How answers left, and what happened afterwards.",
        ),
        ("reopened", "complaints", "public_documents", "breaches", "breaches_reported", "recipients_untold"),
        (tables.deliveries, tables.returned),
    ),
}
"""The reports by key, in the order they are offered."""


def build(user: User | AnonymousUser, key: str, query: Query, lang: str, *, today: date | None = None) -> Report:
    """One report in one language; ``KeyError`` when there is no such."""
    plan = PLANS[key]
    cohort = Cohort(user, query, today) if today else Cohort(user, query)
    with translation.override(lang):
        return Report(
            key=key,
            title=plan.title.say(lang),
            about=plan.about.say(lang),
            lang=lang,
            period=query.period,
            narrowed=_narrowed(query, lang),
            figures=tuple(_figure(cohort, name, lang) for name in plan.figures),
            tables=tuple(make(cohort, lang) for make in plan.tables),
            charts=tuple(
                Chart(name, title.say(lang), table, columns, shape)
                for name, title, table, columns, shape in plan.charts
            ),
        )


def _figure(cohort: Cohort, key: str, lang: str) -> Figure:
    counting = COUNTINGS.get(key)
    value = counting(cohort.items, cohort.today) if counting else _OTHER[key](cohort)
    return figure(DEFINITIONS[key], value, lang)


def _part(chosen: Callable[[Cohort], frozenset[int]]) -> Callable[[Cohort], Value]:
    """The share of the cases received that are among those."""

    def counted(cohort: Cohort) -> Value:
        found = chosen(cohort)
        yes = [item.case.no for item in cohort.items if item.case.pk in found]
        return share(yes, (item.case.no for item in cohort.items if item.case.pk not in found))

    return counted


def _due_within(first: int, last: int | None) -> Callable[[Cohort], Value]:
    def counted(cohort: Cohort) -> Value:
        start = cohort.today + timedelta(days=first)
        end = cohort.today + timedelta(days=last) if last is not None else None
        return count(no for no, due, _ in cohort.open_now if start <= due and (end is None or due <= end))

    return counted


def _overdue_now(cohort: Cohort) -> Value:
    return count(no for no, due, _ in cohort.open_now if due < cohort.today)


def _refused(cohort: Cohort) -> Value:
    decided = [item for item in cohort.right_items if item.rights[0].outcome in DECIDED_RIGHTS]
    yes = [item.case.no for item in decided if item.rights[0].outcome in REFUSALS]
    return share(yes, (item.case.no for item in decided if item.rights[0].outcome not in REFUSALS))


def _breaches_reported(cohort: Cohort) -> Value:
    reported: list[tuple[CaseNo, bool]] = [(no, soon) for no, verdict, soon in cohort.breaches if verdict == "reported"]
    return share((no for no, soon in reported if soon), (no for no, soon in reported if not soon))


_OTHER: dict[str, Callable[[Cohort], Value]] = {
    "represented": _part(lambda cohort: cohort.represented),
    "completion_asked": _part(lambda cohort: cohort.completion_asked),
    "paused_now": lambda cohort: count(no for no, _, paused in cohort.open_now if paused),
    "overdue_now": _overdue_now,
    "due_7": _due_within(0, 7),
    "due_14": _due_within(0, 14),
    "refused": _refused,
    "reopened": lambda cohort: count(cohort.reopened),
    "complaints": lambda cohort: count(cohort.complaints),
    "public_documents": lambda cohort: count(cohort.public_documents),
    "breaches": lambda cohort: count(no for no, _, _ in cohort.breaches),
    "breaches_reported": _breaches_reported,
    "recipients_untold": lambda cohort: count(
        cohort.cases[pk].no
        for pk, n in sorted(cohort.recipients_untold.items())
        if pk in cohort.cases
        for _ in range(n)
    ),
}
"""Figures that need more than the judged cases."""


def _narrowed(query: Query, lang: str) -> tuple[str, ...]:
    """What the report is narrowed to, in words."""
    found = []
    if query.right:
        found.append((Both("Rättighet", "Right"), words.right(query.right)))
    if query.channel:
        found.append((Both("Kanal", "Channel"), words.word(words.CHANNELS, query.channel)))
    if query.team:
        name = Team.objects.filter(key=query.team).values_list("name", flat=True).first()
        found.append((Both("Team", "Team"), name or query.team))
    if query.system:
        system = System.objects.filter(key=query.system).first()
        found.append((Both("System", "System"), str(system or query.system)))
    if query.handler is not None:
        handler = User.objects.filter(pk=query.handler).first()
        found.append((HANDLER, str(handler) if handler else Both("ingen", "nobody").say(lang)))
    return tuple(f"{label.say(lang)}: {value}" for label, value in found)


HANDLER = Both("Handläggare", "Handler")
