"""Files that came beside the data of systems, from their owners or with mails: which go out with the answer, as they came, and which stay.

What is in a file cannot be masked. So a file whose record bears any mask stays as a whole, and one that goes must have been opened
by a member of staff, who has looked for what concerns others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

from requests_app.connectors.uploads import ENCLOSED, PLACE, enclosed_key
from requests_app.crypto.errors import SealBroken
from requests_app.documents.file_names import enclosure_name
from requests_app.documents.values import Enclosure
from requests_app.domain.masks import whole
from requests_app.domain.records import FieldSpec
from requests_app.domain.rights import Right
from requests_app.domain.states import CollectionState
from requests_app.models import Batch, Event, EventPayload, StoredFile
from requests_app.services import attachments, files
from requests_app.services.batches import open_batch
from requests_app.services.mask_set import masks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from requests_app.documents.values import CategoryData, Extract, Lang, RecordSource, SystemSection
    from requests_app.domain.masks import Laid
    from requests_app.domain.records import Record
    from requests_app.models import Case, Collection, System
    from requests_app.services.keys import Vault

NAMED = replace(ENCLOSED, fields={**ENCLOSED.fields, PLACE: FieldSpec("Fil i ZIP-filen", "File in the ZIP")})
"""The category as an answer prints it: with where each file is found."""
WITHHELD: dict[Lang, str] = {"sv": "Lämnas inte ut", "en": "Not handed out"}
_HEAD, _PIECE = 64 * 1024, 1024 * 1024


class LostFile(Exception):
    """A file that is to go out is not there any more, does not open or is not what came in."""


class UnopenedFile(Exception):
    """A file is to go out that no member of staff has opened."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that the data of a case names. ``copies`` are the kept files of that name and content, none when they are lost.

    ``laid``: the masks that withhold it, those of its record or of another record of the same content; the record of this one still
    tells its name then. ``masked``: something of its own record is. ``opened``: by a member of staff.
    """

    system: System
    key: str
    name: str
    size: int
    copies: tuple[StoredFile, ...]
    laid: tuple[Laid, ...]
    masked: bool
    opened: bool

    @property
    def withheld(self) -> bool:
        """Whether it stays."""
        return bool(self.laid)

    @property
    def ground(self) -> str:
        """Why it stays: the ground of what hides all of its record, else the one laid first. Empty when it goes."""
        laid = whole(self.laid) or next(iter(self.laid), None)
        return laid.ground if laid else ""

    @property
    def blocks(self) -> bool:
        """Whether an answer waits for somebody to open it; what is lost nobody can open (``LostFile``)."""
        return bool(self.copies) and not self.withheld and not self.opened


def of_case(case: Case, vault: Vault) -> list[Enclosed]:
    """The files of a case's answer, by system in the register's order. The number of queries does not grow with them.

    A system that is left out gives none, but what is masked in it is withheld wherever else it lies.
    """
    held = list(_records(case, vault))
    found = [(row.system, item) for row, item in held if row.state == CollectionState.DONE.value]
    if not found:
        return []
    kept = _kept(case, vault)
    masks = masks_of(case, vault, category=ENCLOSED.key)
    masked = {
        (row.system.key, item.key): laid
        for row, item in held
        if (laid := masks.of(row.system.key, ENCLOSED.key).of(item.key))
    }
    hidden: dict[str, tuple[Laid, ...]] = {}
    for (_system, key), laid in masked.items():
        for copy in kept.get(key, ()):
            hidden.setdefault(copy.sha256, laid)
    opened = _opened(case)
    return [
        Enclosed(
            system=system,
            key=item.key,
            name=str(item.fields["name"]),
            size=int(item.fields["bytes"]),
            copies=copies,
            laid=masked.get((system.key, item.key))
            or next((hidden[c.sha256] for c in copies if c.sha256 in hidden), ()),
            masked=(system.key, item.key) in masked,
            opened=any(copy.ref in opened for copy in copies),
        )
        for system, item in found
        for copies in [kept.get(item.key, ())]
    ]


def _records(case: Case, vault: Vault) -> Iterator[tuple[Collection, Record]]:
    batches = Batch.objects.filter(collection__case=case, collection__current=True, category=ENCLOSED.key)
    batches = batches.select_related("collection__system")
    for batch in batches.order_by("collection__system__position", "collection__system__key", "seq"):
        yield from ((batch.collection, item) for item in open_batch(batch, case.ref, vault))


def _kept(case: Case, vault: Vault) -> Mapping[str, tuple[StoredFile, ...]]:
    """The uploaded files by the key of the record that names them. A key is made of the content too, so no name is mistaken."""
    found: dict[str, tuple[StoredFile, ...]] = {}
    for stored in StoredFile.objects.filter(case=case, kind="upload").select_related("case").order_by("pk"):
        key = enclosed_key(files.name_of(vault, stored), stored.size, stored.sha256)
        found[key] = (*found.get(key, ()), stored)
    return found


def _opened(case: Case) -> set[str]:
    """References of the files that a member of staff has downloaded."""
    seqs = Event.objects.filter(case_ref=case.ref, kind="document.downloaded").values("seq")
    said = EventPayload.objects.filter(seq__in=seqs).values_list("open", flat=True)
    return {item["file"] for item in said if item.get("by", "").startswith("user:")}


def still_leave(case: Case) -> bool:
    """Whether an answer on access is still to leave: it alone gives files."""
    return any(right.right == Right.ACCESS.value and right.dispatched_at is None for right in case.rights.all())


def refuse_unopened(case: Case, vault: Vault) -> None:
    """Raise ``ValidationError`` (``unopened_files``) while files that an answer on access would give have not been opened."""
    if not still_leave(case):
        return
    left = sum(item.blocks for item in of_case(case, vault))
    if left:
        said = ngettext(
            "%(n)d file from a system goes to the person and has not been opened by anybody. Open it under Answer: it "
            "may hold data about others.",
            "%(n)d files from systems go to the person and have not been opened by anybody. Open them under Answer: they "
            "may hold data about others.",
            left,
        )
        raise ValidationError(said % {"n": left}, code="unopened_files")


def enclose(case: Case, vault: Vault, extract: Extract, *, leaving: bool) -> Extract:
    """The extract with the files that go along, and in each record that names a file where it lies in the package.

    ``leaving``: it is the answer and no preview. Raises ``LostFile``, and for an answer ``UnopenedFile``.
    """
    found = of_case(case, vault)
    if not found:
        return extract
    if leaving and any(item.blocks for item in found):
        raise UnopenedFile
    taken: set[str] = set()
    going = {
        (item.system.key, item.key): _enclosure(vault, item, extract.enclosed_in, taken)
        for item in found
        if not item.withheld
    }
    return replace(
        extract,
        sections=tuple(_named(section, going, extract.case.lang) for section in extract.sections),
        enclosures=tuple(going.values()),
        enclosures_withheld=len(found) - len(going),
    )


def _enclosure(vault: Vault, item: Enclosed, folder: str, taken: set[str]) -> Enclosure:
    for stored in item.copies:
        try:
            with files.open_file(vault, stored) as opened:
                head = opened.read(_HEAD)
        except (FileNotFoundError, SealBroken):
            continue
        ending = PurePath(item.name).suffix.lower()
        known = ending if attachments.agrees(ending, head) else ""
        path = f"{folder}/{enclosure_name(item.system.key, item.name, known, taken)}"
        return Enclosure(path=path, chunks=partial(_chunks, vault, stored))
    raise LostFile


def _chunks(vault: Vault, stored: StoredFile) -> Iterator[bytes]:
    """The content as it came in; ``LostFile`` at its end at the latest when it is anything else."""
    digest = hashlib.sha256()
    try:
        with files.open_file(vault, stored) as opened:
            while piece := opened.read(_PIECE):
                digest.update(piece)
                yield piece
    except (FileNotFoundError, SealBroken):
        raise LostFile from None
    if digest.hexdigest() != stored.sha256:
        raise LostFile


def _named(section: SystemSection, going: Mapping[tuple[str, str], Enclosure], lang: Lang) -> SystemSection:
    paths = {key: enclosure.path for (system, key), enclosure in going.items() if system == section.key}
    return replace(
        section,
        categories=tuple(
            _with_places(category, paths, lang) if category.spec.key == ENCLOSED.key else category
            for category in section.categories
        ),
    )


def _with_places(category: CategoryData, paths: Mapping[str, str], lang: Lang) -> CategoryData:
    return replace(category, spec=NAMED, records=partial(_placed, category.records, paths, lang))


def _placed(records: RecordSource, paths: Mapping[str, str], lang: Lang) -> Iterable[Record]:
    for item in records():
        # a record with something masked has lost its key, and its file stays
        yield replace(item, fields={**item.fields, PLACE: paths.get(item.key, WITHHELD[lang])})
