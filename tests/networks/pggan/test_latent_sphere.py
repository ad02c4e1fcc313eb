"""The sphere of latents."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.pggan.latent_sphere import angle_deg, normalise, seed_latent, seed_latents, slerp


def test_a_seed_always_stands_for_the_same_point_on_the_sphere() -> None:
    z = seed_latent(7, 512)
    raw = np.random.default_rng(7).standard_normal(512)
    assert z.dtype == np.float32
    assert np.linalg.norm(z) == pytest.approx(np.sqrt(512), rel=1e-6)
    assert np.allclose(z, raw * np.sqrt(512) / np.linalg.norm(raw), atol=1e-6)
    assert np.array_equal(seed_latents([3, 7], 512)[1], z)
    assert seed_latents([], 16).shape == (0, 16)


def test_slerp_runs_along_the_great_circle_at_even_speed() -> None:
    a, b = seed_latents([1, 2], 64)
    points = slerp(a, b, np.linspace(0, 1, 11))
    assert points.shape == (11, 64)
    assert np.allclose(np.linalg.norm(points, axis=1), 8, rtol=1e-6)
    assert np.allclose(points[0], a, atol=1e-6)
    assert np.allclose(points[-1], b, atol=1e-6)
    steps = angle_deg(points[:-1], points[1:])
    assert np.allclose(steps, angle_deg(a, b) / 10, rtol=1e-4)


@pytest.mark.parametrize("angle_rad", [1e-12, 1e-8, 1e-5, 1e-3])
def test_slerp_is_exact_between_neighbours(angle_rad: float) -> None:
    a = np.zeros(4)
    a[0] = 1.0
    b = np.array([np.cos(angle_rad), np.sin(angle_rad), 0, 0])
    middle = slerp(a, b, 0.5)
    assert middle[1] / 2 == pytest.approx(np.sin(angle_rad / 2), rel=1e-5)


def test_slerp_between_equal_latents_stays() -> None:
    a = seed_latent(5, 512)
    assert np.allclose(slerp(a, a, 0.3), a, atol=1e-6)


@pytest.mark.parametrize("nearly", [0.0, 1e-12, 1e-6])
def test_slerp_between_opposite_latents_takes_a_half_circle(nearly: float) -> None:
    a = seed_latent(6, 32).astype(np.float64)
    b = -a
    b[3] += nearly
    points = slerp(a, b, np.array([0.0, 0.25, 0.5, 1.0]))
    assert np.isfinite(points).all()
    assert np.allclose(angle_deg(a, points), [0, 45, 90, 180], atol=1e-3)
    assert np.array_equal(points, slerp(a, b, np.array([0.0, 0.25, 0.5, 1.0])))


def test_slerp_broadcasts() -> None:
    a, b = seed_latents(range(3), 8), seed_latent(9, 8)
    t = np.array([0.0, 0.5, 1.0])
    rows = slerp(a, b, t)
    assert rows.shape == (3, 8)
    assert all(np.allclose(rows[i], slerp(a[i], b, t[i]), atol=1e-6) for i in range(3))


@pytest.mark.parametrize("bad", [np.zeros(4), np.array([1.0, np.nan, 0, 0]), np.array([np.inf, 0, 0, 0])])
def test_a_latent_without_direction_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="has no direction"):
        normalise(bad)
