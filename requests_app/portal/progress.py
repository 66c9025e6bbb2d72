"""A case as the customer follows it: steps, dates and outcomes in plain words. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext

from requests_app.domain.channels import Capacity
from requests_app.domain.deadline_words import long_day
from requests_app.domain.deadlines import days_left
from requests_app.domain.rights import Way
from requests_app.models import Delivery
from requests_app.portal.choices import title_of
from requests_app.services import attachments, delivery, files, intake, messages, notice_address, people, representation
from requests_app.services.keys import Vault, vaults
from requests_app.services.progress import (
    Stage,
    about_another,
    closed_words,
    document_words,
    outcome_words,
    released_files,
    stages_of,
    why_moved,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from requests_app.models import Case, CaseRight, StoredFile


@dataclass(frozen=True, slots=True)
class Answered:
    """One right: what was asked, in the person's own words, and what came of it once the answer has left."""

    title: str
    text: str
    outcome: str
    when: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file to download."""

    ref: str
    label: str
    size: int
    pages: int
    form: str
    on: str
    replaced: bool = False
    """A newer one of the same kind has been released."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that goes with a message; ``ref`` is empty where it cannot be fetched."""

    ref: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Written:
    """A message, as it is read."""

    direction: str
    text: str
    at: str
    files: list[Sent]


@dataclass(frozen=True, slots=True)
class Follow:
    """Everything the customer's page of a case shows."""

    stages: list[Stage]
    rights: list[Answered]
    documents: list[Document]
    day: str
    left: str
    moved: list[str]
    late: bool
    receipt_waits: bool
    messages: list[Written]
    writes: bool
    """Whether messages can be read and written."""
    about: str
    """The person somebody else asks for; empty for one's own request."""
    authority: str
    """What holds for who acts for somebody else; empty for one's own request."""
    notices: notice_address.Standing | None
    """Where word of the request is mailed."""
    attached: list[Sent]
    """Files that were sent with the request, to see that they are here."""


def about(case: Case, vault: Vault) -> str:
    """The person somebody else asks for, as that one wrote the name; empty for one's own request."""
    if not about_another(case):
        return ""
    return people.name_of(case, vault) or _("the person")


def listed(cases: Iterable[Case], lang: str) -> list[dict[str, Any]]:
    """Cases in the list of the person's requests; their rights, parties and representations should have been fetched."""
    chosen = list(cases)
    opened = vaults(chosen)
    return [_short(case, about(case, opened[case.pk]), lang) for case in chosen]


def _short(case: Case, person: str, lang: str) -> dict[str, Any]:
    acting = getattr(case, "representation", None)
    if acting is not None and acting.confirmed is False:
        # whoever filed it may know that, and nothing of how it goes on
        return {
            "ref": case.ref,
            "diary_no": case.diary_no,
            "about": person,
            "rights": [],
            "received": long_day(case.received_on, lang),
            "day": "",
            "status": authority(case),
        }
    now = next((stage for stage in stages_of(case, lang) if stage.status == "now"), None)
    return {
        "ref": case.ref,
        "diary_no": case.diary_no,
        "about": person,
        "rights": [title_of(right.right, person) for right in case.rights.all()],
        "received": long_day(case.received_on, lang),
        "day": "" if case.closed_at else long_day(case.due_on, lang),
        "status": now.label if now else closed_words(case),
    }


def follow(case: Case, lang: str, *, today: date | None = None) -> Follow:
    """The customer's page of a case."""
    today = today or timezone.localdate()
    vault = Vault(case)
    receipt = delivery.receipt_of(case)
    left = days_left(case.due_on, today)
    writes = messages.readable(case)
    person = about(case, vault)
    return Follow(
        stages=stages_of(case, lang),
        rights=[_answered(case, vault, right, person, lang) for right in case.rights.all()],
        documents=_documents(case, lang),
        day=long_day(case.due_on, lang),
        left=_left(left),
        moved=why_moved(case, lang, today=today),
        late=case.closed_at is None and left < 0,
        receipt_waits=receipt is None and representation.opens_files(case),
        messages=_messages(case, vault, lang) if writes else [],
        writes=writes,
        about=person,
        authority=_authority_here(case),
        notices=notice_address.standing(case, vault),
        attached=[Sent("", files.name_of(vault, file), file.size) for file in attachments.of_request(case)],
    )


