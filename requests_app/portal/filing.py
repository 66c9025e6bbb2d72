"""Filing a request: what, about what, who and how, check and send. One thing a page; what was written is kept at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from requests_app.domain.channels import Capacity
from requests_app.domain.rights import Channel, Right
from requests_app.portal import drafts, session
from requests_app.portal.choices import title_of
from requests_app.portal.contact_form import ContactForm
from requests_app.portal.drafts import Draft
from requests_app.portal.filing_forms import CAPACITIES, SELF, DetailsForm, PersonForm, WhatForm, WhomForm
from requests_app.portal.notice_address import ask_at_filing
from requests_app.portal.pages import for_visitors, language, page, to_login
from requests_app.portal.request_words import about, acts, areas, request_of, texts_of
from requests_app.services import access, draft_files, intake, throttle
from requests_app.services.audit import PERSON

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Case
    from requests_app.portal.forms import PageForm
    from requests_app.portal.session import Visitor

STEPS = ("what", "whom", "person", "details", "contact", "check")
CHANGE = "andra"
"""In the address of a step that was opened from the last page, to which it leads back."""
NOTHING_TO_SAY = {Right.CONSENT_WITHDRAWAL.value}
"""Rights of which nothing is asked."""


def steps_of(draft: Draft) -> list[str]:
    """The pages of this request: the person only when somebody acts for one, the details only when there is something to say."""
    skipped = set() if acts(draft) else {"person"}
    rights = set(draft.answers.get("rights") or [])
    if rights and rights <= NOTHING_TO_SAY:
        skipped.add("details")
    return [step for step in STEPS if step not in skipped]


def form_of(step: str, visitor: Visitor, draft: Draft, data: Any = None, files: Any = None) -> PageForm:
    """The form of a step: with what was posted, or with what is known."""
    answers = draft.answers
    address = visitor.subject if visitor.login.by_email else ""
    if step == "what":
        return WhatForm(data, initial=answers)
    if step == "whom":
        return WhomForm(data, initial={"whom": SELF} | answers)
    if step == "person":
        return PersonForm(data, files, initial=answers, own_number=visitor.personnummer, own_email=address)
    if step == "details":
        rights = answers.get("rights") or []
        return DetailsForm(data, files, initial=answers, rights=rights, areas=areas(), about=about(draft))
    way = "post" if visitor.login.by_email and acts(draft) else "portal"
    known = {"name": visitor.name, "answer_language": language(), "delivery": way}
    return ContactForm(
        data,
        initial=known | answers,
        acting=acts(draft),
        by_email=bool(address),
        person_email=answers.get("person_email", "") if acts(draft) else "",
    )


def unfinished(visitor: Visitor, draft: Draft) -> str:
    """The first step whose answers are not complete; the last one when all are."""
    for step in steps_of(draft)[:-1]:
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
        self.draft = drafts.draft_of(visitor)
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
            draft = drafts.draft_of(was) or Draft()
            self.keep(request, was, draft, form_of(self.step, was, draft, request.POST, request.FILES))
        return to_login(request, reason="inaktiv", then=here)

    @classmethod
    def owner(cls, draft: Draft) -> str:
        """What files of this page are held for."""
        return draft.proofs if cls.step == "person" else draft.id

    @classmethod
    def keep(cls, request: HttpRequest, visitor: Visitor, draft: Draft, form: PageForm) -> bool:
        """Keep what was filled in, right or not, and the files; gives whether it is right."""
        valid = form.is_valid()
        draft.answers |= form.typed()
        drafts.keep_draft(visitor, draft)
        taken = drafts.take_files(request, form, visitor, cls.owner(draft))
        return valid and taken

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, with what is known."""
        steps, reached = steps_of(self.draft), unfinished(self.visitor, self.draft)
        if self.step not in steps or steps.index(reached) < steps.index(self.step):
            return redirect(f"portal:{reached}")
        return self.show(form_of(self.step, self.visitor, self.draft))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the answers and go on, or say what is missing. A file is added or taken away without anything being missing yet."""
        form = form_of(self.step, self.visitor, self.draft, request.POST, request.FILES)
        right = self.keep(request, self.visitor, self.draft, form)
        if unwanted := request.POST.get("remove"):
            draft_files.remove(self.owner(self.draft), unwanted)
        if (unwanted or "add" in request.POST) and not form.has_error("files"):
            query = f"?{CHANGE}" if CHANGE in request.GET else ""
            return redirect(reverse(f"portal:{self.step}") + query + "#files")
        if not right:
            return self.show(form)
        steps = steps_of(self.draft)
        if CHANGE in request.GET:
            return redirect(f"portal:{unfinished(self.visitor, self.draft)}")
        return redirect(f"portal:{steps[steps.index(self.step) + 1]}")

    def show(self, form: PageForm, **context: Any) -> HttpResponse:
        """The page of this step."""
        steps = steps_of(self.draft)
        number = steps.index(self.step) + 1
        return page(
            self.request,
            f"portal/{self.step}.html",
            visitor=self.visitor,
            form=form,
            draft=self.draft,
            attached=draft_files.attached(self.owner(self.draft)) if "files" in form.fields else [],
            number=number,
            steps=len(steps),
            back=reverse(f"portal:{steps[number - 2]}") if number > 1 else reverse("portal:start"),
            **context,
        )


class What(Step):
    """What the person wants."""

    step = "what"


class Whom(Step):
    """Whom it is about."""

    step = "whom"


class Person(Step):
    """The person somebody acts for, and why one may."""

    step = "person"


class Details(Step):
    """What it is about."""

    step = "details"


class ContactStep(Step):
    """Who asks and how the answer should come."""

    step = "contact"


MOST_AN_HOUR = 20
"""Requests that one login may send in an hour."""


class Check(Step):
    """Everything at a glance, and the button that sends it."""

    step = "check"

    def get(self, request: HttpRequest, errors: list[str] | None = None) -> HttpResponse:
        """What will be sent."""
        reached = unfinished(self.visitor, self.draft)
        if reached != self.step:
            return redirect(f"portal:{reached}")
        draft, answers = self.draft, self.draft.answers
        contact = form_of("contact", self.visitor, draft)
        chosen = {name: dict(contact.fields[name].choices)[answers[name]] for name in ("answer_language", "delivery")}
        return self.show(
            contact,
            rights=[(title_of(right, about(draft)), text) for right, text in texts_of(draft, language()).items()],
            says="details" in steps_of(draft),
            files=draft_files.attached(draft.id),
            acting=CAPACITIES[Capacity(answers["capacity"])] if acts(draft) else "",
            proofs=draft_files.attached(draft.proofs),
            answers=answers,
            chosen=chosen,
            problems=errors or [],
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send. The same draft sent twice is one case."""
        if unfinished(self.visitor, self.draft) != self.step:
            return self.get(request)
        if throttle.hit(
            "portal-file", f"{self.visitor.issuer} {self.visitor.subject}", limit=MOST_AN_HOUR, seconds=3600
        ):
            return self.get(
                request, [_("You have sent many requests in a short time. Nothing is lost: send this one in an hour.")]
            )
        try:
            opened = intake.open_case(actor=PERSON, request=request_of(self.visitor, self.draft))
        except ValidationError as error:
            return self.get(request, error.messages)
        drafts.drop_draft(self.visitor, self.draft)
        if opened.new:
            ask_at_filing(request, opened.case)
        return redirect("portal:receipt", ref=opened.case.ref)


@require_POST
@for_visitors
def discard(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Throw away what was written."""
    drafts.drop_draft(visitor, drafts.draft_of(visitor))
    return redirect("portal:start")
