"""Documents to make: a row says which, a worker claims it, renders and stores; the same row, lease and token as for gathering."""

from __future__ import annotations

import logging
import re
import time
import uuid
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import Right
from requests_app.domain.states import CollectionState
from requests_app.models import Case, Delivery, Render, StoredFile
from requests_app.services import audience, enclosures, files, letter_wording, notices, people, queue
from requests_app.services.audit import WORKER, Actor, Unit, unit
from requests_app.services.keys import DOSSIER, GATHERED, KeyDestroyed, Vault
from requests_app.services.moves import Conflict, lock
from requests_app.services.withholding import MasksUnmatched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from requests_app.documents.values import Extract, RenderedPdf
    from requests_app.domain.deadlines import Clock
    from requests_app.models import LetterTemplate

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
FINAL = frozenset({"erased", "masks", "lost_file", "unopened_file"})
"""Faults that time does not mend: the data is erased, masks do not fit it, a file of a system's owner is lost or was never opened."""
LEASE = timedelta(seconds=120)
"""A part of an extract, or a file that goes along, takes seconds; each one renews the lease."""


class TakenOver(Exception):
    """Another worker has the document, or a newer content was asked for."""


def request(work: Unit, case: Case, kind: str, right: str = "", *, target: str = "", **facts: Any) -> Render:
    """Ask for a document, with the wording in force. An older one of the same kind and target is superseded. Case locked or new."""
    template = letter_wording.current(kind, case.language) if kind in SLUGS else None
    return _request(case, kind, right, target, template, facts)


def _request(
    case: Case, kind: str, right: str, target: str, template: LetterTemplate | None, facts: Mapping[str, Any]
) -> Render:
    Render.objects.filter(case=case, kind=kind, right=right, target=target, superseded=False).update(superseded=True)
    born = people.person_of(case).birth_date
    sealed = {**facts, "birth_date": born.isoformat() if born else "", "dated_on": timezone.localdate().isoformat()}
    made = Render.objects.create(case=case, kind=kind, right=right, target=target, template=template)
    made.facts_enc = Vault(case).seal(DOSSIER, sealed, "render", made.pk)
    made.save(update_fields=["facts_enc"])
    queue.render([made.pk])
    return made


def drop_unsent(case: Case, kinds: Iterable[str]) -> None:
    """Let letters of these kinds that have not left, never leave: what they say no longer holds. The case must be locked."""
    left = Exists(Delivery.objects.filter(file=OuterRef("pdf")))
    rows = Render.objects.filter(case=case, kind__in=list(kinds), superseded=False).exclude(left)
    Render.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(superseded=True)


def request_receipt(work: Unit, case: Case) -> Render:
    """The confirmation that the request has arrived."""
    return request(work, case, "receipt")


def request_completion(work: Unit, case: Case, *, doubt: str, needed: str) -> Render:
    """The letter that asks for what is missing."""
    return request(work, case, "completion", doubt=doubt, needed=needed)


def request_extension(work: Unit, case: Case, clock: Clock, reasons: str) -> Render:
    """The notice of extension."""
    return request(
        work,
        case,
        "extension",
        reasons=reasons,
        due_on=clock.due_statutory_on.isoformat(),
        extended_due_on=clock.extended_due_on.isoformat(),
    )


def request_not_identified(work: Unit, case: Case, *, tried: str, needed: str) -> Render:
    """The letter that closes a case whose person could not be identified."""
    return request(work, case, "not_identified", tried=tried, needed=needed)


def request_withdrawn(
    work: Unit, case: Case, said_on: date, rights: Iterable[str], remaining: Iterable[str] = ()
) -> Render:
    """The confirmation that the person has taken the request, or these rights of it, back; ``remaining`` are still answered."""
    return request(
        work, case, "withdrawn", withdrawn_on=said_on.isoformat(), rights=sorted(rights), remaining=sorted(remaining)
    )


def request_joined(work: Unit, case: Case, other: Case, rights: Iterable[str]) -> Render:
    """The letter that says in which other case of the person's the request is answered."""
    return request(
        work,
        case,
        "joined",
        other_diary_no=other.diary_no,
        other_received_on=other.received_on.isoformat(),
        due_on=other.due_statutory_on.isoformat(),
        rights=sorted(rights),
    )


def request_preview(*, case: Case) -> Render:
    """A draft of the extract as the data stands, for staff only; sealed with the gathered key, so that it goes with the data."""
    with unit(WORKER) as work:
        case = lock(case)
        for old in StoredFile.objects.filter(case=case, kind=Render.PREVIEW):
            files.remove(old)
        return request(work, case, Render.PREVIEW)


def newest(case: Case, kind: str, right: str = "", target: str = "") -> Render | None:
    """The document of this kind that counts."""
    return (
        Render.objects.filter(case=case, kind=kind, right=right, target=target, superseded=False)
        .select_related("pdf", "package")
        .first()
    )


