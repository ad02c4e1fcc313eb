"""The figures of a likeness for answers that are perfect, timid, shuffled, missing or always the same."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.featurizer import LAYOUT
from engine.types import FloatArray
from tests.tools.test_train_inverter import random_vectors
from tools.likeness.figures import GROUPS, error, expression_r, likeness_figures, points
from tools.likeness.scale import LikenessScale


@pytest.fixture(scope="module")
def scale() -> LikenessScale:
    return LikenessScale(random_vectors(2000))


@pytest.fixture(scope="module")
def asked() -> FloatArray:
    return random_vectors(120, seed=4)


def test_a_perfect_answer(scale: LikenessScale, asked: FloatArray) -> None:
    figures = likeness_figures(scale, asked, asked, fixed=1.0)
    for name in ("nme", "yaw_mae_deg", "pitch_mae_deg", "skin_delta_e", "lips_delta_e", "hair_delta_e", "error"):
        assert figures[name] == pytest.approx(0, abs=1e-5)
    assert (figures["skill"], figures["recall_at_1"], figures["mrr"], figures["detected"]) == (1, 1, 1, 1)
    assert list(figures["gain"].values()) == pytest.approx([1] * len(GROUPS))
    assert expression_r(figures["expression"], None) == pytest.approx(1)


@pytest.mark.parametrize("slope", [0.5, 1.75])
def test_a_timid_and_an_exaggerated_answer(scale: LikenessScale, asked: FloatArray, slope: float) -> None:
    came = scale.mean + slope * (asked - scale.mean)
    figures = likeness_figures(scale, asked, came, fixed=error(scale, asked, np.tile(scale.mean, (120, 1))))
    assert list(figures["gain"].values()) == pytest.approx([slope] * len(GROUPS), rel=1e-3)
    assert figures["skill"] == pytest.approx(1 - abs(slope - 1), abs=1e-3)
    assert figures["yaw_r"] == pytest.approx(1, abs=1e-4)


def test_each_group_counts_the_same(scale: LikenessScale, asked: FloatArray) -> None:
    for name in ("pose", "expression"):
        moved = asked.copy()
        moved[:, LAYOUT[name]] += 2 * scale.sd[LAYOUT[name]]  # of four groups one, by two standard deviations
        assert error(scale, asked, moved) == pytest.approx(1, abs=1e-3)
    several = points(scale, random_vectors(2000))
    apart = np.linalg.norm(several - several[::-1], axis=1)
    assert np.sqrt((apart**2).mean()) == pytest.approx(2**0.5, abs=0.1)  # any two faces


def test_what_came_of_another_question_is_no_likeness(scale: LikenessScale, asked: FloatArray) -> None:
    figures = likeness_figures(scale, asked, np.roll(asked, 1, axis=0), fixed=1.0)
    assert figures["recall_at_1"] == 0 and abs(figures["yaw_r"]) < 0.3 and figures["skill"] < 0


def test_answers_without_a_face_are_left_out_but_found_by_nobody(scale: LikenessScale, asked: FloatArray) -> None:
    came = asked.copy()
    came[::4] = np.nan
    figures = likeness_figures(scale, asked, came)
    assert (figures["detected"], figures["recall_at_1"]) == (0.75, 0.75)
    assert figures["nme"] == pytest.approx(0, abs=1e-5)
    assert likeness_figures(scale, asked, np.full_like(asked, np.nan)) == {"detected": 0}


def test_answers_to_some_are_ranked_among_all(scale: LikenessScale, asked: FloatArray) -> None:
    own = np.array([5, 50, 100])
    assert likeness_figures(scale, asked, asked[own], own)["recall_at_1"] == 1
    assert likeness_figures(scale, asked, asked[own], own - 1)["recall_at_1"] == 0


def test_one_face_for_all_has_no_correlation(scale: LikenessScale, asked: FloatArray) -> None:
    figures = likeness_figures(scale, asked, np.repeat(asked[:1], 120, axis=0))
    assert figures["yaw_r"] is None and figures["mirror"]["yaw"] is None
    assert list(figures["gain"].values()) == pytest.approx([0] * len(GROUPS))
    assert figures["recall_at_1"] == 1 / 120
    assert expression_r(figures["expression"], None) == 0


def test_what_the_oracle_cannot_express_is_not_asked_for() -> None:
    values = {"smile": 0.8, "mouth_open": 0.6, "gaze_x": 0.0, "gaze_y": None}
    oracle = {"smile": 0.9, "mouth_open": 0.5, "gaze_x": 0.4, "gaze_y": None}
    assert expression_r(values, oracle) == pytest.approx(0.7)
    assert expression_r(values, None) == pytest.approx(0.3)
    assert expression_r(values, dict.fromkeys(values, 0.0)) is None
