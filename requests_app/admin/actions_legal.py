"""What can be done on the case page about its rights: decide, report what was carried out, restrict, and ask legal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _, ngettext

from requests_app.admin import rights_forms as forms
from requests_app.admin.case_forms import NothingForm
from requests_app.admin.doing import CaseAction, Doing
from requests_app.domain.rights import Outcome, Right
from requests_app.domain.states import CollectionOutcome
from requests_app.models import Action, System
from requests_app.services import (
    actions,
    carrying_out,
    case_rights,
    change_preview,
    decisions,
    letter_rights,
    referrals,
)

if TYPE_CHECKING:
    from requests_app.admin.desk import Desk
    from requests_app.models import Referral
    from requests_app.services.referrals import Item


def _decide(do: Doing) -> str:
    systems = do.data.get("systems")
    made = decisions.decide(
        **do.who,
        right=do.key,
        outcome=do.data["outcome"],
        ground=do.data.get("ground", ""),
        reasons=do.data.get("reasons", ""),
        systems=None if systems is None else list(systems),
    )
    if decisions.waiting_for_approval(made.case_right):
        return _("The decision is saved and waits for somebody else's approval.")
    return _("The decision is saved.")


def _decision_options(desk: Desk, right: str) -> dict[str, Any]:
    if right not in {item.value for item in Right}:
        raise Http404
    case = desk.case
    outcomes = decisions.choices_of(case, right)
    masked = decisions.mask_grounds(case, right)
    initial = {"outcome": _likely(desk, right, outcomes, masked), "ground": masked[0] if masked else ""}
    if right == Right.RESTRICTION.value:
        with translation.override(case.language):  # it is written to the person
            initial["reasons"] = letter_rights.restriction_ground(case)
    return {
        "right": right,
        "outcomes": outcomes,
        "masked": masked,
        "systems": decisions.default_systems(case, right),
        "initial": initial,
    }


def _likely(desk: Desk, right: str, outcomes: tuple[Outcome, ...], masked: list[str]) -> str:
    """The outcome that is chosen to begin with, where only one is likely; empty where somebody has to think."""
    if masked:
        return Outcome.PARTLY_GRANTED.value
    if Outcome.REFUSED not in outcomes:
        return Outcome.GRANTED.value
    unsearched = any(row.outcome == CollectionOutcome.NO_IDENTIFIER.value for row in desk.rows)
    if right == Right.ACCESS.value and not unsearched and not any(row.records for row in desk.rows):
        return Outcome.NOTHING_FOUND.value
    return ""


def _decide_again(do: Doing) -> str:
    decisions.decide_again(**do.who)
    return _("The case is back at the decision. Documents that were not sent are made anew.")


def _report(do: Doing) -> str:
    verb, _dot, system = do.key.partition(".")
    action = Action.objects.filter(case=do.desk.case, verb=verb, system__key=system).select_related("system").first()
    if action is None:
        raise Http404
    note = {name: value for name, value in do.data.items() if name != "result"}
    actions.report(**do.who, action=action, result=do.data["result"], note=note)
    return _("Noted for %(system)s.") % {"system": action.system}


def _search_first(do: Doing) -> str:
    case_rights.search_first(**do.who)
    return _("The systems are being searched. The decision comes after the review.")


def _dry_run(do: Doing) -> str:
    system = System.objects.filter(key=do.key, active=True).first()
    if system is None:
        raise Http404
    found = change_preview.dry_run(**do.who, system=system)
    if not found.count:
        return _("%(system)s holds nothing about the person just now.") % {"system": system}
    listed = ", ".join(f"{name} {count}" for name, count in found.categories)
    if found.more:
        said = _("In %(system)s this would be erased: %(list)s, and more.")
    else:
        said = _("In %(system)s this would be erased: %(list)s.")
    return said % {"system": system, "list": listed}


def _retry_change(do: Doing) -> str:
    verb, _dot, system = do.key.partition(".")
    action = Action.objects.filter(case=do.desk.case, verb=verb, system__key=system).select_related("system").first()
    if action is None:
        raise Http404
    carrying_out.retry(**do.who, action=action)
    return _("%(system)s is told again.") % {"system": action.system}


def _report_options(desk: Desk, key: str) -> dict[str, Any]:
    return {"outcome": actions.outcome_behind(desk.case, key.partition(".")[0])}


def _restrict_meanwhile(do: Doing) -> str:
    with translation.override(do.desk.case.language):  # it stands in the confirmation to the person
        said = _("The use of the data is restricted while we check whether it is accurate.")
    case_rights.add(**do.who, right=Right.RESTRICTION.value, said=said)
    return _("Restriction is added to the case. Decide on it first, so that it holds while the rest is examined.")


def _lift(do: Doing) -> str:
    system = System.objects.filter(key=do.key).first()
    if system is None:
        raise Http404
    actions.announce_lifting(**do.who, system=system, from_on=do.data["from_on"], reasons=do.data["reasons"])
    return _("The letter is being made. Send it before the restriction is lifted in %(system)s.") % {"system": system}


def _refer(do: Doing) -> str:
    made = referrals.ask(**do.who, question=do.data["question"], items=[_item(value) for value in do.data["record"]])
    if not made.items:
        return _("The question is sent to legal. Legal sees the question, and none of the gathered data.")
    said = ngettext(
        "The question is sent to legal with %(n)d record. Legal sees nothing else of the gathered data.",
        "The question is sent to legal with %(n)d records. Legal sees nothing else of the gathered data.",
        made.items,
    )
    return said % {"n": made.items}


def _item(value: str) -> Item:
    """``system/category/record`` as the data page sends it; a record's key may hold anything."""
    parts = value.split("/", 2)
    if len(parts) != 3:
        raise ValidationError(_("What you chose is no longer there. Look at the page again; nothing was sent."))
    return {"system": parts[0], "category": parts[1], "record": parts[2]}


def _asked(do: Doing) -> Referral:
    number = int(do.key) if do.key.isdecimal() and len(do.key) < 6 else 0
    found = next((row for row in do.desk.case.referrals.all() if referrals.number_of(row) == number), None)
    if found is None:
        raise Http404
    return found


def _withdraw_question(do: Doing) -> str:
    asked = _asked(do)
    referrals.withdraw(actor=do.desk.actor, referral=asked)
    return _("The answer is noted.") if asked.answered_at else _("The question is taken back.")


ACTIONS: dict[str, CaseAction] = {
    "decide": CaseAction(forms.DecisionForm, _decide, "decisions", _decision_options),
    "decide-again": CaseAction(NothingForm, _decide_again, "decisions"),
    "report": CaseAction(NothingForm, _report, "tasks", _report_options),
    "restrict-meanwhile": CaseAction(NothingForm, _restrict_meanwhile, "decisions"),
    "search-first": CaseAction(NothingForm, _search_first, "systems"),
    "dry-run": CaseAction(NothingForm, _dry_run, "decisions"),
    "retry-change": CaseAction(NothingForm, _retry_change, "tasks"),
    "lift": CaseAction(forms.LiftForm, _lift, "tasks"),
    "refer": CaseAction(forms.ReferForm, _refer, "referrals"),
    "withdraw-question": CaseAction(NothingForm, _withdraw_question, "referrals"),
}
"""What can be done, by the word in the address."""
