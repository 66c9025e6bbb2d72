"""Files that a system gives with its records: checked for malware, kept sealed with them, and enclosed in an answer as they came.

They come in by the same door as what owners of systems upload, so that nothing of them leaves that nobody has opened
(``services.enclosures``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from requests_app.connectors.uploads import ENCLOSED, MAX_BYTES, enclosed_key
from requests_app.domain.records import Record
from requests_app.models import StoredFile
from requests_app.services import files, malware
from requests_app.services.attachments import plain_name
from requests_app.services.audit import WORKER
from requests_app.services.keys import GATHERED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from requests_app.connectors.base import Page
    from requests_app.models import Case
    from requests_app.services.keys import Vault

DOOR = "system"


class Unchecked(Exception):
    """The malware scanner that is configured does not answer: nothing is let in."""


@dataclass(frozen=True, slots=True)
class Came:
    """A file that may be kept, and the key of the record that names it."""

    key: str
    name: str
    data: bytes
    sha256: str


def admit(case: Case, page: Page, alive: Callable[[], None]) -> tuple[Page, list[Came]]:
    """The page with a record for each file that may be kept, and those files. Raises ``Unchecked``.

    What is infected stays out: that stands in the log, and who must know is told. Not to be called inside a unit of work.
    """
    came = []
    for file in page.files:
        alive()
        if 0 < len(file.data) <= MAX_BYTES and _clean(case, file.data):
            name, sha256 = plain_name(file.name), hashlib.sha256(file.data).hexdigest()
            came.append(Came(enclosed_key(name, len(file.data), sha256), name, file.data, sha256))
    named = tuple(
        Record(one.key, ENCLOSED.key, ENCLOSED.kind, None, {"name": one.name, "bytes": len(one.data)}) for one in came
    )
    return replace(page, records=(*page.records, *named), files=()), came


def _clean(case: Case, data: bytes) -> bool:
    silent = False
    try:
        malware.check(data, actor=WORKER, door=DOOR, case=case)
    except ValidationError as error:
        silent = any(found.code == "scanner" for found in error.error_dict["file"])
    else:
        return True
    if silent:
        raise Unchecked
    return False


def keep(case: Case, vault: Vault, came: Sequence[Came]) -> None:
    """Keep the files, each name and content once in a case. To be called in the transaction that writes their records."""
    for one in came:
        held = StoredFile.objects.filter(case=case, kind="upload", sha256=one.sha256, size=len(one.data))
        if not any(files.name_of(vault, stored) == one.name for stored in held):
            files.store(case, vault, purpose=GATHERED, kind="upload", name=one.name, data=one.data)
