"""A virtual camera that takes pictures slowly, not at all, or refuses them: a stand-in for the package of that name.

The show's own sender, its thread and its sink work as with the real one.
"""

from __future__ import annotations

import threading
from typing import Any

SLOW_S = 1.5
FOR_EVER_S = 600.0


class FakeReceivers:
    """Stands where the module `pyvirtualcam` would, and behaves as `mood` says.

    Attributes:
        mood: well, slow, hang or broken.
        sent: pictures that were taken.
    """

    class PixelFormat:
        """The formats that are asked for."""

        RGB = "RGB"

    def __init__(self) -> None:
        self.mood = "well"
        self.sent = 0
        self._changed = threading.Event()

    def behave(self, mood: str) -> None:
        """Change the mood; what hangs or is slow is let go first."""
        self.mood = mood
        self._changed.set()
        self._changed = threading.Event()

    def Camera(self, width: int, height: int, fps: float, fmt: Any) -> FakeReceivers:  # noqa: N802, as the package
        """Open it."""
        if self.mood == "broken":
            raise RuntimeError("the rehearsed virtual camera does not open")
        return self

    def send(self, picture: Any) -> None:
        """Take a picture, in whatever time that takes."""
        if self.mood == "broken":
            raise RuntimeError("the rehearsed virtual camera takes no picture")
        waits_s = {"slow": SLOW_S, "hang": FOR_EVER_S}.get(self.mood)
        if waits_s is not None:
            self._changed.wait(waits_s)
        self.sent += 1

    def close(self) -> None:
        """Nothing is held."""
