"""The states of a case and the moves between them. Paused, extended, overdue and failed are facts with rows, never states."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    REGISTERED = "registered"
    IDENTIFYING = "identifying"
    GATHERING = "gathering"
    REVIEW = "review"
    DECIDING = "deciding"
    DISPATCHING = "dispatching"
    CLOSED = "closed"


class Move(StrEnum):
    """What takes a case from one state to another."""

    ASK_IDENTITY = "ask_identity"
    START_GATHERING = "start_gathering"
    START_DECIDING = "start_deciding"
    FINISH_GATHERING = "finish_gathering"
    GATHER_AGAIN = "gather_again"
    FINISH_REVIEW = "finish_review"
    REVIEW_AGAIN = "review_again"
    FINISH_DECIDING = "finish_deciding"
    DECIDE_AGAIN = "decide_again"
    DISPATCH = "dispatch"
    WITHDRAW = "withdraw"
    CLOSE_UNIDENTIFIED = "close_unidentified"
    JOIN = "join"
    REOPEN = "reopen"
    REOPEN_IDENTITY = "reopen_identity"


MOVES: dict[Move, tuple[frozenset[State], State]] = {
    Move.ASK_IDENTITY: (frozenset({State.REGISTERED}), State.IDENTIFYING),
    Move.START_GATHERING: (frozenset({State.REGISTERED, State.IDENTIFYING}), State.GATHERING),
    Move.START_DECIDING: (frozenset({State.REGISTERED, State.IDENTIFYING}), State.DECIDING),
    Move.FINISH_GATHERING: (frozenset({State.GATHERING}), State.REVIEW),
    Move.GATHER_AGAIN: (frozenset({State.REVIEW, State.DECIDING}), State.GATHERING),
    Move.FINISH_REVIEW: (frozenset({State.REVIEW}), State.DECIDING),
    Move.REVIEW_AGAIN: (frozenset({State.DECIDING, State.DISPATCHING}), State.REVIEW),
    Move.FINISH_DECIDING: (frozenset({State.DECIDING}), State.DISPATCHING),
    Move.DECIDE_AGAIN: (frozenset({State.DISPATCHING}), State.DECIDING),
    Move.DISPATCH: (frozenset({State.DISPATCHING}), State.CLOSED),
    Move.WITHDRAW: (
        frozenset(
            {State.REGISTERED, State.IDENTIFYING, State.GATHERING, State.REVIEW, State.DECIDING, State.DISPATCHING}
        ),
        State.CLOSED,
    ),
    Move.CLOSE_UNIDENTIFIED: (frozenset({State.REGISTERED, State.IDENTIFYING}), State.CLOSED),
    Move.JOIN: (
        frozenset({State.REGISTERED, State.IDENTIFYING, State.GATHERING, State.REVIEW, State.DECIDING}),
        State.CLOSED,
    ),
    Move.REOPEN: (frozenset({State.CLOSED}), State.DECIDING),
    Move.REOPEN_IDENTITY: (frozenset({State.CLOSED}), State.IDENTIFYING),
}
"""Move -> (states it may start from, state it leads to)."""

OPEN = tuple(state for state in State if state is not State.CLOSED)


class IllegalMove(Exception):
    """The move does not start from the state the case is in."""

    def __init__(self, move: Move, state: State) -> None:
        super().__init__(f"{move.value} does not start from {state.value}")
        self.move = move
        self.state = state


def target(move: Move, state: State) -> State:
    """The state ``move`` leads to from ``state``; raises ``IllegalMove``."""
    sources, goal = MOVES[move]
    if state not in sources:
        raise IllegalMove(move, state)
    return goal


def moves_from(state: State) -> tuple[Move, ...]:
    """Every move that starts from ``state``, in the order of the table."""
    return tuple(move for move, (sources, _) in MOVES.items() if state in sources)


class CollectionState(StrEnum):
    """Where the gathering from one system stands."""

    PENDING = "pending"  # due at not_before
    RUNNING = "running"  # held under a lease
    WAITING = "waiting"  # for a person: upload, choice between matches, a confirmed identifier
    FAILED = "failed"  # needs a person: retry, upload, leave out
    DONE = "done"
    LEFT_OUT = "left_out"


class CollectionOutcome(StrEnum):
    """What the gathering from one system gave."""

    FOUND = "found"
    NOTHING = "nothing"
    PARTIAL = "partial"  # a window or a limit; printed in section 15
    SEVERAL = "several"  # matches a person must choose between
    NO_IDENTIFIER = "no_identifier"  # nothing confirmed to search by
    MANUAL = "manual"  # a person uploads
    FAILED = "failed"
    LEFT_OUT = "left_out"


ENDED = frozenset({CollectionState.DONE, CollectionState.LEFT_OUT})
"""Gathering is complete when every system stands here."""