def note_of(vault: Vault, render: Render) -> list[str]:
    """The handler's own paragraphs in a letter."""
    facts = vault.unseal(DOSSIER, render.facts_enc, "render", render.pk) or {}
    return list(facts.get("note", []))


def rewrite(*, actor: Actor, case: Case, render: Render, note: str) -> Render:
    """Ask for a letter that has not left once more, with the handler's own paragraphs (``note``, a blank line between two).

    Everything else in it stays, its wording too. The letter asked for counts from now on, the old one never leaves. Raises
    ``ValidationError`` for a letter that has left or a document that is none, ``Conflict`` when another one counts already.
    """
    with unit(actor) as work:
        case = lock(case)
        if render.kind not in SLUGS:
            raise ValidationError(_("Only a letter can have paragraphs of your own."))
        old = Render.objects.select_related("template").get(pk=render.pk, case=case)
        if old.superseded:
            raise Conflict
        if Delivery.objects.filter(file=old.pdf_id).exists():
            raise ValidationError(_("The letter has already left. What is to be corrected goes in a new one."))
        vault = Vault(case)
        facts = vault.unseal(DOSSIER, old.facts_enc, "render", old.pk) or {}
        paragraphs = [
            " ".join(part.split()) for part in re.split(r"\n\s*\n", note.replace("\r\n", "\n")) if part.strip()
        ]
        if paragraphs == facts.get("note", []):
            return old
        made = _request(case, old.kind, old.right, old.target, old.template, {**facts, "note": paragraphs})
        work.event("letter.rewritten", case, kind=old.kind, right=old.right, paragraphs=len(paragraphs))
        return made


def retry(*, case: Case, render: Render) -> None:
    """Try a failed document again."""
    with unit(WORKER):
        lock(case)
        if Render.objects.filter(pk=render.pk, case=case, state=CollectionState.FAILED.value, superseded=False).update(
            state=CollectionState.PENDING.value, attempts=0, fault="", not_before=timezone.now()
        ):
            queue.render([render.pk])


SLUGS = {
    "receipt": ("bekraftelse", "receipt"),
    "completion": ("komplettering", "completion"),
    "extension": ("forlangning", "extension"),
    "answer": ("foljebrev", "covering-letter"),
    "refusal": ("avslag", "refusal"),
    "erasure": ("radering", "erasure"),
    "rectification": ("rattelse", "rectification"),
    "not_identified": ("ej-identifierad", "not-identified"),
    "recipient": ("till-mottagare", "to-recipient"),
    "restriction": ("begransning", "restriction"),
    "restriction_lifting": ("begransning-upphor", "restriction-ends"),
    "objection": ("invandning", "objection"),
    "consent_withdrawal": ("aterkallat-samtycke", "consent-withdrawn"),
    "portability": ("dataportabilitet", "data-portability"),
    "joined": ("gemensamt-svar", "joint-answer"),
    "withdrawn": ("aterkallad-begaran", "request-withdrawn"),
}
"""What each letter's file is called, in Swedish and English."""


def file_name(case: Case, kind: str) -> str:
    """The diary number alone for the extract (nothing about the person), and what it is for a letter, so that none is mixed up."""
    slug = SLUGS.get(kind)
    return f"{case.diary_no}-{slug[case.language == 'en']}.pdf" if slug else f"{case.diary_no}.pdf"


def package_name(case: Case, kind: str) -> str:
    """The diary number, and for the portable copy what it is: one request may ask for both."""
    return file_name(case, kind).removesuffix(".pdf") + ".zip"


def claim(pk: int) -> Render | None:
    """Take a document that is due; None when it is not to be had."""
    now, token = timezone.now(), uuid.uuid4()
    lapsed = Q(state=CollectionState.RUNNING.value, lease_until__lt=now)
    due = Q(state=CollectionState.PENDING.value, not_before__lte=now) | lapsed
    Render.objects.filter(lapsed, pk=pk).update(attempts=F("attempts") + 1)
    if not Render.objects.filter(due, pk=pk, superseded=False).update(
        state=CollectionState.RUNNING.value, token=token, lease_until=now + LEASE
    ):
        return None
    row = Render.objects.select_related("case", "case__policy", "case__handler", "template").get(pk=pk)
    if row.token != token:
        return None
    if row.attempts >= MAX_ATTEMPTS:
        _fail(row, "gave_up")
        return None
    return row


