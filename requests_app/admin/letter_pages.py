"""The letters' wording: which there are, an edit page with the letter beside it, and what earlier versions changed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.admin.forms import StyledForm, style
from requests_app.documents.pdf import PdfUnavailable
from requests_app.documents.wordings import KEYS, MAX_TEXT, elements_of
from requests_app.services import access, letter_wording, letter_words, words
from requests_app.services.audit import Actor
from requests_app.web.forms import add_service_error
from requests_app.web.responses import framed, inline_pdf

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from requests_app.documents.values import Lang
    from requests_app.documents.wordings import Passage

LANGUAGES = {"sv": gettext_lazy("Swedish"), "en": gettext_lazy("English")}


class WordingForm(StyledForm):
    """One text area for each passage; ``seen`` is the version the page showed, ``variant`` the made-up letter to preview."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    variant = forms.TypedChoiceField(
        label=gettext_lazy("Show the letter as"), coerce=int, required=False, empty_value=0
    )

    def __init__(self, key: str, lang: Lang, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.key, self.lang = key, lang
        self.passages = letter_wording.shipped(key, lang)
        self.fields["variant"].choices = list(enumerate(letter_wording.variants(key, lang)))  # type: ignore[attr-defined]
        for passage in self.passages:
            # an empty passage is for the service to refuse, in a sentence of its own
            widget = forms.Textarea(attrs={"rows": 2 + len(passage.text) // 70, "lang": lang, "maxlength": MAX_TEXT})
            label = letter_words.PASSAGES[passage.name]
            self.fields[passage.name] = forms.CharField(label=label, required=False, strip=False, widget=widget)
            style(self.fields[passage.name].widget)

    def wording(self) -> dict[str, str]:
        """The texts by passage."""
        return {passage.name: self.cleaned_data[passage.name] for passage in self.passages}

    def rows(self) -> list[Row]:
        """The passages as the page shows them."""
        elements, examples = elements_of(self.key), letter_wording.examples(self.key, self.lang)
        return [
            Row(
                passage,
                self[passage.name],
                str(letter_words.SAYS[passage.states]) if passage.states in elements else "",
                elements.get(passage.states, ""),
                tuple(
                    Filled(f"{{{name}}}", str(letter_words.PLACEHOLDERS[name]), examples[name], name in elements)
                    for name in passage.placeholders
                ),
            )
            for passage in self.passages
        ]


@dataclass(frozen=True, slots=True)
class Filled:
    """A placeholder, what it stands for, an example, and whether the law wants it to stay."""

    name: str
    meaning: str
    example: str
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A passage on the page: its field, what it must say and by which rule, and what it can be filled in with."""

    passage: Passage
    field: forms.BoundField
    must: str
    source: str
    filled: tuple[Filled, ...]

    @property
    def changed(self) -> bool:
        """Whether it reads otherwise than we ship it."""
        return letter_wording.differs(self.passage, str(self.field.value() or ""))


def _allowed(request: HttpRequest, verb: str) -> None:
    if not access.may(request.user, f"{verb}_lettertemplate"):
        raise PermissionDenied


def _letter(key: str, lang: str) -> Lang:
    """The language of a letter that there is."""
    if key not in KEYS or lang not in LANGUAGES:
        raise Http404
    return "en" if lang == "en" else "sv"


def title_of(key: str, lang: str) -> str:
    """``Bekräftelse, svenska``."""
    return f"{words.word(words.DOCUMENTS, key)}, {str(LANGUAGES[lang]).lower()}"


@require_GET
def letters(request: HttpRequest) -> HttpResponseBase:
    """All letters in both languages, and whose wording holds."""
    _allowed(request, "view")
    newest = letter_wording.newest_by_letter()
    rows = [
        (
            key,
            words.word(words.DOCUMENTS, key),
            [
                (code, name, template, letter_wording.set_aside(template))
                for code, name in LANGUAGES.items()
                for template in [newest.get((key, code))]
            ],
        )
        for key in KEYS
    ]
    context = {**admin.site.each_context(request), "title": _("Wording of the letters"), "rows": rows}
    return TemplateResponse(request, "admin/hemdsr/letters.html", context)


@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, key: str, lang: str) -> HttpResponseBase:
    """The passages of one letter to change, the letter beside them, and the history."""
    language = _letter(key, lang)
    _allowed(request, "add" if request.method == "POST" else "view")
    if request.method == "POST":
        form = WordingForm(key, language, request.POST)
        if (back := request.POST.get("back", "")) and back in form.fields:
            return _page(request, _taken_back(form, request, back))
        if form.is_valid() and _save(request, form):
            return redirect("admin:letter", key, lang)
        return _page(request, form, status=422)
    template = letter_wording.current(key, lang)
    initial = {**letter_wording.texts(key, language), "seen": template.version if template else 0}
    return _page(request, WordingForm(key, language, initial=initial))


def _taken_back(form: WordingForm, request: HttpRequest, name: str) -> WordingForm:
    """What was typed, with one passage as we ship it; nothing is saved."""
    typed = request.POST.dict()
    typed[name] = next(passage.text for passage in form.passages if passage.name == name)
    return WordingForm(form.key, form.lang, initial=typed)


def _save(request: HttpRequest, form: WordingForm) -> bool:
    before = letter_wording.current(form.key, form.lang)
    try:
        made = letter_wording.change(
            actor=Actor.staff(request.user),  # type: ignore[arg-type]
            key=form.key,
            lang=form.lang,
            wording=form.wording(),
            seen=form.cleaned_data["seen"],
        )
    except ValidationError as error:
        add_service_error(form, error)
        if isinstance(error, letter_wording.Overtaken):  # the next save is made in sight of the history
            form.data = {**form.data.dict(), "seen": before.version if before else 0}
        return False
    if made == before:
        messages.info(request, _("Nothing was changed."))
    else:
        said = _("Version %(version)d holds from now on. Letters already asked for keep the wording they had.")
        messages.success(request, said % {"version": made.version if made else 0})
    return True


def _page(request: HttpRequest, form: WordingForm, status: int = 200) -> HttpResponseBase:
    if status == 422:
        form.focus_first_error()
    context = {
        **admin.site.each_context(request),
        "title": title_of(form.key, form.lang),
        "form": form,
        "rows": form.rows(),
        "key": form.key,
        "lang": form.lang,
        "other": next(code for code in LANGUAGES if code != form.lang),
        "typed": request.method == "POST",
        "may_change": access.may(request.user, "add_lettertemplate"),
        "history": [
            (version.template, [(letter_words.PASSAGES.get(name, name), parts) for name, parts in version.changes])
            for version in letter_wording.history(form.key, form.lang)
        ],
    }
    return TemplateResponse(request, "admin/hemdsr/letter.html", context, status=status)


@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, key: str, lang: str) -> HttpResponseBase:
    """The letter as PDF, to stand in the frame beside the passages: as typed (POST), or as it reads now (GET). Saves nothing."""
    language = _letter(key, lang)
    _allowed(request, "view")
    wording, variant = letter_wording.texts(key, language), 0
    if request.method == "POST":
        form = WordingForm(key, language, request.POST)
        form.full_clean()
        wording, variant = form.wording(), form.cleaned_data.get("variant") or 0
    try:
        pdf = letter_wording.preview_pdf(key, language, wording, variant)
    except ValidationError as error:
        named = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        faults = [(letter_words.PASSAGES.get(name, ""), said) for name, said in named.items()]
        return _no_preview(request, faults)
    except PdfUnavailable:
        return _no_preview(request, [("", [_("This server cannot make PDFs at the moment.")])], status=503)
    return inline_pdf(io.BytesIO(pdf), f"{key}-{lang}.pdf", size=len(pdf))


def _no_preview(request: HttpRequest, faults: list[tuple[Any, list[str]]], status: int = 422) -> HttpResponseBase:
    context = {"faults": faults}
    return framed(TemplateResponse(request, "admin/hemdsr/letter_no_preview.html", context, status=status).render())
