"""The letters that say what was done about a right: corrected, erased, restricted, stopped, handed over to take along."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from requests_app.documents.letter_values import (
    ConsentWithdrawalLetter,
    ErasedItem,
    ErasureLetter,
    KeptItem,
    LetterFacts,
    NotDoneItem,
    ObjectionLetter,
    ObjectionRefusal,
    PortabilityLetter,
    PortableItem,
    RectificationLetter,
    RectifiedField,
    RestrictedItem,
    RestrictionLetter,
    RestrictionLiftingLetter,
    StoppedItem,
)
from requests_app.domain.rights import Channel, Ground, Outcome, Right
from requests_app.services import actions, answers, decisions, masking, messages, policy as policies, register
from requests_app.services.letter_refusal import PROVISIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from requests_app.models import Action, Case
    from requests_app.services.keys import Vault


class _Done:
    """The tasks of a right that are done, each with its report."""

    def __init__(self, case: Case, vault: Vault, right: str, common: Mapping[str, Any]) -> None:
        self._dated_on: date = common["dated_on"]
        rows = case.actions.filter(verb__in=actions.WAITS_FOR[right]).exclude(result="").select_related("system")
        self.all = [(row, actions.note_of(vault, row)) for row in rows]
        self.changed = [(row, note) for row, note in self.all if row.result in actions.CHANGED]
        self.kept = [(row, note) for row, note in self.all if row.result in actions.KEPT]
        self.nothing_in = tuple(str(row.system) for row, _note in self.all if row.result == "nothing_found")
        self._ground = _ground_of(case, right)

    def on(self, row: Action) -> date:
        """The day it was done."""
        return timezone.localtime(row.done_at).date() if row.done_at else self._dated_on

    def what(self, row: Action, note: Mapping[str, str]) -> str:
        """Which data was not changed: what the report names, or the rest of it."""
        return note["what"] if row.result == "kept" else _("the rest of the data")

    def provision(self, note: Mapping[str, str], otherwise: str = "") -> str:
        """The provision for what was not changed: always the decision's ground when it has one; what the report says comes beside it."""
        said = note["provision"]
        return "; ".join(filter(None, (self._ground, said))) or otherwise

    @property
    def nobody_received(self) -> bool:
        """Whether it is known that nobody has received data from the systems where something was changed."""
        return register.nobody_receives([row.system for row, _note in self.changed])


def _ground_of(case: Case, right: str) -> str:
    """The ground of the decision in force, as the letter names it; empty when it has none."""
    held = case.rights.filter(right=right).first()
    decision = decisions.in_force(held) if held is not None else None
    return PROVISIONS[Ground(decision.ground)]() if decision is not None and decision.ground else ""


def erasure(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    """What was erased, and what is kept, why and until when."""
    done = _Done(case, vault, right, common)
    return ErasureLetter(
        **common,
        erased=tuple(
            ErasedItem(system=str(row.system), what=note["what"], erased_on=done.on(row)) for row, note in done.changed
        ),
        kept=tuple(
            KeptItem(
                system=str(row.system),
                what=done.what(row, note),
                provision=done.provision(note),
                reasons=note["reasons"],
                until=note["until"],
            )
            for row, note in done.kept
        ),
        backups=policies.values_of(case.policy).backups[case.language],
        nobody_received=done.nobody_received,
        nothing_in=done.nothing_in,
    )


def rectification(
    case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]
) -> LetterFacts:
    """What was corrected, from what to what, and what was not."""
    done = _Done(case, vault, right, common)
    fields = [
        RectifiedField(
            system=str(row.system), field=note["field"], old=note["old"], new=note["new"], changed_on=done.on(row)
        )
        for row, note in done.changed
    ]
    fields += [_not_rectified(done, row, note) for row, note in done.kept]
    return RectificationLetter(
        **common,
        fields=tuple(fields),
        restricted=_restricted_meanwhile(case, vault),
        nobody_received=done.nobody_received,
        nothing_in=done.nothing_in,
    )


