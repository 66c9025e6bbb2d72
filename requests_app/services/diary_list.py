"""The diary as a list: what came in and what left in a period, with the fields of OSL 5 kap. 2 §.

Sender, receiver and subject may be left out where the list is shown to the public (second paragraph); the subject is neutral
anyway, the names are left out. A protected case never has a name, in any version, nor has a case that its reader may not work.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, prefetch_related_objects
from django.utils.timezone import localdate
from django.utils.translation import gettext as _, ngettext, override, pgettext

from requests_app.documents.package import safe_cell
from requests_app.domain.deadlines import expires_at
from requests_app.domain.rights import Channel, Outcome
from requests_app.models import (
    Case,
    CaseMessage,
    CasePause,
    Delivery,
    Event,
    EventPayload,
    PublicDocumentRequest,
    Recipient,
    Render,
)
from requests_app.services import access, delivery, encrypted_pdf, people
from requests_app.services.audit import Actor, unit
from requests_app.services.keys import vaults
from requests_app.services.messages import is_foreign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from requests_app.models import StoredFile, User

IN, OUT = "in", "out"
ONLINE = (Channel.PORTAL.value, Channel.API.value)
"""Channels by which the person reads online what we write."""
MAX_DAYS = 3 * 366
"""The longest period that is listed at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came or left at once: ``direction`` is ``in`` or ``out``; ``who`` its sender or receiver, empty where it is left out."""

    on: date
    diary_no: str
    external_no: str
    direction: str
    who: str
    subject: str


def listed(*, actor: Actor, first: date, last: date, named: bool) -> list[Row]:
    """The rows of the period, by day and number, of the cases this person works or oversees; that it was read is logged.

    ``named`` gives sender and receiver in the cases the person may work; legal, who only oversees, gets none.
    """
    user = actor.user
    if user is None:
        return []
    works = access.cases_visible_to(user)
    seen = Case.objects.filter(Q(pk__in=works.values("pk")) | Q(pk__in=access.cases_overseen_by(user).values("pk")))
    names = _Names(set(works.filter(protected=False).values_list("pk", flat=True)) if named else set())
    sources = (_came, _left, _online, _said)
    rows = [row for source in sources for row in source(seen, first, last, names)]
    rows += _public(seen, first, last)
    rows.sort(key=lambda row: (row.on, row.diary_no, row.direction))
    with unit(actor) as work:
        work.event("diary.listed", first=first, last=last, rows=len(rows), named=named)
    return rows


def may_list(user: User) -> bool:
    """Whether the person works or oversees any case."""
    return access.works(user) or access.may(user, "view_reports")


class _Names:
    """The people's names, each opened once, in the cases where they may be read."""

    def __init__(self, allowed: set[int]) -> None:
        self._allowed = allowed
        self._known: dict[int, str] = {}

    def learn(self, cases: Iterable[Case]) -> None:
        """Open the names of these cases, as many queries for one as for a thousand."""
        new = {case.pk: case for case in cases if case.pk in self._allowed and case.pk not in self._known}
        if not new:
            return
        prefetch_related_objects(list(new.values()), "parties__identifiers")
        for pk, vault in vaults(new.values()).items():
            self._known[pk] = people.person_of(new[pk], vault).name

    def of(self, case: Case) -> str:
        """The person's name; empty where it may not be read. The case must be learnt."""
        return self._known.get(case.pk, "")


def _came(seen: QuerySet[Case], first: date, last: date, names: _Names) -> Iterator[Row]:
    subject = _("Request under the General Data Protection Regulation")
    cases = list(seen.filter(received_on__range=(first, last)))
    names.learn(cases)
    for case in cases:
        yield Row(case.received_on, case.diary_no, case.external_no, IN, names.of(case), subject)


def _left(seen: QuerySet[Case], first: date, last: date, names: _Names) -> Iterator[Row]:
    """What was sent: one row for what left together, however many documents it holds."""
    since, until = _span(first, last)
    rows = Delivery.objects.filter(case__in=seen, dispatched_at__gte=since, dispatched_at__lt=until)
    rows = rows.exclude(file__kind=encrypted_pdf.KIND)  # the wrapping of documents that are counted themselves
    told = _recipients(rows)
    together: dict[tuple[object, ...], list[Delivery]] = {}
    for row in rows.select_related("case", "file").order_by("pk"):
        together.setdefault(
            (row.case_id, row.way, row.dispatched_at, row.file.right, told.get(row.file_id)), []
        ).append(row)
    names.learn(members[0].case for members in together.values())
    for members in together.values():
        lead = members[0]
        case, kind = lead.case, lead.file.kind
        who = told.get(lead.file_id, "") if kind == delivery.RECIPIENT else names.of(case)
        subject = _counted(_subject(lead.file), len(members))
        yield Row(localdate(lead.dispatched_at), case.diary_no, case.external_no, OUT, who, subject)


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    """The period's days in Sweden as moments: from, and before."""
    return expires_at(first - timedelta(days=1)), expires_at(last)


