"""What is masked stands in no byte of anything that leaves: every kind of record, every way of masking, every form of the answer."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from requests_app.documents.pdf import render_extract
from requests_app.domain.masks import WORDS, Place, Scope
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record
from requests_app.models import Case, Mask, StoredFile
from requests_app.services import answers, files, gathered, masking, rendering
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from tests.documents.reading import build_package
from tests.documents.searching import squeezed, traces
from tests.world import World, identified, make_world, open_case, put_records

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
BIRTH = datetime(2019, 7, 23, 22, 0, tzinfo=UTC)

NAME, NESTED, AMOUNT, DATE = "Zebulon Hemligsson", "zebbe.dold@example.org", "987654.31", "2019-07-24"
ROW, WHOLE_ROW, SPOKEN, WHOLE_SAID = (
    "Kvittensen Åberg",
    "Hela Raden Öqvist",
    "Xerxes Tystlåten",
    "Hela meddelandet ska bort",
)
READING, WHOLE_READING, CATEGORY, SOURCE = "8765.4321", "4321.9876", "Sjukanmälan från Ypsilon", "Anmälare Quist"
LIST_ITEM, GROUPED = "Tredje Listnamnet", "samtal-wilhelmina"
DAY_SUM = "8788.432"
"""Of the day with the masked reading, as the plot says it."""
SECRETS = (
    *(NAME, NESTED, AMOUNT, DATE, ROW, WHOLE_ROW, SPOKEN, WHOLE_SAID),
    *(READING, WHOLE_READING, CATEGORY, SOURCE, LIST_ITEM, GROUPED),
)
KEPT = ("Synlig Andersson", "Synlig rad", "Du når mig på kontoret")

SPECS = {
    "kund": CategorySpec(
        "kund",
        Kind.FACTS,
        "Kunduppgifter",
        "Customer details",
        {
            "namn": FieldSpec("Namn", "Name"),
            "skuld": FieldSpec("Skuld", "Debt", FieldType.AMOUNT, "SEK"),
            "fodd": FieldSpec("Barn fött", "Child born", FieldType.DATE),
        },
    ),
    "matvarden": CategorySpec(
        "matvarden",
        Kind.TIME_SERIES,
        "Mätvärden",
        "Readings",
        {"value": FieldSpec("Värde", "Value", FieldType.NUMBER, "kWh")},
    ),
}


def _records() -> list[Record]:
    def made(
        category: str, kind: Kind, key: str, at: datetime | None = None, group: str = "", **fields: object
    ) -> Record:
        return Record(key, category, kind, at, fields, group)

    kontakter = [{"namn": "Synlig Andersson", "mejl": NESTED}, {"namn": LIST_ITEM}]
    people = replace(
        made("kund", Kind.FACTS, f"kund-{NAME}", BIRTH, namn=NAME, skuld=float(AMOUNT), fodd=DATE, kontakter=kontakter),
        source=SOURCE,
    )
    rows = [
        made("rader", Kind.TABLE, "r1", NOON, vem=ROW, vad="Synlig rad"),
        made("rader", Kind.TABLE, "r2", NOON + timedelta(days=400), vem=WHOLE_ROW, vad="x"),
        made("rader", Kind.TABLE, "r3", NOON, vem="Synlig rad", vad="y"),
    ]
    said = [
        made(
            "chatt",
            Kind.CONVERSATION,
            "c1",
            NOON,
            GROUPED,
            text=f"Du når mig på kontoret, hälsar {SPOKEN}.",
            tråd=GROUPED,
        ),
        made("chatt", Kind.CONVERSATION, "c2", NOON, "annat samtal", text=WHOLE_SAID),
        made("chatt", Kind.CONVERSATION, "c3", NOON, "annat samtal", text="Tack!"),
    ]
    start = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    values = {5: float(READING), 30: float(WHOLE_READING)}
    readings = [
        made("matvarden", Kind.TIME_SERIES, f"m{n}", start + timedelta(hours=n), "M1", value=values.get(n, 1.0))
        for n in range(24 * 4)
    ]
    return [people, *rows, *said, *readings, made("halsa", Kind.FACTS, "h1", NOON, besked=CATEGORY)]


@pytest.fixture
def world(var: Path) -> World:
    return make_world()


@pytest.fixture
def case(world: World, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case in review, with records of every kind."""
    known = gathered.spec_of
    monkeypatch.setattr(gathered, "spec_of", lambda version, key, kind: SPECS.get(key) or known(version, key, kind))
    made = identified(world, open_case(world))
    put_records(made, "fakturering", _records())
    put_records(made, "arkiv", [])
    return made


def mask_all(world: World, case: Case) -> None:
    """Lay every kind of mask on every kind of record."""
    said = next(item for item in _records() if item.key == "c1").fields["text"]
    start = said.index(SPOKEN)
    key = f"kund-{NAME}"
    wanted = {
        "kund": [
            *(
                Place(Scope.VALUE, key, path)
                for path in ("/namn", "/skuld", "/fodd", "/kontakter/0/mejl", "/kontakter/1")
            ),
            Place(Scope.VALUE, key, "@source"),
        ],
        "rader": [Place(Scope.VALUE, "r1", "/vem"), Place(Scope.RECORD, "r2")],
        "chatt": [
            Place(Scope.SPAN, "c1", "/text", start, start + 6),
            Place(Scope.SPAN, "c1", "/text", start + 3, start + len(SPOKEN)),
            Place(Scope.VALUE, "c1", "/tråd"),
            Place(Scope.RECORD, "c2"),
        ],
        "matvarden": [Place(Scope.VALUE, "m5", "/value"), Place(Scope.RECORD, "m30")],
        "halsa": [Place(Scope.CATEGORY)],
    }
    for category, places in wanted.items():
        masking.lay(
            actor=Actor.staff(world.karin),
            case=case,
            system="fakturering",
            category=category,
            places=places,
            ground="15_4",
            note="Rör någon annan",
        )


