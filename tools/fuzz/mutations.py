"""Mutations of valid files, as caused by kills, bad disks, hasty editing or malice.

Every mutation is drawn from a seeded generator, so that failures can be reproduced. Knows the formats of PNG, zip,
safetensors and sessions only as far as needed to repair checksums, where a mutation should get past them.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np

Random = np.random.Generator
Mutator = Callable[[bytes, Random], bytes]

NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
WORDS = (
    *("", "null", "true", "~", "[]", "{}", "[[[[[[]]]]]]", "? :", "- " * 40, "#" * 300, "&a [*a]", "<<: *x", "*"),
    *("nan", ".inf", "-.inf", "1e999", "-1", "0", "1e-320", "010", "16:9", "9" * 400, "9**9**9", "time/0"),
    *(
        "x" * 5000,
        '"\\ud800"',
        '"\\0"',
        '"\\u2028"',
        '"a\\nb"',
        "\u202eevil",
        "\ufeff",
        "\N{SNOWMAN}",
        "%s%n",
        "${HOME}",
    ),
    *("../../../etc/passwd", "/dev/zero", "a/" * 2000, "!!python/object/apply:os.system [ls]", "__import__('os')"),
    "((((((((((1))))))))))",
)
STRANGE = "\0\x07\x0b\x0c\r\x1b\x85\u2028\u200b\ufeff\U0010ffff{}[]:,&*#?|<>=!%@\\\"'`"
MOST_EDITS = 4


def mutate_bytes(data: bytes, random: Random) -> bytes:
    """Apply one to four byte edits anywhere."""
    for _ in range(int(random.integers(1, MOST_EDITS + 1))):
        edit = _BYTE_EDITS[int(random.integers(len(_BYTE_EDITS)))]
        data = edit(data, random)
    return data


def mutate_text(data: bytes, random: Random) -> bytes:
    """Apply one to four edits of lines and words; occasionally of bytes, so that it is no longer text."""
    if random.random() < 0.15:
        return mutate_bytes(data, random)
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    for _ in range(int(random.integers(1, MOST_EDITS + 1))):
        edit = _LINE_EDITS[int(random.integers(len(_LINE_EDITS)))]
        edit(lines, random)
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def mutate_png(data: bytes, random: Random) -> bytes:
    """Apply edits inside chunks, with repaired checksums in two of three cases."""
    if random.random() < 1 / 3:
        return mutate_bytes(data, random)
    chunks = [list(chunk) for chunk in _png_chunks(data)]
    for _ in range(int(random.integers(1, 3))):
        what, index = random.random(), int(random.integers(len(chunks)))
        if what < 0.6:
            chunks[index][1] = mutate_bytes(chunks[index][1], random)
        elif what < 0.75:
            chunks.insert(int(random.integers(len(chunks))), [_PNG_KINDS[int(random.integers(len(_PNG_KINDS)))], b""])
        elif what < 0.9:
            chunks.insert(index, list(chunks[int(random.integers(len(chunks)))]))
        elif len(chunks) > 1:
            del chunks[index]
    written = (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    return data[:8] + b"".join(written)


def mutate_zip(data: bytes, random: Random, member: Mutator = mutate_bytes, only: str = "") -> bytes:
    """Apply edits inside one file of an archive, which is repacked, or to the archive's own bytes."""
    if not only and random.random() < 1 / 3:
        return mutate_bytes(data, random)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = only or list(files)[int(random.integers(len(files)))]
    files[name] = member(files[name], random)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in files.items():
            archive.writestr(each, content)
    return packed.getvalue()


def mutate_safetensors(data: bytes, random: Random) -> bytes:
    """Apply edits to the header, with repaired length, or to any bytes."""
    if random.random() < 0.4:
        return mutate_bytes(data, random)
    (length,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8 : 8 + length])
    name = list(head)[int(random.integers(len(head)))]
    entry = head[name]
    key = list(entry)[int(random.integers(len(entry)))]
    if random.random() < 0.5:
        entry[key] = (NUMBERS[int(random.integers(len(NUMBERS)))], "F64", [], [2**40, 2**40], None, "\ud800")[
            int(random.integers(6))
        ]
    else:
        head[f"{name}{random.integers(9)}"] = head.pop(name)
    text = json.dumps(head).encode()
    text = mutate_bytes(text, random) if random.random() < 0.2 else text
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def mutate_chunks(data: bytes, random: Random, head_bytes: int = 8) -> bytes:
    """Apply edits inside chunks of a session, with repaired checksums, or to any bytes."""
    if random.random() < 1 / 3:
        return mutate_bytes(data, random)
    place, chunks = head_bytes, []
    while place < len(data):
        kind, length, _ = struct.unpack_from("<4sII", data, place)
        chunks.append((kind, data[place + 12 : place + 12 + length]))
        place += 12 + length
    index = int(random.integers(len(chunks)))
    kind, content = chunks[index]
    chunks[index] = kind, mutate_bytes(content, random)
    if random.random() < 0.2:
        chunks.insert(index, chunks[int(random.integers(len(chunks)))])
    written = (struct.pack("<4sII", kind, len(part), zlib.crc32(kind + part)) + part for kind, part in chunks)
    return data[:head_bytes] + b"".join(written)


