"""The letters of a case as the plain values they are made of, each with the elements the law asks for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _, ngettext

from requests_app.documents.letter_values import (
    AnswerLetter,
    CompletionLetter,
    ErasedItem,
    ErasureLetter,
    ExtensionLetter,
    KeptItem,
    LetterFacts,
    NotIdentifiedLetter,
    ReceiptLetter,
    RectificationLetter,
    RectifiedField,
    RefusalItem,
    RefusalLetter,
)
from requests_app.domain.rights import Ground, Outcome, Right
from requests_app.models import IdentityCheck, Render
from requests_app.services import actions, answers, decisions, intake, people, policy as policies, rendering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.models import Case, CaseRight
    from requests_app.services.keys import Vault

REPLY_DAYS = 14
"""How long the person is given to complete a request before the unpaused date must be met anyway."""


def letter_of(case: Case, vault: Vault, kind: str, right: str, facts: Mapping[str, Any]) -> LetterFacts:
    """The letter of this kind. ``facts`` are what was fixed when it was asked for. Raises ``KeyError`` on an unknown kind."""
    with translation.override(case.language):
        common = _common(case, vault, facts)
        return _BUILDERS[kind](case, vault, right, facts, common)


def _common(case: Case, vault: Vault, facts: Mapping[str, Any]) -> dict[str, Any]:
    values = policies.values_of(case.policy)
    person = people.person_of(case, vault)
    address = tuple(line.strip() for line in person.contact.address.splitlines() if line.strip())
    return {
        "case": answers.case_facts(case, vault, facts),
        "sender": policies.sender(values, answers.language_of(case)),
        "remedies": policies.remedies(values, answers.language_of(case)),
        "addressee": (person.name, *address),
        "dated_on": date.fromisoformat(facts["dated_on"]) if facts.get("dated_on") else timezone.localdate(),
        "note": tuple(facts.get("note", ())),
    }


def _receipt(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    understood = []
    for item in case.rights.all():
        said = intake.details_of(vault, item).strip()
        asked = _UNDERSTOOD[item.right]()
        understood.append(_("%(asked)s You wrote: %(said)s") % {"asked": asked, "said": f"”{said}”"} if said else asked)
    check = IdentityCheck.objects.filter(case=case).first()
    if check is None:
        identity = _("We may need to make sure that it was you who asked. In that case you will hear from us.")
    elif check.method == "eid":
        identity = _("You had logged in with eID, so we know that it was you who asked.")
    else:
        identity = _("We have made sure that it was you who asked.")
    return ReceiptLetter(
        **common, understood=tuple(understood), due_on=case.due_statutory_on, identity_checked=identity
    )


_UNDERSTOOD = {
    Right.ACCESS.value: lambda: _("You want to know which data we have about you, and get a copy of it."),
    Right.RECTIFICATION.value: lambda: _("You want us to correct data about you."),
    Right.ERASURE.value: lambda: _("You want us to erase data about you."),
}


def _completion(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    return CompletionLetter(
        **common,
        doubt=facts["doubt"],
        needed=(facts["needed"],),
        how_to_send=_(
            "Log in to Mina sidor and answer there, or write to us by post. Never send an identity document by e-mail."
        ),
        reply_by=min(common["dated_on"] + timedelta(days=REPLY_DAYS), case.due_statutory_on),
        due_on=case.due_statutory_on,
    )


def _extension(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    return ExtensionLetter(
        **common,
        due_on=date.fromisoformat(facts["due_on"]),
        extended_due_on=date.fromisoformat(facts["extended_due_on"]),
        reasons=tuple(line.strip() for line in facts["reasons"].splitlines() if line.strip()),
    )


def _answer(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    extract = answers.extract_of(case, vault, facts)
    render = rendering.newest(case, Render.EXTRACT, right)
    pages = render.pdf.pages if render and render.pdf else 0
    delivery = (
        _("You find the answer when you log in to Mina sidor.")
        if case.delivery_wish == "portal"
        else _("You get the answer on paper.")
    )
    files = [
        _("Extract, PDF, %(pages)s") % {"pages": ngettext("%(n)d page", "%(n)d pages", pages) % {"n": pages}},
        _("The same data to use in other programs, ZIP with JSON and CSV"),
    ]
    return AnswerLetter(
        **common,
        systems=tuple(section.name for section in extract.sections if section.count),
        records=extract.count,
        pages=pages,
        delivery=delivery,
        files=tuple(files),
        missing=tuple(item for item in extract.not_searched if item.missing),
        withheld=extract.withheld,
    )


def _refusal(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    case_right = case.rights.get(right=right)
    decision = decisions.in_force(case_right)
    if decision is None:
        raise LookupError("the right is not decided")
    reasons = decisions.reasons_of(vault, decision) or _OUTCOME_REASONS.get(case_right.outcome, lambda: "")()
    partial = case_right.outcome == Outcome.PARTLY_GRANTED.value
    excessive = decision.ground in {Ground.EXCESSIVE.value, Ground.MANIFESTLY_UNFOUNDED.value}
    return RefusalLetter(
        **common,
        items=(
            RefusalItem(what=_what(case_right), provision=_provision(case_right, decision.ground), reasons=reasons),
        ),
        partial=partial,
        granted=_granted(case_right) if partial else "",
        abuse_facts=(reasons,) if excessive else (),
        excessive=decision.ground == Ground.EXCESSIVE.value,
    )


_OUTCOME_REASONS = {
    Outcome.OTHER_CONTROLLER.value: lambda: _(
        "Another organisation decides over the data you asked about. Turn to that organisation."
    ),
    Outcome.DECEASED.value: lambda: _("The GDPR does not apply to data about a person who has died (recital 27)."),
    Outcome.NOT_NATURAL_PERSON.value: lambda: _("The GDPR protects people. The request is about an organisation."),
}


def _what(case_right: CaseRight) -> str:
    return {
        Right.ACCESS.value: _("To get a copy of all data about you"),
        Right.RECTIFICATION.value: _("To have data about you corrected"),
        Right.ERASURE.value: _("To have data about you erased"),
    }[case_right.right]


def _granted(case_right: CaseRight) -> str:
    return {
        Right.ACCESS.value: _("You get all other data."),
        Right.RECTIFICATION.value: _("We correct the rest of what you asked for."),
        Right.ERASURE.value: _("We erase the rest of what you asked for."),
    }[case_right.right]


def _provision(case_right: CaseRight, ground: str) -> str:
    if ground:
        return PROVISIONS[Ground(ground)]()
    return {
        Outcome.OTHER_CONTROLLER.value: lambda: _(
            "Article 4(7) of the GDPR: who decides over the data is responsible for it"
        ),
        Outcome.DECEASED.value: lambda: _("Article 4(1) and recital 27 of the GDPR: the GDPR is about living people"),
        Outcome.NOT_NATURAL_PERSON.value: lambda: _("Article 4(1) of the GDPR: the GDPR is about data on people"),
    }.get(case_right.outcome, lambda: _("Article 12(4) of the GDPR"))()


PROVISIONS = {
    Ground.MANIFESTLY_UNFOUNDED: lambda: _("Article 12(5) of the GDPR: the request is manifestly unfounded"),
    Ground.EXCESSIVE: lambda: _("Article 12(5) of the GDPR: the request is excessive"),
    Ground.RIGHTS_OF_OTHERS: lambda: _("Article 15(4) of the GDPR: the copy must not harm others"),
    Ground.FREE_EXPRESSION: lambda: _("Article 17(3)(a) of the GDPR: freedom of expression and information"),
    Ground.LEGAL_OBLIGATION: lambda: _("Article 17(3)(b) of the GDPR: the law requires us to keep the data"),
    Ground.PUBLIC_HEALTH: lambda: _("Article 17(3)(c) of the GDPR: public health"),
    Ground.ARCHIVING: lambda: _("Article 17(3)(d) of the GDPR: archiving in the public interest"),
    Ground.LEGAL_CLAIMS: lambda: _("Article 17(3)(e) of the GDPR: the data is needed for legal claims"),
    Ground.NO_ERASURE_GROUND: lambda: _("Article 17(1) of the GDPR: none of the grounds for erasure applies"),
    Ground.DATA_ACCURATE: lambda: _("Article 16 of the GDPR: the data is accurate"),
    Ground.NO_RESTRICTION_GROUND: lambda: _("Article 18(1) of the GDPR: none of the conditions for restriction is met"),
    Ground.NOT_PORTABLE: lambda: _(
        "Article 20(1) of the GDPR: the data was not given by you on the basis of consent or a contract"
    ),
    Ground.PORTABILITY_RIGHTS_OF_OTHERS: lambda: _("Article 20(4) of the GDPR: the copy must not harm others"),
    Ground.COMPELLING_GROUNDS: lambda: _(
        "Article 21(1) of the GDPR: compelling legitimate grounds, or legal claims, outweigh the objection"
    ),
    Ground.SECRECY: lambda: _("Chapter 5 Section 1 of the Data Protection Act (2018:218): secrecy"),
    Ground.RUNNING_TEXT: lambda: _("Chapter 5 Section 2 of the Data Protection Act (2018:218): draft text and notes"),
}
"""Each ground as the letter names it: the provision and what it means."""


def _erasure(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    erased, kept = [], []
    for action in case.actions.filter(verb="erase").select_related("system"):
        note, system = actions.note_of(vault, action), str(action.system)
        done_on = timezone.localtime(action.done_at).date() if action.done_at else common["dated_on"]
        if action.result in {"done", "partly"}:
            erased.append(ErasedItem(system=system, what=note["what"], erased_on=done_on))
        if action.result in {"partly", "kept"}:
            what = note["what"] if action.result == "kept" else _("the rest of the data")
            kept.append(
                KeptItem(
                    system=system, what=what, provision=note["provision"], reasons=note["reasons"], until=note["until"]
                )
            )
    backups = policies.values_of(case.policy).backups[case.language]
    return ErasureLetter(**common, erased=tuple(erased), kept=tuple(kept), backups=backups)


def _rectification(
    case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]
) -> LetterFacts:
    fields = []
    for action in case.actions.filter(verb="rectify").select_related("system"):
        note, system = actions.note_of(vault, action), str(action.system)
        if action.result in {"done", "partly"}:
            changed_on = timezone.localtime(action.done_at).date() if action.done_at else common["dated_on"]
            fields.append(
                RectifiedField(
                    system=system, field=note["field"], old=note["old"], new=note["new"], changed_on=changed_on
                )
            )
        if action.result in {"partly", "kept"}:
            provision = note["provision"] or _("Article 16 of the GDPR")
            fields.append(
                RectifiedField(
                    system=system,
                    field=note["field"] or _("the data you asked about"),
                    old=note["old"],
                    new=note["new"],
                    refused=note["reasons"],
                    provision=provision,
                )
            )
    return RectificationLetter(**common, fields=tuple(fields))


def _not_identified(
    case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]
) -> LetterFacts:
    pause = case.pauses.order_by("asked_on").first()
    return NotIdentifiedLetter(
        **common, tried=(facts["tried"],), needed=(facts["needed"],), asked_on=pause.asked_on if pause else None
    )


_BUILDERS = {
    "receipt": _receipt,
    "completion": _completion,
    "extension": _extension,
    "answer": _answer,
    "refusal": _refusal,
    "erasure": _erasure,
    "rectification": _rectification,
    "not_identified": _not_identified,
}


__all__ = ["PROVISIONS", "letter_of"]
