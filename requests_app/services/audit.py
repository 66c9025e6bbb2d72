"""The log: one event per thing that happened, chained by keyed hashes, appended once at the end of the outermost transaction."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from requests_app.crypto.keyring import parse_keys
from requests_app.domain.events import check_fields
from requests_app.domain.trace import request_id
from requests_app.models import Case, ChainHead, Event, EventPayload, User
from requests_app.services.keys import DOSSIER, KeyDestroyed, Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.apps import AppConfig

ZERO = bytes(32)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as the log keeps it."""

    ref: str
    user: User | None = None

    @classmethod
    def staff(cls, user: User) -> Actor:
        """A member of staff, by id and name: the name stays readable when the account is gone."""
        return cls(f"user:{user.pk}:{user.name}"[:80], user)


PERSON = Actor("person")
WORKER = Actor("worker")
SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class _Pending:
    kind: str
    actor: Actor
    case: Case | None
    open: dict[str, Any]
    personal: dict[str, Any]


@dataclass(slots=True)
class Unit:
    """One unit of work: a transaction that ends with its events."""

    actor: Actor
    pending: list[_Pending] = field(default_factory=list)

    def event(self, code: str, case: Case | None = None, /, *, actor: Actor | None = None, **fields: Any) -> None:
        """Note that something happened. Undeclared fields are refused; personal ones need a case, whose key seals them."""
        declared = check_fields(code, frozenset(fields))
        personal = {name: value for name, value in fields.items() if name in declared.personal}
        if personal and case is None:
            raise ValueError(f"{code} holds personal fields and needs a case")
        plain = {name: value for name, value in fields.items() if name in declared.open}
        self.pending.append(_Pending(code, actor or self.actor, case, plain, personal))


_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


@contextmanager
def unit(actor: Actor) -> Iterator[Unit]:
    """A transaction whose events are appended at its end. Inside another one it joins that; what it noted goes if it fails."""
    outer = _current.get()
    if outer is not None:
        before, outer_actor = len(outer.pending), outer.actor
        outer.actor = actor
        try:
            with transaction.atomic():
                yield outer
        except BaseException:
            del outer.pending[before:]
            raise
        finally:
            outer.actor = outer_actor
        return
    with transaction.atomic():
        work = Unit(actor)
        token = _current.set(work)
        try:
            yield work
        finally:
            _current.reset(token)
        _append(work.pending)


def _audit_key() -> bytes:
    keys, current = parse_keys(settings.AUDIT_KEY)
    return keys[current]


def _digest(salt: bytes, plain: dict[str, Any], enc: bytes | None) -> bytes:
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(salt + len(text).to_bytes(8, "big") + text + (enc or b"")).digest()


def _mac(key: bytes, event: Event) -> bytes:
    parts = [
        event.seq,
        event.kind,
        event.schema_v,
        event.case_ref,
        event.actor_ref,
        event.request_id,
        event.at.isoformat(),
    ]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    return hmac.new(key, bytes(event.prev) + bytes(event.digest) + text, hashlib.sha256).digest()


