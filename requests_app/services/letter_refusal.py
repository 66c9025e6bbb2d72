"""The letter that refuses a right, wholly or in part: what, on which ground, why, and what was done all the same (Art. 12(4))."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from requests_app.documents.letter_values import RefusalItem, RefusalLetter
from requests_app.domain.rights import GATHERED, MASK_GROUNDS, Ground, Outcome, Right, mask_ground
from requests_app.services import actions, answers, decisions, masking, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from requests_app.documents.values import Withheld
    from requests_app.models import Action, Case, CaseRight
    from requests_app.services.keys import Vault

_ABUSE = frozenset({Ground.EXCESSIVE.value, Ground.MANIFESTLY_UNFOUNDED.value})


def refusal(case: Case, vault: Vault, right: str, facts: Mapping[str, Any], common: dict[str, Any]) -> RefusalLetter:
    """The refusal of one right by its decision in force; raises ``LookupError`` when there is none."""
    case_right = case.rights.get(right=right)
    decision = decisions.in_force(case_right)
    if decision is None:
        raise LookupError("the right is not decided")
    reasons = decisions.reasons_of(vault, decision) or _OUTCOME_REASONS.get(case_right.outcome, lambda: "")()
    partial = case_right.outcome == Outcome.PARTLY_GRANTED.value
    abuse = decision.ground in _ABUSE
    items: tuple[RefusalItem, ...] = (
        RefusalItem(
            what=_WHAT[right](),
            provision=_provision(case_right, decision.ground),
            reasons=_ASSESSED[decision.ground]() if abuse else reasons,
        ),
    )
    if partial and Right(right) in GATHERED:
        withheld = masking.withheld(case, vault, answers.language_of(case))
        items = tuple(_withheld_items(case_right, withheld, decision.ground, reasons)) or items
    done = done_already(case, vault, right) if case_right.outcome not in decisions.GIVES_DATA else ()
    return RefusalLetter(
        **{**common, "note": (*done, *common["note"])},
        items=items,
        partial=partial,
        granted=_GRANTED[right]() if partial else "",
        abuse_facts=tuple(line.strip() for line in reasons.splitlines() if line.strip()) if abuse else (),
        excessive=abuse,
        secret=decision.ground == Ground.SECRECY.value,
    )


def _withheld_items(
    case_right: CaseRight, withheld: Iterable[Withheld], ground: str, reasons: str
) -> list[RefusalItem]:
    """One item for each ground that something is masked on: how much in which categories, never what it says.

    The reasons of the decision stand with the ground it names; the other grounds are told by what they mean.
    """
    right = Right(case_right.right)
    codes = {words.word(words.GROUNDS, item.value): mask_ground(right, item) for item in MASK_GROUNDS}
    by_ground: dict[Ground, list[str]] = {}
    for item in withheld:
        by_ground.setdefault(codes[item.ground], []).append(_how_much(item))
    alone = len(by_ground) == 1
    return [
        RefusalItem(
            what=_("Part of the data. We do not hand out: %(places)s.") % {"places": _listed(places)},
            provision=PROVISIONS[found](),
            reasons=reasons if alone or found.value == ground else _MEANING[found](),
        )
        for found, places in by_ground.items()
    ]


def _how_much(item: Withheld) -> str:
    """How much of one category in running text; a single one in a word."""
    if item.file:
        said = ngettext("one file from %(system)s", "%(n)d files from %(system)s", item.count)
    elif item.whole:
        said = ngettext(
            "one whole record in %(system)s (%(category)s)",
            "%(n)d whole records in %(system)s (%(category)s)",
            item.count,
        )
    else:
        said = ngettext(
            "one place in %(system)s (%(category)s)", "%(n)d places in %(system)s (%(category)s)", item.count
        )
    return said % {"n": item.count, "system": item.system, "category": item.category}


def _listed(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return _("%(others)s and %(last)s") % {"others": ", ".join(parts[:-1]), "last": parts[-1]}


_MEANING: dict[Ground, Callable[[], str]] = {
    Ground.RIGHTS_OF_OTHERS: lambda: _("The data is about other people, and handing it over would harm them."),
    Ground.PORTABILITY_RIGHTS_OF_OTHERS: lambda: _(
        "The data is about other people, and handing it over would harm them."
    ),
    Ground.SECRECY: lambda: _("The data is covered by secrecy that holds against you too."),
    Ground.RUNNING_TEXT: lambda: _("The text is a draft or a note that is not finished."),
    Ground.NOT_PORTABLE: lambda: _("You did not give us this data yourself."),
}


def done_already(case: Case, vault: Vault, right: str) -> tuple[str, ...]:
    """What had been done before it was decided otherwise, a paragraph each, so that the letter does not say that nothing was."""
    verbs = actions.WAITS_FOR.get(right, frozenset())
    rows = case.actions.filter(verb__in=verbs, result__in=actions.CHANGED).select_related("system")
    lines = tuple(_done_line(action, actions.note_of(vault, action)) for action in rows)
    return (_("Before we decided this, the following had already been done:"), *lines) if lines else ()


def _done_line(action: Action, note: Mapping[str, str]) -> str:
    day = date_format(timezone.localtime(action.done_at).date(), "j F Y") if action.done_at else ""
    return _DONE[action.verb]() % {
        "system": action.system,
        "what": note.get("what") or note.get("field", ""),
        "day": day,
    }


_DONE: dict[str, Callable[[], str]] = {
    "erase": lambda: _("%(system)s: %(what)s was erased on %(day)s."),
    "rectify": lambda: _("%(system)s: %(what)s was corrected on %(day)s."),
    "restrict": lambda: _("%(system)s: the use of %(what)s was restricted on %(day)s."),
    "object": lambda: _("%(system)s: %(what)s was stopped on %(day)s."),
    actions.STOP_MARKETING: lambda: _("%(system)s: %(what)s was stopped on %(day)s."),
}
_ASSESSED: dict[str, Callable[[], str]] = {
    Ground.EXCESSIVE.value: lambda: _("We assess that your request is excessive. What we base this on stands below."),
    Ground.MANIFESTLY_UNFOUNDED.value: lambda: _(
        "We assess that your request is manifestly unfounded. What we base this on stands below."
    ),
}
_OUTCOME_REASONS: dict[str, Callable[[], str]] = {
    Outcome.OTHER_CONTROLLER.value: lambda: _(
        "Another organisation decides over the data you asked about. Turn to that organisation."
    ),
    Outcome.DECEASED.value: lambda: _("The GDPR does not apply to data about a person who has died (recital 27)."),
    Outcome.NOT_NATURAL_PERSON.value: lambda: _("The GDPR protects people. The request is about an organisation."),
}
_WHAT: dict[str, Callable[[], str]] = {
    Right.ACCESS.value: lambda: _("To get a copy of all data about you"),
    Right.RECTIFICATION.value: lambda: _("To have data about you corrected"),
    Right.ERASURE.value: lambda: _("To have data about you erased"),
    Right.RESTRICTION.value: lambda: _("To have the use of data about you restricted"),
    Right.PORTABILITY.value: lambda: _("To get your data in a form that can be moved to somebody else"),
    Right.OBJECTION.value: lambda: _("To have us stop using data about you"),
    Right.CONSENT_WITHDRAWAL.value: lambda: _("To have us stop sending you advertising"),
}
_GRANTED: dict[str, Callable[[], str]] = {
    Right.ACCESS.value: lambda: _("You get all other data."),
    Right.RECTIFICATION.value: lambda: _("We correct the rest of what you asked for."),
    Right.ERASURE.value: lambda: _("We erase the rest of what you asked for."),
    Right.RESTRICTION.value: lambda: _("We restrict the use of the rest of what you asked for."),
    Right.PORTABILITY.value: lambda: _("You get all other data in a form that other programs can read."),
    Right.OBJECTION.value: lambda: _("We stop the rest of what you object to."),
}


def _provision(case_right: CaseRight, ground: str) -> str:
    if ground:
        return PROVISIONS[Ground(ground)]()
    return _OUTCOME_PROVISIONS.get(case_right.outcome, lambda: _("Article 12(4) of the GDPR"))()


_OUTCOME_PROVISIONS: dict[str, Callable[[], str]] = {
    Outcome.OTHER_CONTROLLER.value: lambda: _(
        "Article 4(7) of the GDPR: who decides over the data is responsible for it"
    ),
    Outcome.DECEASED.value: lambda: _("Article 4(1) and recital 27 of the GDPR: the GDPR is about living people"),
    Outcome.NOT_NATURAL_PERSON.value: lambda: _("Article 4(1) of the GDPR: the GDPR is about data on people"),
}

PROVISIONS: dict[Ground, Callable[[], str]] = {
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
