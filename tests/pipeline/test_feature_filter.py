"""Features are smoothed group by group: calm at rest, quick where it matters, and no fault stays in them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.config.reflection import CalmSettings, FilterSettings
from engine.features.vector import LAYOUT
from engine.features.vector_2019 import LAYOUT_342
from engine.pipeline.feature_filter import REACH, FeatureFilter
from engine.types import FloatArray

DT_S = 1 / 30
NOISE = {"shape": 0.003, "pose": 0.24, "expression": 0.0034, "colour": 0.7, "attributes": 0.05}
"""Standard deviations, measured on portraits that stand still before a camera with noise of 3 levels of 255."""


def still(seconds: float, random: np.random.Generator) -> FloatArray:
    noise = np.concatenate([np.full(len(group.names), NOISE[group.name]) for group in LAYOUT.groups])
    return (random.standard_normal((round(seconds / DT_S), LAYOUT.size)) * noise).astype(np.float32)


def followed(rows: FloatArray, calm: CalmSettings | None = None) -> FloatArray:
    smooth = FeatureFilter(LAYOUT, calm or CalmSettings())
    return np.stack([smooth(row, DT_S) for row in rows])


def test_every_group_has_a_filter_of_its_own() -> None:
    assert {group.name for group in LAYOUT.groups} == set(CalmSettings.model_fields)
    assert set(REACH) <= set(CalmSettings.model_fields)
    calm = CalmSettings(shape=FilterSettings(min_cutoff_hz=3.0))
    assert calm.of("landmarks") == calm.shape, "another layout has groups that are not named here"
    assert FeatureFilter(LAYOUT_342, calm)(np.ones(LAYOUT_342.size, np.float32), DT_S).shape == (LAYOUT_342.size,)


def test_a_still_face_trembles_a_fraction_of_what_is_measured() -> None:
    rows = still(4, np.random.default_rng(1))
    before, after = (np.diff(part, axis=0) for part in (rows, followed(rows)))
    for group in LAYOUT.groups:
        part = LAYOUT[group.name]
        assert np.sqrt((after[:, part] ** 2).mean()) < 0.4 * np.sqrt((before[:, part] ** 2).mean()), group.name


def test_a_turning_head_is_followed_at_once_and_colours_take_their_time() -> None:
    rows = still(2, np.random.default_rng(2))
    turn = np.linspace(0, 40, len(rows), dtype=np.float32)  # 20 degrees a second
    rows[:, LAYOUT["pose"]] += turn[:, None]
    rows[:, LAYOUT["colour"]] += turn[:, None]
    late = (rows - followed(rows))[-15:]
    assert late[:, LAYOUT["pose"]].mean() / 20 < 0.04, "s of lag"
    assert late[:, LAYOUT["colour"]].mean() / 20 > 0.2


def test_a_fault_of_one_frame_bends_it_little_and_a_true_leap_is_followed() -> None:
    rows = np.zeros((90, LAYOUT.size), np.float32)
    rows[30] = 1e6
    rows[60:, LAYOUT["pose"]] = 40.0
    after = followed(rows)
    assert np.isfinite(after).all()
    for name, reach in REACH.items():
        assert np.abs(after[30:36, LAYOUT[name]]).max() < 0.3 * reach
        assert np.abs(after[45:60, LAYOUT[name]]).max() < 0.1 * reach, "and is forgotten"
    assert after[75:, LAYOUT["pose"]] == pytest.approx(40, abs=4)


def test_it_forgets_can_be_tuned_and_refuses_another_layout() -> None:
    smooth = FeatureFilter(LAYOUT, CalmSettings())
    zero, one = np.zeros(LAYOUT.size, np.float32), np.ones(LAYOUT.size, np.float32)
    smooth(zero, DT_S)
    calm = smooth(one, DT_S)[LAYOUT["colour"]]
    smooth.reset()
    assert (smooth(one, DT_S) == one).all()
    smooth.tune(CalmSettings(colour=FilterSettings(min_cutoff_hz=20.0)))
    assert (smooth(zero, DT_S)[LAYOUT["colour"]] < 1 - calm).all()
    with pytest.raises(ValueError, match="do not fit the layout, which has"):
        smooth(np.zeros(3, np.float32), DT_S)