def outputs(case: Case) -> dict[str, bytes]:
    """Everything that is made of the data: PDF, ZIP and the preview as it is stored."""
    vault = Vault(case)
    extract = answers.extract_of(case, vault, {"dated_on": "2026-03-20"})
    pdf = render_extract(extract).data
    preview = rendering.request_preview(case=case)
    rendering.run(preview.pk)
    stored = StoredFile.objects.get(case=case, kind="preview")
    return {
        "extract.pdf": pdf,
        "package.zip": build_package(extract, pdf),
        files.name_of(vault, stored): files.read(vault, stored),
    }


def test_the_search_finds_all_of_it_when_nothing_is_masked(case: Case) -> None:
    for name, data in outputs(case).items():
        assert traces(name, data, (*SECRETS, DAY_SUM, *KEPT)) == {*SECRETS, DAY_SUM, *KEPT}, name


def test_what_is_masked_stands_in_no_byte_of_any_output(world: World, case: Case) -> None:
    mask_all(world, case)
    assert masking.unmatched(case, Vault(case)) == []
    for name, data in outputs(case).items():
        assert traces(name, data, (*SECRETS, DAY_SUM)) == set(), name
        assert traces(name, data, KEPT) == set(KEPT), name


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_what_is_withheld_is_told_by_system_category_count_and_ground(world: World, case: Case, lang: str) -> None:
    mask_all(world, case)
    Case.objects.filter(pk=case.pk).update(language=lang)
    case.refresh_from_db()
    extract = answers.extract_of(case, Vault(case), {"dated_on": "2026-03-20"})
    counts = [(item.category, item.count, item.whole) for item in extract.withheld]
    names = {
        "sv": ["Kunduppgifter", "Rader", "Chatt", "Mätvärden", "Halsa"],
        "en": ["Customer details", "Rader", "Chatt", "Readings", "Halsa"],
    }[lang]
    assert counts == [
        (names[0], 6, False),
        (names[1], 1, True),
        (names[1], 1, False),
        (names[2], 1, True),
        (names[2], 2, False),
        (names[3], 1, True),
        (names[3], 1, False),
        (names[4], 1, True),
    ]
    package = zipfile.ZipFile(io.BytesIO(build_package(extract, b"%PDF-")))
    held = json.loads(package.read(f"{case.diary_no}.json"))
    assert [item["count"] for item in held["withheld"]] == [count for _name, count, _whole in counts]
    words = WORDS[lang]["15_4"]
    assert words in package.read(f"{case.diary_no}.json").decode()
    assert squeezed(words) in squeezed(package.read("csv/fakturering-chatt.csv").decode("utf-8-sig"))


def test_counts_and_days_are_those_of_what_is_left(world: World, case: Case) -> None:
    mask_all(world, case)
    extract = answers.extract_of(case, Vault(case), {"dated_on": "2026-03-20"})
    for section in extract.sections:
        for category in section.categories:
            left = list(category.records())
            assert category.count == len(left)
            days = [item.occurred_at for item in left if item.occurred_at]
            assert (category.first_on is None) == (not days)
    rows = next(item for section in extract.sections for item in section.categories if item.spec.key == "rader")
    assert rows.last_on == NOON.date()


def test_undone_masks_hide_nothing(world: World, case: Case) -> None:
    mask_all(world, case)
    masking.undo(actor=Actor.staff(world.karin), case=case, masks=Mask.objects.filter(case=case))
    extract = answers.extract_of(case, Vault(case), {"dated_on": "2026-03-20"})
    assert extract.withheld == ()
    package = build_package(extract, b"-")
    assert traces("x.zip", package, SECRETS) == set(SECRETS)


PHONE, FROM = "070-174 06 20", "Karla Karlfeldtsson"
ECHOES = {
    "e1": ("KARLA KARLFELDTSSON", "kopplad av karla  karlfeldtsson"),
    "e2": ("0701740620", "+46701740620"),
    "e3": ("0046 70 174 06 20", "Karla Karlfeldtssons telefon, 701740620"),
}
"""What stands beside the records, as group and source: what is masked in them, cased and written otherwise."""


def test_what_is_masked_stands_in_no_other_form_in_the_group_or_the_source(world: World, case: Case) -> None:
    records = [
        Record(
            key,
            "chatt",
            Kind.CONVERSATION,
            NOON,
            {"from": FROM, "phone": PHONE, "text": "Hej"},
            f"Chatt med {group}",
            source,
        )
        for key, (group, source) in ECHOES.items()
    ]
    put_records(case, "fakturering", records)
    masking.lay(
        actor=Actor.staff(world.karin),
        case=case,
        system="fakturering",
        category="chatt",
        places=[Place(Scope.VALUE, key, path) for key in ECHOES for path in ("/from", "/phone")],
        ground="15_4",
        note="Rör någon annan",
    )
    forms = (FROM, "karla  karlfeldtsson", PHONE, "701740620", "70 174 06 20")
    for name, data in outputs(case).items():
        assert traces(name, data, ("Chatt med",)) == {"Chatt med"}, name
        assert traces(name, data, forms) == set(), name
