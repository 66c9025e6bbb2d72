"""Choices about marketing: what a person has to carry out, and writing down what somebody said by telephone, at a visit or in a letter."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from requests_app.admin.forms import FirstChoice, StyledForm
from requests_app.domain.channels import ChoiceSource, Exact, MarketingKind, TaskState
from requests_app.models import MarketingTask
from requests_app.services import access, marketing, people
from requests_app.services.audit import Actor, unit
from requests_app.services.marketing import words
from requests_app.services.moves import Conflict
from requests_app.templatetags import dsr
from requests_app.web.forms import ClockField, DayField, add_service_error, swedish_moment

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import MarketingChoice, User

SHOWN = 100
"""Choices to carry out on the page, the oldest first."""
DONE_SHOWN = 50
BY_HAND = (ChoiceSource.PHONE, ChoiceSource.VISIT, ChoiceSource.LETTER)


def _entry(choice: MarketingChoice, automatic: set[int]) -> dict[str, Any]:
    """One choice with the systems in which a person has to carry it out."""
    address = marketing.address_of(choice)
    return {
        "choice": choice,
        "address": people.shown_phone(address) if choice.phone_enc is not None else address,
        "kind": words.KINDS[choice.kind],
        "asked": words.said(choice) if choice.kind == MarketingKind.GIVEN.value else "",
        "source": words.SOURCES[choice.source],
        "day_only": choice.exact == Exact.DAY.value,
        "note": marketing.note_of(choice),
        "tasks": [(task, marketing.fault_of(task), task.pk in automatic) for task in choice.tasks.all()],
    }


def _done(task: MarketingTask) -> dict[str, Any]:
    return {
        "task": task,
        "kind": words.KINDS[task.choice.kind],
        "how": words.STATUSES.get(task.evidence.get("status"), ""),
    }


@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """What needs a person, and what was done last. That addresses were shown is logged."""
    if not access.works(request.user):
        raise PermissionDenied
    waiting = marketing.waiting_choices()
    shown = list(waiting[:SHOWN])
    automatic = marketing.automatic(task for choice in shown for task in choice.tasks.all())
    entries = [_entry(choice, automatic) for choice in shown]
    if entries:
        with unit(Actor.staff(request.user)) as work:
            work.event("marketing.listed", rows=len(entries))
    under_way = MarketingTask.objects.filter(state__in=[TaskState.PENDING.value, TaskState.RUNNING.value])
    context = {
        **admin.site.each_context(request),
        "title": _("Choices about marketing"),
        "open": entries,
        "count": waiting.count(),
        "under_way": under_way.count(),
        "done": [_done(task) for task in marketing.history()[:DONE_SHOWN]],
    }
    return TemplateResponse(request, "admin/hemdsr/marketing.html", context)


@require_POST
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One open task: done by hand, or tried again."""
    if not access.works(request.user):
        raise PermissionDenied
    found = MarketingTask.objects.select_related("choice", "system").filter(pk=pk).first()
    if found is None:
        raise Http404
    actor = Actor.staff(request.user)
    try:
        if request.POST.get("do") == "retry":
            marketing.retry(actor=actor, task=found)
            messages.success(request, _("%(system)s is told again.") % {"system": found.system})
        else:
            marketing.done_by_hand(actor=actor, task=found)
            messages.success(request, _("Noted as done in %(system)s.") % {"system": found.system})
    except Conflict:
        messages.warning(request, _("Somebody else has dealt with this in the meantime."))
    return redirect("admin:marketing")


def _missing(said: Any) -> dict[str, Any]:
    """What is said where nothing is chosen, or something that is not on offer."""
    return {"required": said, "invalid_choice": said}


class _Spoken(FirstChoice):
    """Choices that each have words to say beside them."""

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        """One button, described by its words."""
        option = super().create_option(name, value, *args, **options)
        option["attrs"]["aria-describedby"] = f"said-{value}"
        return option


