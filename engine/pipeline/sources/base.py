"""Source: a thread that fills slots with frames, and retries indefinitely when the picture is lost.

Owns what all sources share: thread, mirroring, numbering, state and back-off. Subclasses provide the pictures.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from engine.core.clock import TimeSource
from engine.core.slot import Slot
from engine.types import ByteArray, Frame

log = logging.getLogger(__name__)

WAKE_S = 0.05  # polling interval of the stop flag while waiting


class LostError(Exception):
    """The source has no more pictures; the message gives the reason in a few words."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits before a lost source is retried.

    Attributes:
        first_s, max_s: initial and maximum wait; each is twice the last.
        steady_s: after working this long, the next wait is the initial one again.
    """

    first_s: float = 0.5
    max_s: float = 10.0
    steady_s: float = 5.0


class Source(ABC):
    """Puts frames into every sink, from `start` to `close`.

    Args:
        name: name in log and overlay, e.g. `camera:0`.
        mirror: swap left and right of every picture; this is the only place.
        sinks: each gets every frame.
        clock: stamps frames and paces files. If it stands still, file sources wait.
        backoff: waits before a lost source is retried.
    """

    def __init__(
        self, name: str, mirror: bool, sinks: Sequence[Slot[Frame]], clock: TimeSource, backoff: Backoff | None = None
    ) -> None:
        self.name = name
        self.restarts = 0
        self._mirror = mirror
        self._sinks = tuple(sinks)
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._pause_s = self._backoff.first_s
        self._state = "starting"
        self._sequence = 0
        self._running_since_s = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> str:
        """`starting`, `running`, or `lost: ` and the reason."""
        return self._state

    @property
    def frame_count(self) -> int:
        """Number of frames put into each sink."""
        return self._sequence

    def start(self) -> None:
        """Start reading, in a thread of its own; returns at once."""
        if self._thread is not None:
            raise RuntimeError(f"{self.name} has already been started")
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def adjust(self, controls: Mapping[str, float | None]) -> None:
        """Set what a webcam can be set to, by name; other sources have nothing of the kind."""
        return

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop reading and release all resources; waits up to `timeout_s`. May be called again."""
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                log.warning("%s did not stop within %g s and is left behind", self.name, timeout_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _read(self) -> None:
        """Read and `_show` until `_stopping` is set; release everything on the way out.

        Raises:
            LostError: there is nothing left to read; it is called again after a pause.
        """

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._read()
            except Exception as error:
                self._stopping.wait(self._fail(error))
                self.restarts += 1

    def _fail(self, error: Exception) -> float:
        """Say that there are no pictures; returns how long to pause before the next try, s."""
        if not isinstance(error, LostError):
            log.debug("%s failed", self.name, exc_info=error)
        reason = str(error) if isinstance(error, LostError) else f"{type(error).__name__}: {error}"
        if self._state == "running" and self._clock.now_s() - self._running_since_s >= self._backoff.steady_s:
            self._pause_s = self._backoff.first_s
        pause_s, self._pause_s = self._pause_s, min(2 * self._pause_s, self._backoff.max_s)
        self._lose(reason)
        return pause_s

    def _lose(self, reason: str) -> None:
        """Record that there are no pictures; only the first of consecutive reasons is logged."""
        if not self._state.startswith("lost"):
            log.warning("%s has no picture and will be retried: %s", self.name, reason)
        self._state = f"lost: {reason}"

    def _show(self, picture: ByteArray) -> ByteArray:
        """Prepare a picture (H, W, 3) for frames: mirrored, contiguous, unshared."""
        if self._mirror:
            return np.asarray(cv2.flip(picture, 1), np.uint8)
        return np.array(picture, np.uint8, order="C")

    def _put(self, image: ByteArray, captured_s: float, *, is_new: bool = True) -> None:
        """Pass a picture from `_show` to every sink; if it `is_new`, the source works."""
        if is_new and self._state != "running":
            if self._state != "starting":
                log.info("%s has a picture again", self.name)
            self._state = "running"
            self._running_since_s = self._clock.now_s()
        self._sequence += 1
        frame = Frame(image, captured_s, self._sequence, self._clock.now_s())
        for sink in self._sinks:
            sink.put(frame)

    def _wait_until(self, due_s: float) -> bool:
        """Wait until the clock shows `due_s`; False if the source is to stop."""
        while not self._stopping.is_set():
            left_s = due_s - self._clock.now_s()
            if left_s <= 0:
                return True
            self._stopping.wait(min(left_s, WAKE_S))
        return False