# ------------------------------------------------------------------ single edits


def _place(data: bytes, random: Random) -> int:
    return int(random.integers(len(data) + 1))


def _flip(data: bytes, random: Random) -> bytes:
    place = _place(data, random)
    return (
        data[:place]
        + bytes(byte ^ 1 << int(random.integers(8)) for byte in data[place : place + 1])
        + data[place + 1 :]
    )


def _overwrite(data: bytes, random: Random) -> bytes:
    place, new = _place(data, random), random.bytes(int(random.integers(1, 9)))
    return data[:place] + new + data[place + len(new) :]


def _insert(data: bytes, random: Random) -> bytes:
    place = _place(data, random)
    return data[:place] + random.bytes(int(random.integers(1, 33))) + data[place:]


def _delete(data: bytes, random: Random) -> bytes:
    place = _place(data, random)
    return data[:place] + data[place + int(random.integers(1, 65)) :]


def _repeat(data: bytes, random: Random) -> bytes:
    place = _place(data, random)
    return data[:place] + data[place : place + 64] * int(random.integers(2, 40)) + data[place:]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: _place(data, random)]


def _zero(data: bytes, random: Random) -> bytes:
    """Zero the end, as on a disk that never wrote it."""
    place = _place(data, random)
    return data[:place] + bytes(len(data) - place)


def _number(data: bytes, random: Random) -> bytes:
    place, number = _place(data, random), NUMBERS[int(random.integers(len(NUMBERS)))]
    form = ("<I", ">I", "<H", ">H", "B")[int(random.integers(5))]
    new = struct.pack(form, number % (1 << 8 * struct.calcsize(form)))
    return data[:place] + new + data[place + len(new) :]


_BYTE_EDITS: tuple[Mutator, ...] = (_flip, _flip, _overwrite, _insert, _delete, _repeat, _cut, _zero, _number, _number)
_PNG_KINDS = (
    b"tRNS",
    b"iCCP",
    b"PLTE",
    b"IHDR",
    b"eXIf",
    b"acTL",
    b"fcTL",
    b"fdAT",
    b"tEXt",
    b"zTXt",
    b"iTXt",
    b"IEND",
)


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    place, chunks = 8, []
    while place + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def _line(lines: list[str], random: Random) -> int:
    return int(random.integers(len(lines)))


def _drop_line(lines: list[str], random: Random) -> None:
    if len(lines) > 1:
        del lines[_line(lines, random)]


def _repeat_line(lines: list[str], random: Random) -> None:
    place = _line(lines, random)
    lines[place:place] = [lines[place]] * int(random.integers(1, 4))


def _swap_lines(lines: list[str], random: Random) -> None:
    one, other = _line(lines, random), _line(lines, random)
    lines[one], lines[other] = lines[other], lines[one]


def _indent(lines: list[str], random: Random) -> None:
    place = _line(lines, random)
    lines[place] = ("\t", " ", "  ", "      ")[int(random.integers(4))] + lines[place]


def _word(lines: list[str], random: Random) -> None:
    place = _line(lines, random)
    words = lines[place].split(" ")
    words[int(random.integers(len(words)))] = WORDS[int(random.integers(len(WORDS)))]
    lines[place] = " ".join(words)


def _value(lines: list[str], random: Random) -> None:
    place = _line(lines, random)
    key, mark, _ = lines[place].partition(":")
    if mark:
        lines[place] = f"{key}: {WORDS[int(random.integers(len(WORDS)))]}"


def _letter(lines: list[str], random: Random) -> None:
    place = _line(lines, random)
    text = lines[place]
    if text:
        at = int(random.integers(len(text)))
        lines[place] = text[:at] + chr(int(random.integers(32, 127))) + text[at + 1 :]


def _strange(lines: list[str], random: Random) -> None:
    place = _line(lines, random)
    at = int(random.integers(len(lines[place]) + 1))
    mark = STRANGE[int(random.integers(len(STRANGE)))]
    lines[place] = lines[place][:at] + mark + lines[place][at:]


_LINE_EDITS: tuple[Callable[[list[str], Random], None], ...] = (
    _drop_line, _repeat_line, _swap_lines, _indent, _word, _word, _value, _value, _letter, _letter, _strange,
)  # fmt: skip
