"""Cases that belong together: linked, or joined when the same person sent the same request twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from requests_app.domain.rights import Outcome, Right
from requests_app.domain.states import Move
from requests_app.models import Case, CaseLink, CaseNote, User
from requests_app.services import access, actions, case_rights, cases, intake, people, rendering, representation, words
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import Vault
from requests_app.services.marketing import filed
from requests_app.services.moves import Conflict, lock, move

if TYPE_CHECKING:
    from requests_app.services.audit import Unit


def find(user: User, case: Case, number: str) -> Case:
    """The other case by its diary number, ours or HEM's, among those the person may work; ``ValidationError`` on ``other``."""
    number = number.strip()[:40]
    seen = access.cases_visible_to(user).exclude(pk=case.pk)
    found = seen.filter(Q(diary_no__iexact=number) | (Q(external_no__iexact=number) & ~Q(external_no=""))).first()
    if not number or found is None:
        raise ValidationError({"other": _("There is no other case with this number. Write it as DSR-2026-0042.")})
    return found


def link(*, actor: Actor, case: Case, other: str, kind: str) -> CaseLink:
    """Link two cases, once; the later one is the row's ``case``. ``other`` is a diary number, ``kind`` duplicate or related."""
    user = member_of_staff(actor)
    if kind not in {CaseLink.DUPLICATE, CaseLink.RELATED}:
        raise ValidationError({"kind": _("Choose how the cases belong together.")})
    second = find(user, case, other)
    with unit(actor) as work:
        case, second = _lock_both(case, second)
        return _link(work, user, case, second, kind)


def _lock_both(case: Case, other: Case) -> tuple[Case, Case]:
    """Both cases, locked in the order of their ids so that two who link at once never wait for each other."""
    held = {item.pk: lock(item) for item in sorted((case, other), key=lambda item: item.pk)}
    return held[case.pk], held[other.pk]


def _link(work: Unit, user: User, case: Case, other: Case, kind: str) -> CaseLink:
    earlier, later = sorted((case, other), key=lambda item: (item.received_at, item.pk))
    found = CaseLink.objects.filter(Q(case=case, other=other) | Q(case=other, other=case)).first()
    if found is None:
        found = CaseLink.objects.create(case=later, other=earlier, kind=kind, by=user)
    elif found.kind == kind:
        return found
    else:
        CaseLink.objects.filter(pk=found.pk).update(kind=kind)
    for one, another in ((case, other), (other, case)):
        work.event("case.linked", one, other=another.diary_no, kind=kind)
    return found


def unlink(*, actor: Actor, case: Case, link: CaseLink) -> None:
    """Take a link away again."""
    member_of_staff(actor)
    with unit(actor) as work:
        one, other = _lock_both(link.case, link.other)
        if case.pk not in {one.pk, other.pk} or not CaseLink.objects.filter(pk=link.pk).delete()[0]:
            raise Conflict
        work.event("case.unlinked", one, other=other.diary_no)
        work.event("case.unlinked", other, other=one.diary_no)


def linked(user: User, case: Case) -> list[tuple[CaseLink, Case]]:
    """The links of a case with the other case of each, as far as the person may work that one."""
    rows = list(CaseLink.objects.filter(Q(case=case) | Q(other=case)).select_related("case", "other", "by"))
    others = {row.pk: row.other if row.case_id == case.pk else row.case for row in rows}
    seen = set(
        access.cases_visible_to(user).filter(pk__in=[item.pk for item in others.values()]).values_list("pk", flat=True)
    )
    return [(row, others[row.pk]) for row in rows if others[row.pk].pk in seen]


def join(*, actor: Actor, case: Case, other: str) -> Case:
    """Answer this request in another open case of the same person: the same request came twice.

    The other case must not be due later, so that nobody waits longer for having asked twice. Rights it lacks are added to it,
    with what the person wrote; what was written about a right both have becomes a note there. This case closes with a letter.
    """
    user = member_of_staff(actor)
    second = find(user, case, other)
    with unit(actor) as work:
        case, second = _lock_both(case, second)
        if case.closed_at:
            raise Conflict
        _may_join(case, second)
        vault = Vault(case)
        has = set(second.rights.values_list("right", flat=True))
        moved = []
        for right in case.rights.filter(outcome=""):
            said = intake.details_of(vault, right)
            if right.right not in has:
                case_rights.put(work, second, right.right, said)
                moved.append(right.right)
            elif said:
                _note(work, user, second, case, right.right, said)
        if actions.against_marketing(case):
            filed.stop(work, second, of=case)  # what stops at once is not lost with the case it was asked in
            case_rights.marketing_too(work, second)
        _link(work, user, case, second, CaseLink.DUPLICATE)
        joined = list(case.rights.filter(outcome="").values_list("right", flat=True))
        case.rights.filter(outcome="").update(outcome=Outcome.JOINED.value)
        rendering.request_joined(work, case, second, joined)
        move(work, case, Move.JOIN, closed_as=Outcome.JOINED)
        cases.wind_up(case)
        work.event("case.joined", case, other=second.diary_no)
        work.event("case.joined_by", second, other=case.diary_no, rights=moved)
        return second


def _may_join(case: Case, other: Case) -> None:
    if other.closed_at:
        raise ValidationError({"other": _("That case is closed. Reopen it first, or answer here.")})
    if not representation.asked_alike(case, other):
        raise ValidationError(
            {
                "other": _(
                    "A representative has asked in one of the cases and not in the other. Joined, the letter would tell the one "
                    "who asked that the other case exists. Answer each case by itself."
                )
            }
        )
    if other.due_statutory_on > case.due_statutory_on:
        raise ValidationError(
            {
                "other": _(
                    "That case is due later. Join it to this one instead, so that the person does not wait longer."
                )
            }
        )
    answered = other.rights.filter(right=Right.OBJECTION.value, dispatched_at__isnull=False)
    if case.rights.filter(right=Right.OBJECTION.value, outcome="").exists() and answered.exists():
        raise ValidationError(
            {
                "other": _(
                    "The objection in that case is answered already. Answer this one here, and link the cases as related."
                )
            }
        )
    if not Case.objects.filter(people.same_person(case), pk=other.pk).exists():
        raise ValidationError(
            {
                "other": _(
                    "We cannot see that both cases are about the same person: no login, personal identity number or "
                    "customer number is the same. Link them as related instead."
                )
            }
        )


def _note(work: Unit, user: User, to: Case, source: Case, right: str, said: str) -> CaseNote:
    same_readers = source.team_id == to.team_id and not source.protected
    text = _("Joined from %(number)s. The person wrote about %(right)s:") % {
        "number": source.diary_no if same_readers else _("another case"),
        "right": words.right(right).lower(),
    }
    return cases.write_note(work, to, user, f"{text}\n{said}")
