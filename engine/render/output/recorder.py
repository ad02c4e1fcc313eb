"""Recorder: films and snapshots of what is shown, without ever holding up the show.

A drawn frame is copied into a ring of buffers, and a thread passes it on to the encoder. A slow encoder or disk costs
frames, which are counted, never time. Trouble ends the film with one sentence.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import moderngl
from PIL import Image

from engine.config.recorder import RecorderSettings
from engine.core.clock import TimeSource, file_stamp
from engine.core.closing import Closing
from engine.core.errors import DeviceError
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.readback import Picture, Readback
from engine.render.output.video_writer import VideoFile
from engine.system.disk import create_file, explain
from engine.types import ByteArray

log = logging.getLogger(__name__)

DUE_TOLERANCE = 0.3  # share of the frame time by which a drawn frame may be early
POLL_S, SHORT_S = 0.25, 0.02
LAST_READ_S = 0.5  # per frame in flight at the end


class VideoWriter(Protocol):
    """What takes the pictures: `VideoFile`, or a test's stand-in."""

    frames: int

    def write(self, rows: ByteArray, time_s: float) -> None: ...

    def close(self) -> None: ...

    def abandon(self) -> None: ...


class Recorder(Closing):
    """A film of the frames passed to `capture`.

    Trouble with disk or encoder, at the start or later, raises nothing: `error` has the sentence for the operator,
    `is_recording` is False, and what was written before stays playable.

    Args:
        ctx: the OpenGL context, current on the calling thread.
        path: the file, which must not exist; its folder is made if needed.
        size_wh: of the film, px. Frames of another size are fitted into it.
        clock: measures how long the film has been running.
        settings: the `recorder` section of config.yaml.
        open_video: makes the writer.
        waits: whether a frame waits for the encoder, as in a film that nobody watches while it is made.
        finish: what is done with the whole file on the recorder's thread, such as marking it.

    Raises:
        ConfigError: the file exists already, or the size is too small for a film.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        path: Path,
        size_wh: tuple[int, int],
        clock: TimeSource,
        settings: RecorderSettings,
        open_video: Callable[[Path, tuple[int, int], RecorderSettings], VideoWriter] = VideoFile,
        *,
        waits: bool = False,
        finish: Callable[[Path], None] | None = None,
    ) -> None:
        self.path = path
        self.drops = 0
        self.error: str | None = None
        self._clock, self._size_wh = clock, size_wh
        self._started_s = clock.now_s()
        self._settings = settings
        self._finish, self._is_written = finish, False
        self._patience_s = settings.finish_s if waits else 0.0
        self._returned = threading.Event()  # a buffer has come back from the encoder
        self._due_s = float("-inf")
        self._stopping = self._ended = self._closed = False
        self._video: VideoWriter | None = None
        self._readback: Readback | None = None
        self._pictures: queue.Queue[Picture | None] = queue.Queue(settings.buffers + 1)  # and one None, which ends it
        self._thread = threading.Thread(target=self._encode, name="recorder", daemon=True)
        try:
            self._video = open_video(path, size_wh, settings)
            self._readback = Readback(ctx, GlCalls(), size_wh, settings.buffers)
        except DeviceError as error:
            self._fail(str(error))
            return
        self._thread.start()

    @property
    def is_recording(self) -> bool:
        """Whether frames are being recorded."""
        return not (self._stopping or self._closed) and self.error is None

    @property
    def is_finished(self) -> bool:
        """Whether the file is complete after `stop`: `close` will not wait."""
        return self._closed or (self._ended and not self._thread.is_alive())

    @property
    def is_left_unfinished(self) -> bool:
        """Whether the file is whole, and `finish` took longer than `close` waits."""
        return self._closed and self._is_written and self._thread.is_alive()

    @property
    def frames(self) -> int:
        """Number of encoded frames."""
        return self._video.frames if self._video else 0

    @property
    def elapsed_s(self) -> float:
        """Duration of the film, s."""
        return self._clock.now_s() - self._started_s

    def capture(self, framebuffer: moderngl.Framebuffer, time_s: float, *, is_kept: bool = True) -> None:
        """Record the drawn frame, before it is presented.

        Frames beyond `settings.max_fps` are skipped; if all buffers are in use, the frame is dropped and counted, at
        once or, if it `waits`, after `settings.finish_s`.

        Args:
            framebuffer: what is about to be shown; its red, green and blue are display-encoded (sRGB).
            time_s: when it is shown, on any clock that does not go back.
            is_kept: whether it may be in the film; otherwise the film holds the frame before it.
        """
        if self._readback is None or self._closed:
            return
        try:
            self._hand_over(timeout_s=0.0)
            if self._stopping and not self._readback.is_busy:
                self._end()
            elif self.is_recording and is_kept and self._is_due(time_s):
                self.drops += not self._start_reading(framebuffer, time_s)
        except DeviceError as error:
            self._fail(str(error))

    def stop(self) -> None:
        """End the film without waiting; keep calling `capture` until `is_finished`, then `close`."""
        self._stopping = True

    def close(self) -> None:
        """Write the frames in flight and finish the file; takes little more than `settings.finish_s` at most."""
        if self._closed:
            return
        if self._readback is not None and not self._ended and self.error is None:
            self._hand_over(LAST_READ_S)
        self._closed = True
        if self._thread.ident is None:
            return
        self._end()
        self._thread.join(self._settings.finish_s)
        if (
            self._thread.is_alive() and not self._is_written
        ):  # it may still read the buffers: they are left to the end of the process
            self._fail(
                f"the recording {self.path} was not finished within {self._settings.finish_s:g} s; "
                "it plays up to the last second or so: see whether the disk is slow"
            )
        elif self._readback is not None:
            self._readback.close()

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again. Frames under way are lost.

        Raises:
            DeviceError: the encoder still holds a frame, which must not vanish while it is read; try again.
        """
        readback = self._readback
        if readback is None or self._closed:
            return
        self.drops += readback.forget()
        while not self._pictures.empty():
            with suppress(queue.Empty):  # the encoder may be faster
                self._take_back(self._pictures.get_nowait())
        if not self._wait_until_returned(readback):
            raise DeviceError(f"the encoder of {self.path} still holds a frame of the lost graphics context")
        readback.close()
        self._readback = None

    def _take_back(self, picture: Picture | None) -> None:
        if picture is not None:
            picture.release()
            self.drops += 1

    def _wait_until_returned(self, readback: Readback) -> bool:
        left_s = self._settings.finish_s
        while readback.is_lent and left_s > 0:
            self._returned.clear()
            self._returned.wait(SHORT_S)
            left_s -= SHORT_S
        return not readback.is_lent

    def renew(self, ctx: moderngl.Context) -> None:
        """Go on with the film in another context, after `let_go`."""
        if self._readback is not None or self._closed or self._video is None:
            return
        try:
            self._readback = Readback(ctx, GlCalls(), self._size_wh, self._settings.buffers)
        except DeviceError as error:
            self._fail(str(error))
        if self._ended:
            self._pictures.put_nowait(None)  # it may have been taken back

    def _start_reading(self, framebuffer: moderngl.Framebuffer, time_s: float) -> bool:
        assert self._readback is not None
        left_s = self._patience_s
        while True:
            self._returned.clear()
            if self._readback.start(framebuffer, time_s):
                return True
            if left_s <= 0 or self.error is not None:
                return False
            self._hand_over(LAST_READ_S)
            self._returned.wait(POLL_S)
            left_s -= POLL_S

    def _is_due(self, time_s: float) -> bool:
        period_s = 1 / self._settings.max_fps
        if time_s < self._due_s - DUE_TOLERANCE * period_s:
            return False
        next_s = self._due_s + period_s  # the requested rate on average
        self._due_s = next_s if next_s > time_s else time_s + period_s  # no catching up after a pause
        return True

    def _hand_over(self, timeout_s: float) -> None:
        assert self._readback is not None
        for picture in self._readback.arrived(timeout_s):
            self._pictures.put_nowait(picture)  # there is room for every buffer

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._pictures.put_nowait(None)

    def _encode(self) -> None:
        """The thread: writes frames until None arrives; after an error it only returns the buffers."""
        video = self._video
        while (picture := self._next_picture()) is not None:
            if video is not None and not self._try(video, partial(video.write, picture.rows, picture.time_s)):
                video = None
            picture.release()
            self._returned.set()
        if video is not None and self._try(video, video.close):
            self._is_written = True
            if self._finish is not None and video.frames:
                self._finish(self.path)

    def _next_picture(self) -> Picture | None:
        while True:
            try:
                return self._pictures.get(timeout=POLL_S)
            except queue.Empty:
                continue

    def _try(self, video: VideoWriter, step: Callable[[], None]) -> bool:
        try:
            step()
        except DeviceError as error:
            self._fail(str(error))
        except Exception as error:  # an unforeseen fault of the encoder must not end the show
            self._fail(f"the recording {self.path} stopped: {type(error).__name__}: {error}; see the log")
            log.debug("while recording", exc_info=True)
        else:
            return True
        video.abandon()
        return False

    def _fail(self, sentence: str) -> None:
        if self.error is None:
            self.error = sentence


