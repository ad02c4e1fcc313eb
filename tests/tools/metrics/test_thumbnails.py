"""Thumbnails and their main components."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tools.metrics.pictures import fields
from tools.metrics.thumbnails import PixelComponents, shrunk, thumbnails


def test_pictures_are_halved_to_32_px_and_smaller_ones_kept() -> None:
    pictures = fields(2, 0, size_px=64)
    small = thumbnails(pictures).reshape(2, 32, 32, 3)
    assert small[0, 0, 0, 0] == pytest.approx(pictures[0, :2, :2, 0].mean(), abs=0.5)
    assert thumbnails(pictures[:, :16, :16]).shape == (2, 16 * 16 * 3)
    assert shrunk(pictures, 64) is pictures


@pytest.mark.parametrize("count", [40, 800])
def test_components_keep_what_varies_most(count: int) -> None:
    """With fewer and with more pictures than pixels: both ways to the axes."""
    random = np.random.default_rng(0)
    pattern = random.standard_normal((2, 16, 16, 3))
    strength = random.normal(0, (30, 10), (count, 2))
    noise = random.normal(0, 1, (count, 16, 16, 3))
    pictures = (128 + np.tensordot(strength, pattern, 1) + noise).clip(0, 255).astype(np.uint8)
    found = PixelComponents(pictures, count=2)(pictures)
    assert found.shape == (count, 2)
    correlation = np.abs(np.corrcoef(found.T, strength.T)[:2, 2:])
    assert np.diag(correlation).min() > 0.95
    distance = np.linalg.norm(found[0] - found[1])
    whole = np.linalg.norm(thumbnails(pictures)[0] - thumbnails(pictures)[1])
    assert distance == pytest.approx(whole, rel=0.2)  # an orthonormal basis, of nearly all variance


def test_equal_pictures_have_no_components() -> None:
    same = np.repeat(fields(1, 0, size_px=8), 10, axis=0)
    assert np.abs(PixelComponents(same)(same)).max(initial=0) < 1e-2
