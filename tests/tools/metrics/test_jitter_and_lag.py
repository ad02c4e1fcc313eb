"""Jitter of a known noise, lag of a known delay, steadiness of known paths."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.pggan.latent_sphere import normalise, slerp
from tools.metrics.jitter_and_lag import jitter_deg_s, lag_ms, steadiness

TIME_S = (np.arange(180) / 30).astype(np.float32)


def test_jitter_of_steps_that_are_known() -> None:
    z = normalise(np.random.default_rng(0).standard_normal((2, 512)))
    circle = slerp(z[0], z[1], np.arange(50) / 90)  # about a degree a step
    assert jitter_deg_s(circle, 30) == pytest.approx(30, rel=0.1)
    assert jitter_deg_s(np.repeat(z[:1], 9, axis=0), 30) == 0


def test_jitter_of_a_noise_that_is_known() -> None:
    """Independent noise of 1 degree about a point: two frames are the square root of 2 degrees apart."""
    random = np.random.default_rng(1)
    z = normalise(random.standard_normal(512))
    noisy = normalise(z + np.radians(1) * random.standard_normal((400, 512)))
    assert jitter_deg_s(noisy, 30) == pytest.approx(30 * 2**0.5, rel=0.05)


def turning(at_s: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * at_s / 3.1) + 0.6 * np.sin(2 * np.pi * at_s / 1.9)


@pytest.mark.parametrize("delay_s", [0.0, 0.08, 0.25, -0.05])
def test_lag_of_a_delay_that_is_known(delay_s: float) -> None:
    noise = 0.1 * np.random.default_rng(2).standard_normal((2, 180))
    came = 0.3 * turning(TIME_S - delay_s) + 5 + noise
    assert lag_ms(TIME_S, np.stack([turning(TIME_S)] * 2), came) == pytest.approx(1000 * delay_s, abs=25)


def test_a_filter_lags_by_its_time_constant() -> None:
    came, share = np.zeros(180), 1 - np.exp(-1 / 30 / 0.1)  # a first-order low-pass of 0.1 s
    for index in range(1, 180):
        came[index] = came[index - 1] + share * (turning(TIME_S)[index] - came[index - 1])
    assert lag_ms(TIME_S, turning(TIME_S), came) == pytest.approx(85, abs=20)


def test_what_does_not_follow_has_no_lag() -> None:
    noise = np.random.default_rng(3).standard_normal((3, 180))
    assert lag_ms(TIME_S, np.stack([turning(TIME_S)] * 3), noise) is None
    assert lag_ms(TIME_S, turning(TIME_S), np.zeros(180)) is None
    with pytest.raises(ValueError, match=r"more than 0.8 s"):
        lag_ms(TIME_S[:9], TIME_S[:9], TIME_S[:9])


def test_steadiness_of_rest_and_of_a_quarter_turn() -> None:
    assert steadiness(np.tile([[3.0, 4.0]], (5, 1))) == (pytest.approx(1), pytest.approx(1))
    angles = np.radians([0, 30, 60, 90])
    local, overall = steadiness(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert local == pytest.approx(np.cos(np.pi / 6))
    assert overall == pytest.approx((3 * np.cos(np.pi / 6) + 2 * 0.5 + 0) / 6)
