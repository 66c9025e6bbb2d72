"""What "Test connection" does for every system that speaks HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.connectors.base import ConnectorError, Limits, TestResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.connectors.http import Http

ONE_TRY = Limits(attempts=1, read_timeout=10.0)
"""Somebody waits at the screen."""


def tried(client: Callable[[], Http], call: Callable[[Http], object]) -> TestResult:
    """Make the client, make the call, and say how it went."""
    http = None
    try:
        http = client()
        call(http)
    except ConnectorError as error:
        return TestResult(ok=False, fault=error.fault, params=error.params, requests=http.requests if http else 0)
    return TestResult(ok=True, requests=http.requests)
