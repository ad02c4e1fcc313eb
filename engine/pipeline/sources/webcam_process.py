"""Child process that reads a webcam, and the parent's handle on it.

A capture can hang in its driver, and only a process can be killed. The child writes pictures alternately into three
buffers of one shared memory block and announces each by a short message; the parent copies the newest. No lock is
shared, so a child may be killed at any moment. The child imports this module too: it must stay light, and knows neither
OpenCV nor the rest of the program.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.clock import Clock
from engine.pipeline.sources.camera_controls import Before, CameraControls
from engine.pipeline.sources.pixel_formats import MAX_SIDE_PX, size_of_area, to_rgb
from engine.system.crash_log import catch_crashes_of_child, note_crash
from engine.types import ByteArray

BUFFERS = 3  # one being read, one being written, one newest
HEADER_BYTES = 8 * BUFFERS  # per buffer: number of the picture in it, 0 while it is being written
POLITE_S = 0.3  # time for a child to release its device before it is killed
EMPTY_READS, EMPTY_READ_S = 10, 0.02  # a device that fails this many consecutive reads, with this pause, is gone


Numbers = NDArray[np.int64]


class Reader(Protocol):
    """Open device: see `webcam_reader.py`."""

    size_wh: tuple[int, int]
    fps: float

    @property
    def reported(self) -> tuple[Before, tuple[str, ...], tuple[tuple[str, float], ...], str]:
        """Further values of `Opened`, in its order."""
        ...

    def read(self) -> tuple[NDArray[Any], float] | None:
        """Next picture and its capture time; None if the device delivered none."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ReaderRequest:
    """Requested device and format.

    Attributes:
        device: its number, or its path.
        width, height: px.
        fps: frames per second.
        controls: settings to apply.
        before: settings before a previous reader that was killed; restored at the end.
    """

    device: int | str
    width: int = 640
    height: int = 480
    fps: float = 30.0
    controls: CameraControls = field(default_factory=CameraControls)
    before: Before = ()

    @property
    def buffer_pixels(self) -> int:
        """Maximum picture size; the child scales larger ones down."""
        return max(self.width * self.height, MAX_SIDE_PX * MAX_SIDE_PX)


@dataclass(frozen=True, slots=True)
class Ready:
    """The child is running and opens the device."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The device is open and has reported its format.

    Attributes:
        size_wh: px.
        fps: frames per second; 0 if unknown.
        before: settings to restore at the end.
        refused: names of rejected settings.
        readings: reported settings, by name.
        pixel_format: FourCC, such as MJPG; empty if unknown.
    """

    size_wh: tuple[int, int]
    fps: float
    before: Before = ()
    refused: tuple[str, ...] = ()
    readings: tuple[tuple[str, float], ...] = ()
    pixel_format: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """Picture `number` (from 1) of size `size_wh` is in buffer `number % BUFFERS`."""

    number: int
    size_wh: tuple[int, int]
    captured_s: float


@dataclass(frozen=True, slots=True)
class Unusable:
    """The device delivered something that is not a picture; `reason` says what."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The child has ended, or is about to; `reason` says why."""

    reason: str


Message = Ready | Opened | Taken | Unusable | Ended


class WebcamProcess:
    """Parent's handle on one child; created for every attempt to open the device.

    Args:
        request: requested device and format.
        reader: `module:callable` that opens it; imported by the child only.
    """

    def __init__(self, request: ReaderRequest, reader: str) -> None:
        self._memory: SharedMemory | None = None
        self._connection: Connection | None = None
        capacity = HEADER_BYTES + BUFFERS * 3 * request.buffer_pixels
        memory = SharedMemory(create=True, size=capacity)
        try:
            context = multiprocessing.get_context("spawn")
            receiver, sender = context.Pipe(duplex=False)
            self._process = context.Process(
                target=run_reader, args=(reader, request, sender, memory.name), name="webcam reader", daemon=True
            )
            self._process.start()
            sender.close()
        except BaseException:
            memory.close()
            memory.unlink()
            raise
        self._memory, self._connection = memory, receiver
        self._slice_pixels = request.buffer_pixels

    def newest(self, timeout_s: float) -> Message | None:
        """Next message of the child, or the last of several pictures; None if none came in time."""
        message: Message | None = None
        assert self._connection is not None
        try:
            while self._connection.poll(0.0 if message else timeout_s):
                message = self._connection.recv()
                if not isinstance(message, Taken):
                    break
        except (EOFError, OSError):
            return message or Ended("its reader ended without a word")
        return message

    def copy(self, taken: Taken) -> ByteArray | None:
        """Copy (H, W, 3) of an announced picture; None if it has been overwritten."""
        assert self._memory is not None
        numbers, pictures = _views(self._memory, self._slice_pixels)
        width, height = taken.size_wh
        index = taken.number % BUFFERS
        picture: ByteArray = pictures[index, : 3 * width * height].reshape(height, width, 3).copy()
        return picture if numbers[index] == taken.number else None

    def close(self, *, is_polite: bool = True, timeout_s: float = 1.0) -> bool:
        """Terminate the child and free everything; False if it cannot be killed yet. May be called again.

        Args:
            is_polite: let it release its device first; pointless if it hangs.
            timeout_s: how long to wait for a killed child; one stuck in its driver may not die.
        """
        if self._connection is not None:
            self._connection.close()  # the child fails at its next message, and exits
            self._connection = None
            if is_polite:
                self._process.join(POLITE_S)
        if self._memory is not None:
            if self._process.is_alive():
                self._process.kill()
                self._process.join(timeout_s)
            if self._process.is_alive():
                return False
            self._process.close()
            memory, self._memory = self._memory, None
            memory.close()
            memory.unlink()
        return True


