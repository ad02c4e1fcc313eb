"""Sender: passes what is shown on to other programs, without ever holding up the show.

A drawn frame is copied into a ring of buffers, as for the recorder; each receiver has a thread and a slot in which the
newest picture wins: a slow receiver misses pictures, a broken one misses all, and nobody else notices.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping

import moderngl
import numpy as np

from engine.config.video_output import SendSettings
from engine.core.clock import TimeSource
from engine.core.closing import Closing
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.readback import Readback
from engine.render.output.sinks import RECEIVERS, MissingPackageError, Receiver
from engine.types import ByteArray

log = logging.getLogger(__name__)

BUFFERS = 3
TAKE_S = 0.25
RETRY_S = 5.0
CLOSE_S = 2.0
Open = Callable[[SendSettings], Receiver]


class Sender(Closing):
    """Sends the frames passed to `capture`.

    Args:
        ctx: the OpenGL context, current on the calling thread.
        settings: the `send` section of config.yaml.
        clock: paces attempts to reopen a receiver.
        receivers: opens each receiver.
        may_send: whether the picture may be sent now; otherwise receivers get one black picture, and then none.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        settings: SendSettings,
        clock: TimeSource,
        receivers: Mapping[str, Open] = RECEIVERS,
        may_send: Callable[[], bool] = lambda: True,
    ) -> None:
        self._may_send, self._is_withheld = may_send, False
        self._period_s = 1 / settings.max_fps
        self._due_s = float("-inf")
        self._lines = [_Line(name, receivers[name], settings, clock) for name in dict.fromkeys(settings.to)]
        self._size_wh = settings.size
        self._readback: Readback | None = None
        self._error = ""
        self.renew(ctx)

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again. Receivers stay open."""
        self._release()

    def renew(self, ctx: moderngl.Context) -> None:
        """Read pictures in this context; in another one after `let_go`."""
        self._error = ""
        try:
            self._readback = Readback(ctx, GlCalls(), self._size_wh, BUFFERS) if self._lines else None
        except DeviceError as error:
            self._fail(error)

    @property
    def is_sending(self) -> bool:
        """Whether any receiver takes pictures, and is given them."""
        return not self._is_withheld and any(line.is_open for line in self._lines)

    @property
    def errors(self) -> list[str]:
        """Why receivers are not taking pictures now, one sentence each."""
        return [error for error in (self._error, *(line.error for line in self._lines)) if error]

    @property
    def drops(self) -> Mapping[str, int]:
        """Pictures that each receiver missed."""
        return {line.name: line.slot.drop_count for line in self._lines}

    def capture(self, framebuffer: moderngl.Framebuffer, time_s: float) -> None:
        """Send the drawn frame; never waits. Frames beyond the rate, or without a free buffer, are skipped.

        Args:
            framebuffer: what is about to be shown.
            time_s: when it is shown, on any clock that does not go back.
        """
        if self._readback is None:
            return
        try:
            for picture in self._readback.arrived():
                image = np.ascontiguousarray(picture.rows[::-1])
                picture.release()
                if not self._is_withheld:
                    self._put(image)
            self._withhold(not self._may_send())
            if time_s >= self._due_s and not self._is_withheld:
                self._due_s = max(self._due_s + self._period_s, time_s + self._period_s / 2)
                self._readback.start(framebuffer, time_s)
        except DeviceError as error:
            self._fail(error)

    def _withhold(self, is_withheld: bool) -> None:
        """Where nothing may be sent any more, nobody goes on to show the last picture."""
        if is_withheld and not self._is_withheld:
            black = np.zeros((self._size_wh[1], self._size_wh[0], 4), np.uint8)
            black[..., 3] = 255
            self._put(black)
        self._is_withheld = is_withheld

    def _put(self, image: ByteArray) -> None:
        for line in self._lines:
            line.slot.put(image)

    def _fail(self, error: DeviceError) -> None:
        self._error = f"nothing is sent: {error}"
        log.error("%s", self._error)
        self._release()

    def _release(self) -> None:
        readback, self._readback = self._readback, None
        if readback is not None:
            readback.close()

    def close(self) -> None:
        """Close all receivers; one that hangs is abandoned. May be called twice."""
        for line in self._lines:
            line.stop()
        for line in self._lines:
            line.join(CLOSE_S)
        self._release()


class _Line:
    """A receiver and its thread: opens it, sends the newest picture, reopens it after a failure."""

    def __init__(self, name: str, open_receiver: Open, settings: SendSettings, clock: TimeSource) -> None:
        self.name = name
        self.slot: Slot[ByteArray] = Slot(name)
        self.error = ""
        self.is_open = False
        self._open, self._settings, self._clock = open_receiver, settings, clock
        self._receiver: Receiver | None = None
        self._thread = threading.Thread(target=self._run, name=f"send {name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.slot.close()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.warning("%s did not end in %g s and is left behind", self.name, timeout_s)

    def _run(self) -> None:
        retry_s = float("-inf")
        while not self.slot.is_closed:
            image = self.slot.take(TAKE_S)
            if image is None or self._clock.now_s() < retry_s:
                continue
            try:
                if self._receiver is None:
                    self._receiver = self._open(self._settings)
                self._receiver.send(image)
                self.is_open, self.error = True, ""
            except MissingPackageError as error:
                self._fail(str(error))
                return
            except Exception as error:  # a third-party driver may raise anything, and the show goes on
                self._fail(f"send.to: {self.name} takes no picture and is tried again: {error or type(error).__name__}")
                self._let_go()
                retry_s = self._clock.now_s() + RETRY_S
        self._let_go()

    def _let_go(self) -> None:
        receiver, self._receiver, self.is_open = self._receiver, None, False
        if receiver is not None:
            with contextlib.suppress(Exception):  # it has already failed, or is no longer needed
                receiver.close()

    def _fail(self, sentence: str) -> None:
        if sentence != self.error:
            log.warning("%s", sentence)
        self.error = sentence
