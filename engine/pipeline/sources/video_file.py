"""Video file as a source: at its own pace, upright, in a loop."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from engine.config.camera import CameraSettings
from engine.core.clock import TimeSource
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.images.jpeg_stream import is_jpeg_stream
from engine.pipeline.sources.base import LostError
from engine.pipeline.sources.paced_source import PacedSource
from engine.pipeline.sources.pixel_formats import check_size, size_within
from engine.types import ByteArray, Frame

log = logging.getLogger(__name__)

MAX_PIXELS = 8192 * 8192  # maximum size of a video to decode
FIRST_PACKETS = 2000  # a file without a picture in this many packets has none
USUAL_STEP_S = 0.04  # frame interval if the file does not state it
LONGEST_STEP_S = 5.0  # longer gaps between timestamps are damage, unless the file declares such a duration
ASPECTS = 0.1, 10.0  # plausible pixel aspect ratios
UNTOLD_COLOURS = 2  # colour matrix not specified: BT.709 from
HD_HEIGHT_PX = 720  # this height upwards, else BT.601
LATE_S = 1.0  # lag beyond which pictures are skipped instead of caught up


def pictures_of(path: Path) -> Iterator[tuple[ByteArray, float]]:
    """Decode all pictures of a video file, without waiting: (H, W, 3) uint8 RGB, upright, with time since the first in
    s.

    Raises:
        DeviceError: it cannot be read, or no picture in it can be decoded.
    """
    count, first_s = 0, 0.0
    try:
        with _opened(path) as container:
            stream = container.streams.video[0]
            step_s, pixel_aspect = _usual_step_s(stream), _pixel_aspect(stream)
            for decoded in container.decode(video=0):
                time_s = count * step_s if decoded.time is None else float(decoded.time)
                first_s = first_s if count else time_s
                count += 1
                yield _picture(decoded, pixel_aspect), time_s - first_s
    except (FFmpegError, OSError, ValueError) as error:
        raise DeviceError(f"{path} is not a readable video: {_reason(error)}") from error
    if not count:
        raise DeviceError(f"{path} is not a readable video: no picture in it can be decoded")


class Video(PacedSource):
    """Video file.

    Pictures that cannot be decoded are skipped, which is logged once; if decoding is too slow, pictures are skipped
    too, so that the video keeps its pace.

    Args:
        path: the file; the constructor decodes its first picture.
        settings: `mirror`.
        sinks, clock: see `Source`.

    Raises:
        DeviceError: nothing in it can be decoded; the message names the file and the reason.
    """

    def __init__(self, path: Path, settings: CameraSettings, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> None:
        super().__init__(str(path), settings.mirror, sinks, clock)
        self._path = path
        self._is_damage_told = False
        try:
            with _opened(path) as container:
                first = next(self._decoded(container, FIRST_PACKETS), None)
                if first is None:
                    raise ValueError("no picture in it can be decoded")
                _picture(first, _pixel_aspect(container.streams.video[0]))
        except (FFmpegError, OSError, ValueError) as error:
            raise DeviceError(f"{path} is neither an image nor a video that can be read: {_reason(error)}") from error

    def _moments(self) -> Iterator[float]:
        due_s = self._clock.now_s()
        while not self._stopping.is_set():
            try:
                with _opened(self._path) as container:
                    ended_s = yield from self._play(container, due_s)
            except (FFmpegError, OSError, ValueError) as error:
                raise LostError(_reason(error)) from error
            if ended_s is None:
                raise LostError("no picture in it can be decoded")
            due_s = ended_s

    def _play(self, container: InputContainer, due_s: float) -> Generator[float, None, float | None]:
        """Play the video once, starting at `due_s`; returns when the next round is due, or None if nothing was
        shown."""
        pace, pixel_aspect = _Pace(container), _pixel_aspect(container.streams.video[0])
        for decoded in self._decoded(container):
            due_s += pace.step_to(decoded)
            late_s = self._clock.now_s() - due_s
            if late_s > LATE_S:
                due_s += late_s
            elif late_s > pace.usual_s:
                continue
            yield due_s
            self._put(self._show(_picture(decoded, pixel_aspect)), self._clock.now_s())
        return None if pace.last_s is None else due_s + pace.end_s

    def _decoded(self, container: InputContainer, max_packets: int | None = None) -> Iterator[VideoFrame]:
        """Decode all pictures that can be decoded, in order, from the first `max_packets` packets."""
        packets = container.demux(container.streams.video[0])
        count = 0
        while max_packets is None or count < max_packets:
            count += 1
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                pictures = [picture for picture in packet.decode() if isinstance(picture, VideoFrame)]
            except FFmpegError as error:
                self._tell_damage(_reason(error))
                continue
            for picture in pictures:
                if picture.is_corrupt:
                    self._tell_damage("a damaged picture")
                else:
                    yield picture

    def _tell_damage(self, reason: str) -> None:
        if not self._is_damage_told:
            self._is_damage_told = True
            log.warning("%s is damaged; undecodable pictures are skipped: %s", self.name, reason)


class _Pace:
    """Frame timing of a stream, from its timestamps as far as they are plausible.

    Attributes:
        usual_s: typical interval.
        last_s: timestamp of the newest picture; None before the first.
        end_s: display duration of the newest picture if it is the last.
    """

    def __init__(self, container: InputContainer) -> None:
        stream = container.streams.video[0]
        self.usual_s = self.end_s = _usual_step_s(stream)
        self.last_s: float | None = None
        self._begin_s = 0.0
        told_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
        self._length_s = told_s or (container.duration or 0) / av.time_base

    def step_to(self, decoded: VideoFrame) -> float:
        """Seconds from the previous picture to this one; 0 for the first."""
        stamp_s, last_s = decoded.time, self.last_s
        if last_s is None:
            self._begin_s = self.last_s = stamp_s or 0.0
            step_s = 0.0
        else:
            step_s = self.usual_s if stamp_s is None else stamp_s - last_s
            self.last_s = last_s + step_s
            if not 0 <= step_s <= LONGEST_STEP_S and not 0 <= step_s <= self._length_s - (last_s - self._begin_s):
                step_s = self.usual_s
        shown_s = float((decoded.duration or 0) * (decoded.time_base or 0))
        self.end_s = shown_s if 0 < shown_s <= max(LONGEST_STEP_S, self._length_s) else self.usual_s
        return step_s


def _opened(path: Path) -> InputContainer:
    """Open a video; playlists that link elsewhere are not followed."""
    form = "jpeg_pipe" if is_jpeg_stream(path) else None  # by its name alone it would be taken for a single picture
    container = av.open(str(path.resolve()), "r", format=form, options={"protocol_whitelist": "file"})
    try:
        if not container.streams.video:
            raise ValueError("there is no picture in it")
        stream = container.streams.video[0]
        check_size(stream.width, stream.height)
        if stream.width * stream.height > MAX_PIXELS:
            raise ValueError(f"{stream.width}x{stream.height} px are too many")
    except BaseException:
        container.close()
        raise
    return container


def _picture(decoded: VideoFrame, pixel_aspect: float) -> ByteArray:
    """Convert to (H, W, 3) uint8 RGB, upright, with square pixels, at most 1280 px.

    Raises:
        ValueError: the picture size has grown beyond the limit.
    """
    if decoded.width * decoded.height > MAX_PIXELS:
        raise ValueError(f"{decoded.width}x{decoded.height} px are too many")
    width, height = size_within(max(1, round(decoded.width * pixel_aspect)), decoded.height)
    colours = "ITU709" if decoded.colorspace == UNTOLD_COLOURS and decoded.height >= HD_HEIGHT_PX else None
    shown = decoded.reformat(width=width, height=height, format="rgb24", src_colorspace=colours)
    rgb = np.asarray(shown.to_ndarray(), np.uint8)
    matrix: Any = decoded.side_data.get("DISPLAYMATRIX")
    return rgb if matrix is None else as_displayed(rgb, np.frombuffer(matrix, np.int32))


def as_displayed(picture: ByteArray, matrix: NDArray[np.int32]) -> ByteArray:
    """Rotate and mirror a picture by a video's display matrix (ISO/IEC 14496-12, 6.2.2), to the nearest quarter turn.

    Args:
        picture: (H, W, 3) as stored.
        matrix: nine numbers row by row, with x' = m[0] x + m[3] y and y' = m[1] x + m[4] y.
    """
    along, across = (int(matrix[0]), int(matrix[4])), (int(matrix[3]), int(matrix[1]))
    if abs(across[0]) + abs(across[1]) > abs(along[0]) + abs(along[1]):
        picture, along = picture.transpose(1, 0, 2), across
    return picture[:: -1 if along[1] < 0 else 1, :: -1 if along[0] < 0 else 1]


def _pixel_aspect(stream: VideoStream) -> float:
    """Pixel aspect ratio; 1 if the video states none, or an implausible one."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if ASPECTS[0] <= aspect <= ASPECTS[1] else 1.0


def _usual_step_s(stream: VideoStream) -> float:
    rate = stream.guessed_rate or stream.average_rate
    return float(1 / rate) if rate else USUAL_STEP_S


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
