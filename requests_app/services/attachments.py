"""Files that staff attach to a case: of a kind we know, of sane size, what their name says they are, without malware, sealed with
the dossier. ``check`` is what every other door for files asks too.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from requests_app.models import Event, EventPayload, Representation, StoredFile
from requests_app.services import files, malware
from requests_app.services.audit import PERSON, Actor, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import lock
from requests_app.services.numbers import megabytes

if TYPE_CHECKING:
    from requests_app.models import Case

KIND = "attachment"
MAX_BYTES = 25 * 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".docx": (_ZIP,),
    ".xlsx": (_ZIP,),
    ".odt": (_ZIP,),
    ".msg": (_OLE,),
    ".txt": (),
    ".csv": (),
    ".json": (),
    ".eml": (),
}
"""Ending -> how such a file begins; nothing for plain text, which must then hold no control characters."""


def attach(*, actor: Actor, case: Case, name: str, data: bytes) -> StoredFile:
    """Keep a file with the case. Raises ``ValidationError`` on ``file`` when it is too large or not what its name says."""
    member_of_staff(actor)
    check(plain_name(name), data, actor=actor, case=case, door="attach")
    return keep(actor=actor, case=case, name=name, data=data)


def keep(*, actor: Actor, case: Case, name: str, data: bytes) -> StoredFile:
    """Keep a file that has been checked with the case."""
    user, name = member_of_staff(actor), plain_name(name)
    with unit(actor) as work:
        case = lock(case)
        stored = files.store(case, Vault(case), purpose=DOSSIER, kind=KIND, name=name, data=data)
        type(stored).objects.filter(pk=stored.pk).update(by=user)
        work.event("file.attached", case, file=stored.ref, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        return stored


def of_request(case: Case) -> list[StoredFile]:
    """The files that whoever is logged in sent with the request itself: in no message, and not as proof that one may act.

    What came by mail or from staff is not among them; the log says whose they are.
    """
    theirs = Q(actor_ref=PERSON.ref) | Q(actor_ref__startswith="client:")
    told = Event.objects.filter(theirs, case_ref=case.ref, kind="file.attached").values_list("seq", flat=True)
    refs = [row.open["file"] for row in EventPayload.objects.filter(seq__in=list(told))]
    if not refs:
        return []
    proofs = Representation.proofs.through.objects.filter(representation__case=case).values("storedfile")
    found = StoredFile.objects.filter(case=case, ref__in=refs, messages=None).exclude(pk__in=proofs)
    return list(found.order_by("created_at", "pk"))


def plain_name(name: str) -> str:
    """The name of a file without the folders that some browsers send along."""
    return PurePath(name.replace("\\", "/")).name[:200] or "fil"


def check(name: str, data: bytes, *, actor: Actor, case: Case | None, door: str) -> None:
    """Refuse a file that is too large, of no kind we take, not what its name says, or infected (``malware.check``).

    ``door`` is where it came in, as the log keeps it. Raises ``ValidationError`` on ``file``. Not to be called inside a unit of
    work: what was found is kept though the file is not.
    """
    check_type(name, data)
    malware.check(data, actor=actor, case=case, door=door)


def check_type(name: str, data: bytes) -> None:
    """The first half of ``check``: size, and whether the content is what the name says."""
    if not data:
        raise ValidationError({"file": _("The file is empty.")})
    if len(data) > MAX_BYTES:
        raise ValidationError(
            {
                "file": _("We cannot take the file. It is %(size)s MB and the limit is 25 MB.")
                % {"size": megabytes(len(data))}
            }
        )
    ending = PurePath(name).suffix.lower()
    if ending not in SIGNATURES:
        raise ValidationError(
            {"file": _("We can take PDF, pictures (PNG, JPEG), Word, Excel, OpenDocument, e-mail and plain text.")}
        )
    if not agrees(ending, data):
        raise ValidationError({"file": _("The file is not what its name says. Save it again and choose it anew.")})


def agrees(ending: str, head: bytes) -> bool:
    """Whether a file that begins like this can be what its ending says; never for an ending we do not take."""
    if ending not in SIGNATURES:
        return False
    begins = SIGNATURES[ending]
    return head.startswith(begins) if begins else b"\x00" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))
