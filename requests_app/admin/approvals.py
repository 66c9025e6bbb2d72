"""The second pair of eyes: what waits for approval, and exactly what is to be approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.admin.data_texts import clean, said_when
from requests_app.admin.due import due
from requests_app.admin.forms import StyledForm
from requests_app.admin.waiting import waited
from requests_app.domain.rights import Right
from requests_app.domain.states import CollectionState
from requests_app.models import Action, Approval, StoredFile
from requests_app.services import access, actions, carrying_out, decisions, delivery, words
from requests_app.services.audit import Actor
from requests_app.services.gathered import categories_of
from requests_app.services.keys import KeyDestroyed, Vault
from requests_app.services.record_words import label
from requests_app.web.forms import add_service_error
from requests_app.web.responses import download

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Case, System
    from requests_app.services.masking import ShownItem


class AnswerForm(StyledForm):
    """Approve, or give back with what should be changed."""

    note = forms.CharField(
        label=gettext_lazy("What should be changed? (when you give it back)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    """Which decision the page showed: only that one is answered."""


def _allowed(request: HttpRequest) -> None:
    if not access.may(request.user, "approve_decision"):
        raise PermissionDenied


@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits."""
    _allowed(request)
    waiting = [row_of(approval) for approval in decisions.approvals_for(request.user)]
    context = {**admin.site.each_context(request), "title": _("Approvals"), "waiting": waiting}
    return TemplateResponse(request, "admin/hemdsr/approvals.html", context)


def row_of(approval: Approval) -> dict[str, Any]:
    """An approval as lists show it: case, right, outcome, who asked, and how long it has waited."""
    case = approval.decision.case_right.case
    return {
        "approval": approval,
        "case": case,
        "right": words.right(approval.decision.case_right.right),
        "outcome": words.word(words.OUTCOMES, approval.decision.outcome),
        "due": due(case.due_statutory_on),
        "waited": waited(approval.asked_at, approval.escalated_at),
    }


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, ref: str, right: str) -> HttpResponse:
    """One decision: right, outcome, ground, reasons and what is withheld by it, nothing else of the case. That it was read is logged."""
    _allowed(request)
    approval = _waiting(request, ref, right)
    case = approval.decision.case_right.case
    actor = Actor.staff(request.user)  # type: ignore[arg-type]
    fresh = {"shown": approval.content_sha}
    form = AnswerForm(request.POST or None, initial=fresh)
    if request.method == "POST" and form.is_valid() and form.cleaned_data["shown"] not in {"", approval.content_sha}:
        messages.error(request, _("The decision was changed meanwhile. Read it again before you answer."))
        form = AnswerForm(initial=fresh)
    elif request.method == "POST" and form.is_valid():
        approved = request.POST.get("verdict") == "approve"
        try:
            decisions.answer_approval(actor=actor, approval=approval, approved=approved, note=form.cleaned_data["note"])
        except ValidationError as error:
            add_service_error(form, error)
        else:
            said = (
                _("The decision in %(diary_no)s is approved.")
                if approved
                else _("The decision in %(diary_no)s is given back.")
            )
            messages.success(request, said % {"diary_no": case.diary_no})
            return redirect("admin:approvals")
    context = {
        **admin.site.each_context(request),
        "title": case.diary_no,
        "form": form,
        **_shown(approval, case),
        "items": [_item(item) for item in decisions.view_approval(actor=actor, approval=approval)],
    }
    return TemplateResponse(request, "admin/hemdsr/approval.html", context, status=422 if form.errors else 200)


@require_GET
def file(request: HttpRequest, ref: str, right: str, file_ref: str) -> HttpResponse:
    """A withheld file of the decision, always as a download: whether it is rightly withheld shows only in it."""
    _allowed(request)
    approval = _waiting(request, ref, right)
    actor = Actor.staff(request.user)  # type: ignore[arg-type]
    try:
        opened, stored, name = delivery.withheld_file(actor=actor, approval=approval, file_ref=file_ref)
    except (StoredFile.DoesNotExist, KeyDestroyed, FileNotFoundError):
        raise Http404 from None
    return download(opened, name, size=stored.size)


def _item(item: ShownItem) -> dict[str, Any]:
    return {
        "item": item,
        "parts": [(clean(text), hidden) for text, hidden in item.parts],
        "label": clean(item.label),
        "reasons": [(words.word(words.GROUNDS, ground), clean(note)) for ground, note in item.reasons],
        "when": said_when(item.when),
    }


def _waiting(request: HttpRequest, ref: str, right: str) -> Approval:
    for approval in decisions.approvals_for(request.user):
        if approval.decision.case_right.case.ref == ref and approval.decision.case_right.right == right:
            return approval
    raise Http404


def _shown(approval: Approval, case: Case) -> dict[str, object]:
    decision = approval.decision
    right = decision.case_right.right
    verb = actions.VERBS.get(right, "")
    planned = Action.objects.filter(case=case, verb=verb, state=Action.ASKED).select_related("system") if verb else []
    return {
        "case": case,
        "approval": approval,
        "due": due(case.due_statutory_on),
        "waited": waited(approval.asked_at, approval.escalated_at),
        "right": words.right(right),
        "outcome": words.word(words.OUTCOMES, decision.outcome),
        "ground": words.word(words.GROUNDS, decision.ground) if decision.ground else "",
        "reasons": decisions.reasons_of(Vault(case), decision),
        "systems": [str(item.system) for item in planned],
        "by_worker": carrying_out.told_by_themselves(verb, decision.outcome, [item.system for item in planned]),
        "erased": _to_be_erased(case, [item.system for item in planned]) if right == Right.ERASURE.value else None,
    }


def _to_be_erased(case: Case, systems: list[System]) -> list[dict[str, Any]]:
    """How much each system holds of the person, by category, as far as anything was gathered: what who approves lets be erased."""
    done = case.collections.filter(current=True, system__in=systems, state=CollectionState.DONE.value)
    rows = {row.system_id: row for row in done.select_related("system", "system_version")}
    return [
        {
            "system": str(system),
            "gathered": system.pk in rows,
            "categories": [
                {"name": label(item.spec), "count": item.count}
                for item in (categories_of(rows[system.pk]) if system.pk in rows else ())
            ],
        }
        for system in systems
    ]
