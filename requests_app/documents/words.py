"""The small words that the record pages are made of, in both languages side by side. Whole sections and letters are templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from requests_app.documents.values import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of one language. Names say where they are printed; braces are filled in by the page that prints them."""

    yes: str
    no: str
    and_: str
    empty: str
    cut_short: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    weekdays: tuple[str, ...]
    long_date: str
    decimal: str
    currency: Mapping[str, str]
    numbers: tuple[str, ...]
    page_of: str
    go_to_page: str
    extract: str
    when: str
    date: str
    source: str
    belongs_to: str
    remark: str
    co_holder: str
    among_others: str
    record: str
    field: str
    records: tuple[str, str]
    no_value: str
    no_value_on_any: str
    same_for_all: str
    rows: str
    conversation: str
    conversation_plain: str
    roles: Mapping[str, str]
    series: str
    same_for_all_values: str
    usual_flag: str
    no_flag: str
    flag_note: str
    at_hours: str
    whole_day: str
    day: str
    week: str
    year: str
    times_and_values: str
    to_summer_time: str
    to_winter_time: str
    second_time: str
    more_values: str
    total: str
    plot: str
    plot_sum: str
    plot_mean: str
    per_month: str
    per_day: str
    continued: str


_SV = Words(
    yes="Ja",
    no="Nej",
    and_="och",
    empty="–",
    cut_short="[Avkortat här. Hela texten finns i den maskinläsbara kopian.]",
    months=(
        *("januari", "februari", "mars", "april", "maj", "juni"),
        *("juli", "augusti", "september", "oktober", "november", "december"),
    ),
    short_months=("jan", "feb", "mars", "april", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
    weekdays=("mån", "tis", "ons", "tors", "fre", "lör", "sön"),
    long_date="{day} {month} {year}",
    decimal=",",
    currency={"SEK": "kr"},
    numbers=("noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv"),
    page_of="Sida {page} av {pages}",
    go_to_page="Gå till sidan {page}",
    extract="Registerutdrag",
    when="Tidpunkt",
    date="Datum",
    source="Källa",
    belongs_to="Hör till",
    remark="Observera",
    co_holder="Fler än du står på avtalet.",
    among_others="Rör även andra än dig.",
    record="Uppgift {n} av {count}",
    field="Fält",
    records=("uppgift", "uppgifter"),
    no_value="Utan värde i systemet: {labels}.",
    no_value_on_any="Utan värde på alla rader: {labels}.",
    same_for_all="Samma på alla rader: {facts}.",
    rows="Rad {first}–{last} av {count}",
    conversation="Samtal",
    conversation_plain="Meddelanden",
    roles={"person": "du", "staff": "personal", "system": "automatiskt", "other": "annan person"},
    series="Mätare",
    same_for_all_values="Samma för alla värden: {facts}.",
    usual_flag="{label}: {flag}, om inget annat anges.",
    no_flag="utan märkning",
    flag_note="* {flag}: {places}.",
    at_hours="kl. {hours}",
    whole_day="hela dygnet",
    day="Dag",
    week="Vecka",
    year="År",
    times_and_values="Klockslag och värde",
    to_summer_time="{day}: övergång till sommartid. Timmen kl. 02 finns inte.",
    to_winter_time="{day}: övergång till vintertid. Timmen kl. 02 finns två gånger.",
    second_time="{day}, andra gången kl. {hour}: {value}.",
    more_values="{day} kl. {hour}, ytterligare ett värde: {value}.",
    total="totalt {sum} {unit}",
    plot="Stapeldiagram: {name}, {unit} {step}, {first}–{last}. {how} Lägst: {low} ({low_at}). Högst: {high} ({high_at}).",
    plot_sum="Staplarna visar summor.",
    plot_mean="Staplarna visar medelvärden.",
    per_month="per månad",
    per_day="per dygn",
    continued="fortsättning",
)

_EN = Words(
    yes="Yes",
    no="No",
    and_="and",
    empty="–",
    cut_short="[Cut short here. The whole text is in the machine-readable copy.]",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    short_months=("Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"),
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    long_date="{day} {month} {year}",
    decimal=".",
    currency={"SEK": "SEK"},
    numbers=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    page_of="Page {page} of {pages}",
    go_to_page="Go to page {page}",
    extract="Copy of your personal data",
    when="Time",
    date="Date",
    source="Source",
    belongs_to="Belongs to",
    remark="Please note",
    co_holder="You are not the only one who holds this agreement.",
    among_others="Concerns others than you too.",
    record="Item {n} of {count}",
    field="Field",
    records=("item", "items"),
    no_value="Without a value in the system: {labels}.",
    no_value_on_any="Without a value on every row: {labels}.",
    same_for_all="The same on every row: {facts}.",
    rows="Rows {first}–{last} of {count}",
    conversation="Conversation",
    conversation_plain="Messages",
    roles={"person": "you", "staff": "staff", "system": "automatic", "other": "another person"},
    series="Meter",
    same_for_all_values="The same for all values: {facts}.",
    usual_flag="{label}: {flag}, unless otherwise stated.",
    no_flag="no mark",
    flag_note="* {flag}: {places}.",
    at_hours="at {hours}",
    whole_day="all day",
    day="Day",
    week="Week",
    year="Year",
    times_and_values="Time and value",
    to_summer_time="{day}: change to summer time. There is no hour 02.",
    to_winter_time="{day}: change to winter time. The hour 02 occurs twice.",
    second_time="{day}, second time at {hour}: {value}.",
    more_values="{day} at {hour}, one more value: {value}.",
    total="total {sum} {unit}",
    plot="Bar chart: {name}, {unit} {step}, {first}–{last}. {how} Lowest: {low} ({low_at}). Highest: {high} ({high_at}).",
    plot_sum="The bars show sums.",
    plot_mean="The bars show averages.",
    per_month="per month",
    per_day="per day",
    continued="continued",
)

WORDS: Mapping[Lang, Words] = {"sv": _SV, "en": _EN}


def long_date(day: date, lang: Lang) -> str:
    """The date in running text: ``25 november 2026``."""
    words = WORDS[lang]
    return words.long_date.format(day=day.day, month=words.months[day.month - 1], year=day.year)


def day_and_month(day: date, lang: Lang) -> str:
    """The day in a note: ``25 nov``."""
    return f"{day.day} {WORDS[lang].short_months[day.month - 1]}"


def short_day(day: date, lang: Lang) -> str:
    """The day in a row of readings: ``ons 25 nov``."""
    return f"{WORDS[lang].weekdays[day.weekday()]} {day_and_month(day, lang)}"


def month_name(day: date, lang: Lang) -> str:
    """The month as a heading: ``November 2026``."""
    return f"{WORDS[lang].months[day.month - 1].capitalize()} {day.year}"


def count_word(n: int, lang: Lang) -> str:
    """Small numbers as words, as in running text: ``tre``; others as digits."""
    numbers = WORDS[lang].numbers
    return numbers[n] if 0 <= n < len(numbers) else str(n)
