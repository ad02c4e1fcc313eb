"""Watches a show from within, without holding it up: counts on its main thread, and tells from a thread of its own."""

from __future__ import annotations

import queue
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil

from engine.app import Show
from engine.core.clock import TimeSource
from engine.core.closing import Closing
from engine.pipeline.sources.webcam import Webcam
from engine.types import Reflection
from tools.rehearsal.fake_receiver import FakeReceivers
from tools.rehearsal.moment import Moment

PERIOD_S = 0.25
LOOK_S = 1.0  # between two looks at the wall itself
LOOK_PX = 64  # width and height of what is looked at, in its middle
CLOSE_S = 2.0
MOST_ORDERS = 100


class Observer(Closing):
    """Tells of a show four times a second until it is closed.

    Args:
        show, camera, receivers: what is watched.
        clock: the time.
        tell: takes each moment, on a thread of its own.
    """

    def __init__(
        self, show: Show, camera: Webcam, receivers: FakeReceivers, clock: TimeSource, tell: Callable[[Moment], None]
    ) -> None:
        self._show, self._camera, self._receivers, self._clock, self._tell = show, camera, receivers, clock, tell
        self._process, self._wait = psutil.Process(), ProcessorWait()
        self._lock = threading.Lock()
        self._orders: queue.Queue[Callable[[], None]] = queue.Queue(MOST_ORDERS)
        self._frames = self._reflections = 0
        self._frame_s = self._reflection_s = float("inf")  # of the newest; none has been missed before the first
        self._gap_s = self._reflection_gap_s = 0.0
        self._ages_ms: list[float] = []
        self._look_due_s, self._checksum, self._is_still = float("-inf"), -1, False
        self._presented = show.report.presented
        show.report.presented = self._note  # type: ignore[method-assign]
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)
        self._thread.start()

    def order(self, step: Callable[[], None]) -> None:
        """Have something done on the main thread, after the next picture."""
        self._orders.put_nowait(step)

    def close(self) -> None:
        """Tell a last time, and end."""
        self._is_over.set()
        self._thread.join(CLOSE_S)

    def _note(
        self, now_s: float, draw_s: float, reflection: Reflection | None, uploaded_s: float | None = None
    ) -> None:
        """Takes the place of `Report.presented`, on the main thread, after every picture."""
        self._presented(now_s, draw_s, reflection, uploaded_s)
        with self._lock:
            self._frames += 1
            self._gap_s = max(self._gap_s, now_s - self._frame_s)
            self._frame_s = now_s
            if reflection is not None:
                self._reflections += 1
                self._reflection_gap_s = max(self._reflection_gap_s, now_s - self._reflection_s)
                self._reflection_s = now_s
                self._ages_ms.append((now_s - reflection.latent.captured_s) * 1000)
        if now_s >= self._look_due_s:
            self._look_due_s = now_s + LOOK_S
            self._look()
        while not self._orders.empty():
            self._orders.get_nowait()()

    def _look(self) -> None:
        """Whether the wall itself has changed; grain alone makes every picture another."""
        wall = self._show.drawing.window.framebuffer
        width, height = wall.size
        side = min(LOOK_PX, width, height)
        seen = zlib.crc32(wall.read(viewport=((width - side) // 2, (height - side) // 2, side, side)))
        self._is_still, self._checksum = seen == self._checksum, seen

    def _run(self) -> None:
        while not self._is_over.wait(PERIOD_S):
            self._tell(self._moment())
        self._tell(self._moment())

    def _moment(self) -> Moment:
        now_s = self._clock.now_s()
        with self._lock:
            counts = self._frames, self._reflections
            gap_s, reflection_gap_s = (
                max(longest_s, now_s - newest_s)
                for longest_s, newest_s in (
                    (self._gap_s, self._frame_s),
                    (self._reflection_gap_s, self._reflection_s),
                )
            )
            ages_ms, self._ages_ms = self._ages_ms, []
            self._gap_s = self._reflection_gap_s = 0.0
        loop, drawing, health, camera = self._show.loop, self._show.drawing, self._show.worker.health, self._camera
        film = drawing.recordings._recorder
        with self._process.oneshot():
            memory_mb, threads = self._process.memory_info().rss / 2**20, self._process.num_threads()
        return Moment(
            now_s,
            *counts,
            gap_s=max(0.0, gap_s),
            reflection_gap_s=max(0.0, reflection_gap_s),
            waited_s=self._wait.since_last_s(),
            age_ms=median(ages_ms) if ages_ms else None,
            is_still=self._is_still,
            camera=camera.state,
            camera_restarts=camera.restarts,
            camera_frames=camera.frame_count,
            errors=health.errors,
            error=health.last_error,
            notice=loop._notice.text,
            scene=loop._switcher.name,
            title=drawing.mirror.scene.title,
            is_filming=film is not None,
            film_frames=0 if film is None else film.frames,
            sent=self._receivers.sent,
            sender_error=next(iter(drawing.sender.errors), ""),
            memory_mb=memory_mb,
            threads=threads,
            descriptors=_descriptors(self._process),
            children=len(self._process.children()),
        )


class ProcessorWait:
    """How long the thread that makes this waits for a processor, which others have; Linux counts that."""

    def __init__(self) -> None:
        self._path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._last_s = self._total_s()

    def since_last_s(self) -> float:
        """Seconds since the last call; 0 where the system does not say."""
        last_s, self._last_s = self._last_s, self._total_s()
        return self._last_s - last_s

    def _total_s(self) -> float:
        try:
            return int(self._path.read_text(encoding="ascii").split()[1]) * 1e-9
        except (OSError, ValueError, IndexError):
            return 0.0


def _descriptors(process: psutil.Process) -> int:
    """Open files and the like; handles on Windows."""
    return int(getattr(process, "num_fds" if hasattr(process, "num_fds") else "num_handles")())
