"""The tables of the reports: the same figures for each month, right, channel, team, handler, and what is counted by a list of codes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from requests_app.domain.rights import MASK_GROUNDS, Channel, Ground, IdentityMethod, Outcome, Right, Way
from requests_app.domain.states import CollectionState
from requests_app.models import System, Team, User
from requests_app.services import words
from requests_app.services.reports.counting import COUNTINGS
from requests_app.services.reports.definitions import DEFINITIONS, HOURS, Both
from requests_app.services.reports.values import (
    REFUSALS,
    Row,
    Table,
    Value,
    column,
    count,
    mean,
    middle,
    ninetieth,
    share,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from requests_app.services.reports.cohort import Cohort, Gathering
    from requests_app.services.reports.facts import CaseNo, Item

BREAKDOWN = ("received", "answered", "late", "on_time", "on_time_paused", "median", "extended")
"""The columns of a table by month, right, channel, team or handler."""
BUCKETS = ((1, 7, Both("1–7 dagar", "1–7 days")), (8, 30, Both("8–30 dagar", "8–30 days")))
MORE_DAYS = Both("Mer än 30 dagar", "More than 30 days")
ALL = Both("Alla", "All")

_MONTHS = (
    ("jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def _groups(
    cohort: Cohort, lang: str, items: Sequence[Item], key: Callable[[Item], Hashable], labels: Mapping[Hashable, str]
) -> tuple[Row, ...]:
    grouped: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        grouped[key(item)].append(item)
    rows = [
        Row(str(code), label, tuple(COUNTINGS[name](grouped[code], cohort.today) for name in BREAKDOWN))
        for code, label in labels.items()
    ]
    whole = Row("all", ALL.say(lang), tuple(COUNTINGS[name](items, cohort.today) for name in BREAKDOWN), whole=True)
    return (*rows, whole)


def _breakdown(key: str, title: Both, head: Both, lang: str, rows: tuple[Row, ...], *, names: bool = False) -> Table:
    columns = tuple(column(DEFINITIONS[name], lang) for name in BREAKDOWN)
    return Table(key, title.say(lang), head.say(lang), columns, rows, names=names)


def by_month(cohort: Cohort, lang: str) -> Table:
    """By the month of receipt; every month of the period has its row."""
    names = _MONTHS[lang.startswith("en")]
    labels: dict[Hashable, str] = {
        f"{day:%Y-%m}": f"{names[day.month - 1]} {day.year}" for day in cohort.query.period.months()
    }
    rows = _groups(cohort, lang, cohort.items, lambda item: item.case.received_on.isoformat()[:7], labels)
    return _breakdown("month", Both("Månad för månad", "Month by month"), Both("Mottagen", "Received"), lang, rows)


def by_right(cohort: Cohort, lang: str) -> Table:
    """By right: each right of a case is counted by its own outcome and dispatch."""
    items = cohort.right_items
    used = {item.rights[0].right for item in items}
    labels: dict[Hashable, str] = {right.value: words.right(right.value) for right in Right if right.value in used}
    rows = _groups(cohort, lang, items, lambda item: item.rights[0].right, labels)
    return _breakdown(
        "right", Both("Rättighet för rättighet", "Right by right"), Both("Rättighet", "Right"), lang, rows
    )


def by_channel(cohort: Cohort, lang: str) -> Table:
    """By the channel the request came through."""
    used = {item.case.channel for item in cohort.items}
    labels: dict[Hashable, str] = {
        channel.value: words.word(words.CHANNELS, channel.value) for channel in Channel if channel.value in used
    }
    rows = _groups(cohort, lang, cohort.items, lambda item: item.case.channel, labels)
    return _breakdown("channel", Both("Kanal för kanal", "Channel by channel"), Both("Kanal", "Channel"), lang, rows)


def by_team(cohort: Cohort, lang: str) -> Table:
    """By the team the case is with today."""
    used = {item.case.team for item in cohort.items}
    labels: dict[Hashable, str] = dict(Team.objects.filter(pk__in=used).order_by("name").values_list("pk", "name"))
    rows = _groups(cohort, lang, cohort.items, lambda item: item.case.team, labels)
    return _breakdown("team", Both("Team för team", "Team by team"), Both("Team", "Team"), lang, rows)


def by_handler(cohort: Cohort, lang: str) -> Table:
    """By who handles the case today; only for legal's own eyes."""
    used = {item.case.handler for item in cohort.items}
    labels: dict[Hashable, str] = dict(
        User.objects.filter(pk__in=[pk for pk in used if pk]).order_by("name", "pk").values_list("pk", "name")
    )
    if None in used:
        labels[0] = Both("Ingen handläggare", "Nobody").say(lang)
    rows = _groups(cohort, lang, cohort.items, lambda item: item.case.handler or 0, labels)
    return _breakdown(
        "handler",
        Both("Handläggare för handläggare", "Handler by handler"),
        Both("Handläggare", "Handler"),
        lang,
        rows,
        names=True,
    )