class ChoiceForm(StyledForm):
    """What somebody said about marketing. What is right the service says."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What does the person want?"),
        widget=_Spoken,
        initial=MarketingKind.WITHDRAWN.value,
        error_messages=_missing(gettext_lazy("Choose what the person wants.")),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("Write an e-mail address, a telephone number or both."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    source = forms.ChoiceField(
        label=gettext_lazy("How did the person say it?"),
        widget=forms.RadioSelect,
        initial=ChoiceSource.PHONE.value,
        error_messages=_missing(gettext_lazy("Choose how the person said it.")),
    )
    said_on = DayField(
        label=gettext_lazy("Said on"),
        initial=timezone.localdate,
        error_messages={"required": gettext_lazy("Write the day on which the person said it.")},
    )
    said_time = ClockField(
        label=gettext_lazy("Time"),
        required=False,
        help_text=gettext_lazy("May be left empty. Without a time, a no from the same day counts before a yes."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language you spoke"),
        choices=[("sv", "Svenska"), ("en", "English")],
        initial="sv",
        error_messages=_missing(gettext_lazy("Choose the language you spoke.")),
    )
    asked = forms.BooleanField(
        label=gettext_lazy("I have asked the person this, and the answer was yes"),
        required=False,
        help_text=gettext_lazy("We must be able to show what the person agreed to (Article 7(1))."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        help_text=gettext_lazy("May be left empty."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].choices = list(words.KINDS.items())
        self.fields["source"].choices = [(item.value, words.SOURCES[item.value]) for item in BY_HAND]

    def kinds(self) -> list[tuple[Any, str, marketing.Wording]]:
        """Each choice with the words that belong to it."""
        return [
            (button, button.data["value"], marketing.WORDINGS[button.data["value"]])
            for button in self["kind"].subwidgets
        ]

    def clean(self) -> dict[str, Any]:
        """Consent rests on a question that was put; without an address there is nothing to note, and nothing is said in the future."""
        cleaned = super().clean() or {}
        if cleaned.get("kind") == MarketingKind.GIVEN.value and not cleaned.get("asked"):
            self.add_error("asked", _("Read the question to the person, and tick that the answer was yes."))
        if not (cleaned.get("email") or cleaned.get("phone")):
            self.add_error("email", _("Write an e-mail address or a telephone number."))
        day, clock, now = cleaned.get("said_on"), cleaned.get("said_time"), timezone.localtime()
        if day and day > now.date():
            self.add_error("said_on", _("This day has not come yet. Check the date."))
        elif day and clock and swedish_moment(day, clock) > now:
            self.add_error("said_time", _("It is not that late yet today. Check the time, or leave it empty."))
        return cleaned

    def note_choices(self, user: User) -> dict[str, MarketingChoice | None]:
        """Note it for each address given, all or none; gives by field the later choice that leaves it without effect, if any.

        Raises ``ValidationError`` by field.
        """
        data = self.cleaned_data
        kind, actor = MarketingKind(data["kind"]), Actor.staff(user)
        later: dict[str, MarketingChoice | None] = {}
        with unit(actor):
            for name in ("email", "phone"):
                if data[name]:
                    choice = marketing.choose(
                        actor=actor,
                        kind=kind,
                        source=ChoiceSource(data["source"]),
                        **{name: data[name]},
                        wording=marketing.wording(kind.value, data["language"]),
                        chosen_at=swedish_moment(data["said_on"], data["said_time"] or time.min),
                        exact=Exact.MINUTE if data["said_time"] else Exact.DAY,
                        note=data["note"],
                    )
                    later[name] = marketing.overtaken_by(choice, marketing.address(**{name: data[name]}))
        return later


def _overtaken(later: MarketingChoice) -> str:
    day_only = later.exact == Exact.DAY.value
    when = dsr.day(later.chosen_at) if day_only else dsr.moment(later.chosen_at)
    if later.kind == MarketingKind.GIVEN.value:
        return _("The choice is noted but changes nothing: it was overtaken by a yes from %(when)s.") % {"when": when}
    return _(
        "The choice is noted but changes nothing: it was overtaken by a no from %(when)s. "
        "Did the person say yes after that? Then note it again with the time."
    ) % {"when": when}


@require_http_methods(["GET", "POST"])
def note(request: HttpRequest) -> HttpResponse:
    """Write down a choice. Whoever registers requests may: the page says nothing of what is known about anybody."""
    if not (access.may(request.user, "register_case") or access.works(request.user)):
        raise PermissionDenied
    form = ChoiceForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            later = form.note_choices(request.user)
        except ValidationError as error:
            add_service_error(form, error, {"chosen_at": "said_on"})
        else:
            for name, choice in later.items():
                if choice is not None:
                    messages.warning(request, f"{form.fields[name].label}: {_overtaken(choice)}")
            if not all(later.values()):
                said = _(
                    "The choice is noted. Systems that we can reach are told at once, the rest is done by a person."
                )
                messages.success(request, said)
            return redirect("admin:marketing_note")
    form.focus_first_error()
    context = {
        **admin.site.each_context(request),
        "title": _("Note a choice about marketing"),
        "form": form,
        "works": access.works(request.user),
    }
    return TemplateResponse(request, "admin/hemdsr/marketing_note.html", context, status=422 if form.errors else 200)
