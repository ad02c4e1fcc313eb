"""Personas: a folder under models/ -> checked settings and networks.

The only module that maps the official names and layouts of weights to the Keras networks. Opening a persona reads and
checks its files without Keras; only loading its networks imports Keras.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.pggan.architecture import (
    DiscriminatorSettings,
    GeneratorSettings,
    Shape,
    WeightLayer,
)
from engine.networks.pggan.weight_file import file_sha256, read_network, write_network
from engine.system.atomic_write import atomic_write
from engine.types import Alignment, FloatArray

if TYPE_CHECKING:
    from engine.networks.pggan.model import Discriminator, Generator

GENERATOR_FILE = "generator.safetensors"
DISCRIMINATOR_FILE = "discriminator.safetensors"
INVERTER_FILE = "inverter.safetensors"
ENCODER_FILE = "encoder.safetensors"
UPSCALER_FILE = "upscaler.safetensors"
DESCRIPTION_FILE = "persona.json"
MAX_DESCRIPTION_BYTES = 64 * 1024

# key of `alignment` in persona.json: its range
_ALIGNMENT_RANGES = {"x": (0.0, 1.0), "y": (0.0, 1.0), "eye_distance": (0.02, 1.0)}


@dataclass(frozen=True)
class Persona:
    """Persona whose files have been checked.

    Attributes:
        folder: its folder; `name` is the name of the folder.
        title: display name, on the wall and in messages.
        settings: settings of its generator.
        generator_path, generator_sha256: generator file and its hash, which inverters refer to.
        alignment: position of the face in its pictures.
        inverter_path: inverter file; may not exist.
    """

    folder: Path
    name: str
    title: str
    settings: GeneratorSettings
    generator_path: Path
    generator_sha256: str
    alignment: Alignment
    inverter_path: Path

    @property
    def encoder_path(self) -> Path:
        """Path of the encoder trained with or for its generator; may not exist."""
        return self.folder / ENCODER_FILE

    @property
    def upscaler_path(self) -> Path:
        """Path of the network that enlarges its drawn faces; may not exist."""
        return self.folder / UPSCALER_FILE

    @classmethod
    def open(cls, folder: Path) -> Persona:
        """Open a folder and check everything the show needs of it, including weights.

        Raises:
            ModelError: a file is missing, damaged or does not fit; the message says which, and why.
        """
        if not os.path.isdir(folder):  # unlike Path's method, does not raise for overlong names
            siblings = sorted(
                path.parent.name for path in folder.parent.glob(f"*/{DESCRIPTION_FILE}") if "." not in path.parent.name
            )
            there = f"there are {', '.join(siblings)}" if siblings else "no persona is there"
            raise ModelError(f"there is no persona {folder.name!r} in {folder.parent}: {there}")
        title, alignment = _read_description(folder / DESCRIPTION_FILE)
        path = folder / GENERATOR_FILE
        settings, _ = read_network(path, GeneratorSettings)
        name = folder.resolve().name
        return cls(folder, name, title, settings, path, file_sha256(path), alignment, folder / INVERTER_FILE)

    def check_generator(self, path: Path, metadata: Mapping[str, str], remedy: str) -> None:
        """Refuse a file made for another generator.

        Args:
            path: of the file, for the message.
            metadata: of the file.
            remedy: what to do about it, for the message.

        Raises:
            ModelError: the file names another generator, or none.
        """
        made_for = metadata.get("generator_sha256", "")
        if made_for != self.generator_sha256:
            raise ModelError(
                f"{path} was trained for another generator ({made_for[:12]}) than {self.generator_path} "
                f"({self.generator_sha256[:12]}): {remedy}"
            )


def _read_description(path: Path) -> tuple[str, Alignment]:
    try:
        if path.stat().st_size > MAX_DESCRIPTION_BYTES:
            raise ModelError(
                f"{path} is longer than {MAX_DESCRIPTION_BYTES >> 10} KB: it is not the description of a persona"
            )
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        parts = f"a persona is a folder with {DESCRIPTION_FILE} and {GENERATOR_FILE}"
        raise ModelError(f"{path} is missing; {parts}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON: {str(error)[:120]}") from error
    if not isinstance(content, dict) or content.get("format") != 1:
        raise ModelError(f'{path} must be a table with "format": 1')
    unknown = sorted(set(content) - {"format", "title", "alignment"})
    if unknown:
        raise ModelError(f"{path}: {unknown[0][:60]!r} is not known; there are format, title and alignment")
    title = content.get("title")
    if not isinstance(title, str) or not 1 <= len(title) <= 200:
        raise ModelError(f"{path}: title must be a text of 1 to 200 letters")
    return title, _read_alignment(path, content.get("alignment"))


def _read_alignment(path: Path, content: Any) -> Alignment:
    if not isinstance(content, dict) or set(content) != set(_ALIGNMENT_RANGES):
        raise ModelError(f"{path}: alignment must be a table of x, y and eye_distance")
    for key, (low, high) in _ALIGNMENT_RANGES.items():
        value = content[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ModelError(f"{path}: alignment.{key} must be a number from {low} to {high}, not {str(value)[:40]}")
    return Alignment(**{key: float(value) for key, value in content.items()})


def write_description(folder: Path, title: str, alignment: Alignment) -> None:
    """Write persona.json into a folder, atomically."""
    measures = {key: round(float(getattr(alignment, key)), 4) for key in _ALIGNMENT_RANGES}
    text = json.dumps({"format": 1, "title": title, "alignment": measures}, indent=2, ensure_ascii=False) + "\n"
    with atomic_write(folder / DESCRIPTION_FILE) as partial:
        partial.write_text(text, encoding="utf-8")


def load_generator(path: Path) -> Generator:
    """Load the Keras network of a generator file, in the plain form.

    Raises:
        ModelError: the file is missing, damaged or holds another network.
    """
    settings, arrays = read_network(path, GeneratorSettings)
    from engine.networks.pggan.model import Generator

    model = Generator(settings)
    fill_network(model, arrays)
    return model


def load_discriminator(path: Path) -> Discriminator:
    """Load the Keras network of a discriminator file.

    Raises:
        ModelError: the file is missing, damaged or holds another network.
    """
    settings, arrays = read_network(path, DiscriminatorSettings)
    from engine.networks.pggan.model import Discriminator

    model = Discriminator(settings)
    fill_network(model, arrays)
    return model


def save_generator(model: Generator, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a generator under its official names, in float32; `notes` are added to the metadata."""
    write_network(path, model.settings, network_arrays(model), notes=notes)