def days_late(cohort: Cohort, lang: str) -> Table:
    """Open cases past their last day, by how many days; as it stands today."""
    late = [((cohort.today - due).days, no) for no, due, _ in cohort.open_now if due < cohort.today]
    rows = [
        Row(f"{first}-{last}", label.say(lang), (count(no for days, no in late if first <= days <= last),))
        for first, last, label in BUCKETS
    ]
    rows.append(Row("31-", MORE_DAYS.say(lang), (count(no for days, no in late if days > BUCKETS[-1][1]),)))
    rows.append(Row("all", ALL.say(lang), (count(no for _, no in late),), whole=True))
    title = Both("Försenade nu, efter antal dagar", "Overdue now, by days")
    definition = DEFINITIONS["days_late"]
    return Table(
        "days_late", title.say(lang), Both("Dagar", "Days").say(lang), (column(definition, lang),), tuple(rows)
    )


def _mix(
    key: str, title: Both, head: Both, lang: str, pairs: Iterable[tuple[str, CaseNo]], labels: Mapping[str, str]
) -> Table:
    """How many of each, and which share that is."""
    grouped: dict[str, list[CaseNo]] = defaultdict(list)
    every: list[tuple[str, CaseNo]] = list(pairs)
    for code, no in every:
        grouped[code].append(no)
    rows = [
        Row(code, label, (count(grouped[code]), share(grouped[code], (no for other, no in every if other != code))))
        for code, label in labels.items()
        if code in grouped
    ]
    numbers = [no for _, no in every]
    rows.append(Row("all", ALL.say(lang), (count(numbers), share(numbers, ())), whole=True))
    columns = (column(DEFINITIONS["number"], lang), column(DEFINITIONS["share"], lang))
    return Table(key, title.say(lang), head.say(lang), columns, tuple(rows))


def channels(cohort: Cohort, lang: str) -> Table:
    """Which way the requests came."""
    labels = {channel.value: words.word(words.CHANNELS, channel.value) for channel in Channel}
    pairs = [(item.case.channel, item.case.no) for item in cohort.items]
    return _mix("channels", Both("Kanaler", "Channels"), Both("Kanal", "Channel"), lang, pairs, labels)


def rights(cohort: Cohort, lang: str) -> Table:
    """What was asked for; a request may combine several."""
    labels = {right.value: words.right(right.value) for right in Right}
    pairs = [(item.rights[0].right, item.case.no) for item in cohort.right_items]
    return _mix(
        "rights", Both("Vad begärandena gällde", "What was asked for"), Both("Rättighet", "Right"), lang, pairs, labels
    )


def methods(cohort: Cohort, lang: str) -> Table:
    """How it was made sure who asked."""
    labels = {method.value: words.word(words.IDENTITY_METHODS, method.value) for method in IdentityMethod}
    labels[""] = Both("Inte bekräftad", "Not confirmed").say(lang)
    pairs = [(cohort.methods.get(item.case.pk, ""), item.case.no) for item in cohort.items]
    return _mix(
        "methods",
        Both("Så bekräftades identiteten", "How identity was confirmed"),
        Both("Sätt", "Method"),
        lang,
        pairs,
        labels,
    )


def outcomes(cohort: Cohort, lang: str) -> Table:
    """What came of each right."""
    definition = DEFINITIONS["outcome"]
    waiting = Both("Ännu inte avgjort", "Not decided yet").say(lang)
    heads = [*((item.value, words.word(words.OUTCOMES, item.value)) for item in Outcome), ("", waiting)]
    found: dict[tuple[str, str], list[CaseNo]] = defaultdict(list)
    for item in cohort.right_items:
        found[item.rights[0].right, item.rights[0].outcome].append(item.case.no)
    used = {outcome for _, outcome in found}
    heads = [(code, label) for code, label in heads if code in used]
    rows = [
        Row(right.value, words.right(right.value), tuple(count(found[right.value, code]) for code, _ in heads))
        for right in Right
        if any(found[right.value, code] for code, _ in heads)
    ]
    columns = tuple(column(definition, lang, key=f"outcome:{code or 'open'}", label=label) for code, label in heads)
    title = Both("Utfall för varje rättighet", "Outcome of each right")
    return Table(
        "outcomes", title.say(lang), Both("Rättighet", "Right").say(lang), columns, tuple(rows), both_ways=True
    )


