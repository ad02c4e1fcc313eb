"""Pictures without faces: rooms, landscapes, textures, gratings, noise and blots, each drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.types import ByteArray

Plane = NDArray[np.float32]
Size = tuple[int, int]


def empty_pictures(count: int, size_wh: Size, seed: int = 0) -> Iterator[tuple[str, ByteArray]]:
    """This many pictures without faces, of all kinds in turn, with their kinds."""
    for index in range(count):
        name = list(KINDS)[index % len(KINDS)]
        yield name, KINDS[name](np.random.default_rng([seed, index]), size_wh)


def room(random: np.random.Generator, size_wh: Size) -> ByteArray:
    """Wall with furniture: rectangles, a light gradient, coarse grain."""
    width, height = size_wh
    picture = random.uniform(60, 180, 3) + _slope(height)[:, None, None] * random.uniform(-30, 30, 3)
    picture = picture + _slope(width)[None, :, None] * random.uniform(-30, 30, 3)
    for _ in range(12):
        x, y = random.integers(0, width), random.integers(0, height)
        across, down = random.integers(width // 32, width // 3), random.integers(height // 18, height // 2)
        picture[y : y + down, x : x + across] += random.uniform(-40, 40, 3)
    return _levels(picture + _blurred_noise(random, size_wh, 4) * 12)


def texture(random: np.random.Generator, size_wh: Size) -> ByteArray:
    """Clouds, bark, gravel: noise whose amplitude falls with frequency."""
    rough = random.uniform(0.5, 2.0)
    planes = np.stack([_fractal(random, size_wh, rough) for _ in range(3)], axis=-1)
    grey = planes.mean(axis=2, keepdims=True)
    return _levels(random.uniform(60, 180, 3) + random.uniform(20, 60) * (grey + 0.4 * (planes - grey)))


def gratings(random: np.random.Generator, size_wh: Size) -> ByteArray:
    """Blinds, tiles, curtains: several sets of parallel lines."""
    width, height = size_wh
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    picture = np.zeros((height, width, 3)) + random.uniform(60, 180, 3)
    for _ in range(int(random.integers(1, 4))):
        angle, frequency = random.uniform(0, np.pi), random.uniform(0.005, 0.3)
        wave = np.sin(2 * np.pi * frequency * (columns * np.cos(angle) + rows * np.sin(angle)))
        wave = np.sign(wave) if random.integers(2) else wave
        picture += wave[..., None] * random.uniform(-60, 60, 3)
    return _levels(picture)


def noise(random: np.random.Generator, size_wh: Size) -> ByteArray:
    """Grain of random size and strength."""
    return _levels(128 + random.uniform(20, 80) * _blurred_noise(random, size_wh, int(2 ** random.integers(0, 5))))


def landscape(random: np.random.Generator, size_wh: Size) -> ByteArray:
    """Sky over hills."""
    height = size_wh[1]
    line = random.uniform(0.3, 0.7) * height + 40 * _fractal(random, size_wh, 1.5)[0]
    rows = np.arange(height)[:, None]
    sky = random.uniform([80, 120, 180], [180, 200, 255]) * (1 - 0.4 * rows / height)[..., None]
    ground = random.uniform([30, 60, 20], [120, 140, 80]) + 25 * _fractal(random, size_wh, 1.2)[..., None]
    return _levels(np.where((rows < line[None, :])[..., None], sky, ground))


def blots(random: np.random.Generator, size_wh: Size) -> ByteArray:
    """Ellipses, filled and hollow, of all sizes: plates, wheels, lamps, buttons."""
    width, height = size_wh
    picture = np.full((height, width, 3), random.integers(40, 200, 3), np.uint8)
    for _ in range(int(random.integers(20, 200))):
        centre = (int(random.integers(width)), int(random.integers(height)))
        axes = (int(random.integers(3, height // 6)), int(random.integers(3, height // 6)))
        colour = tuple(int(level) for level in random.integers(0, 255, 3))
        thickness = -1 if random.random() < 0.7 else 2
        cv2.ellipse(picture, centre, axes, random.uniform(0, 180), 0, 360, colour, thickness, cv2.LINE_AA)
    return picture


KINDS: dict[str, Callable[[np.random.Generator, Size], ByteArray]] = {
    "rooms": room,
    "textures": texture,
    "gratings": gratings,
    "noise": noise,
    "landscapes": landscape,
    "blots": blots,
}


def _slope(length: int) -> Plane:
    return np.linspace(-1, 1, length, dtype=np.float32)


def _blurred_noise(random: np.random.Generator, size_wh: Size, grain_px: int) -> Plane:
    width, height = size_wh
    small = random.standard_normal((max(1, height // grain_px), max(1, width // grain_px), 3), np.float32)
    return np.asarray(cv2.resize(small, size_wh), np.float32)


def _fractal(random: np.random.Generator, size_wh: Size, rough: float) -> Plane:
    """Noise (H, W) of mean 0 and deviation 1, with amplitudes that fall with frequency to the power of `rough`."""
    width, height = size_wh
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1
    phases = random.standard_normal((*frequency.shape, 2))
    plane = np.fft.irfft2((phases[..., 0] + 1j * phases[..., 1]) / frequency**rough, (height, width))
    return np.asarray((plane - plane.mean()) / plane.std(), np.float32)


def _levels(picture: NDArray[np.floating[Any]]) -> ByteArray:
    return np.asarray(np.clip(picture, 0, 255), np.uint8)
