"""What keeps the extract short and plain: words for codes, nothing said twice, compact tables. And nothing lost by it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf

from requests_app.documents.conversation import conversation_pieces
from requests_app.documents.facts import facts_pieces
from requests_app.documents.grounds import box, listed, not_searched, told
from requests_app.documents.letters import letter_html
from requests_app.documents.pdf import render_extract, render_letter
from requests_app.documents.series import series_pieces
from requests_app.documents.survey import survey
from requests_app.documents.tables import table_pieces
from requests_app.documents.values import Lang, NotSearched, RecipientFact
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record
from tests.documents import letters_world, world
from tests.documents.reading import build_package, marked_text, plain, read_blocks, rows

PRESENTERS = {
    Kind.FACTS: facts_pieces,
    Kind.TABLE: table_pieces,
    Kind.CONVERSATION: conversation_pieces,
    Kind.TIME_SERIES: series_pieces,
}
STATUS = FieldSpec("Status", "Status", words={"paid": ("betald", "paid in full"), "1": ("ett", "one")})
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def html_of(records: list[Record], spec: CategorySpec, lang: Lang = "sv") -> str:
    """The records as their kind is printed."""
    pieces = PRESENTERS[spec.kind](iter(records), spec, survey(records, spec, lang), lang)
    made = list(pieces)
    assert sum(piece.records for piece in made) == len(records)
    return "".join(piece.html for piece in made)


def spec_of(kind: Kind, **fields: FieldSpec) -> CategorySpec:
    """A category of these fields."""
    return CategorySpec("things", kind, "Saker", "Things", fields)


def record(kind: Kind, fields: dict[str, Any], when: datetime | None = None, **more: Any) -> Record:
    """One record."""
    return Record("k", "things", kind, when, fields, **more)


def midnight(year: int, month: int, day: int) -> datetime:
    """The beginning of a Swedish day."""
    return datetime(year, month, day, tzinfo=STOCKHOLM)


def cells(html: str) -> list[list[str]]:
    """The texts of a table's rows; values of one cell are joined by a space."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", html)
    parts = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in found]
    return [[" ".join(re.sub("<[^>]*>", " ", cell).split()) for cell in row] for row in parts]


# --- Words for codes ---------------------------------------------------------------------------------------------------------


def test_codes_print_in_the_answers_language() -> None:
    spec = spec_of(Kind.FACTS, status=STATUS)
    for lang, word in (("sv", "betald"), ("en", "paid in full")):
        assert f"<td>{word}</td>" in html_of([record(Kind.FACTS, {"status": "paid"})], spec, lang)
    assert "<td>ett</td>" in html_of([record(Kind.FACTS, {"status": 1})], spec)
    assert "<td>unheard-of</td>" in html_of([record(Kind.FACTS, {"status": "unheard-of"})], spec)
    assert "<td>betald, annat</td>" in html_of([record(Kind.FACTS, {"status": ["paid", "annat"]})], spec)


def test_names_within_a_nested_value_have_words_too() -> None:
    spec = spec_of(Kind.FACTS, data=FieldSpec("Uppgifter", "Data", words={"form": ("formulär", "form")}))
    assert "formulär: Startsidan" in html_of([record(Kind.FACTS, {"data": {"form": "Startsidan"}})], spec)


def test_the_machine_readable_copy_keeps_the_code() -> None:
    spec = spec_of(Kind.TABLE, status=STATUS)
    records = [record(Kind.TABLE, {"status": "paid"}), record(Kind.TABLE, {"status": "open"})]
    extract = replace(world.bo(), sections=(world.section("x", "X", world.category(spec, records)),))
    with zipfile.ZipFile(io.BytesIO(build_package(extract, b""))) as archive:
        copy = json.loads(archive.read("DSR-2026-0077.json"))
        assert "paid" in archive.read("csv/x-things.csv").decode()
    assert copy["systems"][0]["categories"][0]["records"][0]["fields"]["status"] == "paid"


