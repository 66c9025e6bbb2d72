"""One thread that writes for several that read: systems are waited for side by side over a single connection to the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Sequence

LINGER = 0.02
"""Seconds in which those that end about the same time are waited for, so that they are written together."""

Ask = Callable[[Callable[[], Any]], Any]
"""Has something done where the database may be spoken with, and gives or raises what comes of it."""
Work = TypeVar("Work")


def alone(call: Callable[[], Any]) -> Any:
    """To ask where nobody reads beside one: it is done on the spot."""
    return call()


@dataclass(frozen=True, slots=True)
class _Asked:
    call: Callable[[], Any]
    answer: Future[Any]

    def do(self) -> None:
        try:
            self.answer.set_result(self.call())
        except BaseException as error:  # noqa: BLE001 - raised where it was asked
            self.answer.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Ended(Generic[Work]):
    work: Work
    whole: bool


def side_by_side(work: Sequence[Work], read: Callable[[Work, Ask], bool], write: Callable[[list[Work]], None]) -> None:
    """Read each piece in a thread of its own, and write those whose reading was true in this thread, several at a time.

    What a reader asks is done in this thread too. ``read`` ends its own faults; the first of ``write`` is raised when all is over.
    """
    desk: SimpleQueue[_Asked | _Ended[Work]] = SimpleQueue()

    def ask(call: Callable[[], Any]) -> Any:
        answer: Future[Any] = Future()
        desk.put(_Asked(call, answer))
        return answer.result()

    def reading(piece: Work) -> None:
        whole = False
        try:
            whole = read(piece, ask)
        finally:
            connections.close_all()  # of this thread alone, if it made any
            desk.put(_Ended(piece, whole))

    with ThreadPoolExecutor(len(work), thread_name_prefix="gathering") as threads:
        for piece in work:
            threads.submit(copy_context().run, reading, piece)
        _serve(desk, len(work), write)


def _serve(desk: SimpleQueue[_Asked | _Ended[Work]], left: int, write: Callable[[list[Work]], None]) -> None:
    """Do what is asked until all readings have ended and what they gave is written."""
    whole: list[Work] = []
    until, failed = 0.0, None
    while left or whole:
        try:
            item = desk.get(timeout=(max(0.0, until - time.monotonic()) if left else 0.0) if whole else None)
        except Empty:
            try:
                write(whole)
            except BaseException as error:  # noqa: BLE001 - the others are still served, and then it is raised
                failed = failed or error
            whole = []
            continue
        if isinstance(item, _Asked):
            item.do()
            continue
        left -= 1
        if item.whole:
            until = until if whole else time.monotonic() + LINGER
            whole.append(item.work)
    if failed is not None:
        raise failed
