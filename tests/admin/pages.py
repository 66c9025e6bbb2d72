"""The admin's pages for somebody who looks at all of them: each address of the matrix, and the states in which a page looks different."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.masks import Place, Scope
from requests_app.domain.records import Kind
from requests_app.domain.rights import ContactBasis, Way
from requests_app.models import Collection
from requests_app.services import (
    cases,
    contacts,
    delivery,
    holds,
    masking,
    public_documents,
    referrals,
    rendering,
    returned,
    review,
)
from requests_app.services.audit import Actor
from requests_app.services.reports import PLANS
from tests.permissions.table import ENTRIES
from tests.services import rights_world as at
from tests.world import grant_case, identified, open_case, put_records, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_app.models import Case
    from tests.permissions.objects import Objects

NO_PAGES = {
    "admin:requests_app_case_progress": "a part of the case page",
    "admin:requests_app_case_file": "a download",
    "admin:incoming_file": "a download",
    "admin:requests_app_case_pdf": "a PDF",
    "admin:delivery_bundle": "a PDF",
    "admin:letter_preview": "a PDF, or one sentence in its frame",
    "admin:approval_file": "a download",
    "admin:report_file": "a download",
    "admin:record_file": "a download",
    "admin:report_cases": "needs a figure to be named: visited below",
    "admin:requests_app_case_preview": "leads back to the case until a preview has been asked for: visited below",
    "admin:jsi18n": "a script",
    "admin:requests_app_system_schema": "a JSON Schema",
    "admin:register_receipt": "shows what was just registered: visited by registering",
}
"""Addresses that are asked for with GET and are not walked over by themselves, and why."""
WALKERS = (("handler", "karin"), ("legal", "lovisa"), ("admin", "ada"), ("service", "sven"), ("owner", "olle"))
"""Who looks at a page, the first who may: the column of the matrix, and the name at the login."""


def addresses(objects: Objects) -> Iterator[tuple[str, str]]:
    """Every address of the admin with somebody who may see it."""
    for entry in ENTRIES:
        if entry.door != "admin" or entry.method != "get" or not entry.may:  # such as deleting what nobody may delete
            continue
        who = next(name for column, name in WALKERS if column in entry.may)
        for name in entry.names:
            if name not in NO_PAGES:
                yield who, reverse(name, kwargs=objects.filled(name, entry.args(objects))) + entry.query


def states(objects: Objects) -> Iterator[tuple[str, str]]:
    """The same pages where they look different."""
    for made in _cases(objects):
        yield "karin", reverse("admin:requests_app_case_change", args=[made.ref])
    seen = _reviewed(objects)
    place = reverse("admin:requests_app_case_change", args=[seen.ref])
    yield "karin", place
    for category in ("samtal", "el", "brev", "kund"):
        yield "karin", f"{place}uppgifter/fakturering/{category}/"
    yield "karin", reverse("admin:requests_app_case_masks", args=[seen.ref])
    yield "karin", reverse("admin:requests_app_case_preview", args=[seen.ref])
    yield "lovisa", reverse("admin:referral", args=[seen.ref, 1])
    yield "lovisa", reverse("admin:approval_answer", args=[_partly(objects).ref, "access"])
    yield "lovisa", reverse("admin:legal_desk")
    for key in PLANS:
        yield "lovisa", reverse("admin:report", args=[key])
    yield "lovisa", reverse("admin:report_cases", args=["overview"]) + "?figure=on_time"
    for key, lang in (("refusal", "sv"), ("extension", "en")):
        yield "lovisa", reverse("admin:letter", args=[key, lang])
    yield "lovisa", reverse("admin:checklist", args=["erasure"])
    for name in ("index", "overdue", "diary", "contact_checks"):
        yield "lovisa", reverse(f"admin:{name}")
    yield "ada", reverse("admin:index")


def _cases(objects: Objects) -> Iterator[Case]:
    """A case in each state, as its page looks different."""
    world, today = objects.people.world, timezone.localdate()
    karin = Actor.staff(world.karin)
    yield objects.asked
    yield objects.ready
    yield open_case(world, rights=("access", "erasure"), received_on=today - timedelta(days=45))
    paused = open_case(world, name="Bo Ek", email="bo@example.se")
    cases.ask_completion(actor=karin, case=paused, doubt="Två personer heter så.", needed="Kundnumret.")
    yield paused
    yield open_case(world, login="cia", personnummer="189011029817")
    failed = identified(
        world, open_case(world, rights=["access", "objection"], details="Sluta.", name="Dan Ek", protected=True)
    )
    Collection.objects.filter(case=failed, system__key="arkiv").update(state="failed", fault="timeout", attempts=5)
    holds.place(actor=karin, case=failed, kind="court", reason="Tvist om en faktura.")
    public_documents.add(actor=karin, case=failed, asked_on=today, what="Alla avtal.")
    grant_case(world, failed, world.karin)
    yield failed
    yield at.to_decision(world, "restriction", "consent_withdrawal", name="Eva Ek")
    withdrawn = open_case(world, name="Fia Ek")
    cases.withdraw(actor=karin, case=withdrawn, said="Jag har ångrat mig.")
    yield withdrawn
    yield _posted(objects)
    yield _mailed(objects)


def _sendable(objects: Objects, name: str) -> Case:
    world = objects.people.world
    case = at.to_decision(world, "restriction", name=name)
    at.decide(world, case, "restriction", "refused", ground="18_1")
    at.render_all()
    case.refresh_from_db()
    return case


def _posted(objects: Objects) -> Case:
    """Closed, and its letter came back."""
    case, karin = _sendable(objects, "Gun Ek"), Actor.staff(objects.people.world.karin)
    where = {"address": "Storgatan 1\n302 43 Halmstad", "basis": ContactBasis.HELD}
    delivery.dispatch(actor=karin, case=case, right="restriction", way=Way.POST, **where)  # type: ignore[arg-type]
    returned.by_post(actor=karin, delivery=case.deliveries.get())
    case.refresh_from_db()
    return case


def _mailed(objects: Objects) -> Case:
    """About to be sent, to an address that a second person is to confirm."""
    case, karin = _sendable(objects, "Hans Ek"), Actor.staff(objects.people.world.karin)
    contacts.ask(actor=karin, case=case, to=contacts.route(case, way=Way.EMAIL, address="hans@example.se"))
    return case


def _reviewed(objects: Objects) -> Case:
    """Data of each kind with suggestions, masks that no longer fit, a preview, and a question that legal has."""
    world, now = objects.people.world, timezone.now().astimezone(STOCKHOLM)
    case = open_case(world, login="ida", personnummer="189008179807", email="")
    said = {"text": "<b>Hej</b>, min granne Karl Karlsson, karl@example.net, undrar. " + "x" * 300, "from": "Ida"}
    chat = [replace(record("samtal", Kind.CONVERSATION, now, "V1", role="person", **said), key="m1")]
    chat += [replace(record("samtal", Kind.CONVERSATION, now, "V1", role="staff", **said), key="m2")]
    hours = [now - timedelta(hours=n) for n in range(48)]
    meter = [record("el", Kind.TIME_SERIES, hour, "M1", value=n / 10, unit="kWh") for n, hour in enumerate(hours)]
    table = [record("brev", Kind.TABLE, now, nummer=f"B-{n}", text="Text") for n in range(3)]
    row = put_records(case, "fakturering", [*chat, *meter, *table, record("kund", namn="Ida Ström")])
    put_records(case, "arkiv", [])
    rendering.request_preview(case=case)
    at.render_all()
    at_chat = {"actor": Actor.staff(world.karin), "case": case, "system": "fakturering", "category": "samtal"}
    places = [Place(Scope.RECORD, key) for key in ("m1", "m2")]
    masking.lay(**at_chat, places=places, ground="15_4", note="Grannens uppgifter")  # type: ignore[arg-type]
    asked = {"system": "fakturering", "category": "samtal", "record": "m2"}
    referrals.ask(actor=Actor.staff(world.karin), case=case, question="Får det lämnas ut?", items=[asked])  # type: ignore[list-item]
    row.batches.all().delete()
    put_records(case, "fakturering", [*chat[1:], *meter, *table, record("kund", namn="Ida Ström")])
    return case


def _partly(objects: Objects) -> Case:
    """A decision that withholds something and waits for legal."""
    world = objects.people.world
    case = at.to_review(world, "access", name="Jan Ek")
    at.mask(world, case, "m1")
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    case.refresh_from_db()
    at.decide(world, case, "access", "partly_granted", ground="15_4")
    return case
