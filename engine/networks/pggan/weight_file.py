"""Weight files: limited reading and writing of safetensors. Knows official names and shapes only through
`architecture.py`.

Files are checked by their header before memory is allocated: at most 1 MB of header and 2000 tensors, exactly the names
and shapes that the settings require, and not a byte more or less.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.pggan.architecture import (
    DiscriminatorSettings,
    GeneratorSettings,
    settings_from_text,
    settings_to_text,
    variable_shapes,
)
from engine.system.atomic_write import atomic_write

Arrays = dict[str, NDArray[np.float32]]
Settings = TypeVar("Settings", GeneratorSettings, DiscriminatorSettings)

MAX_HEADER_BYTES = 1_000_000
MAX_TENSORS = 2000
MAX_DATA_BYTES = 1 << 29
_DTYPES: Mapping[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}


@dataclass(frozen=True)
class TensorPlace:
    """Position of a tensor in a file, in bytes from the end of the header."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """Header of a safetensors file, consistent with the size of the file."""

    metadata: dict[str, str]
    tensors: dict[str, TensorPlace]
    data_begin: int


def read_header(path: Path) -> Header:
    """Read the header of a safetensors file of float32 and float16 tensors.

    Raises:
        ModelError: the file cannot be read, is truncated, or is not such a file.
    """
    try:
        with path.open("rb") as file:
            file_bytes = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if file_bytes < 8 or length > min(MAX_HEADER_BYTES, file_bytes - 8):
                _refuse(path, "it is damaged or no safetensors file: the size of its header cannot be right")
            text = file.read(length)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        _refuse(path, "it is damaged or no safetensors file: its header is not JSON")
    return _check_header(path, content, 8 + length, file_bytes)


def _check_header(path: Path, content: Any, data_begin: int, file_bytes: int) -> Header:
    if not isinstance(content, dict):
        _refuse(path, "it is damaged: its header is not a table")
    metadata = content.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        _refuse(path, "it is damaged: its metadata is not a table of texts")
    if len(content) > MAX_TENSORS:
        _refuse(path, f"it holds {len(content)} tensors; the limit is {MAX_TENSORS}")
    tensors = {name: _check_tensor(path, name, entry) for name, entry in content.items()}
    end = 0
    for name, place in sorted(tensors.items(), key=lambda item: item[1].begin):
        if place.begin != end:
            _refuse(path, f"it is damaged: there is a gap or an overlap before {name}")
        end = place.end
    if data_begin + end != file_bytes:
        state = "cut short" if data_begin + end > file_bytes else "too long"
        _refuse(path, f"it is {state}: {file_bytes} bytes where its header asks for {data_begin + end}")
    if end > MAX_DATA_BYTES:
        _refuse(path, f"it holds {end >> 20} MB of weights; the limit is {MAX_DATA_BYTES >> 20} MB")
    return Header(metadata, tensors, data_begin)


def _check_tensor(path: Path, name: str, entry: Any) -> TensorPlace:
    try:
        dtype, shape, (begin, end) = _DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
        if len(shape) > 8 or not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
            raise ValueError
        if end - begin != math.prod(shape) * dtype.itemsize:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        _refuse(path, f"it is damaged: the entry of {name[:80]!r} is not that of a float32 or float16 tensor")
    return TensorPlace(dtype, tuple(shape), begin, end)


def check_network_header(path: Path, kind: type[Settings]) -> Settings:
    """Settings of a network file that has exactly the names and shapes that its settings require.

    Tensors named `preview_rgb_lod...` are allowed beside the official ones if they have the shape of the
    `ToRGB_lod...`.

    Raises:
        ModelError: says which file, and what in it does not fit.
    """
    header = read_header(path)
    try:
        settings = settings_from_text(kind, _with_bias_form(header))
    except (ValueError, OverflowError) as error:
        raise ModelError(f"{path} cannot be used: {error}") from error
    wanted = variable_shapes(settings)
    for name, shape in wanted.items():
        if name not in header.tensors:
            _refuse(path, f"{name} is missing from it")
        if header.tensors[name].shape != shape:
            found = header.tensors[name].shape
            _refuse(path, f"{name} has the shape {found} where its settings ask for {shape}")
    for name, place in header.tensors.items():
        if wanted.get(name.replace("preview_rgb_", "ToRGB_")) != place.shape:
            _refuse(path, f"it holds {name[:80]!r}, which its settings do not ask for")
    return settings


def _with_bias_form(header: Header) -> dict[str, str]:
    """Metadata, with the kind of the first bias inferred from its shape if the file does not state it."""
    weight, bias = header.tensors.get("4x4/Dense/weight"), header.tensors.get("4x4/Dense/bias")
    is_per_pixel = weight is not None and bias is not None and weight.shape[-1:] == bias.shape
    return {"dense_bias_per_pixel": str(is_per_pixel), **header.metadata}


def read_network(path: Path, kind: type[Settings]) -> tuple[Settings, Arrays]:
    """Read settings and weights (official names and layouts, float32) of a network file.

    Raises:
        ModelError: the file is missing, damaged, of another network, or holds a non-finite number.
    """
    settings = check_network_header(path, kind)
    return settings, read_arrays(path)


def read_arrays(path: Path) -> Arrays:
    """Read all tensors of a file as float32.

    Raises:
        ModelError: see `read_header`; or a tensor holds a non-finite number.
    """
    header = read_header(path)
    data = path.read_bytes()
    arrays: Arrays = {}
    for name, place in header.tensors.items():
        count = math.prod(place.shape)
        raw = np.frombuffer(data, place.dtype, count, header.data_begin + place.begin) if count else np.empty(0)
        array = raw.reshape(place.shape).astype(np.float32)
        if not np.isfinite(array).all():
            _refuse(path, f"{name} holds a number that is not finite (NaN or infinity)")
        arrays[name] = array
    return arrays


def write_network(
    path: Path,
    settings: GeneratorSettings | DiscriminatorSettings,
    arrays: Mapping[str, NDArray[Any]],
    *,
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write the weights of a network (official names and layouts, dtype kept) with its settings, atomically.

    Equal weights and settings always give equal bytes, and hence the same hash.

    Args:
        notes: further metadata; settings take precedence over notes of the same name.
    """
    write_arrays(path, arrays, {**(notes or {}), "format": "pggan", "label_size": "0", **settings_to_text(settings)})


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Write float32 and float16 arrays and metadata as a safetensors file, atomically."""
    with atomic_write(path) as partial, partial.open("wb") as file:
        _write_tensors(file, arrays, metadata)


def _write_tensors(file: BinaryIO, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> None:
    # not with the safetensors package, whose order of metadata varies between runs
    kinds = {dtype: kind for kind, dtype in _DTYPES.items()}
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    names, end = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name)), 0
    for name in names:
        array = arrays[name]
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": kinds[array.dtype], "shape": list(array.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in names:
        file.write(np.ascontiguousarray(arrays[name]).tobytes())


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse(path: Path, what: str) -> NoReturn:
    raise ModelError(f"{path} cannot be used: {what}")
