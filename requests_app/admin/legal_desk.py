"""Legal's desk: everything that waits for legal, each a click away, and the questions with exactly the records they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.admin.approvals import row_of
from requests_app.admin.data_texts import clean, said_when
from requests_app.admin.due import due
from requests_app.admin.forms import StyledForm
from requests_app.admin.waiting import waited
from requests_app.domain.states import State
from requests_app.models import Breach, Referral, System
from requests_app.services import access, decisions, referrals, register
from requests_app.services.audit import Actor
from requests_app.services.keys import KeyDestroyed, Vault
from requests_app.services.next_step import facts_for
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Case, User
    from requests_app.services.referrals import ReferredRecord

SHOWN = 100
"""Cases in review whose statements are counted; more than a person has at once."""


class AnswerForm(StyledForm):
    """Legal's answer to a question."""

    answer = forms.CharField(
        label=gettext_lazy("Your answer"), required=False, widget=forms.Textarea(attrs={"rows": 5})
    )


def _legal(request: HttpRequest) -> User:
    if not access.may(request.user, "approve_decision"):
        raise PermissionDenied
    return cast("User", request.user)


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for legal: approvals, questions, statements of the register, overdue cases, breaches."""
    user = _legal(request)
    overseen = access.cases_overseen_by(user)
    confirms = access.may(user, "change_processingitem")
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Legal"),
        "waiting": [row_of(approval) for approval in decisions.approvals_for(user)],
        "questions": [
            _question_row(row) for row in referrals.with_number(referrals.waiting_for(user)).order_by("asked_at")
        ],
        "confirms": confirms,
        "held_back": _held_back(overseen) if confirms else [],
        "to_confirm": _to_confirm() if confirms else 0,
        "overdue": overseen.filter(closed_at__isnull=True, due_statutory_on__lt=timezone.localdate()).count(),
        "breaches": _breaches(overseen),
    }
    return TemplateResponse(request, "admin/hemdsr/legal_desk.html", context)


def _question_row(row: Referral) -> dict[str, Any]:
    return {
        "referral": row,
        "number": row.number,  # type: ignore[attr-defined]
        "case": row.case,
        "due": due(row.case.due_statutory_on, closed=bool(row.case.closed_at)),
        "waited": waited(row.asked_at, row.escalated_at),
    }


def _held_back(overseen: Any) -> list[dict[str, Any]]:
    """Cases whose answer is held back by statements of the register that nobody has confirmed, with how many."""
    rows: list[Case] = list(
        overseen.filter(state=State.REVIEW.value).select_related("team").order_by("due_statutory_on", "id")[:SHOWN]
    )
    facts = facts_for(rows)
    return [
        {"case": case, "count": facts[case.pk].open_statements, "due": due(case.due_statutory_on)}
        for case in rows
        if facts[case.pk].open_statements
    ]


def _to_confirm() -> int:
    systems = list(System.objects.filter(active=True))
    return len(frozenset().union(*register.unconfirmed_by_system(systems).values())) if systems else 0


def _breaches(overseen: Any) -> list[Breach]:
    rows = Breach.objects.filter(case__in=overseen, verdict="").select_related("case")
    return list(rows.order_by("report_by"))


@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """One question with its records, and legal's answer. That it was read is logged; nothing else of the case is shown."""
    user = _legal(request)
    actor = Actor.staff(user)
    try:
        referral = referrals.get(user, ref, number)
    except Referral.DoesNotExist:
        raise Http404 from None
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            referrals.answer(actor=actor, referral=referral, answer=form.cleaned_data["answer"])
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Your answer in %(diary_no)s is sent.") % {"diary_no": referral.case.diary_no})
            return redirect("admin:legal_desk")
    try:
        opened = referrals.opened(actor=actor, referral=referral)
        answered = referrals.answer_of(Vault(referral.case), referral)
    except KeyDestroyed:
        raise Http404 from None
    case = referral.case
    context = {
        **admin.site.each_context(request),
        "title": case.diary_no,
        "case": case,
        "referral": referral,
        "due": due(case.due_statutory_on, closed=bool(case.closed_at)),
        "waited": waited(referral.asked_at, referral.escalated_at),
        "question": clean(opened.question),
        "records": [_record(record) for record in opened.records],
        "answer": answered,
        "form": None if answered else form,
    }
    return TemplateResponse(request, "admin/hemdsr/question.html", context, status=422 if form.errors else 200)


def _record(record: ReferredRecord) -> dict[str, Any]:
    return {
        "system": record.system,
        "category": record.category,
        "when": said_when(record.when),
        "pairs": [(clean(name), clean(text)) for name, text in record.pairs],
    }
