"""Light critics on frozen features (Projected GAN, Sauer et al. 2021, arXiv 2111.01007): random mixing, and four heads.

The mixing is random and never trained: it joins channels and scales, so that no head can rely on a few of them. Heads
are convolutions with spectral norm (Miyato et al. 2018, arXiv 1802.05957), whose singular vectors are part of the
state. Pure functions of weights under their file names (`0.net.2.bias`), in Keras layouts; `to_file` and `from_file`
convert to and from PyTorch's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from engine.networks.inversion.encoder_network import LEAK
from engine.networks.inversion.frozen_features import MAP_CHANNELS

Arrays = dict[str, NDArray[Any]]

MIXED = (32, 48, 64, 96)  # channels of the mixed maps, which are 32, 16, 8 and 4 px wide
HALVINGS = (3, 2, 1, 0)  # per head, down to 4 px
WIDTH, GROUPS = 64, 8  # channels of a head, and groups for normalisation
GROUP_EPSILON, NORM_EPSILON = 1e-5, 1e-12
MIXING_PREFIX = "mixing."
_WEIGHT = ".parametrizations.weight.original"
_LEFT, _RIGHT = ".parametrizations.weight.0._u", ".parametrizations.weight.0._v"
_RIGHT_NAME = re.compile(r"(\d+\.net\.\d+)\.parametrizations\.weight\.0\._v")


def _head_convolutions() -> dict[str, tuple[int, int, int, int]]:
    """Names and shapes (size, size, inputs, outputs) of all convolutions in a head."""
    shapes = {}
    for head, (channels, halvings) in enumerate(zip(MIXED, HALVINGS, strict=True)):
        shapes[f"{head}.net.0"] = (3, 3, channels, WIDTH)
        for halving in range(halvings):
            shapes[f"{head}.net.{2 + 3 * halving}"] = (4, 4, WIDTH, WIDTH)
        shapes[f"{head}.net.{2 + 3 * halvings}"] = (4, 4, WIDTH, 1)
    return shapes


def mixing_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the mixing weights, HWIO."""
    across: dict[str, tuple[int, ...]] = {f"across.{i}.weight": (1, 1, c, MIXED[i]) for i, c in enumerate(MAP_CHANNELS)}
    return across | {f"down.{i}.weight": (3, 3, MIXED[i + 1], MIXED[i]) for i in range(3)}


def head_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the heads' weights, HWIO, without their singular vectors."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, kernel in _head_convolutions().items():
        shapes |= {f"{name}{_WEIGHT}": kernel, f"{name}.bias": kernel[3:]}
        if kernel[:2] == (4, 4) and kernel[3] > 1:
            head, place = name.split(".net.")
            norm = f"{head}.net.{int(place) + 1}"
            shapes |= {f"{norm}.weight": (WIDTH,), f"{norm}.bias": (WIDTH,)}
    return shapes


def vector_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the singular vectors of the heads' convolutions."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (height, width, inputs, outputs) in _head_convolutions().items():
        shapes |= {f"{name}{_LEFT}": (outputs,), f"{name}{_RIGHT}": (height * width * inputs,)}
    return shapes


def fresh_mixing(random: np.random.Generator) -> Arrays:
    """Random mixing that preserves variance."""
    return {
        name: random.standard_normal(shape, np.float32) / np.float32(np.prod(shape[:3]) ** 0.5)
        for name, shape in mixing_shapes().items()
    }


def fresh_heads(random: np.random.Generator) -> tuple[Arrays, Arrays]:
    """Weights and singular vectors of new heads."""
    heads: Arrays = {}
    kernels = _head_convolutions()
    for name, shape in head_shapes().items():
        layer = name.removesuffix(_WEIGHT).removesuffix(".bias").removesuffix(".weight")
        if layer in kernels:
            bound = 1 / np.prod(kernels[layer][:3]) ** 0.5
            heads[name] = random.uniform(-bound, bound, shape).astype(np.float32)
        else:
            heads[name] = np.full(shape, float(name.endswith(".weight")), np.float32)
    vectors: Arrays = {}
    for name, kernel in kernels.items():
        left, _, right = np.linalg.svd(heads[f"{name}{_WEIGHT}"].reshape(-1, kernel[3]), full_matrices=False)
        vectors |= {f"{name}{_LEFT}": right[0], f"{name}{_RIGHT}": left[:, 0].copy()}
    return heads, vectors


def mixed(mixing: Mapping[str, Any], maps: list[Any]) -> list[Any]:
    """Mix the four maps of the frozen features: channels at each scale, then from coarse to fine."""
    across = [_convolved(x, mixing[f"across.{i}.weight"]) for i, x in enumerate(maps)]
    out = [across[3]]
    for scale in (2, 1, 0):
        coarser = _convolved(out[0], mixing[f"down.{scale}.weight"])
        size = 2 * int(coarser.shape[1])
        coarser = ops.image.resize(coarser, (size, size), "bilinear", antialias=False, data_format="channels_last")
        out.insert(0, (across[scale] + coarser) * 0.5**0.5)
    return out


def iterated(heads: Mapping[str, Any], vectors: Mapping[str, Any]) -> dict[str, Any]:
    """Apply one power iteration to the singular vectors."""
    new = {}
    for name in _head_convolutions():
        matrix = _matrix(heads[f"{name}{_WEIGHT}"])
        left = _unit(ops.matmul(vectors[f"{name}{_RIGHT}"], matrix))
        new[f"{name}{_LEFT}"] = left
        new[f"{name}{_RIGHT}"] = _unit(ops.matmul(matrix, left))
    return new


