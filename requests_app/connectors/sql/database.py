"""A database as the rest of the connector knows it: ask it something, get an answer or a fault; its connections are kept for the next."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import NullPool, QueuePool, create_engine, event

from requests_app.connectors.base import Fault
from requests_app.connectors.sql.drivers import connecting
from requests_app.connectors.sql.faults import fault_of
from requests_app.connectors.sql.settings import SQLITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from requests_app.connectors.base import ConnectorError, Limits
    from requests_app.connectors.sql.settings import Target

Found = TypeVar("Found")
_DIALECTS = {"postgresql": "postgresql+psycopg://", "mysql": "mysql+pymysql://", "sqlite": "sqlite+pysqlite://"}
_AGAIN = frozenset({Fault.UNREACHABLE, Fault.CUT_OFF, Fault.SERVER_ERROR})
"""Faults after which the same statement is tried again within a run. A statement that took too long would only take as long again."""
_FIRST_PAUSE = 0.2
_BEAT_EVERY = 1.0
_IDLE = 300.0
"""Seconds after which a database that nobody asks any more loses its connections."""
_MOST = 32
"""Databases a process keeps connections to."""
_AT_ONCE = 4
"""Connections of a process to one database."""
_REMEMBERED = 60.0
"""Seconds for which what a database looks like is not asked for again."""
_QUIET_LOGGERS = (
    "sqlalchemy.engine.Engine",
    "sqlalchemy.pool.impl.QueuePool",
    "sqlalchemy.pool.impl.NullPool",
    "sqlalchemy.pool",
    "psycopg",
)


def _never(_record: logging.LogRecord) -> bool:
    return False


for _name in _QUIET_LOGGERS:
    # They tell statements, rows and addresses when something turns them on. A filter outlives logging.config.
    logging.getLogger(_name).addFilter(_never)


@dataclass
class _Held:
    """The engine of a database, and what was seen of the database."""

    engine: Engine
    used: float
    seen: dict[object, tuple[float, Any]] = field(default_factory=dict)


_held: OrderedDict[tuple[Target, float, float], _Held] = OrderedDict()
_lock = threading.Lock()


class Database:
    """One database, asked with the bounds of one run."""

    def __init__(self, target: Target, limits: Limits, heartbeat: Callable[[], None] = lambda: None) -> None:
        self.target = target
        self.limits = limits
        self._heartbeat = heartbeat
        self.statements = 0
        """Questions asked so far, retries counted."""

    def ask(self, work: Callable[[Connection], Found], table: str = "") -> Found:
        """What ``work`` makes of a connection; it may be called again. Raises ``ConnectorError``, with ``table`` where it is about that."""
        attempt = 0
        while True:
            attempt += 1
            self._heartbeat()
            self.statements += 1
            answer = self._once(work, table)
            if not isinstance(answer, _Failed):
                return answer
            if answer.fault.fault not in _AGAIN or attempt >= self.limits.attempts:
                raise answer.fault
            self._pause(_FIRST_PAUSE * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)

    def _once(self, work: Callable[[Connection], Found], table: str) -> Found | _Failed:
        """One try. The fault is raised by the caller, outside the except block, so that no chained exception holds a statement."""
        try:
            with self._mine().engine.connect() as connection:
                return work(connection)
        except Exception as error:  # noqa: BLE001 (what answers may be anything, and drivers then raise anything)
            fault = fault_of(error, table)
        if fault.fault is Fault.MISCONFIGURED:
            self.forget()
        return _Failed(fault)

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._heartbeat()
            time.sleep(min(left, _BEAT_EVERY))

    def remembered(self, key: object, look: Callable[[], Found]) -> Found:
        """What ``look`` saw of the database within the last minute, else what it sees now."""
        seen = self._mine().seen
        at, value = seen.get(key, (float("-inf"), None))
        if time.monotonic() - at > _REMEMBERED:
            value = look()
            seen[key] = time.monotonic(), value
        found: Found = value
        return found

    def forget(self) -> None:
        """Look at the database anew."""
        self._mine().seen.clear()

    def close(self) -> None:
        """Let go of its connections."""
        with _lock:
            mine = _held.pop(self._key, None)
        if mine is not None:
            mine.engine.dispose()

    @property
    def _key(self) -> tuple[Target, float, float]:
        return self.target, self.limits.connect_timeout, self.limits.read_timeout

    def _mine(self) -> _Held:
        now = time.monotonic()
        with _lock:
            mine = _held.get(self._key)
            if mine is None:
                _let_go(self.target, now)
                mine = _held[self._key] = _Held(_engine(self.target, self.limits), now)
            mine.used = now
            _held.move_to_end(self._key)
            return mine


@dataclass(frozen=True)
class _Failed:
    fault: ConnectorError


def _let_go(target: Target, now: float) -> None:
    """Close what is not used any more: idle ones, the oldest of too many, and the same database under an older password."""
    for key, held in list(_held.items()):
        other = key[0]
        replaced = other != target and (other.place, other.user) == (target.place, target.user)
        if replaced or now - held.used > _IDLE or len(_held) >= _MOST:
            del _held[key]
            held.engine.dispose()


def _engine(target: Target, limits: Limits) -> Engine:
    pool: dict[str, Any] = {"poolclass": NullPool}
    if target.database != SQLITE:
        pool = {
            "poolclass": QueuePool,
            "pool_size": _AT_ONCE,
            "max_overflow": 0,
            "pool_timeout": limits.read_timeout,
            "pool_recycle": 60,
        }
    engine = create_engine(
        _DIALECTS[target.database], creator=connecting(target, limits), hide_parameters=True, echo=False, **pool
    )
    if target.database == SQLITE:

        @event.listens_for(engine, "before_cursor_execute")
        def _in_time(connection: Connection, *_rest: Any) -> None:
            timed: Any = connection.connection.dbapi_connection
            timed.deadline = time.monotonic() + limits.read_timeout

    return engine


def _forked() -> None:
    """A forked worker makes connections of its own; those of its parent are not its to close."""
    global _lock
    _lock = threading.Lock()
    for held in _held.values():
        held.engine.dispose(close=False)
    _held.clear()


os.register_at_fork(after_in_child=_forked)