def _not_rectified(done: _Done, row: Action, note: Mapping[str, str]) -> RectifiedField:
    """What was not corrected. Where a part was, the values reported are those of that part and say nothing of the rest."""
    whole = row.result == "kept"
    return RectifiedField(
        system=str(row.system),
        field=(note["field"] or _("the data you asked about")) if whole else _("the rest of the data"),
        old=note["old"] if whole else "",
        new=note["new"] if whole else "",
        refused=note["reasons"],
        provision=done.provision(note, _("Article 16 of the GDPR")),
    )


def _restricted_meanwhile(case: Case, vault: Vault) -> str:
    """What was restricted while accuracy was checked, a sentence for each system."""
    rows = case.actions.filter(verb="restrict", result__in=actions.CHANGED).select_related("system")
    return " ".join(
        _("In %(system)s we restricted the use of %(what)s from %(day)s.")
        % {
            "system": row.system,
            "what": actions.note_of(vault, row)["what"],
            "day": date_format(timezone.localtime(row.done_at).date(), "j F Y") if row.done_at else "",
        }
        for row in rows
    )


def restriction_ground(case: Case) -> str:
    """Which condition of Art. 18(1) the request itself tells of, a sentence in the active language; empty when it tells of none."""
    asked = set(case.rights.values_list("right", flat=True))
    if Right.RECTIFICATION.value in asked:
        return _("You say that the data is not accurate (Article 18(1)(a) of the GDPR).")
    if Right.OBJECTION.value in asked:
        return _("You have objected to our use of the data (Article 18(1)(d) of the GDPR).")
    return ""


def _restriction_until(case: Case) -> str:
    asked = set(case.rights.values_list("right", flat=True))
    if Right.RECTIFICATION.value in asked:
        until = _("The restriction lasts while we check whether the data is accurate.")
    elif Right.OBJECTION.value in asked:
        until = _("The restriction lasts while we examine your objection.")
    else:
        until = _("The restriction lasts for as long as the reason for it remains.")
    return f"{until} {_('We tell you before it is lifted.')}"


def restriction(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    """What is restricted, on which condition and for how long, and what is not."""
    done = _Done(case, vault, right, common)
    decision = decisions.in_force(case.rights.get(right=right))
    granted = decision is not None and decision.outcome == Outcome.GRANTED.value
    said = decisions.reasons_of(vault, decision) if decision is not None and granted else ""
    standing = _("You have asked for it, and a condition of Article 18(1) of the GDPR is met.")
    return RestrictionLetter(
        **common,
        restricted=_restricted(done.changed, done),
        ground=said or restriction_ground(case) or standing,
        until=_restriction_until(case),
        refused=tuple(
            NotDoneItem(
                system=str(row.system),
                what=done.what(row, note),
                provision=done.provision(note, PROVISIONS[Ground.NO_RESTRICTION_GROUND]()),
                reasons=note["reasons"],
            )
            for row, note in done.kept
        ),
        nobody_received=done.nobody_received,
        nothing_in=done.nothing_in,
    )


def _restricted(rows: Iterable[tuple[Action, Mapping[str, str]]], done: _Done) -> tuple[RestrictedItem, ...]:
    return tuple(
        RestrictedItem(system=str(row.system), what=note["what"], restricted_on=done.on(row)) for row, note in rows
    )


def restriction_lifting(
    case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]
) -> LetterFacts:
    """The warning before a restriction in a system is lifted (Art. 18(3))."""
    done = _Done(case, vault, Right.RESTRICTION.value, common)
    rows = [(row, note) for row, note in done.changed if row.system.key == facts["system"]]
    return RestrictionLiftingLetter(
        **common,
        lifted_from=date.fromisoformat(facts["from_on"]),
        items=_restricted(rows, done),
        reasons=tuple(line.strip() for line in facts["reasons"].splitlines() if line.strip()),
    )


