"""Device of a webcam: its number or path, found again after the system renumbers it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.core.errors import ConfigError

DEV = Path("/dev")


def parse_device(text: str) -> int | str:
    """Parse the part of a source after `camera:`, as a number or a device path.

    Raises:
        ConfigError: it is neither.
    """
    if text.isascii() and text.isdigit() and int(text) < 1000:
        return int(text)
    if text.startswith("/") and sys.platform != "win32":
        return text
    paths = "" if sys.platform == "win32" else ", or a device path such as camera:/dev/video2"
    raise ConfigError(f"source camera:{text} names no camera; write a number from 0 such as camera:0{paths}")


class WebcamDevice:
    """Device of a camera. On Linux it is found as a file; elsewhere only opening it shows whether it exists.

    Args:
        where: number or path.
        dev: folder of the device files.
        has_files: whether this system has device files.
    """

    def __init__(self, where: int | str, dev: Path = DEV, has_files: bool = sys.platform.startswith("linux")) -> None:
        self._where = where
        self._dev = dev
        self._has_files = has_files
        self._path = Path(where) if isinstance(where, str) else dev / f"video{where}"
        self._lasting: Path | None = None

    def find(self) -> int | str | None:
        """Device to open now; None if the camera is not plugged in."""
        if not self._has_files:
            return self._where
        if self._lasting is not None and self._lasting.exists():
            return os.path.realpath(self._lasting)
        return str(self._path) if self._path.exists() else None

    def remember(self, path: int | str) -> None:
        """Remember the system's name of this camera, so that `find` follows it to another number."""
        names = self._dev / "v4l" / "by-id"
        if isinstance(path, str) and self._has_files and names.is_dir():
            same = (name for name in sorted(names.iterdir()) if os.path.realpath(name) == os.path.realpath(path))
            self._lasting = next(same, self._lasting)

    def absence(self) -> str:
        """Message for when `find` found nothing."""
        others = sorted(str(path) for path in self._dev.glob("video*"))
        return f"there is no {self._path}" + (f", but {', '.join(others)}" if others else "; is the camera plugged in?")
