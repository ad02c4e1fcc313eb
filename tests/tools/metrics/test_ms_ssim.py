"""MS-SSIM: 1 for the same picture, less with noise, little for strangers."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import structural_similarity as reference

from tests.tools.metrics.pictures import fields
from tools.metrics.ms_ssim import BATCH, LUMA, structural_similarity


@pytest.mark.parametrize("size_px", [4, 16, 64, 256])
def test_a_picture_is_like_itself(size_px: int) -> None:
    pictures = fields(2, 0, size_px)
    np.testing.assert_allclose(structural_similarity(pictures, pictures), 1, atol=1e-4)


def test_it_falls_with_noise() -> None:
    pictures, random = fields(8, 0, 64), np.random.default_rng(0)
    noise = random.standard_normal(pictures.shape)
    found = [
        structural_similarity(pictures, (pictures + sd * noise).clip(0, 255).astype(np.uint8)).mean()
        for sd in (2, 10, 30, 90)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.95 and found[-1] < 0.8


def test_strangers_are_unlike_and_pairs_keep_their_order() -> None:
    a = fields(BATCH + 2, 0, 32)
    b = fields(BATCH + 2, 1, 32)
    b[-1] = a[-1]
    found = structural_similarity(a, b)
    assert found[:-1].max() < 0.6 and found[-1] == pytest.approx(1, abs=1e-4)


def test_one_scale_is_ssim_as_published() -> None:
    """16 px leave one scale; scikit-image has the same window, without its border."""
    a, b = fields(1, 0, 16), fields(1, 1, 16)
    _, everywhere = reference(
        a[0] @ LUMA,
        b[0] @ LUMA,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    expected = max(0.0, float(everywhere[5:-5, 5:-5].mean()))
    assert structural_similarity(a, b)[0] == pytest.approx(expected, abs=1e-3)
    assert expected > 0


def test_pairs_of_different_size_are_refused() -> None:
    with pytest.raises(ValueError, match="equal shape"):
        structural_similarity(fields(1, 0, 16), fields(1, 0, 32))
