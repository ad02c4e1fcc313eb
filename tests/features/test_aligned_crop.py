"""The square around a face: cut as portraits are, steadied, and what an encoder cannot look at."""

from __future__ import annotations

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
import skimage.data

from engine.features.aligned_crop import CROP_PX, Square, crop_aligned, crop_fault, square_of
from engine.features.geometry import mean_face
from engine.features.square_filter import SquareFilter
from engine.types import AlignedCrop, Features, FloatArray, Placement
from tools.dataset.alignment import cut

RATE_HZ = 30


def landmarks(x: float, y: float, eye_distance_px: float, roll_rad: float = 0.0) -> FloatArray:
    """A mean face (478, 3) with the middle between its eyes there."""
    cos, sin = np.cos(roll_rad), np.sin(roll_rad)
    points = mean_face()[0].copy() * eye_distance_px
    points[:, :2] = points[:, :2] @ np.array([[cos, sin], [-sin, cos]]) + (x, y)
    return points.astype(np.float32)


def face_of(crop: AlignedCrop | None, yaw_deg: float = 0.0) -> Features:
    nothing = np.zeros(1, np.float32)
    return Features(nothing, Placement(0.5, 0.5, 0.1, 0, 1), landmarks(0, 0, 1), yaw_deg, 0.0, 0.0, 0, crop=crop)


@pytest.mark.parametrize("eye_distance_px", [12, 30, 60, 150, 330])
def test_it_is_the_square_that_portraits_are_cut_by(eye_distance_px: float) -> None:
    astronaut = skimage.data.astronaut()
    picture = cv2.resize(astronaut, None, fx=eye_distance_px / 40, fy=eye_distance_px / 40)
    points = landmarks(5.6 * eye_distance_px, 2.9 * eye_distance_px, eye_distance_px, roll_rad=0.2)
    crop = crop_aligned(picture, points, square_of(points))
    portrait = cut(picture, square_of(points), CROP_PX)
    assert crop.pixels.shape == (CROP_PX, CROP_PX, 3) and crop.shown == 1.0
    assert np.abs(crop.pixels.astype(int) - portrait).mean() < 4.0


def test_eyes_are_level_and_where_those_of_portraits_are() -> None:
    points = landmarks(300, 200, 50, roll_rad=0.4)
    picture = np.zeros((480, 640, 3), np.uint8)
    for index in (468, 473):  # the irises
        cv2.circle(picture, tuple(round(float(v)) for v in points[index, :2]), 6, (255, 255, 255), -1)
    light = crop_aligned(picture, points, square_of(points)).pixels[..., 0] > 128
    rows, columns = np.nonzero(light)
    left, right = columns < CROP_PX / 2, columns >= CROP_PX / 2
    assert rows[left].mean() == pytest.approx(rows[right].mean(), abs=1.0)
    assert columns.mean() == pytest.approx(CROP_PX / 2, abs=1.5)


def test_half_a_face_is_counted_and_its_other_half_is_no_black_hole() -> None:
    picture = np.full((240, 320, 3), 180, np.uint8)
    points = landmarks(4, 120, 30)
    crop = crop_aligned(picture, points, square_of(points))
    assert 0.4 < crop.shown < 0.6
    assert crop.pixels.min() > 170


def test_another_face_in_the_square_is_not_shown() -> None:
    picture = np.full((480, 640, 3), 90, np.uint8)
    picture[:, 385:] = (255, 0, 0)  # where the other stands
    own, other = landmarks(320, 200, 60), landmarks(320 + 130, 200, 60)
    alone = crop_aligned(picture, own, square_of(own)).pixels
    beside = crop_aligned(picture, own, square_of(own), [square_of(other)]).pixels
    is_red = (alone[..., 0] > 200) & (alone[..., 1] < 50)
    still_red = (beside[..., 0] > 200) & (beside[..., 1] < 50)
    assert is_red.mean() > 0.2 and still_red.mean() < 0.05
    assert np.array_equal(alone[:, :64], beside[:, :64])


def test_the_same_face_found_twice_hides_nothing() -> None:
    picture = skimage.data.astronaut()
    points = landmarks(225, 115, 40)
    twice = crop_aligned(picture, points, square_of(points), [square_of(points + 2)]).pixels
    assert np.array_equal(twice, crop_aligned(picture, points, square_of(points)).pixels)


@pytest.mark.parametrize(
    ("crop", "yaw_deg", "said"),
    [
        (AlignedCrop(np.zeros((CROP_PX, CROP_PX, 3), np.uint8), 200.0, 1.0), 30.0, None),
        (
            AlignedCrop(np.zeros((CROP_PX, CROP_PX, 3), np.uint8), 39.4, 1.0),
            0.0,
            "is too small: .* is 39 px wide, and 40",
        ),
        (
            AlignedCrop(np.zeros((CROP_PX, CROP_PX, 3), np.uint8), 200.0, 0.5),
            0.0,
            "is cut off by the edge of the picture: only 50%",
        ),
        (AlignedCrop(np.zeros((CROP_PX, CROP_PX, 3), np.uint8), 200.0, 1.0), 64.0, "is turned away by 64 degrees"),
        (None, 0.0, "was not cut out"),
    ],
)
def test_what_an_encoder_cannot_look_at_is_told(crop: AlignedCrop | None, yaw_deg: float, said: str | None) -> None:
    fault = crop_fault(face_of(crop, yaw_deg))
    if said is None:
        assert fault is None
    else:
        assert fault is not None
        assert re.search(said, fault)


def follow(squares: list[Square]) -> list[Square]:
    steadied = SquareFilter()
    return [steadied(square, 1, index / RATE_HZ) for index, square in enumerate(squares)]


def test_a_trembling_square_stands_still() -> None:
    random = np.random.default_rng(0)
    here = square_of(landmarks(300, 200, 50))
    raw = here.centre_px + random.normal(0, 0.5, (90, 2))
    steady = np.array([square.centre_px for square in follow([replace(here, centre_px=row) for row in raw])])
    assert np.std(steady[30:], axis=0).max() < 0.6 * 0.5
    assert np.abs(np.diff(steady[30:], axis=0)).mean() < 0.4 * np.abs(np.diff(raw[30:], axis=0)).mean()


def test_a_square_goes_with_the_head() -> None:
    here = square_of(landmarks(300, 200, 50))  # a side of 200 px, which crosses itself in a second
    squares = [replace(here, centre_px=here.centre_px + np.array([200 * index / RATE_HZ, 0])) for index in range(60)]
    late_px = squares[-1].centre_px - follow(squares)[-1].centre_px
    assert np.abs(late_px).max() < 0.015 * here.side_px


def test_another_person_and_somebody_who_comes_back_begin_anew() -> None:
    here, there = square_of(landmarks(300, 200, 50)), square_of(landmarks(100, 220, 70))
    steadied = SquareFilter()
    steadied(here, 1, 0.0)
    assert np.allclose(steadied(there, 2, 0.03).centre_px, there.centre_px)
    assert np.allclose(steadied(here, 2, 2.0).half_px, here.half_px)
