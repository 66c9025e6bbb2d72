"""Mails of made-up people."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

ASKS = "Hej!\n\nJag vill veta vilka uppgifter ni har om mig. Radera sedan mitt konto.\n\nAnna Andersson\n"


def mail(
    text: str = ASKS,
    *,
    subject: str = "Mina uppgifter",
    sender: str = "Anna Andersson <anna@example.se>",
    **headers: str,
) -> EmailMessage:
    """A mail as people write them."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = "info@example.se"
    made["Subject"] = subject
    made["Message-ID"] = headers.pop("message_id", f"<{abs(hash((subject, text, sender)))}@example.se>")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def raw(*args: Any, **headers: Any) -> bytes:
    """The same as it lies in a mailbox."""
    return mail(*args, **headers).as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
