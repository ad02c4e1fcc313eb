"""Tells a stream of JPEG pictures, one after the other as cameras write them, from one picture. Knows no video."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

from PIL import Image

LONGEST_BYTES = 32 << 20  # of the first picture of a stream
_SEAM = re.compile(rb"\xff\xd9[\x00\r\n]{0,64}\xff\xd8\xff")  # an end and a beginning: never within a picture's data


def is_jpeg_stream(path: Path) -> bool:
    """Whether a second picture of the same size follows the first.

    What phones put behind a picture, such as a smaller view or a map of depth, is of another size or is listed in its
    head, which Pillow calls another format.
    """
    try:
        with path.open("rb") as file:
            start = file.read(LONGEST_BYTES)
        seam = _SEAM.search(start) if start.startswith(b"\xff\xd8\xff") else None
        if seam is None:
            return False
        parts = io.BytesIO(start), io.BytesIO(start[seam.end() - 3 :])
        with warnings.catch_warnings(action="ignore"):  # of damage that Pillow reads over
            first, second = (Image.open(part, formats=("JPEG",)) for part in parts)
        return first.format == "JPEG" and first.size == second.size
    except Exception:  # what is damaged here is told by whoever reads it
        return False
