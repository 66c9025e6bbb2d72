"""Filing a request: what, about what, who and how, check and send. One thing a page; what was written is kept at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel, Right
from requests_app.portal import session
from requests_app.portal.forms import CHOICES, ContactForm, DetailsForm, PageForm, WhatForm
from requests_app.portal.pages import for_visitors, language, page, to_login
from requests_app.portal.session import Draft, Visitor
from requests_app.services import access, intake
from requests_app.services.audit import PERSON
from requests_app.services.people import Contact

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Case

STEPS = ("what", "details", "contact", "check")
CHANGE = "andra"
"""In the address of a step that was opened from the last page, to which it leads back."""


def form_of(step: str, visitor: Visitor, draft: Draft, data: Any = None) -> PageForm:
    """The form of a step: with what was posted, or with what is known."""
    if step == "what":
        return WhatForm(data, initial=draft.answers)
    if step == "details":
        return DetailsForm(data, initial=draft.answers, rights=draft.answers.get("rights", []))
    known = {"name": visitor.name, "answer_language": language(), "delivery": "portal"}
    return ContactForm(data, initial=known | draft.answers)


def unfinished(visitor: Visitor, draft: Draft) -> str:
    """The first step whose answers are not complete; the last one when all are."""
    for step in STEPS[:-1]:
        if not form_of(step, visitor, draft, draft.answers).is_valid():
            return step
    return STEPS[-1]


def sent_before(visitor: Visitor, draft_id: str) -> Case | None:
    """The case that this draft became, if it was sent."""
    mine = access.cases_of_login(visitor.login.macs())
    return mine.filter(intake_items__channel=Channel.PORTAL.value, intake_items__external_key=draft_id).first()


class Step(View):
    """One page of the filing."""

    step: ClassVar[str]
    http_method_names = ("get", "post", "head", "options")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Only for who is logged in. What somebody posts after being idle for too long is kept before the login ends."""
        visitor = session.visitor_of(request)
        if visitor is None:
            return self._idle(request, session.end_idle(request))
        self.visitor = visitor
        self.draft = session.draft_of(request, visitor)
        posted = request.POST.get("draft", "").replace("\x00", "")
        if posted and (self.draft is None or self.draft.id != posted):
            case = sent_before(visitor, posted)
            if case is not None:
                return redirect(f"{reverse('portal:case', args=[case.ref])}?skickad")
        if self.draft is None and self.step != STEPS[0]:
            return redirect("portal:what")
        self.draft = self.draft or Draft()
        return super().dispatch(request, *args, **kwargs)

    def _idle(self, request: HttpRequest, was: Visitor | None) -> HttpResponse:
        here = reverse(f"portal:{self.step}")
        if was is None:
            return to_login(request, reason="utloggad" if request.method == "POST" else "", then=here)
        if request.method == "POST" and self.step != STEPS[-1]:
            draft = session.draft_of(request, was) or Draft()
            self.keep(request, was, draft, form_of(self.step, was, draft, request.POST))
        return to_login(request, reason="inaktiv", then=here)

    @staticmethod
    def keep(request: HttpRequest, visitor: Visitor, draft: Draft, form: PageForm) -> bool:
        """Keep what was filled in, right or not; gives whether it is right."""
        valid = form.is_valid()
        draft.answers |= form.typed()
        session.keep_draft(request, visitor, draft)
        return valid

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, with what is known."""
        reached = unfinished(self.visitor, self.draft)
        if STEPS.index(reached) < STEPS.index(self.step):
            return redirect(f"portal:{reached}")
        return self.show(form_of(self.step, self.visitor, self.draft))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the answers and go on, or say what is missing."""
        form = form_of(self.step, self.visitor, self.draft, request.POST)
        if not self.keep(request, self.visitor, self.draft, form):
            return self.show(form)
        if CHANGE in request.GET:
            return redirect(f"portal:{unfinished(self.visitor, self.draft)}")
        return redirect(f"portal:{STEPS[STEPS.index(self.step) + 1]}")

    def show(self, form: PageForm, **context: Any) -> HttpResponse:
        """The page of this step."""
        number = STEPS.index(self.step) + 1
        return page(
            self.request,
            f"portal/{self.step}.html",
            visitor=self.visitor,
            form=form,
            draft=self.draft,
            number=number,
            steps=len(STEPS),
            back=reverse(f"portal:{STEPS[number - 2]}") if number > 1 else reverse("portal:start"),
            **context,
        )


