"""The gathered records of one category, each in its own form, and what is masked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from requests_app.admin.case_pages import desk_of
from requests_app.admin.data_shapes import handle_of, shaped, spot_of
from requests_app.admin.data_texts import clean, label, said
from requests_app.admin.forms import StyledForm
from requests_app.domain.masks import Scope
from requests_app.domain.places import MISSING, at
from requests_app.domain.rights import MASK_GROUNDS, Ground
from requests_app.models import Mask, Render
from requests_app.services import masking, rendering, review, suggestions, words
from requests_app.services.keys import KeyDestroyed
from requests_app.services.suggestion_words import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from requests_app.admin.desk import Desk
    from requests_app.domain.masks import Laid, Place
    from requests_app.domain.records import CategorySpec, Record
    from requests_app.models import Collection
    from requests_app.services.mask_set import CategoryMasks, MaskSet
    from requests_app.services.review import RecordPage
    from requests_app.services.suggestions import Suggestion

MOST_LISTED = 200
"""Masks that are listed beside the records."""
MOST_SUGGESTED = 30
"""Suggestions of one kind that are listed; all of them are marked in the records."""
EXCERPT = 80
MOST_NOTES = 20

SCOPES = {
    Scope.CATEGORY: gettext_lazy("The whole category"),
    Scope.RECORD: gettext_lazy("A whole record"),
    Scope.VALUE: gettext_lazy("A value"),
    Scope.SPAN: gettext_lazy("Part of a text"),
}
CHOSEN, CATEGORY, EVERYWHERE = "chosen", "category", "all"


class MaskForm(StyledForm):
    """What every mask needs: a ground and a reason. ``words`` hides a text wherever it stands."""

    ground = forms.ChoiceField(
        label=gettext_lazy("Ground"), choices=lambda: [(item.value, words.GROUNDS[item]) for item in MASK_GROUNDS]
    )
    note = forms.CharField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("What harm would it do to whom? Legal reads it; the person does not."),
        max_length=2_000,
        required=False,
    )
    words = forms.CharField(
        label=gettext_lazy("Words to hide"),
        help_text=gettext_lazy("A name, a number or a sentence. All places where it stands are masked."),
        max_length=500,
        required=False,
    )
    where = forms.ChoiceField(
        label=gettext_lazy("Where"),
        choices=[
            (CATEGORY, gettext_lazy("In this category")),
            (CHOSEN, gettext_lazy("In the chosen records")),
            (EVERYWHERE, gettext_lazy("In all gathered data")),
        ],
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["note"].widget.attrs |= {"list": "mask-notes", "autocomplete": "off"}
        self.fields["words"].widget.attrs["autocomplete"] = "off"


@require_GET
def page(request: HttpRequest, ref: str, system: str, category: str) -> HttpResponse:
    """One page of records; that it was read is logged."""
    desk = desk_of(request, ref)
    return rendered(request, desk, desk.row(system), category, number_of_page(request.GET.get("page")))


def number_of_page(text: str | None) -> int:
    """The number of a page as it was asked for; the first one for anything else."""
    return int(text) if text and text.isdecimal() and text.isascii() and len(text) < 10 else 1


def rendered(
    request: HttpRequest, desk: Desk, row: Collection, category: str, number: int, form: MaskForm | None = None
) -> HttpResponse:
    """The page, with the form as it was sent when something in it has to be corrected."""
    try:
        found = review.records_page(actor=desk.actor, case=desk.case, row=row, category=category, page=number)
        keys = [record.key for record in found.records]
        masks = masking.masks_on(desk.case, desk.vault, system=row.system.key, category=category, records=keys)
        may_mask = masking.open_to_masks(desk.case)
        suggested = suggested_on(desk, row, found.spec, found.records, masks) if may_mask else []
        listed = _listed(desk, masks, masks.of(row.system.key, category), found)
    except (ValidationError, KeyDestroyed):
        raise Http404 from None
    here, laid = masks.of(row.system.key, category), masking.laid_in(desk.case, row.system.key, category)
    proposed: dict[str, list[Place]] = {}
    for item in suggested:
        proposed.setdefault(item.place.record, []).append(item.place)
    context = admin.site.each_context(request)
    context |= {
        "scripts": [*context["scripts"], static("admin_hemdsr/review.js")],
        "title": label(found.spec),
        "case": desk.case,
        "row": row,
        "page": found,
        "previous": found.page - 1 if found.page > 1 else None,
        "next": found.page + 1 if found.page < found.pages else None,
        "index": _index(desk),
        "category": category,
        "may_mask": may_mask,
        "form": form or MaskForm(initial={"ground": Ground.RIGHTS_OF_OTHERS.value, "where": CATEGORY}),
        "whole": here.whole,
        "listed": listed[:MOST_LISTED],
        "unlisted": max(0, laid.count() - len(listed)),
        "notes": _notes(desk, laid) if may_mask else [],
        "gathered_again": _gathered_again(row, laid),
        "preview": rendering.newest(desk.case, Render.PREVIEW),
        "suggested": _by_kind(suggested, found.records),
        "also": _keys(request.GET.get("also", "")) if may_mask else "",
        **shaped(found.records, found.spec, here, proposed, may_mask=may_mask),
    }
    return TemplateResponse(request, "admin/hemdsr/data.html", context, status=422 if form else 200)


def suggested_on(
    desk: Desk, row: Collection, spec: CategorySpec, records: Sequence[Record], masks: MaskSet | None = None
) -> list[Suggestion]:
    """What may be worth masking among records; nothing is masked without somebody's choice."""
    return suggestions.for_page(desk.case, desk.vault, spec, row.system.key, records, masks)


