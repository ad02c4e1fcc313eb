import pytest

from engine.clock import ManualClock
from engine.pacing import MAX_DT_S, Pacer


def test_pictures_are_evenly_spaced() -> None:
    clock = ManualClock(100.0)
    pacer = Pacer(clock, rate_hz=50)
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
    pacer = Pacer(clock, rate_hz=50)
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


def test_without_a_rate_nothing_waits() -> None:
    clock = ManualClock()
    pacer = Pacer(clock, rate_hz=None)
    pacer.tick()
    pacer.wait()
    assert clock.now_s() == 0
