"""Vouching for what the register says: a person confirms a statement or corrects it, and the log says who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.models import ItemRecipient, Processing, ProcessingItem, Recipient, RetentionRule, System
from requests_app.services.access import may
from requests_app.services.audit import unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from requests_app.models.register import Statement
    from requests_app.services.audit import Actor

_CORRECTABLE: dict[type[Statement], frozenset[str]] = {
    System: frozenset({"name_sv", "name_en", "about_sv", "about_en", "controller"}),
    Processing: frozenset(
        {"purpose_sv", "purpose_en", "legal_basis", "legal_basis_sv", "legal_basis_en", "profiling", "marketing"}
        | {"automated_sv", "automated_en"}
    ),
    ProcessingItem: frozenset({"category", "retention_rule", "source_sv", "source_en"}),
    RetentionRule: frozenset({"text_sv", "text_en", "law"}),
    Recipient: frozenset({"name_sv", "name_en", "role", "does_sv", "does_en", "country"}),
    ItemRecipient: frozenset({"recipient", "transfer_sv", "transfer_en"}),
}
_MODELS: dict[str, type[Statement]] = {str(model._meta.model_name): model for model in _CORRECTABLE}


def confirm(*, actor: Actor, key: str) -> Statement:
    """Vouch for one statement (``Statement.statement_key``); it prints from now on. Nothing happens when it is confirmed already.

    Raises ``ValidationError`` when there is no such statement, ``PermissionDenied`` when the person may not.
    """
    return confirm_many(actor=actor, keys=[key])[0]


def confirm_many(*, actor: Actor, keys: Iterable[str]) -> list[Statement]:
    """Vouch for several statements at once: all or none, in the order given. Raises as ``confirm``."""
    with unit(actor) as work:
        statements = _locked(dict.fromkeys(keys))
        for model in {type(statement) for statement in statements}:
            _check(actor, model)
        waiting = [statement for statement in statements if statement.confirmed_at is None]
        for statement in waiting:
            _vouch(actor, statement)
            statement.save(update_fields=["confirmed_at", "confirmed_by"])
            work.event("register.statement_confirmed", statement=statement.statement_key)
        return statements


def correct(*, actor: Actor, key: str, fields: Mapping[str, Any]) -> Statement:
    """Put a statement right and vouch for it in one step.

    ``fields`` are names of the model's fields with their new values (an object for a reference). Raises
    ``ValidationError`` by field, ``PermissionDenied`` when the person may not.
    """
    with unit(actor) as work:
        [statement] = _locked([key])
        _check(actor, type(statement))
        if unknown := set(fields) - _CORRECTABLE[type(statement)]:
            raise ValidationError({name: _("This cannot be corrected here.") for name in unknown})
        changed = sorted(name for name, value in fields.items() if getattr(statement, name) != value)
        for name in changed:
            setattr(statement, name, fields[name])
        _vouch(actor, statement)
        statement.full_clean()
        statement.save()
        if changed:
            work.event("register.changed", object=str(statement._meta.model_name), key=key, fields=changed)
        work.event("register.statement_confirmed", statement=key)
        return statement


def _locked(keys: Iterable[str]) -> list[Statement]:
    """The statements with these keys, their rows locked; one query per model."""
    wanted = [key.partition(":")[::2] for key in keys]
    found: dict[str, Statement] = {}
    for name in sorted({name for name, _number in wanted}):
        model = _MODELS.get(name)
        numbers = [int(number) for model_name, number in wanted if model_name == name and number.isdecimal()]
        if model is not None:
            rows = model._default_manager.select_for_update().filter(pk__in=numbers).order_by("pk")
            found |= {row.statement_key: row for row in rows}
    try:
        return [found[f"{name}:{number}"] for name, number in wanted]
    except KeyError:
        raise ValidationError(_("The register has no such statement.")) from None


def _check(actor: Actor, model: type[Statement]) -> None:
    if actor.user is None or not may(actor.user, f"change_{model._meta.model_name}"):
        raise PermissionDenied


def _vouch(actor: Actor, statement: Statement) -> None:
    statement.confirmed_at, statement.confirmed_by = timezone.now(), actor.user
