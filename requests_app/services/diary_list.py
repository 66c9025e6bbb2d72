"""The diary as a list: what came in and what left in a period, with the fields of OSL 5 kap. 2 §.

Sender, receiver and subject may be left out where the list is shown to the public (second paragraph); the subject is neutral
anyway, the names are left out. A protected case never has a name, in any version, nor has a case that its reader may not work.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _, override, pgettext

from requests_app.documents.package import safe_cell
from requests_app.domain.deadlines import expires_at
from requests_app.models import Case, Delivery, PublicDocumentRequest, Recipient, Render
from requests_app.services import access, delivery, encrypted_pdf, people
from requests_app.services.audit import Actor, unit
from requests_app.services.keys import Vault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from django.db.models import QuerySet

    from requests_app.models import StoredFile, User

IN, OUT = "in", "out"
MAX_DAYS = 3 * 366
"""The longest period that is listed at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """One document: ``direction`` is ``in`` or ``out``; ``who`` its sender or receiver, empty where it is left out."""

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
    rows = [*_came(seen, first, last, names), *_left(seen, first, last, names), *_public(seen, first, last)]
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

    def of(self, case: Case) -> str:
        if case.pk not in self._allowed:
            return ""
        if case.pk not in self._known:
            self._known[case.pk] = people.person_of(case, Vault(case)).name
        return self._known[case.pk]


def _came(seen: QuerySet[Case], first: date, last: date, names: _Names) -> Iterator[Row]:
    subject = _("Request under the General Data Protection Regulation")
    for case in seen.filter(received_on__range=(first, last)):
        yield Row(case.received_on, case.diary_no, case.external_no, IN, names.of(case), subject)


def _left(seen: QuerySet[Case], first: date, last: date, names: _Names) -> Iterator[Row]:
    since, until = expires_at(first - timedelta(days=1)), expires_at(last)
    rows = Delivery.objects.filter(case__in=seen, dispatched_at__gte=since, dispatched_at__lt=until)
    rows = rows.exclude(file__kind=encrypted_pdf.KIND)  # the wrapping of documents that have rows of their own
    told = _recipients(rows)
    for row in rows.select_related("case", "file"):
        case, kind = row.case, row.file.kind
        who = told.get(row.file_id, "") if kind == delivery.RECIPIENT else names.of(case)
        yield Row(localdate(row.dispatched_at), case.diary_no, case.external_no, OUT, who, _subject(row.file))


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
    return _("Letter about a request under the General Data Protection Regulation")


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