def _append(pending: list[_Pending]) -> None:
    """Write the events after the chain's head, which is locked last of all (lock order: case, collection, head)."""
    if not pending:
        return
    key, now = _audit_key(), timezone.now()
    head = ChainHead.objects.select_for_update().get(pk=1)
    seq, prev = head.seq, bytes(head.mac)
    vaults: dict[int, Vault] = {}
    events, payloads = [], []
    for item in pending:
        seq += 1
        enc = None
        if item.personal and item.case is not None:
            vault = vaults.setdefault(item.case.pk, Vault(item.case))
            enc = vault.seal(DOSSIER, item.personal, "event", item.kind, seq)
        plain = json.loads(json.dumps(item.open, default=str))
        salt = secrets.token_bytes(16)
        event = Event(
            seq=seq,
            kind=item.kind,
            schema_v=check_fields(item.kind, frozenset()).version,
            case_ref=item.case.ref if item.case else "",
            actor_ref=item.actor.ref,
            request_id=request_id.get()[:36],
            at=now,
            digest=_digest(salt, plain, enc),
            prev=prev,
        )
        event.mac = prev = _mac(key, event)
        events.append(event)
        payloads.append(EventPayload(seq=seq, salt=salt, open=plain, enc=enc))
    Event.objects.bulk_create(events)
    EventPayload.objects.bulk_create(payloads)
    ChainHead.objects.filter(pk=1).update(seq=seq, mac=prev)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found. ``broken_at`` is the first event that does not fit; ``payloads_gone`` were deleted lawfully or not."""

    ok: bool
    events: int
    broken_at: int | None = None
    reason: str = ""
    payloads_gone: int = 0
    head: str = ""


def verify() -> Verdict:
    """Walk the whole chain: order, links, hashes, payload digests and the head (a cut tail shows there)."""
    key, prev, count, gone = _audit_key(), ZERO, 0, 0
    for events in _chunks():
        payloads = EventPayload.objects.in_bulk([event.seq for event in events])
        for event in events:
            count += 1
            if event.seq != count:
                return Verdict(False, count, count, "missing")
            if bytes(event.prev) != prev or not hmac.compare_digest(bytes(event.mac), _mac(key, event)):
                return Verdict(False, count, event.seq, "changed")
            payload = payloads.get(event.seq)
            if payload is None:
                gone += 1
            elif _digest(bytes(payload.salt), payload.open, bytes(payload.enc) if payload.enc else None) != bytes(
                event.digest
            ):
                return Verdict(False, count, event.seq, "payload changed")
            prev = bytes(event.mac)
    head = ChainHead.objects.get(pk=1)
    if (head.seq, bytes(head.mac)) != (count, prev):
        return Verdict(False, count, count, "tail cut")
    return Verdict(True, count, payloads_gone=gone, head=prev.hex())


def _chunks(size: int = 2000) -> Iterator[list[Event]]:
    last = -1
    while events := list(Event.objects.filter(seq__gt=last).order_by("seq")[:size]):
        yield events
        last = events[-1].seq


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event as the case's log shows it."""

    event: Event
    open: dict[str, Any]
    personal: dict[str, Any]


def log_of(case: Case, *, limit: int = 200, newest_first: bool = True, vault: Vault | None = None) -> list[LogEntry]:
    """The case's events with what they say; personal fields only while the dossier key exists."""
    events = list(Event.objects.filter(case_ref=case.ref).order_by("-seq" if newest_first else "seq")[:limit])
    payloads = EventPayload.objects.in_bulk([event.seq for event in events])
    vault = vault or Vault(case)
    entries = []
    for event in events:
        payload = payloads.get(event.seq)
        personal = (
            vault.unseal(DOSSIER, payload.enc, "event", event.kind, event.seq) if payload and payload.enc else None
        )
        entries.append(LogEntry(event, payload.open if payload else {}, personal or {}))
    return entries


TABLE = "requests_app_event"
_SQLITE = [
    f"DROP TRIGGER IF EXISTS {TABLE}_no_update",
    f"DROP TRIGGER IF EXISTS {TABLE}_no_delete",
    f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
]
_POSTGRESQL = [
    f"CREATE OR REPLACE FUNCTION {TABLE}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$",
    f"DROP TRIGGER IF EXISTS {TABLE}_no_change ON {TABLE}",
    f"DROP TRIGGER IF EXISTS {TABLE}_no_truncate ON {TABLE}",
    f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_append_only()",
    f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_append_only()",
]


def make_triggers(sender: AppConfig | None = None, using: str = "default", **_: Any) -> None:
    """Make the log's triggers anew and its head where there is none; runs after every migrate, since table remakes drop triggers."""
    database = connections[using]
    if TABLE not in database.introspection.table_names():
        return
    with database.cursor() as cursor:
        for statement in _SQLITE if database.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)
    ChainHead.objects.using(using).get_or_create(pk=1, defaults={"seq": 0, "mac": ZERO})


def triggers_missing() -> list[str]:
    """Names of the log's triggers that the database lacks; empty when it is guarded (or has no tables yet)."""
    if TABLE not in connection.introspection.table_names():
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            wanted = {f"{TABLE}_no_update", f"{TABLE}_no_delete"}
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
        else:
            wanted = {f"{TABLE}_no_change", f"{TABLE}_no_truncate"}
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled <> 'D'",
                [TABLE],
            )
        return sorted(wanted - {row[0] for row in cursor.fetchall()})


__all__ = [
    "PERSON",
    "SYSTEM",
    "WORKER",
    "Actor",
    "KeyDestroyed",
    "LogEntry",
    "Unit",
    "Verdict",
    "log_of",
    "make_triggers",
    "triggers_missing",
    "unit",
    "verify",
]
