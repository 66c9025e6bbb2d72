"""A case whose answer names files that a system's owner sent beside the data."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from requests_app.domain.masks import Place, Scope
from requests_app.models import Case
from requests_app.services import delivery, files, gathering, masking, rendering, review
from requests_app.services.batches import records_of
from requests_app.services.keys import Vault
from requests_app.services.owners import answers, asking, drafts, links
from tests.services.owners.owner_world import asked, owned, row_of, waiting_case
from tests.services.rights_world import approve, decide
from tests.services.sending_world import as_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.models import Render, StoredFile
    from requests_app.services.audit import Actor
    from tests.world import World

AVTAL = b"%PDF-1.7 avtal med personnummer 19900118-9811"
BILD = b"\x89PNG\r\n\x1a\n bild"
LETTER = b"From: a@example.se\r\n\r\nHej"


def with_files(world: World, sent: Mapping[str, bytes], *, language: str = "sv") -> Case:
    """A case in review; the owner of one system sent these files, the other system is left out."""
    owned(world)
    case = waiting_case(world)
    Case.objects.filter(pk=case.pk).update(language=language)
    asking.open_link(link=asked(case))
    answer(case, sent)
    gathering.leave_out(actor=as_(world.karin), case=case, row=row_of(case, "arkiv"), reason="Tomt.")
    case.refresh_from_db()
    assert case.state == "review"
    return case


def answer(case: Case, sent: Mapping[str, bytes], actor: Actor = asking.OWNER, system: str = "fakturering") -> None:
    """The owner sends the files by the link, or a member of staff does it."""
    for name, data in sent.items():
        drafts.add_file(actor=actor, row=row_of(case, system), name=name, data=data)
    link = links.living(row_of(case, system)) if actor is asking.OWNER else None
    answers.send(actor=actor, row=row_of(case, system), link=link, maps={})


def stored(case: Case, name: str) -> StoredFile:
    """The kept file of this name."""
    vault = Vault(case)
    return next(item for item in case.files.filter(kind="upload") if files.name_of(vault, item) == name)


def open_files(world: World, case: Case, *names: str) -> None:
    """Karin opens the files on the case page; all of them when none is named."""
    vault = Vault(case)
    for item in case.files.filter(kind="upload"):
        if not names or files.name_of(vault, item) in names:
            delivery.staff_file(actor=as_(world.karin), case=case, file_ref=item.ref)[0].close()


def mask(world: World, case: Case, name: str, place: str = "") -> None:
    """Karin masks the record that names a file, or one value of it."""
    held = next(item for item in records_of(row_of(case), Vault(case), "enclosed") if item.fields["name"] == name)
    where = Place(Scope.VALUE, held.key, place) if place else Place(Scope.RECORD, held.key)
    masking.lay(
        actor=as_(world.karin),
        case=case,
        system="fakturering",
        category="enclosed",
        places=[where],
        ground="15_4",
        note="Handlar om en annan person",
    )


def granted(world: World, case: Case, right: str = "access") -> None:
    """The review ends and the answer is granted, in part where something is masked."""
    review.finish(actor=as_(world.karin), case=case, confirmed=True)
    if case.masks.exists():
        decide(world, case, right, "partly_granted", ground="15_4")
        approve(world.lena, case)
    else:
        decide(world, case, right, "granted")
    assert case.state == "dispatching"


def rendered(case: Case, kind: str, right: str = "access") -> Render:
    """The document as the worker leaves it."""
    row = rendering.newest(case, kind, right)
    assert row is not None
    rendering.run(row.pk)
    row.refresh_from_db()
    return row


def unpacked(case: Case, row: Render) -> dict[str, bytes]:
    """The files of a document's package."""
    assert (row.state, row.fault) == ("done", "")
    assert row.package is not None
    with zipfile.ZipFile(io.BytesIO(files.read(Vault(case), row.package))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def named(package: Mapping[str, bytes]) -> dict[str, str]:
    """Name of each file that the machine-readable copy names -> where it says that it lies."""
    copy = json.loads(next(data for name, data in package.items() if name.startswith("DSR") and name.endswith(".json")))
    return {
        record["fields"]["name"]: record["fields"].get("place", "")
        for section in copy["systems"]
        for category in section["categories"]
        if category["key"] == "enclosed"
        for record in category["records"]
    }
