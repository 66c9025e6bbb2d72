"""A case as the plain values its extract is made of: what was found, why we have it, what was not searched and why."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from requests_app.documents.values import CaseFacts, CategoryData, Extract, NotSearched, SearchOutcome, SystemSection
from requests_app.documents.words import long_date
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.personnummer import birth_date
from requests_app.domain.states import CollectionOutcome, CollectionState
from requests_app.models import Collection, SearchProfile, System
from requests_app.services import gathering, masking, people, policy as policies, register, words
from requests_app.services.masked import masked_categories
from requests_app.services.withholding import withheld_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.documents.values import Lang
    from requests_app.models import Case
    from requests_app.services.keys import Vault
    from requests_app.services.masked import MaskedCategory

SEARCHED = frozenset({CollectionOutcome.FOUND.value, CollectionOutcome.NOTHING.value, CollectionOutcome.PARTIAL.value})


def language_of(case: Case) -> Lang:
    """The language the answer is written in."""
    return "en" if case.language == "en" else "sv"


def case_facts(case: Case, vault: Vault, facts: Mapping[str, Any]) -> CaseFacts:
    """The case as its reader is told about it; ``facts`` were fixed when the document was asked for."""
    person = people.person_of(case, vault)
    born = facts.get("birth_date")
    handler = (
        case.handler.name if case.handler else policies.sender(policies.values_of(case.policy), language_of(case)).unit
    )
    return CaseFacts(
        diary_no=case.diary_no,
        external_no=case.external_no,
        received_on=case.received_on,
        answered_on=date.fromisoformat(facts["dated_on"]) if facts.get("dated_on") else timezone.localdate(),
        lang=language_of(case),
        handler=handler,
        person_name=person.name,
        birth_date=date.fromisoformat(born) if born else person.birth_date,
        rights=tuple(words.right(right.right).lower() for right in case.rights.all()),
    )


def extract_of(case: Case, vault: Vault, facts: Mapping[str, Any]) -> Extract:
    """The whole extract, in the case's language, from the systems that were actually searched. Records are read as they are printed.

    It is made of the masked view only. Raises ``MasksUnmatched`` when a mask no longer fits what was gathered.
    """
    with translation.override(case.language):
        values = policies.values_of(case.policy)
        rows = list(
            case.collections.filter(current=True)
            .select_related("case", "system", "system_version")
            .order_by("system__position", "system__key")
        )
        searched = [row for row in rows if row.state == CollectionState.DONE.value and row.outcome in SEARCHED]
        masks, lang = masking.masks_of(case, vault), language_of(case)
        seen = [masked_categories(row, vault, masks, lang) for row in searched]
        if any(category.stale for found in seen for category in found):
            masking.refuse_unmatched(case, vault)
        sections = tuple(_section(case, vault, row, found) for row, found in zip(searched, seen, strict=True))
        holding = [
            row.system for row, section in zip(searched, sections, strict=True) if section.count or section.withheld
        ]
        return Extract(
            case=case_facts(case, vault, facts),
            sender=policies.sender(values, language_of(case)),
            remedies=policies.remedies(values, language_of(case)),
            sections=sections,
            processings=register.facts_for(holding, language_of(case)),
            withheld=withheld_in(
                case, vault, ((row, category) for row, found in zip(searched, seen, strict=True) for category in found)
            ),
            not_searched=tuple(_not_searched(case, vault, rows, searched)),
        )


def _section(case: Case, vault: Vault, row: Collection, seen: list[MaskedCategory]) -> SystemSection:
    categories = tuple(
        CategoryData(
            spec=category.spec,
            records=category.records,
            count=category.count,
            first_on=category.first_on,
            last_on=category.last_on,
            withheld=category.hidden,
        )
        for category in seen
    )
    found = any(category.count or category.withheld for category in categories)
    outcome = (
        SearchOutcome.PARTIAL
        if row.outcome == CollectionOutcome.PARTIAL.value
        else SearchOutcome.FOUND
        if found
        else SearchOutcome.NOTHING_FOUND
    )
    return SystemSection(
        key=row.system.key,
        name=str(row.system),
        outcome=outcome,
        searched_at=row.ended_at or timezone.now(),
        searched_by=_search_terms(case, vault, row),
        searched_from=row.searched_from,
        searched_to=row.searched_to,
        note=_window(row) if outcome is SearchOutcome.PARTIAL else "",
        description=row.system.in_language("about"),
        controller=""
        if row.system.controller == policies.values_of(case.policy).sender.name
        else row.system.controller,
        categories=categories,
    )


def _window(row: Collection) -> str:
    """What was searched of a system that can only be searched day by day, or whose newest export is old."""
    if row.searched_to and not row.searched_from:
        return _(
            "The answer holds what the system held on %(last)s. What has been added since is not in it. "
            "Write to us if you want us to search that too."
        ) % {"last": long_date(row.searched_to, language_of(row.case))}
    if not row.searched_from or not row.searched_to:
        return _("We have only searched part of the system. Write to us if you want us to search the rest.")
    lang = language_of(row.case)
    return _(
        "We have searched from %(first)s to %(last)s, since the system can only be searched day by day. "
        "Write to us if you want us to search other days."
    ) % {"first": long_date(row.searched_from, lang), "last": long_date(row.searched_to, lang)}


def _search_terms(case: Case, vault: Vault, row: Collection) -> tuple[str, ...]:
    """What was searched by, with values; of a personnummer only the birth date."""
    if row.searched_by == ["person"]:
        return (_("looked up by our staff"),)
    terms = []
    for identifier in people.subject_of(case).identifiers.all():
        if identifier.kind not in row.searched_by or not identifier.usable:
            continue
        kind = words.word(words.IDENTIFIER_KINDS, identifier.kind).lower()
        value = people.value_of(vault, identifier)
        if identifier.kind == IdentifierKind.PERSONNUMMER.value:
            born = birth_date(value) if value else None
            terms.append(
                _("%(kind)s (born %(date)s)") % {"kind": kind, "date": long_date(born, language_of(case))}
                if born
                else kind
            )
        else:
            terms.append(f"{kind} {value}".strip())
    return tuple(terms)


def _not_searched(case: Case, vault: Vault, rows: list[Collection], searched: list[Collection]) -> list[NotSearched]:
    found = []
    for row in rows:
        if row in searched:
            continue
        if row.state == CollectionState.LEFT_OUT.value:
            found.append(NotSearched(system=str(row.system), reason=gathering.left_out_reason(vault, row)))
        elif row.state == CollectionState.DONE.value:
            found.append(
                NotSearched(system=str(row.system), reason=_("We have no confirmed contact details to search by."))
            )
        else:
            found.append(
                NotSearched(
                    system=str(row.system), reason=_("We have not got the data from this system yet."), missing=True
                )
            )
    profile = SearchProfile.objects.filter(key=case.profile).first()
    rest = System.objects.filter(active=True).exclude(pk__in=[row.system_id for row in rows])
    for system in rest:
        if system.needs_cookie:
            reason = _(
                "The data there cannot be tied to you without the cookie id of your browser (Article 11 of the GDPR). "
                "Send us the id if you want us to search."
            )
        else:
            reason = _("Not searched, since you asked as: %(profile)s. Tell us if we should search there too.") % {
                "profile": str(profile or case.profile).lower()
            }
        found.append(NotSearched(system=str(system), reason=reason))
    return found
