"""Distinguishes MJPEG streams, consecutive JPEG pictures as cameras write them, from single pictures. Knows no
video."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

from PIL import Image

LONGEST_BYTES = 32 << 20  # maximum size of the first picture
_SEAM = re.compile(rb"\xff\xd9[\x00\r\n]{0,64}\xff\xd8\xff")  # end and start markers: never within image data


def is_jpeg_stream(path: Path) -> bool:
    """Whether a second picture of the same size follows the first.

    Extra pictures that phones append, such as previews or depth maps, differ in size or are listed in the header, for
    which Pillow reports another format.
    """
    try:
        with path.open("rb") as file:
            start = file.read(LONGEST_BYTES)
        seam = _SEAM.search(start) if start.startswith(b"\xff\xd8\xff") else None
        if seam is None:
            return False
        parts = io.BytesIO(start), io.BytesIO(start[seam.end() - 3 :])
        with warnings.catch_warnings(action="ignore"):  # about damage that Pillow tolerates
            first, second = (Image.open(part, formats=("JPEG",)) for part in parts)
        return first.format == "JPEG" and first.size == second.size
    except Exception:  # damage is reported by whichever reader opens the file
        return False
