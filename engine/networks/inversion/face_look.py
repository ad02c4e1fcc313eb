"""Second frozen network of encoders: a small face descriptor, which ImageNet features cannot replace.

Owns the file, `models/features/faceres.safetensors`, and its required contents: a MobileNet (Howard et al. 2017)
trained to recognise people and then to read age and gender (Savchenko 2019, "Efficient facial representations for age,
gender and identity recognition"), without its heads, batch norms folded in. Arrays have PyTorch's layouts (OIHW). It is
never trained here, and what it computes about a visitor is used only for the latent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import ModelError
from engine.networks.inversion.frozen_features import FEATURES_FOLDER, read_blocks
from engine.networks.pggan.weight_file import Arrays, file_sha256

FACE_LOOK_FILE = "faceres.safetensors"
EDGE_PX = 14  # cropped all around from the 128 px square: it was trained on tighter faces
LOOKED_AT_PX = 128  # the rest is enlarged to this
BLOCKS = 13
KNOWN = 1024  # size of the descriptor: channels of its last map, averaged over the 4x4 positions


@dataclass(frozen=True)
class FaceLook:
    """Contents of the network's file.

    Attributes:
        arrays: `stem.weight`, `blocks.N.depthwise.weight` and `blocks.N.pointwise.weight` (OIHW), with a `.bias` (O,)
            each, float32.
        strides: stride of the depthwise convolution in each of the 13 blocks. With stride 2, padding is added only at
                the bottom and right, as in TensorFlow.
        sha256: hash of the file; encoders refer to it.
    """

    arrays: Arrays
    strides: tuple[int, ...]
    sha256: str = ""


def face_look_path(models: Path) -> Path:
    """Path of the face network in a folder of personas."""
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
        raise ModelError(f"{path} cannot be used: it is not a headless MobileNet: {fault}")
    return look


def _fault(look: FaceLook) -> str | None:
    """Describe what is wrong with a network; None if nothing is."""
    if len(look.strides) != BLOCKS or look.strides.count(2) != 4 or not set(look.strides) <= {1, 2}:
        return f"it does not have {BLOCKS} blocks, four of them with stride 2"
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
    return None if channels == KNOWN else f"its face descriptor has {channels} numbers, not {KNOWN}"