def test_only_what_the_system_says_in_a_conversation_is_taken_for_a_code() -> None:
    words = {"closed": ("Samtalet avslutades", "The conversation was closed")}
    spec = spec_of(Kind.CONVERSATION, text=FieldSpec("Text", "Text", words=words))
    said = [
        record(Kind.CONVERSATION, {"from": "chat", "text": "closed", "role": "system"}),
        record(Kind.CONVERSATION, {"from": "Anna", "text": "closed", "role": "person"}),
    ]
    html = html_of(said, spec)
    assert "chat (automatiskt)</b> Samtalet avslutades" in html
    assert "Anna (du)</b> closed" in html


def test_marks_and_groups_of_readings_are_in_words() -> None:
    fields = {
        "value": FieldSpec("Värde", "Value", FieldType.NUMBER, "kWh"),
        "flag": FieldSpec("M", "M", words={"e": ("beräknat", "est")}),
    }
    spec = replace(spec_of(Kind.TIME_SERIES, **fields), group=("Tjänst", "Service"))
    readings = [
        record(Kind.TIME_SERIES, {"value": 1.5, "flag": "e" if day == 3 else ""}, midnight(2026, 5, day), group="El")
        for day in range(1, 8)
    ]
    html = html_of(readings, spec)
    assert "<h5>Tjänst El</h5>" in html
    assert "* beräknat: 3 maj." in html


# --- Nothing said twice ------------------------------------------------------------------------------------------------------


def test_fields_without_a_value_stand_on_one_line() -> None:
    spec = spec_of(Kind.FACTS, a=FieldSpec("Namn", "Name"), b=FieldSpec("Titel", "Title"), c=FieldSpec("Länk", "Link"))
    html = html_of([record(Kind.FACTS, {"a": "Anna", "b": None, "c": "  ", "odd": []})], spec)
    assert "Utan värde i systemet: Titel, Länk, odd." in html
    assert cells(html) == [["Namn", "Anna"]]


def test_a_dash_that_the_system_holds_is_a_value() -> None:
    spec = spec_of(Kind.FACTS, a=FieldSpec("Namn", "Name"))
    assert cells(html_of([record(Kind.FACTS, {"a": "–"})], spec)) == [["Namn", "–"]]


def test_two_records_stand_side_by_side_and_share_what_is_alike() -> None:
    spec = spec_of(Kind.FACTS, a=FieldSpec("Namn", "Name"), b=FieldSpec("Lista", "List"), c=FieldSpec("Tom", "Empty"))
    html = html_of([record(Kind.FACTS, {"a": "Anna", "b": n, "c": None}) for n in ("Ett", "Två")], spec)
    assert cells(html) == [["Fält", "Uppgift 1 av 2", "Uppgift 2 av 2"], ["Namn", "Anna"], ["Lista", "Ett", "Två"]]
    assert '<td colspan="2">Anna</td>' in html
    assert "Utan värde i systemet: Tom." in html


def test_a_group_or_source_that_a_field_repeats_is_not_printed_again() -> None:
    spec = spec_of(
        Kind.TABLE,
        no=FieldSpec("Fakturanummer", "Invoice number"),
        by=FieldSpec("Från", "From"),
        n=FieldSpec("Antal", "Number"),
    )
    lines = [
        record(Kind.TABLE, {"no": f"F{i}", "by": f"R{i}", "n": i}, group=f"F{i}", source=f"R{i}") for i in range(4)
    ]
    html = html_of(lines, spec)
    assert "Hör till" not in html
    assert "Källa" not in html
    assert html.count("F2") == html.count("R2") == 1


def test_purposes_periods_and_sources_are_told_once_per_system() -> None:
    one = world.PROCESSINGS[0]
    facts = (one, replace(one, categories=("köp",), source="Register"), replace(one, categories=("köp", "avtal")))
    (system,) = told(replace(world.bo(), processings=facts, sections=world.anna().sections[:1])).systems
    assert len(system.purposes) == 1
    assert system.categories == "namn och kontaktuppgifter, avtal, fakturor, inloggningar, köp"
    assert system.retentions == ((system.categories, one.retention),)
    assert [source for _, source in system.sources] == ["Du själv", "Register"]
    assert system.sources[1][0] == "köp"


