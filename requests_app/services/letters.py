"""The letters of a case as the plain values they are made of, each with the elements the law asks for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _, ngettext

from requests_app.documents.letter_values import (
    AnswerLetter,
    CompletionLetter,
    ExtensionLetter,
    JoinedLetter,
    LetterFacts,
    NotIdentifiedLetter,
    ReceiptLetter,
    WithdrawnLetter,
)
from requests_app.domain.rights import Right
from requests_app.models import IdentityCheck, Render
from requests_app.services import (
    actions,
    answers,
    enclosures,
    intake,
    letter_refusal,
    letter_rights,
    people,
    policy as policies,
    rendering,
    representation,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from requests_app.models import Case
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
    person, acting = people.person_of(case, vault), _acting(case, vault)
    return {
        "case": answers.case_facts(case, vault, facts),
        "sender": policies.sender(values, answers.language_of(case)),
        "remedies": policies.remedies(values, answers.language_of(case)),
        "addressee": _addressee(acting, person.name, _lines(person.contact.address)),
        "representative": acting.name if acting else "",
        "dated_on": date.fromisoformat(facts["dated_on"]) if facts.get("dated_on") else timezone.localdate(),
        "note": tuple(facts.get("note", ())),
    }


def _acting(case: Case, vault: Vault) -> representation.Representative | None:
    """Who may act for the person; None for nobody, and while nobody has seen that one may."""
    acting = representation.of(case, vault)
    return acting if acting is not None and acting.row.confirmed and acting.name else None


def _addressee(acting: representation.Representative | None, name: str, address: tuple[str, ...]) -> tuple[str, ...]:
    """The person, or who may act for the person, to the representative's own address where one is known."""
    if acting is None:
        return (name, *address)
    return (acting.name, _("for %(name)s") % {"name": name}, *_lines(acting.contact.address))


def _lines(address: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in address.splitlines() if line.strip())


def _receipt(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    understood = []
    for item in case.rights.all():
        said = intake.details_of(vault, item).strip()
        asked = _UNDERSTOOD[item.right]()
        if item.right == Right.OBJECTION.value and actions.against_marketing(case):
            asked = _("You do not want any more advertising from us. It stops at once.")
        understood.append(_("%(asked)s You wrote: %(said)s") % {"asked": asked, "said": f"”{said}”"} if said else asked)
    check, who = IdentityCheck.objects.filter(case=case).first(), common["representative"]
    if who:
        identity = _("%(name)s asked for you, and we have seen that %(name)s may act for you.") % {"name": who}
    elif representation.is_refused(case):
        identity = _(
            "Somebody else asked for you. We could not see that the one who asked may act for you. "
            "Do you still want us to go on? Then contact us."
        )
    elif representation.is_represented(case):
        identity = _(
            "Somebody else asked for you. We make sure that the one who asked may act for you before we begin."
        )
    elif check is None:
        identity = _("We may need to make sure that it was you who asked. In that case you will hear from us.")
    elif check.method == "eid":
        identity = _("You had logged in with eID, so we know that it was you who asked.")
    elif check.method == "email":
        identity = _(
            "You had logged in with a link to your e-mail address, so we know that you read it. We search for that address only. "
            "If more is needed to make sure who you are, you will hear from us."
        )
    else:
        identity = _("We have made sure that it was you who asked.")
    return ReceiptLetter(
        **common, understood=tuple(understood), due_on=case.due_statutory_on, identity_checked=identity
    )


_UNDERSTOOD = {
    Right.ACCESS.value: lambda: _("You want to know which data we have about you, and get a copy of it."),
    Right.RECTIFICATION.value: lambda: _("You want us to correct data about you."),
    Right.ERASURE.value: lambda: _("You want us to erase data about you."),
    Right.RESTRICTION.value: lambda: _("You want us to restrict how we use data about you."),
    Right.PORTABILITY.value: lambda: _("You want to get your data in a form that can be moved to somebody else."),
    Right.OBJECTION.value: lambda: _("You object to how we use data about you."),
    Right.CONSENT_WITHDRAWAL.value: lambda: _("You withdraw your consent to advertising. It stops at once."),
}


def _completion(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    return CompletionLetter(
        **common,
        doubt=facts["doubt"],
        needed=(facts["needed"],),
        how_to_send=letter_rights.how_to_answer(case),
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
    files = [
        _("Extract, PDF, %(pages)s") % {"pages": ngettext("%(n)d page", "%(n)d pages", pages) % {"n": pages}},
        _("The same data to use in other programs, ZIP with JSON and CSV"),
    ]
    if enclosed := sum(not item.withheld for item in enclosures.of_case(case, vault)):
        said = ngettext("%(n)d file from our systems, in the ZIP", "%(n)d files from our systems, in the ZIP", enclosed)
        files.append(said % {"n": enclosed})
    return AnswerLetter(
        **common,
        systems=tuple(section.name for section in extract.sections if section.count or section.withheld),
        records=extract.count,
        pages=pages,
        delivery=letter_rights.delivered(case),
        files=tuple(files),
        missing=tuple(item for item in extract.not_searched if item.missing),
        withheld=extract.withheld,
    )


def _not_identified(
    case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]
) -> LetterFacts:
    pause = case.pauses.order_by("asked_on").first()
    return NotIdentifiedLetter(
        **common, tried=(facts["tried"],), needed=(facts["needed"],), asked_on=pause.asked_on if pause else None
    )


def _joined(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    return JoinedLetter(
        **common,
        other_diary_no=facts["other_diary_no"],
        other_received_on=date.fromisoformat(facts["other_received_on"]),
        due_on=date.fromisoformat(facts["due_on"]),
        asked=_named(facts["rights"]),
    )


def _withdrawn(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> LetterFacts:
    remaining = _named(facts["remaining"])
    return WithdrawnLetter(
        **common,
        withdrawn_on=date.fromisoformat(facts["withdrawn_on"]),
        withdrawn=_named(facts["rights"]),
        remaining=remaining,
        due_on=case.due_statutory_on if remaining else None,
    )


def _named(rights: Iterable[str]) -> tuple[str, ...]:
    return tuple(words.right(right) for right in rights)


_BUILDERS = {
    "receipt": _receipt,
    "completion": _completion,
    "extension": _extension,
    "answer": _answer,
    "refusal": letter_refusal.refusal,
    "erasure": letter_rights.erasure,
    "rectification": letter_rights.rectification,
    "restriction": letter_rights.restriction,
    "restriction_lifting": letter_rights.restriction_lifting,
    "objection": letter_rights.objection,
    "consent_withdrawal": letter_rights.consent_withdrawal,
    "portability": letter_rights.portability,
    "not_identified": _not_identified,
    "joined": _joined,
    "withdrawn": _withdrawn,
}

portable = letter_rights.portable

__all__ = ["letter_of", "portable"]
