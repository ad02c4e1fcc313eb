"""A persona made from a seed, small enough that every test can have its own. It draws coloured clouds, not faces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.networks.persona import DISCRIMINATOR_FILE, GENERATOR_FILE, write_description
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings, variable_shapes
from engine.networks.pggan.weight_file import write_network
from engine.types import Alignment


def random_arrays(settings: GeneratorSettings | DiscriminatorSettings, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Weights as a network begins training with, and small biases, under their official names."""
    random = np.random.default_rng(seed)
    spread = {name: 1.0 if name.endswith("weight") else 0.1 for name in variable_shapes(settings)}
    shapes = variable_shapes(settings).items()
    return {name: (spread[name] * random.standard_normal(shape)).astype(np.float32) for name, shape in shapes}


def write_tiny_persona(
    folder: Path, resolution: int = 16, seed: int = 0, *, discriminator: bool = False, **settings: Any
) -> Path:
    """Write a persona with 8 feature maps or fewer at each resolution, and latents of 16 numbers.

    Args:
        folder: is made; its name is the persona's.
        resolution: of its pictures, px.
        seed: of its weights.
        discriminator: write one as well.
        settings: of the generator, in place of these.

    Returns:
        `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tiny = GeneratorSettings(resolution, fmap_base=16 * resolution, fmap_max=8, latent_size=16, fused_scale=False)
    chosen = replace(tiny, **settings)
    write_network(folder / GENERATOR_FILE, chosen, random_arrays(chosen, seed))
    if discriminator:
        judge = DiscriminatorSettings(resolution, chosen.num_channels, chosen.fmap_base, fmap_max=8, fused_scale=False)
        write_network(folder / DISCRIMINATOR_FILE, judge, random_arrays(judge, seed + 1))
    write_description(folder, f"Tiny {seed}", Alignment(0.5, 0.48, 0.25))
    return folder
