"""PyTorch's older files are read as data: what they hold, and what they are refused for."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from tools.model_import.torch_checkpoint import MAGIC, read_torch_checkpoint

NUMBERS = np.arange(12, dtype="<f4")


def _tensor(name: str, begin: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> bytes:
    """An entry of a table, instruction by instruction: PyTorch itself is not here."""
    kind = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00aX\x03\x00\x00\x00cpuK\x0cNtQ"
    numbers = b"".join(b"(" + b"".join(b"K" + bytes([n]) for n in row) + b"t" for row in (shape, steps))
    call = b"ctorch._utils\n_rebuild_tensor_v2\n(" + kind + b"K" + bytes([begin]) + numbers + b"\x89NtR"
    return b"X" + len(name).to_bytes(4, "little") + name.encode() + call


def _file(path: Path, *tensors: bytes, table: bytes | None = None, numbers: bytes = NUMBERS.tobytes()) -> Path:
    table = table or b"\x80\x02ccollections\nOrderedDict\n)R(" + b"".join(tensors) + b"u."
    head = pickle.dumps(MAGIC, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    path.write_bytes(head + table + pickle.dumps(["a"], 2) + (12).to_bytes(8, "little") + numbers)
    return path


def test_tensors_are_read_with_their_place_and_order(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.pth", _tensor("rows", 4, (2, 3), (3, 1)), _tensor("columns", 0, (2, 3), (1, 2)))
    found = read_torch_checkpoint(path)
    assert found["rows"].tolist() == [[4, 5, 6], [7, 8, 9]]
    assert found["columns"].tolist() == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"table": b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00truetR."}, "it names 'os.system'"),
        ({"table": b"\x80\x02cbuiltins\neval\n(X\x01\x00\x00\x001tR."}, "it names 'builtins.eval'"),
        ({"numbers": NUMBERS.tobytes()[:-1]}, "it is cut short"),
        ({"tensors": _tensor("beyond", 4, (3, 3), (3, 1))}, "reaches beyond its storage"),
    ],
)
def test_what_is_no_table_of_tensors_is_refused(tmp_path: Path, change: dict[str, bytes], complaint: str) -> None:
    change = {"tensors": _tensor("a", 0, (1,), (1,)), **change}
    path = _file(tmp_path / "a.pth", change.pop("tensors"), **change)
    with pytest.raises(ModelError, match=complaint):
        read_torch_checkpoint(path)
    path.write_bytes(b"<html>")
    with pytest.raises(ModelError, match="not a table of PyTorch tensors"):
        read_torch_checkpoint(path)
