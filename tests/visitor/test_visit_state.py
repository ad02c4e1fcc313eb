"""The parts of a visit: when each begins, and how smoothly each gives way to the next."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.reflection import VisitSettings
from engine.core.clock import Tick
from engine.visitor.visit_state import Visit, VisitState

FPS = 30
TIMES = VisitSettings(notice_s=0.5, arrive_s=1.0, leave_s=2.0)
IDLE, NOTICE, ARRIVE, DWELL, LEAVE = VisitState


def run(visit: Visit, seconds: float, presences: Iterable[float], is_seen: bool = True) -> list[VisitState]:
    """The states of so many seconds; of `presences` the last one stands."""
    reflections, states, presence = iter(presences), [], 0.0
    for index in range(round(seconds * FPS)):
        presence = next(reflections, presence)
        visit.advance(presence, is_seen, Tick(index, index / FPS, 1 / FPS))
        states.append(visit.state)
    return states


def rising(seconds: float = 1.0) -> list[float]:
    return [min(1.0, (index + 1) / FPS / seconds) for index in range(round(seconds * FPS))]


def test_a_visit_passes_through_its_states_in_order() -> None:
    visit = Visit(TIMES)
    states = run(visit, 1, [], is_seen=False) + run(visit, 0.5, [0.0]) + run(visit, 4, rising())
    states += run(visit, 3, [1.0 - x for x in rising(2.0)], is_seen=False)
    assert list(dict.fromkeys(states)) == [IDLE, NOTICE, ARRIVE, DWELL, LEAVE]
    assert states[-1] is IDLE
    assert states.count(ARRIVE) == pytest.approx(FPS, abs=1) and states.count(LEAVE) == pytest.approx(2 * FPS, abs=1)


def test_a_visitor_who_only_passes_is_noticed_and_forgotten() -> None:
    visit = Visit(TIMES)
    states = run(visit, 0.3, [0.0]) + run(visit, 0.3, [0.0], is_seen=False)
    assert list(dict.fromkeys(states)) == [NOTICE, IDLE]


def test_presence_that_stands_still_between_reflections_is_no_leaving() -> None:
    visit = Visit(TIMES)
    slow = [presence for presence in rising() for _ in range(4)]
    assert LEAVE not in run(visit, 6, slow)


def test_whoever_turns_round_while_leaving_arrives_again_without_a_jump() -> None:
    visit = Visit(TIMES)
    run(visit, 3, rising())
    run(visit, 1, [1.0 - x for x in rising(2.0)], is_seen=False)
    before = dict(visit.weights)
    assert 0 < before[LEAVE] < 1 and 0 < before[DWELL] < 1
    run(visit, 1 / FPS, [0.6])
    assert visit.state is ARRIVE
    assert all(abs(visit.weights[state] - before[state]) < 0.02 for state in VisitState)


def test_nobody_has_left_while_a_reflection_is_still_there() -> None:
    visit = Visit(TIMES)
    run(visit, 3, rising())
    assert set(run(visit, 6, [0.5, 0.2])) == {LEAVE}
    assert run(visit, 1 / FPS, [0.0], is_seen=False) == [IDLE]


def test_progress_runs_through_the_time_of_a_state() -> None:
    visit = Visit(TIMES)
    assert visit.progress == 0
    run(visit, 0.55, rising())
    assert (visit.state, visit.progress) == (ARRIVE, pytest.approx(0.5, abs=0.05))
    run(visit, 5, [1.0])
    assert (visit.state, visit.progress) == (DWELL, 1.0)


def test_a_state_without_time_is_entered_at_once() -> None:
    visit = Visit(VisitSettings(notice_s=0.0))
    run(visit, 1 / FPS, [0.0])
    assert visit.weights[NOTICE] == 1.0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0, 0.25)), max_size=60))
def test_weights_are_shares_of_one_whatever_happens(moments: list[tuple[float, bool, float]]) -> None:
    visit = Visit(TIMES)
    for index, (presence, is_seen, dt_s) in enumerate(moments):
        visit.advance(presence, is_seen, Tick(index, 0.0, dt_s))
        assert sum(visit.weights.values()) == pytest.approx(1)
        assert all(-1e-9 <= weight <= 1 + 1e-9 for weight in visit.weights.values())
        assert 0 <= visit.progress <= 1


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 12))
def test_weights_do_not_depend_on_the_rate_of_frames(parts: int) -> None:
    coarse, fine = Visit(TIMES), Visit(TIMES)
    for visit in (coarse, fine):
        visit.advance(0.1, True, Tick(0, 0.0, 0.0))
    coarse.advance(0.1, True, Tick(1, 0.2, 0.24))
    for index in range(parts):
        fine.advance(0.1, True, Tick(index, 0.0, 0.24 / parts))
    assert fine.weights[ARRIVE] == pytest.approx(coarse.weights[ARRIVE])
