"""Choosing waypoints: what is measured of pictures and latents, without drawing any."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.features.vector import LAYOUT
from engine.networks.pggan.latent_sphere import seed_latent
from engine.networks.waypoints import GESTURES
from tools.waypoints.choosing import Bounds, _spread, gesture_directions, judged, restlessness

SIZE = 64


def test_a_gesture_is_found_in_latents_that_hold_it() -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((400, LAYOUT.size)).astype(np.float32)
    turn, nod = (seed_latent(seed, SIZE) for seed in (1, 2))
    yaw, pitch = (vectors[:, list(LAYOUT.names).index(f"pose.{name}")] for name in ("yaw", "pitch"))
    latents = random.standard_normal((400, SIZE)) + 0.3 * yaw[:, None] * turn + 0.3 * pitch[:, None] * nod
    directions = gesture_directions(latents.astype(np.float32), vectors)
    assert directions.shape == (len(GESTURES), SIZE)
    assert directions[0] @ turn / SIZE > 0.95
    assert directions[1] @ nod / SIZE > 0.95
    assert abs(directions[0] @ nod) / SIZE < 0.3


def test_a_calm_background_is_told_from_a_busy_one() -> None:
    calm = np.full((64, 64, 3), 90, np.uint8)
    face = calm.copy()
    face[20:60, 16:48] = np.random.default_rng(0).integers(0, 255, (40, 32, 3), np.uint8)
    flag = calm.copy()
    flag[:30:6, 52:] = (200, 20, 20)
    assert restlessness(calm) == 0
    assert restlessness(face) < 0.1, "what is in the middle is not the background"
    assert restlessness(flag) > 2


def test_the_chosen_are_unlike_each_other() -> None:
    vectors = np.zeros((6, LAYOUT.size), np.float32)
    vectors[:, 0] = [0, 0.1, 5, 5.1, -5, 0.2]
    bounds = Bounds(np.zeros(LAYOUT.size, np.float32), np.ones(LAYOUT.size, np.float32), 9, 9, 9)
    chosen = _spread(np.arange(5), bounds, vectors)
    assert chosen[0] == 0 and {int(index) for index in chosen[1:3]} == {3, 4}
    assert sorted(chosen) == [0, 1, 2, 3, 4]
    with pytest.raises(ModelError, match="no two faces"):
        _spread(np.arange(1), bounds, vectors)


def test_a_critic_is_asked_in_batches() -> None:
    pictures = np.arange(40, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    sizes: list[int] = []

    def critic(batch: np.ndarray) -> np.ndarray:
        sizes.append(len(batch))
        return batch.mean(axis=(1, 2, 3))

    assert judged(pictures, critic).tolist() == list(range(40))
    assert sizes == [16, 16, 8]
