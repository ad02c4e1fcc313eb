"""An encoder's answers rest while the face rests, and follow it when it moves."""

from __future__ import annotations

import numpy as np

from engine.features.vector import LAYOUT
from engine.networks.pggan.latent_sphere import angle_deg, normalise, seed_latent, slerp
from engine.pipeline.encoding_filter import EncodingFilter
from engine.types import FloatArray

RATE_HZ, SIZE = 30, 512
JITTER_DEG = 5.0


def trembling(z: FloatArray, random: np.random.Generator) -> FloatArray:
    """An answer (n,) as a noisy picture makes it, five degrees away."""
    away = random.standard_normal(SIZE)
    away -= z * (away @ z) / (z @ z)
    return normalise(z + away * np.tan(np.radians(JITTER_DEG)) * np.linalg.norm(z) / np.linalg.norm(away))


def features(yaw_deg: float, random: np.random.Generator) -> FloatArray:
    vector = np.zeros(LAYOUT.size, np.float32)
    vector[LAYOUT["shape"]] = 0.003 * random.standard_normal(vector[LAYOUT["shape"]].shape)
    vector[LAYOUT["pose"]] = 0.2 * random.standard_normal(2)
    vector[LAYOUT.index("pose.yaw")] += yaw_deg
    return vector


def test_a_still_face_is_answered_by_one_that_hardly_trembles() -> None:
    random, z = np.random.default_rng(0), seed_latent(1, SIZE)
    steady = EncodingFilter(LAYOUT)
    raw = [trembling(z, random) for _ in range(120)]
    calm = np.stack([steady(each, features(0, random), 1 / RATE_HZ) for each in raw])[30:]
    moved_deg_s = float(np.sqrt(np.mean(angle_deg(calm[1:], calm[:-1]) ** 2))) * RATE_HZ
    assert moved_deg_s < 7.0 < 200.0 < float(np.mean(angle_deg(np.stack(raw[1:]), np.stack(raw[:-1])))) * RATE_HZ
    assert float(angle_deg(calm[-1], z)) < 2.0


def test_a_head_that_turns_is_followed_at_once() -> None:
    random, start, end = np.random.default_rng(0), seed_latent(1, SIZE), seed_latent(2, SIZE)
    steady = EncodingFilter(LAYOUT)
    for _ in range(60):
        steady(trembling(start, random), features(0, random), 1 / RATE_HZ)
    shares = np.linspace(0, 0.4, 16)  # within half a second, by twelve degrees
    for share in shares:
        z = slerp(start, end, share)
        out = steady(trembling(z, random), features(30 * share, random), 1 / RATE_HZ)
    speed_deg_s = float(angle_deg(start, z)) / (len(shares) / RATE_HZ)
    assert float(angle_deg(out, z)) < 0.09 * speed_deg_s + JITTER_DEG  # less than 90 ms late


def test_the_next_visitor_is_answered_unfiltered() -> None:
    random = np.random.default_rng(0)
    steady = EncodingFilter(LAYOUT)
    steady(seed_latent(1, SIZE), features(0, random), 1 / RATE_HZ)
    steady.reset()
    assert np.array_equal(steady(seed_latent(2, SIZE), features(0, random), 1 / RATE_HZ), seed_latent(2, SIZE))
