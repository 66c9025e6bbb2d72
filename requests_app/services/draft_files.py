"""What somebody is writing in the portal, and the files that go with it, until it is sent: sealed, for seven days.

It is kept by the login, not by the session: who loses the connection, or goes on at another device, finds it there.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.crypto.errors import CryptoError
from requests_app.domain.channels import HeldKind
from requests_app.models import HeldFile
from requests_app.services import attachments, held_files, throttle
from requests_app.services.audit import PERSON

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from requests_app.models import Case
    from requests_app.services.people import Login

KEEP = timedelta(days=7)
MAX_FILES = 10
MAX_TOTAL = 50 * 1024 * 1024
UPLOADS_AN_HOUR = 60
"""For one login: more than anybody needs, less than fills a disk."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that waits to be sent."""

    ref: str
    name: str
    size: int


def _kept(owner: str) -> QuerySet[HeldFile]:
    return HeldFile.objects.filter(kind=HeldKind.DRAFT.value, owner=owner)


def read_text(login: Login, place: str) -> dict[str, Any] | None:
    """What this login is writing at ``place``; None when it is nothing, it is older than a week, or it cannot be opened."""
    for held in reversed(_texts(login)):
        try:
            if held_files.name_of(held) == place and (held.expires_at or timezone.now()) > timezone.now():
                text: dict[str, Any] = json.loads(held_files.read(held))
                return text
        except (CryptoError, FileNotFoundError, ValueError):
            continue
    return None


def keep_text(login: Login, place: str, text: dict[str, Any], owners: tuple[str, ...] = ()) -> None:
    """Keep what is being written for another week, and so the files of ``owners``."""
    data = json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")
    with transaction.atomic():
        older = _at(login, place)
        held_files.hold(kind=HeldKind.DRAFT, owner=login.mac().hex(), name=place, data=data, keep=KEEP)
        for held in older:
            held_files.destroy(held)
        for owner in owners:
            _kept(owner).update(expires_at=timezone.now() + KEEP)


def drop_text(login: Login, place: str, owners: tuple[str, ...] = ()) -> None:
    """Destroy what was being written, and the files of ``owners``."""
    with transaction.atomic():
        for held in [*_at(login, place), *(held for owner in owners for held in _kept(owner))]:
            held_files.destroy(held)


def _texts(login: Login) -> list[HeldFile]:
    return list(HeldFile.objects.filter(kind=HeldKind.DRAFT.value, owner__in=[mac.hex() for mac in login.macs()]))


def _at(login: Login, place: str) -> list[HeldFile]:
    """The texts at a place; one whose name cannot be opened any more is of no place, and goes when its week is over."""
    found = []
    for held in _texts(login):
        with suppress(CryptoError):
            if held_files.name_of(held) == place:
                found.append(held)
    return found


def attached(owner: str) -> list[Attached]:
    """The files that wait, in the order they came."""
    rows = _kept(owner).filter(expires_at__gt=timezone.now())
    return [Attached(held.ref, held_files.name_of(held), held.size) for held in rows]


def held(owner: str) -> tuple[HeldFile, ...]:
    """The same as rows, for who adopts them."""
    return tuple(_kept(owner).filter(expires_at__gt=timezone.now()))


def attach(*, login: Login, owner: str, name: str, data: bytes, case: Case | None = None) -> None:
    """Check a file as those that staff attaches are, and keep it; the same file sent again is kept once.

    Raises ``ValidationError`` on ``files``.
    """
    name = attachments.plain_name(name)
    if throttle.hit("portal-files", login.mac().hex(), limit=UPLOADS_AN_HOUR, seconds=3600):
        raise ValidationError({"files": _("You have sent very many files. Wait an hour and go on then.")})
    try:
        attachments.check(name, data, actor=PERSON, case=case, door="portal")
    except ValidationError as error:
        said = _("%(name)s: %(problem)s") % {"name": name, "problem": error.messages[0]}
        raise ValidationError({"files": said}) from None
    with transaction.atomic():
        before = list(_kept(owner).select_for_update())
        digest = hashlib.sha256(data).hexdigest()
        if any(item.sha256 == digest and held_files.name_of(item) == name for item in before):
            return
        if len(before) >= MAX_FILES or sum(item.size for item in before) + len(data) > MAX_TOTAL:
            raise ValidationError({"files": _("You can send ten files, and 50 MB together. Take one away first.")})
        held_files.hold(kind=HeldKind.DRAFT, owner=owner, name=name, data=data, keep=KEEP)


def remove(owner: str, ref: str) -> None:
    """Take a file away again; nothing when it is not there."""
    for item in _kept(owner).filter(ref=ref):
        held_files.destroy(item)