def refusals(cohort: Cohort, lang: str) -> Table:
    """Refusals, wholly and in part, by ground; 11(2) is the ground of closing without identity."""
    found: dict[tuple[str, str], list[CaseNo]] = defaultdict(list)
    for item in cohort.right_items:
        right = item.rights[0]
        if right.outcome in REFUSALS:
            found[right.ground, right.outcome].append(item.case.no)
        elif right.outcome == Outcome.NOT_IDENTIFIED.value:
            found["11_2", Outcome.REFUSED.value].append(item.case.no)
    labels = {ground.value: words.word(words.GROUNDS, ground.value) for ground in Ground}
    labels["11_2"] = Both(
        "Personen kunde inte identifieras (artikel 11.2)", "The person could not be identified (Article 11(2))"
    ).say(lang)
    labels[""] = Both("Utan angiven grund", "No ground stated").say(lang)
    kinds = (Outcome.REFUSED.value, Outcome.PARTLY_GRANTED.value)
    rows = [
        Row(code, label, tuple(count(found[code, kind]) for kind in kinds))
        for code, label in labels.items()
        if code or any(found[code, kind] for kind in kinds)
    ]
    sums = (count(no for (_, kind), cases in found.items() if kind == wanted for no in cases) for wanted in kinds)
    rows.append(Row("all", ALL.say(lang), tuple(sums), whole=True))
    columns = tuple(column(DEFINITIONS[key], lang) for key in ("refused_full", "refused_part"))
    title = Both("Nekade, efter grund", "Refusals by ground")
    return Table("refusals", title.say(lang), Both("Grund", "Ground").say(lang), columns, tuple(rows), both_ways=True)


def masked(cohort: Cohort, lang: str) -> Table:
    """What is withheld within answers, by ground."""
    rows = []
    for ground in MASK_GROUNDS:
        cases: Mapping[int, int] = cohort.masks.get(ground.value, {})
        numbers = [cohort.cases[pk].no for pk in sorted(cases) if pk in cohort.cases]
        items = [cohort.cases[pk].no for pk, n in sorted(cases.items()) if pk in cohort.cases for _ in range(n)]
        rows.append(Row(ground.value, words.word(words.GROUNDS, ground.value), (count(items), count(numbers))))
    columns = tuple(column(DEFINITIONS[key], lang) for key in ("masked_items", "masked_cases"))
    title = Both("Dolt i svaren, efter grund", "Masked in answers, by ground")
    return Table("masked", title.say(lang), Both("Grund", "Ground").say(lang), columns, tuple(rows), parted=False)


def systems(cohort: Cohort, lang: str) -> Table:
    """How long each system took, and how it went."""
    grouped: dict[int, list[Gathering]] = defaultdict(list)
    for row in cohort.gatherings:
        grouped[row.system].append(row)
    english = lang.startswith("en")
    named = System.objects.filter(pk__in=grouped).order_by("position", "key")
    rows = [
        Row(system.key, system.name_en if english else system.name_sv, _system(grouped[system.pk])) for system in named
    ]
    if rows:
        rows.append(Row("all", ALL.say(lang), _system(cohort.gatherings), whole=True))
    keys = ("gathered", "latency_median", "latency_p90", "failures", "by_hand", "attempts")
    columns = tuple(column(DEFINITIONS[key], lang) for key in keys)
    title = Both("System för system", "System by system")
    return Table("systems", title.say(lang), Both("System", "System").say(lang), columns, tuple(rows))


def _system(rows: Sequence[Gathering]) -> tuple[Value, ...]:
    ended = [row for row in rows if row.hours is not None]
    numbers = [row.case for row in ended]
    hours = [row.hours for row in ended if row.hours is not None]
    automatic = [row for row in ended if not row.by_hand]
    return (
        count(row.case for row in rows),
        middle(HOURS, hours, numbers),
        ninetieth(HOURS, hours, numbers),
        count(row.case for row in rows if row.state == CollectionState.FAILED.value),
        share((row.case for row in ended if row.by_hand), (row.case for row in automatic)),
        mean([row.runs for row in automatic], (row.case for row in automatic)),
    )


def deliveries(cohort: Cohort, lang: str) -> Table:
    """How answers and letters left."""
    labels = {way.value: words.word(words.WAYS, way.value) for way in Way}
    rows = [
        Row(
            code, label, (count(cohort.cases[pk].no for pk in sorted(cohort.ways.get(code, ())) if pk in cohort.cases),)
        )
        for code, label in labels.items()
    ]
    title = Both("Så skickades svaren", "How answers left")
    columns = (column(DEFINITIONS["sent_by"], lang),)
    return Table("ways", title.say(lang), Both("Sätt", "Way").say(lang), columns, tuple(rows), parted=False)


def returned(cohort: Cohort, lang: str) -> Table:
    """What came back, and why."""
    labels = {
        "bounced": Both("E-post som studsade", "Mail that bounced"),
        "post": Both("Brev i retur", "Letter returned"),
        "not_fetched": Both("Aldrig hämtat", "Never fetched"),
    }
    rows = [
        Row(
            code,
            label.say(lang),
            (count(cohort.cases[pk].no for pk in sorted(cohort.returned.get(code, ())) if pk in cohort.cases),),
        )
        for code, label in labels.items()
    ]
    title = Both("Svar som kom tillbaka", "Answers that came back")
    columns = (column(DEFINITIONS["returned"], lang),)
    return Table("returned", title.say(lang), Both("Skäl", "Reason").say(lang), columns, tuple(rows), parted=False)