def test_a_system_is_named_once_in_each_of_the_sections() -> None:
    several = tuple(replace(world.PROCESSINGS[0], purpose=f"Syfte {n}", retention=f"{n} år") for n in range(5))
    rendered = render_extract(replace(world.anna(), processings=(*several, *world.PROCESSINGS[1:])))
    text = plain(rendered.data)
    for first, then in (("4 Varför vi har", "5 Kategorier"), ("7 Hur länge", "8 Varifrån")):
        part = text[text.rindex(first) : text.rindex(then)]
        assert part.count("Mina sidor") == 1
    told_rows = rows(read_blocks(rendered.data))
    assert ["Syfte 4", several[0].legal_basis] in told_rows
    assert ["Mina sidor"] in told_rows


def test_the_same_profiling_in_two_systems_is_one_paragraph() -> None:
    facts = tuple(replace(fact, profiling="Vi sorterar.") for fact in world.PROCESSINGS)
    text = plain(render_extract(replace(world.anna(), processings=facts)).data)
    assert text.count("Vi sorterar.") == 1
    assert "Profilering (Mina sidor, Mitt HEM, Chatten): Vi sorterar." in text


def test_the_box_points_to_the_section_when_there_is_too_much_for_it() -> None:
    facts = [replace(world.PROCESSINGS[0], purpose=f"Syfte {n}", retention=f"{n} år") for n in range(6)]
    made = box(facts)
    assert made is not None
    assert made.purposes == ("Syfte 0", "Syfte 1", "Syfte 2")
    assert made.more_purposes == 3
    assert made.retentions == ()
    assert made.grounds == (facts[0].legal_basis,)
    text = plain(render_extract(replace(world.anna(), processings=tuple(facts))).data)
    assert "och 3 ändamål till, se avsnitt 4" in text
    assert "Tiden skiljer sig mellan olika uppgifter. Se avsnitt 7." in text
    for n in range(6):
        assert f"Syfte {n}" in text
        assert f"{n} år" in text


def test_a_recipient_of_several_transfers_is_named_once_and_every_safeguard_told() -> None:
    us = RecipientFact(name="Cloud Inc.", role="biträde", country="USA", third_country=True, safeguard="Klausuler")
    at_home = replace(us, country="", third_country=False, safeguard="")
    facts = tuple(replace(world.PROCESSINGS[0], recipients=(one,)) for one in (us, at_home))
    (system,) = told(replace(world.bo(), processings=facts, sections=world.anna().sections[:1])).systems
    assert len(system.recipients) == 1
    assert system.transfers == (us,)


def test_systems_that_were_not_searched_stand_under_their_reason() -> None:
    items = [NotSearched(system=f"S{n}", reason="Utanför" if n % 2 else "Kakor") for n in range(6)]
    assert not_searched(items) == [("Kakor", ["S0", "S2", "S4"]), ("Utanför", ["S1", "S3", "S5"])]
    rendered = render_extract(replace(world.bo(), not_searched=tuple(items)))
    text = plain(rendered.data)
    assert text.count("Utanför") == text.count("Kakor") == 1
    for n in range(6):
        assert f"S{n}" in text


def test_categories_are_enumerated_as_in_running_text() -> None:
    assert listed(["Namn", "Adress", "IP-adress"]) == "Namn, adress, IP-adress"
    assert listed(["Namn", "Inloggningar, med tid"]) == "Namn; inloggningar, med tid"


# --- Dates and tables --------------------------------------------------------------------------------------------------------


