"""The latent sphere, of radius sqrt(latent_size), in NumPy. Knows no network and no visitor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.types import FloatArray

_TINY = 1e-9


def seed_latent(seed: int, latent_size: int) -> FloatArray:
    """Latent (latent_size,) of a seed, the same everywhere in this program.

    `numpy.random.default_rng(seed).standard_normal(latent_size)`, brought to the sphere.

    Args:
        seed: 0 or more.
    """
    return normalise(np.random.default_rng(seed).standard_normal(latent_size))


def seed_latents(seeds: ArrayLike, latent_size: int) -> FloatArray:
    """Latents (N, latent_size) of several seeds (N,)."""
    rows = [seed_latent(int(seed), latent_size) for seed in np.atleast_1d(np.asarray(seeds))]
    return np.stack(rows) if rows else np.empty((0, latent_size), np.float32)


def normalise(z: ArrayLike) -> FloatArray:
    """Scale latents (..., n) to the sphere of radius sqrt(n).

    Raises:
        ValueError: a latent is zero or not finite and so has no direction.
    """
    return _on_sphere(_unit(np.asarray(z, np.float64)))


def slerp(a: ArrayLike, b: ArrayLike, t: ArrayLike) -> FloatArray:
    """Interpolate along the great circle from `a` to `b`, by the share `t` of their angle (Shoemake 1985).

    Accurate for nearly equal latents; for opposite ones, where every great circle is shortest, a deterministic one is
    used.

    Args:
        a, b: latents (..., n) of any non-zero length; they broadcast.
        t: (...), 0 is `a` and 1 is `b`; other values extrapolate along the circle.

    Returns:
        (..., n) float32 of radius sqrt(n).
    """
    start, end = np.broadcast_arrays(_unit(np.asarray(a, np.float64)), _unit(np.asarray(b, np.float64)))
    share = np.asarray(t, np.float64)[..., None]
    # Kahan's formula: unlike the arc cosine, it loses no digits near 0 and pi
    angle = 2.0 * np.arctan2(_length(start - end), _length(start + end))
    return _on_sphere(np.cos(share * angle) * start + np.sin(share * angle) * _tangent(start, end))


def angle_deg(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Angle (...) between latents (..., n), degrees, 0 to 180."""
    start, end = _unit(np.asarray(a, np.float64)), _unit(np.asarray(b, np.float64))
    angle = 2.0 * np.arctan2(_length(start - end), _length(start + end))
    return np.asarray(np.degrees(angle[..., 0]))


def _tangent(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit direction of the great circle from `start` to `end`; zero if they are equal."""
    difference = end - start
    direction = difference - np.sum(difference * start, -1, keepdims=True) * start
    length = _length(direction)
    is_opposite = (length < _TINY) & (np.sum(start * end, -1, keepdims=True) < 0)
    axis = np.zeros_like(start)
    np.put_along_axis(axis, np.argmin(np.abs(start), -1)[..., None], 1.0, -1)
    sideways = axis - np.sum(axis * start, -1, keepdims=True) * start
    direction = np.where(is_opposite, sideways, direction)
    length = np.where(is_opposite, _length(sideways), length)
    return np.asarray(np.divide(direction, length, out=np.zeros_like(direction), where=length > 0))


def _length(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(vector, axis=-1, keepdims=True))


def _unit(z: NDArray[np.float64]) -> NDArray[np.float64]:
    length = _length(z)
    if not (np.isfinite(length).all() and (length > 0).all()):
        raise ValueError("a latent that is zero or not finite has no direction")
    return np.asarray(z / length)


def _on_sphere(unit: NDArray[np.float64]) -> FloatArray:
    return np.asarray(unit * np.sqrt(unit.shape[-1]), np.float32)