def save_snapshot(
    framebuffer: moderngl.Framebuffer, path: Path, finish: Callable[[Path], None] = lambda path: None
) -> threading.Thread:
    """Save a framebuffer as a PNG, which must not exist yet; does not wait for the disk.

    Args:
        framebuffer: what is saved.
        path: the file.
        finish: what is done with the whole file, on the thread that writes.

    Returns:
        The thread that writes; a failure there is one sentence in the log.
    """
    GlCalls().finish()  # so that reading does not wait with Python's lock held
    image = Image.frombytes("RGB", framebuffer.size, framebuffer.read(components=3, alignment=1))
    writer = threading.Thread(target=_write_png, args=(image, path, finish), name="snapshot", daemon=True)
    writer.start()
    return writer


def _write_png(image: Image.Image, path: Path, finish: Callable[[Path], None]) -> None:
    try:
        with create_file(path) as file:
            image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(file, format="PNG", compress_level=3)
    except OSError as error:
        log.error("%s", explain(error, path, f"the snapshot {path} was not kept"))
    else:
        log.info("snapshot: %s", path)
        finish(path)


def recording_path(folder: Path, scene: str, suffix: str = ".mp4") -> Path:
    """A free file name: `<folder>/<date>_<time>_<scene><suffix>`."""
    stem = f"{file_stamp()}_{scene}"
    names = (stem if number == 1 else f"{stem}_{number}" for number in itertools.count(1))
    return next(path for path in (folder / f"{name}{suffix}" for name in names) if not path.exists())
