"""What the case page shows beside the answer: links, holds, files, requests for allmän handling, steps, and what else can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from requests_app.admin.case_record import form_of
from requests_app.domain.states import MOVES, Move
from requests_app.models import Event, EventPayload, Representation
from requests_app.services import (
    attachments,
    checklists,
    enclosures,
    files,
    holds,
    links,
    public_documents,
    reopening,
    retention,
    words,
)
from requests_app.services.keys import KeyDestroyed

if TYPE_CHECKING:
    from requests_app.admin.case_record import Bound
    from requests_app.admin.desk import Desk
    from requests_app.models import Case, StoredFile


def page(desk: Desk, bound: Bound) -> dict[str, Any]:
    """Everything."""
    return {
        "duplicates": desk.duplicates,
        "links": links.linked(desk.user, desk.case),
        "holds": [
            (hold, words.word(words.HOLDS, hold.kind), holds.reason_of(desk.vault, hold))
            for hold in holds.active(desk.case)
        ],
        "reopenings": [
            (item, words.word(words.REOPENING_REASONS, item.reason), reopening.note_of(desk.vault, item))
            for item in desk.reopenings
        ],
        "public_documents": _public_documents(desk, bound),
        "checklists": [
            (item, words.right(item.right.right)) for item in checklists.of_case(desk.case, get_language() or "sv")
        ],
        "attach_form": form_of(desk, bound, "attach"),
        **_kept(desk.case),
        **_files(desk),
        **_forms(desk, bound),
    }


def _kept(case: Case) -> dict[str, Any]:
    """How long a closed case's data is kept, and what holds it; nothing for an open case."""
    if not case.closed_at:
        return {}
    plan = retention.plan(case)
    return {"kept": plan, "held_by": [words.word(words.HOLDING, kind) for kind in plan.held]}


def _forms(desk: Desk, bound: Bound) -> dict[str, Any]:
    """The forms of what can be done now."""
    case = desk.case
    offered = {"link_form": "link", "public_document_form": "public-document", "hold_form": "hold"}
    if not case.closed_at:
        offered |= {"add_right_form": "add-right", "withdraw_form": "withdraw"}
        if sum(not right.dispatched_at for right in case.rights.all()) > 1:
            offered["drop_right_form"] = "drop-right"
        if desk.duplicates and case.state in {state.value for state in MOVES[Move.JOIN][0]}:
            offered["join_form"] = "join"
    found: dict[str, Any] = {name: form_of(desk, bound, action) for name, action in offered.items()}
    if "add_right_form" in found and len(found["add_right_form"].fields["right"].choices) < 2:
        del found["add_right_form"]
    if reopening.can_reopen(case):
        found |= {"reopen_form": form_of(desk, bound, "reopen"), "again": reopening.again(case)}
    elif not case.closed_at and desk.reopenings:
        found["done_anew"] = reopening.again(case)
    return found


def _public_documents(desk: Desk, bound: Bound) -> list[dict[str, Any]]:
    shown = []
    for row in desk.case.public_document_requests.select_related("by", "answered_by"):
        what, answer = public_documents.texts_of(desk.vault, row)
        shown.append(
            {
                "row": row,
                "what": what,
                "answer": answer,
                "result": words.word(words.PUBLIC_DOCUMENT_RESULTS, row.result) if row.result else "",
                "form": None if row.result else form_of(desk, bound, "answer-public-document", str(row.pk)),
            }
        )
    return shown


def _files(desk: Desk) -> dict[str, Any]:
    """What staff attached, what was uploaded from systems, and which of that goes to the person as it is or is withheld.

    An upload that something newer took the place of says so.
    """
    rows = list(
        desk.case.files.filter(kind__in=[attachments.KIND, "upload"]).select_related("by").order_by("created_at", "pk")
    )
    told = _uploads(desk) if any(row.kind == "upload" for row in rows) else {}
    uploaded = [_file(desk, row) | told.get(row.sha256, {}) for row in rows if row.kind == "upload"]
    return {
        "attachments": _attached(desk, [row for row in rows if row.kind == attachments.KIND]),
        "uploaded": uploaded,
        **_enclosed(desk, any_kept=bool(uploaded)),
    }


def _attached(desk: Desk, rows: list[StoredFile]) -> list[dict[str, Any]]:
    """What came with the case. A file sent both as proof that somebody may act and beside that is one line with both roles."""
    through = Representation.proofs.through.objects.filter(representation__case=desk.case)
    proofs = set(through.values_list("storedfile", flat=True)) if rows else set()
    shown: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: row.pk not in proofs):  # sorting is stable: proofs first, else as they came
        item = _file(desk, row) | {"proof": row.pk in proofs, "beside": False}
        twin = next((one for one in shown if one["proof"] and _same(one, item)), None)
        if twin is None:
            shown.append(item)
        else:
            twin["beside"] = twin["beside"] or not item["proof"]
    return sorted(shown, key=lambda item: (item["file"].created_at, item["file"].pk))


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one["name"] == other["name"] and one["file"].sha256 == other["file"].sha256


def _enclosed(desk: Desk, *, any_kept: bool) -> dict[str, Any]:
    """The files of an answer on access that is still to leave, and those of them that go out.

    Nothing is read where no file was uploaded. Rows that a restore brought back without their key name no file.
    """
    gives = any_kept and not desk.case.closed_at and enclosures.still_leave(desk.case)
    try:
        found = enclosures.of_case(desk.case, desk.vault) if gives else []
    except KeyDestroyed:
        found = []
    return {"enclosed": found, "enclosed_out": [item for item in found if not item.withheld]}


def _file(desk: Desk, row: StoredFile) -> dict[str, Any]:
    return {"file": row, "name": files.name_of(desk.vault, row)}


def _uploads(desk: Desk) -> dict[str, dict[str, Any]]:
    """Hash of an uploaded file -> which system it was taken out of and whether it still is that system's answer."""
    seqs = Event.objects.filter(case_ref=desk.case.ref, kind="collection.uploaded").order_by("seq").values("seq")
    said = [payload.open for payload in EventPayload.objects.filter(seq__in=seqs).order_by("seq")]
    newest = {item["system"]: _hashes(item) for item in said}
    now = {row.system.key: row for row in desk.rows}
    told = {}
    for item in said:
        row = now.get(item["system"])
        by_hand = row is not None and row.round == item["round"] and row.searched_by == ["person"] and row.records
        for sha256 in _hashes(item):
            told[sha256] = {
                "system": str(row.system) if row else item["system"],
                "replaced": not (by_hand and sha256 in newest[item["system"]]),
            }
    return told


def _hashes(said: dict[str, Any]) -> list[str]:
    """The hashes of the files of one answer: an owner of a system may send several."""
    found = said["sha256"]
    return found if isinstance(found, list) else [found]
