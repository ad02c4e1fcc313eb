"""Pickle opcodes: those that data needs, and those that are refused.

Opcodes are those of Python's `pickletools`, protocols 0 to 5. `read_pickle` is the only public function.
"""

from __future__ import annotations

import codecs
import math
import struct
from collections.abc import Callable
from typing import Any

from engine.core.errors import ModelError
from tools.model_import.pickle_machine import PickleMachine, whole
from tools.model_import.pickle_values import MAX_NAME_LETTERS

MAX_INSTRUCTIONS = 200_000
MAX_NUMBER_LETTERS = 24


def read_pickle(data: memoryview, classes: frozenset[tuple[str, str]]) -> Any:
    """Read the value of a pickle without importing or calling anything it names.

    Args:
        data: the whole file.
        classes: (module, name) of classes whose instances it may contain; they become `Instance`.

    Returns:
        None, numbers, texts, bytes (memoryview), tuples, lists, tables with texts as keys, `Array` and `Instance`.

    Raises:
        ModelError: says why the file is refused.
    """
    machine = PickleMachine(data, classes)
    for _ in range(MAX_INSTRUCTIONS):
        opcode = int(machine.take_number("B"))
        if opcode == ord("."):
            return machine.finish()
        operation = _OPERATIONS.get(opcode)
        if operation is None:
            raise ModelError(_refused_opcode(opcode))
        try:
            operation(machine)
        except (IndexError, TypeError, KeyError, ValueError, struct.error) as error:
            raise ModelError(f"it is no sound pickle at byte {machine.position}") from error
    raise ModelError(f"it has more than {MAX_INSTRUCTIONS} instructions")


def _refused_opcode(opcode: int) -> str:
    if opcode in _REFUSED:
        return f"it uses {_REFUSED[opcode]}, which a file of networks has no need of"
    return "it is no pickle" if not 32 <= opcode < 127 else f"it is no pickle: there is no instruction {chr(opcode)!r}"


_REFUSED = {
    ord("P"): "a persistent id",
    ord("Q"): "a persistent id",
    0x82: "an extension code",
    0x83: "an extension code",
    0x84: "an extension code",
    ord("i"): "an old-style instance",
    ord("o"): "an old-style instance",
    0x8F: "a set",
    0x90: "a set",
    0x91: "a frozen set",
    0x92: "an object with keyword arguments",
    0x97: "a buffer outside the file",
    0x98: "a buffer outside the file",
}


def _long(machine: PickleMachine, length: int) -> None:
    if not 0 <= length <= 8:
        raise ModelError("a number in it is too large")
    machine.push(whole(int.from_bytes(machine.take_bytes(length), "little", signed=True)))


def _int_line(machine: PickleMachine) -> None:
    line = machine.take_line()
    flags = {"00": False, "01": True}  # booleans in protocol 0
    if len(line) > MAX_NUMBER_LETTERS:
        raise ModelError("a number in it is too large")
    machine.push(flags[line] if line in flags else whole(int(line)))


def _float_line(machine: PickleMachine) -> None:
    line = machine.take_line()
    machine.push(float(line) if len(line) <= MAX_NUMBER_LETTERS else math.nan)


def _quoted_line(machine: PickleMachine) -> None:
    line = machine.take_line().strip()
    if len(line) < 2 or line[0] != line[-1] or line[0] not in "'\"":
        raise ModelError("a text in it has no quotes")
    machine.push(machine.count_copy(codecs.escape_decode(line[1:-1].encode("latin1"))[0]))


def _unicode_line(machine: PickleMachine) -> None:
    machine.push(codecs.raw_unicode_escape_decode(machine.take_line().encode("latin1"))[0])


def _append(machine: PickleMachine, values: list[Any]) -> None:
    machine.peek(list).extend(values)


def _set_items(machine: PickleMachine, values: list[Any]) -> None:
    table = machine.peek(dict)
    for key, value in zip(values[::2], values[1::2], strict=True):
        text = str(key, "latin1") if isinstance(key, memoryview) and len(key) <= MAX_NAME_LETTERS else key
        if not isinstance(text, str):
            raise ModelError("a table in it has a key that is no text")
        table[text] = value


