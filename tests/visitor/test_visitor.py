from dataclasses import replace

import numpy as np
import pytest

from engine.core.clock import Tick
from engine.scene.scene import SIGNALS
from engine.types import Features, Latent, Placement, Reflection
from engine.visitor.visitor import EYE_A, EYE_B, LOWER_LIP, Viewer


def features(x: float, yaw_deg: float = 0.0, captured_s: float = 0.0, mouth_px: float = 0.0) -> Features:
    points = np.zeros((478, 3), np.float32)
    points[EYE_A], points[EYE_B], points[LOWER_LIP] = (0, 0, 0), (100, 0, 0), (0, mouth_px, 0)
    return Features(np.zeros(3, np.float32), Placement(x, 0.4, 0.1, 0.0, 1.5), points, yaw_deg, 0.0, captured_s, 0)


def reflection(
    x: float, presence: float = 1.0, mouth_px: float = 0.0, yaw_deg: float = 0.0, fit: tuple[float, float] = (0, 0)
) -> Reflection:
    latent = Latent(np.ones(4, np.float32), presence, features(x, yaw_deg, 0.0, mouth_px), 0.0, *fit)
    return Reflection(np.zeros((4, 4, 4), np.uint8), latent, 0.0, 1)


def run(viewer: Viewer, first: Reflection | None, seconds: float, begin_s: float = 0.0) -> None:
    for i in range(round(seconds * 30)):
        viewer.observe(first if i == 0 else None, Tick(i, begin_s + i / 30, 1 / 30))


def test_nobody_there() -> None:
    viewer = Viewer()
    run(viewer, None, 1)
    assert viewer.placement is None
    assert set(viewer.signals) == set(SIGNALS)
    assert viewer.presence == viewer.signals["dwell"] == 0


def test_place_is_taken_at_once_and_then_followed_smoothly() -> None:
    viewer = Viewer()
    viewer.observe(reflection(0.2), Tick(0, 0, 0))
    assert viewer.placement is not None and viewer.placement.x == pytest.approx(0.2)
    viewer.observe(reflection(0.4), Tick(1, 1 / 30, 1 / 30))
    assert 0.22 < viewer.placement.x < 0.38
    assert viewer.signals["speed"] > 0.5
    run(viewer, None, 1, 0.1)
    assert viewer.placement.x == pytest.approx(0.4, abs=1e-3)
    assert viewer.signals["speed"] < 0.05


def test_a_face_that_fades_stays_where_it_was() -> None:
    viewer = Viewer()
    run(viewer, reflection(0.3), 2)
    left = reflection(0.3, presence=0.0)
    nobody = Reflection(left.image, Latent(left.latent.z, 0.0, None, 0.0), 0.0, 2)
    viewer.observe(nobody, Tick(60, 2.0, 1 / 30))
    assert viewer.presence > 0.5 and viewer.placement is not None and viewer.placement.x == pytest.approx(0.3)
    run(viewer, None, 2, 2)
    assert viewer.presence < 0.01 and viewer.placement is None


def test_signals_of_a_visit() -> None:
    viewer = Viewer()
    run(viewer, reflection(0.5, mouth_px=35, yaw_deg=20, fit=(0.3, 0.7)), 3)
    assert viewer.signals["typicality"] == pytest.approx(0.3, abs=0.01)
    assert viewer.signals["likeness"] == pytest.approx(0.7, abs=0.01)
    assert viewer.signals["dwelling"] == viewer.signals["progress"] == 1
    assert viewer.signals["mouth"] == pytest.approx(1, abs=0.01)
    assert viewer.signals["yaw"] == pytest.approx(20, abs=0.1)
    assert viewer.presence == pytest.approx(1, abs=0.01)
    assert 2.5 < viewer.signals["dwell"] < 3
    run(viewer, reflection(0.5, presence=0.0), 1, 3)
    assert viewer.signals["dwell"] == 0


def test_the_room_is_heard_whether_somebody_is_there_or_not() -> None:
    viewer = Viewer()
    viewer.observe(None, Tick(0, 0.0, 0.0), audio=0.4)
    assert viewer.signals["audio"] == 0.4
    viewer.observe(reflection(0.5), Tick(1, 0.1, 0.1))
    assert viewer.signals["audio"] == 0.0


def test_a_measurement_moves_the_face_before_it_is_answered() -> None:
    viewer = Viewer()
    viewer.observe(reflection(0.4), Tick(0, 0.0, 0.0))
    assert viewer.turned_rad == viewer.turned_before_rad == (0.0, 0.0)
    viewer.observe(None, Tick(1, 0.03, 0.03), measured=features(0.45, yaw_deg=6.0, captured_s=0.5))
    viewer.observe(None, Tick(2, 1.0, 1.0))
    assert viewer.placement is not None and viewer.placement.x == pytest.approx(0.45)
    assert viewer.turned_rad[0] == pytest.approx(np.radians(6), rel=0.15) and viewer.turned_rad[1] == 0
    answer = reflection(0.45)
    late = replace(answer, latent=replace(answer.latent, features=features(0.45, yaw_deg=6.0, captured_s=0.5)))
    viewer.observe(late, Tick(3, 1.03, 0.03))
    assert viewer.turned_rad == (0.0, 0.0) and viewer.turned_before_rad[0] == pytest.approx(np.radians(6), rel=0.15)


def test_somebody_else_who_is_measured_does_not_take_the_answer_along() -> None:
    viewer = Viewer()
    viewer.observe(reflection(0.2), Tick(0, 0.0, 0.0))
    for index in range(30):
        viewer.observe(None, Tick(index, index / 30, 1 / 30), measured=features(0.9, captured_s=1 + index / 30))
    assert viewer.placement is not None and viewer.placement.x == pytest.approx(0.2)


def test_nobody_is_measured_while_nobody_is_answered() -> None:
    viewer = Viewer()
    viewer.observe(None, Tick(0, 0.0, 0.0), measured=features(0.3))
    assert viewer.placement is None and viewer.turned_rad == (0.0, 0.0)
