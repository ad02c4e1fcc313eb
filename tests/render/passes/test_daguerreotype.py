"""The daguerreotype: positive and negative, developed shadows first, kept in its case."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.render.frame_inputs import FrameInputs
from engine.render.passes.case import Case
from tests.render.conftest import STAGE_WH, Draw
from tests.render.pictures import ALIGNMENT, REST, centre_of_light, eye_mark

Face = Callable[..., FrameInputs]
ASPECT = STAGE_WH[0] / STAGE_WH[1]
BARE = {"wear": 0.0, "tarnish": 0.0}


def half_lit(size: int = 64) -> np.ndarray:
    """A face that is light on its left and dark on its right."""
    picture = np.full((size, size, 4), 255, np.uint8)
    picture[:, size // 2 :, :3] = 40
    return picture


def halves(light: np.ndarray) -> tuple[float, float]:
    """How light the two halves of the face are, close to the middle of the plate."""
    rows, middle = slice(70, 95), STAGE_WH[0] // 2
    return float(light[rows, middle - 22 : middle - 8, 1].mean()), float(
        light[rows, middle + 8 : middle + 22, 1].mean()
    )


@pytest.mark.parametrize("side", [-1, 1])
def test_the_image_turns_over_with_the_angle(draw: Draw, face: Face, side: int) -> None:
    view = face(half_lit(), REST)
    light, dark = halves(draw("daguerreotype", BARE | {"tilt": 0.0}, view))
    assert light > 2.0 * dark
    light, dark = halves(draw("daguerreotype", BARE | {"tilt": side * 35.0}, view))
    assert light < 0.6 * dark


def test_it_turns_over_smoothly(draw: Draw, face: Face) -> None:
    """Between two degrees nothing jumps, and there is an angle at which the image is nearly gone."""
    view = face(half_lit(), REST)
    ratios = []
    for tilt in range(0, 36, 2):
        light, dark = halves(draw("daguerreotype", BARE | {"tilt": float(tilt)}, view))
        ratios.append(np.log(light / dark))
    assert np.abs(np.diff(ratios)).max() < 0.2 * (ratios[0] - ratios[-1])
    assert np.all(np.diff(ratios) < 0.02)
    assert ratios[0] > 0.0 > ratios[-1]


def test_shadows_develop_first(draw: Draw, face: Face) -> None:
    """How far the light and the dark half have come on their way from bare plate."""
    bare, half, whole = (
        np.array(halves(draw("daguerreotype", BARE | {"idle": 0.0}, face(half_lit(), REST, presence))))
        for presence in (0.0, 0.5, 1.0)
    )
    light, dark = (half - bare) / (whole - bare)
    assert dark > 0.7
    assert light < 0.6


def test_nothing_is_on_a_plate_without_a_face(draw: Draw, face: Face) -> None:
    bare = draw("daguerreotype", BARE)
    nobody = draw("daguerreotype", BARE | {"idle": 0.0}, face(half_lit(), None, 0.0))
    assert np.allclose(bare, nobody, atol=2e-3)
    assert bare[90, 160, :3].min() > 0.02


def test_eyes_stand_where_composed(draw: Draw, face: Face) -> None:
    bare = draw("daguerreotype", BARE)
    at = []
    for side in (-1, 1):
        drawn = draw("daguerreotype", BARE | {"even": 0.0}, face(eye_mark(side), REST))
        at.append(centre_of_light(np.clip(drawn - bare - 0.1, 0.0, None)))
    assert at[0][0] < 0.5 < at[1][0]
    assert (at[0][0] + at[1][0]) / 2 == pytest.approx(0.5, abs=0.015)
    assert at[0][1] == pytest.approx(0.42, abs=0.03)
    assert (at[1][0] - at[0][0]) * ASPECT == pytest.approx(0.74 * ALIGNMENT.eye_distance, rel=0.15)


def test_tarnish_creeps_in_from_the_mat(draw: Draw) -> None:
    plates = {amount: draw("daguerreotype", {"tarnish": amount, "wear": 0.0})[..., :3] for amount in (0.0, 0.5, 1.0)}
    changed = {amount: np.abs(plates[amount] - plates[0.0]).max(axis=2) > 0.01 for amount in (0.5, 1.0)}
    assert 0 < changed[0.5].sum() < changed[1.0].sum()
    assert not changed[0.5][80:100, 150:170].any()


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3, 1.0, 9 / 16, 3.0, 0.3])
def test_the_mat_fits_the_stage(aspect: float) -> None:
    opening = Case.opening(Case.Settings(), aspect)
    assert 0.1 * min(aspect, 1.0) < opening.half_width < aspect / 2 - opening.border
    assert opening.half_height + opening.border < 0.5


def test_the_case_leaves_the_plate_free_and_catches_the_key(draw: Draw) -> None:
    light = draw("case")[..., :3]
    opening = Case.opening(Case.Settings(), ASPECT)
    half_width, half_height = (round(side * STAGE_WH[1] * 0.6) for side in (opening.half_width, opening.half_height))
    assert light[90 - half_height : 90 + half_height, 160 - half_width : 160 + half_width].max() < 0.01
    right = round(160 + (opening.half_width + 0.5 * opening.border) * STAGE_WH[1])
    left = 320 - right
    brass = light[60:120, left - 3 : left + 3].reshape(-1, 3).mean(axis=0)
    assert brass[0] > 1.2 * brass[1] > 1.5 * brass[2]
    assert brass.mean() > light[60:120, right - 3 : right + 3].mean()
