"""A picture as a film: a still head trembles by the sensor alone, a turned one turns to its side."""

from __future__ import annotations

import cv2
import numpy as np

from engine.types import ByteArray, Features, Placement
from tests.features.test_aligned_crop import landmarks
from tools.likeness.viewer_film import CAMERA_WH, FACE_PX, ViewerFilm

NOSE = 4


def dotted() -> tuple[ByteArray, Features]:
    """A grey portrait with a light dot on the nose, and its face."""
    points = landmarks(FACE_PX / 2, FACE_PX * 0.45, FACE_PX / 4)
    picture = np.full((FACE_PX, FACE_PX, 3), 90, np.uint8)
    x, y, _ = points[NOSE]
    cv2.circle(picture, (round(float(x)), round(float(y))), 5, (255, 255, 255), -1)
    return picture, Features(np.zeros(1, np.float32), Placement(0.5, 0.5, 0.3, 0, 1), points, 0, 0, 0, 0)


def dot_x(frame: ByteArray) -> float:
    return float(np.nonzero(frame[..., 0] > 200)[1].mean())


def test_a_still_head_trembles_by_the_sensor_alone() -> None:
    film = ViewerFilm(*dotted())
    first, second = film.still(2, np.random.default_rng(0))
    assert first.shape == (CAMERA_WH[1], CAMERA_WH[0], 3)
    assert 1.0 < np.abs(first.astype(int) - second).mean() < 6.0
    assert abs(dot_x(first) - dot_x(second)) < 1.0


def test_the_nose_goes_to_the_side_that_a_head_is_turned_to_and_the_border_stays() -> None:
    film = ViewerFilm(*dotted())
    left, ahead, right = film.turning([-10.0, 0.0, 10.0], np.random.default_rng(0))
    middle = dot_x(ahead)
    assert dot_x(right) - middle > 4.0 and middle - dot_x(left) > 4.0
    assert abs(dot_x(right) + dot_x(left) - 2 * middle) < 3.0