def _views(memory: SharedMemory, slice_pixels: int) -> tuple[Numbers, ByteArray]:
    """Picture numbers (BUFFERS,) and pixels (BUFFERS, 3 * slice_pixels) as views of a block; drop before closing it."""
    numbers: Numbers = np.ndarray((BUFFERS,), np.int64, memory.buf)
    return numbers, np.ndarray((BUFFERS, 3 * slice_pixels), np.uint8, memory.buf, HEADER_BYTES)


def run_reader(reader: str, request: ReaderRequest, connection: Connection, memory_name: str) -> None:
    """Run the child: open the device and announce pictures until it ends or the parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then closes this process
    catch_crashes_of_child("the webcam's process")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    memory = SharedMemory(memory_name)
    try:
        connection.send(Ready())
        _read_on(_open(reader, request), connection, memory, request.buffer_pixels)
    except BrokenPipeError:
        pass  # the parent has closed its end, which means stop
    except (Exception, SystemExit) as error:
        if not isinstance(error, OSError):  # OSError: the device is unavailable; it is reported
            note_crash("the webcam's process", error)
        _tell(connection, Ended(str(error) or type(error).__name__))
    finally:
        memory.close()


def _end_with_parent() -> None:
    """Leave no orphan that holds the camera, even if the reader hangs and the parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        while parent.is_alive():
            parent.join(3600.0)
    os._exit(1)


def _open(reader: str, request: ReaderRequest) -> Reader:
    module, _, name = reader.partition(":")
    return cast(Reader, getattr(importlib.import_module(module), name)(request))


def _read_on(device: Reader, connection: Connection, memory: SharedMemory, slice_pixels: int) -> None:
    try:
        connection.send(_opened(device))
        numbers, pictures = _views(memory, slice_pixels)
        number, misses, unusable = 0, 0, ""
        while misses < EMPTY_READS:
            found = device.read()
            if found is None:
                misses += 1
                Clock().sleep_s(EMPTY_READ_S)
                continue
            misses = 0
            try:
                picture = _fit(to_rgb(found[0]), slice_pixels)
            except ValueError as error:
                if str(error) != unusable:
                    unusable = str(error)
                    connection.send(Unusable(unusable))
                continue
            number += 1
            connection.send(_write(picture, number, found[1], numbers, pictures))
        connection.send(Ended("it delivers no more pictures; it may be unplugged"))
    finally:
        device.close()


def _opened(device: Reader) -> Opened:
    return Opened(device.size_wh, device.fps, *device.reported)


def _fit(picture: ByteArray, max_pixels: int) -> ByteArray:
    height, width, _ = picture.shape
    if width * height <= max_pixels:
        return picture
    import cv2  # needed only if a camera exceeds the requested size

    size_wh = size_of_area(width, height, max_pixels)
    return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _write(picture: ByteArray, number: int, captured_s: float, numbers: Numbers, pictures: ByteArray) -> Taken:
    index = number % BUFFERS
    height, width, _ = picture.shape
    numbers[index] = 0
    np.copyto(pictures[index, : 3 * width * height].reshape(height, width, 3), picture)
    numbers[index] = number
    return Taken(number, (width, height), captured_s)


def _tell(connection: Connection, message: Message) -> None:
    with contextlib.suppress(OSError):  # the parent may be gone; the child ends anyway
        connection.send(message)
