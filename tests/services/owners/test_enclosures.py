"""Files of systems' owners reach the person as they came: none that is masked, none that nobody has opened, none in silence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import connection
from django.test.utils import CaptureQueriesContext

from requests_app.crypto.frames import SealedWriter
from requests_app.models import Notice, StoredFile
from requests_app.services import (
    answers as answers_made,
    case_rights,
    enclosures,
    encrypted_pdf,
    files,
    gathering,
    letter_refusal,
    masking,
    policy,
    rendering,
    review,
    standing,
    suggestions,
)
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.keys import Vault
from tests.services.owners.enclosed_world import (
    AVTAL,
    BILD,
    LETTER,
    answer,
    granted,
    mask,
    named,
    open_files,
    rendered,
    stored,
    unpacked,
    with_files,
)
from tests.services.owners.owner_world import row_of
from tests.services.rights_world import decide, letter, quick_documents
from tests.services.sending_world import as_

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.models import Case
    from tests.world import World

pytestmark = pytest.mark.django_db
ALL = {"avtal.pdf": AVTAL, "bild på huset.png": BILD, "brev.eml": LETTER}


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Documents are made as text."""
    quick_documents(monkeypatch)
    return world


@pytest.mark.parametrize(
    ("language", "folder", "words"),
    [
        ("sv", "bilagor", "gäller inte filerna i mappen bilagor"),
        ("en", "enclosures", "not apply to the files in the folder enclosures"),
    ],
)
def test_opened_files_lie_in_the_package_as_they_came(world: World, language: str, folder: str, words: str) -> None:
    case = with_files(world, ALL, language=language)
    open_files(world, case)
    granted(world, case)

    package = unpacked(case, rendered(case, "extract"))

    assert {name: data for name, data in package.items() if name.startswith(f"{folder}/")} == {
        f"{folder}/fakturering-avtal.pdf": AVTAL,
        f"{folder}/fakturering-bild-på-huset.png": BILD,
        f"{folder}/fakturering-brev.eml": LETTER,
    }
    assert named(package) == {
        "avtal.pdf": f"{folder}/fakturering-avtal.pdf",
        "bild på huset.png": f"{folder}/fakturering-bild-på-huset.png",
        "brev.eml": f"{folder}/fakturering-brev.eml",
    }
    readme = package["README.txt"].decode("utf-8-sig")
    assert f"{folder}/" in readme
    assert words in readme


def test_a_file_whose_record_bears_any_mask_stays_and_that_is_said(world: World) -> None:
    case = with_files(world, ALL)
    mask(world, case, "avtal.pdf")
    mask(world, case, "brev.eml", "/bytes")
    open_files(world, case, "bild på huset.png")
    granted(world, case)

    package = unpacked(case, rendered(case, "extract"))

    assert [name for name in package if name.startswith("bilagor/")] == ["bilagor/fakturering-bild-på-huset.png"]
    everything = b"".join(package.values())
    assert AVTAL not in everything
    assert LETTER not in everything
    assert b"avtal.pdf" not in everything
    assert named(package)["brev.eml"] == "Lämnas inte ut"
    assert "2 filer lämnas inte ut." in package["README.txt"].decode("utf-8-sig")


def test_the_same_content_under_another_name_stays_with_the_masked_one(world: World) -> None:
    case = with_files(world, {"avtal.pdf": AVTAL, "kopia.pdf": AVTAL})
    mask(world, case, "avtal.pdf")
    granted(world, case)
    package = unpacked(case, rendered(case, "extract"))
    assert AVTAL not in b"".join(package.values())
    assert named(package) == {"kopia.pdf": "Lämnas inte ut"}


def test_what_is_masked_stays_also_when_the_system_it_was_masked_in_is_left_out(world: World) -> None:
    case = with_files(world, {"avtal.pdf": AVTAL})
    gathering.search_system(actor=as_(world.karin), case=case, system=row_of(case, "arkiv").system)
    answer(case, {"kopia.pdf": AVTAL, "bild.png": BILD}, actor=as_(world.karin), system="arkiv")
    mask(world, case, "avtal.pdf")
    gathering.leave_out(actor=as_(world.karin), case=case, row=row_of(case), reason="Tomt.")
    found = {item.name: item.withheld for item in enclosures.of_case(case, Vault(case))}
    assert found == {"kopia.pdf": True, "bild.png": False}


