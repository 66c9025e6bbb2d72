"""A case whose systems wait for people, and what their owners do with the mails they get."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.core import mail as django_mail

from requests_app.models import Case, Collection, OutgoingMail, OwnerLink, System
from requests_app.services import mail_sending
from requests_app.services.owners import asking, links
from tests.world import PERSONNUMMER, identified, open_case

if TYPE_CHECKING:
    from tests.world import World

ADDRESS = "systemagare@leverantor.example"
LINK = re.compile(r"/uppgift/oppna/([A-Za-z0-9_-]+)/")
CSV = "Fakturadatum;Belopp;Intern_ref;Tom\r\n2024-01-31;199,50;åäö-1;\r\n2024-02-29;210,00;åäö-2;\r\n".encode("cp1252")


def owned(world: World, key: str = "fakturering", **fields: object) -> System:
    """The system with an owner whom mails reach."""
    System.objects.filter(key=key).update(**{"owner_email": ADDRESS, **fields})
    return System.objects.get(key=key)


def waiting_case(world: World, name: str = "Åsa Öberg", email: str = "asa@example.se") -> Case:
    """A case about somebody, identified, whose systems wait for people; Karin handles it."""
    case = identified(world, open_case(world, name=name, email=email, personnummer=PERSONNUMMER, by=world.karin))
    Case.objects.filter(pk=case.pk).update(handler=world.karin)
    case.refresh_from_db()
    return case


def row_of(case: Case, key: str = "fakturering") -> Collection:
    """The task of one system."""
    return Collection.objects.select_related("case", "system", "system_version").get(
        case=case, system__key=key, current=True
    )


def asked(case: Case, key: str = "fakturering") -> OwnerLink:
    """The link after everything that waits has been asked for."""
    asking.ask_waiting()
    link = links.living(row_of(case, key))
    assert link is not None
    return link


def send_mails() -> list[str]:
    """Send what is queued to owners; gives the address, subject and text of each mail."""
    for pk in OutgoingMail.objects.filter(state="pending", kind__startswith="owner").values_list("pk", flat=True):
        mail_sending.run(pk)
    sent = [f"{message.to[0]}\n{message.subject}\n{message.body}" for message in django_mail.outbox]
    django_mail.outbox.clear()
    return sent


def token_in(text: str) -> str:
    """The secret of the link in a mail."""
    found = LINK.search(text)
    assert found is not None
    return found.group(1)