def save_discriminator(model: Discriminator, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a discriminator under its official names, in float32; `notes` are added to the metadata."""
    write_network(path, model.settings, network_arrays(model), notes=notes)


def fill_network(model: Generator | Discriminator, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Assign weights by official names, in official layouts."""
    for name, layer in model.by_name.items():
        layer.weight.assign(_weight_to_keras(layer.official, arrays[f"{name}/weight"]))
        layer.bias.assign(_bias_to_keras(layer.official, arrays[f"{name}/bias"]))


def network_arrays(model: Generator | Discriminator) -> dict[str, NDArray[Any]]:
    """Weights by official names, in official layouts, float32."""
    import keras

    arrays: dict[str, NDArray[Any]] = {}
    for name, layer in model.by_name.items():
        arrays[f"{name}/weight"] = _weight_to_official(layer.official, keras.ops.convert_to_numpy(layer.weight))
        arrays[f"{name}/bias"] = _bias_to_official(layer.official, keras.ops.convert_to_numpy(layer.bias))
    return arrays


def _weight_to_keras(layer: WeightLayer, weight: FloatArray) -> FloatArray:
    """Convert from the official layout to HWIO, or to IO in NHWC order."""
    if layer.kind == "up":
        return np.ascontiguousarray(weight[::-1, ::-1].transpose(0, 1, 3, 2))
    if layer.name == "4x4/Dense":  # outputs C, y, x -> y, x, C
        return weight.reshape(-1, layer.fan_out, 16).transpose(0, 2, 1).reshape(weight.shape)
    if layer.name == "4x4/Dense0":  # inputs C, y, x -> y, x, C
        return weight.reshape(-1, 16, layer.fan_out).transpose(1, 0, 2).reshape(weight.shape)
    return weight


def _bias_to_keras(layer: WeightLayer, bias: FloatArray) -> FloatArray:
    is_per_pixel = layer.name == "4x4/Dense" and bias.size != layer.fan_out
    return bias.reshape(layer.fan_out, 16).T.ravel() if is_per_pixel else bias


def _bias_to_official(layer: WeightLayer, bias: FloatArray) -> FloatArray:
    is_per_pixel = layer.name == "4x4/Dense" and bias.size != layer.fan_out
    return bias.reshape(16, layer.fan_out).T.ravel() if is_per_pixel else bias


def _weight_to_official(layer: WeightLayer, weight: FloatArray) -> FloatArray:
    """Inverse of `_weight_to_keras`."""
    shape: Shape = weight.shape
    if layer.kind == "up":
        return np.ascontiguousarray(weight[::-1, ::-1].transpose(0, 1, 3, 2))
    if layer.name == "4x4/Dense":
        return weight.reshape(-1, 16, layer.fan_out).transpose(0, 2, 1).reshape(shape)
    if layer.name == "4x4/Dense0":
        return weight.reshape(16, -1, layer.fan_out).transpose(1, 0, 2).reshape(shape)
    return weight
