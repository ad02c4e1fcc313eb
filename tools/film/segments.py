"""Films written in segments, so that an interruption loses little: the same command resumes where it stopped.

Until `film.mp4` is complete, it is accompanied by `film.mp4.parts`: a description of the job, and complete segments. At
the end they are joined without recompression. For a sequence of pictures, every picture is a segment.
"""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.config.recorder import RecorderSettings
from engine.core.errors import ConfigError, DeviceError
from engine.render.output.codecs import choose_codec
from engine.render.output.video_writer import VideoFile
from engine.system.atomic_write import atomic_write
from engine.system.disk import create_file, explain
from engine.types import ByteArray

PART_S = 10.0
PICTURES = "png"
DESCRIPTION = "film.json"
FASTSTART = {".mp4", ".m4v", ".mov"}


class Parts(Protocol):
    """Film or sequence of pictures in progress."""

    done: int
    """Number of frames that are safe."""

    def write(self, rows: ByteArray) -> None:
        """Append a frame (H, W, 4) uint8 RGBA, bottom row first."""

    def finish(self) -> None:
        """Join the segments, and remove temporary files."""

    def pause(self) -> None:
        """Keep what is safe, to resume later."""


def open_parts(
    output: Path, size_wh: tuple[int, int], settings: RecorderSettings, described: Mapping[str, Any], codec: str | None
) -> Parts:
    """Start a film, or resume one started by the same command.

    Args:
        output: film file, or folder for pictures.
        size_wh: frame size, px.
        settings: encoder, quality; `max_fps` is the frame rate.
        described: everything that affects the pictures; a film started with other values is refused.
        codec: film codec or `png`; None derives it from the file ending, `png` if there is none.

    Raises:
        ConfigError: the output exists, cannot contain the codec, or was started with other values.
        DeviceError: nothing can be written there.
    """
    if codec == PICTURES and output.suffix:
        raise ConfigError(f"{output} is a file's name, and pictures go into a folder: leave its ending off")
    is_film = bool(output.suffix) if codec is None else codec != PICTURES
    name = choose_codec(output, codec).name if is_film else PICTURES
    settings = settings.model_copy(update={"codec": name}) if is_film else settings
    folder = output.with_name(f"{output.name}.parts")
    made = {**described, "size": list(size_wh), "fps": settings.max_fps, "codec": name}
    made |= {"encoder": settings.encoder, "quality": settings.quality} if is_film else {}
    with _explained(output, "cannot be made"):
        _begin(output, folder, made)
        return FilmParts(output, folder, size_wh, settings) if is_film else PictureParts(output, folder)


def _begin(output: Path, folder: Path, made: Mapping[str, Any]) -> None:
    description = folder / DESCRIPTION
    if output.is_file() or (output.exists() and not description.exists()):
        raise ConfigError(f"{output} exists already and is not overwritten: choose another name or remove it")
    if not description.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(description) as partial:
            partial.write_text(json.dumps(made, indent=2), encoding="utf-8")
        return
    try:
        begun = json.loads(description.read_text(encoding="utf-8"))
    except ValueError:
        begun = None
    if not isinstance(begun, dict):
        raise ConfigError(f"{description} is damaged: remove {folder} to begin anew")
    other = [key for key in {**begun, **made} if begun.get(key) != made.get(key)]
    if other:
        raise ConfigError(
            f"{folder} was begun with another {' and another '.join(sorted(other))}: "
            "give the same to go on, or remove it to begin anew"
        )


