"""Every text of the interface has its Swedish, and the Swedish fits it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from tests.support.processes import ROOT

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

PO = Path("requests_app/locale/sv/LC_MESSAGES/django.po")
MARK = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The Swedish catalogue after every source has been read anew, in a copy."""
    copy = tmp_path_factory.mktemp("translations")
    for name in ("hemdsr", "requests_app", "templates"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", copy)
    (copy / PO).parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "manage.py", "makemessages", "--locale", "sv", "--no-location", "--verbosity", "0"]
    environment = {"PATH": os.environ["PATH"], "HEMDSR_VAR": str(copy / "var")}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with (copy / PO).open("rb") as file:
        return read_po(file, locale="sv")


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def texts(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def test_every_text_has_its_swedish(extracted: Catalog) -> None:
    assert messages(extracted)
    assert [message.id for message in messages(extracted) if message.fuzzy or not all(texts(message.string))] == []


def test_the_swedish_has_the_same_places_to_fill_in(extracted: Catalog) -> None:
    def places(text: str) -> set[str]:
        return {match.group(0) for match in MARK.finditer(text)}

    wrong = [
        message.id
        for message in messages(extracted)
        # form by form: the singular may say "one" without a place for the number
        if any(
            text and places(text) != places(of)
            for of, text in zip(texts(message.id), texts(message.string), strict=True)
        )
    ]
    assert wrong == []


def test_nothing_is_translated_that_no_source_holds(extracted: Catalog) -> None:
    with (ROOT / PO).open("rb") as file:
        kept = read_po(file, locale="sv")
    known = {(message.context, message.id) for message in messages(extracted)}
    assert [message.id for message in messages(kept) if (message.context, message.id) not in known] == []
