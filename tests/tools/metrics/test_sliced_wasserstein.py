"""Sliced Wasserstein distances: levels answer to detail of their own size."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tools.metrics.pictures import fields
from tools.metrics.sliced_wasserstein import average, pyramid_sizes, sliced_wasserstein


def test_levels_go_down_to_16_px() -> None:
    assert pyramid_sizes(128) == (128, 64, 32, 16)
    assert pyramid_sizes(16) == (16,)
    assert pyramid_sizes(8) == (8,)
    assert pyramid_sizes(4) == ()


def test_two_sets_of_one_kind_are_near_and_nearer_the_more_they_are() -> None:
    few = average(sliced_wasserstein(fields(10, 0), fields(10, 1)))
    many = average(sliced_wasserstein(fields(60, 0), fields(60, 1)))
    assert 0 < many < 0.6 * few  # the bias: about 1 / sqrt(pictures)
    assert many < 60


def test_wrong_detail_at_the_fine_level_shows_there_alone() -> None:
    plain, others = fields(24, 0, blur_px=0.8), fields(24, 1, blur_px=0.8)
    comb = np.where(np.arange(32) % 2, 25, -25)[None, None, :, None]
    combed = (others + comb).clip(0, 255).astype(np.uint8)
    floor, distances = sliced_wasserstein(plain, others), sliced_wasserstein(plain, combed)
    assert distances[32] > 4 * floor[32]
    assert distances[16] < 1.3 * floor[16]


def test_wrong_structure_at_the_coarse_level_shows_there() -> None:
    plain, others = fields(24, 0, blur_px=0.8), fields(24, 1, blur_px=0.8)
    shade = 60 * np.sin(np.arange(32) / 31 * 2 * np.pi)[None, None, :, None]
    striped = (others * 0.6 + 51 + shade).clip(0, 255).astype(np.uint8)
    floor, distances = sliced_wasserstein(plain, others), sliced_wasserstein(plain, striped)
    assert distances[16] > 4 * floor[16]
    assert distances[16] > 4 * distances[32]


def test_colour_and_contrast_as_a_whole_are_normalised_away() -> None:
    pictures = fields(20, 0)
    dim = (pictures * 0.5 + 30).astype(np.uint8)
    assert average(sliced_wasserstein(pictures, dim)) < 1.5 * average(sliced_wasserstein(pictures, pictures))


def test_the_same_seed_gives_the_same_distance() -> None:
    a, b = fields(10, 0), fields(10, 1)
    assert sliced_wasserstein(a, b, seed=3) == sliced_wasserstein(a, b, seed=3) != sliced_wasserstein(a, b, seed=4)


def test_sets_of_different_number_are_refused() -> None:
    with pytest.raises(ValueError, match="two sets of equal shape"):
        sliced_wasserstein(fields(3, 0), fields(4, 1))
