"""A gathered record as a person reads it outside the pages of the data: label and value, with codes in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language, gettext as _, gettext_lazy, pgettext

from requests_app.documents.formatting import format_value
from requests_app.domain.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, FieldSpec, Record, Value

SPEAKERS = {
    "person": gettext_lazy("The person"),
    "staff": gettext_lazy("Staff"),
    "system": gettext_lazy("Automatic"),
    "other": gettext_lazy("Somebody else"),
}
"""The roles in which something is said in a conversation."""
_SAID = ("from", "role", "text")
"""What every message has, whatever the system: who spoke, in which role, and what."""


def language() -> Lang:
    """The language that is active, as the documents know it."""
    return "sv" if (get_language() or "sv").startswith("sv") else "en"


def label(spec: CategorySpec | FieldSpec) -> str:
    """The name of a category or a field in the language that is active."""
    return spec.label_sv if language() == "sv" else spec.label_en


def field_word(name: str) -> str:
    """A field that the register does not know, by the vendor's name for it; what every message has, by ours."""
    known = {"from": pgettext("message", "From"), "text": _("Text"), "role": _("Role")}
    return known.get(name) or name.replace("_", " ").capitalize()


def pairs_of(record: Record, spec: CategorySpec) -> Iterator[tuple[str, str]]:
    """Label and value of each field that holds something; of a message first who said it, then what."""
    lang, fields = language(), record.fields
    said = _SAID if record.kind is Kind.CONVERSATION else ()
    if said and (who := _speaker(fields.get("from"), str(fields.get("role") or ""), lang)):
        yield field_word("from"), who
    if said and fields.get("text"):
        known = spec.fields.get("text")
        yield (label(known) if known else field_word("text")), format_value(fields["text"], known, lang)
    for name, value in fields.items():
        if name in said or value in (None, "", [], {}):
            continue
        known = spec.fields.get(name)
        yield (label(known) if known else field_word(name)), format_value(value, known, lang)


def _speaker(name: Value, role: str, lang: Lang) -> str:
    """Who said something: ``Maria (personal)``, or the role alone when the system names nobody."""
    word = str(SPEAKERS.get(role, role))
    given = format_value(name, None, lang) if name and name != role else ""
    return f"{given} ({word.lower()})" if given and word else given or word
