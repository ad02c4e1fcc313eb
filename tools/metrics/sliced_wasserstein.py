"""Sliced Wasserstein distance between two sets of pictures, level by level of a Laplacian pyramid (Karras et al. 2018).

From each level of each picture, 128 patches of 7x7 pixels are sampled at random; each channel of a set's patches is
normalised to mean 0 and standard deviation 1; the patches are projected onto 4 times 128 random directions, and the
mean distance of the sorted projections is the distance of the level, times 1000. Fine levels reflect grain and edges,
coarse ones pose and light; overall colour and contrast are normalised away.

The distance decreases with the number of pictures, so it is meaningful only next to that of two real sets of the same
size. The halves that give this floor must have no picture, and preferably no person, in common: a picture in both would
be at distance 0 from itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.types import ByteArray, FloatArray

PATCH_PX = 7
AXES: Any = (1, 2)  # NumPy accepts several axes; its types only one
PATCHES = 128  # per picture and level
DIRECTION_SETS, DIRECTIONS = 4, 128
COARSEST_PX = 16
SCALE = 1000.0


def pyramid_sizes(size_px: int) -> tuple[int, ...]:
    """Levels of pictures of this size, px: halves down to 16; only its own if it is smaller; none below a patch."""
    sizes = [size_px]
    while sizes[-1] >= 2 * COARSEST_PX and sizes[-1] % 2 == 0:
        sizes.append(sizes[-1] // 2)
    return tuple(size for size in sizes if size >= PATCH_PX)


def sliced_wasserstein(
    a: ByteArray, b: ByteArray, seed: int = 0, progress: Callable[[int], object] = lambda _: None
) -> dict[int, float]:
    """Distance at each level, by its size in px.

    Args:
        a, b: pictures (N, S, S, 3) uint8, equal numbers of both.
        seed: seed of patches and directions.
        progress: called with 1 for each level.

    Raises:
        ValueError: the sets differ in number or size, or are empty.
    """
    if a.shape != b.shape or not len(a):
        raise ValueError(f"sliced Wasserstein distances need two sets of equal shape, not {a.shape} and {b.shape}")
    distances: dict[int, float] = {}
    pyramids = zip(_levels(a), _levels(b), strict=True)
    for size, (level_a, level_b) in zip(pyramid_sizes(a.shape[1]), pyramids, strict=False):
        random = np.random.default_rng((seed, size))
        patches_a, patches_b = (_normalised_patches(level, random) for level in (level_a, level_b))
        distances[size] = SCALE * _distance(patches_a, patches_b, random)
        progress(1)
    return distances


def average(levels: Mapping[int, float]) -> float:
    """Mean over the levels, as reported in the paper."""
    return float(np.mean(list(levels.values())))


def _levels(pictures: ByteArray) -> Iterator[FloatArray]:
    """Laplacian pyramid of pictures, finest level first, (N, size, size, 3) float32 each."""
    current = pictures.astype(np.float32)
    for _ in pyramid_sizes(pictures.shape[1])[1:]:
        coarser = np.stack([cv2.pyrDown(picture) for picture in current])
        for picture, coarse in zip(current, coarser, strict=True):
            picture -= cv2.pyrUp(coarse)
        yield current
        current = coarser
    yield current


def _normalised_patches(level: FloatArray, random: np.random.Generator) -> FloatArray:
    """Patches (N * 128, 147) of a level, each channel normalised over all of them."""
    windows = sliding_window_view(level, (PATCH_PX, PATCH_PX), axis=AXES)  # (N, Y, X, C, 7, 7)
    count, height, width = windows.shape[:3]
    y = random.integers(height, size=(count, PATCHES))
    x = random.integers(width, size=(count, PATCHES))
    patches = windows[np.arange(count)[:, None], y, x].reshape(count * PATCHES, -1, PATCH_PX**2)  # (P, C, 49)
    patches -= patches.mean(axis=(0, 2), keepdims=True)
    patches /= np.maximum(patches.std(axis=(0, 2), keepdims=True), 1e-6)
    return patches.reshape(len(patches), -1)


def _distance(a: FloatArray, b: FloatArray, random: np.random.Generator) -> float:
    directions = random.standard_normal((DIRECTION_SETS, DIRECTIONS, a.shape[1])).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)

    def along(some: FloatArray) -> float:
        sorted_a, sorted_b = np.sort(some @ a.T, axis=1), np.sort(some @ b.T, axis=1)
        return float(np.abs(sorted_a - sorted_b).mean())

    with ThreadPoolExecutor(max_workers=2) as pool:  # NumPy sorts without the GIL
        return float(np.mean(list(pool.map(along, directions))))
