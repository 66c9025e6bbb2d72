"""Mail as files, where no mail server is set: one ``.eml`` for each mail, whole or not there at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

from requests_app.services.mail_message import REF_HEADER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.mail import EmailMessage


class OutboxBackend(BaseEmailBackend):
    """Writes each mail to ``settings.MAIL_OUTBOX``, readable for its owner only. The same mail sent again is the same file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them; raises ``OSError`` when the folder cannot be written."""
        folder = Path(settings.MAIL_OUTBOX)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            name = message.extra_headers.get(REF_HEADER) or f"other-{os.urandom(8).hex()}"
            _write(folder / f"{name}.eml", message.message().as_bytes())
        return len(email_messages)


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
