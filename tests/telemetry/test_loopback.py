"""A loop of known delay: how exactly it is found, and that nothing is found where nothing is."""

import numpy as np
import pytest

from engine.core.latency_stamps import LatencyStamps
from engine.telemetry.loopback import GRID_WH, LOOP_S, Loop, LoopMeasurement, brightness
from engine.types import Latent, Reflection
from tests.telemetry.simulated_camera import SimulatedCamera


def measured(camera: SimulatedCamera, seconds: float = LOOP_S) -> Loop:
    measurement = LoopMeasurement()
    camera.watch(measurement, seconds)
    return measurement.result()


@pytest.mark.parametrize("delay_s", [0.031, 0.0874, 0.2503, 0.6])
def test_a_known_delay_is_found_to_a_fraction_of_a_picture(delay_s: float) -> None:
    found = measured(SimulatedCamera(delay_s)).delay
    assert found is not None
    assert found.delay_s == pytest.approx(delay_s, abs=0.004), "a picture lasts 33 ms"
    assert abs(found.delay_s - delay_s) < 4 * max(found.error_s, 0.001)
    assert found.confidence > 0.8 and found.error_s < 0.005
    assert found.share == pytest.approx(24 * 24 / (64 * 48), rel=0.3)


@pytest.mark.parametrize("fps", [15.0, 25.0, 60.0])
def test_cameras_of_other_rates(fps: float) -> None:
    found = measured(SimulatedCamera(0.12, fps=fps)).delay
    assert found is not None and found.delay_s == pytest.approx(0.12, abs=0.2 / fps)


def test_a_small_pale_pattern_is_found_in_noise_with_less_confidence() -> None:
    found = measured(SimulatedCamera(0.1, patch=(50, 2, 56, 7), contrast=6.0)).delay
    assert found is not None and found.delay_s == pytest.approx(0.1, abs=0.01)
    assert found.share < 0.05


def test_no_pattern_is_no_number_but_one_sentence_that_says_what_to_do() -> None:
    for seed in range(3):
        loop = measured(SimulatedCamera(patch=None, seed=seed))
        assert loop.delay is None
        assert str(loop).startswith("the camera does not see the pattern: point it at the screen")
        assert loop.as_json()["screen_and_camera_ms"] is None
    assert measured(SimulatedCamera(), seconds=1.0).delay is None, "too short"
    assert LoopMeasurement().result() == Loop(None, None)


def test_light_that_flickers_by_itself_is_no_pattern() -> None:
    measurement = LoopMeasurement()
    camera = SimulatedCamera()
    other = LoopMeasurement()
    camera.watch(other, LOOP_S)  # follows the pattern, but what is shown here stood still
    measurement._seen, measurement._shown = other._seen, [(moment_s, 1) for moment_s, _ in other._shown]
    assert measurement.result().delay is None
    levels = np.random.default_rng(3).integers(0, 2, len(other._shown) // 10 + 1).repeat(10)
    measurement._shown = [(moment_s, int(level)) for (moment_s, _), level in zip(other._shown, levels, strict=False)]
    assert measurement.result().delay is None


def test_the_mirrors_own_time_is_added() -> None:
    measurement = LoopMeasurement()
    SimulatedCamera(0.08).watch(measurement, LOOP_S)
    for index in range(9):
        stamps = LatencyStamps(index, index + 0.01, index + 0.02, index + 0.03, index + 0.04)
        latent = Latent(np.ones(4, np.float32), 1.0, None, index)
        answer = Reflection(np.zeros((2, 2, 4), np.uint8), latent, index + 0.04, index, stamps=stamps)
        measurement.presented(200.0 + index - 200.0 + 0.06, answer)
    measurement._shown = measurement._shown[:-9]
    loop = measurement.result()
    assert loop.mirror_s == pytest.approx(0.05)
    assert "the mirror 50.0 ms: who moves sees it 1" in str(loop) and ", confidence " in str(loop)
    assert loop.as_json()["mirror_ms"] == 50.0


def test_pictures_of_any_size_become_their_parts() -> None:
    assert brightness(np.full((1080, 1920, 3), 40, np.uint8)).shape == GRID_WH[::-1]
    assert brightness(np.full((7, 5, 3), 40, np.uint8)) == pytest.approx(np.full((7, 5), 40))
