"""OSC packets <-> messages (opensoundcontrol.org, specification 1.0), strictly.

python-osc reads and writes single messages. Bundles are walked here, because a hostile one makes that library recurse
or turn in circles, and everything is bounded before it is read. Time tags are not waited for: what arrives is done.
"""

from __future__ import annotations

import math
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder
from pythonosc.parsing import osc_types

MAX_BYTES = 16 * 1024
MAX_MESSAGES = 256
MAX_DEPTH = 8
MAX_ADDRESS = 200
MAX_ARGUMENTS = 64
BUNDLE, BUNDLE_HEAD = b"#bundle\0", 16
READ_TAGS = frozenset("ifsdhTFNr[]")
BANGS = frozenset({"", "I", "N"})

Argument = bool | int | float | str


class MalformedOscError(ValueError):
    """A packet that is not taken; the message is a few words, under which it is counted."""


@dataclass(frozen=True, slots=True)
class OscCall:
    """One message.

    Attributes:
        address: begins with `/`.
        arguments: empty for a bang; a colour (`r`) is four numbers, 0 to 1, and arrays are taken apart.
    """

    address: str
    arguments: tuple[Argument, ...] = ()


def decode(packet: bytes) -> list[OscCall]:
    """The messages of a packet, in their order.

    Raises:
        MalformedOscError: it is too large or breaks the rules; nothing of it is to be used.
    """
    if len(packet) > MAX_BYTES:
        raise MalformedOscError("too large")
    waiting = deque([(packet, 0)])
    calls: list[OscCall] = []
    while waiting:
        element, depth = waiting.popleft()
        if element.startswith(BUNDLE):
            waiting.extendleft(reversed([(part, depth + 1) for part in _elements(element, depth)]))
        else:
            calls.append(_read(element))
        if len(calls) + len(waiting) > MAX_MESSAGES:
            raise MalformedOscError("too many messages")
    return calls


def encode(address: str, values: Sequence[Argument]) -> bytes:
    """A packet with one message.

    Raises:
        MalformedOscError: a value cannot be written.
    """
    builder = OscMessageBuilder(address)
    try:
        for value in values:
            builder.add_arg(value)
        return builder.build().dgram
    except (BuildError, ValueError, OverflowError) as error:
        raise MalformedOscError("cannot be written") from error


def bundle(messages: Sequence[bytes]) -> bytes:
    """One packet of several; its time tag says `at once`."""
    parts = [struct.pack(">i", len(message)) + message for message in messages]
    return BUNDLE + struct.pack(">Q", 1) + b"".join(parts)


def _elements(packet: bytes, depth: int) -> list[bytes]:
    """What a bundle holds."""
    if depth >= MAX_DEPTH:
        raise MalformedOscError("bundles too deep")
    if len(packet) < BUNDLE_HEAD:
        raise MalformedOscError("bundle cut off")
    found, at = [], BUNDLE_HEAD
    while at < len(packet):
        if at + 4 > len(packet):
            raise MalformedOscError("bundle cut off")
        (size,) = struct.unpack_from(">i", packet, at)
        at += 4
        if size <= 0 or size % 4 or at + size > len(packet):
            raise MalformedOscError("wrong size in a bundle")
        found.append(packet[at : at + size])
        at += size
    return found


def _read(packet: bytes) -> OscCall:
    if not packet.startswith(b"/") or len(packet) % 4:
        raise MalformedOscError("no message")
    try:
        address, at = osc_types.get_string(packet, 0)
        tags = osc_types.get_string(packet, at)[0] if at < len(packet) else ","
        _check_head(address, tags)
        values = [] if tags[1:] in BANGS else OscMessage(packet).params
    except (osc_types.ParseError, ParseError, UnicodeError, struct.error) as error:
        raise MalformedOscError("message cut off or garbled") from error
    return OscCall(address, _flat(values, tags))


def _check_head(address: str, tags: str) -> None:
    if len(address) > MAX_ADDRESS or not (address.isascii() and address.isprintable()) or " " in address:
        raise MalformedOscError("odd address")
    if not tags.startswith(",") or len(tags) > MAX_ARGUMENTS + 1:
        raise MalformedOscError("odd types")
    if tags[1:] not in BANGS and not READ_TAGS.issuperset(tags[1:]):
        raise MalformedOscError("types that nothing here takes")


def _flat(values: Sequence[object], tags: str) -> tuple[Argument, ...]:
    """The arguments in one row, all of them finite."""
    plain = [tag for tag in tags[1:] if tag not in "[]"]
    row: list[Argument] = []
    for value, tag in zip(_leaves(values), plain, strict=False):
        if tag == "r" and isinstance(value, int):
            row += [channel / 255 for channel in value.to_bytes(4, "big")]
        elif isinstance(value, float) and not math.isfinite(value):
            raise MalformedOscError("not a number")
        elif isinstance(value, bool | int | float | str):
            row.append(value)
    return tuple(row)


def _leaves(values: Sequence[object]) -> list[object]:
    found: list[object] = []
    waiting = deque(values)
    while waiting:
        value = waiting.popleft()
        if isinstance(value, list):
            waiting.extendleft(reversed(value))
        else:
            found.append(value)
    return found
