"""What the case page shows of the owners of systems: to whom a link went, what became of it, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from requests_app.admin.case_record import form_of
from requests_app.models import OwnerLink
from requests_app.services.owners import asking, drafts, links, messages
from requests_app.services.owners.links import Status

if TYPE_CHECKING:
    from requests_app.admin.case_record import Bound
    from requests_app.admin.desk import Desk
    from requests_app.admin.forms import StyledForm
    from requests_app.models import Collection
    from requests_app.services.owners.messages import Message


@dataclass
class OwnerLine:
    """One system's owner. ``link`` is the newest one, None while nobody has been asked."""

    name: str
    phone: str
    address: str
    open: bool
    """Whether the task can still be answered."""
    link: OwnerLink | None = None
    sent_to: str = ""
    status: str = ""
    messages: list[Message] = field(default_factory=list)
    reply: StyledForm | None = None
    begun: bool = False
    """Whether the owner has put something into the answer, which goes when the link is taken back."""

    @property
    def living(self) -> bool:
        """Whether the link can be revoked."""
        return self.status in {Status.FRESH, Status.USED, Status.EXPIRED}

    @property
    def waits(self) -> bool:
        """Whether a question waits for an answer."""
        return any(not item.ours and not item.read for item in self.messages)


def lines(desk: Desk, bound: Bound) -> dict[int, OwnerLine]:
    """Gathering -> its system's owner, for those there is something to say of."""
    linked = [row.pk for row in desk.rows if getattr(row, "has_link", False)]
    newest: dict[int, OwnerLink] = {}
    for link in OwnerLink.objects.filter(collection__in=linked).order_by("sent_at", "pk") if linked else ():
        newest[link.collection_id] = link
    begun = drafts.begun(*(row for row in desk.rows if row.pk in newest)) if newest else set()
    found = {}
    for row in desk.rows:
        asked = bool(getattr(row, "has_words", False))
        if row.pk in newest or asked or (links.is_open(row) and asking.address_for(row.system)):
            found[row.pk] = _line(desk, bound, row, newest.get(row.pk), asked)
            found[row.pk].begun = row.pk in begun
    return found


def _line(desk: Desk, bound: Bound, row: Collection, link: OwnerLink | None, asked: bool) -> OwnerLine:
    owner = row.system.owner
    line = OwnerLine(
        name=owner.name if owner is not None else row.system.owner_name,
        phone=row.system.owner_phone,
        address=asking.address_for(row.system),
        open=links.is_open(row),
        messages=messages.of(row, desk.vault) if asked else [],
    )
    if link is not None:
        link.collection = row
        line.link = link
        line.sent_to = links.address_of(link, desk.vault)
        line.status = links.status_of(link).value
    if line.open and line.messages:
        line.reply = form_of(desk, bound, "owner-reply", row.system.key)
    return line