def _stopped(done: _Done) -> tuple[StoppedItem, ...]:
    return tuple(
        StoppedItem(system=str(row.system), what=note["what"], stopped_on=done.on(row)) for row, note in done.changed
    )


def _suppressed(done: _Done) -> str:
    """What stands in the suppression list, a sentence; empty when nothing was reported to stand there."""
    listed = list(dict.fromkeys(note["suppressed"] for _row, note in done.changed if note.get("suppressed")))
    if not listed:
        return ""
    return _("So that you get no more advertising, this stands in our suppression list: %(what)s.") % {
        "what": ", ".join(listed)
    }


def objection(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    """What has stopped, and what goes on and how it was weighed."""
    done = _Done(case, vault, right, common)
    return ObjectionLetter(
        **common,
        stopped=_stopped(done),
        direct_marketing=actions.against_marketing(case),
        refused=tuple(
            ObjectionRefusal(
                what=f"{row.system}: {done.what(row, note)}",
                interest=note["interest"],
                weighing=note["weighing"],
                provision=done.provision(note, PROVISIONS[Ground.COMPELLING_GROUNDS]()),
            )
            for row, note in done.kept
        ),
        suppressed=_suppressed(done),
        nothing_in=done.nothing_in,
    )


def consent_withdrawal(
    case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]
) -> LetterFacts:
    """What advertising has stopped, where and when."""
    done = _Done(case, vault, right, common)
    return ConsentWithdrawalLetter(
        **common, stopped=_stopped(done), suppressed=_suppressed(done), nothing_in=done.nothing_in
    )


def portability(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    """What the machine-readable copy holds. Nobody has said yet which categories were given by the person on consent or contract:

    until the register does, everything that was gathered counts, less what a reviewer has masked.
    """
    extract = answers.extract_of(case, vault, facts)
    case_right = case.rights.get(right=right)
    decision = decisions.in_force(case_right)
    reasons = decisions.reasons_of(vault, decision) if decision is not None else ""
    english = case.language == "en"
    data = tuple(
        PortableItem(
            system=section.name,
            what=category.spec.label_en if english else category.spec.label_sv,
            records=category.count,
        )
        for section in extract.sections
        for category in section.categories
        if category.count
    )
    return PortabilityLetter(
        **common,
        data=data,
        files=(_("Your data to take along, ZIP with JSON and CSV"),) if data else (),
        delivery=delivered(case) if data else "",
        not_included=tuple(
            NotDoneItem(
                system=item.system,
                what=item.category,
                provision=item.ground,
                reasons=reasons or _("The data concerns other people or may not be handed over."),
            )
            for item in masking.withheld(case, vault, answers.language_of(case))
        ),
    )


def portable(letter: LetterFacts) -> bool:
    """Whether the letter has a machine-readable copy beside it."""
    return isinstance(letter, PortabilityLetter) and bool(letter.data)


def _portal() -> dict[str, str]:
    return {"address": settings.BASE_URL.rstrip("/")}


def delivered(case: Case) -> str:
    """How the person gets the answer, a sentence."""
    if case.delivery_wish != "portal":
        return _("You get the answer on paper.")
    if case.channel == Channel.API.value:
        return _("You find the answer when you log in where you made your request.")
    return _("You find the answer when you log in to Your personal data, %(address)s.") % _portal()


def how_to_answer(case: Case) -> str:
    """How the person answers a question of ours; after a login only where there is one that opens the case."""
    if not messages.readable(case):
        return _("Write to us by post. Never send an identity document by e-mail.")
    if case.channel == Channel.API.value:
        return _(
            "Log in where you made your request and answer there, or write to us by post. "
            "Never send an identity document by e-mail."
        )
    return (
        _(
            "Log in to Your personal data, %(address)s, and answer there, or write to us by post. "
            "Never send an identity document by e-mail."
        )
        % _portal()
    )
