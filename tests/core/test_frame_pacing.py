from collections.abc import Callable

import numpy as np
import pytest

from engine.core.clock import ManualClock
from engine.core.frame_pacing import (
    HEADROOM,
    MAX_DT_S,
    SOFTWARE_HZ,
    TRIAL_LIMIT_S,
    UNPACED_HZ,
    Pacer,
    TurnPacer,
    find_pace,
)


def test_pictures_are_evenly_spaced() -> None:
    clock = ManualClock(100.0)
    pacer = Pacer(clock, limit_hz=50)
    times = []
    for _ in range(10):
        times.append(pacer.tick())
        clock.advance(0.007)  # drawing
        pacer.wait()
    assert [tick.index for tick in times] == list(range(10))
    assert times[0].dt_s == 0
    assert [tick.dt_s for tick in times[1:]] == pytest.approx([0.02] * 9)
    assert times[-1].time_s == pytest.approx(0.18)


def test_a_stall_is_neither_a_jump_nor_made_up_for() -> None:
    clock = ManualClock()
    pacer = Pacer(clock, limit_hz=50)
    pacer.tick()
    clock.advance(3)
    pacer.wait()
    assert clock.now_s() == 3
    assert pacer.tick().dt_s == MAX_DT_S
    clock.advance(0.001)
    pacer.wait()
    pacer.tick()
    clock.advance(0.001)
    before = clock.now_s()
    pacer.wait()
    assert clock.now_s() - before == pytest.approx(0.019, abs=0.0011)


class FakeWindow:
    """Swaps take, one after the other, what they are told to."""

    def __init__(self, clock: ManualClock, swap_s: Callable[[int], float], says_it_waits: bool = True) -> None:
        self.is_software, self.says_it_waits = False, says_it_waits
        self.swaps = 0
        self._clock, self._swap_s = clock, swap_s

    def present(self) -> None:
        self._clock.advance(self._swap_s(self.swaps))
        self.swaps += 1


@pytest.mark.parametrize("screen_hz", [24.0, 59.94, 144.0, 360.0])
def test_a_screen_that_is_waited_for_keeps_the_pace_and_a_limit_stays_behind_it(screen_hz: float) -> None:
    clock, random = ManualClock(), np.random.default_rng(1)

    def swap(index: int) -> float:  # the driver's queue takes the first at once; now and then a swap is missed
        return 0.0 if index < 3 else (2 if index % 9 == 4 else 1) / screen_hz * (1 + random.normal(0, 0.02))

    pace = find_pace(FakeWindow(clock, swap), clock)
    assert pace.screen_hz == pytest.approx(screen_hz, rel=0.02)
    assert pace.limit_hz == pytest.approx(HEADROOM * screen_hz, rel=0.02)
    assert f"{pace.screen_hz:.1f} frames per second, by waiting for the screen" in str(pace)
    assert clock.now_s() < TRIAL_LIMIT_S + 0.1


def test_a_driver_that_only_says_that_it_waits_is_seen_through() -> None:
    clock, random = ManualClock(), np.random.default_rng(2)
    for swap in (lambda _: 0.0004, lambda _: random.uniform(0.004, 0.03), lambda _: 0.2):
        pace = find_pace(FakeWindow(clock, swap), clock)
        assert (pace.limit_hz, pace.screen_hz) == (UNPACED_HZ, None)
        assert str(pace).startswith("60 frames per second, by sleeping: the driver says that it waits for the screen")


def test_what_the_operator_wants_holds_and_only_what_is_claimed_is_tried() -> None:
    clock = ManualClock()
    assert find_pace(FakeWindow(clock, lambda _: 1 / 60), clock, max_hz=25).limit_hz == 25
    assert find_pace(FakeWindow(clock, lambda _: 1 / 60), clock, max_hz=200).screen_hz == pytest.approx(60)
    unpaced = FakeWindow(clock, lambda _: 1 / 60, says_it_waits=False)
    assert find_pace(unpaced, clock).limit_hz == UNPACED_HZ and find_pace(unpaced, clock, max_hz=90).limit_hz == 90
    software = FakeWindow(clock, lambda _: 1 / 60)
    software.is_software = True
    assert find_pace(software, clock).limit_hz == SOFTWARE_HZ
    assert unpaced.swaps == software.swaps == 0


def test_a_screen_that_is_waited_for_no_longer_does_not_let_the_show_spin() -> None:
    clock = ManualClock()
    pacer = Pacer(clock, find_pace(FakeWindow(clock, lambda _: 1 / 60), clock).limit_hz)
    began_s = clock.now_s()
    for _ in range(60):
        pacer.tick()
        clock.advance(1 / 60)  # drawing and waiting for the screen
        pacer.wait()
    assert clock.now_s() - began_s == pytest.approx(1.0), "the limit adds nothing"
    for _ in range(60):
        pacer.tick()
        pacer.wait()  # a hidden window
    assert clock.now_s() - began_s > 1.8


def turns(camera_hz: float, rate_hz: float, work_s: Callable[[int], float], seconds: float = 10.0) -> np.ndarray:
    """(taken, captured) of each turn before a camera, s."""
    pacer, now_s, last, taken = TurnPacer(), 0.005, -1, []
    while now_s < seconds:
        newest = int(now_s * camera_hz)
        if newest == last:  # wait for the next
            newest += 1
            now_s = newest / camera_hz
        last = newest
        taken.append((now_s, newest / camera_hz))
        turn_s = now_s
        now_s += work_s(len(taken))
        now_s += pacer.pause_s(turn_s, now_s, rate_hz)
    return np.array(taken)


def test_a_turn_waits_for_a_frame_and_no_frame_for_a_turn() -> None:
    def work(turn: int) -> float:
        return 0.061 if turn % 50 == 10 else 0.015  # once in a while it is held up

    taken = turns(30.0, 30.0, work)
    waited_s = taken[:, 0] - taken[:, 1]
    assert np.median(waited_s) < 1e-6 and np.mean(waited_s > 0.002) < 0.25
    assert len(taken) > 280


@pytest.mark.parametrize("camera_hz", [30.0, 40.0, 60.0, 90.0])
def test_no_more_turns_than_wanted_on_average(camera_hz: float) -> None:
    assert 18.5 < len(turns(camera_hz, 20.0, lambda _: 0.01)) / 10 <= 20.9
