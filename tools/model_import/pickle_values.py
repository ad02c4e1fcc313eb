"""Stand-ins for the objects in a pickle: inert values without behaviour, made only from validated parts.

Python would look names up and call what it finds; here a name is one of a short list of constants. Knows neither pickle
opcodes (`pickle_machine.py`) nor networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError

MAX_NAME_LETTERS = 200
MAX_WHOLE = 1 << 31
MAX_DIMENSIONS = 8


@dataclass(frozen=True)
class Name:
    """Name that a pickle may use: its meaning is defined here, never by the file."""

    dotted: str


@dataclass
class Instance:
    """Stand-in for an object of an allowed class: its name and saved state."""

    kind: Name
    state: Any = None


@dataclass
class DType:
    """Stand-in for a `numpy.dtype`: a plain number type and its byte order."""

    code: str
    order: Literal["<", ">"] = "<"

    def resolve(self) -> np.dtype[Any]:
        return np.dtype(self.code).newbyteorder(self.order)


@dataclass
class Array:
    """Stand-in for a `numpy.ndarray`: a view of the file with a validated size."""

    shape: tuple[int, ...] = ()
    dtype: DType = field(default_factory=lambda: DType("f4"))
    content: memoryview | None = None
    is_fortran: bool = False

    def resolve(self) -> NDArray[Any]:
        """Return the array, without a copy.

        Raises:
            ModelError: its content was never set.
        """
        if self.content is None:
            raise ModelError("it holds an array without content")
        flat = np.frombuffer(self.content, self.dtype.resolve())
        return flat.reshape(self.shape, order="F" if self.is_fortran else "C")


_NUMBER_CODES = {f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)} | {"f2", "f4", "f8", "b1"}

_ARRAY, RECONSTRUCT = Name("numpy.ndarray"), Name("numpy reconstruct")
SCALAR, FROM_BUFFER = Name("numpy scalar"), Name("numpy from buffer")
DTYPE, ENCODE = Name("numpy.dtype"), Name("encode")
OBJECT, NEW_OBJECT = Name("object"), Name("new object")

# all names that a file may use, with their inert values
KNOWN_NAMES: dict[tuple[str, str], Name] = {
    ("numpy", "ndarray"): _ARRAY,
    ("numpy", "dtype"): DTYPE,
    ("_codecs", "encode"): ENCODE,
    ("builtins", "object"): OBJECT,
    ("__builtin__", "object"): OBJECT,
    ("copyreg", "_reconstructor"): NEW_OBJECT,
    ("copy_reg", "_reconstructor"): NEW_OBJECT,
}
for _package in ("numpy.core", "numpy._core"):
    KNOWN_NAMES[f"{_package}.multiarray", "_reconstruct"] = RECONSTRUCT
    KNOWN_NAMES[f"{_package}.multiarray", "scalar"] = SCALAR
    KNOWN_NAMES[f"{_package}.numeric", "_frombuffer"] = FROM_BUFFER


def shown(text: str) -> str:
    """Text from a file in printable form: short, without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:60])


def new_array(kind: Any, shape: Any, code: Any) -> Array:
    """Empty array, the initial state of every saved one."""
    if kind is not _ARRAY or shape != (0,) or as_text(code) != "b":
        raise ModelError("it makes an array of another kind than numpy.ndarray")
    return Array()


def new_dtype(code: Any, *flags: Any) -> DType:
    """Type of `numpy.dtype(code, ...)`, if it is a plain number type."""
    text = as_text(code)
    order, text = text[:1], text.lstrip("<>|=")
    if text.startswith("O"):
        raise ModelError("it holds an array of objects")
    if text not in _NUMBER_CODES or any(type(flag) not in (int, bool) for flag in flags):
        raise ModelError(f"it holds an array of the type {shown(text)!r}, which is not a plain number type")
    return DType(text, ">" if order == ">" else "<")


def set_dtype(dtype: DType, state: tuple[Any, ...]) -> None:
    """Set the saved byte order of a type."""
    order = as_text(state[1]) if len(state) > 1 else ""
    if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
        raise ModelError("it holds an array of a type that is not a plain number type")
    dtype.order = ">" if order == ">" else "<"


def set_array(array: Array, _version: Any, shape: Any, dtype: Any, is_fortran: Any, content: Any) -> None:
    """Set the saved state of an array."""
    _fill_array(array, shape, dtype, content)
    array.is_fortran = bool(is_fortran) if type(is_fortran) in (int, bool) else False


def _fill_array(array: Array, shape: Any, dtype: Any, content: Any) -> None:
    if isinstance(content, list):
        raise ModelError("it holds an array of objects")
    if not isinstance(dtype, DType) or not isinstance(content, memoryview) or not isinstance(shape, tuple):
        raise ModelError("it holds an array that is not made of a shape, a type and bytes")
    if len(shape) > MAX_DIMENSIONS or not all(type(size) is int and 0 <= size < MAX_WHOLE for size in shape):
        raise ModelError("it holds an array of an impossible shape")
    wanted = math.prod(shape) * dtype.resolve().itemsize
    if wanted != len(content):
        raise ModelError(f"it holds an array of {len(content)} bytes whose shape {shape} asks for {wanted}")
    array.shape, array.dtype, array.content = shape, dtype, content


def from_buffer(content: Any, dtype: Any, shape: Any, order: Any) -> Array:
    """Array as saved by protocol 5."""
    array = Array()
    _fill_array(array, shape, dtype, content)
    array.is_fortran = order == "F"
    return array


def scalar(dtype: Any, content: Any) -> float | int | bool:
    """Single number as saved by NumPy."""
    array = Array()
    _fill_array(array, (), dtype, content)
    value: float | int | bool = array.resolve().item()
    return value


def as_text(value: Any) -> str:
    """Text written by Python 2 or 3 as text or as bytes."""
    if isinstance(value, memoryview) and len(value) <= MAX_NAME_LETTERS:
        return str(value, "latin1")
    if isinstance(value, str) and len(value) <= MAX_NAME_LETTERS:
        return value
    raise ModelError("something in it should be a short text")
