"""The wording of the letters: versions of ``LetterTemplate``, never changed, only followed by a next. A case keeps what it used."""

from __future__ import annotations

from requests_app.models import LetterTemplate


def current(key: str, lang: str) -> LetterTemplate | None:
    """The wording in force for a letter in one language; None for the wording we ship."""
    return LetterTemplate.objects.filter(key=key, lang=lang).order_by("-version").first()
