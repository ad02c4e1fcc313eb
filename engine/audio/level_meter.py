"""Audio level: how loud the room is, 0 to 1, and nothing else of the sound.

A thread opens the microphone, turns each block of sound into one number and forgets the block; it opens the microphone
again when it is lost. The show reads the number and never waits.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from engine.audio.microphone import Microphone, MissingSoundError
from engine.config.audio import DEFAULT, OFF, AudioSettings
from engine.core.clock import TimeSource
from engine.core.closing import Closing
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.types import FloatArray

log = logging.getLogger(__name__)

QUIET_DB = -60.0
"""Loudness at level 0, dB; level 1 is 0 dB, a full-scale sine (dB FS after AES17)."""

SOUND_SAMPLES = 2048
"""How many samples are kept for scenes that draw the sound: about the last twentieth of a second."""

TAKE_S = 0.2
LOST_S = 2.0
RETRY_S = 5.0
STUCK_S = 10.0
CLOSE_S = 2.0


class AudioInput(Protocol):
    """Interface of an open microphone."""

    def close(self) -> None:
        """Stop listening."""


Open = Callable[[int | str | None, Callable[[FloatArray], None]], AudioInput]


def loudness(block: FloatArray, gain_db: float = 0.0) -> float:
    """Level of a block of sound, 0 to 1: its RMS in decibels, from `QUIET_DB` to 0 dB.

    Args:
        block: (N,) samples, -1 to 1; values that are not finite count as silence, a constant offset is removed.
        gain_db: added to the decibels.
    """
    sound = np.nan_to_num(block.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    rms = float(sound.std()) if sound.size else 0.0
    if rms <= 0.0:
        return 0.0
    decibels = 20.0 * math.log10(rms * math.sqrt(2.0)) + gain_db
    return min(1.0, max(0.0, 1.0 - decibels / QUIET_DB))


class Follower:
    """A level that rises and falls with separate time constants.

    Args:
        attack_s, release_s: time constants of rising and falling, s; 0 follows at once.
    """

    def __init__(self, attack_s: float, release_s: float) -> None:
        self.attack_s, self.release_s = attack_s, release_s
        self.level = 0.0

    def follow(self, target: float, dt_s: float) -> float:
        """Move towards `target` for `dt_s`; returns the new level."""
        time_s = self.attack_s if target > self.level else self.release_s
        share = 1.0 if time_s <= 0 else -math.expm1(-dt_s / time_s)
        self.level += share * (target - self.level)
        return self.level


class AudioLevelMeter(Closing):
    """Listens from its construction on, unless the settings say off; `close` it, or use it as a context manager.

    Args:
        settings: the `audio` section of config.yaml.
        clock: measures the time between blocks, and paces attempts to reopen the microphone.
        open_ear: opens a microphone by number or name, None for the system's preferred one; calls its second argument
            with (N,) float32 blocks from any thread.

    Attributes:
        level: loudness, 0 to 1; falls to 0 without sound.
        wants_sound: whether a scene draws the sound itself, not only its level; may be set at any time.
    """

    def __init__(self, settings: AudioSettings, clock: TimeSource, open_ear: Open = Microphone) -> None:
        self.level = 0.0
        self.wants_sound = False
        self._sound: FloatArray | None = None
        self._error = ""
        self._settings, self._clock, self._open = settings, clock, open_ear
        self._blocks: Slot[FloatArray] = Slot("audio")
        self._ear: AudioInput | None = None
        self._heard_s = self._retry_s = float("-inf")
        self._waits_since_s: float | None = None  # while the microphone opens or closes
        self._thread = threading.Thread(target=self._run, name="audio", daemon=True)
        if self.is_on:
            self._thread.start()

    @property
    def is_on(self) -> bool:
        """Whether a microphone is configured."""
        return self._settings.device != OFF

    @property
    def sound(self) -> FloatArray | None:
        """The newest samples, (N,) float32 from -1 to 1, at most `SOUND_SAMPLES`; None where none are kept."""
        return self._sound if self.wants_sound else None

    @property
    def error(self) -> str:
        """Why there is no sound, one sentence; empty if there is."""
        since_s = self._waits_since_s
        if since_s is not None and self._clock.now_s() - since_s > STUCK_S:
            return "audio.device: the microphone does not answer: plug it in anew, or set device to off"
        return self._error

    def adjust(self, gain_db: float, attack_s: float, release_s: float) -> None:
        """Measure otherwise from the next block on: the gain, and the times in which the level rises and falls."""
        changes = {"gain_db": gain_db, "attack_s": attack_s, "release_s": release_s}
        self._settings = self._settings.model_copy(update=changes)

    def close(self) -> None:
        """Stop; a microphone that hangs is abandoned. May be called twice."""
        self._blocks.close()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)
            if self._thread.is_alive():
                log.warning("the microphone did not end in %g s and is left behind", CLOSE_S)

    def _run(self) -> None:
        follower = Follower(self._settings.attack_s, self._settings.release_s)
        before_s = self._clock.now_s()
        while not self._blocks.is_closed and self._retry_s < float("inf"):
            target, now_s = self._hear(), self._clock.now_s()
            follower.attack_s, follower.release_s = self._settings.attack_s, self._settings.release_s
            self.level = follower.follow(target, now_s - before_s)
            before_s = now_s
        self._let_go()

    def _hear(self) -> float:
        """The level now, 0 without sound. Opens the microphone when it is due."""
        try:
            if self._ear is None and self._clock.now_s() >= self._retry_s:
                self._ear, self._heard_s = self._open_ear(), self._clock.now_s()
            block = self._blocks.take(TAKE_S)
            if block is not None and self._ear is not None:
                self._heard_s, self._error = self._clock.now_s(), ""
                self._keep(block)
                return loudness(block, self._settings.gain_db)
            if self._ear is not None and self._clock.now_s() - self._heard_s > LOST_S:
                raise DeviceError(f"no sound has come for {LOST_S:g} s")
        except MissingSoundError as error:
            self._fail(str(error), retry_s=float("inf"))
        except Exception as error:  # a third-party driver may raise anything, and the show goes on
            what = " ".join(str(error).split()) or type(error).__name__
            sentence = f"audio.device: the microphone is not heard and is tried again: {what}"
            self._fail(sentence, retry_s=self._clock.now_s() + RETRY_S)
        return 0.0

    def _keep(self, block: FloatArray) -> None:
        """Keep the newest samples while they are looked at, and none otherwise."""
        if not self.wants_sound:
            self._sound = None
            return
        louder = block * np.float32(10.0 ** (self._settings.gain_db / 20.0))
        before = self._sound if self._sound is not None else np.zeros(0, np.float32)
        self._sound = np.concatenate([before, louder])[-SOUND_SAMPLES:]

    def _open_ear(self) -> AudioInput:
        device = self._settings.device
        with self._waiting():
            return self._open(None if device == DEFAULT else device, self._blocks.put)

    def _let_go(self) -> None:
        ear, self._ear = self._ear, None
        self._sound = None
        if ear is not None:
            with self._waiting(), contextlib.suppress(Exception):  # it has already failed, or is no longer needed
                ear.close()

    def _fail(self, sentence: str, retry_s: float) -> None:
        if sentence != self._error:
            log.warning("%s", sentence)
        self._error, self._retry_s = sentence, retry_s
        self._let_go()

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        self._waits_since_s = self._clock.now_s()
        try:
            yield
        finally:
            self._waits_since_s = None