def _messages(case: Case, vault: Vault, lang: str) -> list[Written]:
    theirs = set(messages.files_for_person(case).values_list("ref", flat=True))
    return [
        Written(
            item.direction,
            item.text,
            _("%(day)s at %(time)s")
            % {"day": long_day(localdate(item.at), lang), "time": f"{localtime(item.at):%H:%M}"},
            [
                Sent(file.ref if file.ref in theirs else "", files.name_of(vault, file), file.size)
                for file in item.files
            ],
        )
        for item in messages.told(case, vault)
    ]


def authority(case: Case) -> str:
    """What holds for who acts for somebody else; empty for one's own request."""
    row = getattr(case, "representation", None)
    if row is None:
        return ""
    if row.confirmed is None and case.closed_at:  # what has ended promises nothing
        return ""
    if row.confirmed is None:
        return _("We look at whether you may act for the person. We begin when that is clear.")
    if not row.confirmed:
        return _(
            "We could not see that you may act for the person. You can make a new request with proof, or contact us."
        )
    return _("You act for the person, and we have seen that you may.")


def _authority_here(case: Case) -> str:
    """The same on the page of the case, with what is to be sent: nothing for who has sent something, or has custody."""
    said, row = authority(case), getattr(case, "representation", None)
    if row is None or row.confirmed is not None or not said:
        return said
    if row.capacity == Capacity.GUARDIAN.value:
        more = _("We check in the population register that you have custody of the child.")
    elif row.proofs.exists() or case.messages.filter(direction=messages.IN, files__isnull=False).exists():
        more = _("We have got what you sent along. If we need more, we write to you.")
    else:
        more = _("You can send us proof as a message.")
    return f"{said} {more}"


def _left(days: int) -> str:
    if days == 0:
        return _("That is today.")
    if days > 0:
        return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
    return ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}


def _answered(case: Case, vault: Vault, right: CaseRight, person: str, lang: str) -> Answered:
    text = intake.details_of(vault, right)
    outcome, when = outcome_words(case, right), ""
    if right.dispatched_at:
        how, reached = _how_sent(case, right.right)
        when = how % {"day": long_day(localdate(right.dispatched_at), lang)}
        outcome = outcome if reached else ""
    return Answered(title_of(right.right, person), text, outcome, when)


_HOW = {
    Way.PORTAL.value: gettext_lazy("You can download the answer here since %(day)s."),
    Way.POST.value: gettext_lazy("We sent the answer by post on %(day)s."),
    Way.EMAIL.value: gettext_lazy(
        "We sent the answer by e-mail on %(day)s, as a locked PDF. You get the password in another way, never by e-mail."
    ),
    Way.VISIT.value: gettext_lazy("You got the answer at a visit on %(day)s."),
}
"""How an answer came; the first that holds is told."""
_LOST = {"bounced", "post"}


def _how_sent(case: Case, right: str) -> tuple[str, bool]:
    """In which way an answer that has left came, and whether it reached the person as far as we know; no way where none left."""
    sent = list(Delivery.objects.filter(case=case, file__right=right))
    if not sent:  # such as what the person took back
        return "", True
    ways = {item.way for item in sent if not item.revoked_at and item.returned_why not in _LOST}
    if not ways:
        return _("The answer that we sent on %(day)s did not reach you. Contact us if you do not hear from us."), False
    return str(next((said for way, said in _HOW.items() if way in ways), _HOW[Way.VISIT.value])), True


def _documents(case: Case, lang: str) -> list[Document]:
    return [_document(case, item.file, item.on, lang, replaced=item.replaced) for item in released_files(case)]


def _document(case: Case, file: StoredFile, on: date, lang: str, *, replaced: bool = False) -> Document:
    form = pgettext("portal", "ZIP file") if file.kind == "package" else pgettext("portal", "PDF")
    return Document(
        file.ref, document_words(case, file.kind), file.size, file.pages, form, long_day(on, lang), replaced
    )
