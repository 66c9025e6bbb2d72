"""Whether name and number of a request that somebody filed for another belong to two people: the number would fetch a stranger's data.

The customer system is asked when the authority is looked at, and what was gathered is read when the review ends. A number without a
system that knows it, and a system that does not answer, say nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from requests_app.connectors.matching import names_agree
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.records import Kind
from requests_app.services import look_up, people, representation
from requests_app.services.batches import open_batch
from requests_app.services.keys import Vault

if TYPE_CHECKING:
    from requests_app.models import Case, Collection
    from requests_app.services.audit import Actor

CODE = "other_name"
"""What a refusal for this is called: whoever has looked into it says so, and goes on."""


def refuse_another_name(*, actor: Actor, case: Case) -> None:
    """Ask the customer system whose number it is; ``ValidationError`` with the name there when it is not the one of the case.

    Logged as a look-up in the case, since a name is told. Not to be called inside a unit of work.
    """
    vault = Vault(case)
    name = people.name_of(case, vault)
    held = people.subject_of(case).identifiers.filter(rejected_at__isnull=True)
    for kind in (IdentifierKind.PERSONNUMMER, IdentifierKind.CUSTOMER_NO):
        item = held.filter(kind=kind.value, value_enc__isnull=False).first()
        if item is None:
            continue
        try:
            looked = look_up.look_up(actor=actor, kind=kind, text=people.value_of(vault, item), case=case)
        except ValidationError:  # no system can be asked by this, or too many have been looked up
            continue
        other = next((known.name for known in looked.found if not names_agree(known.name, name)), "")
        if other:
            said = _(
                "In the customer system the number belongs to %(other)s, but the request is about %(name)s. "
                "Check the authority before you go on."
            )
            raise ValidationError(said % {"other": other, "name": name or "–"}, code=CODE)


def refuse_another_gathered(case: Case, vault: Vault) -> None:
    """Look whether a system that was searched calls the person something else; ``ValidationError`` with the systems when one does.

    Only where somebody acts for the person: else a login vouches for the number, or it was compared when it was typed.
    """
    if not representation.is_represented(case):
        return
    name = people.name_of(case, vault)
    rows = case.collections.filter(current=True, records__gt=0).select_related("system").order_by("system__position")
    other = [str(row.system) for row in rows if any(not names_agree(held, name) for held in _names(row, case, vault))]
    if other:
        said = _(
            "The name in %(systems)s is another than the one of the case, %(name)s. It may be somebody else's data. "
            "Look at the data and the authority before anything is handed out."
        )
        raise ValidationError(said % {"systems": ", ".join(other), "name": name or "–"}, code=CODE)


def _names(row: Collection, case: Case, vault: Vault) -> set[str]:
    """What the system calls the person: first and last name as facts side by side."""
    found = set()
    for batch in row.batches.filter(kind=Kind.FACTS.value).iterator(chunk_size=2):
        for record in open_batch(batch, case.ref, vault):
            first, last = record.fields.get("firstName"), record.fields.get("lastName")
            if isinstance(first, str) and isinstance(last, str) and last.strip():
                found.add(f"{first} {last}")
    return found
