"""A video file as a source: at its own pace, upright, from the start again when it ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.config.camera import CameraSettings
from engine.core.clock import TimeSource
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.pipeline.sources.base import LostError, Source
from engine.pipeline.sources.pixel_formats import check_size, size_within
from engine.types import ByteArray, Frame

log = logging.getLogger(__name__)

MAX_PIXELS = 8192 * 8192  # of a video that is decoded at all
FIRST_PACKETS = 2000  # a file in which so many packets give no picture has none
USUAL_STEP_S = 0.04  # between pictures, where the file does not say
LONGEST_STEP_S = 5.0  # a longer gap between two stamps is damage, not a pause
UNTOLD_COLOURS, HD_HEIGHT_PX = (
    2,
    720,
)  # a film that does not name its matrix has BT.709 from this height on, else BT.601
LATE_S = 1.0  # so far behind, the lost time is given up instead of caught up


def pictures_of(path: Path) -> Iterator[tuple[ByteArray, float]]:
    """All pictures of a video file, without waiting: (H, W, 3) uint8 RGB, upright, with the time since the first in s.

    Raises:
        DeviceError: it cannot be read, or no picture in it can be decoded.
    """
    count, first_s = 0, 0.0
    try:
        with _opened(path) as container:
            step_s = _usual_step_s(container.streams.video[0])
            for decoded in container.decode(video=0):
                time_s = count * step_s if decoded.time is None else float(decoded.time)
                first_s = first_s if count else time_s
                count += 1
                yield _picture(decoded), time_s - first_s
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
                _picture(first)
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
        step_s = _usual_step_s(container.streams.video[0])
        last_stamp_s: float | None = None
        for decoded in self._decoded(container):
            stamp_s = decoded.time
            if last_stamp_s is not None:
                gap_s = step_s if stamp_s is None else stamp_s - last_stamp_s
                due_s += gap_s if 0 <= gap_s <= LONGEST_STEP_S else step_s
            last_stamp_s = stamp_s if stamp_s is not None else (last_stamp_s or 0.0) + step_s
            late_s = self._clock.now_s() - due_s
            if late_s > LATE_S:
                due_s += late_s
            elif late_s > step_s:
                continue
            if not self._wait_until(due_s):
                return due_s
            self._put(self._show(_picture(decoded)), self._clock.now_s())
        return None if last_stamp_s is None else due_s + step_s

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


def _opened(path: Path) -> InputContainer:
    """Open a video; a list of links to elsewhere is not followed."""
    container = av.open(str(path.resolve()), "r", options={"protocol_whitelist": "file"})
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


def _picture(decoded: VideoFrame) -> ByteArray:
    """(H, W, 3) uint8 RGB, upright, 1280 px at most."""
    width, height = size_within(decoded.width, decoded.height)
    colours = "ITU709" if decoded.colorspace == UNTOLD_COLOURS and decoded.height >= HD_HEIGHT_PX else None
    rgb = decoded.reformat(width=width, height=height, format="rgb24", src_colorspace=colours).to_ndarray()
    return np.rot90(rgb, round(decoded.rotation / 90))


def _usual_step_s(stream: VideoStream) -> float:
    rate = stream.average_rate
    return float(1 / rate) if rate else USUAL_STEP_S


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
