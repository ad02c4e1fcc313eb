"""Colours: CIELAB, where patches and strips lie, and what stands for a strip that would leave the picture."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.colours import (
    BESIDE_THE_FACE,
    COLOUR_NAMES,
    ON_THE_FACE,
    PATCHES,
    lab,
    patch_centres,
    patch_colours,
    sample_patches,
)
from engine.features.geometry import mean_face
from engine.types import ByteArray, FloatArray

EYE_PX = 40.0
NAMES = [patch.name for patch in PATCHES]
FACE_RADIUS = 1.15  # a disc of this many eye distances about the tip of the nose is face, and below the brows


def face_at(x: float, y: float, roll_rad: float = 0.0) -> FloatArray:
    cos, sin = np.cos(roll_rad), np.sin(roll_rad)
    points = mean_face()[0][:, :2] @ np.array([[cos, sin], [-sin, cos]]) * EYE_PX + [x, y]
    return np.hstack([points, np.zeros((478, 1))]).astype(np.float32)


def centres_of(points: FloatArray, size_wh: tuple[int, int], roll_rad: float = 0.0) -> dict[str, FloatArray]:
    return dict(zip(NAMES, patch_centres(points, EYE_PX, roll_rad, size_wh).astype(np.float32), strict=True))


def test_lab_of_known_colours() -> None:
    colours = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0], [119, 119, 119]], np.uint8)
    expected = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [50.03, 0, 0]]
    np.testing.assert_allclose(lab(colours), expected, atol=0.05)


def test_strips_lie_about_the_face_and_turn_with_it() -> None:
    upright = centres_of(face_at(320, 240), (640, 480))
    face_px = {name: centre - (320, 240) for name, centre in upright.items()}
    assert face_px["hair_top"][1] < face_px["hairline"][1] < face_px["forehead"][1] < 0
    assert face_px["background_left"][0] < face_px["hair_left"][0] < face_px["forehead_left"][0] < 0
    assert face_px["beside_jaw_right"][0] > face_px["jaw_right"][0] > 0
    assert face_px["clothes_left"][1] > face_px["chin"][1] > face_px["lips"][1]
    roll_rad = np.radians(30)
    turned = centres_of(face_at(320, 240, roll_rad), (640, 480), roll_rad)
    turn = np.array([[np.cos(roll_rad), -np.sin(roll_rad)], [np.sin(roll_rad), np.cos(roll_rad)]])
    for name, centre in turned.items():
        np.testing.assert_allclose(centre - (320, 240), turn @ face_px[name], atol=0.01, err_msg=name)


def test_left_and_right_are_each_others_mirror_image() -> None:
    centres = centres_of(face_at(320, 240), (640, 480))
    for strip in BESIDE_THE_FACE:
        if strip.name.endswith("_left"):
            left, right = centres[strip.name], centres[strip.name.replace("_left", "_right")]
            np.testing.assert_allclose(left * [-1, 1] + [640, 0], right, atol=2, err_msg=strip.name)


@pytest.mark.parametrize(("x", "y"), [(30, 240), (610, 240), (320, 50), (320, 430), (60, 50), (580, 50)])
def test_a_face_at_the_border_has_strips_in_the_picture_and_off_the_face(x: int, y: int) -> None:
    points = face_at(x, y)
    for strip in BESIDE_THE_FACE:
        centre = centres_of(points, (640, 480))[strip.name]
        assert 0 <= centre[0] < 640 and 0 <= centre[1] < 480, strip.name
        if strip.kind in ("background", "beside_jaw"):
            assert np.linalg.norm(centre - points[4, :2]) > FACE_RADIUS * EYE_PX, strip.name


def test_the_nearest_strip_of_its_kind_stands_for_one_outside() -> None:
    centres = centres_of(face_at(30, 240), (640, 480))
    np.testing.assert_array_equal(centres["background_left"], centres["background_right"])
    np.testing.assert_array_equal(centres["clothes_left"], centres["clothes_right"])
    hair = [centres[name].tolist() for name in ("hair_top", "hair_right", "hair_top_right")]
    assert centres["hair_left"].tolist() in hair


def test_medians_are_those_of_what_is_under_a_strip() -> None:
    image: ByteArray = np.full((480, 640, 3), 10, np.uint8)
    points = face_at(320, 240)
    centre = centres_of(points, (640, 480))["background_right"]
    image[:, round(float(centre[0])) - 5 : 640] = (200, 100, 50)  # more than half of it
    colours = patch_colours(image, patch_centres(points, EYE_PX, 0.0, (640, 480)), EYE_PX, 0.0)
    right, left = (COLOUR_NAMES.index(f"background_{side}_L") for side in ("right", "left"))
    assert colours[right : right + 3] == pytest.approx(lab(np.array([[200, 100, 50]], np.uint8))[0], abs=1e-4)
    assert colours[left] == pytest.approx(lab(np.array([[10, 10, 10]], np.uint8))[0, 0], abs=1e-4)


def test_what_lies_beyond_the_border_takes_its_colours() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, -1] = (200, 100, 50)
    samples = sample_patches(image, np.full((len(PATCHES), 2), 500.0), 10.0, 0.0)
    assert (samples == (200, 100, 50)).all()
    centres = patch_centres(np.full((478, 3), -1e7, np.float32), 10.0, 0.0, (40, 40))
    assert centres.shape == (len(PATCHES), 2) and (centres[len(ON_THE_FACE) :] >= 0).all()
    assert np.isfinite(patch_colours(image, centres, 10.0, 0.0)).all()
    assert np.isfinite(patch_centres(face_at(2, 2), EYE_PX, 0.3, (1, 1))).all()