class FilmParts:
    """Film in segments of `PART_S`.

    Args:
        output: film file.
        folder: folder of its segments.
        size_wh: frame size, px.
        settings: codec, encoder, quality, rate.
    """

    def __init__(self, output: Path, folder: Path, size_wh: tuple[int, int], settings: RecorderSettings) -> None:
        self._output, self._folder, self._wh, self._settings = output, folder, size_wh, settings
        self._per_part = max(1, round(PART_S * settings.max_fps))
        for partial in folder.glob("*.partial.*"):
            partial.unlink()
        count = 0
        while self._part(count).exists():
            count += 1
        self.done = count * self._per_part
        self._video: VideoFile | None = None
        self._in_part = 0

    def write(self, rows: ByteArray) -> None:
        if self._video is None:
            self._video = VideoFile(self._partial(), self._wh, self._settings)
            self._in_part = 0
        self._video.write(rows, self._in_part / self._settings.max_fps)
        self._in_part += 1
        if self._in_part == self._per_part:
            self._end_part()

    def finish(self) -> None:
        if self._video is not None:
            self._end_part()
        whole = self._folder / f"whole.partial{self._output.suffix}"
        parts = sorted(self._folder.glob(f"[0-9]*{self._output.suffix}"))
        with _explained(self._output, "could not be completed"):
            join_films(parts, whole, self._settings.max_fps)
            if self._output.exists():
                raise FileExistsError(errno.EEXIST, "made meanwhile")
            whole.replace(self._output)
            shutil.rmtree(self._folder)

    def pause(self) -> None:
        if self._video is not None:
            self._video.abandon()
            self._partial().unlink(missing_ok=True)
            self._video = None

    def _end_part(self) -> None:
        assert self._video is not None
        video, self._video = self._video, None
        video.close()
        with _explained(self._output, "stopped"):
            self._partial().replace(self._part(self.done // self._per_part))
        self.done += self._in_part

    def _part(self, index: int) -> Path:
        return self._folder / f"{index:06}{self._output.suffix}"

    def _partial(self) -> Path:
        return self._folder / f"{self.done // self._per_part:06}.partial{self._output.suffix}"


def join_films(parts: list[Path], whole: Path, fps: float) -> None:
    """Join films of the same format at `fps` frames per second, without recompression."""
    options = {"movflags": "+faststart"} if whole.suffix.lower() in FASTSTART else {}
    index = 0
    with av.open(str(whole), "w", options=options) as joined:
        stream: Any = None
        for part in parts:
            with av.open(str(part)) as film:
                if stream is None:
                    stream = joined.add_stream_from_template(film.streams.video[0])
                    stream.codec_context.codec_tag = film.streams.video[0].codec_context.codec_tag
                    stream.time_base = Fraction(1, 90_000)
                    joined.start_encoding()
                for packet in film.demux(video=0):
                    if packet.size:
                        _place(packet, index, fps, stream)
                        joined.mux_one(packet)
                        index += 1


def _place(packet: av.Packet[Any], index: int, fps: float, stream: Any) -> None:
    """Set a packet's timestamps for frame `index`; our encoders do not reorder frames."""
    begin, end = (round(number / (fps * stream.time_base)) for number in (index, index + 1))
    packet.stream = stream
    packet.time_base = stream.time_base
    packet.pts = packet.dts = begin
    packet.duration = end - begin


class PictureParts:
    """Folder of `frame_000000.png`, `frame_000001.png` and so on, sRGB.

    Args:
        output: folder of the pictures.
        folder: folder of its description.
    """

    def __init__(self, output: Path, folder: Path) -> None:
        self._output, self._folder = output, folder
        output.mkdir(parents=True, exist_ok=True)
        self.done = 0
        while self._path().exists():
            self.done += 1
        self._info = PngInfo()
        self._info.add(b"sRGB", b"\0")

    def write(self, rows: ByteArray) -> None:
        image = Image.fromarray(np.ascontiguousarray(rows[::-1, :, :3]))
        partial = self._output / "picture.partial"
        with _explained(self._output, "stopped"):
            partial.unlink(missing_ok=True)
            with create_file(partial) as file:
                image.save(file, format="PNG", compress_level=3, pnginfo=self._info)
            partial.replace(self._path())
        self.done += 1

    def finish(self) -> None:
        with _explained(self._output, "could not be completed"):
            shutil.rmtree(self._folder)

    def pause(self) -> None:
        (self._output / "picture.partial").unlink(missing_ok=True)

    def _path(self) -> Path:
        return self._output / f"frame_{self.done:06}.png"


@contextlib.contextmanager
def _explained(output: Path, how: str) -> Iterator[None]:
    try:
        yield
    except (ConfigError, DeviceError):
        raise
    except (OSError, av.FFmpegError) as error:
        raise explain(error, output, f"{output} {how}") from error
