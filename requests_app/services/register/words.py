"""Statements of the register in words: for the answer in its language, for staff in theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.models import ItemRecipient, Processing, ProcessingItem, Recipient, RetentionRule, System

if TYPE_CHECKING:
    from django.db.models import Model

    from requests_app.documents.values import Lang
    from requests_app.models.register import Statement

_ROLES = {
    "processor": {"sv": "personuppgiftsbiträde", "en": "processor"},
    "controller": {"sv": "egen personuppgiftsansvarig", "en": "independent controller"},
    "joint": {"sv": "gemensamt personuppgiftsansvarig", "en": "joint controller"},
    "public": {"sv": "allmänheten", "en": "the public"},
}
_WHO = {"sv": "{role} som {does}", "en": "{role} that {does}"}


def text_in(row: Model, stem: str, lang: Lang) -> str:
    """The field ``<stem>_<lang>``, or the other language when staff have not filled it in."""
    other = "sv" if lang == "en" else "en"
    return str(getattr(row, f"{stem}_{lang}") or getattr(row, f"{stem}_{other}"))


def recipient_role(recipient: Recipient, lang: Lang) -> str:
    """What a recipient is and does: "personuppgiftsbiträde som levererar chatten"."""
    role, does = _ROLES[recipient.role][lang], text_in(recipient, "does", lang)
    return _WHO[lang].format(role=role, does=does) if does else role


def statement_text(statement: Statement) -> str:
    """What a statement says, whole, in the language in use: what a person confirms."""
    match statement:
        case System():
            return f"{statement}. {statement.in_language('about')}"
        case Processing():
            automated = statement.in_language("automated")
            return f"{statement}. {statement.in_language('legal_basis')}" + (f". {automated}" if automated else "")
        case RetentionRule():
            return str(statement)
        case Recipient():
            parts = [
                str(statement),
                str(statement.get_role_display()),
                statement.in_language("does"),
                statement.country,
            ]
            return ", ".join(part for part in parts if part)
        case ProcessingItem():
            source = statement.in_language("source")
            return f"{statement.category} · {statement.processing} · {source} · {statement.retention_rule}"
        case ItemRecipient():
            transfer = statement.in_language("transfer")
            link = f"{statement.item.category} · {statement.item.processing} → {statement.recipient}"
            return f"{link}. {transfer}" if transfer else link
    raise TypeError(type(statement).__name__)
