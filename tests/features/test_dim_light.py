"""Help in bad light: usual light is left alone, dim and tinted light made up for, noise averaged, but no movement."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.dim_light import Light, LightHelp, estimate_light, gain_of_room
from engine.features.face_region import FaceRegion
from engine.types import ByteArray

SKIN = (170, 125, 109)
REGION = FaceRegion(96.0, 96.0, 192.0)


def square(colour: tuple[float, float, float]) -> ByteArray:
    picture = np.empty((192, 192, 3), np.float64)
    picture[:] = colour
    picture[60:80, 60:130] *= 0.5
    return np.clip(picture, 0, 255).astype(np.uint8)


def noisy(picture: ByteArray, random: np.random.Generator, levels: float = 8.0) -> ByteArray:
    return np.clip(picture + random.normal(0, levels, picture.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("colour", [SKIN, (100, 70, 55), (228, 190, 170), (150, 150, 150)])
def test_usual_light_is_left_alone(colour: tuple[int, int, int]) -> None:
    picture = square(colour)
    assert estimate_light(picture) == Light() and LightHelp()(picture, REGION) is picture


def test_a_dim_room_is_brightened_by_its_brightest_parts_and_dark_skin_stays_dark() -> None:
    picture = np.full((720, 1280, 3), 20, np.uint8)
    picture[:200] = 35
    gain = gain_of_room(picture)
    assert gain == pytest.approx(4)
    dark = tuple(channel / gain for channel in (100, 70, 55))
    assert estimate_light(square(dark), gain).gains == pytest.approx((gain,) * 3)  # type: ignore[arg-type]
    assert gain_of_room(np.zeros((16, 16, 3), np.uint8)) == 12 and gain_of_room(picture + np.uint8(120)) == 1


def test_a_face_in_the_shade_is_brightened_to_what_faces_are_at_least() -> None:
    shade = square((17, 12.5, 10.9))
    assert estimate_light(shade).corrected(shade)[48:144:3, 48:144:3].mean() == pytest.approx(55, abs=4)
    assert max(estimate_light(square((1, 1, 1)), 12).gains) <= 12
    assert np.isfinite(estimate_light(np.zeros((192, 192, 3), np.uint8)).gains).all()


def test_a_red_lamp_is_taken_back_as_far_as_lamps_usually_go() -> None:
    light = estimate_light(square((200, 40, 20)))
    red, green, blue = light.corrected(square((200, 40, 20)))[100, 100].astype(float)
    assert 1.0 < red / green < 2.2 and 0.5 < blue / green < 1.1


def test_the_light_of_a_face_does_not_flicker() -> None:
    help_in = LightHelp()
    help_in(square(SKIN), REGION)
    help_in(square((25, 18, 16)), REGION)
    once = help_in.light.gains[1]
    for _ in range(40):
        help_in(square((25, 18, 16)), REGION)
    assert 1 < once < 1.6 < help_in.light.gains[1]


def test_noise_is_averaged_where_nothing_moves() -> None:
    random, help_in, still = np.random.default_rng(0), LightHelp(), square(SKIN)
    for _ in range(12):
        seen = help_in(noisy(still, random), REGION)
    assert np.std(seen.astype(float) - still) < 0.5 * 8.0


def test_what_moves_is_not_smeared() -> None:
    random, help_in, still = np.random.default_rng(0), LightHelp(), square(SKIN)
    for _ in range(12):
        help_in(noisy(still, random), REGION)
    moved = np.roll(still, 40, axis=0)
    seen = help_in(noisy(moved, random), REGION).astype(float)
    assert abs(seen[104:116, 70:120].mean() - moved[104:116, 70:120].mean()) < 12


def test_what_moves_from_the_beginning_is_no_noise() -> None:
    help_in, still = LightHelp(), square(SKIN)
    still[:, ::16] = 40
    for step in range(6):
        moved = np.roll(still, 5 * step, axis=1)
        assert np.array_equal(help_in(moved, REGION), moved)


def test_squares_are_laid_over_each_other_where_they_were_cut() -> None:
    random, help_in = np.random.default_rng(0), LightHelp()
    picture = np.full((300, 300, 3), 120, np.uint8)
    picture[100:200:20] = 60
    for step in range(12):
        region = FaceRegion(150.0 + 3 * (step % 2), 150.0, 192.0)
        seen = help_in(noisy(region.cut(picture, 192), random), region)
    assert np.std(seen.astype(float) - region.cut(picture, 192)) < 0.7 * 8.0