def test_a_file_withheld_for_its_content_is_told_everywhere_with_its_reason(world: World) -> None:
    case = with_files(world, {"avtal.pdf": AVTAL})
    gathering.search_system(actor=as_(world.karin), case=case, system=row_of(case, "arkiv").system)
    answer(case, {"avtal.pdf": AVTAL}, actor=as_(world.karin), system="arkiv")
    mask(world, case, "avtal.pdf", "/bytes")
    case.refresh_from_db()
    vault = Vault(case)

    told = masking.withheld(case, vault, "sv")
    assert [(item.count, item.file) for item in told] == [(1, True), (1, True)]
    assert len({item.system for item in told}) == 2
    assert len({item.ground for item in told}) == 1
    assert [(item.system, item.reasons[0][1]) for item in masking.shown_items(case, vault)] == [
        (item.system, "Handlar om en annan person") for item in told
    ]

    granted(world, case)
    package = unpacked(case, rendered(case, "extract"))
    assert "2 filer lämnas inte ut." in package["README.txt"].decode("utf-8-sig")
    assert answers_made.extract_of(case, vault, {}).withheld == told
    common = {"note": ()} | dict.fromkeys(("case", "sender", "remedies", "addressee", "dated_on"))
    said = letter_refusal.refusal(case, vault, "access", {}, common).items[0].what
    assert all(item.system in said for item in told)


def test_no_standing_rule_withholds_a_file_for_what_it_is_called(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "rules_of", lambda case: policy.STANDING_RULES)
    case = with_files(world, {"0703458812.eml": LETTER})
    assert standing.apply(case) == 0
    assert [item.withheld for item in enclosures.of_case(case, Vault(case))] == [False]
    assert suggestions.survey(case, Vault(case), limit_records=10).others, "who reviews is told of it all the same"


def test_the_review_does_not_end_before_the_files_are_opened_by_staff(world: World) -> None:
    case = with_files(world, ALL)
    open_files(world, case, "avtal.pdf")
    with unit(SYSTEM) as work:  # opened by no member of staff
        work.event("document.downloaded", case, kind="upload", file=stored(case, "brev.eml").ref, by="person")
    with pytest.raises(ValidationError, match="2 ") as refused:
        review.finish(actor=as_(world.karin), case=case, confirmed=True)
    assert refused.value.code == "unopened_files"
    open_files(world, case)
    review.finish(actor=as_(world.karin), case=case, confirmed=True)
    case.refresh_from_db()
    assert case.state == "deciding"


def test_a_case_that_gives_no_files_does_not_wait_for_them(world: World) -> None:
    case = with_files(world, ALL)
    case.rights.update(right="portability")
    enclosures.refuse_unopened(case, Vault(case))


def test_nothing_waits_for_files_once_the_person_has_taken_the_right_back(world: World) -> None:
    case = with_files(world, ALL)
    case.rights.create(right="portability")
    case_rights.drop(actor=as_(world.karin), case=case, right="access", mistake=False, reason="Vill inte ha dem")
    review.finish(actor=as_(world.karin), case=case, confirmed=True)
    case.refresh_from_db()
    assert case.state == "deciding"


def test_what_comes_instead_has_to_be_opened_anew(world: World) -> None:
    case = with_files(world, {"avtal.pdf": AVTAL})
    open_files(world, case)
    enclosures.refuse_unopened(case, Vault(case))
    gathering.search_system(actor=as_(world.karin), case=case, system=row_of(case).system)
    assert enclosures.of_case(case, Vault(case)) == []
    answer(case, {"avtal.pdf": AVTAL + b" andra versionen"}, actor=as_(world.karin))
    assert [item.blocks for item in enclosures.of_case(case, Vault(case))] == [True]


def test_an_unopened_file_never_leaves_though_the_review_has_ended(world: World) -> None:
    case = with_files(world, ALL)
    open_files(world, case, "avtal.pdf", "brev.eml")
    case.rights.update(right="portability")
    review.finish(actor=as_(world.karin), case=case, confirmed=True)
    case.rights.update(right="access")  # asked for when the review had ended
    decide(world, case, "access", "granted")

    row = rendered(case, "extract")

    assert (row.state, row.fault, row.attempts, row.package) == ("failed", "unopened_file", 1, None)
    assert Notice.objects.filter(kind="document_failed").exists()
    open_files(world, case)
    rendering.retry(case=case, render=row)
    assert "bilagor/fakturering-brev.eml" in unpacked(case, rendered(case, "extract"))


def replaced_by(case: Case, lost: StoredFile, data: bytes) -> str:
    """Put other content, well sealed, in the place of a file's; gives the reference it is sealed under."""
    with files.prepared(case, Vault(case), "gathered", lambda target: target.write(data)) as made:
        files.storage().delete(lost.path)
        files.storage().save(lost.path, File(made.raw, "sealed"))
        name = Vault(case).seal("gathered", "avtal.pdf", "file", made.ref, "name")
        StoredFile.objects.filter(pk=lost.pk).update(name_enc=name)
        return made.ref


