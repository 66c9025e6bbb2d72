"""What a text or a record holds of others: found with its place and its reason, and the person's own data left alone."""

from __future__ import annotations

import json
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings, strategies as st

from requests_app.domain.identifiers import name_tokens
from requests_app.domain.masks import GROUP, Place, Scope, fits, value_at
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record
from requests_app.domain.suggest import Own, Setting, Suggested, Why, find, ground_of, spot, staff_words

NUMBERS = json.loads((Path(__file__).parents[1] / "data" / "test_personnummer.json").read_text(encoding="utf-8"))
MINE, OTHERS = [number for number in NUMBERS["personnummer"] if number > "1950"][:2]
OLD = next(number for number in NUMBERS["personnummer"] if number < "1920")
COORDINATION = next(number for number in NUMBERS["samordningsnummer"] if number > "1940")
OWN = Own(
    emails=frozenset({"anna@example.se"}),
    phones=frozenset({"+46701740605"}),
    numbers=frozenset({MINE}),
    names=frozenset({"anna", "andersson"}),
    public=frozenset({"info@hem.se", "+4635190190"}),
    staff_domain="hem.se",
)
CHAT = CategorySpec("chatt", Kind.CONVERSATION, "Chatt", "Chat")
FACTS = CategorySpec(
    "kund",
    Kind.FACTS,
    "Kund",
    "Customer",
    {
        "phone": FieldSpec("Telefon", "Phone", FieldType.PHONE),
        "changed": FieldSpec("Ändrad", "Changed", FieldType.DATETIME),
        "status": FieldSpec("Status", "Status", words={"Anders": ("ny", "new")}),
    },
)


def found(text: str, kind: Suggested | None = None, setting: Setting | None = None) -> list[str]:
    """The stretches that are found, of one kind or of all."""
    return [
        text[item.start : item.end]
        for item in find(text, OWN, setting or Setting())
        if kind is None or item.kind is kind
    ]


def in_record(fields: dict[str, Any], spec: CategorySpec = FACTS, **more: Any) -> list[tuple[str, str, Why]]:
    """Path, text and reason of what a record holds."""
    record = Record("k", spec.key, spec.kind, datetime(2026, 1, 1, tzinfo=UTC), fields, **more)
    return [(item.place.path, item.text, item.why) for item in spot(record, spec, OWN)]


def ten(number: str, sign: str = "-") -> str:
    """An identity number as it is written: ten digits with a sign."""
    return f"{number[2:8]}{sign}{number[8:]}"


@pytest.mark.parametrize(
    "text",
    [
        "Skriv till {}",
        "mejla {}, tack",
        "<{}>",
        "old={} new=anna@example.se",
        "E-post: {}.",
    ],
)
@pytest.mark.parametrize("address", ["b.berg@example.com", "lotta+el@mail.example.co.uk", "åsa.öberg@example.se"])
def test_it_finds_anothers_email_address_and_nothing_around_it(text: str, address: str) -> None:
    assert found(text.format(address)) == [address]


@pytest.mark.parametrize("text", ["anna@example.se", "Anna@Example.SE", "info@hem.se", "noreply@example.org", "a@b"])
def test_own_and_common_mailboxes_are_not_suggested(text: str) -> None:
    assert found(f"skriv till {text} nu") == []


def test_an_address_in_our_own_domain_is_an_employees() -> None:
    [item] = find("mejla karin.oberg@hem.se", OWN)
    assert (item.kind, item.why) == (Suggested.EMAIL, Why.EMAIL_STAFF)


