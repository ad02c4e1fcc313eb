"""Webcam: supervises the child process that reads a camera, and restarts it indefinitely.

After two seconds without new content, whether there is no picture or always the same bytes, the child is killed. The
show goes on meanwhile, and uses the camera again when it returns.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.config.camera import CameraSettings
from engine.core.clock import Clock, TimeSource, suspended_s
from engine.core.slot import Slot
from engine.pipeline.sources.base import WAKE_S, Backoff, LostError, Source
from engine.pipeline.sources.black_bars import NONE as NO_BARS
from engine.pipeline.sources.black_bars import BlackBars
from engine.pipeline.sources.camera_controls import CameraControls
from engine.pipeline.sources.webcam_device import WebcamDevice
from engine.pipeline.sources.webcam_process import Ended, Opened, ReaderRequest, Ready, Taken, Unusable, WebcamProcess
from engine.types import ByteArray, Frame

log = logging.getLogger(__name__)

WEBCAM_READER = "engine.pipeline.sources.webcam_reader:open_webcam"
PROBE_S = 6.0
ASLEEP_S = 1.0  # a suspension that a device is not trusted to have survived
SLOWEST_FRAMES = 3  # a camera set to one frame per second is not restarted before it could deliver this many


@dataclass(frozen=True, slots=True)
class WebcamLimits:
    """Time limits for the child and the device, in s.

    Attributes:
        start_s: until its interpreter runs; generous, because the rest of the program starts at the same time.
        open_s: until the device is open and has delivered its first picture.
        content_s: without new content.
        absent_s: interval between checks for an unplugged device.
        kill_s: until a killed child is dead.
    """

    start_s: float = 30.0
    open_s: float = 10.0
    content_s: float = 2.0
    absent_s: float = 0.5
    kill_s: float = 1.0


class Webcam(Source):
    """Camera. Never raises because it is absent, busy or broken: `state` says so, and it is retried.

    Args:
        device: its number or path.
        settings: requested size and rate, `mirror`; `timeout_s` unless `limits` are given.
        sinks, clock: see `Source`.
        reader: `module:callable` that opens the device in the child; see `webcam_reader.py`.
        limits, backoff: shorter for tests.
    """

    def __init__(
        self,
        device: WebcamDevice,
        settings: CameraSettings,
        sinks: Sequence[Slot[Frame]],
        clock: TimeSource,
        *,
        name: str = "camera",
        reader: str = WEBCAM_READER,
        limits: WebcamLimits | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        super().__init__(name, settings.mirror, sinks, clock, backoff)
        self._device = device
        self._settings = settings
        self._reader = reader
        self.limits = limits or WebcamLimits(content_s=max(settings.timeout_s, SLOWEST_FRAMES / settings.fps))
        self._process: WebcamProcess | None = None
        self._image: ByteArray | None = None
        self._bars = BlackBars()
        self._reported: Opened | None = None

    def adjust(self, controls: Mapping[str, float | None]) -> None:
        """Set exposure, gain, white balance or focus, by name; the camera is opened anew for that, in about a second.

        None leaves it as it is.
        """
        changed = self._settings.model_copy(update=dict(controls))
        if changed != self._settings:
            self._settings = changed

    def _read(self) -> None:
        if not self._end_process(is_polite=False):
            raise LostError("its driver does not release a reader that was killed")
        where = self._find_device()
        if where is None:
            return
        self._process = WebcamProcess(self._request(where), self._reader)
        is_well = True
        try:
            self._follow(self._process, where)
        except LostError:
            is_well = False
            raise
        finally:
            self._end_process(is_polite=is_well)

    def _request(self, where: int | str) -> ReaderRequest:
        wanted = self._settings
        before = () if self._reported is None else self._reported.before
        controls = CameraControls(wanted.exposure, wanted.gain, wanted.white_balance, wanted.focus)
        return ReaderRequest(where, wanted.width, wanted.height, wanted.fps, controls, before)

    def _end_process(self, *, is_polite: bool) -> bool:
        """Terminate the child; False while it cannot be killed: a second one would compete for the device."""
        if self._process is not None and self._process.close(is_polite=is_polite, timeout_s=self.limits.kill_s):
            self._process = None
        return self._process is None

    def _find_device(self) -> int | str | None:
        while not self._stopping.is_set():
            where = self._device.find()
            if where is not None:
                return where
            self._lose(self._device.absence())
            self._stopping.wait(self.limits.absent_s)
        return None

    def _follow(self, process: WebcamProcess, where: int | str) -> None:
        """Show the pictures of one child until stopped; raises LostError when the child has to be replaced."""
        limits, settings = self.limits, self._settings
        silence = f"no picture for {limits.content_s:g} s"
        complaint, deadline_s = f"its reader did not start within {limits.start_s:g} s", limits.start_s
        deadline_s += self._clock.now_s()
        asleep_s = suspended_s()
        while not self._stopping.is_set() and self._settings is settings:
            message = process.newest(WAKE_S)
            now_s = self._clock.now_s()
            if isinstance(message, Ready):
                complaint, deadline_s = f"it did not open within {limits.open_s:g} s", now_s + limits.open_s
            elif isinstance(message, Opened):
                self._device.remember(where)
                complaint, deadline_s = silence, now_s + limits.content_s
                self._compare(message)
            elif isinstance(message, Taken):
                if self._take(process, message):
                    complaint, deadline_s = silence, now_s + limits.content_s
                else:
                    complaint = f"its picture has not changed for {limits.content_s:g} s"
            elif isinstance(message, Unusable):
                complaint = message.reason
            elif isinstance(message, Ended):
                raise LostError(message.reason)
            if suspended_s() - asleep_s > ASLEEP_S:
                raise LostError("the machine was suspended, and it is opened anew")
            if now_s > deadline_s:
                raise LostError(complaint)

    def _take(self, process: WebcamProcess, taken: Taken) -> bool:
        """Pass on one picture; False if it repeats the last one."""
        picture = process.copy(taken)
        if picture is None:
            return True
        image = self._show(self._cut(picture))
        is_new = self._image is None or not _is_same(image, self._image)
        self._image = image
        self._put(image, taken.captured_s, is_new=is_new)
        return is_new

    def _cut(self, picture: ByteArray) -> ByteArray:
        """Crop black bars, and log when they appear or disappear."""
        before = self._bars.bars
        shown = self._bars.cut(picture)
        if self._bars.bars != before:
            height, width, _ = shown.shape
            has_bars = self._bars.bars != NO_BARS
            what = f"the {width}x{height} px between its black bars are" if has_bars else "the whole of its picture is"
            log.info("%s: %s used", self.name, what)
        return shown

    @property
    def reported(self) -> Opened | None:
        """Format and settings reported by the camera; None until it has been opened."""
        return self._reported

    def _compare(self, opened: Opened) -> None:
        """Log once how the camera's format differs from the requested one."""
        if self._reported is not None and replace(opened, readings=()) == replace(self._reported, readings=()):
            return
        self._reported = opened
        wanted = self._settings
        if opened.refused:
            names = in_words(opened.refused)
            log.warning("%s does not accept settings for %s; its driver's own values stay", self.name, names)
        is_other_rate = opened.fps > 0 and abs(opened.fps - wanted.fps) > 0.5
        if opened.size_wh != (wanted.width, wanted.height) or is_other_rate:
            asked = _size_and_rate((wanted.width, wanted.height), wanted.fps)
            log.warning(
                "%s delivers %s; requested was %s", self.name, _size_and_rate(opened.size_wh, opened.fps), asked
            )


