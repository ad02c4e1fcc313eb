"""File of a persona's encoder: contents, validation, reading and writing.

An encoder is trained with one generator, on squares cut by one recipe and seen by frozen networks: EfficientNet-Lite0
and, if the file contains `direct.weight`, a face network. All of them are named in the metadata of
`encoder.safetensors` and checked; the arrays have PyTorch's names and layouts, in float16, as trainers write them. Does
not know how an encoder is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.core.errors import ModelError
from engine.features.aligned_crop import CROP_STAMP
from engine.networks.inversion.face_look import KNOWN, FaceLook, face_look_path, read_face_look
from engine.networks.inversion.frozen_features import (
    MAP_CHANNELS,
    MAP_PX,
    FrozenFeatures,
    frozen_features_path,
    read_frozen_features,
)
from engine.networks.persona import Persona
from engine.networks.pggan.weight_file import Arrays, read_arrays, read_header, write_arrays

FORMAT = "narcissus-encoder 1"
LEAK = 0.2  # negative slope of every rectifier
HIDDEN = ("hidden", "latent")  # perceptron on the branches; optional if `direct` exists
DIRECT = "direct"  # linear layer on branches and face features -> latent; only in encoders with the face network


@dataclass(frozen=True)
class Branch:
    """Branch on one of the frozen maps: a sequence of convolutions, each followed by a leaky rectifier.

    Attributes:
        map_index: index of the map.
        layers: name, kernel size and stride of each convolution; padding is half the kernel size.
    """

    map_index: int
    layers: tuple[tuple[str, int, int], ...]


BRANCHES = (
    Branch(3, (("semantic", 1, 1),)),
    Branch(2, (("parts", 3, 2),)),
    Branch(1, (("fine0", 3, 2), ("fine1", 3, 2))),
)
"""The branches' outputs, flattened as channels, rows, columns, are concatenated as input of `hidden` and, followed by
the face features, of `direct`; the latent is the sum of `direct` and `latent`, normalised to the sphere."""


@dataclass(frozen=True)
class EncoderContents:
    """Encoder that fits its persona.

    Attributes:
        arrays: `semantic`, `parts`, `fine0`, `fine1` (OIHW), `hidden` with `latent`, or `direct`, or all three
            (out, in), each with `.weight` and `.bias`, float32.
        latent_size: dimensions of a latent.
        features: frozen ImageNet network.
        face_look: frozen face network; None if the encoder has no `direct`.
    """

    arrays: Arrays
    latent_size: int
    features: FrozenFeatures
    face_look: FaceLook | None = None


def read_encoder(path: Path, persona: Persona) -> EncoderContents:
    """Read the encoder of a persona.

    Raises:
        ModelError: it, or a frozen network, is missing or damaged, or was made for another generator, crop recipe or
                frozen network.
    """
    metadata = read_header(path).metadata
    if metadata.get("format") != FORMAT:
        raise ModelError(f"{path} cannot be used: it is not an encoder for this program: {_remedy(persona)}")
    persona.check_generator(path, metadata, _remedy(persona))
    if metadata.get("crop") != CROP_STAMP:
        raise ModelError(
            f"{path} looks at faces that are cut as {metadata.get('crop', 'nobody says')[:80]!r}, this program cuts "
            f"them as {CROP_STAMP!r}: {_remedy(persona)}"
        )
    arrays = without_idle_layers(read_arrays(path))
    check_arrays(path, arrays, persona.settings.latent_size)
    features, face_look = read_looks(persona.folder.parent, arrays)
    looks = {"features_sha256": (features.sha256, frozen_features_path(persona.folder.parent))}
    if face_look is not None:
        looks["face_look_sha256"] = face_look.sha256, face_look_path(persona.folder.parent)
    for key, (sha256, look_path) in looks.items():
        trained_to = metadata.get(key, "")
        if trained_to != sha256:
            raise ModelError(
                f"{path} was trained to look with other weights ({trained_to[:12]}) than {look_path} ({sha256[:12]}): "
                f"{_remedy(persona)}"
            )
    return EncoderContents(arrays, persona.settings.latent_size, features, face_look)


def read_looks(models: Path, arrays: Arrays) -> tuple[FrozenFeatures, FaceLook | None]:
    """Read the frozen networks that an encoder with these arrays needs, from a folder of personas.

    Raises:
        ModelError: one is missing or damaged.
    """
    knows_faces = f"{DIRECT}.weight" in arrays
    features = read_frozen_features(frozen_features_path(models))
    return features, read_face_look(face_look_path(models)) if knows_faces else None


def read_looks_of(models: Path) -> tuple[FrozenFeatures, FaceLook]:
    """Read both frozen networks from a folder of personas.

    Raises:
        ModelError: one is missing or damaged.
    """
    return read_frozen_features(frozen_features_path(models)), read_face_look(face_look_path(models))


def read_trained_encoder(path: Path, latent_size: int) -> Arrays:
    """Read the arrays written by a trainer, not yet assigned to a persona.

    Raises:
        ModelError: the file is missing or damaged, or holds no encoder with that latent size.
    """
    arrays = without_idle_layers(read_arrays(path))
    check_arrays(path, arrays, latent_size)
    return arrays


def without_idle_layers(arrays: Arrays) -> Arrays:
    """Remove `hidden` and `latent` from an encoder's arrays if they add nothing to `direct`.

    An encoder that was fitted but never trained has only zeros in `latent`: half of its multiplications would be
    wasted.
    """
    latent = [arrays.get(f"latent.{kind}") for kind in ("weight", "bias")]
    is_idle = all(array is not None and not np.any(array) for array in latent)
    if not is_idle or f"{DIRECT}.weight" not in arrays:
        return arrays
    idle = {f"{name}.{kind}" for name in HIDDEN for kind in ("weight", "bias")}
    return {name: array for name, array in arrays.items() if name not in idle}


def write_encoder(
    path: Path, contents: EncoderContents, generator_sha256: str, notes: Mapping[str, str] | None = None
) -> None:
    """Write an encoder for a persona's generator atomically, in float16.

    Args:
        notes: further metadata.
    """
    half = {
        name: np.ascontiguousarray(array, np.float16) for name, array in without_idle_layers(contents.arrays).items()
    }
    metadata = {
        **(notes or {}),
        "format": FORMAT,
        "generator_sha256": generator_sha256,
        "crop": CROP_STAMP,
        "features_sha256": contents.features.sha256,
    }
    if contents.face_look is not None:
        metadata["face_look_sha256"] = contents.face_look.sha256
    write_arrays(path, half, metadata)


def check_arrays(path: Path, arrays: Arrays, latent_size: int) -> None:
    """Raise unless the arrays form an encoder and fit together."""
    names = {name for branch in BRANCHES for name, _, _ in branch.layers}
    knows_faces = f"{DIRECT}.weight" in arrays
    has_hidden = not knows_faces or any(name.split(".")[0] in HIDDEN for name in arrays)
    names |= {DIRECT} if knows_faces else set()
    names |= set(HIDDEN) if has_hidden else set()
    expected = {f"{name}.{kind}" for name in names for kind in ("weight", "bias")}
    if set(arrays) != expected:
        odd = sorted(set(arrays) ^ expected)[0]
        what = "lacks" if odd in expected else "holds, and should not,"
        raise ModelError(f"{path} cannot be used: it {what} the array {odd[:60]!r} of an encoder")
    shapes = {name: array.shape for name, array in arrays.items()}
    flat = 0
    for branch in BRANCHES:
        channels, side_px = MAP_CHANNELS[branch.map_index], MAP_PX[branch.map_index]
        for name, kernel, stride in branch.layers:
            outputs = shapes[f"{name}.bias"][0] if len(shapes[f"{name}.bias"]) == 1 else 0
            _expect(path, f"{name}.weight", shapes[f"{name}.weight"], (outputs, channels, kernel, kernel))
            channels, side_px = outputs, -(-side_px // stride)
        flat += channels * side_px**2
    if has_hidden:
        hidden = shapes["hidden.bias"][0] if len(shapes["hidden.bias"]) == 1 else 0
        _expect(path, "hidden.weight", shapes["hidden.weight"], (hidden, flat))
        _expect(path, "latent.weight", shapes["latent.weight"], (latent_size, hidden))
        _expect(path, "latent.bias", shapes["latent.bias"], (latent_size,))
    if knows_faces:
        _expect(path, f"{DIRECT}.weight", shapes[f"{DIRECT}.weight"], (latent_size, flat + KNOWN))
        _expect(path, f"{DIRECT}.bias", shapes[f"{DIRECT}.bias"], (latent_size,))


def _expect(path: Path, name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if shape != wanted or 0 in wanted:
        raise ModelError(f"{path} cannot be used: {name} has the shape {shape}, where {wanted} is needed")


def _remedy(persona: Persona) -> str:
    return (
        f"adopt the generator together with its encoder (tools.adopt_generator --encoder), or run "
        f"`python -m tools.train_inverter --model {persona.name} --kind encoder`"
    )
