"""The id that ties log lines and events to one web request or task run."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the web request or task run in progress; empty outside of both."""


class RequestIdFilter(logging.Filter):
    """Put the id on every log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a line."""
        record.request_id = request_id.get() or "-"
        return True


class SecretAddressFilter(logging.Filter):
    """Take what opens a calendar or a task out of addresses that Django logs: the address is the key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; the record's texts are changed."""
        if isinstance(record.args, tuple):
            record.args = tuple(_SECRET.sub(r"\1…", item) if isinstance(item, str) else item for item in record.args)
        return True


_SECRET = re.compile(r"(/avregistrera/|/kalender/|/uppgift/oppna/|/logga-in/lank/|/bekrafta-adress/)[^/\s]+")