@pytest.mark.parametrize(
    "number",
    [
        *(
            "070-174 06 20",
            "0701740620",
            "070 174 06 20",
            "070/174 06 20",
            "070.174.06.20",
            "+46701740620",
            "0046701740620",
        ),
        *(
            "+46 70-174 06 20",
            "+46 (0)70 174 06 20",
            "031-390 06 12",
            "(031) 390 06 12",
            "08-465 004 21",
            "0980-319 212",
        ),
        *("+44 7700 900123", "+1 202-555-0143", "+49 30 23125 014"),
    ],
)
def test_it_finds_anothers_telephone_number_however_it_is_written(number: str) -> None:
    assert found(f"Ring {number} i kväll") == [number]
    assert found(number) == [number]


@pytest.mark.parametrize(
    "text",
    [
        *("mitt nr är 070-174 06 05", "ring +46701740605", "mob 070 1740605", "ring 174 06 05", "växeln 035-19 01 90"),
        *(
            "OCR 0701740620",
            "faktura 0701740620",
            "mätare 735999109000123456",
            "serienr: 0701740620",
            "order_id=0701740630",
        ),
        *(
            "2025-11-03",
            "kl 08-16 30",
            "56.6745, 12.8578",
            "1 250 kr",
            "12345 kWh",
            "302 42",
            "020-123 456",
            "0771-123 456",
        ),
        *("bankgiro 5051-7234", "10.174.06.20", "v 0701740", "kärl 0701740611", "bg 123-4567"),
    ],
)
def test_own_numbers_and_numbers_of_things_are_no_telephone_numbers(text: str) -> None:
    assert found(text, Suggested.PHONE) == []


def test_a_number_without_area_code_needs_a_word_before_it() -> None:
    assert found("ring 39 00 61 tack", Suggested.PHONE) == ["39 00 61"]
    assert found("mätarställning 39 00 61", Suggested.PHONE) == []


@pytest.mark.parametrize(
    "number",
    [
        *(
            ten(OTHERS),
            f"{OTHERS[:8]}-{OTHERS[8:]}",
            OTHERS,
            OTHERS[2:],
            ten(OTHERS, " "),
            ten(OTHERS, " - "),
            ten(OTHERS, "–"),
        ),
        *(ten(OLD, "+"), ten(COORDINATION), COORDINATION),
    ],
)
def test_it_finds_anothers_identity_number_however_it_is_written(number: str) -> None:
    assert found(f"Hustruns är {number}, tack") == [number]


@pytest.mark.parametrize("number", [ten(MINE), f"{MINE[:8]}-{MINE[8:]}", MINE, MINE[2:], ten(MINE, " ")])
def test_the_persons_own_identity_number_is_not_suggested(number: str) -> None:
    assert found(f"personnummer {number}") == []


def test_a_wrong_check_digit_counts_where_the_text_says_what_it_is() -> None:
    wrong = ten(OTHERS)[:-1] + str((int(OTHERS[-1]) + 1) % 10)
    assert found(f"personnummer {wrong}") == [wrong]
    assert found(f"ärende {wrong}") == []


def test_half_an_identity_number_counts_where_the_text_says_what_it_is() -> None:
    assert found(f"hon är född {OTHERS[:8]}") == [OTHERS[:8]]
    assert found(f"{OTHERS[2:8]}-XXXX") == [f"{OTHERS[2:8]}-XXXX"]
    assert found(f"född {MINE[:8]}") == []
    assert found(f"fakturadatum {OTHERS[:8]}") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hon heter Birgitta Hellqvist och bor på Skånegatan 955", ["Birgitta Hellqvist"]),
        ("min granne bengt klagar", ["bengt"]),
        ("min granne björn klagar", ["björn"]),
        ("Pratade med Björn i går", ["Björn"]),
        ("Björn ringde i går", ["Björn"]),
        ("vår granne Xhevahire säger", ["Xhevahire"]),
        ("Bengts bil stod i vägen", ["Bengts"]),
        ("mvh lars-göran", ["lars-göran"]),
        ("Familjen Berg flyttade", ["Berg"]),
        ("Ny ägare: Karlsson, Anders", ["Karlsson, Anders"]),
        ("vem är J. Bergkvist", ["J. Bergkvist"]),
        ("Ann-Sofie von Essen skrev", ["Ann-Sofie von Essen"]),
        ("Erik Andersson är min bror", ["Erik Andersson"]),
        ("my husband Tariq will be home", ["Tariq"]),
        ("ändrad av jonas.lind i går", ["jonas.lind"]),
    ],
)
def test_it_finds_names_and_nothing_around_them(text: str, names: list[str]) -> None:
    assert found(text, Suggested.NAME) == names


