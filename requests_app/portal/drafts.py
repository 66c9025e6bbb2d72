"""The request that somebody is writing, and the files that go with it. It is the login's, whatever device it was begun at."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from ulid import ULID

from requests_app.services import draft_files

if TYPE_CHECKING:
    from django.http import HttpRequest

    from requests_app.models import Case
    from requests_app.portal.forms import PageForm
    from requests_app.portal.session import Visitor

PLACE = "request"
"""Which of the texts that a login is writing is the request."""


@dataclass(slots=True)
class Draft:
    """A request that is being written. Its id makes a second sending of it known."""

    id: str = field(default_factory=lambda: str(ULID()))
    answers: dict[str, Any] = field(default_factory=dict)
    """Field name -> what was answered, over all steps."""

    @property
    def begun(self) -> bool:
        """Whether anything has been answered."""
        return any(self.answers.values())

    @property
    def proofs(self) -> str:
        """What the proofs of authority are held for."""
        return f"{self.id}:mandate"

    @property
    def owners(self) -> tuple[str, str]:
        """What files are held for: the request, and the proofs of authority."""
        return self.id, self.proofs


def draft_of(visitor: Visitor) -> Draft | None:
    """The request this person is writing."""
    known = draft_files.read_text(visitor.login, PLACE)
    return Draft(**known) if known else None


def keep_draft(visitor: Visitor, draft: Draft) -> None:
    """Keep what was written, sealed for this person."""
    draft_files.keep_text(visitor.login, PLACE, asdict(draft), draft.owners)


def drop_draft(visitor: Visitor, draft: Draft | None) -> None:
    """Forget what was written, with its files."""
    draft_files.drop_text(visitor.login, PLACE, draft.owners if draft else ())


def take_files(request: HttpRequest, form: PageForm, visitor: Visitor, owner: str, *, case: Case | None = None) -> bool:
    """Keep the files that were sent along, and say at the form's ``files`` what is wrong with any. Gives whether all were taken.

    Who only adds a file or takes one away has not finished the page: of that one nothing else is wrong yet.
    """
    if "files" not in form.fields:
        return True
    if {"add", "remove"} & set(request.POST):
        form.only("files")
    if not request.FILES and int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        form.add_error("files", _("The files are too large together. Send one at a time, of at most 25 MB each."))
        return False
    for upload in request.FILES.getlist("files"):
        try:
            name = upload.name or ""
            draft_files.attach(login=visitor.login, owner=owner, name=name, data=upload.read(), case=case)
        except ValidationError as error:
            form.add_error("files", error.messages)
    return not form.has_error("files")