def scores(heads: Mapping[str, Any], vectors: Mapping[str, Any], maps: list[Any]) -> list[Any]:
    """Scores of each head for the mixed maps, (N,) each; higher looks more real."""
    return [_scored(heads, vectors, head, x) for head, x in enumerate(maps)]


def _scored(heads: Mapping[str, Any], vectors: Mapping[str, Any], head: int, x: Any) -> Any:
    def convolved(x: Any, place: int, stride: int = 1, padding: str = "same") -> Any:
        name = f"{head}.net.{place}"
        weight = heads[f"{name}{_WEIGHT}"]
        length = ops.sum(ops.matmul(vectors[f"{name}{_RIGHT}"], _matrix(weight)) * vectors[f"{name}{_LEFT}"])
        return _convolved(x, weight / length, stride, padding) + heads[f"{name}.bias"]

    x = ops.leaky_relu(convolved(x, 0), LEAK)
    for halving in range(HALVINGS[head]):
        place = 2 + 3 * halving
        x = convolved(x, place, 2)
        norm = f"{head}.net.{place + 1}"
        x = ops.leaky_relu(_group_norm(x, heads[f"{norm}.weight"], heads[f"{norm}.bias"]), LEAK)
    return ops.reshape(convolved(x, 2 + 3 * HALVINGS[head], padding="valid"), (-1,))


def _convolved(x: Any, weight: Any, stride: int = 1, padding: str = "same") -> Any:
    return ops.conv(x, weight, strides=stride, padding=padding, data_format="channels_last")


def _group_norm(x: Any, weight: Any, bias: Any) -> Any:
    """Group normalisation (Wu & He 2018, arXiv 1803.08494)."""
    height, width, channels = (int(size) for size in x.shape[1:])
    groups = ops.reshape(x, (-1, height, width, GROUPS, channels // GROUPS))
    mean = ops.mean(groups, axis=(1, 2, 4), keepdims=True)
    spread = ops.mean(ops.square(groups - mean), axis=(1, 2, 4), keepdims=True)
    groups = (groups - mean) * ops.rsqrt(spread + GROUP_EPSILON)
    return ops.reshape(groups, (-1, height, width, channels)) * weight + bias


def _matrix(weight: Any) -> Any:
    return ops.reshape(weight, (-1, int(weight.shape[3])))  # (size * size * inputs, outputs)


def _unit(vector: Any) -> Any:
    return vector / ops.maximum(ops.sqrt(ops.sum(ops.square(vector))), NORM_EPSILON)


def to_file(heads: Mapping[str, Any], vectors: Mapping[str, Any], mixing: Mapping[str, Any]) -> Arrays:
    """Complete critics as stored in heads.safetensors, float32, in PyTorch layouts."""
    arrays = {**heads, **vectors, **{f"{MIXING_PREFIX}{name}": array for name, array in mixing.items()}}
    return {name: _turned(name, np.asarray(array, np.float32), to_keras=False) for name, array in arrays.items()}


def from_file(arrays: Mapping[str, NDArray[Any]]) -> tuple[Arrays, Arrays, Arrays]:
    """Heads, singular vectors and mixing from a file; the mixing is empty if the file has none.

    Raises:
        ValueError: an array is missing, superfluous or has another shape.
    """
    mixing_wanted = {f"{MIXING_PREFIX}{name}": shape for name, shape in mixing_shapes().items()}
    has_mixing = any(name.startswith(MIXING_PREFIX) for name in arrays)
    wanted = {**head_shapes(), **vector_shapes(), **(mixing_wanted if has_mixing else {})}
    for name in sorted(wanted.keys() | arrays.keys()):
        if name not in arrays or name not in wanted:
            raise ValueError(f"it {'lacks' if name in wanted else 'holds'} {name[:80]!r}")
    turned = {name: _turned(name, np.asarray(array, np.float32), to_keras=True) for name, array in arrays.items()}
    for name, array in turned.items():
        if array.shape != wanted[name]:
            raise ValueError(f"{name} has the shape {arrays[name].shape}")
    return (
        {name: turned[name] for name in head_shapes()},
        {name: turned[name] for name in vector_shapes()},
        {n.removeprefix(MIXING_PREFIX): array for n, array in turned.items() if n.startswith(MIXING_PREFIX)},
    )


def _turned(name: str, array: NDArray[Any], *, to_keras: bool) -> NDArray[Any]:
    """Convert an array to the other layout: OIHW <-> HWIO; right singular vectors run over I, H, W there and H, W, I
    here."""
    if array.ndim == 4:
        return np.ascontiguousarray(array.transpose((2, 3, 1, 0) if to_keras else (3, 2, 0, 1)))
    match = _RIGHT_NAME.fullmatch(name)
    kernel = _head_convolutions().get(match[1]) if match else None
    if kernel is None or array.size != np.prod(kernel[:3]):
        return array
    height, width, inputs, _ = kernel
    if to_keras:
        return np.ascontiguousarray(array.reshape(inputs, height, width).transpose(1, 2, 0)).ravel()
    return np.ascontiguousarray(array.reshape(height, width, inputs).transpose(2, 0, 1)).ravel()
