"""The published networks once more, in NumPy, NCHW, straight from the paper and the official layouts: slow and plain.

Written apart from `engine.networks`, so that both are wrong only in different ways. `w`: official name -> array.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Weights = Mapping[str, Array]


def generate(settings: Any, w: Weights, z: Array, lod: float = 0.0) -> Array:
    """Pictures (N, C, R, R), computed in float64, at every level as the linear structure of the paper has it."""
    top = int(np.log2(settings.resolution))
    maps = _maps(settings, 1)
    x = z.astype(np.float64)
    if settings.normalize_latents:
        x = _pixel_norm(x, settings.pixelnorm_epsilon)
    x = x @ _weight(settings, w, "4x4/Dense", np.sqrt(2) / 4)
    bias = w["4x4/Dense/bias"]
    x = (x + bias if bias.size != maps else x + np.repeat(bias, 16)).reshape(-1, maps, 4, 4)
    x = _finish(settings, x)
    x = _finish(settings, _conv(settings, w, "4x4/Conv", x))
    image = _conv(settings, w, f"ToRGB_lod{top - 2}", x, gain=1.0)
    for level in range(3, top + 1):
        block, here = f"{2**level}x{2**level}", top - level
        if settings.fused_scale:
            x = _finish(settings, _conv_up(settings, w, f"{block}/Conv0_up", x))
        else:
            x = _finish(settings, _conv(settings, w, f"{block}/Conv0", _double(x)))
        x = _finish(settings, _conv(settings, w, f"{block}/Conv1", x))
        finer = _conv(settings, w, f"ToRGB_lod{here}", x, gain=1.0)
        image = finer + (_double(image) - finer) * np.clip(lod - here, 0, 1)
    return image


def judge(settings: Any, w: Weights, image: Array, lod: float = 0.0) -> Array:
    """Scores (N, 1) of pictures (N, C, R, R)."""
    top = int(np.log2(settings.resolution))
    image = image.astype(np.float64)
    x = _leaky(_conv(settings, w, "FromRGB_lod0", image))
    for level in range(top, 2, -1):
        block, here = f"{2**level}x{2**level}", top - level
        x = _leaky(_conv(settings, w, f"{block}/Conv0", x))
        if settings.fused_scale:
            x = _leaky(_conv_down(settings, w, f"{block}/Conv1_down", x))
        else:
            x = _halve(_leaky(_conv(settings, w, f"{block}/Conv1", x)))
        image = _halve(image)
        coarser = _leaky(_conv(settings, w, f"FromRGB_lod{here + 1}", image))
        x = x + (coarser - x) * np.clip(lod - here, 0, 1)
    if settings.mbstd_group_size > 1:
        x = _with_deviation(x, settings.mbstd_group_size)
    x = _leaky(_conv(settings, w, "4x4/Conv", x)).reshape(len(x), -1)
    x = _leaky(x @ _weight(settings, w, "4x4/Dense0", np.sqrt(2)) + w["4x4/Dense0/bias"])
    return x @ _weight(settings, w, "4x4/Dense1", 1.0) + w["4x4/Dense1/bias"]


def _maps(settings: Any, stage: int) -> int:
    return min(int(settings.fmap_base / 2.0 ** (stage * settings.fmap_decay)), settings.fmap_max)


def _weight(settings: Any, w: Weights, name: str, gain: float, fan_in: int | None = None) -> Array:
    weight = w[f"{name}/weight"].astype(np.float64)
    fan_in = fan_in or int(np.prod(weight.shape[:-1]))
    return weight * gain / np.sqrt(fan_in) if settings.use_wscale else weight


def _conv(settings: Any, w: Weights, name: str, x: Array, gain: float = np.sqrt(2)) -> Array:
    kernel = _weight(settings, w, name, gain)
    reach = kernel.shape[0] // 2
    padded = np.pad(x, [(0, 0), (0, 0), (reach, reach), (reach, reach)])
    high, wide = x.shape[2:]
    y = sum(
        np.einsum("nchw,co->nohw", padded[:, :, i : i + high, j : j + wide], kernel[i, j])
        for i in range(kernel.shape[0])
        for j in range(kernel.shape[1])
    )
    return np.asarray(y) + w[f"{name}/bias"][:, None, None]


def _overlapped(kernel: Array) -> Array:
    kernel = np.pad(kernel, [(1, 1), (1, 1), (0, 0), (0, 0)])
    return kernel[1:, 1:] + kernel[:-1, 1:] + kernel[1:, :-1] + kernel[:-1, :-1]


def _conv_up(settings: Any, w: Weights, name: str, x: Array) -> Array:
    """The transposed convolution: every pixel leaves a 4x4 stamp of the kernel, two pixels apart."""
    stored = w[f"{name}/weight"]
    kernel = _overlapped(_weight(settings, w, name, np.sqrt(2), 9 * stored.shape[3]))
    count, _, high, wide = x.shape
    y = np.zeros((count, stored.shape[2], 2 * high + 2, 2 * wide + 2))
    for i in range(4):
        for j in range(4):
            y[:, :, i : i + 2 * high : 2, j : j + 2 * wide : 2] += np.einsum("nchw,oc->nohw", x, kernel[i, j])
    return y[:, :, 1:-1, 1:-1] + w[f"{name}/bias"][:, None, None]


def _conv_down(settings: Any, w: Weights, name: str, x: Array) -> Array:
    kernel = _overlapped(_weight(settings, w, name, np.sqrt(2))) * 0.25
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    high, wide = x.shape[2:]
    parts = [(padded[:, :, i : i + high : 2, j : j + wide : 2], kernel[i, j]) for i in range(4) for j in range(4)]
    y = sum(np.einsum("nchw,co->nohw", part, tap) for part, tap in parts)
    return np.asarray(y) + w[f"{name}/bias"][:, None, None]


def _with_deviation(x: Array, group: int) -> Array:
    group = min(group, len(x))
    y = x.reshape(group, -1, *x.shape[1:])
    spread = np.sqrt(((y - y.mean(0)) ** 2).mean(0) + 1e-8).mean((1, 2, 3))
    extra = np.tile(spread, group)[:, None, None, None] * np.ones((len(x), 1, *x.shape[2:]))
    return np.concatenate([x, extra], 1)


def _finish(settings: Any, x: Array) -> Array:
    x = _leaky(x) if settings.use_leakyrelu else np.maximum(x, 0)
    return _pixel_norm(x, settings.pixelnorm_epsilon) if settings.use_pixelnorm else x


def _pixel_norm(x: Array, epsilon: float) -> Array:
    return x / np.sqrt((x**2).mean(1, keepdims=True) + epsilon)


def _leaky(x: Array) -> Array:
    return np.maximum(0.2 * x, x)


def _double(x: Array) -> Array:
    return x.repeat(2, 2).repeat(2, 3)


def _halve(x: Array) -> Array:
    count, maps, high, wide = x.shape
    return x.reshape(count, maps, high // 2, 2, wide // 2, 2).mean((3, 5))
