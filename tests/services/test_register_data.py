"""The register's data files themselves: complete, in both languages, and true to the guideline."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from requests_app.services.register.loading import DATA

GUIDELINE = Path(__file__).parent.parent / "data" / "riktlinje-integritet-2023-11-02.txt"
FILES = ["systems", "profiles", "categories", "retention", "recipients", "processings"]
FOUR = {"mina_sidor": "mina_sidor", "mitt_hem": "mitt_hem", "chatt": "chat", "nyhetsbrev": "newsletter"}

AVOIDED = {"CAT-13", "CAT-14", "CAT-15", "CAT-18"}
"""Special categories that the guideline says HEM avoids: no system is known to hold them."""
OUTSIDE_THE_MAP = {
    *("DOC-01", "ROL-01", "LAW-01", "REC-04", "REC-05", "REC-06", "REC-08", "TRF-01", "TRF-04", "RGT-02"),
    *("CHN-01", "CHN-04", "CHN-05", "CHN-10", "CHN-11", "CHN-13", "COO-01", "COO-04", "COO-09"),
}
"""Rows that promise, define or explain: nothing is processed by them."""


def read(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


def rows() -> list[dict[str, str]]:
    with (DATA / "register.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def plain(text: str) -> str:
    """Without differences of white space, dashes and quotation marks that a copy may bring."""
    for marks, one in (("”“„»", '"'), ("’‘", "'"), ("–—", "-")):
        text = re.sub(f"[{marks}]", one, text)
    return re.sub(r"\s+", " ", text).strip()


def statements() -> list[tuple[str, dict[str, Any]]]:
    """Every entry that is a statement, and each link of an item."""
    found = [(f"{name}:{entry['key']}", entry) for name in FILES for entry in read(name) if "assumption" in entry]
    for entry in read("items"):
        place = f"{entry['system']}:{entry['processing']}:{entry['categories'][0]}"
        found.append((place, entry))
        found += [(f"{place}:{link['recipient']}", link) for link in entry["recipients"]]
    return found


def test_it_carries_all_184_rows_of_the_inventory() -> None:
    ids = [row["id"] for row in rows()]
    assert len(ids) == len(set(ids)) == 184


def test_every_quote_stands_word_for_word_in_the_guideline() -> None:
    guideline = plain(GUIDELINE.read_text("utf-8"))
    quoted = [row for row in rows() if row["kind"] != "gap"]
    assert len(quoted) == 177
    assert [row["id"] for row in quoted if plain(row["seed_quote"]) not in guideline] == []


@pytest.mark.parametrize("name", [*FILES, "sources"])
def test_every_text_is_in_swedish_and_english(name: str) -> None:
    data = read(name)
    for entry in data.values() if isinstance(data, dict) else data:
        stems = {field[:-3] for field in entry if field.endswith(("_sv", "_en"))}
        assert stems
        for stem in stems:
            swedish, english = entry[f"{stem}_sv"], entry[f"{stem}_en"]
            assert swedish.strip() == swedish and english.strip() == english
            assert swedish and english, (entry, stem)


def test_sentences_are_whole_where_they_are_sentences_and_never_where_they_are_phrases() -> None:
    for rule in read("retention"):
        assert rule["text_sv"].endswith(".") and rule["text_en"].endswith(".")
    for processing in read("processings"):
        assert not processing["purpose_sv"].endswith(".") and not processing["purpose_en"].endswith(".")
        if "automated_sv" in processing:
            assert processing["automated_sv"].endswith(".") and processing["profiling"]


def test_a_legal_basis_says_what_it_means_and_names_its_article() -> None:
    for processing in read("processings"):
        assert "artikel 6.1" in processing["legal_basis_sv"], processing["key"]
        assert re.search(r"Articles? 6\(1\)", processing["legal_basis_en"]), processing["key"]
        assert " – " in processing["legal_basis_sv"] and " – " in processing["legal_basis_en"]


def test_what_is_not_marked_as_an_assumption_rests_on_rows_of_the_guideline() -> None:
    known = {row["id"]: row for row in rows()}
    for place, entry in statements():
        assert set(entry["rows"]) <= set(known), place
        if not entry["assumption"]:
            assert entry["rows"], place
            assert not all(known[row]["kind"] == "gap" for row in entry["rows"]), place


def test_assumptions_name_the_rows_that_raised_them() -> None:
    for place, entry in statements():
        assert entry["rows"], place


def test_every_link_leads_somewhere_and_stands_once() -> None:
    keys = {name: {entry["key"] for entry in read(name)} for name in FILES} | {"sources": set(read("sources"))}
    seen = set()
    for entry in read("items"):
        assert entry["system"] in keys["systems"]
        assert entry["processing"] in keys["processings"]
        assert entry["retention"] in keys["retention"]
        assert entry["source"] in keys["sources"]
        assert {link["recipient"] for link in entry["recipients"]} <= keys["recipients"]
        for category in entry["categories"]:
            assert category in keys["categories"]
            place = (entry["system"], entry["processing"], category)
            assert place not in seen
            seen.add(place)


def test_nothing_in_the_data_is_left_unused() -> None:
    items = read("items")
    used = {
        "systems": {entry["system"] for entry in items},
        "processings": {entry["processing"] for entry in items},
        "retention": {entry["retention"] for entry in items},
        "recipients": {link["recipient"] for entry in items for link in entry["recipients"]},
    }
    for name, keys in used.items():
        assert {entry["key"] for entry in read(name)} == keys
    assert set(read("sources")) == {entry["source"] for entry in items}


def test_every_category_of_the_guideline_is_in_some_system_unless_hem_avoids_it() -> None:
    categories = read("categories")
    named = {row for entry in categories for row in entry["rows"]}
    assert named == {row["id"] for row in rows() if row["kind"] == "data_category"}
    linked = {category for entry in read("items") for category in entry["categories"]}
    assert {row for entry in categories if entry["key"] not in linked for row in entry["rows"]} == AVOIDED


def test_every_row_about_processing_is_somewhere_in_the_map() -> None:
    used = {row for _, entry in statements() for row in entry["rows"]}
    used |= {row for entry in read("categories") for row in entry["rows"]}
    processing = {"situation", "system", "data_category", "purpose", "source", "processor", "third_party_tool"}
    processing |= {"recipient", "retention", "transfer", "cookie", "channel", "role", "law", "right", "document"}
    missing = {row["id"] for row in rows() if row["kind"] in processing} - used
    assert missing == OUTSIDE_THE_MAP


def test_the_four_systems_have_connectors_and_every_other_is_gathered_by_hand() -> None:
    connectors = {entry["key"]: entry["connector"] for entry in read("systems")}
    assert {key: connectors[key] for key in FOUR} == FOUR
    assert {connector for key, connector in connectors.items() if key not in FOUR} == {"manual"}


def test_mitt_hem_is_one_system_and_our_own_it_systems_are_eight() -> None:
    systems = read("systems")
    assert {"SYS-02", "SYS-03"} <= set(next(entry for entry in systems if entry["key"] == "mitt_hem")["rows"])
    split = {entry["key"] for entry in systems if "SYS-13" in entry["rows"]}
    assert split == {
        *("fakturering", "matvarden", "personal", "kreditupplysning"),
        *("personalens_epost_filer", "telefoni", "kamerabevakning", "loggar"),
    }
    assert all(entry["assumption"] for entry in systems if entry["key"] in split)


def test_a_profile_names_only_systems_that_there_are() -> None:
    known = {entry["key"] for entry in read("systems")}
    for entry in read("profiles"):
        assert entry["systems"] and set(entry["systems"]) <= known, entry["key"]


@pytest.mark.parametrize("profile", ["customer", "former_customer"])
def test_a_customer_is_searched_for_wherever_the_inventory_has_customers(profile: str) -> None:
    """By the rows of the inventory about customers, and by what the map says that a contract and its use leave behind."""
    (searched,) = [set(entry["systems"]) for entry in read("profiles") if entry["key"] == profile]
    about = {row["id"] for row in rows() if row["data_subjects"] == "kunder"}
    assert about == {"SIT-01", "SIT-02", "SIT-03"}
    assert {entry["key"] for entry in read("systems") if about & set(entry["rows"])} <= searched
    of_customers = {"administrera_avtal", "fakturera", "matning", "kreditprovning", "kopmonster", "nyhetsbrev"}
    of_customers |= {
        "klagomal",
        "svara_pa_fragor",
        "samtal",
        "formular",
    }  # whoever is a customer also asks and complains
    assert {entry["system"] for entry in read("items") if entry["processing"] in of_customers} <= searched


def test_web_analytics_alone_needs_a_cookie_id() -> None:
    assert [entry["key"] for entry in read("systems") if entry.get("needs_cookie")] == ["webbanalys"]


def test_a_recipient_in_an_american_group_says_what_protects_the_data() -> None:
    recipients = {entry["key"]: entry for entry in read("recipients")}
    american = {"optimizely", "google_analytics", "google_ads", "meta", "vimeo", "nyhetsbrevsverktyg"}
    assert {key for key, entry in recipients.items() if entry["country"] == "USA"} == american
    for key in american:
        assert "Data Privacy Framework" in recipients[key]["transfer_sv"]
        assert recipients[key]["assumption"]
    for entry in read("items"):
        for link in entry["recipients"]:
            assert link["recipient"] not in american or link["assumption"]


def test_marketing_and_profiling_are_marked_where_the_guideline_speaks_of_them() -> None:
    processings = {entry["key"]: entry for entry in read("processings")}
    assert processings["kopmonster"]["profiling"] and processings["kopmonster"]["marketing"]
    assert processings["kreditprovning"]["profiling"]
    marketing = {key for key, entry in processings.items() if entry.get("marketing")}
    assert {"marknadsforing", "nyhetsbrev", "kopmonster", "tester_annonser", "anpassning_webb"} <= marketing


def test_every_assumption_or_gap_of_the_rows_is_said_in_both_languages() -> None:
    noted = {row["assumption_or_gap"] for row in rows() if row["assumption_or_gap"]}
    gaps = read("gaps")
    assert set(gaps) == noted
    assert all(texts["sv"].strip() and texts["en"].strip() and texts["sv"] != texts["en"] for texts in gaps.values())
