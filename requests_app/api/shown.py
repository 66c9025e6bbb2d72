"""A case as the API shows it: what its person may see, in the language of the answer."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext as _

from requests_app.api import schemas
from requests_app.api.problems import Problem
from requests_app.models import Case
from requests_app.services import access, clock, files, intake, messages, progress, words
from requests_app.services.audit import unit
from requests_app.services.keys import Vault
from requests_app.services.people import Login

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from requests_app.models import CaseRight, StoredFile
    from requests_app.services.api_clients import Caller
    from requests_app.services.messages import Message
    from requests_app.services.progress import Released


def cases_of(caller: Caller, subject: str) -> QuerySet[Case]:
    """The cases of a person who logs in where the client's persons do, also those in which that one may not act for another."""
    return access.cases_of_login(Login(caller.client.issuer, subject).macs()).select_related("representation")


def own_case(caller: Caller, subject: str, ref: str, *, refused: bool = False) -> Case:
    """The person's case; not there when it is somebody else's and, just so, when there is none.

    Nor is one there in which the person may not act for another, unless ``refused``: of it nothing but that is shown.
    """
    try:
        case = cases_of(caller, subject).select_related("policy").get(ref=ref)
    except Case.DoesNotExist:
        raise Problem("not_found") from None
    if _is_refused(case) and not refused:
        raise Problem("not_found")
    return case


def _is_refused(case: Case) -> bool:
    """Whether who filed it may not act for the person; ``representation`` should have been fetched."""
    row = getattr(case, "representation", None)
    return row is not None and row.confirmed is False


def viewed(caller: Caller, case: Case) -> None:
    """Note that the case was read for its person."""
    with unit(caller.actor) as work:
        work.event("portal.viewed", case)


def status(case: Case) -> schemas.Status:
    """Where the case is; ``rights`` and ``representation`` should have been fetched."""
    if _is_refused(case):
        said = _(
            "We could not see that you may act for the person. You can make a new request with proof, or contact us."
        )
        return schemas.Status(code="not_authorised", text=said)
    return schemas.Status(code=progress.step_of(case), text=progress.words_of_step(case))


def short(case: Case) -> schemas.RequestShort:
    """A case in a list."""
    closed = bool(case.closed_at) or _is_refused(case)
    return schemas.RequestShort(
        ref=case.ref,
        diary_no=case.diary_no,
        rights=[] if _is_refused(case) else [right.right for right in case.rights.all()],
        received_on=case.received_on,
        status=status(case),
        due_on=None if closed else case.due_on,
    )


def filed(case: Case) -> schemas.Filed:
    """The receipt. It says only what does not change, so that it is the same however late it is asked for again."""
    answer_by = clock.clock_of(case).notice_by
    return schemas.Filed(ref=case.ref, diary_no=case.diary_no, received_on=case.received_on, answer_by=answer_by)


def whole(case: Case) -> schemas.RequestOut:
    """A case with all that its person may see; of one in which the person may not act for another, that and the number."""
    if _is_refused(case):
        return _refused(case)
    vault, today, lang = Vault(case), timezone.localdate(), get_language() or "sv"
    rights = list(case.rights.all())
    return schemas.RequestOut(
        ref=case.ref,
        diary_no=case.diary_no,
        received_on=case.received_on,
        status=status(case),
        due_on=None if case.closed_at else case.due_on,
        late=case.closed_at is None and case.due_on < today,
        moved=progress.why_moved(case, lang, today=today),
        language=case.language,
        rights=[_right(case, vault, right) for right in rights],
        files=[_file(case, vault, item) for item in progress.released_files(case)],
        unread_messages=messages.unread(case, messages.OUT),
        closed_on=timezone.localtime(case.closed_at).date() if case.closed_at else None,
    )


def _refused(case: Case) -> schemas.RequestOut:
    return schemas.RequestOut(
        ref=case.ref,
        diary_no=case.diary_no,
        received_on=case.received_on,
        status=status(case),
        due_on=None,
        late=False,
        moved=[],
        language=case.language,
        rights=[],
        files=[],
        unread_messages=0,
        closed_on=None,
    )


def _right(case: Case, vault: Vault, right: CaseRight) -> schemas.RightOut:
    said = progress.outcome_words(case, right)
    return schemas.RightOut(
        right=right.right,
        name=words.right(right.right),
        text=intake.details_of(vault, right),
        outcome=right.outcome if said else "",
        outcome_text=said,
        answered_on=timezone.localtime(right.dispatched_at).date() if right.dispatched_at else None,
    )


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _file(case: Case, vault: Vault, item: Released) -> schemas.FileOut:
    stored = item.file
    return schemas.FileOut(
        ref=stored.ref,
        kind=stored.kind,
        label=progress.document_words(case, stored.kind),
        media_type=_media_type(files.name_of(vault, stored)),
        size=stored.size,
        pages=stored.pages,
        sha256=stored.sha256,
        released_on=item.on,
        replaced=item.replaced,
        url=reverse("api:file", args=[case.ref, stored.ref]),
    )


def messages_of(case: Case, items: Sequence[Message]) -> list[schemas.MessageOut]:
    """Messages with the files that their person may fetch."""
    vault, open_to_person = Vault(case), set(messages.files_for_person(case).values_list("pk", flat=True))
    return [
        schemas.MessageOut(
            ref=item.ref,
            direction=item.direction,
            text=item.text,
            at=item.at,
            read_at=item.read_at,
            files=[_sent(case, vault, stored) for stored in item.files if stored.pk in open_to_person],
        )
        for item in items
    ]


def _sent(case: Case, vault: Vault, stored: StoredFile) -> schemas.MessageFile:
    name = files.name_of(vault, stored)
    return schemas.MessageFile(
        ref=stored.ref,
        name=name,
        media_type=_media_type(name),
        size=stored.size,
        sha256=stored.sha256,
        url=reverse("api:file", args=[case.ref, stored.ref]),
    )
