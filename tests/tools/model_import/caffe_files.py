"""Caffe files of the network of Levi and Hassner with random weights, in both forms of the format: for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.networks.attributes.levi_hassner import CLASSES, LAYERS

FloatArray = NDArray[np.float32]
POOL = "pooling_param { pool: MAX kernel_size: 3 stride: 2 }"
NORM = "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }"


def description(kind: str, *, is_old: bool) -> str:
    """The text of a deploy_*.prototxt, in the form of Caffe's first version or in the present one."""
    word = "layers" if is_old else "layer"
    lines, last = [f'name: "{kind}"', 'input: "data"', *(f"input_dim: {size}" for size in (1, 3, 227, 227))], "data"

    def layer(name: str, old_type: str, new_type: str, top: str, settings: str = "") -> None:
        shown = old_type if is_old else f'"{new_type}"'
        lines.append(f'{word} {{ name: "{name}" type: {shown} bottom: "{last}" top: "{top}" {settings} }}  # {name}')

    for index, spec in enumerate(LAYERS):
        outputs = spec.outputs or CLASSES[kind]
        if spec.kind == "conv":
            sizes = f"num_output: {outputs} kernel_size: {spec.kernel}"
            sizes += f" stride: {spec.stride}" if spec.stride != 1 else ""
            sizes += f" pad: {spec.pad}" if spec.pad else ""
            layer(spec.name, "CONVOLUTION", "Convolution", spec.name, f"convolution_param {{ {sizes} }}")
        else:
            layer(
                spec.name,
                "INNER_PRODUCT",
                "InnerProduct",
                spec.name,
                f"inner_product_param {{ num_output: {outputs} }}",
            )
        last = spec.name
        if spec is LAYERS[-1]:
            break
        layer(f"relu{index}", "RELU", "ReLU", last)
        if spec.kind == "dense":
            layer(f"drop{index}", "DROPOUT", "Dropout", last, "dropout_param { dropout_ratio: 0.5 }")
        for is_there, name, old, new, settings in (
            (spec.has_pooling, f"pool{index}", "POOLING", "Pooling", POOL),
            (spec.has_norm, f"norm{index}", "LRN", "LRN", NORM),
        ):
            if is_there:
                layer(name, old, new, name, settings)
                last = name
    layer("prob", "SOFTMAX", "Softmax", "prob")
    return "\n".join(lines) + "\n"


def random_blobs(kind: str, seed: int) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Layer name -> weight and bias as Caffe lays them out (OIHW, OI), so scaled that no layer dies or explodes."""
    random = np.random.default_rng(seed)
    blobs = {}
    for spec in LAYERS:
        outputs = spec.outputs or CLASSES[kind]
        shape = (outputs, spec.inputs) + ((spec.kernel, spec.kernel) if spec.kind == "conv" else ())
        spread = np.float32(np.sqrt(2 / np.prod(shape[1:])) * (0.02 if spec.name == "conv1" else 1.0))
        weight = random.standard_normal(shape, np.float32) * spread
        blobs[spec.name] = (weight, random.standard_normal(outputs, np.float32) * np.float32(0.1))
    return blobs


def field(number: int, content: bytes) -> bytes:
    """A field of bytes in protobuf's binary form."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def blob(array: FloatArray, *, is_old: bool) -> bytes:
    """A BlobProto; the old form counts four dimensions, the first of them 1 where there are fewer."""
    data = field(5, array.astype("<f4").tobytes())
    if is_old:
        sizes = (1,) * (4 - array.ndim) + array.shape
        return b"".join(varint(number << 3) + varint(size) for number, size in enumerate(sizes, 1)) + data
    return data + field(7, field(1, b"".join(map(varint, array.shape))))


def caffemodel(blobs: Mapping[str, tuple[FloatArray, ...]], *, is_old: bool) -> bytes:
    """A .caffemodel, with a layer of data that has no weights, as trained ones have."""
    name_field, blob_field, layer_field = (4, 6, 2) if is_old else (1, 7, 100)
    parts = [field(1, b"CaffeNet"), field(layer_field, field(name_field, b"data"))]
    for name, arrays in blobs.items():
        body = b"".join(field(blob_field, blob(array, is_old=is_old)) for array in arrays)
        parts.append(field(layer_field, field(name_field, name.encode()) + body))
    return b"".join(parts)


def write_caffe_files(folder: Path, *, is_old: bool, seed: int = 0) -> Path:
    """The four files that `tools.import_attributes` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, kind in enumerate(CLASSES):
        (folder / f"deploy_{kind}.prototxt").write_text(description(kind, is_old=is_old))
        (folder / f"{kind}_net.caffemodel").write_bytes(caffemodel(random_blobs(kind, seed + index), is_old=is_old))
    return folder
