"""Files that a client sends for a person before the request or the message they belong to; sealed, and gone after a day."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.channels import HeldKind
from requests_app.models import HeldFile
from requests_app.services import attachments, draft_files, held_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from requests_app.models import ApiClient
    from requests_app.services.audit import Actor
    from requests_app.services.people import Login

KEEP = timedelta(days=1)
MAX_WAITING = 2 * draft_files.MAX_FILES
"""Files of one person that may wait: those of a request, and the proof that somebody may act."""


def _owners(client: ApiClient, login: Login) -> list[str]:
    """What the files of a person are held for, under each hash key, the current one first."""
    named = [f"api:{client.client_id}:{mac.hex()}" for mac in login.macs()]
    return [hashlib.sha256(name.encode()).hexdigest() for name in named]


def _waiting(client: ApiClient, login: Login) -> QuerySet[HeldFile]:
    owners = _owners(client, login)
    return HeldFile.objects.filter(kind=HeldKind.DRAFT.value, owner__in=owners, expires_at__gt=timezone.now())


def take(*, actor: Actor, client: ApiClient, login: Login, name: str, data: bytes) -> HeldFile:
    """Check a file as those of the portal are, and hold it for a day. The same file sent again is the same.

    Raises ``ValidationError`` on ``file``.
    """
    name = attachments.plain_name(name)
    attachments.check(name, data, actor=actor, case=None, door="api")
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        before = list(_waiting(client, login).select_for_update())
        for held in before:
            if held.sha256 == digest and held_files.name_of(held) == name:
                return held
        size = sum(held.size for held in before) + len(data)
        if len(before) >= MAX_WAITING or size > 2 * draft_files.MAX_TOTAL:
            raise ValidationError({"file": _("Too many files wait to be used. Use them, or wait a day.")})
        owner = _owners(client, login)[0]
        return held_files.hold(kind=HeldKind.DRAFT, owner=owner, name=name, data=data, keep=KEEP)


def chosen(*, client: ApiClient, login: Login, refs: Sequence[str], field: str) -> tuple[HeldFile, ...]:
    """The files that a request or a message names, locked until it has them. To be called in its transaction.

    Raises ``ValidationError`` on ``field`` for one that this client did not send for this person, or that is gone or used.
    """
    wanted = list(dict.fromkeys(refs))
    found = {held.ref: held for held in _waiting(client, login).filter(ref__in=wanted).select_for_update()}
    if len(found) < len(wanted):
        raise ValidationError(
            {field: _("There is no such file. It may have been used already, or be older than a day.")}
        )
    if sum(held.size for held in found.values()) > draft_files.MAX_TOTAL:
        raise ValidationError({field: _("The files may have at most 50 MB together.")})
    return tuple(found[ref] for ref in wanted)
