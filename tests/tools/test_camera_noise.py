"""The noise of a show: small, repeatable, of the same size."""

from __future__ import annotations

import numpy as np

from tests.tools.portraits import cloud
from tools.likeness.camera_noise import disturbed


def test_a_picture_is_moved_by_a_pixel_and_hardly_changed() -> None:
    picture = cloud(3, 48)
    random = np.random.default_rng(0)
    several = [disturbed(picture, random) for _ in range(20)]
    assert all(noisy.shape == picture.shape and noisy.dtype == np.uint8 for noisy in several)
    apart = [np.abs(noisy.astype(int) - picture).mean() for noisy in several]
    assert min(apart) > 0.5 and max(apart) < 8
    assert len({noisy.tobytes() for noisy in several}) == 8  # four sides, two signs of the gamma
    again = np.random.default_rng(0)
    assert (disturbed(picture, again) == several[0]).all()


def test_a_dot_moves_by_one_pixel() -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[16, 16] = 255
    random = np.random.default_rng(1)
    places = {np.unravel_index(disturbed(picture, random).sum(axis=2).argmax(), (32, 32)) for _ in range(40)}
    assert places == {(15, 16), (17, 16), (16, 15), (16, 17)}
