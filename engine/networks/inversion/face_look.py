"""The second frozen look of encoders: a small network that tells faces apart, which features of ImageNet do not.

Owns the file, `models/features/faceres.safetensors`, and what it must hold: a MobileNet (Howard et al. 2017) that was
trained to recognise people and then to read age and gender (Savchenko 2019, "Efficient facial representations for age,
gender and identity recognition"), without its heads, batch norms folded in. Arrays have PyTorch's layouts (OIHW). It is
never trained here, and what it sees of a visitor is used for nothing but the latent that answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import ModelError
from engine.networks.inversion.frozen_features import FEATURES_FOLDER, read_blocks
from engine.networks.pggan.weight_file import Arrays, file_sha256

FACE_LOOK_FILE = "faceres.safetensors"
EDGE_PX = 14  # of the square of 128 px, cut off all around before it looks: it learned from tighter faces
LOOKED_AT_PX = 128  # what is left is enlarged to this
BLOCKS = 13
KNOWN = 1024  # numbers that it knows of a face: channels of its last map, whose mean over the 4x4 places is taken


@dataclass(frozen=True)
class FaceLook:
    """The network, as its file holds it.

    Attributes:
        arrays: `stem.weight`, `blocks.N.depthwise.weight` and `blocks.N.pointwise.weight` (OIHW), with a `.bias` (O,)
            each, float32.
        strides: of each of the 13 blocks' depthwise convolution. With stride 2 a picture is padded below and on the
            right only, as TensorFlow does.
        sha256: of the file; encoders name it.
    """

    arrays: Arrays
    strides: tuple[int, ...]
    sha256: str = ""


def face_look_path(models: Path) -> Path:
    """Where the look of a folder of personas is."""
    return models / FEATURES_FOLDER / FACE_LOOK_FILE


def read_face_look(path: Path) -> FaceLook:
    """Open and check the file.

    Raises:
        ModelError: it is missing, damaged, or holds another network.
    """
    arrays, (strides,) = read_blocks(path, "strides")
    look = FaceLook(arrays, strides, file_sha256(path))
    fault = _fault(look)
    if fault is not None:
        raise ModelError(f"{path} cannot be used: it is no MobileNet without its heads: {fault}")
    return look


def _fault(look: FaceLook) -> str | None:
    """What is wrong with a network; None if nothing is."""
    if len(look.strides) != BLOCKS or look.strides.count(2) != 4 or not set(look.strides) <= {1, 2}:
        return f"it has not {BLOCKS} blocks, four of them of stride 2"
    shapes = {name: array.shape for name, array in look.arrays.items()}
    channels = (shapes.get("stem.bias") or (0,))[0]
    expected: dict[str, tuple[int, ...]] = {"stem.weight": (channels, 3, 3, 3), "stem.bias": (channels,)}
    for index in range(BLOCKS):
        name = f"blocks.{index}"
        outputs = (shapes.get(f"{name}.pointwise.bias") or (0,))[0]
        expected |= {f"{name}.depthwise.weight": (channels, 1, 3, 3), f"{name}.depthwise.bias": (channels,)}
        expected |= {f"{name}.pointwise.weight": (outputs, channels, 1, 1), f"{name}.pointwise.bias": (outputs,)}
        channels = outputs
    odd = next((name for name in sorted(set(shapes) | set(expected)) if shapes.get(name) != expected.get(name)), None)
    if odd is not None:
        return f"{odd[:60]!r} does not fit the rest"
    return None if channels == KNOWN else f"it knows {channels} numbers of a face, not {KNOWN}"
