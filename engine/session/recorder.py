"""Session recorder: writes the answers and scenes of a show to a session file, without ever holding up the show.

It receives every drawn latent and every change of scene; a thread encodes and appends them twice a second. Knows no
OpenGL and no network. After a kill the file is readable up to half a second before it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from engine.core.errors import DeviceError
from engine.session.format import (
    MAGIC,
    MAX_ROWS,
    OVER,
    Answer,
    Cue,
    SessionHead,
    answers_chunk,
    cue_chunk,
    framed,
    head_chunk,
)
from engine.system.disk import check_disk, create_file, explain
from engine.types import Latent

FLUSH_S = 0.5
CLOSE_S = 5.0
MOST_WAITING = 4096  # more than two minutes of answers; some are lost if the disk is stuck for longer


class SessionRecorder:
    """Session being recorded.

    Once it has started, disk problems raise nothing: `error` has the sentence for the operator, and what was written
        before
    remains readable.

    Args:
        path: the file, which must not exist; its folder is created if needed.
        head: persona and picture of the show.
        keep_free_mb: the session ends before less than this is free on the disk.
        open_file: creates the file.

    Raises:
        ConfigError: the file already exists.
        DeviceError: it cannot be created.
    """

    def __init__(
        self,
        path: Path,
        head: SessionHead,
        keep_free_mb: int = 0,
        open_file: Callable[[Path], BinaryIO] = create_file,
    ) -> None:
        self.path = path
        self.answers = self.drops = self.size_bytes = 0
        self.error: str | None = None
        self._keep_free_mb = keep_free_mb
        self._cue: Cue | None = None
        self._last_s = 0.0
        self._waiting: queue.Queue[Answer | Cue] = queue.Queue(MOST_WAITING)
        self._stopping = threading.Event()
        try:
            self._file = open_file(path)
            self._append(MAGIC + head_chunk(head))
        except OSError as error:
            raise explain(error, path, f"the session {path} cannot be created") from error
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)
        self._thread.start()

    def cue(self, cue: Cue) -> None:
        """Record the current cue, if it has changed."""
        last = self._cue
        if last is None or (cue.scene, cue.is_black, cue.is_held) != (last.scene, last.is_black, last.is_held):
            self._cue = cue
            self._put(cue)

    def answer(self, time_s: float, latent: Latent, audio: float = 0.0) -> None:
        """Record an answer drawn `time_s` after the show started, and the loudness at that time, 0 to 1."""
        self._last_s = max(self._last_s, time_s)  # rounding of the clock must not make the file unreadable
        self._put(Answer(self._last_s, latent, audio))

    def close(self) -> None:
        """Write the rest and the end mark, and close the file; waits at most `CLOSE_S`. May be called twice."""
        self._stopping.set()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            self._fail(f"the session {self.path} was not finished within {CLOSE_S:g} s: see whether the disk is slow")

    def _put(self, item: Answer | Cue) -> None:
        if self.error is None and not self._stopping.is_set():
            try:
                self._waiting.put_nowait(item)
            except queue.Full:
                self.drops += 1

    def _run(self) -> None:
        with self._file:
            try:
                while not self._stopping.wait(FLUSH_S):
                    self._flush()
                self._flush()
                self._append(framed(OVER, b""))
            except DeviceError as error:
                self._fail(str(error))
            except OSError as error:
                self._fail(str(explain(error, self.path, f"the session {self.path} stopped")))
                with contextlib.suppress(OSError):
                    self._file.truncate(self.size_bytes)

    def _flush(self) -> None:
        data = b"".join(_chunks(self._taken()))
        if data:
            self._append(data)
            check_disk(self._file, self.path, self._keep_free_mb)

    def _taken(self) -> Iterator[Answer | Cue]:
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._waiting.get_nowait()
                self.answers += isinstance(item, Answer)
                yield item

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        with contextlib.suppress(OSError):  # not every file system supports sync
            os.fsync(self._file.fileno())
        self.size_bytes += len(data)

    def _fail(self, sentence: str) -> None:
        if self.error is None:
            self.error = sentence


def _chunks(items: Iterable[Answer | Cue]) -> Iterator[bytes]:
    """Encode items as chunks, in order; consecutive answers share one."""
    rows: list[Answer] = []
    for item in items:
        if isinstance(item, Cue) or len(rows) == MAX_ROWS:
            if rows:
                yield answers_chunk(rows)
            rows = []
        if isinstance(item, Cue):
            yield cue_chunk(item)
        else:
            rows.append(item)
    if rows:
        yield answers_chunk(rows)
