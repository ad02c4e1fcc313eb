"""VideoFile: pictures into a fragmented MP4 file (H.264) that plays at whatever moment the program dies.

Every second a full frame begins a new fragment, which is written out at once and never touched again. Knows nothing of
OpenGL and of threads; whoever calls it waits for the encoder and the disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from engine.errors import ConfigError, DeviceError
from engine.render.recorder_settings import RecorderSettings
from engine.types import ByteArray

TICKS_PER_S = 90_000
GRAPHICS_CARD_ENCODERS = ("h264_nvenc", "h264_qsv", "h264_amf")
CONTAINER_OPTIONS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
SIZE_CHECK_S = 1.0  # of film between two looks at the disk
MEGABYTE = 1_000_000


def create_file(path: Path) -> BinaryIO:
    """Make a file that must not exist yet, and its folder if needed; every write goes straight to the system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb", buffering=0)


class _AppendOnly:
    """What the container may do with the file: append. It cannot go back to what is already safe."""

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
    """A film being written.

    Odd sizes lose their last column or bottom row, because the colour of H.264 films has half the resolution.

    Args:
        path: the file; must not exist.
        size_wh: of the pictures, px, at least 2x2.
        settings: encoder, quality, distance of full frames.
        open_file: makes the file to write to.

    Raises:
        ConfigError: the file exists already, or the size cannot be encoded.
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
        self._wh = size_wh[0] // 2 * 2, size_wh[1] // 2 * 2
        if min(self._wh) < 2:
            raise ConfigError(f"a film of {size_wh[0]}x{size_wh[1]} px cannot be recorded: it needs at least 2x2")
        self.encoder = choose_encoder(settings, self._wh)
        self._first_s: float | None = None
        self._last_tick = -1
        self._next_keyframe_s = self._next_check_s = 0.0
        self._upright = np.empty((self._wh[1], self._wh[0], 4), np.uint8)
        self._reformatter = VideoReformatter()
        with self._explained("cannot be created"):
            self._file = open_file(path)
        self._output = _AppendOnly(self._file)
        self._safe_bytes = 0
        try:
            self._open_container()
        except BaseException:
            self._file.close()
            raise

    def write(self, rows: ByteArray, time_s: float) -> None:
        """Append a picture.

        Args:
            rows: (H, W, 4) uint8 RGBA, bottom row first; not needed after the return.
            time_s: when it was shown; the film's clock starts with the first. A time that does not lie after the
                last one becomes the next tick of 1/90000 s.

        Raises:
            DeviceError: the disk is full or gone, or the encoder fails; what was written before stays playable.
        """
        np.copyto(self._upright, rows[::-1][: self._wh[1], : self._wh[0]])
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
            self._safe_bytes = self._output.size_bytes  # whole fragments so far
            if film_s >= self._next_check_s:
                self._next_check_s = film_s + SIZE_CHECK_S
                self._check_disk()
        self.frames += 1

    def close(self) -> None:
        """Write what is still held back and close the file; a film without a frame leaves no file.

        Raises:
            DeviceError: the disk does not take it.
        """
        with self._explained("could not be completed"):
            if self.frames:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        self._file.close()
        if not self.frames:
            self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Close after an error, which was told already: keep the fragments that are whole."""
        self._output.is_sealed = True
        with contextlib.suppress(OSError, ValueError, av.FFmpegError):
            self._container.close()
        with contextlib.suppress(OSError):
            self._file.truncate(self._safe_bytes)
        self._file.close()

    def _open_container(self) -> None:
        with self._explained("cannot be encoded"):
            self._container = av.open(self._output, "w", format="mp4", options=CONTAINER_OPTIONS)
            self._stream: Any = self._container.add_stream(self.encoder)
            configure(self._stream.codec_context, self.encoder, self._wh, self._settings)
            self._stream.time_base = Fraction(1, TICKS_PER_S)
            self._stream.codec_context.open()

    def _converted(self) -> av.VideoFrame:
        frame = self._reformatter.reformat(
            av.VideoFrame.from_numpy_buffer(self._upright, format="rgba"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            dst_color_primaries=ColorPrimaries.BT709,
            dst_color_trc=ColorTrc.BT709,
            threads=1,
        )
        return frame

    def _check_disk(self) -> None:
        """Notice what writing does not: a file that was removed under the program, a disk that is nearly full."""
        if not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
            raise FileNotFoundError(errno.ENOENT, "another file has its name")
        free_mb = shutil.disk_usage(self.path.parent).free / MEGABYTE
        if free_mb < self._settings.keep_free_mb:
            raise DeviceError(
                f"the recording {self.path} stopped: {free_mb:.0f} MB are free on its disk and "
                f"recorder.keep_free_mb is {self._settings.keep_free_mb}; free some space or choose another folder"
            )

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, av.FFmpegError) as error:
            raise explain(error, self.path, f"the recording {self.path} {what}") from error