@pytest.mark.parametrize("how", ["row", "content", "changed", "sealed"])
def test_a_file_that_is_lost_or_changed_stops_the_answer_for_good(world: World, how: str) -> None:
    case = with_files(world, ALL)
    open_files(world, case)
    granted(world, case)
    lost = stored(case, "avtal.pdf")
    if how == "row":
        lost.delete()
    elif how == "content":
        files.storage().delete(lost.path)
    elif how == "changed":
        StoredFile.objects.filter(pk=lost.pk).update(ref=replaced_by(case, lost, AVTAL[:-1] + b"2"))
        open_files(world, case)
    else:
        StoredFile.objects.filter(pk=lost.pk).update(path=stored(case, "brev.eml").path)

    row = rendered(case, "extract")

    assert (row.state, row.fault, row.attempts, row.package) == ("failed", "lost_file", 1, None)
    assert not case.files.filter(kind="package").exists()


def test_the_portable_copy_has_no_files(world: World) -> None:
    case = with_files(world, ALL)
    case.rights.update(right="portability")
    granted(world, case, "portability")
    package = unpacked(case, rendered(case, "portability", "portability"))
    assert not [name for name in package if name.startswith("bilagor")]
    assert named(package) == dict.fromkeys(ALL, "")
    assert AVTAL not in b"".join(package.values())


def test_a_preview_shows_where_the_files_will_be_before_anybody_has_opened_them(world: World) -> None:
    case = with_files(world, ALL)
    row = rendering.request_preview(case=case)
    rendering.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.package) == ("done", None)


def test_names_are_found_by_content_whatever_the_person_reads(world: World) -> None:
    sent = {
        "19900118-9811.pdf": AVTAL,
        "Avtal.PDF": AVTAL + b"1",
        "avtal.pdf": AVTAL + b"2",
        "x" * 196 + ".pdf": AVTAL + b"3",
    }
    case = with_files(world, sent)
    open_files(world, case)
    granted(world, case)
    package = unpacked(case, rendered(case, "extract"))
    assert {data: name for name, data in package.items() if name.startswith("bilagor/")} == {
        AVTAL: "bilagor/fakturering-19900118.pdf",
        AVTAL + b"1": "bilagor/fakturering-Avtal.pdf",
        AVTAL + b"2": "bilagor/fakturering-avtal-2.pdf",
        AVTAL + b"3": f"bilagor/fakturering-{'x' * 108}.pdf",
    }


def test_a_large_package_is_never_in_memory_whole_nor_on_disk_in_the_clear(
    world: World, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = with_files(world, {f"{n}.pdf": AVTAL + os.urandom(1_500_000) for n in range(3)})
    open_files(world, case)
    granted(world, case)
    monkeypatch.setattr(files, "IN_MEMORY", 100_000)
    held: list[int] = []
    write = SealedWriter.write
    monkeypatch.setattr(SealedWriter, "write", lambda self, data: held.append(len(data)) or write(self, data))
    row = rendered(case, "extract")
    assert sum(held) > 4_500_000
    assert max(held) <= 2 * 1024 * 1024
    assert sum(name.startswith("bilagor/") for name in unpacked(case, row)) == 3
    on_disk = [path for path in var.rglob("*") if path.is_file()]
    assert {path.relative_to(var).parts[0] for path in on_disk} == {"case_files"}
    assert not any(path.read_bytes().startswith((b"PK", b"%PDF")) for path in on_disk)


def test_what_is_too_large_to_be_mailed_is_refused_before_it_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = with_files(world, ALL)
    open_files(world, case)
    granted(world, case)
    package = rendered(case, "extract").package
    assert package is not None
    monkeypatch.setattr(encrypted_pdf, "MAX_MAIL", package.size - 1)
    monkeypatch.setattr(files, "read", None)
    with pytest.raises(ValidationError, match="way"):
        encrypted_pdf.build(Vault(case), [package], "lösenord")


def test_the_covering_letter_counts_what_goes_along(world: World) -> None:
    case = with_files(world, ALL, language="en")
    mask(world, case, "avtal.pdf")
    open_files(world, case)
    granted(world, case)
    rendered(case, "extract")
    rendered(case, "answer")
    assert "2 files from our systems, in the ZIP" in letter(case, "answer", "access")


def test_more_files_cost_no_more_queries(world: World) -> None:
    case = with_files(world, {"avtal.pdf": AVTAL})
    vault = Vault(case)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            enclosures.of_case(case, vault)
        return len(seen)

    first = queries()
    other = with_files(world, {f"{n}.pdf": AVTAL + bytes([n]) for n in range(6)})
    case, vault = other, Vault(other)
    mask(world, case, "1.pdf")
    open_files(world, case)
    assert queries() <= first + 3  # the masks' systems and who laid them