def _table(machine: PickleMachine) -> None:
    values = machine.pop_to_mark()
    machine.push({})
    _set_items(machine, values)


def _tuple(machine: PickleMachine, count: int) -> None:
    values = [machine.pop() for _ in range(count)]
    machine.push(tuple(reversed(values)))


def _name_line(machine: PickleMachine) -> None:
    machine.push_name(machine.take_line(), machine.take_line())


def _name_from_stack(machine: PickleMachine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.push_name(module, name)


def _new_instance(machine: PickleMachine) -> None:
    arguments, kind = machine.pop(), machine.pop()
    machine.push(machine.new_object(kind, arguments))


def _protocol(machine: PickleMachine) -> None:
    if machine.take_number("B") > 5:
        raise ModelError("it is a pickle of a protocol after 5")


_OPERATIONS: dict[int, Callable[[PickleMachine], Any]] = {
    0x80: _protocol,
    0x95: lambda m: m.take_number("<Q"),  # a frame only states how much to read at once
    ord("("): lambda m: m.push_mark(),
    ord("0"): lambda m: m.drop(),
    ord("1"): lambda m: m.pop_to_mark(),
    ord("N"): lambda m: m.push(None),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    ord("I"): _int_line,
    ord("L"): lambda m: m.push(m.take_decimal()),
    ord("J"): lambda m: m.push(m.take_number("<i")),
    ord("K"): lambda m: m.push(m.take_number("B")),
    ord("M"): lambda m: m.push(m.take_number("<H")),
    0x8A: lambda m: _long(m, m.take_number("B")),
    0x8B: lambda m: _long(m, m.take_number("<i")),
    ord("F"): _float_line,
    ord("G"): lambda m: m.push(m.take_number(">d")),
    ord("S"): _quoted_line,
    ord("T"): lambda m: m.push(m.take_bytes(m.take_number("<i"))),
    ord("U"): lambda m: m.push(m.take_bytes(m.take_number("B"))),
    ord("B"): lambda m: m.push(m.take_bytes(m.take_number("<I"))),
    ord("C"): lambda m: m.push(m.take_bytes(m.take_number("B"))),
    0x8E: lambda m: m.push(m.take_bytes(m.take_number("<Q"))),
    0x96: lambda m: m.push(m.take_bytes(m.take_number("<Q"))),
    ord("V"): _unicode_line,
    ord("X"): lambda m: m.push(m.take_text(m.take_number("<I"))),
    0x8C: lambda m: m.push(m.take_text(m.take_number("B"))),
    0x8D: lambda m: m.push(m.take_text(m.take_number("<Q"))),
    ord("]"): lambda m: m.push([]),
    ord("l"): lambda m: m.push(m.pop_to_mark()),
    ord("a"): lambda m: _append(m, [m.pop()]),
    ord("e"): lambda m: _append(m, m.pop_to_mark()),
    ord(")"): lambda m: m.push(()),
    ord("t"): lambda m: m.push(tuple(m.pop_to_mark())),
    0x85: lambda m: _tuple(m, 1),
    0x86: lambda m: _tuple(m, 2),
    0x87: lambda m: _tuple(m, 3),
    ord("}"): lambda m: m.push({}),
    ord("d"): _table,
    ord("s"): lambda m: _set_items(m, [m.pop(), m.pop()][::-1]),
    ord("u"): lambda m: _set_items(m, m.pop_to_mark()),
    ord("g"): lambda m: m.recall(m.take_decimal()),
    ord("h"): lambda m: m.recall(m.take_number("B")),
    ord("j"): lambda m: m.recall(m.take_number("<I")),
    ord("p"): lambda m: m.remember(m.take_decimal()),
    ord("q"): lambda m: m.remember(m.take_number("B")),
    ord("r"): lambda m: m.remember(m.take_number("<I")),
    0x94: lambda m: m.memoize(),
    ord("c"): _name_line,
    0x93: _name_from_stack,
    ord("R"): lambda m: m.reduce(),
    ord("b"): lambda m: m.build(),
    0x81: _new_instance,
}
