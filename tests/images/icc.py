"""The smallest ICC profile that means something: three primaries and a curve (ICC.1:2001-04, 6.3.3)."""

from __future__ import annotations

import struct

RED, GREEN, BLUE = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)  # sRGB's, under D50
WHITE = (0.9642, 1.0, 0.8249)

Xyz = tuple[float, float, float]


def matrix_profile(red: Xyz = RED, green: Xyz = GREEN, blue: Xyz = BLUE, gamma: float = 2.2) -> bytes:
    """A display's profile, by what its primaries are in XYZ under D50."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    title = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79)
    parts = {b"rXYZ": _xyz(red), b"gXYZ": _xyz(green), b"bXYZ": _xyz(blue), b"wtpt": _xyz(WHITE), b"desc": title}
    parts |= {b"cprt": b"text" + bytes(4) + b"none\0\0\0\0", b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, content, place = b"", b"", 128 + 4 + 12 * len(parts)
    for name, part in parts.items():
        part += bytes(-len(part) % 4)
        table += name + struct.pack(">II", place + len(content), len(part))
        content += part
    body = struct.pack(">I", len(parts)) + table + content
    head = struct.pack(">I4sI4s4s4s", 128 + len(body), bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + _xyz(WHITE)[8:]
    return head + bytes(128 - len(head)) + body


def _xyz(value: Xyz) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 65536) for part in value))
