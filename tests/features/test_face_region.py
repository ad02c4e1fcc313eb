"""Regions: what is cut out comes back where it was, and no pixel of a large one is left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.features.face_region import FaceRegion, region_of


def test_points_come_back_where_they_were() -> None:
    region = FaceRegion(320.5, 200.25, 96.0, math.radians(30))
    points = np.array([[300, 180, -4], [350, 230, 7]], np.float32)
    matrix = region.to_square(192)
    inside = np.hstack([points[:, :2] @ matrix[:, :2].T + matrix[:, 2], points[:, 2:] * 2]).astype(np.float32)
    assert np.allclose(region.to_picture(inside, 192), points, atol=1e-3)


def test_the_middle_of_a_region_is_the_middle_of_its_square_and_roll_is_taken_out() -> None:
    region = FaceRegion(50.0, 40.0, 20.0, math.radians(90))
    matrix = region.to_square(100)
    assert matrix @ (50, 40, 1) == pytest.approx((50, 50))
    assert matrix @ (50, 50, 1) == pytest.approx((100, 50))  # turned clockwise: what is below lies to the right


@pytest.mark.parametrize("side", [48.0, 192.0, 500.0, 1900.0])
@pytest.mark.parametrize("roll_deg", [0, 45])
def test_a_cut_shows_what_is_there_at_every_size(side: float, roll_deg: float) -> None:
    rows, columns = np.mgrid[0:720, 0:1280]
    picture = np.stack([columns / 5, rows / 3, np.zeros_like(rows)], axis=-1).astype(np.uint8)
    region = FaceRegion(640.0, 360.0, side, math.radians(roll_deg))
    square = region.cut(picture, 192).astype(float)
    for at in ((40.5, 60.5), (96.5, 96.5), (150.5, 100.5)):
        x, y = region.to_picture(np.array([at], np.float32), 192)[0]
        x, y = min(max(x, 0), 1279), min(max(y, 0), 719)
        assert square[int(at[1]), int(at[0])][:2] == pytest.approx((x / 5, y / 3), abs=2.5 + side / 400)


def test_every_pixel_of_a_large_region_counts() -> None:
    picture = np.zeros((960, 960, 3), np.uint8)
    picture[::2] = 255  # lines that every second row of a coarser grid would miss
    square = FaceRegion(480.0, 480.0, 900.0).cut(picture, 192)
    assert abs(float(square.mean()) - 127.5) < 3 and float(square.std()) < 30


@pytest.mark.parametrize("region", [FaceRegion(-80, 900, 700), FaceRegion(5000, -400, 3000, 1.0), FaceRegion(3, 3, 1)])
def test_a_region_beyond_the_picture_repeats_its_edge(region: FaceRegion) -> None:
    picture = np.full((20, 30, 3), 77, np.uint8)
    assert (region.cut(picture, 64) == 77).all()


def test_a_region_of_landmarks_is_turned_as_the_eyes_are() -> None:
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[:, :2] = np.random.default_rng(0).uniform(100, 200, (478, 2))
    landmarks[33, :2], landmarks[263, :2] = (120, 120), (160, 160)
    region = region_of(landmarks)
    assert math.degrees(region.roll_rad) == pytest.approx(45)
    assert (region.x, region.y) == pytest.approx((150, 150), abs=2) and region.side == pytest.approx(150, abs=3)


def test_neighbours_are_not_one_face() -> None:
    region = FaceRegion(100, 100, 90)
    assert region.is_same_face(FaceRegion(120, 110, 80))
    assert not region.is_same_face(FaceRegion(160, 100, 90))
