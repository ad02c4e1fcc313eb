"""Generators that copy are caught; those that do not are let go."""

from __future__ import annotations

import numpy as np
import pytest

from engine.types import ByteArray
from tests.tools.metrics.pictures import fields
from tools.metrics.memorization import Memorisation, measure_memorisation

SIZE_PX, BLUR_PX = 16, 4.0
SHARES = {"modern": 0.7, "mono": 0.3}


def some(count: int, seed: int) -> ByteArray:
    return fields(count, seed, SIZE_PX, BLUR_PX)


def noisy(pictures: ByteArray, seed: int = 9) -> ByteArray:
    noise = np.random.default_rng(seed).normal(0, 3, pictures.shape)
    return (pictures + noise).clip(0, 255).astype(np.uint8)


def measure(drawn: ByteArray, training: ByteArray, held_out: ByteArray) -> Memorisation:
    kinds = tuple(["modern" if index % 3 else "mono" for index in range(len(one))] for one in (training, held_out))
    return measure_memorisation(drawn, training, held_out, kinds, SHARES)


def test_new_pictures_are_as_near_to_training_as_to_the_held_out() -> None:
    memory = measure(some(300, 0), some(400, 1), some(100, 2))
    assert memory.nn_ratio == pytest.approx(1, abs=0.03)
    assert memory.copy_ratio == pytest.approx(1, abs=3 * memory.copy_spread)
    assert 0 < memory.copy_spread < 0.1 and 0 < memory.nn_spread < 0.05


def test_copies_of_a_small_training_set_are_caught_either_way() -> None:
    training = some(60, 1)
    copies = noisy(training[np.arange(300) % 60])
    memory = measure(copies, training, some(60, 2))
    assert memory.nn_ratio < 0.5 and memory.copy_ratio < 0.5
    assert [nearest.index for nearest in memory.training[:60]] == list(range(60))
    assert max(nearest.distance for nearest in memory.training) < 6 < min(one.distance for one in memory.held_out)


def test_copies_of_a_large_training_set_are_caught_from_the_data() -> None:
    training = some(1200, 1)
    copies = noisy(training[np.random.default_rng(0).integers(1200, size=600)])
    memory = measure(copies, training, some(60, 2))
    assert memory.nn_ratio > 0.9  # 60 of 1200 originals are among those chosen: this way it is hardly seen
    assert memory.copy_ratio < 0.8


def test_a_mirrored_copy_is_a_copy() -> None:
    training = some(50, 1)
    memory = measure(noisy(training[:, :, ::-1]), training, some(50, 2))
    assert memory.nn_ratio < 0.5
    assert all(nearest.is_mirrored for nearest in memory.training)


def test_kinds_are_matched() -> None:
    """Dark pictures are common in training and rare among the held out: that alone makes no copies."""
    light, dark = some(600, 1) // 2 + 120, some(600, 2) // 2
    training, kinds = np.concatenate([light[:50], dark[:550]]), ["modern"] * 50 + ["mono"] * 550
    held_out, kinds_held_out = np.concatenate([light[50:130], dark[550:]]), ["modern"] * 80 + ["mono"] * 50
    memory = measure_memorisation(some(300, 3) // 2, training, held_out, (kinds, kinds_held_out), SHARES)
    assert memory.nn_ratio == pytest.approx(1, abs=0.05)


def test_sets_without_a_common_kind_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="no kind"):
        measure_memorisation(some(4, 0), some(4, 1), some(4, 2), (["mono"] * 4, ["modern"] * 4), SHARES)
