"""Cases whose answers are ready to leave, with small made-up documents in place of rendered ones."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pikepdf

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import ContactBasis
from requests_app.models import Render
from requests_app.services import decisions, delivery, files, people, review
from requests_app.services.audit import SYSTEM, Actor, unit
from requests_app.services.keys import Vault
from tests.world import World, gathered, open_case

if TYPE_CHECKING:
    from requests_app.models import Case, Delivery, User

HOME: delivery.Where = {"address": "Storgatan 1\n302 43 Halmstad", "basis": ContactBasis.HELD}
STATED: delivery.Where = {"address": "Lillgatan 9\n302 43 Halmstad", "basis": ContactBasis.REQUEST}
SECRET = "Annas hemliga uppgift"
"""Stands in every made-up document."""


def as_(user: User) -> Actor:
    return Actor.staff(user)


def small_pdf(text: str = SECRET) -> bytes:
    """One page, the text uncompressed."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    page.contents_add(f"% {text}\n".encode())
    pdf.docinfo["/Title"] = text
    output = io.BytesIO()
    pdf.save(output, compress_streams=False)
    return output.getvalue()


def small_zip() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("data.json", f'{{"said": "{SECRET}"}}')
    return output.getvalue()


def make_documents(case: Case) -> None:
    """As the workers would: every document that waits is made, the covering letter after the extract."""
    vault = Vault(case)
    rows = Render.objects.filter(case=case, superseded=False, pdf=None).exclude(kind=Render.PREVIEW)
    while row := rows.first():
        _store(case, vault, row)
        if row.kind == Render.EXTRACT:
            Render.objects.create(case=case, kind="answer", right=row.right)


def _store(case: Case, vault: Vault, row: Render) -> None:
    common: dict[str, Any] = {"purpose": "dossier", "right": row.right}
    row.pdf = files.store(
        case, vault, kind=row.kind, name=f"{case.diary_no}-{row.kind}.pdf", data=small_pdf(), pages=1, **common
    )
    if row.kind == Render.EXTRACT:
        row.package = files.store(case, vault, kind="package", name=f"{case.diary_no}.zip", data=small_zip(), **common)
    row.state = "done"
    row.save()


def finish(world: World, case: Case) -> None:
    """End the review."""
    review.finish(actor=as_(world.karin), case=case, confirmed=True)
    case.refresh_from_db()


def ready(world: World, *rights: str, **more: Any) -> Case:
    """A case that has been granted and whose answers are made."""
    case = gathered(world, open_case(world, rights=rights or ("access",), **more))
    if case.state == "review":
        review.finish(actor=as_(world.karin), case=case, confirmed=True)
    for right in rights or ("access",):
        decisions.decide(actor=as_(world.karin), case=case, right=right, outcome="granted")
    make_documents(case)
    case.refresh_from_db()
    return case


def held_email(case: Case, address: str = "anna.held@example.se") -> str:
    """Let a system have held an e-mail address of the person before the request."""
    with unit(SYSTEM) as work:
        people.add_identifier(
            work,
            case,
            people.subject_of(case),
            Vault(case),
            kind=IdentifierKind.EMAIL,
            value=address,
            source="fakturering",
            strong=True,
        )
    return address


def sent(world: World, case: Case, way: Any, **where: Any) -> Delivery:
    """Send the answer on access and give the row that leads the sending."""
    from requests_app.services import sending

    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=way, **where)
    case.refresh_from_db()
    return sending.sendings_of(case)[0].lead