@pytest.mark.parametrize(
    "text",
    [
        *("Hej Anna!", "Mvh Anna Andersson", "Annas konto", "ANDERSSON, ANNA", "anna här igen"),
        *(
            "Erik Dahlbergsgatan 5",
            "Bengt Ekerots gata 4",
            "Sten Stures väg",
            "Karlssons Bygg AB",
            "Bergströms El AB",
            "Brf Björken",
        ),
        *(
            "i Halmstad på tisdag",
            "Per månad blir det 300 kr",
            "kan man per telefon",
            "Dag 3 utan ström",
            "Max 16 A",
            "Maj månad",
        ),
        *(
            "Mina sidor och Mitt HEM",
            "en björn i skogen",
            "Strömmen är borta",
            "Tack så mycket",
            "Vattenfall och Tibber",
            "hunden heter Ludde",
        ),
        *(
            "finns det",
            "inga pengar",
            "ute är det kallt",
            "hans bil",
            "min man har bil",
            "RUT-avdrag",
            "Vad heter appen?",
        ),
    ],
)
def test_own_names_streets_companies_towns_and_words_are_no_names(text: str) -> None:
    assert found(text, Suggested.NAME) == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("order", ["{first} {last}", "{last}, {first}", "{upper} {first}", "{last} {first}"])
def test_a_name_is_known_as_own_or_anothers_in_any_order_and_form(order: str, form: Literal["NFC", "NFD"]) -> None:
    own = Own(names=frozenset(name_tokens("Åsa Öberg")), emails=frozenset({"åsa@example.com"}))

    def spotted(first: str, last: str, field: str) -> list[str]:
        name = order.format(first=first, last=last, upper=last.upper())
        text = unicodedata.normalize(form, name if field == "owner" else f"Pratade med {name} om avin")
        said = Record("k", "c", Kind.FACTS, None, {field: text})
        found = spot(said, CategorySpec("c", Kind.FACTS, "Kund", "Customer"), own)
        return [unicodedata.normalize("NFC", item.text) for item in found]

    for field in ("owner", "text"):
        assert spotted("Åsa", "Öberg", field) == []
        assert spotted("Åke", "Öhlund", field) == [order.format(first="Åke", last="Öhlund", upper="ÖHLUND")]


def test_own_address_in_decomposed_letters_is_not_suggested() -> None:
    own = Own(emails=frozenset({"åsa@example.com"}))
    for form in ("NFC", "NFD"):
        assert find(unicodedata.normalize(form, "skriv till åsa@example.com"), own) == []


def test_names_are_found_in_decomposed_letters_too() -> None:
    text = unicodedata.normalize("NFD", "min granne Åke Öhlund klagar")
    assert [unicodedata.normalize("NFC", name) for name in found(text)] == ["Åke Öhlund"]


@pytest.mark.parametrize(
    ("text", "role", "why"),
    [
        ("Mvh Karin", "staff", Why.STAFF_SIGNED),
        ("Varsågod! /Karin", "staff", Why.STAFF_SIGNED),
        ("Du chattar med Karin", "staff", Why.STAFF_SIGNED),
        ("tekniker Jonas var här", "", Why.STAFF_MENTIONED),
        ("Tack Fatima!", "person", Why.STAFF_MENTIONED),
    ],
)
def test_it_tells_employees_from_others(text: str, role: str, why: Why) -> None:
    [item] = find(text, OWN, Setting(role, frozenset({"fatima", "haddad"})))
    assert (item.kind, item.why) == (Suggested.STAFF_NAME, why)