class What(Step):
    """What the person wants."""

    step = "what"


class Details(Step):
    """What it is about."""

    step = "details"


class ContactStep(Step):
    """Who asks and how the answer should come."""

    step = "contact"


class Check(Step):
    """Everything at a glance, and the button that sends it."""

    step = "check"

    def get(self, request: HttpRequest, errors: list[str] | None = None) -> HttpResponse:
        """What will be sent."""
        reached = unfinished(self.visitor, self.draft)
        if reached != self.step:
            return redirect(f"portal:{reached}")
        answers = self.draft.answers
        rights = [(CHOICES[Right(right)][0], text) for right, text in texts_of(self.draft, language()).items()]
        contact = form_of("contact", self.visitor, self.draft)
        chosen = {name: dict(contact.fields[name].choices)[answers[name]] for name in ("answer_language", "delivery")}
        return self.show(contact, rights=rights, answers=answers, chosen=chosen, problems=errors or [])

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send. The same draft sent twice is one case."""
        if unfinished(self.visitor, self.draft) != self.step:
            return self.get(request)
        try:
            opened = intake.open_case(actor=PERSON, request=request_of(self.visitor, self.draft))
        except ValidationError as error:
            return self.get(request, error.messages)
        session.drop_draft(request)
        return redirect("portal:receipt", ref=opened.case.ref)


def texts_of(draft: Draft, lang: str) -> dict[str, str]:
    """Each chosen right with what the person wrote about it, as one text."""
    answers = draft.answers
    with translation.override(lang):
        parts = {
            Right.ACCESS: [("", answers.get("access_about", ""))],
            Right.RECTIFICATION: [
                (_("Wrong: %(text)s"), answers.get("rectify_what", "")),
                (_("Right: %(text)s"), answers.get("rectify_right", "")),
                (_("Seen: %(text)s"), answers.get("rectify_where", "")),
            ],
            Right.ERASURE: [
                (
                    "",
                    answers.get("erase_what", "")
                    if answers.get("erase_scope") == "some"
                    else _("Everything that can be deleted."),
                )
            ],
        }
        return {
            right.value: "\n\n".join((label or "%(text)s") % {"text": text} for label, text in parts[right] if text)
            for right in CHOICES
            if right.value in answers["rights"]
        }


def request_of(visitor: Visitor, draft: Draft) -> intake.Request:
    """The request as intake takes it. The number vouched for by the login is sure, what was typed is not."""
    answers = draft.answers
    identifiers = [
        (IdentifierKind.PERSONNUMMER, visitor.personnummer, "login"),
        (IdentifierKind.EMAIL, answers["email"], "request"),
        (IdentifierKind.PHONE, answers["phone"], "request"),
    ]
    return intake.Request(
        channel=Channel.PORTAL,
        rights=texts_of(draft, answers["answer_language"]),
        received_at=timezone.now(),
        name=answers["name"],
        contact=Contact(email=answers["email"], phone=answers["phone"]),
        identifiers=tuple(item for item in identifiers if item[1]),
        language=answers["answer_language"],
        delivery_wish=answers["delivery"],
        external_key=draft.id,
        login=visitor.login,
        login_level=visitor.level,
    )


@require_POST
@for_visitors
def discard(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Throw away what was written."""
    session.drop_draft(request)
    return redirect("portal:start")