def name_of(suggestion: Suggestion) -> str:
    """What a suggestion is called in a form."""
    return spot_of(suggestion.key)


def _by_kind(suggested: Sequence[Suggestion], records: Sequence[Record]) -> list[dict[str, Any]]:
    """The suggestions by kind, with the reason of each; so many as can be listed."""
    handles = {record.key: handle_of(record) for record in records}
    groups: dict[str, dict[str, Any]] = {}
    for item in suggested:
        kind = item.kind.value
        group = groups.setdefault(
            kind, {"kind": kind, "label": KINDS[item.kind], "maskable": bool(item.ground), "count": 0, "found": []}
        )
        group["count"] += 1
        if len(group["found"]) < MOST_SUGGESTED:
            text = clean(item.text[:EXCERPT]) + ("…" if len(item.text) > EXCERPT else "")
            group["found"].append(
                {"name": name_of(item), "text": text, "reason": item.reason, "handle": handles[item.place.record]}
            )
    return list(groups.values())


def _keys(text: str) -> str:
    """Numbers of masks, with dots between them, as an address holds them; empty for anything else."""
    return text if text and len(text) < 400 and text.isascii() and text.replace(".", "").isdecimal() else ""


def _index(desk: Desk) -> list[dict[str, Any]]:
    """Systems and categories with counts and how much is masked, to go between."""
    counted = (
        Mask.objects.filter(case=desk.case, undone_at__isnull=True)
        .order_by()
        .values_list("system", "category")
        .annotate(n=Count("pk"), wholes=Count("pk", filter=Q(scope=Scope.CATEGORY.value)))
    )
    masked = {(system, category): (n, wholes) for system, category, n, wholes in counted}
    groups = []
    for row in (row for row in desk.rows if row.records):
        categories = []
        for item in review.categories_of(row):
            n, wholes = masked.get((row.system_id, item.spec.key), (0, 0))
            categories.append({"name": label(item.spec), "item": item, "masks": n, "whole": bool(wholes)})
        groups.append({"row": row, "categories": categories})
    return groups


def _listed(desk: Desk, masks: MaskSet, here: CategoryMasks, found: RecordPage) -> list[dict[str, Any]]:
    """The masks that lie on this page: what they hide, why, and who laid them."""
    listed = [_entry(desk, masks, here.whole, None, found.spec)] if here.whole else []
    for record in found.records:
        listed += [_entry(desk, masks, laid, record, found.spec) for laid in here.records.get(record.key, ())]
    return listed


def _entry(desk: Desk, masks: MaskSet, laid: Laid, record: Record | None, spec: CategorySpec) -> dict[str, Any]:
    mask = masks.rows[laid.key]
    return {
        "mask": mask,
        "scope": SCOPES[laid.place.scope],
        "text": _excerpt(laid, record, spec),
        "ground": words.word(words.GROUNDS, mask.ground),
        "note": clean(masking.note_of(desk.vault, mask)),
        "handle": handle_of(record) if record else "",
    }


def _excerpt(laid: Laid, record: Record | None, spec: CategorySpec) -> str:
    """The beginning of what a mask hides."""
    place = laid.place
    if record is None or place.scope is Scope.RECORD:
        return ""
    text = place.text
    if place.scope is Scope.VALUE:
        held = at(record, place.path)
        text = "" if held is MISSING else said(held, spec.fields.get(place.path[1:]))
    return clean(text[:EXCERPT]) + ("…" if len(text) > EXCERPT else "")


def _notes(desk: Desk, laid: QuerySet[Mask]) -> list[str]:
    """Reasons given here before, newest first, to choose from."""
    newest = laid.select_related("system").order_by("-id")[: 5 * MOST_NOTES]
    return list(dict.fromkeys(filter(None, (masking.note_of(desk.vault, mask) for mask in newest))))[:MOST_NOTES]


def _gathered_again(row: Collection, laid: QuerySet[Mask]) -> bool:
    """Whether something was masked before the data was gathered anew; masks are numbered in the order they are laid."""
    first = laid.values_list("at", flat=True).first() if row.ended_at else None
    return bool(first and row.ended_at and first < row.ended_at)