def explain(error: OSError | av.FFmpegError, path: Path, what: str) -> ConfigError | DeviceError:
    """The sentence about a file that did not get onto the disk; `what` says which and how it ended."""
    if isinstance(error, FileExistsError) and path.exists():
        return ConfigError(f"{path} exists already and is not overwritten: choose another name or remove it")
    causes = {
        errno.ENOSPC: "the disk is full; free some space or choose another folder",
        errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
        errno.EFBIG: "the file has reached the largest size that is allowed; start a new one",
        errno.EACCES: "the folder must not be written to; change its permissions or choose another",
        errno.EPERM: "the folder must not be written to; change its permissions or choose another",
        errno.EROFS: "the disk is read-only; choose another folder",
        errno.ENOENT: "the file or its folder is gone; choose a folder that stays",
        errno.ENOTDIR: "its folder is not a folder; choose another",
        errno.EEXIST: "its folder is not a folder; choose another",
        errno.EIO: "the disk does not answer; check it and its cable",
    }
    cause = causes.get(error.errno or 0, f"{error.strerror or error}; see whether the disk or the encoder is at fault")
    return DeviceError(f"{what}: {cause}")


def configure(codec: Any, encoder: str, size_wh: tuple[int, int], settings: RecorderSettings) -> None:
    """Set an unopened encoder: size, clock, colour, quality, and no frame held back."""
    codec.width, codec.height = size_wh
    codec.pix_fmt = "yuv420p"
    codec.time_base = Fraction(1, TICKS_PER_S)
    codec.framerate = Fraction(settings.max_fps).limit_denominator(1000)
    codec.gop_size = max(2, round(2 * settings.max_fps * settings.keyframe_s))  # `write` asks for full frames by time
    codec.max_b_frames = 0
    codec.color_range = ColorRange.MPEG
    codec.colorspace = Colorspace.ITU709
    codec.color_primaries = ColorPrimaries.BT709
    codec.color_trc = ColorTrc.BT709
    quality = str(settings.quality)
    codec.options = {
        "libx264": {"preset": settings.preset, "crf": quality, "tune": "zerolatency"},
        "h264_nvenc": {"preset": "p4", "rc": "vbr", "cq": quality, "tune": "ll", "forced-idr": "1"},
        "h264_qsv": {"preset": "veryfast", "global_quality": quality, "forced_idr": "1"},
        "h264_amf": {"rc": "cqp", "qp_i": quality, "qp_p": quality, "forced_idr": "1"},
    }[encoder]


def choose_encoder(settings: RecorderSettings, size_wh: tuple[int, int]) -> str:
    """The encoder that the settings name, or with `auto` the first that opens.

    Raises:
        DeviceError: the one that is named does not open on this machine.
    """
    if settings.encoder == "libx264":
        return "libx264"
    candidates = GRAPHICS_CARD_ENCODERS if settings.encoder == "auto" else (settings.encoder,)
    for name in candidates:
        with contextlib.suppress(OSError, ValueError, av.FFmpegError):
            codec = av.CodecContext.create(name, "w")
            configure(codec, name, size_wh, settings)
            codec.open()
            return name
    if settings.encoder == "auto":
        return "libx264"
    raise DeviceError(
        f"the video encoder {settings.encoder} does not open on this machine: set recorder.encoder to auto or libx264, "
        "or install the graphics card's driver"
    )
