"""The second look at what was drawn: only if asked, no more than twice a second, and nothing where there is no face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.core.clock import ManualClock
from engine.pipeline.reflection_analyzer import PERIOD_S, ReflectionAnalyzer
from engine.types import Features, Frame, Latent, Reflection
from tests.render.pictures import measured_viewer

VIEWER = measured_viewer()


def drawn(number: int, *, somebody: bool = True, level: int = 9) -> Reflection:
    latent = Latent(np.ones(4, np.float32), float(somebody), VIEWER if somebody else None, 0.0)
    return Reflection(np.full((8, 8, 4), level, np.uint8), latent, 0.0, number)


class Looks:
    """A featurizer that keeps what it was shown; black pictures have no face."""

    def __init__(self) -> None:
        self.seen: list[Frame] = []
        self.closed = 0

    def __call__(self, frame: Frame) -> Features | None:
        self.seen.append(frame)
        if frame.image.max() == 255:
            raise RuntimeError("the mesh broke")
        return replace(VIEWER, sequence=frame.sequence) if frame.image.any() else None

    def close(self) -> None:
        self.closed += 1


def test_it_looks_twice_a_second_at_most_and_only_if_asked() -> None:
    looks, clock = Looks(), ManualClock()
    listener = ReflectionAnalyzer(lambda: looks, clock, waits=True)
    for number in range(90):  # three seconds, of which the middle one is asked for
        listener.listen(drawn(number), number / 30, is_asked=30 <= number < 60)
        assert (listener.echo is not None) == (30 <= number < 60)
    assert [frame.sequence for frame in looks.seen] == [30, 30 + round(30 * PERIOD_S)]
    assert looks.seen[0].image.shape == (8, 8, 3)


def test_the_comparison_is_of_one_moment() -> None:
    listener = ReflectionAnalyzer(Looks, ManualClock(), waits=True)
    listener.listen(drawn(7), 0.0, is_asked=True)
    assert listener.echo is not None
    assert listener.echo.viewer is VIEWER and listener.echo.stranger.sequence == 7


@pytest.mark.parametrize("reflection", [drawn(2, somebody=False), drawn(2, level=0), drawn(2, level=255)])
def test_nobody_no_face_or_a_fault_are_no_echo(reflection: Reflection) -> None:
    listener = ReflectionAnalyzer(Looks, ManualClock(), waits=True)
    listener.listen(drawn(1), 0.0, is_asked=True)
    assert listener.echo is not None
    listener.listen(reflection, PERIOD_S, is_asked=True)
    assert listener.echo is None
    assert listener.stage.error_count == (reflection.image.max() == 255)


def test_its_start_is_not_waited_for() -> None:
    listener = ReflectionAnalyzer(Looks, ManualClock())
    listener.listen(drawn(1), 0.0, is_asked=True)
    assert listener.echo is None and listener._loader is not None
    listener._loader.join(10)
    listener.listen(drawn(2), PERIOD_S, is_asked=True)
    assert listener.echo is not None


def test_it_releases_what_looks() -> None:
    looks = Looks()
    listener = ReflectionAnalyzer(lambda: looks, ManualClock(), waits=True)
    listener.listen(drawn(1), 0.0, is_asked=True)
    listener.close()
    listener.close()
    assert looks.closed == 1
