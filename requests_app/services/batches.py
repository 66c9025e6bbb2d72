"""Records into sealed batches and back."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.records import Kind, Record
from requests_app.models import Batch

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from requests_app.models import Collection
    from requests_app.services.keys import Vault

BATCH_RECORDS = 1_000
_NO_TOKEN = uuid.UUID(int=0)


class BatchWriter:
    """Collects records of one gathering, drops those it has seen, and seals them in batches of one category each."""

    def __init__(self, row: Collection, vault: Vault) -> None:
        self._row = row
        self._vault = vault
        self._case_ref = row.case.ref
        self._held: dict[tuple[str, str], list[Record]] = {}
        self._seen: set[bytes] = set()
        self.next_seq = row.next_seq
        self.count = 0
        if row.next_seq:  # what an earlier run kept
            self._seen.update(map(_print, records_of(row, vault)))

    def add(self, records: Iterable[Record]) -> None:
        """Keep each record that was not kept before: the same one found by two identifiers, or on two pages, counts once."""
        for record in records:
            mark = _print(record)
            if mark in self._seen:
                continue
            self._seen.add(mark)
            self._held.setdefault((record.category, record.kind.value), []).append(record)
            self.count += 1

    @property
    def held(self) -> int:
        """How many records wait to be sealed."""
        return sum(len(records) for records in self._held.values())

    def take(self) -> list[Batch]:
        """Seal what waits; unsaved rows, numbered on."""
        batches = []
        for (category, kind), records in self._held.items():
            for start in range(0, len(records), BATCH_RECORDS):
                batches.append(self._seal(category, kind, records[start : start + BATCH_RECORDS]))
        self._held = {}
        return batches

    def _seal(self, category: str, kind: str, records: list[Record]) -> Batch:
        seq = self.next_seq
        self.next_seq += 1
        days = [record.occurred_at.astimezone(STOCKHOLM).date() for record in records if record.occurred_at]
        rows = [record.to_row() for record in records]
        return Batch(
            collection=self._row,
            token=self._row.token or _NO_TOKEN,
            category=category,
            kind=kind,
            seq=seq,
            n=len(records),
            first_on=min(days, default=None),
            last_on=max(days, default=None),
            blob=self._vault.gathered.seal_rows(rows, self._case_ref, self._row.pk, category, seq),
        )


def drop(row: Collection) -> None:
    """Let a gathering begin from nothing: what was kept is of a content that is not there any more, and its rest never comes."""
    row.batches.all().delete()
    type(row).objects.filter(pk=row.pk).update(
        cursor_enc=None, next_seq=0, records=0, pages=0, searched_from=None, searched_to=None
    )


def _print(record: Record) -> bytes:
    return hashlib.blake2b(f"{record.category}\0{record.key}".encode("utf-8", "surrogatepass"), digest_size=12).digest()


def open_batch(batch: Batch, case_ref: str, vault: Vault) -> list[Record]:
    """The records of one batch."""
    rows = vault.gathered.open_rows(bytes(batch.blob), case_ref, batch.collection_id, batch.category, batch.seq)
    kind = Kind(batch.kind)
    return [Record.from_row(row, category=batch.category, kind=kind) for row in rows]


def records_with(row: Collection, vault: Vault, category: str, pattern: re.Pattern[str] | None) -> Iterator[Record]:
    """Records of a category, less whole batches that hold nothing that the pattern finds in their JSON; all of them without one."""
    for batch in row.batches.filter(category=category).order_by("seq").iterator(chunk_size=4):
        text = vault.gathered.open_text(bytes(batch.blob), row.case.ref, batch.collection_id, batch.category, batch.seq)
        if pattern is None or pattern.search(text):
            kind = Kind(batch.kind)
            yield from (Record.from_row(item, category=category, kind=kind) for item in json.loads(text))


def records_of(row: Collection, vault: Vault, category: str | None = None) -> Iterator[Record]:
    """All records of a gathering, batch by batch in the order they were gathered; ``row.case`` must be loaded."""
    batches = row.batches.order_by("seq")
    if category is not None:
        batches = batches.filter(category=category)
    for batch in batches.iterator(chunk_size=4):
        yield from open_batch(batch, row.case.ref, vault)
