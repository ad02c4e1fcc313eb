"""What stands in for the objects of a pickle: inert values that do nothing, made only from checked parts.

Python would look names up and call what it finds; here a name is one of a short list of constants. It knows nothing of
the language that pickles are written in (`pickle_machine.py`), nor of networks.
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
    """A name that a pickle may speak of: what it stands for is decided here, never by the file."""

    dotted: str


@dataclass
class Instance:
    """What stands in for an object of a listed class: its name and the state that it was saved with."""

    kind: Name
    state: Any = None


@dataclass
class DType:
    """What stands in for a `numpy.dtype`: a plain number type and its byte order."""

    code: str
    order: Literal["<", ">"] = "<"

    def resolve(self) -> np.dtype[Any]:
        return np.dtype(self.code).newbyteorder(self.order)


@dataclass
class Array:
    """What stands in for a `numpy.ndarray`: a view of the file with a checked size."""

    shape: tuple[int, ...] = ()
    dtype: DType = field(default_factory=lambda: DType("f4"))
    content: memoryview | None = None
    is_fortran: bool = False

    def resolve(self) -> NDArray[Any]:
        """The array, without a copy.

        Raises:
            ModelError: it was never given a content.
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

# every name that a file may speak, with the inert value that it stands for
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
    """A text from a file as it may be printed: short, without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:60])


def new_array(kind: Any, shape: Any, code: Any) -> Array:
    """The empty array that every saved one begins as."""
    if kind is not _ARRAY or shape != (0,) or as_text(code) != "b":
        raise ModelError("it makes an array of another kind than numpy.ndarray")
    return Array()


def new_dtype(code: Any, *flags: Any) -> DType:
    """The type that `numpy.dtype(code, ...)` would make, if it is a plain number type."""
    text = as_text(code)
    order, text = text[:1], text.lstrip("<>|=")
    if text.startswith("O"):
        raise ModelError("it holds an array of objects")
    if text not in _NUMBER_CODES or any(type(flag) not in (int, bool) for flag in flags):
        raise ModelError(f"it holds an array of the type {shown(text)!r}, which is not a plain number type")
    return DType(text, ">" if order == ">" else "<")


def set_dtype(dtype: DType, state: tuple[Any, ...]) -> None:
    """Give a type the byte order that it was saved with."""
    order = as_text(state[1]) if len(state) > 1 else ""
    if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
        raise ModelError("it holds an array of a type that is not a plain number type")
    dtype.order = ">" if order == ">" else "<"


def set_array(array: Array, _version: Any, shape: Any, dtype: Any, is_fortran: Any, content: Any) -> None:
    """Give an array what it was saved with."""
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
    """An array as protocol 5 saves it."""
    array = Array()
    _fill_array(array, shape, dtype, content)
    array.is_fortran = order == "F"
    return array


def scalar(dtype: Any, content: Any) -> float | int | bool:
    """A single number as NumPy saves it."""
    array = Array()
    _fill_array(array, (), dtype, content)
    value: float | int | bool = array.resolve().item()
    return value


def as_text(value: Any) -> str:
    """A text that Python 2 or 3 wrote as one, or as bytes."""
    if isinstance(value, memoryview) and len(value) <= MAX_NAME_LETTERS:
        return str(value, "latin1")
    if isinstance(value, str) and len(value) <= MAX_NAME_LETTERS:
        return value
    raise ModelError("something in it should be a short text")
