"""Safe pickle interpreter: stack, memo, and a list of allowed names.

Python's own unpickler imports and calls whatever a file names. This one can do neither: names are looked up in a short
list of inert values (`pickle_values.py`), and all others are refused. The opcodes are in `pickle_reader.py`.

Its output is limited by the size of the file: bytes are views of the file, and copies are counted.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from engine.core.errors import ModelError
from tools.model_import.pickle_values import (
    DTYPE,
    ENCODE,
    FROM_BUFFER,
    KNOWN_NAMES,
    MAX_NAME_LETTERS,
    MAX_WHOLE,
    NEW_OBJECT,
    OBJECT,
    RECONSTRUCT,
    SCALAR,
    Array,
    DType,
    Instance,
    Name,
    from_buffer,
    new_array,
    new_dtype,
    scalar,
    set_array,
    set_dtype,
    shown,
)

MAX_TEXT_BYTES = 64 << 20
MAX_NUMBER_LETTERS = 24


class _Mark:
    """Start of a list of operands on the stack."""


_MARK: Final = _Mark()


class PickleMachine:
    """Reads one pickle.

    Args:
        data: the whole file.
        classes: (module, name) of classes whose instances the file may contain; they become `Instance`.
    """

    def __init__(self, data: memoryview, classes: frozenset[tuple[str, str]]) -> None:
        self._data = data
        self._names = KNOWN_NAMES | {pair: Name(".".join(pair)) for pair in classes}
        self._classes = {self._names[pair] for pair in classes}
        self._calls: dict[Name, Callable[..., Any]] = {
            RECONSTRUCT: new_array,
            DTYPE: new_dtype,
            SCALAR: scalar,
            FROM_BUFFER: from_buffer,
            ENCODE: self._encode,
            NEW_OBJECT: self.new_object,
        }
        self.position = 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._copied_bytes = 0

    def finish(self) -> Any:
        """Value of the whole pickle, which must end here."""
        if self.position != len(self._data):
            raise ModelError(f"it goes on for {len(self._data) - self.position} bytes after its end")
        if len(self._stack) != 1 or self._stack[0] is _MARK:
            raise ModelError("it ends with loose values")
        return self._stack[0]

    # ---- reading

    def _take(self, count: int) -> memoryview:
        part = self._data[self.position : self.position + count]
        if count < 0 or len(part) != count:
            raise ModelError(f"it is cut short: {len(self._data)} bytes are not all of it")
        self.position += count
        return part

    def _take_line(self) -> bytes:
        rest, line = self.position, bytearray()
        while True:
            piece = bytes(self._data[rest : rest + 4096])
            end = piece.find(b"\n")
            line += piece if end < 0 else piece[:end]
            if end >= 0:
                self.position = rest + end + 1
                return bytes(line)
            if not piece:
                raise ModelError("it is cut short within a line, or is no pickle")
            if len(line) > MAX_TEXT_BYTES:
                raise ModelError("a line in it is too long")
            rest += len(piece)

    def take_number(self, code: str) -> Any:
        """Fixed-size number, in `struct` format."""
        return struct.unpack(code, self._take(struct.calcsize(code)))[0]

    def take_bytes(self, length: int) -> memoryview:
        """Bytes of the file, as a view."""
        return self._take(length)

    def take_text(self, length: int) -> str:
        """UTF-8 text."""
        if length > MAX_TEXT_BYTES:
            raise ModelError(f"a text in it is {length} bytes long; the limit is {MAX_TEXT_BYTES}")
        part = self._take(length)
        try:
            return str(part, "utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise ModelError("a text in it is not UTF-8") from error

    def take_line(self) -> str:
        """Rest of a line, one character per byte."""
        return str(self._take_line(), "latin1")

    def take_decimal(self) -> int:
        """Line with an integer."""
        line = self.take_line()
        if len(line) > MAX_NUMBER_LETTERS:
            raise ModelError("a number in it is too large")
        try:
            return whole(int(line.removesuffix("L")))
        except ValueError as error:
            raise ModelError("a number in it is none") from error

    # ---- the stack

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def push_mark(self) -> None:
        self._stack.append(_MARK)

    def drop(self) -> None:
        self._stack.pop()

    def pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise TypeError("a mark is no value")
        return value

    def pop_to_mark(self) -> list[Any]:
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise IndexError("there is no mark")
        values = self._stack[at + 1 :]
        del self._stack[at:]
        return values

    def peek(self, kind: type) -> Any:
        value = self._stack[-1]
        if type(value) is not kind:
            raise TypeError(f"a {kind.__name__} should be here")
        return value

    def remember(self, index: int) -> None:
        if index < 0 or self._stack[-1] is _MARK:
            raise TypeError("nothing to remember")
        self._memo[index] = self._stack[-1]

    def memoize(self) -> None:
        self.remember(len(self._memo))

    def recall(self, index: int) -> None:
        self.push(self._memo[index])

    # ---- names and operations on them

    def push_name(self, module: Any, name: Any) -> None:
        """Push the value of a name, if it is allowed."""
        if not (isinstance(module, str) and isinstance(name, str)) or len(module) + len(name) > MAX_NAME_LETTERS:
            raise ModelError("it speaks of a name that is none")
        known = self._names.get((module, name))
        if known is None:
            raise ModelError(f"it asks for {shown(module)}.{shown(name)}, which a file of networks has no need of")
        self.push(known)

    def reduce(self) -> None:
        """Call an allowed function of `pickle_values` with the file's arguments."""
        arguments, function = self.pop(), self.pop()
        action = self._calls.get(function) if isinstance(function, Name) else None
        if action is None or not isinstance(arguments, tuple):
            raise ModelError("it calls something that is not a listed function")
        self.push(action(*arguments))

    def new_object(self, kind: Any, *rest: Any) -> Instance:
        """Instance of an allowed class, without arguments: `rest` may be an empty tuple, `object` and None."""
        is_listed = isinstance(kind, Name) and kind in self._classes
        if not is_listed or any(part not in ((), None, OBJECT) for part in rest):
            raise ModelError("it makes an object of something that is not a listed class")
        return Instance(kind)

    def build(self) -> None:
        """Set the saved state of a stand-in."""
        state, target = self.pop(), self._stack[-1]
        if isinstance(target, Instance) and isinstance(state, dict) and target.state is None:
            target.state = state
        elif isinstance(target, DType) and isinstance(state, tuple):
            set_dtype(target, state)
        elif isinstance(target, Array) and isinstance(state, tuple) and target.content is None:
            set_array(target, *state)
        else:
            raise ModelError("it gives a state to something that has none")

    def _encode(self, text: Any, encoding: Any) -> memoryview:
        """Encoding used for bytes by protocols 0 to 2 in Python 3."""
        if not isinstance(text, str) or encoding != "latin1":
            raise ModelError("it encodes a text in another way than bytes need")
        try:
            content = text.encode("latin1")
        except UnicodeEncodeError as error:
            raise ModelError("it encodes a text that is not bytes") from error
        return self.count_copy(content)

    def count_copy(self, content: bytes) -> memoryview:
        """Count bytes that are not a view of the file; in total they may not exceed its size."""
        self._copied_bytes += len(content)
        if self._copied_bytes > len(self._data) + 1024:
            raise ModelError("it copies more than it holds")
        return memoryview(content)


def whole(value: int) -> int:
    """Integer within the range that a file of networks can need."""
    if not -MAX_WHOLE <= value <= MAX_WHOLE:
        raise ModelError("a number in it is too large")
    return value
