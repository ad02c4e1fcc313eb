"""Scene pictures: a small JPEG of each scene: the one in docs/, else how it was first seen this evening."""

from __future__ import annotations

import io
import threading
from pathlib import Path

from PIL import Image

from engine.images.image_file import ImageError, read_image
from engine.types import ByteArray

WIDTH_PX = 320
QUALITY = 80
MOST_SEEN = 64


def as_jpeg(image: ByteArray, quality: int = QUALITY) -> bytes:
    """A picture (H, W, 3) uint8 sRGB as a JPEG."""
    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue()


class ScenePictures:
    """Finds pictures by the names of scenes; may be asked from any thread.

    Args:
        folder: where `<scene>.jpg` is looked for.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._found: dict[str, bytes | None] = {}
        self._seen: dict[str, bytes] = {}

    def picture(self, name: str) -> bytes | None:
        """The picture of a scene; None where there is none."""
        with self._lock:
            if name not in self._found:
                self._found[name] = self._read(name)
            return self._found[name] or self._seen.get(name)

    def saw(self, name: str, jpeg: bytes) -> None:
        """Remember how a scene looks on the wall, without the camera."""
        with self._lock:
            if name in self._seen or len(self._seen) < MOST_SEEN:
                self._seen[name] = jpeg

    def _read(self, name: str) -> bytes | None:
        known = {path.stem: path for path in self._folder.glob("*.jpg")}
        if name not in known:
            return None
        try:
            image = read_image(known[name], fit=lambda width, height: (WIDTH_PX, max(1, WIDTH_PX * height // width)))
        except ImageError:
            return None
        return as_jpeg(image)
