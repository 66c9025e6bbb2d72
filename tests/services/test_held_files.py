"""Sealed content before there is a case: readable only through us, adopted by a case, gone in time."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from requests_app.crypto.errors import SealBroken
from requests_app.domain.channels import HeldKind
from requests_app.models import HeldFile
from requests_app.services import files, held_files
from requests_app.services.keys import DOSSIER, Vault
from tests.world import make_world, open_case

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
TEXT = b"Hej, jag heter Anna Andersson."


def held(keep: timedelta | None = None) -> HeldFile:
    return held_files.hold(kind=HeldKind.MAIL, owner="A", name="anna.eml", data=TEXT, keep=keep)


def test_it_gives_back_what_was_held_and_the_storage_shows_nothing_of_it(var: Path) -> None:
    file = held()
    assert held_files.read(file) == TEXT
    assert held_files.name_of(file) == "anna.eml"
    raw = (var / "case_files" / file.path).read_bytes()
    assert b"Anna" not in raw
    assert b"anna" not in bytes(file.name_enc) + bytes(file.key_enc) + file.path.encode()


def test_the_content_of_one_does_not_open_as_anothers(var: Path) -> None:
    one, other = held(), held()
    other.path = one.path
    with pytest.raises(SealBroken):
        held_files.read(other)


def test_a_case_adopts_it_under_its_own_key_and_the_held_one_goes(
    var: Path, django_capture_on_commit_callbacks: object
) -> None:
    case = open_case(make_world())
    file = held()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        vault = Vault(case)
        stored = held_files.adopt(file, case, vault, purpose=DOSSIER, kind="attachment")
    assert files.read(vault, stored) == TEXT
    assert files.name_of(vault, stored) == "anna.eml"
    assert not HeldFile.objects.exists()
    assert not (var / "case_files" / file.path).exists()


def test_what_nobody_needs_goes_in_time_and_what_is_undecided_stays(
    var: Path, django_capture_on_commit_callbacks: object
) -> None:
    kept, going = held(), held(timedelta(days=7))
    HeldFile.objects.filter(pk=going.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert held_files.sweep() == 1
    assert list(HeldFile.objects.all()) == [kept]
    assert not (var / "case_files" / going.path).exists()


def test_it_is_not_taken_for_a_file_without_a_row(var: Path) -> None:
    file = held()
    path = var / "case_files" / file.path
    old = (timezone.now() - timedelta(days=3)).timestamp()
    os.utime(path, (old, old))
    assert files.sweep_orphans() == 0
    HeldFile.objects.all().delete()
    assert files.sweep_orphans() == 1
    assert not path.exists()
