"""Several files in one field of a form, all checked, with their names kept for when they have to be chosen anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from requests_app.web.forms import UploadField

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest


class FilesInput(forms.FileInput):
    """The browser's own file field, for several files."""

    allow_multiple_selected = True


class FilesField(UploadField):
    """Files, each of at most 25 MB; the value is a list. A browser does not send files again, so their names are shown."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """The files, or what is wrong with the first that is wrong."""
        sent = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(one, initial) for one in sent]


def names_of(request: HttpRequest, field: str) -> list[str]:
    """The names of the files that were sent, to be chosen anew."""
    return [str(file.name) for file in request.FILES.getlist(field)]


def too_much(request: HttpRequest) -> str:
    """What to say when more was sent at once than is taken: the files are then not read at all. Empty when it is not too much."""
    limit = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    sent = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.method != "POST" or sent <= limit:
        return ""
    return _(
        "The files are %(size)d MB together, and the limit is 25 MB. Choose fewer, and attach the others in the case afterwards."
    ) % {"size": -(-sent // 2**20)}
