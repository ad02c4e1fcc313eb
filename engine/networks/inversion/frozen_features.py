"""Frozen features of encoders: EfficientNet-Lite0 without its head, batch norms folded into weights.

Owns the file, `models/features/efficientnet_lite0.safetensors`, and its required contents. Arrays have PyTorch's names
and layouts (OIHW), as trainers write them. The network (Tan, Le, ICML 2019, in the authors' variant for small devices)
was trained on ImageNet and is never trained here. Does not know what is read from its maps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import ModelError
from engine.networks.pggan.weight_file import Arrays, file_sha256, read_arrays, read_header

FEATURES_FOLDER, FEATURES_FILE = "features", "efficientnet_lite0.safetensors"
SEEN_PX = 128  # side of its input
MAP_BLOCKS = (2, 4, 10, 15)  # blocks whose outputs are used
MAP_CHANNELS = (24, 40, 112, 320)
MAP_PX = (32, 16, 8, 4)
MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean and deviation of ImageNet colours, scaled to 0..1
BLOCKS = 16


@dataclass(frozen=True)
class FrozenFeatures:
    """Contents of the network's file.

    Attributes:
        arrays: `stem.weight` and `blocks.N.expand|depthwise|project.weight` (OIHW), with a `.bias` (O,) each, float32;
            the first block has no `expand`.
        strides, skips: stride of the depthwise convolution, and whether there is a skip connection, for each of 16
            blocks.
        sha256: hash of the file; encoders refer to it.
    """

    arrays: Arrays
    strides: tuple[int, ...]
    skips: tuple[bool, ...]
    sha256: str = ""


def frozen_features_path(models: Path) -> Path:
    """Path of the features in a folder of personas."""
    return models / FEATURES_FOLDER / FEATURES_FILE


def read_frozen_features(path: Path) -> FrozenFeatures:
    """Open and check the file.

    Raises:
        ModelError: it is missing, damaged, or holds another network.
    """
    arrays, (strides, skips) = read_blocks(path, "strides", "skips")
    features = FrozenFeatures(arrays, strides, tuple(map(bool, skips)), file_sha256(path))
    fault = _fault(features)
    if fault is not None:
        raise ModelError(f"{path} cannot be used: it is not a headless EfficientNet-Lite0: {fault}")
    return features


def read_blocks(path: Path, *names: str) -> tuple[Arrays, list[tuple[int, ...]]]:
    """Read the arrays of a frozen network, and the per-block numbers in its metadata, by name.

    Raises:
        ModelError: the file is missing or damaged, or lacks this metadata.
    """
    metadata = read_header(path).metadata
    arrays = read_arrays(path)
    try:
        return arrays, [tuple(int(number) for number in json.loads(metadata[name])) for name in names]
    except (KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{path} cannot be used: its metadata does not describe its blocks") from error


def _fault(features: FrozenFeatures) -> str | None:
    """Describe what is wrong with a network; None if nothing is."""
    if len(features.strides) != BLOCKS or len(features.skips) != BLOCKS or not set(features.strides) <= {1, 2}:
        return f"it does not have {BLOCKS} blocks of stride 1 or 2"
    shapes = {name: array.shape for name, array in features.arrays.items()}
    channels = 3
    used: set[str] = set()

    def follows(name: str, inputs: int, *, each_by_itself: bool = False) -> int:
        weight, bias = shapes.get(f"{name}.weight", ()), shapes.get(f"{name}.bias", ())
        used.update((f"{name}.weight", f"{name}.bias"))
        is_right = len(weight) == 4 and bias == weight[:1] and weight[1] == (1 if each_by_itself else inputs)
        is_right = is_right and weight[2] == weight[3] and weight[2] % 2 == 1
        return weight[0] if is_right and (not each_by_itself or weight[0] == inputs) else 0

    channels = follows("stem", channels)
    for index, has_skip in enumerate(features.skips):
        name, inside = f"blocks.{index}", channels
        if f"{name}.expand.weight" in shapes:
            inside = follows(f"{name}.expand", channels)
        inside = follows(f"{name}.depthwise", inside, each_by_itself=True)
        after = follows(f"{name}.project", inside)
        if not after or (has_skip and (after != channels or features.strides[index] != 1)):
            return f"{name} does not fit the layer before it"
        if index in MAP_BLOCKS and after != MAP_CHANNELS[MAP_BLOCKS.index(index)]:
            return f"the map behind {name} has {after} channels"
        channels = after
    rest = sorted(set(shapes) - used)
    return f"{rest[0][:60]!r} is not part of it" if rest else None