def _counted(subject: str, count: int) -> str:
    if count == 1:
        return subject
    return ngettext("%(subject)s (%(n)d document)", "%(subject)s (%(n)d documents)", count) % {
        "subject": subject,
        "n": count,
    }


def _online(seen: QuerySet[Case], first: date, last: date, names: _Names) -> Iterator[Row]:
    """Confirmations of receipt that the person reads online, and messages: they come and go without being sent as documents."""
    since, until = _span(first, last)
    left = Delivery.objects.filter(file=OuterRef("pdf"))
    receipts = Render.objects.filter(case__in=seen, case__channel__in=ONLINE, kind="receipt", pdf__isnull=False)
    receipts = receipts.filter(pdf__created_at__gte=since, pdf__created_at__lt=until).exclude(Exists(left))
    messages = CaseMessage.objects.filter(case__in=seen, at__gte=since, at__lt=until).select_related("case")
    made_here = list(receipts.select_related("case", "pdf"))
    names.learn([made.case for made in made_here] + [message.case for message in messages])
    for made in made_here:
        if made.pdf is not None:
            yield _row(made.case, localdate(made.pdf.created_at), OUT, names, _letter())
    for message in messages:
        on, case = localdate(message.at), message.case
        who = "" if is_foreign(message) else names.of(case)
        yield Row(on, case.diary_no, case.external_no, message.direction, who, _message())


def _said(seen: QuerySet[Case], first: date, last: date, names: _Names) -> Iterator[Row]:
    """What the person said later: the answer to a question of ours, and that the request is taken back."""
    pauses = CasePause.objects.filter(case__in=seen, answered_on__range=(first, last)).select_related("case")
    names.learn(pause.case for pause in pauses)
    for pause in pauses:
        if pause.answered_on is not None:
            yield _row(pause.case, pause.answered_on, IN, names, _message())
    cases = {case.ref: case for case in seen.filter(closed_as=Outcome.WITHDRAWN.value)}
    events = Event.objects.filter(kind="case.withdrawn", case_ref__in=cases)
    refs = dict(events.values_list("seq", "case_ref"))
    names.learn(cases[ref] for ref in refs.values())
    for payload in EventPayload.objects.filter(seq__in=refs):
        on = date.fromisoformat(payload.open["said_on"])
        if first <= on <= last:
            yield _row(cases[refs[payload.seq]], on, IN, names, _message())


def _row(case: Case, on: date, direction: str, names: _Names, subject: str) -> Row:
    return Row(on, case.diary_no, case.external_no, direction, names.of(case), subject)


def _message() -> str:
    return _("Message about a request under the General Data Protection Regulation")


def _letter() -> str:
    return _("Letter about a request under the General Data Protection Regulation")


def _recipients(rows: QuerySet[Delivery]) -> dict[int, str]:
    """The organisation each letter under Article 19 went to, by file."""
    targets = Render.objects.filter(pdf__in=rows.values("file"), kind=delivery.RECIPIENT).values_list("pdf", "target")
    names = {item.key: item.name_sv for item in Recipient.objects.filter(key__in={key for _pdf, key in targets})}
    return {pdf: names.get(key, key) for pdf, key in targets if pdf is not None}


def _subject(file: StoredFile) -> str:
    if file.kind == delivery.RECIPIENT:
        return _("Notification under Article 19 of the General Data Protection Regulation")
    if file.right:
        return _("Answer to a request under the General Data Protection Regulation")
    return _letter()


def _public(seen: QuerySet[Case], first: date, last: date) -> Iterator[Row]:
    """Requests for official documents beside a case. Who asks is not asked for (TF 2 kap. 18 §), so there is no name."""
    for item in PublicDocumentRequest.objects.filter(case__in=seen).select_related("case"):
        number = item.case.diary_no, item.case.external_no
        if first <= item.asked_on <= last:
            yield Row(item.asked_on, *number, IN, "", _("Request for official documents"))
        if item.answered_on and first <= item.answered_on <= last:
            yield Row(item.answered_on, *number, OUT, "", _("Answer to a request for official documents"))


def as_csv(rows: Iterable[Row], *, named: bool) -> bytes:
    """The list as CSV: UTF-8 with a byte order mark, semicolons, no cell a formula. In Swedish, as the diary is kept."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    with override("sv"):
        heads = [_("Date"), _("Diary number"), _("HEM's diary number")]
        heads += [_("Sender or receiver")] if named else []
        writer.writerow([*heads, _("In or out"), _("Subject")])
        directions = {IN: pgettext("diary", "In"), OUT: pgettext("diary", "Out")}
        for row in rows:
            who = [row.who] if named else []
            cells = [row.on.isoformat(), row.diary_no, row.external_no, *who, directions[row.direction], row.subject]
            writer.writerow([safe_cell(cell) for cell in cells])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode("utf-8", "backslashreplace")
