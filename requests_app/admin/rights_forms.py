"""Forms about the rights of a case: the decision, the report of a task, a question to legal. What is right the services say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_app.admin.forms import StyledForm
from requests_app.domain.rights import BY_TASK, GROUNDS, Ground, Outcome, Right
from requests_app.models import System
from requests_app.services import actions, words
from requests_app.web.forms import DayField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY = ("", "---------")


def _long(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class DecisionForm(StyledForm):
    """A decision on one right: only outcomes and grounds that apply to it. A field that cannot matter is not there."""

    outcome = forms.ChoiceField(label=_("Outcome"), required=False)
    ground = forms.ChoiceField(
        label=_("Ground"), required=False, help_text=_("Only for a refusal, whole or in part. The letter names it.")
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        widget=_long(),
        required=False,
        help_text=_("Needed for a refusal, whole or in part. They stand in the letter."),
    )

    def __init__(
        self,
        *args: Any,
        right: str = Right.ACCESS.value,
        outcomes: Iterable[Outcome] = (),
        masked: Sequence[str] = (),
        systems: Iterable[System] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        offered = list(outcomes)
        self._choose("outcome", [(item.value, words.OUTCOMES[item]) for item in words.OUTCOMES if item in offered])
        grounds = GROUNDS.get(Right(right), frozenset())
        kept = [item for item in Ground if item in grounds]
        first = [item for item in kept if item.value in masked]
        order = [*first, *(item for item in kept if item not in first)]
        self._choose("ground", [(item.value, words.GROUNDS[item]) for item in order])
        if not grounds:
            del self.fields["ground"], self.fields["reasons"]
        elif right == Right.RESTRICTION.value:
            self.fields["reasons"].help_text = _(
                "When it is granted: which condition of Article 18(1) is met (accuracy contested, unlawful use, needed for legal "
                "claims, objection under way). When it is refused: why. It stands in the letter."
            )
        if masked:
            self.fields["outcome"].help_text = _(
                "Something is masked, so it can be granted in part at most. The ground is that of the masks."
            )
        if right in {item.value for item in BY_TASK}:
            self.fields["systems"] = forms.ModelMultipleChoiceField(
                label=_("To be carried out in"),
                queryset=System.objects.filter(active=True).order_by("position", "key"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=[system.pk for system in systems],
            )

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = [EMPTY, *choices]  # type: ignore[attr-defined]


class ReportForm(StyledForm):
    """What was done in a system. ``verb`` says which kind of task the form reports, ``outcome`` what was decided."""

    verb = ""
    of_kept: ClassVar[tuple[str, ...]] = ()
    """Fields that are asked for only where something may be left as it was."""
    result = forms.ChoiceField(label=_("What was done?"), required=False)

    def __init__(self, *args: Any, outcome: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        offered, field = actions.results_of(self.verb, outcome), self.fields["result"]
        field.choices = [  # type: ignore[attr-defined]
            EMPTY,
            *((code, word) for code, word in words.ACTION_RESULTS.items() if code in offered),
        ]
        if not actions.KEPT & set(offered):
            field.error_messages["invalid_choice"] = actions.why_not(self.verb)
            if self.of_kept:
                field.help_text = actions.why_not(self.verb)
            for name in self.of_kept:
                del self.fields[name]


def _short(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=actions.MAX_NOTE, help_text=help_text)


def _text(label: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=_long(2), required=False, max_length=actions.MAX_NOTE)


_WHICH = _("Which data, as the person should read it")


class EraseReportForm(ReportForm):
    """What was done about erasure in a system."""

    verb = "erase"
    of_kept = ("provision", "reasons", "until")
    what = _short(_WHICH)
    provision = _short(_("If data is kept: which law, beside the ground of the decision"))
    reasons = _text(_("If data is kept: why"))
    until = _short(_("If data is kept: until when"))


class RectifyReportForm(ReportForm):
    """What was done about rectification in a system."""

    verb = "rectify"
    of_kept = ("reasons", "provision")
    field = _short(_("Which detail"))
    old = _short(_("It was"))
    new = _short(_("It is now"))
    reasons = _text(_("If it was not changed: why"))
    provision = _short(_("If it was not changed: which law, beside the ground of the decision"))


class RestrictReportForm(ReportForm):
    """What was done about restriction in a system."""

    verb = "restrict"
    of_kept = ("reasons", "provision")
    what = _short(_WHICH)
    reasons = _text(_("If the use is not restricted: why"))
    provision = _short(_("If the use is not restricted: legal ground, when it is another than Article 18(1)"))


class ObjectReportForm(ReportForm):
    """What was stopped after an objection in a system."""

    verb = "object"
    of_kept = ("interest", "weighing", "provision")
    what = _short(_("Which use has stopped or goes on, as the person should read it"))
    interest = _text(_("If it goes on: which interest weighs more"))
    weighing = _text(_("If it goes on: how it was weighed against the person's interests"))
    provision = _short(_("If it goes on: legal ground, when it is another than Article 21(1)"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "interest" not in self.fields:
            self.fields["what"].label = _("Which use has stopped, as the person should read it")


class StopMarketingReportForm(ReportForm):
    """That direct marketing has stopped in a system. Nothing of it goes on."""

    verb = actions.STOP_MARKETING
    what = _short(_("Which advertising has stopped, as the person should read it"))
    suppressed = _short(
        _("What was put on the suppression list, if anything"),
        _("Such as the e-mail address, so that no more is sent to it."),
    )


REPORT_FORMS: dict[str, type[ReportForm]] = {
    form.verb: form
    for form in (EraseReportForm, RectifyReportForm, RestrictReportForm, ObjectReportForm, StopMarketingReportForm)
}
"""The form of a report, by what the task asks for."""


class LiftForm(StyledForm):
    """A restriction is to be lifted, and the person is warned first."""

    from_on = DayField(label=_("It is lifted from"))
    reasons = forms.CharField(
        label=_("Why it is lifted"),
        widget=_long(),
        required=False,
        help_text=_("The reasons stand in the letter to the person."),
    )


class ReferForm(StyledForm):
    """A question to legal, with the records that were ticked. Each is ``system/category/record``."""

    question = forms.CharField(label=_("What do you want to know?"), widget=_long(), required=False)
    record = forms.MultipleChoiceField(required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        sent = self.data.getlist(self.add_prefix("record")) if self.is_bound else []  # type: ignore[union-attr]
        self.fields["record"].choices = [(value, value) for value in sent]  # type: ignore[attr-defined]
