"""Two equivalent forms of a generator that all runtimes execute: fused upsampling, or repeated pixels.

NumPy only, so that it can be imported in environments without the show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.networks.generator.folded_layers import FoldedLayer, fold
from engine.networks.persona import GENERATOR_FILE
from engine.networks.pggan.architecture import GeneratorSettings, generator_layers
from engine.networks.pggan.weight_file import Arrays, read_network

FORMS = ("fused", "plain")


@dataclass(frozen=True)
class Form:
    """Generator with constants folded into its weights.

    Attributes:
        settings: settings of the generator.
        layers: in execution order. Kinds as in `FoldedLayer`, and `repeat`: double the picture by repeating pixels,
                then convolve (HWIO).
    """

    settings: GeneratorSettings
    layers: tuple[FoldedLayer, ...]


def read_form(folder: Path, form: str) -> Form:
    """Read the generator in a persona's folder in one of `FORMS`.

    Raises:
        ModelError: its file is missing or damaged.
    """
    settings, arrays = read_network(folder / GENERATOR_FILE, GeneratorSettings)
    layers = fold(settings, arrays)
    return Form(settings, layers if form == "fused" else _unfused(settings, arrays, layers))


def _unfused(settings: GeneratorSettings, arrays: Arrays, layers: Sequence[FoldedLayer]) -> tuple[FoldedLayer, ...]:
    """Layers with `repeat` instead of `up`, each with its original 3x3 kernel."""
    doubling = (layer for layer in generator_layers(settings) if "/Conv0" in layer.name)
    plain = []
    for folded in layers:
        if folded.kind == "up":
            layer = next(doubling)
            weight = arrays[f"{layer.name}/weight"] * np.float32(layer.he_constant if settings.use_wscale else 1.0)
            if layer.kind == "up":  # stored transposed and flipped
                weight = weight[::-1, ::-1].transpose(0, 1, 3, 2)
            folded = FoldedLayer("repeat", np.ascontiguousarray(weight), folded.bias)
        plain.append(folded)
    return tuple(plain)


def channels_first(dense: FoldedLayer) -> FoldedLayer:
    """Reorder the outputs of the first layer from 4, 4, C to C, 4, 4."""
    weight = dense.weight.reshape(len(dense.weight), 16, -1).transpose(0, 2, 1).reshape(dense.weight.shape)
    return FoldedLayer(
        "dense", np.ascontiguousarray(weight), np.ascontiguousarray(dense.bias.reshape(16, -1).T.ravel())
    )
