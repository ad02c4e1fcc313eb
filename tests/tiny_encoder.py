"""An encoder made from a seed, for the tiny persona: it looks with the frozen networks that ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.networks.inversion.encoder_file import BRANCHES, DIRECT, EncoderContents, read_looks, write_encoder
from engine.networks.inversion.face_look import KNOWN
from engine.networks.inversion.frozen_features import FEATURES_FOLDER, MAP_CHANNELS, MAP_PX
from engine.networks.persona import ENCODER_FILE, Persona
from engine.networks.pggan.weight_file import Arrays

MODELS = Path(__file__).resolve().parents[1] / "models"
WIDTH, HIDDEN = 4, 8


def random_encoder(latent_size: int = 16, seed: int = 0, *, knows_faces: bool = True) -> Arrays:
    """Arrays of an encoder with 4 channels in each convolution and 8 hidden numbers, rounded to float16.

    Args:
        knows_faces: whether it has `direct`, and so a second look.
    """
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
    if knows_faces:
        layer(DIRECT, latent_size, flat + KNOWN)
    return {name: array.astype(np.float16).astype(np.float32) for name, array in arrays.items()}


def add_tiny_encoder(folder: Path, seed: int = 0, *, knows_faces: bool = True) -> Persona:
    """Give the persona in a folder an encoder, and the folder of personas the frozen networks."""
    looks = folder.parent / FEATURES_FOLDER
    if not looks.exists():
        looks.symlink_to(MODELS / FEATURES_FOLDER, target_is_directory=True)
    persona = Persona.open(folder)
    latent_size = persona.settings.latent_size
    arrays = random_encoder(latent_size, seed, knows_faces=knows_faces)
    contents = EncoderContents(arrays, latent_size, *read_looks(folder.parent, arrays))
    write_encoder(folder / ENCODER_FILE, contents, persona.generator_sha256)
    return Persona.open(folder)
