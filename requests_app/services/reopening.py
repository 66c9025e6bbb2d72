"""A closed case taken up again: to correct an answer, because it came back, after a complaint, or now that the person is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Outcome
from requests_app.domain.states import Move, State
from requests_app.models import (
    Case,
    CaseExtension,
    CaseKey,
    CaseReopening,
    CaseRight,
    Collection,
    Identifier,
    Mask,
)
from requests_app.services import case_rights, intake, keys, rendering, retention
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff, too_long
from requests_app.services.keys import DOSSIER, GATHERED, Vault
from requests_app.services.moves import Conflict, lock, move

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 4_000
FROM_IDENTITY = frozenset({Outcome.WITHDRAWN.value, Outcome.NOT_IDENTIFIED.value, Outcome.JOINED.value})
"""Ends that came before any answer: such a case begins again with who is asking."""
PREMATURE = ("completion", "extension", "not_identified", "withdrawn", "joined")
"""Letters about a case's first course. One of them that has not left would be untrue once the case is taken up again."""


def reopen(*, actor: Actor, case: Case, reason: str, note: str, rights: Iterable[str]) -> CaseReopening:
    """Take a closed case up again for these rights. What has left stays sealed; when the case was first answered is kept.

    A case that ended before an answer goes back to the identity, and on by itself when that was confirmed; any other goes
    back to the decision. Raises ``ValidationError`` on ``reason``, ``note``, ``rights``.
    """
    user = member_of_staff(actor)
    note, chosen = note.strip(), set(rights)
    _check(reason, note, chosen)
    with unit(actor) as work:
        case = lock(case)
        if not case.closed_at:
            raise Conflict
        again = list(case.rights.filter(right__in=chosen))
        if not again or {right.right for right in again} != chosen:
            raise ValidationError({"rights": _("Choose among the rights of the request.")})
        at = timezone.now()
        made = CaseReopening.objects.create(
            case=case,
            reason=reason,
            note_enc=Vault(case).seal(DOSSIER, note, "reopening", at.isoformat()),
            closed_at=case.closed_at,
            closed_as=case.closed_as,
            by=user,
            at=at,
        )
        work.event("case.reopened", case, reason=reason, rights=sorted(chosen), note=note)
        early = case.closed_as in FROM_IDENTITY
        CaseRight.objects.filter(pk__in=[right.pk for right in again]).update(outcome="", dispatched_at=None)
        if _gathered_is_gone(case):
            _forget_gathered(case)
            keys.renew(case, GATHERED)
        rendering.drop_unsent(case, PREMATURE)
        CaseExtension.objects.filter(case=case, notice_sent_at__isnull=True).delete()  # it may be decided anew
        move(work, case, Move.REOPEN_IDENTITY if early else Move.REOPEN)
        if early and intake.may_begin(case):
            intake.begin(work, case)
        elif not early:
            case_rights.gather_if_never(work, case, chosen)
        return made


def _forget_gathered(case: Case) -> None:
    """The data was destroyed with its key; what is left of it, or points at it, goes too, so that gathering begins anew.

    The rows may still be there: a restore brings them back without the key. The new key would not open them.
    """
    retention.wipe_gathered(case)
    Collection.objects.filter(case=case).update(current=False, cursor_enc=None)
    Mask.objects.filter(case=case, undone_at__isnull=True).exclude(scope=Mask.CATEGORY).update(undone_at=timezone.now())


def _gathered_is_gone(case: Case) -> bool:
    return CaseKey.objects.filter(case=case, purpose=GATHERED, destroyed_at__isnull=False).exists()


def _check(reason: str, note: str, rights: set[str]) -> None:
    errors: dict[str, str] = {}
    if reason not in dict(CaseReopening.REASONS):
        errors["reason"] = _("Choose why the case is reopened.")
    if not note:
        errors["note"] = _("Write what is to be done again and why.")
    elif len(note) > LIMIT:
        errors["note"] = too_long(LIMIT)
    if not rights:
        errors["rights"] = _("Choose at least one right to take up again.")
    if errors:
        raise ValidationError(errors)


def again(case: Case) -> list[str]:
    """What has to be done anew when this case is, or was, reopened, in sentences; empty when everything is still there."""
    said = []
    if _gathered_is_gone(case):
        said.append(_("The gathered data has been erased. It has to be gathered again before a new answer is made."))
    wiped = Identifier.objects.filter(party__case=case, value_enc__isnull=True, rejected_at__isnull=True)
    if wiped.exclude(kind=IdentifierKind.PERSONNUMMER.value).exists():
        said.append(
            _(
                "What the person is searched by was erased with the gathered data. Enter each detail again that a system is to be "
                "searched by."
            )
        )
    elif wiped.exists():
        said.append(
            _(
                "The personal identity number was removed when the case was closed. Enter it again if a system is to be "
                "searched by it."
            )
        )
    return said


def note_of(vault: Vault, reopening: CaseReopening) -> str:
    """Why."""
    return vault.unseal(DOSSIER, reopening.note_enc, "reopening", reopening.at.isoformat()) or ""


def can_reopen(case: Case) -> bool:
    """Whether the case is closed and its dossier can still be read."""
    if case.state != State.CLOSED.value:
        return False
    return CaseKey.objects.filter(case=case, purpose=DOSSIER, destroyed_at__isnull=True).exists()
