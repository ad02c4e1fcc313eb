"""Function-preserving widening of a generator (Net2Net, Chen et al. 2016, arXiv 1511.05641).

Every feature map is duplicated. The weights that read it are split between both copies, with noise that cancels out: so
the copies initially draw the same and can diverge in training. Weights have official names and layouts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.pggan.architecture import GeneratorSettings, variable_shapes

NOISE = 0.3  # deviation between copies, relative to weights of deviation 1
SEED = 0  # the generator and its average get the same noise

Arrays = dict[str, NDArray[Any]]


def widened_settings(settings: GeneratorSettings, fmap_max: int) -> GeneratorSettings:
    """Settings of the wider network.

    Raises:
        ModelError: it would not be wider, or more than twice as wide.
    """
    if settings.fmap_max < fmap_max <= 2 * settings.fmap_max:
        return replace(settings, fmap_max=fmap_max)
    raise ModelError(
        f"--widen {fmap_max}: the generator has {settings.fmap_max} channels at most, and can be given up to "
        f"{2 * settings.fmap_max}"
    )


def widened(arrays: Mapping[str, NDArray[Any]], settings: GeneratorSettings, fmap_max: int) -> Arrays:
    """Weights of the wider network.

    Args:
        settings: of the narrow one, which must use `use_wscale`.

    Raises:
        ModelError: a layer would grow by a factor other than two.
    """
    wide_shapes = variable_shapes(widened_settings(settings, fmap_max))
    random = np.random.default_rng(SEED)
    wide: Arrays = {}
    for name, shape in wide_shapes.items():
        array = arrays[name]
        factors = {new / old for new, old in zip(shape, array.shape, strict=True)}
        if not factors <= {1, 2}:
            raise ModelError(
                f"--widen {fmap_max}: {name} cannot grow from {array.shape} to {shape}: take {2 * settings.fmap_max}"
            )
        if name.startswith("4x4/Dense/"):  # outputs, or biases, run over channels and then over 16 pixels
            wide[name] = np.concatenate([array] * (shape[-1] // array.shape[-1]), axis=-1)
            continue
        array = np.concatenate([array] * (shape[-1] // array.shape[-1]), axis=-1)
        if array.ndim == 4 and shape[2] == 2 * array.shape[2]:
            noise = NOISE * random.standard_normal(array.shape, np.float32)
            array = np.concatenate([array / np.sqrt(2) + noise, array / np.sqrt(2) - noise], axis=2)
        wide[name] = array.astype(np.float32)
    return wide
