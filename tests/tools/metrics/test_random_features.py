"""The random network: the same everywhere, blind to brightness order of a set, not to its texture."""

from __future__ import annotations

import numpy as np

from tests.tools.metrics.pictures import fields
from tools.metrics.kid import measure_kernel_distance
from tools.metrics.random_features import BATCH, FEATURES, random_features


def test_features_belong_to_the_picture_and_not_to_its_batch() -> None:
    pictures = fields(BATCH + 3, 0)
    features = random_features(pictures)
    assert features.shape == (BATCH + 3, FEATURES) and features.dtype == np.float32
    np.testing.assert_allclose(random_features(pictures[-2:]), features[-2:], rtol=1e-4, atol=1e-5)


def test_the_weights_never_change() -> None:
    """Figures of different days and machines are compared: this is a value, not a choice."""
    ramp = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(1, 8, 8, 3)
    np.testing.assert_allclose(random_features(ramp)[0, [0, 40]], [0.13596, 0.02744], rtol=1e-3)


def test_larger_pictures_are_averaged() -> None:
    pictures = fields(4, 0, size_px=64)
    enlarged = pictures.repeat(4, axis=1).repeat(4, axis=2)
    np.testing.assert_array_equal(random_features(enlarged), random_features(pictures))


def test_it_tells_textures_apart() -> None:
    a, b, soft = (random_features(pictures) for pictures in (fields(80, 0), fields(80, 1), fields(80, 2, blur_px=5)))
    mean, sd = a.mean(axis=0), a.std(axis=0)
    a, b, soft = ((features - mean) / sd for features in (a, b, soft))
    assert measure_kernel_distance(a, soft).low > measure_kernel_distance(a, b).high
