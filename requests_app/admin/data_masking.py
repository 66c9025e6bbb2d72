"""What is done on the page of records: masking a value, a stretch of text, records or the category, and undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from requests_app.admin.case_pages import desk_of
from requests_app.admin.data_page import (
    CHOSEN,
    EVERYWHERE,
    SCOPES,
    MaskForm,
    name_of,
    number_of_page,
    rendered,
    suggested_on,
)
from requests_app.admin.data_shapes import handle_of, path_at
from requests_app.admin.data_texts import clean, label, original_span
from requests_app.domain.masks import GROUP, Place, Scope, value_at
from requests_app.models import Mask
from requests_app.services import masking, review, suggestions, words
from requests_app.services.batches import records_of
from requests_app.services.keys import KeyDestroyed
from requests_app.services.numbers import grouped
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest, HttpResponse

    from requests_app.admin.desk import Desk
    from requests_app.domain.records import Record
    from requests_app.models import Collection
    from requests_app.services.masking import Elsewhere

MOST_KEYS = 40
"""Masks whose text is looked for elsewhere, by the address that tells of it."""


@require_POST
def act(request: HttpRequest, ref: str, system: str, category: str) -> HttpResponse:
    """Do what was asked for. What was refused is shown where it was typed, with nothing lost."""
    desk = desk_of(request, ref)
    row = desk.row(system)
    number = number_of_page(request.POST.get("page"))
    form = MaskForm(request.POST)
    doing = _Doing(desk, row, category, number, request, form)
    try:
        anchor, also = doing.done()
    except ValidationError as error:
        form.is_valid()
        add_service_error(form, error)
        for text in form.errors.get("__all__", []):
            messages.error(request, text)
        form.focus_first_error()
        return rendered(request, desk_of(request, ref), row, category, number, form)
    except KeyDestroyed:
        raise Http404 from None
    address = reverse("admin:requests_app_case_data", args=[ref, system, category])
    query = f"?page={number}" + (f"&also={also}" if also else "")
    return HttpResponseRedirect(f"{address}{query}#{anchor or 'records'}")


class _Doing:
    """One thing done on the page."""

    def __init__(
        self, desk: Desk, row: Collection, category: str, number: int, request: HttpRequest, form: MaskForm
    ) -> None:
        self._desk, self._row, self._category, self._number = desk, row, category, number
        self._request, self._post, self._form = request, request.POST, form
        self._anchor = ""

    def done(self) -> tuple[str, str]:
        """Where on the page it was done, and the masks whose text also stands elsewhere."""
        post = self._post
        if "undo" in post:
            self._undo()
        elif "also" in post:
            self._mask_elsewhere(_masks(self._desk, post["also"].split(".")))
        elif post.keys() & {"suggestion", "kind", "kind-all"}:
            return self._anchor, self._tell_elsewhere(self._accept())
        elif post.get("do") == "words":
            self._mask_words()
        else:
            also = self._tell_elsewhere(self._lay(self._places()))
            return self._anchor, also
        return self._anchor, ""

    # --- What to mask ---------------------------------------------------------------------------------------------------

    def _places(self) -> list[Place]:
        post = self._post
        if "value" in post:
            return self._value(post["value"])
        if post.get("do") == "span":
            return [self._span()]
        if post.get("do") == "category":
            return [Place(Scope.CATEGORY)]
        return [Place(Scope.RECORD, record.key) for record in self._chosen()]

    def _records(self) -> dict[str, Record]:
        found = review.page_of(self._desk.case, self._row, self._category, self._number)
        return {handle_of(record): record for record in found.records}

    def _record(self, handle: str) -> Record:
        record = self._records().get(handle)
        if record is None:
            raise _gone()
        self._anchor = f"r-{handle}"
        return record

    def _chosen(self) -> list[Record]:
        handles = [handle for part in self._post.getlist("record") for handle in part.split(",")]
        if not handles:
            raise ValidationError(_("Choose the records to mask first."))
        records = self._records()
        if not all(handle in records for handle in handles):
            raise _gone()
        self._anchor = f"r-{handles[0]}"
        return [records[handle] for handle in dict.fromkeys(handles)]

    def _path(self, record: Record, spot: str) -> str:
        path = path_at(record, spot)
        if path is None:
            raise _gone()
        return path

    def _value(self, named: str) -> list[Place]:
        """The value that was chosen; the group in all records of it, since it stands above them as one."""
        handle, _dot, spot = named.partition(".")
        record = self._record(handle)
        path = self._path(record, spot)
        if path != GROUP:
            return [Place(Scope.VALUE, record.key, path)]
        everything = records_of(self._row, self._desk.vault, self._category)
        keys = dict.fromkeys(other.key for other in everything if other.group == record.group)
        return [Place(Scope.VALUE, key, GROUP) for key in keys]

    def _span(self) -> Place:
        handle, _dot, spot = self._post.get("span_at", "").partition(".")
        start, end = self._post.get("span_start", ""), self._post.get("span_end", "")
        if not handle or not all(text.isdecimal() and len(text) < 10 for text in (start, end)):
            raise ValidationError(_("Mark the text to mask first."))
        record = self._record(handle)
        path = self._path(record, spot)
        try:
            text = value_at(record, path)
        except LookupError:
            raise _gone() from None
        found = original_span(text, int(start), int(end)) if isinstance(text, str) else None
        if found is None or clean(text[found[0] : found[1]]) != self._post.get("span_text", "").replace("\r\n", "\n"):
            raise _gone()
        return Place(Scope.SPAN, record.key, path, *found)

    # --- Doing it -------------------------------------------------------------------------------------------------------

    def _lay(self, places: Iterable[Place], row: Collection | None = None, category: str = "") -> list[Mask]:
        row = row or self._row
        made = masking.lay(
            actor=self._desk.actor,
            case=self._desk.case,
            system=row.system,
            category=category or self._category,
            places=list(places),
            ground=self._post.get("ground", ""),
            note=self._post.get("note", ""),
        )
        if not category:
            self._say(len(made))
        return made

    def _say(self, n: int) -> None:
        text = (
            ngettext("%(n)s place is masked.", "%(n)s places are masked.", n) % {"n": grouped(n)}
            if n
            else _("It was masked already.")
        )
        messages.success(self._request, text)

    def _tell_elsewhere(self, made: Sequence[Mask]) -> str:
        """Say where else the text that was just masked stands, by category; of many masks at once, that of the first ones."""
        case, vault = self._desk.case, self._desk.vault
        found = masking.elsewhere(case, vault, masking.texts_of(case, vault, made[:MOST_KEYS])) if made else []
        if not found:
            return ""
        messages.warning(self._request, _said_elsewhere(found))
        return ".".join(str(mask.pk) for mask in made[:MOST_KEYS])

    def _accept(self) -> list[Mask]:
        """Mask what was suggested: one, or all of a kind on the page or in the category."""
        post, desk = self._post, self._desk
        found = list(self._records().values())
        spec = review.spec_of(self._row.system_version, self._category, found[0].kind.value) if found else None
        if spec is None:
            raise _gone()
        if "kind-all" in post:
            found = list(records_of(self._row, desk.vault, self._category))
        suggested = suggested_on(desk, self._row, spec, found)
        kind = post.get("kind-all") or post.get("kind")
        chosen = [
            item for item in suggested if (item.kind.value == kind if kind else name_of(item) == post["suggestion"])
        ]
        if not chosen:
            raise _gone()
        if not kind:
            self._anchor = f"r-{next(handle_of(record) for record in found if record.key == chosen[0].place.record)}"
        made = suggestions.accept(actor=desk.actor, case=desk.case, suggestions=chosen, note=post.get("note", ""))
        self._say(len(made))
        return made

    def _undo(self) -> None:
        masks = _masks(self._desk, [self._post["undo"]])
        masking.undo(actor=self._desk.actor, case=self._desk.case, masks=masks)
        self._anchor = self._post.get(f"at-{self._post['undo']}", "")[:40]
        messages.success(self._request, _("The mask is undone."))

    def _mask_elsewhere(self, masks: Sequence[Mask]) -> None:
        """Mask the text of these masks wherever else it stands, on their ground and for their reason."""
        if not masks:
            raise _gone()
        case, vault = self._desk.case, self._desk.vault
        count = 0
        for item in masking.elsewhere(case, vault, masking.texts_of(case, vault, masks)):
            count += len(
                masking.lay(
                    actor=self._desk.actor,
                    case=case,
                    system=item.row.system,
                    category=item.spec.key,
                    places=item.places,
                    ground=masks[0].ground,
                    note=masking.note_of(vault, masks[0]),
                )
            )
        self._say(count)

    def _mask_words(self) -> None:
        """Mask a text wherever it stands: in the chosen records, in the category or in everything."""
        text, where = self._post.get("words", "").strip(), self._post.get("where", "")
        if not text:
            raise ValidationError({"words": _("Write the words to hide.")})
        found = self._with_words(text, {record.key for record in self._chosen()} if where == CHOSEN else None, where)
        if not found:
            raise ValidationError(
                {"words": _("The words stand nowhere there unmasked. Write at least three letters or six digits.")}
            )
        self._say(sum(len(self._lay(item.places, item.row, item.spec.key)) for item in found))

    def _with_words(self, text: str, keys: set[str] | None, where: str) -> list[Elsewhere]:
        case, vault = self._desk.case, self._desk.vault
        only = None if where == EVERYWHERE else (self._row.pk, self._category)
        return masking.elsewhere(case, vault, [text], only=only, keys=keys)


def _gone() -> ValidationError:
    return ValidationError(_("What you chose is no longer there. Look at the page again; nothing was masked."))


def _masks(desk: Desk, keys: Iterable[str]) -> list[Mask]:
    """Masks of the case by number; others are not there."""
    wanted = [int(key) for key in list(keys)[:MOST_KEYS] if key.isascii() and key.isdecimal() and len(key) < 18]
    return list(
        Mask.objects.filter(case=desk.case, pk__in=wanted, undone_at__isnull=True)
        .select_related("system")
        .order_by("pk")
    )


def _said_elsewhere(found: Sequence[Elsewhere]) -> str:
    count = sum(len(item.places) for item in found)
    where = "; ".join(f"{item.row.system}, {label(item.spec)} ({grouped(len(item.places))})" for item in found[:5])
    said = ngettext(
        "The masked text also stands in %(n)s other place that is not masked: %(where)s.",
        "The masked text also stands in %(n)s other places that are not masked: %(where)s.",
        count,
    )
    return said % {"n": grouped(count), "where": where + (" …" if len(found) > 5 else "")}


# --- Masks that no longer fit ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, ref: str) -> HttpResponse:
    """The masks that what was gathered no longer fits, each to be undone or laid again."""
    desk = desk_of(request, ref)
    if request.method == "POST":
        _settle(request, desk)
        return HttpResponseRedirect(reverse("admin:requests_app_case_masks", args=[ref]))
    try:
        stale = masking.unmatched(desk.case, desk.vault)
    except KeyDestroyed:
        raise Http404 from None
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Masks to look at"),
        "case": desk.case,
        "may_mask": masking.open_to_masks(desk.case),
        "stale": [
            {
                "item": item,
                "scope": SCOPES[item.place.scope],
                "text": clean(item.place.text),
                "ground": words.word(words.GROUNDS, item.mask.ground),
                "note": clean(masking.note_of(desk.vault, item.mask)),
            }
            for item in stale
        ],
    }
    return TemplateResponse(request, "admin/hemdsr/masks.html", context)


def _settle(request: HttpRequest, desk: Desk) -> None:
    key = request.POST.get("undo") or request.POST.get("again") or ""
    masks = _masks(desk, [key])
    try:
        if not masks:
            raise _gone()
        if "again" in request.POST:
            masking.lay_again(actor=desk.actor, case=desk.case, mask=masks[0])
            messages.success(request, _("The mask is laid where the text stands now."))
        else:
            masking.undo(actor=desk.actor, case=desk.case, masks=masks)
            messages.success(request, _("The mask is undone."))
    except ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
