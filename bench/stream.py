"""A million records in one answer over HTTP: ``python -m bench.stream [--records N] [--whole]``.

The exit status is 1 when the process grew by more than 50 MB. ``--whole`` reads the answer as smaller ones are read, to compare.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from requests_app.connectors import http
from requests_app.connectors.base import Identifier, IdentifierKind, Limits, Search
from requests_app.connectors.rest.connector import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_MB = 50
DESCRIPTION = """
name: Readings
address: https://system.example
test: {get: /ping}
read:
  readings: {by: [email], get: /readings, items: data.readings, person: {email: email}, category: readings}
categories:
  readings: {kind: time_series, label: Readings, key: id, when: at, fields: {value: {label: Value, type: number, unit: kWh}}}
"""
TEXT = "Uppmätt värde från mätaren, avläst på distans och kontrollerat. " * 4


class Answer(httpx.SyncByteStream):
    """An answer of so many records, made while it is sent."""

    def __init__(self, records: int) -> None:
        self._records = records
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        start = '{"data": {"readings": ['
        for first in range(0, self._records, 500):
            rows = [self._row(n) for n in range(first, min(first + 500, self._records))]
            part = f"{start if first == 0 else ','}{','.join(rows)}".encode()
            self.sent += len(part)
            yield part
        yield b"]}}"

    @staticmethod
    def _row(n: int) -> str:
        at = f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:00:00+01:00"
        return json.dumps({"id": n, "email": "anna@example.se", "at": at, "value": n % 97 / 8, "text": TEXT})


def gather(records: int) -> tuple[int, int]:
    """Records delivered, and bytes of the answer."""
    answer = Answer(records)
    client = httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(200, stream=answer)))
    http.shared_client = lambda: client
    search = Search(
        settings={"description": DESCRIPTION},
        secrets={},
        identifiers=(Identifier(IdentifierKind.EMAIL, "anna@example.se"),),
        person_name="Anna Lindqvist",
        now=datetime(2026, 11, 23, tzinfo=UTC),
        limits=replace(Limits(), attempts=1, max_bytes=1 << 30),
    )
    return sum(len(page.records) for page in Rest().collect(search)), answer.sent


def peak() -> float:
    """The most the process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Warm up, gather, print a line of the table, and give the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--whole", action="store_true")
    asked = parser.parse_args()
    gather(1_000)
    if asked.whole:
        http.WHOLE = 1 << 30
    before, began, cpu = peak(), time.monotonic(), time.process_time()
    found, size = gather(asked.records)
    grown = peak() - before
    seconds, spent = time.monotonic() - began, time.process_time() - cpu
    print("| Records | JSON MB | How | Wall s | CPU s | Growth MB |")
    how = "whole" if asked.whole else "item by item"
    print(f"| {found:,} | {size / 1e6:.0f} | {how} | {seconds:.0f} | {spent:.0f} | {grown:.0f} |")
    return 0 if asked.whole or (found == asked.records and grown <= MOST_MB) else 1


if __name__ == "__main__":
    sys.exit(main())
