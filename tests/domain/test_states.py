"""The moves of a case: every state against every move."""

from __future__ import annotations

import itertools

import pytest

from requests_app.domain.rights import GROUNDS, NEEDS_GROUND, Ground, Outcome, Right
from requests_app.domain.states import MOVES, OPEN, IllegalMove, Move, State, moves_from, target

LEGAL = {
    ("registered", "ask_identity"): "identifying",
    ("registered", "start_gathering"): "gathering",
    ("identifying", "start_gathering"): "gathering",
    ("registered", "start_deciding"): "deciding",
    ("identifying", "start_deciding"): "deciding",
    ("gathering", "finish_gathering"): "review",
    ("review", "gather_again"): "gathering",
    ("deciding", "gather_again"): "gathering",
    ("review", "finish_review"): "deciding",
    ("deciding", "review_again"): "review",
    ("dispatching", "review_again"): "review",
    ("deciding", "finish_deciding"): "dispatching",
    ("dispatching", "decide_again"): "deciding",
    ("dispatching", "dispatch"): "closed",
    ("registered", "close_unidentified"): "closed",
    ("identifying", "close_unidentified"): "closed",
    ("closed", "reopen"): "deciding",
    ("closed", "reopen_identity"): "identifying",
    **{(state, "join"): "closed" for state in ("registered", "identifying", "gathering", "review", "deciding")},
    **{
        (state, "withdraw"): "closed"
        for state in ("registered", "identifying", "gathering", "review", "deciding", "dispatching")
    },
}


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_it_allows_exactly_the_moves_of_the_table(state: State, move: Move) -> None:
    expected = LEGAL.get((state.value, move.value))
    if expected is None:
        with pytest.raises(IllegalMove) as caught:
            target(move, state)
        assert (caught.value.state, caught.value.move) == (state, move)
    else:
        assert target(move, state).value == expected


def test_only_reopening_leaves_a_closed_case() -> None:
    assert moves_from(State.CLOSED) == (Move.REOPEN, Move.REOPEN_IDENTITY)


def test_it_can_reach_every_state_from_registered_and_close_from_each() -> None:
    reached, todo = set(), [State.REGISTERED]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo.extend(target(move, state) for move in moves_from(state))
    assert reached == set(State)
    assert all(Move.WITHDRAW in moves_from(state) for state in OPEN)
    assert set(MOVES) == set(Move)


def test_it_has_grounds_for_every_right_that_can_be_refused() -> None:
    assert set(GROUNDS) == set(Right)
    assert all(GROUNDS[right] for right in Right if right is not Right.CONSENT_WITHDRAWAL)
    assert {ground for grounds in GROUNDS.values() for ground in grounds} == set(Ground)
    assert {Outcome.REFUSED, Outcome.PARTLY_GRANTED} == NEEDS_GROUND
