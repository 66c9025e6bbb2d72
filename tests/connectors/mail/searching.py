"""Mails of made-up people in a mailbox, and searches for them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from requests_app.connectors import registry
from requests_app.connectors.base import Identifier, IdentifierKind, Limits, Search
from tests.connectors.world import Gathered
from tests.support.dovecot import SECRET, USER

if TYPE_CHECKING:
    from tests.support.dovecot import Dovecot

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ANNA = "anna@example.se"
LIMITS = Limits(connect_timeout=3, read_timeout=3)


def mail(
    text: str = "Hej! När kommer fakturan?",
    *,
    subject: str = "Faktura",
    sender: str = "Anna Lindqvist <anna@example.se>",
    to: str = "info@hem.example",
    day: int = 2,
    message_id: str = "",
    files: dict[str, bytes] | None = None,
    **headers: str,
) -> bytes:
    """A mail as programs write them; ``day`` of November 2026."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = f"{day:02d} Nov 2026 10:00:00 +0100"
    made["Message-ID"] = message_id or f"<{abs(hash((text, subject, sender, to, day)))}@example.se>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    for name, data in (files or {}).items():
        made.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return made.as_bytes()


def settings_of(port: int, **changes: Any) -> dict[str, Any]:
    """What an administrator enters for the server."""
    usual = {
        "host": "127.0.0.1",
        "port": port,
        "tls": False,
        "user": USER,
        "folders": "*",
        "own_addresses": "hem.example",
    }
    return {**usual, **changes}


def search(port: int, *values: str, name: str = "Anna Lindqvist", secret: str = SECRET, **changes: Any) -> Search:
    """A search by addresses, or by customer number where a value is no address."""
    ours = {"cursor", "chosen", "heartbeat", "limits", "now"}
    identifiers = tuple(
        Identifier(IdentifierKind.EMAIL if "@" in value else IdentifierKind.CUSTOMER_NO, value)
        for value in values or (ANNA,)
    )
    given = {key: value for key, value in changes.items() if key in ours}
    settings = settings_of(port, **{key: value for key, value in changes.items() if key not in ours})
    return Search(settings, {"password": secret}, identifiers, name, **{"now": NOW, "limits": LIMITS, **given})


def gather(server: Dovecot, *values: str, **changes: Any) -> Gathered:
    """All pages of a search."""
    return Gathered(list(registry.get("mailbox").collect(search(server.port, *values, **changes))))


def texts(gathered: Gathered) -> list[str]:
    """What the mails say, in their order."""
    return [record.fields["text"].strip() for record in gathered.records]