def test_a_category_of_dates_is_printed_without_times() -> None:
    spec = spec_of(
        Kind.TABLE, at=FieldSpec("Fakturadatum", "Invoice date", FieldType.DATE), n=FieldSpec("Nummer", "Number")
    )
    dated = [record(Kind.TABLE, {"at": f"2026-0{m}-05", "n": f"F{m}"}, midnight(2026, m, 5)) for m in range(1, 6)]
    html = html_of(dated, spec)
    assert cells(html)[:2] == [["Fakturadatum", "Nummer"], ["2026-01-05", "F1"]]
    assert "00:00" not in html
    timed = [
        *dated,
        record(Kind.TABLE, {"at": "2026-07-05T08:00", "n": "F7"}, midnight(2026, 7, 5) + timedelta(hours=8)),
    ]
    assert ["2026-01-05 00:00", "F1"] in cells(html_of(timed, spec))


def test_many_columns_stand_in_two_lines_with_every_value() -> None:
    fields = {f"f{n}": FieldSpec(f"Rubrik{n}", f"Heading{n}") for n in range(10)}
    records = [record(Kind.TABLE, {f"f{n}": f"värde-{row}-{n}" for n in range(10)}) for row in range(6)]
    html = html_of(records, spec_of(Kind.TABLE, **fields))
    assert 'class="rows stack"' in html
    head, first = cells(html)[:2]
    assert head == [f"Rubrik{n} Rubrik{n + 5}" for n in range(5)]
    assert first == [f"värde-0-{n} värde-0-{n + 5}" for n in range(5)]
    for row in range(6):
        for n in range(10):
            assert html.count(f"värde-{row}-{n}<") == 1


# --- Days and months ---------------------------------------------------------------------------------------------------------


def readings(days: list[datetime], **more: Any) -> list[Record]:
    """A reading at each of the times, 1.25, 2.25 and so on."""
    return [record(Kind.TIME_SERIES, {"value": i + 1.25, **more}, when, group="M1") for i, when in enumerate(days)]


def test_days_lie_in_a_calendar() -> None:
    html = html_of(readings([midnight(2026, 10, 30) + timedelta(days=n) for n in range(12)]), world.READINGS)
    assert cells(html) == [
        ["Vecka", "mån", "tis", "ons", "tors", "fre", "lör", "sön"],
        ["30 okt–1 nov", "", "", "", "", "1,25", "2,25", "3,25"],
        ["2–8 nov", "4,25", "5,25", "6,25", "7,25", "8,25", "9,25", "10,25"],
        ["9–10 nov", "11,25", "12,25", "", "", "", "", ""],
    ]
    assert "2026, kWh · totalt 81 kWh" in html.replace("81,00", "81")


def test_a_day_without_a_reading_is_a_dash_and_a_new_year_a_new_table() -> None:
    days = [midnight(2025, 12, 30), midnight(2025, 12, 31), midnight(2026, 1, 1), midnight(2026, 1, 3)]
    html = html_of(readings(days), world.READINGS)
    assert ["30–31 dec", "", "1,25", "2,25", "", "", "", ""] in cells(html)
    assert ["1–3 jan", "", "", "", "3,25", "–", "4,25", ""] in cells(html)
    assert len(re.findall("<h6>202[56]", html)) == 2