def run(pk: int) -> None:
    """Make one document. Does nothing when the row is gone, done, superseded or held by another."""
    row = claim(pk)
    if row is None:
        return
    began = time.monotonic()
    try:
        _make(row)
        logger.info("render %s %s took %.1f s", pk, row.kind, time.monotonic() - began)
    except TakenOver:
        logger.info("render %s was taken over", pk)
    except KeyDestroyed:
        _fail(row, "erased")
    except MasksUnmatched:
        _fail(row, "masks")
    except enclosures.LostFile:
        _fail(row, "lost_file")
    except enclosures.UnopenedFile:
        _fail(row, "unopened_file")
    except Exception as error:
        logger.error("render %s %s: %s", pk, row.kind, type(error).__name__, exc_info=settings.DEBUG)
        _fail(row, type(error).__name__[:40])


def _renew(row: Render, **changes: Any) -> None:
    held = Render.objects.filter(pk=row.pk, token=row.token, superseded=False)
    if not held.update(lease_until=timezone.now() + LEASE, **changes):
        raise TakenOver


def _progress(row: Render) -> Callable[[int, int], None]:
    return lambda done, total: _renew(row, done_parts=done, total_parts=total)


def _make(row: Render) -> None:
    from requests_app.documents.package import write_package

    case, vault = row.case, Vault(row.case)
    pdf, packed = _documents(row, vault)
    purpose = GATHERED if row.kind == Render.PREVIEW else DOSSIER
    with ExitStack() as made:
        package = None
        if packed:  # sealed before the case is locked, since files of hundreds of megabytes may go along
            write = partial(write_package, extract=packed[0], pdf=packed[1], step=partial(_renew, row))
            package = made.enter_context(files.prepared(case, vault, purpose, write))
        _keep(row, vault, pdf, package, purpose)


def _documents(row: Render, vault: Vault) -> tuple[RenderedPdf, tuple[Extract, bytes | None] | None]:
    """The PDF of a row, and what its package is made of when it has one: the data, and the PDF unless it is the portable copy."""
    from requests_app.documents.pdf import render_extract, render_letter
    from requests_app.services import answers, letters

    case = row.case
    facts = vault.unseal(DOSSIER, row.facts_enc, "render", row.pk) or {}
    if row.kind in {Render.EXTRACT, Render.PREVIEW}:
        leaving = row.kind == Render.EXTRACT
        extract = enclosures.enclose(case, vault, answers.extract_of(case, vault, facts), leaving=leaving)
        pdf = render_extract(extract, progress=_progress(row))
        return pdf, (extract, pdf.data) if leaving else None
    letter = letters.letter_of(case, vault, row.kind, row.right, facts)
    pdf = render_letter(letter, letter_wording.used(row.template))
    portable = row.kind == Right.PORTABILITY.value and letters.portable(letter)
    return pdf, (answers.extract_of(case, vault, facts), None) if portable else None


def _keep(row: Render, vault: Vault, pdf: RenderedPdf, package: files.Prepared | None, purpose: str) -> None:
    case, kind = row.case, row.kind
    with unit(WORKER) as work:
        lock(case)
        # before anything is stored, since a file outlives a transaction that fails; the row stays locked to its end
        held = Render.objects.filter(pk=row.pk, token=row.token, superseded=False, state=CollectionState.RUNNING.value)
        if not held.update(lease_until=timezone.now() + LEASE):
            raise TakenOver
        stored = files.store(
            case,
            vault,
            purpose=purpose,
            kind=kind,
            name=file_name(case, kind),
            data=pdf.data,
            right=row.right,
            pages=pdf.pages,
        )
        zipped = None
        if package is not None:
            name = package_name(case, kind)
            zipped = files.keep(case, vault, package, kind="package", name=name, right=row.right)
        held.update(
            state=CollectionState.DONE.value, pdf=stored, package=zipped, lease_until=None, fault="", attempts=0
        )
        for made in filter(None, (stored, zipped)):
            work.event("document.rendered", case, kind=made.kind, file=made.ref, sha256=made.sha256, pages=made.pages)
        if kind == Render.EXTRACT:
            before = newest(case, "answer", row.right)
            request(work, case, "answer", row.right, note=note_of(vault, before) if before else [])


def _fail(row: Render, fault: str) -> None:
    attempts = row.attempts + 1
    again = attempts < MAX_ATTEMPTS and fault not in FINAL
    changes: dict[str, Any] = {
        "attempts": attempts,
        "fault": fault,
        "token": None,
        "lease_until": None,
        "queued_at": None,
    }
    if again:
        changes |= {
            "state": CollectionState.PENDING.value,
            "not_before": timezone.now() + timedelta(seconds=2 * 4**attempts),
        }
    else:
        changes |= {"state": CollectionState.FAILED.value}
    with unit(WORKER) as work:
        if Render.objects.filter(pk=row.pk, token=row.token).update(**changes) and not again:
            work.event("document.failed", row.case, kind=row.kind, fault=fault)
            if row.kind != Render.PREVIEW:  # who asked for a preview is looking at it
                users = audience.handlers(row.case)
                subject = f"render:{row.token}"
                notices.tell(work, "document_failed", subject=subject, users=users, case=row.case, document=row.kind)
