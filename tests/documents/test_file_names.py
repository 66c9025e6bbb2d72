"""Names that others gave, made safe."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from requests_app.documents.file_names import enclosure_name
from requests_app.domain.identifiers import find_personnummer


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("avtal för Åsa.pdf", "arkiv-avtal-för-Åsa.pdf"),
        ("Avtal.PDF", "arkiv-Avtal.pdf"),
        ("../../etc/passwd.pdf", "arkiv-etc-passwd.pdf"),
        ("..\\..\\x.pdf", "arkiv-x.pdf"),
        ("a\u202efdp.exe\x00\n.pdf", "arkiv-a-fdp-exe.pdf"),
        ("19900118-9811.pdf", "arkiv-19900118.pdf"),
        ("19900118#9811.pdf", "arkiv-19900118.pdf"),
        (".pdf", "arkiv.pdf"),
        ("e\u0301.pdf", "arkiv-é.pdf"),
    ],
)
def test_a_name_becomes_safe_and_stays_readable(name: str, safe: str) -> None:
    assert enclosure_name("arkiv", name, ".pdf", set()) == safe


def test_an_ending_that_the_content_does_not_bear_out_is_not_one() -> None:
    assert enclosure_name("arkiv", "bild.png", "", set()) == "arkiv-bild-png"


def test_no_two_are_alike_whatever_the_case_of_their_letters() -> None:
    taken: set[str] = set()
    names = [enclosure_name("arkiv", name, ".pdf", taken) for name in ("a.pdf", "A.pdf", "a.pdf", "a-2.pdf")]
    assert names == ["arkiv-a.pdf", "arkiv-A-2.pdf", "arkiv-a-3.pdf", "arkiv-a-2-2.pdf"]


@given(st.text(max_size=300))
def test_any_name_is_one_part_of_a_path_of_bounded_length_without_an_identity_number(name: str) -> None:
    found = enclosure_name("arkiv", name, ".pdf", set())
    assert found.isprintable()
    assert not set(found) & set('/\\:*?"<>| ')
    assert found.startswith("arkiv")
    assert not found.startswith(".")
    assert ".." not in found
    assert len(found.encode()) <= 124
    assert not list(find_personnummer(found))
