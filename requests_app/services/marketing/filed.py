"""A request that stops marketing (Art. 7(3), 21(3)): noted as a choice, carried out by itself where a connector can, else by a person.

The case keeps one task (``Action``) for each system that markets. Where a connector can tell the system, a durable task of the choice
does it, and the case's task ends with it; the others wait for a person in the case, and stand in no other list. Nobody has to have
confirmed the address: to be left in peace harms no one. What a system knew of it is told to nobody but staff.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from requests_app.domain.channels import ChoiceSource, MarketingKind, TaskState
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel
from requests_app.models import Action, Case, MarketingChoice, MarketingTask
from requests_app.services import actions, people
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.marketing import choices

if TYPE_CHECKING:
    from requests_app.models import System, User
    from requests_app.services.audit import Unit

_SOURCES = {
    Channel.PORTAL.value: ChoiceSource.PORTAL,
    Channel.API.value: ChoiceSource.API,
    Channel.PHONE.value: ChoiceSource.PHONE,
    Channel.VISIT.value: ChoiceSource.VISIT,
}
"""By what a choice reached us; every other channel is something written, which a member of staff has registered."""


def stop(work: Unit, case: Case, *, of: Case | None = None) -> None:
    """Stop marketing for the person of a case, new or locked: each address goes on the list, and each system gets one task.

    ``of`` is the case the addresses stand in, when it is joined to this one.
    """
    actions.plan_stop(work, case)
    source = _SOURCES.get(case.channel, ChoiceSource.LETTER)
    if work.actor.user is None and source in choices.BY_HAND:
        source = ChoiceSource.PORTAL
    for to in addresses(of or case):
        email = to.value if to.kind is IdentifierKind.EMAIL else ""
        phone = to.value if to.kind is IdentifierKind.PHONE else ""
        choices.choose(
            actor=work.actor, kind=MarketingKind.WITHDRAWN, source=source, email=email, phone=phone, case=case
        )


def addresses(case: Case) -> list[choices.Address]:
    """The e-mail addresses and telephone numbers that the request gives of its person, each once."""
    vault = Vault(case)
    contact = people.person_of(case, vault).contact
    kinds = (IdentifierKind.EMAIL, IdentifierKind.PHONE)
    rows = people.subject_of(case).identifiers.filter(kind__in=[kind.value for kind in kinds], rejected_at=None)
    typed = [(row.kind, people.value_of(vault, row)) for row in rows.order_by("pk")]
    typed += [(IdentifierKind.EMAIL.value, contact.email), (IdentifierKind.PHONE.value, contact.phone)]
    found: dict[choices.Address, None] = {}
    for kind, value in typed:
        try:
            found.setdefault(choices.address(**{kind: value}))
        except ValidationError:  # nothing there, or contact details written in a way that no system could hold
            continue
    return list(found)


def lock_cases(choice: MarketingChoice) -> list[Case]:
    """The open cases that asked for a stop to the address of a choice, locked. To be called before the choice is locked."""
    asked = MarketingChoice.objects.filter(mac=choice.mac, case__isnull=False).values("case")
    return list(Case.objects.select_for_update(of=("self",)).filter(closed_at=None, pk__in=asked).order_by("pk"))


def settle(work: Unit, cases: list[Case], system: System, user: User | None = None) -> None:
    """End the cases' own tasks in a system in which nothing is left of the choice. The cases must be locked.

    It reads the same whether the system knew the address or not: the letter goes to whoever filed it.
    """
    for case in cases:
        left = MarketingTask.objects.filter(choice__case=case, system=system).exclude(state=TaskState.DONE.value)
        if left.exists():
            continue
        with translation.override(case.language):
            note = {"what": _("Advertising to your address"), "suppressed": _("your address, as a coded check value")}
        changed = Action.objects.filter(
            case=case, system=system, verb=actions.STOP_MARKETING, state=Action.ASKED
        ).update(
            state=Action.DONE,
            result="done",
            note_enc=Vault(case).seal(DOSSIER, note, "action", system.key, actions.STOP_MARKETING),
            by=user,
            done_at=timezone.now(),
        )
        if changed:
            work.event("action.done", case, system=system.key, verb=actions.STOP_MARKETING, result="done", note=note)
            actions.tell_when_done(work, case, actions.STOP_MARKETING)
