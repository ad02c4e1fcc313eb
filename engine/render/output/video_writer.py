"""Video writer: pictures -> a film that plays no matter when the program dies.

Every second a keyframe begins a new fragment (MP4 and MOV) or cluster (Matroska), which is written out at once and
never touched again. `codecs.py` chooses codec and encoder. Knows neither OpenGL nor threads; calls block on encoder and
disk.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from engine.config.recorder import RecorderSettings
from engine.core.errors import ConfigError
from engine.render.output.codecs import choose_codec, choose_encoder, configure
from engine.system.disk import check_disk, create_file, explain
from engine.types import ByteArray

TICKS_PER_S = 90_000
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
CLUSTERED = {"cluster_time_limit": "1000", "flush_packets": "1"}  # ms
CONTAINERS = {
    ".mp4": ("mp4", FRAGMENTED),
    ".m4v": ("mp4", FRAGMENTED),
    ".mov": ("mov", FRAGMENTED),
    ".mkv": ("matroska", CLUSTERED),
}
DISK_CHECK_S = 1.0  # seconds of film between two checks of the disk


class _AppendOnly:
    """The file as the container sees it: append only. What is already safe cannot be touched."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size_bytes = 0
        self.is_sealed = False

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest and not self.is_sealed:
            rest = rest[self._file.write(rest) :]
        self.size_bytes += len(data)
        return len(data)


class VideoFile:
    """A film in progress.

    Odd sizes lose their last column or bottom row, because films have half the colour resolution; FFV1 keeps them.

    Args:
        path: the file; must not exist. Its ending says which kind of file it is.
        size_wh: of the pictures, px, at least 2x2.
        settings: codec, encoder, quality, keyframe interval.
        open_file: creates the file.

    Raises:
        ConfigError: the file exists already, cannot hold the codec, or the size cannot be encoded.
        DeviceError: the folder cannot be written to, or the encoder does not open.
    """

    def __init__(
        self,
        path: Path,
        size_wh: tuple[int, int],
        settings: RecorderSettings,
        open_file: Callable[[Path], BinaryIO] = create_file,
    ) -> None:
        self.path = path
        self.frames = 0
        self._settings = settings
        self._codec = choose_codec(path, settings.codec)
        self._wh = size_wh if self._codec.is_rgb else (size_wh[0] // 2 * 2, size_wh[1] // 2 * 2)
        if min(self._wh) < 2:
            raise ConfigError(f"a film of {size_wh[0]}x{size_wh[1]} px cannot be recorded: it needs at least 2x2")
        self.encoder = choose_encoder(self._codec, settings, self._wh)
        self._first_s: float | None = None
        self._last_tick = -1
        self._next_keyframe_s = self._next_check_s = 0.0
        self._upright = np.full((self._wh[1], self._wh[0], 4), 255, np.uint8)
        self._reformatter = VideoReformatter()
        with self._explained("cannot be created"):
            self._file = open_file(path)
        self._output = _AppendOnly(self._file)
        self._safe_bytes = 0
        try:
            self._open_container()
        except BaseException:
            self._file.close()
            path.unlink(missing_ok=True)
            raise

    def write(self, rows: ByteArray, time_s: float) -> None:
        """Append a picture.

        Args:
            rows: (H, W, 4) uint8 RGBA, bottom row first; not needed after the return.
            time_s: when it was shown; the first one is the start of the film. A time not after the previous one becomes
                the next tick of 1/90000 s.

        Raises:
            DeviceError: the disk is full or gone, or the encoder fails; what was written before stays playable.
        """
        np.copyto(self._upright, rows[::-1][: self._wh[1], : self._wh[0]])
        self._encode(time_s)

    def append(self, image: ByteArray, time_s: float) -> None:
        """Like `write`, for a picture (H, W, 3) uint8 RGB with row 0 at the top.

        Raises:
            DeviceError: see `write`.
        """
        np.copyto(self._upright[:, :, :3], image[: self._wh[1], : self._wh[0]])
        self._encode(time_s)

    def _encode(self, time_s: float) -> None:
        self._first_s = time_s if self._first_s is None else self._first_s
        film_s = time_s - self._first_s
        self._last_tick = max(self._last_tick + 1, round(film_s * TICKS_PER_S))
        with self._explained("stopped"):
            frame = self._converted()
            frame.pts, frame.time_base = self._last_tick, Fraction(1, TICKS_PER_S)
            if film_s >= self._next_keyframe_s:
                frame.pict_type = PictureType.I
                self._next_keyframe_s = film_s + self._settings.keyframe_s
            self._container.mux(self._stream.encode(frame))
            if self._output.size_bytes > self._safe_bytes:  # a fragment is complete: it must survive a power cut
                os.fsync(self._file.fileno())
            self._safe_bytes = self._output.size_bytes
            if film_s >= self._next_check_s:
                self._next_check_s = film_s + DISK_CHECK_S
                check_disk(self._file, self.path, self._settings.keep_free_mb)
        self.frames += 1

    def close(self) -> None:
        """Write delayed frames and close the file; a film without frames leaves no file.

        Raises:
            DeviceError: the disk fails.
        """
        with self._explained("could not be completed"):
            if self.frames:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        self._file.close()
        if not self.frames:
            self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Close after an error that has been reported: keep the complete fragments."""
        self._output.is_sealed = True
        with contextlib.suppress(OSError, ValueError, av.FFmpegError):
            self._container.close()
        with contextlib.suppress(OSError):
            self._file.truncate(self._safe_bytes)
        self._file.close()
        if not self._safe_bytes:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _open_container(self) -> None:
        kind, options = CONTAINERS[self.path.suffix.lower()]
        with self._explained("cannot be encoded"):
            self._container = av.open(self._output, "w", format=kind, options=options)
            self._stream: Any = self._container.add_stream(self.encoder)
            configure(self._stream.codec_context, self._codec, self.encoder, self._wh, self._settings)
            self._stream.time_base = self._stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
            self._stream.codec_context.open()

    def _converted(self) -> av.VideoFrame:
        drawn = av.VideoFrame.from_numpy_buffer(self._upright, format="rgba")
        if self._codec.is_rgb:
            return self._reformatter.reformat(drawn, format=self._codec.pixels)
        return self._reformatter.reformat(
            drawn,
            format=self._codec.pixels,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            dst_color_primaries=ColorPrimaries.BT709,
            dst_color_trc=ColorTrc.BT709,
            threads=1,
        )

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, av.FFmpegError) as error:
            raise explain(error, self.path, f"the recording {self.path} {what}") from error