@pytest.mark.parametrize(
    ("text", "words", "topic"),
    [
        ("Jag är sjukskriven", ["sjukskriven"], Why.HEALTH),
        ("knäoperationen", ["knäoperationen"], Why.HEALTH),
        ("har skyddad identitet sedan 2019", ["skyddad identitet"], Why.THREAT),
        ("larmkoden är 2580", ["larmkoden"], Why.SECURITY),
        ("min advokat", ["advokat"], Why.DISPUTE),
        ("vår gode man", ["gode man"], Why.SOCIAL),
        ("orkar inte leva längre", ["orkar inte leva"], Why.DISTRESS),
        ("med i facket", ["facket"], Why.UNION),
        ("vår församling", ["församling"], Why.RELIGION),
        ("som rom", ["som rom"], Why.ETHNICITY),
        ("röstade på dem, sverigedemokraterna", ["röstade på", "sverigedemokraterna"], Why.POLITICS),
        ("de är homosexuella", ["homosexuella"], Why.SEXUAL),
        ("ett fingeravtryck", ["fingeravtryck"], Why.BIOMETRIC),
        ("polisanmälan är gjord", ["polisanmälan"], Why.CRIME),
    ],
)
def test_words_of_secrecy_and_special_categories_are_worth_a_look_without_a_ground(
    text: str, words: list[str], topic: Why
) -> None:
    items = [item for item in find(text, OWN) if item.kind is Suggested.LOOK]
    assert [text[item.start : item.end] for item in items] == words
    assert {item.why for item in items} == {topic}
    assert ground_of(Suggested.LOOK) is None


def test_it_names_the_place_in_a_nested_record() -> None:
    fields = {"contact": [{"phone": "070-174 06 05"}, {"phone": "070-174 06 20"}], "note": "mejla b@example.com nu"}
    record = Record("k", "kund", Kind.FACTS, None, fields)
    items = {item.place.path: item.place for item in spot(record, FACTS, OWN)}
    assert items == {
        "/contact/1/phone": Place(Scope.VALUE, "k", "/contact/1/phone", text="070-174 06 20"),
        "/note": Place(Scope.SPAN, "k", "/note", 6, 19, "b@example.com"),
    }
    assert all(fits(record, place) for place in items.values())


def test_fields_say_who_an_employee_or_another_person_is() -> None:
    assert in_record({"handläggare": "Karin Öberg", "created_by": "kaob01", "updatedBy": "system"}) == [
        ("/handläggare", "Karin Öberg", Why.STAFF_FIELD),
        ("/created_by", "kaob01", Why.STAFF_FIELD),
    ]
    assert in_record({"coHolders": ["Bosse Udd"], "fullName": "Anna Andersson"}) == [
        ("/coHolders/0", "Bosse Udd", Why.NAME_FIELD)
    ]


def test_codes_dates_and_addresses_are_not_read_as_names() -> None:
    fields = {
        "changed": "Karin 2025-01-01",
        "status": "Anders",
        "street": "Stures Bengt",
        "city": "Anders",
        "n": 701740620,
    }
    assert in_record(fields) == []


def test_a_number_a_spreadsheet_made_is_known_by_its_field() -> None:
    assert in_record({"phone": 701740620, "other": int(OTHERS)}) == [
        ("/phone", "701740620", Why.PHONE),
        ("/other", OTHERS, Why.NUMBER),
    ]


def test_the_sender_of_a_staff_message_is_an_employee_and_a_visitor_is_not() -> None:
    said = {"from": "Karin Öberg", "text": "Hej Anna!", "role": "staff"}
    assert in_record(said, CHAT) == [("/from", "Karin Öberg", Why.STAFF_SENDER)]
    assert in_record({"from": "V204", "text": "Hej", "role": "person"}, CHAT) == []


