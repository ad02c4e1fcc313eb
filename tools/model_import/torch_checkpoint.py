"""PyTorch's legacy weight files (before its zip format) -> arrays, without PyTorch and without executing anything.

Such a file is five pickles followed by the numbers: a magic number, a version, system information, the table of
    tensors,
and the names of the storages in the order of their numbers. The pickles may name an ordered table, a rebuilt tensor and
the two kinds of storages, all of which are inert here; any other name is refused.
"""

from __future__ import annotations

import math
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from tools.model_import.pickle_values import shown

MAGIC = 0x1950A86A20F9469CFC6C
MAX_BYTES = 1 << 30
MAX_DIMENSIONS = 8


@dataclass(frozen=True)
class StorageKind:
    """Stand-in for a storage class."""

    dtype: np.dtype[Any]


@dataclass(frozen=True)
class StoredTensor:
    """Tensor in the table: its storage, offset and shape, in elements."""

    storage: str
    kind: StorageKind
    begin: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


_STORAGES: Mapping[str, StorageKind] = {
    "FloatStorage": StorageKind(np.dtype("<f4")),
    "LongStorage": StorageKind(np.dtype("<i8")),
}


def _tensor(storage: Any, begin: Any, shape: Any, steps: Any, *_: Any) -> StoredTensor:
    """Function that a table calls to rebuild a tensor."""
    kind, name = storage[1], storage[2]
    numbers = (begin, *shape, *steps)
    if not isinstance(kind, StorageKind) or len(shape) != len(steps) or len(shape) > MAX_DIMENSIONS:
        raise ValueError("a tensor in it is of an unknown kind")
    if not all(type(number) is int and 0 <= number < MAX_BYTES for number in numbers):
        raise ValueError("a tensor in it has no possible size")
    return StoredTensor(str(name), kind, begin, tuple(shape), tuple(steps))


class _InertUnpickler(pickle.Unpickler):
    """Unpickler that knows four names, all of them inert."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise ValueError(f"it names {shown(f'{module}.{name}')!r}, which a table of tensors has no need of")

    def persistent_load(self, pid: Any) -> Any:
        return pid


def read_torch_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """Tensors of a file by name.

    Raises:
        ModelError: the file is missing, damaged, too large, or not such a file.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path} cannot be used: it is larger than {MAX_BYTES >> 20} MB")
        with path.open("rb") as file:
            return _tensors(file)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        reason = str(error) or type(error).__name__
        raise ModelError(f"{path} cannot be used: it is not a table of PyTorch tensors ({reason[:200]})") from error


def _tensors(file: BinaryIO) -> dict[str, NDArray[Any]]:
    magic, _, _, table, order = (_InertUnpickler(file).load() for _ in range(5))
    if magic != MAGIC or not isinstance(table, dict) or not isinstance(order, list):
        raise ValueError("its beginning is another one")
    kinds = {tensor.storage: tensor.kind for tensor in table.values()}
    storages = {name: _storage(file, kinds[name].dtype) for name in order}
    return {str(name): _array(storages[tensor.storage], tensor) for name, tensor in table.items()}


def _storage(file: BinaryIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little")
    content = file.read(min(count * dtype.itemsize, MAX_BYTES))
    if len(content) != count * dtype.itemsize:
        raise ValueError("it is cut short")
    return np.frombuffer(content, dtype)


def _array(storage: NDArray[Any], tensor: StoredTensor) -> NDArray[Any]:
    if not math.prod(tensor.shape):
        return np.empty(tensor.shape, storage.dtype)
    last = tensor.begin + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.steps, strict=True))
    if last >= storage.size:
        raise ValueError("a tensor in it reaches beyond its storage")
    steps = [step * storage.itemsize for step in tensor.steps]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(storage[tensor.begin :], tensor.shape, steps))
