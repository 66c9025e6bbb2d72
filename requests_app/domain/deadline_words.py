"""Deadlines in words, in Swedish and English. ``lang`` is a language code; all but Swedish get English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.domain.calendar_se import HOLIDAY_NAMES
from requests_app.domain.deadlines import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from requests_app.domain.deadlines import Clock, Step

_WEEKDAYS = (
    ("mån", "tis", "ons", "tors", "fre", "lör", "sön"),
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
)
_MONTHS = (
    ("jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_LONG_MONTHS = (
    (
        *("januari", "februari", "mars", "april", "maj", "juni"),
        *("juli", "augusti", "september", "oktober", "november", "december"),
    ),
    (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
)

_CITATIONS = {
    Rule.RECEIPT: ("EDPB:s riktlinjer 01/2022, punkt 159", "EDPB Guidelines 01/2022, paragraph 159"),
    Rule.ONE_MONTH: ("förordning 1182/71, artikel 3.2 c", "Regulation 1182/71, Article 3(2)(c)"),
    Rule.THREE_MONTHS: (
        "dataskyddsförordningen, artikel 12.3, och förordning 1182/71, artikel 3.2 c",
        "GDPR, Article 12(3), and Regulation 1182/71, Article 3(2)(c)",
    ),
    Rule.WORKING_DAY: ("förordning 1182/71, artikel 3.4", "Regulation 1182/71, Article 3(4)"),
    Rule.ANSWER: ("dataskyddsförordningen, artikel 12.3", "GDPR, Article 12(3)"),
    Rule.NOTICE: ("dataskyddsförordningen, artikel 12.3 och 12.4", "GDPR, Article 12(3) and (4)"),
    Rule.PAUSE: ("EDPB:s riktlinjer 01/2022, punkt 159", "EDPB Guidelines 01/2022, paragraph 159"),
}

_SENTENCES = {
    "received": (
        "Begäran kom in {day}, svensk tid, och fristen räknas från den dagen ({rule}).",
        "The request arrived on {day}, Swedish time, and the period runs from that day ({rule}).",
    ),
    "months_1": (
        "En månad från den dagen är {day}{missing} ({rule}).",
        "One month from that day is {day}{missing} ({rule}).",
    ),
    "months_3": (
        "Svarstiden är förlängd till tre månader från den dag då begäran kom in: {day}{missing} ({rule}).",
        "The time to answer has been extended to three months from the day of receipt: {day}{missing} ({rule}).",
    ),
    "moved": (
        "{skipped}. Sista dagen flyttas därför till nästa arbetsdag, {day} ({rule}).",
        "{skipped}. The last day therefore moves to the next working day, {day} ({rule}).",
    ),
    "due": (
        "Svaret ska vara skickat senast {day} ({rule}).",
        "The answer must be sent no later than {day} ({rule}).",
    ),
    "notice": (
        "Besked om förlängd svarstid eller om avslag ska vara skickat senast {day} ({rule}).",
        "Notice of an extension or of a refusal must be sent no later than {day} ({rule}).",
    ),
    "asked_open": (
        "Komplettering begärdes {asked_on} och har inte kommit in ännu.",
        "More information was asked for on {asked_on} and has not arrived yet.",
    ),
    "asked_same_day": (
        "Komplettering begärdes {asked_on} och kom in samma dag.",
        "More information was asked for on {asked_on} and arrived the same day.",
    ),
    "asked": (
        "Komplettering begärdes {asked_on} och kom in {answered_on}.",
        "More information was asked for on {asked_on} and arrived on {answered_on}.",
    ),
    "paused": (
        "{days} läggs till {from} och ger {day} ({rule}).",
        "{days} added to {from}, which gives {day} ({rule}).",
    ),
    "due_with_pauses": (
        "Med paus ska svaret vara skickat senast {day}.",
        "With the pause, the answer must be sent no later than {day}.",
    ),
    "statutory_leads": (
        "Lagtexten nämner ingen paus. Påminnelser och försening räknas därför från datumet utan paus, {day} ({rule}).",
        "The law itself knows no pause. Reminders and delay therefore follow the date without it, {day} ({rule}).",
    ),
    "not_paused": (
        "Pausen är 0 dagar, så datumet ändras inte.",
        "The pause is 0 days, so the date does not change.",
    ),
}


def explain(clock: Clock, lang: str) -> list[str]:
    """How the dates were reached, sentence by sentence, each with the rule it rests on."""
    column = _column(lang)
    return [_sentence(step, column) for step in clock.steps]


def format_day(day: date, lang: str, today: date | None = None) -> str:
    """``tis 24 nov 2026`` or ``Tue 24 Nov 2026``; without the year when ``today`` is given and is in the same one."""
    column = _column(lang)
    short = f"{_WEEKDAYS[column][day.weekday()]} {_day_and_month(day, column)}"
    return short if today is not None and today.year == day.year else f"{short} {day.year}"


def long_day(day: date, lang: str) -> str:
    """``24 december 2026`` or ``24 December 2026``: as it is written to customers."""
    return f"{day.day} {_LONG_MONTHS[_column(lang)][day.month - 1]} {day.year}"


def days_left_words(days: int, lang: str) -> str:
    """``6 dagar kvar``, ``i dag`` or ``2 dagar försenad`` for a number of ``deadlines.days_left``."""
    if _column(lang) == 0:
        return "i dag" if days == 0 else f"{_swedish_days(abs(days))} {'kvar' if days > 0 else 'försenad'}"
    return (
        "today" if days == 0 else f"{abs(days)} {'day' if abs(days) == 1 else 'days'} {'left' if days > 0 else 'late'}"
    )


def _column(lang: str) -> int:
    return 0 if lang.lower().startswith("sv") else 1


def _sentence(step: Step, column: int) -> str:
    lang = ("sv", "en")[column]
    values: dict[str, Any] = {
        name: format_day(value, lang)
        for name, value in step.params.items()
        if name in _DAY_PARAMS and value is not None
    }
    if step.code == "months":
        values["missing"] = _missing(step.params, column)
    elif step.code == "moved":
        values["skipped"] = _skipped(step.params["skipped"], column)
    elif step.code == "paused":
        values["days"] = _days_of_pause(step.params["days"], column)
    return _SENTENCES[_sentence_key(step)][column].format(rule=_CITATIONS[step.rule][column], **values)


_DAY_PARAMS = frozenset({"day", "from", "asked_on", "answered_on"})


def _sentence_key(step: Step) -> str:
    if step.code == "months":
        return f"months_{step.params['months']}"
    if step.code == "asked" and step.params["answered_on"] is None:
        return "asked_open"
    if step.code == "asked" and step.params["answered_on"] == step.params["asked_on"]:
        return "asked_same_day"
    return step.code


def _missing(params: Mapping[str, Any], column: int) -> str:
    if params["missing"] is None:
        return ""
    absent = f"{params['missing']} {_LONG_MONTHS[column][params['day'].month - 1]}"
    return (
        f", månadens sista dag, eftersom {absent} inte finns",
        f", the last day of the month, since there is no {absent}",
    )[column]


def _skipped(days: Iterable[tuple[date, str]], column: int) -> str:
    verb, joint = (("är", " och "), ("is", " and "))[column]
    clauses = [f"{_day_and_month(day, column)} {verb} {_reason(code, column)}" for day, code in days]
    return joint.join(filter(None, (", ".join(clauses[:-1]), clauses[-1])))


def _reason(code: str, column: int) -> str:
    if code in ("saturday", "sunday"):
        return {"saturday": ("en lördag", "a Saturday"), "sunday": ("en söndag", "a Sunday")}[code][column]
    if code == "may_day" and column == 0:
        return "helgdag"  # the day is named after its date: "1 maj är första maj" would say nothing
    name = HOLIDAY_NAMES[code][column]
    if code.endswith("_eve"):
        return name + (" (räknas som helgdag)", " (counted as a holiday)")[column]
    return name


def _days_of_pause(days: int, column: int) -> str:
    if column == 0:
        return f"{days} {'dags' if days == 1 else 'dagars'} paus"
    return f"{days} {'day of pause is' if days == 1 else 'days of pause are'}"


def _swedish_days(days: int) -> str:
    return f"{days} {'dag' if days == 1 else 'dagar'}"


def _day_and_month(day: date, column: int) -> str:
    return f"{day.day} {_MONTHS[column][day.month - 1]}"
