"""The id that ties log lines and events to one web request or task run."""

from __future__ import annotations

import logging
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the web request or task run in progress; empty outside of both."""


class RequestIdFilter(logging.Filter):
    """Put the id on every log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a line."""
        record.request_id = request_id.get() or "-"
        return True