def test_months_lie_on_a_row_per_year() -> None:
    months = [midnight(2025 + n // 12, n % 12 + 1, 1) for n in range(10, 16)]
    html = html_of(readings(months), world.READINGS)
    head, *years = cells(html)
    assert head[:3] == ["År", "Jan", "Feb"]
    assert years == [["2025", *[""] * 10, "1,25", "2,25"], ["2026", "3,25", "4,25", "5,25", "6,25", *[""] * 8]]
    assert html.count("<table") == 1


def test_long_monthly_values_stand_in_two_lines() -> None:
    months = [record(Kind.TIME_SERIES, {"value": 12345.75}, midnight(2026, m, 1), group="M1") for m in range(1, 13)]
    head, row = cells(html_of(months, world.READINGS))
    assert head == ["År", "Jan Juli", "Feb Aug", "Mars Sep", "April Okt", "Maj Nov", "Juni Dec"]
    assert row == ["2026", *["12345,75 12345,75"] * 6]


def test_two_values_for_one_day_keep_a_row_each() -> None:
    days = [midnight(2026, 5, n) for n in (1, 2, 3, 3, 4, 5)]
    html = html_of(readings(days), world.READINGS)
    assert '<table class="weeks">' not in html
    for n in range(6):
        assert f"{n + 1},25" in html


def test_another_varying_field_is_never_lost_in_a_calendar() -> None:
    made = [
        replace(r, fields={**r.fields, "note": f"n{i}"})
        for i, r in enumerate(readings([midnight(2026, 5, n) for n in range(1, 9)]))
    ]
    html = html_of(made, world.READINGS)
    for n in range(8):
        assert f"n{n}" in html


def test_a_unit_of_the_readings_themselves_is_printed_in_every_layout() -> None:
    bare = CategorySpec(
        "r", Kind.TIME_SERIES, "Värden", "Values", {"value": FieldSpec("Värde", "Value", FieldType.NUMBER)}
    )
    calendar = readings([midnight(2026, 5, n) for n in range(1, 9)], unit="GJ")
    assert "2026, GJ" in html_of(calendar, bare)
    odd = readings([datetime(2026, 5, n, 7, 13, tzinfo=UTC) for n in range(1, 9)], unit="GJ")
    assert "GJ" in re.sub("<svg.*?</svg>", "", html_of(odd, bare))


def test_money_is_called_kronor_in_headings_too() -> None:
    fields = {"value": FieldSpec("Värde", "Value", FieldType.AMOUNT, "SEK")}
    html = html_of(readings([midnight(2026, m, 1) for m in range(1, 7)]), spec_of(Kind.TIME_SERIES, **fields))
    assert "2026, kr · totalt 22,50 kr" in html
    assert "kr per månad" in html


# --- Pages -------------------------------------------------------------------------------------------------------------------


def test_no_page_is_nearly_empty_and_no_heading_ends_one() -> None:
    many = tuple(
        replace(fact, purpose=f"{fact.purpose} {n} " + "med många ord " * 6, retention=f"{n} år " + "och mer " * 12)
        for fact in world.PROCESSINGS
        for n in range(9)
    )
    rendered = render_extract(replace(world.anna(), processings=many))
    headings = {block.text for block in read_blocks(rendered.data) if block.tag in ("H2", "H3", "H4", "H5", "H6")}
    with pikepdf.open(io.BytesIO(rendered.data)) as pdf:
        pages = [[t for place, t in sorted(marked_text(page.obj).items()) if place >= 0] for page in pdf.pages]
    for number, texts in enumerate(pages[:-1], 1):
        assert texts[-1].strip() not in headings, number
        if number > 2:  # the front ends where it ends
            assert len(texts) > 12, (number, texts)


# --- Sender ------------------------------------------------------------------------------------------------------------------


def test_what_the_sender_lacks_leaves_no_trace() -> None:
    bare = replace(world.SENDER, org_no="", phone="", web="")
    for lang in ("sv", "en"):
        text = plain(render_extract(replace(world.bo(lang), sender=bare)).data)
        for trace in (
            "organisationsnummer )",
            "(organisationsnummer",
            "(company registration",
            "Telefon:",
            "Phone:",
            "Webb:",
            "Web:",
        ):
            assert trace not in text
    letter = letters_world.receipt(sender=bare)
    assert "eller ring" not in letter_html(letter)
    assert "eller ring" in letter_html(letters_world.receipt())


def test_the_unit_is_not_signed_twice() -> None:
    case = replace(letters_world.receipt().case, handler=world.SENDER.unit)
    assert letter_html(letters_world.receipt(case=case)).count(world.SENDER.unit) == 1
    assert letter_html(letters_world.receipt()).count(world.SENDER.unit) == 1


def test_a_letters_last_page_is_never_the_signature_alone() -> None:
    for make in (letters_world.erasure, letters_world.rectification):
        rendered = render_letter(make())
        with pikepdf.open(io.BytesIO(rendered.data)) as pdf:
            last = " ".join(text for place, text in marked_text(pdf.pages[-1].obj).items() if place >= 0)
        assert "Om du inte är nöjd" in last
