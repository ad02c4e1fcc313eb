"""Weights in the order and layout of the authors' Theano code -> official names and layouts.

That code stores a list of parameters: for each layer a weight, a scale if equalised, and a bias; convolutions are OIHW
and flip their kernels at run time; resampling is never fused. Knows no pickles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings, WeightLayer, layers_of

# settings absent from the TensorFlow code, with the only value it can express
_ONLY: Mapping[str, tuple[Any, ...]] = {
    "label_size": (0,),
    "use_batchnorm": (False, 0),
    "use_layernorm": (False, 0),
    "tanh_at_end": (None, False),
    "mbstat_func": ("Tstdeps", None),
    "mbstat_avg": ("all",),
    "mbdisc_kernels": (None, 0),
}


def theano_kwargs(network: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a Theano network in terms of the TensorFlow code.

    Raises:
        ModelError: it uses something that the TensorFlow code, and so this program, lacks.
    """
    kwargs = {key: str(value, "latin1") if isinstance(value, memoryview) else value for key, value in spec.items()}
    for key, allowed in _ONLY.items():
        if key in kwargs and not any(type(kwargs[key]) in (type(one), int) and kwargs[key] == one for one in allowed):
            raise ModelError(f"its network {network} is of the Theano code and uses {key}, which is not supported")
        kwargs.pop(key, None)
    kwargs.pop("use_gdrop", None)  # noise in training only
    return {**kwargs, "fused_scale": False, "mbstd_group_size": 16}


def theano_variables(
    network: str, settings: GeneratorSettings | DiscriminatorSettings, values: list[Any]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Official variables (name, array) from a list of Theano parameters.

    Raises:
        ModelError: the list has the wrong length, or an array has another shape.
    """
    rest = iter(values)

    def following(name: str) -> NDArray[Any]:
        value = next(rest, None)
        if isinstance(value, int | float):
            value = np.asarray(value, np.float32)
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            raise ModelError(f"its network {network} of the Theano code lacks {name}")
        return value

    for layer in _in_theano_order(settings):
        yield from _layer_variables(network, settings.use_wscale, layer, following)
    if next(rest, None) is not None:
        raise ModelError(f"its network {network} of the Theano code holds more weights than its settings ask for")


def _layer_variables(
    network: str, use_wscale: bool, layer: WeightLayer, following: Callable[[str], NDArray[Any]]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    name = f"{layer.name}/weight"
    stored = following(name)
    scale = following(f"the scale of {name}") if use_wscale else None
    if stored.ndim not in (2, 4):
        raise ModelError(f"{network}: {name} of the Theano code has the shape {stored.shape}")
    weight = _official_layout(layer, stored).astype(np.float32)
    if scale is not None:
        if scale.size != 1:
            raise ModelError(f"{network}: the scale of {name} is not one number")
        weight = weight * np.float32(float(scale.reshape(())) / layer.he_constant)
    yield name, weight
    yield f"{layer.name}/bias", following(f"{layer.name}/bias")


def _official_layout(layer: WeightLayer, stored: NDArray[Any]) -> NDArray[Any]:
    if stored.ndim == 2:  # 1x1 convolutions and the last dense layer are IO
        return stored if layer.kind == "dense" else stored[None, None]
    if layer.name == "4x4/Dense":  # a convolution over one pixel: OIHW, not flipped, to IO with outputs C, y, x
        return stored.transpose(1, 0, 2, 3).reshape(stored.shape[1], -1)
    if layer.name == "4x4/Dense0":  # a convolution over the whole 4x4 picture: OIHW, flipped, to IO
        return stored[:, :, ::-1, ::-1].reshape(stored.shape[0], -1).T
    return stored.transpose(2, 3, 1, 0)[::-1, ::-1]


def _in_theano_order(settings: GeneratorSettings | DiscriminatorSettings) -> list[WeightLayer]:
    layers = layers_of(settings)
    if isinstance(settings, DiscriminatorSettings):
        return list(layers)
    to_rgb = [layer for layer in layers if layer.name.startswith("ToRGB")]
    return [layer for layer in layers if layer not in to_rgb] + to_rgb[::-1]  # highest resolution first
