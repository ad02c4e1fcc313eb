import numpy as np
import pytest

from engine.render.reflection_blend import ReflectionBlend
from engine.types import Latent, Reflection


def after(interval_s: float, count: int = 40) -> ReflectionBlend:
    succession = ReflectionBlend()
    for index in range(count):
        latent = Latent(np.ones(4, np.float32), 1.0, None, 0.0)
        succession.count(Reflection(np.zeros((2, 2, 4), np.uint8), latent, index * interval_s, index))
    return succession


def test_quick_reflections_are_hardly_blended() -> None:
    assert (after(1 / 60).seconds, after(1 / 60).start) == (0.05, 0.6)


def test_slow_ones_begin_with_nothing_and_take_until_the_next() -> None:
    slow = after(0.2)
    assert slow.seconds == pytest.approx(0.2, rel=0.01) and slow.start == 0.0
    between = after(0.08)
    assert between.seconds == pytest.approx(0.08, rel=0.01) and 0.3 < between.start < 0.4


def test_a_pause_says_nothing_of_the_pace_and_no_blend_is_longer_than_a_quarter_second() -> None:
    assert after(30.0).seconds == 0.05
    assert after(0.9).seconds == 0.25