def test_employees_of_a_conversation_are_known_again_in_what_is_said() -> None:
    staff = Record(
        "1", "chatt", Kind.CONVERSATION, None, {"from": "Elvy Modig", "text": "Hej", "role": "staff"}, group="A"
    )
    person = Record("2", "chatt", Kind.CONVERSATION, None, {"text": "Tack Elvy Modig", "role": "person"}, group="A")
    known = staff_words([staff, person])
    assert known == {"A": frozenset({"elvy", "modig"})}
    [item] = spot(person, CHAT, OWN, known)
    assert (item.kind, item.text) == (Suggested.STAFF_NAME, "Elvy Modig")


def test_group_and_source_are_searched_for_contact_details() -> None:
    assert in_record({"a": 1}, group="b@example.com") == [(GROUP, "b@example.com", Why.EMAIL)]


def test_readings_are_left_alone() -> None:
    series = CategorySpec("energy", Kind.TIME_SERIES, "El", "Electricity")
    assert in_record({"value": 3, "note": "b@example.com"}, series) == []


@settings(deadline=None)  # the first one reads the word lists
@given(st.text(max_size=80))
def test_any_text_can_be_read_and_places_lie_in_it(text: str) -> None:
    record = Record("k", "chatt", Kind.CONVERSATION, None, {"text": text, "role": "staff"})
    for item in spot(record, CHAT, OWN):
        assert fits(record, item.place)
        shown = value_at(record, item.place.path)
        if item.place.scope is Scope.SPAN:
            assert shown[item.place.start : item.place.end] == item.text != ""


LONG = 200_000


@pytest.mark.parametrize(
    "piece",
    ["a", "å", "1", "0", "aB1+/Z", " ", "\n", ".", "-", "_", "a.", "a-", "1-", "0 ", "(", "x@y-", "a@", "a'"],
)
def test_a_long_run_of_anything_is_read_in_a_moment(piece: str) -> None:
    record = Record("k", "chatt", Kind.CONVERSATION, None, {"text": piece * (LONG // len(piece))}, "g")
    started = time.process_time()
    list(spot(record, CHAT, OWN))
    assert time.process_time() - started < 4  # 100 s and more when each place is read from each place before


@pytest.mark.parametrize("tail", ["@", "@a", "@a.", "@" + "b" * 500, "@a" + "-" * 500])
def test_a_long_run_with_an_at_sign_is_read_in_a_moment_too(tail: str) -> None:
    started = time.process_time()
    find("a" * LONG + tail, OWN)
    assert time.process_time() - started < 2


def test_a_text_full_of_contact_details_is_read_in_a_moment() -> None:
    text = f"ring 070-174 06 20, mejla bo@example.com eller {OTHERS} " * 4_000
    started = time.process_time()
    found = find(text, OWN, wanted=frozenset({Suggested.EMAIL, Suggested.PHONE, Suggested.STAFF_NAME}))
    assert len(found) == 12_000
    assert time.process_time() - started < 8


def test_what_stands_beside_a_file_written_as_text_is_found() -> None:
    file = "iVBORw0KGgoAAAANSUhEUgAAEva/Karlsson+0701740620" * 4_000
    text = (
        f"Hej, min granne Bengt nås på 070-174 06 20. data:image/png;base64,{file}== Och din bror har bror@example.com."
    )
    found = [(item.kind, text[item.start : item.end]) for item in find(text, OWN)]
    assert found == [
        (Suggested.NAME, "Bengt"),
        (Suggested.PHONE, "070-174 06 20"),
        (Suggested.EMAIL, "bror@example.com"),
    ]


def test_json_without_spaces_is_read_however_long_it_is() -> None:
    text = json.dumps([{"mail": f"bror{n}@example.com"} for n in range(100)], separators=(",", ":"))
    assert len(find(text, OWN)) == 100
