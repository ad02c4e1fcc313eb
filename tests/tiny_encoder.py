"""An encoder made from a seed, for the tiny persona: it looks with the features that ship."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from engine.networks.inversion.encoder_file import BRANCHES, write_encoder
from engine.networks.inversion.frozen_features import MAP_CHANNELS, MAP_PX, frozen_features_path, read_frozen_features
from engine.networks.persona import ENCODER_FILE, Persona
from engine.networks.pggan.weight_file import Arrays

MODELS = Path(__file__).resolve().parents[1] / "models"
WIDTH, HIDDEN = 4, 8


def random_encoder(latent_size: int = 16, seed: int = 0) -> Arrays:
    """Arrays of an encoder with 4 channels in each convolution and 8 hidden numbers, rounded to float16."""
    random = np.random.default_rng(seed)
    arrays: Arrays = {}

    def layer(name: str, *shape: int) -> None:
        fan_in = int(np.prod(shape[1:]))
        arrays[f"{name}.weight"] = random.standard_normal(shape) / np.sqrt(fan_in)
        arrays[f"{name}.bias"] = 0.1 * random.standard_normal(shape[0])

    flat = 0
    for branch in BRANCHES:
        channels, side_px = MAP_CHANNELS[branch.map_index], MAP_PX[branch.map_index]
        for name, kernel, stride in branch.layers:
            layer(name, WIDTH, channels, kernel, kernel)
            channels, side_px = WIDTH, side_px // stride
        flat += channels * side_px**2
    layer("hidden", HIDDEN, flat)
    layer("latent", latent_size, HIDDEN)
    return {name: array.astype(np.float16).astype(np.float32) for name, array in arrays.items()}


def add_tiny_encoder(folder: Path, seed: int = 0) -> Persona:
    """Give the persona in a folder an encoder, and the folder of personas the frozen features."""
    path = frozen_features_path(folder.parent)
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(frozen_features_path(MODELS), path)
    persona = Persona.open(folder)
    arrays = random_encoder(persona.settings.latent_size, seed)
    write_encoder(folder / ENCODER_FILE, arrays, persona.generator_sha256, read_frozen_features(path))
    return Persona.open(folder)
