"""A video file as a source: at its own pace, upright, from the start again when it ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
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
from engine.pipeline.sources.base import LostError, Source
from engine.pipeline.sources.pixel_formats import check_size, size_within
from engine.types import ByteArray, Frame

log = logging.getLogger(__name__)

MAX_PIXELS = 8192 * 8192  # of a video that is decoded at all
FIRST_PACKETS = 2000  # a file in which so many packets give no picture has none
USUAL_STEP_S = 0.04  # between pictures, where the file does not say
LONGEST_STEP_S = 5.0  # a longer gap between two stamps is damage, unless the film says itself that it is so long
ASPECTS = 0.1, 10.0  # widths of a pixel against its height that are believed
UNTOLD_COLOURS = 2  # a film that does not name its matrix has BT.709 from
HD_HEIGHT_PX = 720  # this height on, else BT.601
LATE_S = 1.0  # so far behind, the lost time is given up instead of caught up


def pictures_of(path: Path) -> Iterator[tuple[ByteArray, float]]:
    """All pictures of a video file, without waiting: (H, W, 3) uint8 RGB, upright, with the time since the first in s.

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
        raise DeviceError(f"{path} is no video that can be read: {_reason(error)}") from error
    if not count:
        raise DeviceError(f"{path} is no video that can be read: no picture in it can be decoded")


class Video(Source):
    """A video file.

    Pictures that cannot be decoded are left out, which is logged once; where decoding is too slow, pictures are left
    out too, so that the film keeps its pace.

    Args:
        path: the file; its first picture is decoded by the constructor.
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

    def _read(self) -> None:
        due_s = self._clock.now_s()
        while not self._stopping.is_set():
            try:
                with _opened(self._path) as container:
                    ended_s = self._play(container, due_s)
            except (FFmpegError, OSError, ValueError) as error:
                raise LostError(_reason(error)) from error
            if ended_s is None:
                raise LostError("no picture in it can be decoded")
            due_s = ended_s

    def _play(self, container: InputContainer, due_s: float) -> float | None:
        """Show the film once, its first picture at `due_s`; when the next round is due, None if nothing was shown."""
        pace, pixel_aspect = _Pace(container), _pixel_aspect(container.streams.video[0])
        for decoded in self._decoded(container):
            due_s += pace.step_to(decoded)
            late_s = self._clock.now_s() - due_s
            if late_s > LATE_S:
                due_s += late_s
            elif late_s > pace.usual_s:
                continue
            if not self._wait_until(due_s):
                return due_s
            self._put(self._show(_picture(decoded, pixel_aspect)), self._clock.now_s())
        return None if pace.last_s is None else due_s + pace.end_s

    def _decoded(self, container: InputContainer, max_packets: int | None = None) -> Iterator[VideoFrame]:
        """All pictures that can be decoded, in order, of the first `max_packets` packets."""
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
            log.warning("%s is damaged; what cannot be decoded is left out: %s", self.name, reason)


class _Pace:
    """How long it is from one picture of a stream to the next, by their stamps as far as these can be believed.

    Attributes:
        usual_s: between two pictures.
        last_s: the stamp of the newest picture; None before the first.
        end_s: how long the newest picture is shown if it is the last.
    """

    def __init__(self, container: InputContainer) -> None:
        stream = container.streams.video[0]
        self.usual_s = self.end_s = _usual_step_s(stream)
        self.last_s: float | None = None
        self._begin_s = 0.0
        told_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
        self._length_s = told_s or (container.duration or 0) / av.time_base

    def step_to(self, decoded: VideoFrame) -> float:
        """Seconds from the picture before to this one; 0 for the first."""
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
    """Open a video; a list of links to elsewhere is not followed."""
    form = "jpeg_pipe" if is_jpeg_stream(path) else None  # by its name alone it would be taken for one picture
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
    """(H, W, 3) uint8 RGB, upright, with square pixels, 1280 px at most.

    Raises:
        ValueError: the film has grown beyond all bounds.
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
    """A picture turned and mirrored by a film's display matrix (ISO/IEC 14496-12, 6.2.2), to the nearest quarter turn.

    Args:
        picture: (H, W, 3) as it is stored.
        matrix: nine numbers row by row, of which x' = m[0] x + m[3] y and y' = m[1] x + m[4] y are looked at.
    """
    along, across = (int(matrix[0]), int(matrix[4])), (int(matrix[3]), int(matrix[1]))
    if abs(across[0]) + abs(across[1]) > abs(along[0]) + abs(along[1]):
        picture, along = picture.transpose(1, 0, 2), across
    return picture[:: -1 if along[1] < 0 else 1, :: -1 if along[0] < 0 else 1]


def _pixel_aspect(stream: VideoStream) -> float:
    """Width of a stored pixel against its height; 1 where the film does not say, or nothing to be believed."""
    told = float(stream.sample_aspect_ratio or 1)
    return told if ASPECTS[0] <= told <= ASPECTS[1] else 1.0


def _usual_step_s(stream: VideoStream) -> float:
    rate = stream.guessed_rate or stream.average_rate
    return float(1 / rate) if rate else USUAL_STEP_S


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