def _size_and_rate(size_wh: tuple[int, int], fps: float) -> str:
    return f"{size_wh[0]}x{size_wh[1]} px at " + (f"{fps:g} Hz" if fps > 0 else "an unknown rate")


def in_words(names: Sequence[str]) -> str:
    """Join names of controls: `exposure, gain and white balance`."""
    *first, last = (name.replace("_", " ") for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _is_same(image: ByteArray, last: ByteArray) -> bool:
    """Whether all bytes are equal; a few pixels decide it for nearly all pictures."""
    if image.shape != last.shape or not np.array_equal(image[::16, ::16], last[::16, ::16]):
        return False
    return np.array_equal(image, last)


def probe_camera(
    where: int | str = 0,
    *,
    reader: str = WEBCAM_READER,
    timeout_s: float = PROBE_S,
    device: WebcamDevice | None = None,
    clock: TimeSource | None = None,
) -> bool:
    """Whether a camera delivers a picture now; runs in a child process, so a bad driver costs at most `timeout_s`."""
    clock = clock or Clock()
    found = (device or WebcamDevice(where)).find()
    if found is None:
        return False
    deadline_s = clock.now_s() + timeout_s
    process = WebcamProcess(ReaderRequest(found), reader)
    try:
        while clock.now_s() < deadline_s:
            message = process.newest(WAKE_S)
            if isinstance(message, Taken):
                return True
            if isinstance(message, Ended):
                return False
        return False
    finally:
        process.close()
