"""Augmentation: nothing at probability 0, exact where it can be told, within its bounds, and differentiable."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from keras import ops

from tools.gan.augmentation import CUTOUT_SIDE, NUMBERS, augment, change_colours, cut_out, transform


def _pictures(count: int, size_px: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, size_px, size_px, 3)).astype(np.float32)


def _uniform(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((count, NUMBERS), np.float32)


def test_probability_0_changes_nothing() -> None:
    pictures = _pictures(4, 16)
    np.testing.assert_allclose(augment(pictures, _uniform(4), probability=0), pictures, atol=1e-6)


def test_about_as_many_pictures_change_as_it_says() -> None:
    pictures = _pictures(400, 8)
    changed = (
        np.abs(np.asarray(augment(pictures, _uniform(400), probability=0.3)) - pictures).max(axis=(1, 2, 3)) > 1e-4
    )
    assert 0.2 < changed.mean() < 0.4


def test_colours_keep_what_they_promise() -> None:
    pictures, one = _pictures(3, 8), np.ones(3, np.float32)
    shift = np.array([0.1, -0.2, 0.3], np.float32)
    brighter = np.asarray(change_colours(pictures, shift, one, one))
    np.testing.assert_allclose(
        brighter - pictures, np.broadcast_to(shift[:, None, None, None], pictures.shape), atol=1e-6
    )
    grey = np.asarray(change_colours(pictures, 0 * one, 0 * one, one))
    np.testing.assert_allclose(grey, np.broadcast_to(pictures.mean(3, keepdims=True), pictures.shape), atol=1e-6)
    stretched = np.asarray(change_colours(pictures, 0 * one, one, 2 * one))
    np.testing.assert_allclose(stretched.mean((1, 2, 3)), pictures.mean((1, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(stretched.std((1, 2, 3)), 2 * pictures.std((1, 2, 3)), rtol=1e-5)


def test_a_quarter_turn_and_a_shift_by_pixels_are_exact() -> None:
    picture, zero, one = _pictures(1, 8), np.zeros(1, np.float32), np.ones(1, np.float32)
    turned = np.asarray(transform(picture, zero + np.pi / 2, one, np.zeros((1, 2), np.float32)))
    np.testing.assert_allclose(turned[0], np.rot90(picture[0]), atol=1e-5)
    moved = np.asarray(transform(picture, zero, one, np.array([[2 / 8, 0]], np.float32)))
    np.testing.assert_allclose(moved[0, :, :6], picture[0, :, 2:], atol=1e-5)
    np.testing.assert_allclose(moved[0, :, 6:], picture[0, :, :5:-1], atol=1e-5)  # mirrored at the border


def test_what_is_read_above_scale_1_becomes_smaller() -> None:
    x, y = np.meshgrid(*[np.arange(32) - 15.5] * 2)
    spot = np.exp(-(x**2 + y**2) / 32).astype(np.float32)[None, :, :, None]
    zero, double = np.zeros(1, np.float32), np.full(1, 2, np.float32)
    smaller = np.asarray(transform(spot, zero, double, np.zeros((1, 2), np.float32)))
    # the whole picture fills the middle half; its mirror images surround it
    assert smaller[0, 8:24, 8:24].sum() == pytest.approx(spot.sum() / 4, rel=0.02)


def test_a_hole_is_a_third_wide_and_only_where_it_is_on() -> None:
    pictures = np.ones((2, 24, 24, 3), np.float32)
    holed = np.asarray(cut_out(pictures, np.array([1, 0], np.float32), np.full((2, 2), 0.5, np.float32)))
    assert (holed[0] == 0).mean() == pytest.approx(CUTOUT_SIDE**2)
    assert holed[0, 12, 12, 0] == 0 and holed[0, 0, 0, 0] == 1
    assert (holed[1] == 1).all()


def test_values_stay_within_the_bounds_of_the_changes() -> None:
    changed = np.asarray(augment(_pictures(64, 16), _uniform(64), probability=1))
    assert np.isfinite(changed).all()
    assert np.abs(changed).max() < (1.3 + 1.4) * 1.4 * 1.4


def test_the_gradient_is_the_change_of_the_value() -> None:
    pictures, uniform, weights = _pictures(2, 16), _uniform(2), _pictures(2, 16, seed=5)
    slope = jax.grad(lambda x: ops.sum(augment(x, uniform, probability=1) * weights))(pictures)
    direction = _pictures(2, 16, seed=6)
    change = np.asarray(augment(pictures + direction, uniform, 1)) - np.asarray(augment(pictures, uniform, 1))
    # the change is linear in the pictures, so the difference is exact
    assert float((change * weights).sum()) == pytest.approx(
        float((np.asarray(slope) * direction).sum()), rel=1e-3, abs=1e-3
    )
    assert (np.abs(np.asarray(slope)).sum(axis=(1, 2, 3)) > 0).all()
