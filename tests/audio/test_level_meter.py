"""Hearing: what the level of a sound is, and that a microphone may be absent, vanish, hang and come back."""

from __future__ import annotations

import logging
import math
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.audio.level_meter import (
    LOST_S,
    RETRY_S,
    SOUND_SAMPLES,
    STUCK_S,
    AudioLevelMeter,
    Follower,
    loudness,
)
from engine.audio.microphone import BLOCK_S, Microphone, MissingSoundError
from engine.config.audio import AudioSettings
from engine.core.clock import Clock, ManualClock
from engine.core.errors import DeviceError
from engine.types import FloatArray

TIMEOUT_S = 20.0
ON = AudioSettings(device="default", attack_s=0.0, release_s=0.0)


def sine(amplitude: float, offset: float = 0.0, count: int = 960) -> FloatArray:
    """20 ms of 1 kHz at 48 kHz."""
    phases = 2 * np.pi * 1000 * np.arange(count) / 48_000
    return (offset + amplitude * np.sin(phases)).astype(np.float32)


# ------------------------------------------------------------------ the level of a sound


@pytest.mark.parametrize(
    ("amplitude", "gain_db", "level"),
    [
        (1.0, 0, 1.0),
        (0.1, 0, 2 / 3),
        (0.01, 0, 1 / 3),
        (0.001, 0, 0.0),
        (0.01, 20, 2 / 3),
        (0.5, 40, 1.0),
        (0.0, 60, 0.0),
    ],
)
def test_a_sine_has_the_level_of_its_decibels(amplitude: float, gain_db: float, level: float) -> None:
    assert loudness(sine(amplitude), gain_db) == pytest.approx(level, abs=1e-5)


def test_a_constant_offset_is_silent() -> None:
    assert loudness(sine(0.1, offset=0.3)) == pytest.approx(2 / 3, abs=1e-4)
    assert loudness(np.full(960, 0.25, np.float32)) == 0.0


def test_what_is_no_number_is_silent() -> None:
    assert loudness(np.full(960, np.nan, np.float32)) == loudness(np.full(960, -np.inf, np.float32)) == 0.0
    assert loudness(np.empty(0, np.float32)) == 0.0
    half = sine(0.1)
    half[::2] = np.nan
    assert 0.5 < loudness(half) < 2 / 3
    assert loudness(np.full(2, np.finfo(np.float32).max) * (1, -1)) == 1.0


def test_it_rises_and_falls_in_its_own_time_at_any_rate_of_blocks() -> None:
    for rate_hz in (10, 50, 400):
        follower = Follower(attack_s=0.1, release_s=0.5)
        risen = [follower.follow(1.0, 1 / rate_hz) for _ in range(rate_hz // 10)][-1]
        assert risen == pytest.approx(1 - 1 / math.e)
        fallen = [follower.follow(0.0, 1 / rate_hz) for _ in range(rate_hz // 2)][-1]
        assert fallen == pytest.approx(risen / math.e)
    assert Follower(0.0, 0.0).follow(0.7, 0.01) == 0.7


# ------------------------------------------------------------------ microphones


class Room:
    """Microphones of a room with one sound; each is handed over once it is asked for."""

    def __init__(self) -> None:
        self.asked: list[int | str | None] = []
        self.closed = 0
        self.trouble: Exception | None = None
        self.hear: Callable[[FloatArray], None] = lambda block: None

    def open(self, device: int | str | None, hear: Callable[[FloatArray], None]) -> Room:
        self.asked.append(device)
        if self.trouble is not None:
            raise self.trouble
        self.hear = hear
        return self

    def close(self) -> None:
        self.closed += 1


def until(is_so: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Wait for another thread."""
    clock = Clock()
    limit_s = clock.now_s() + TIMEOUT_S
    while not is_so() and clock.now_s() < limit_s:
        meanwhile()
        clock.sleep_s(0.002)
    assert is_so()


def test_off_asks_for_nothing() -> None:
    with AudioLevelMeter(AudioSettings(), Clock(), Room().open) as level_meter:
        assert not level_meter.is_on and level_meter.level == 0.0 and level_meter.error == ""
        assert not [thread for thread in threading.enumerate() if thread.name == "audio"]


@pytest.mark.parametrize(("device", "asked"), [("default", None), (0, 0), ("USB", "USB")])
def test_a_sound_becomes_its_level(device: Any, asked: int | str | None) -> None:
    room = Room()
    with AudioLevelMeter(ON.model_copy(update={"device": device}), Clock(), room.open) as level_meter:
        until(lambda: level_meter.level > 0, lambda: room.hear(sine(0.1)))
        assert level_meter.level == pytest.approx(2 / 3, abs=1e-5) and level_meter.error == ""
        until(lambda: level_meter.level == 0.0)  # nothing comes any more
    assert room.asked == [asked] and room.closed == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "audio"]


def test_sound_is_kept_only_while_it_is_looked_at_and_never_more_than_a_moment() -> None:
    room = Room()
    settings = ON.model_copy(update={"gain_db": 6.0})
    with AudioLevelMeter(settings, Clock(), room.open) as level_meter:
        until(lambda: level_meter.level > 0, lambda: room.hear(sine(0.1)))
        assert level_meter.sound is None
        level_meter.wants_sound = True
        until(
            lambda: level_meter.sound is not None and len(level_meter.sound) == SOUND_SAMPLES,
            lambda: room.hear(sine(0.1)),
        )
        assert level_meter.sound is not None
        assert np.abs(level_meter.sound).max() == pytest.approx(0.1 * 10 ** (6 / 20), rel=1e-3)
        level_meter.wants_sound = False
        assert level_meter.sound is None
        until(lambda: level_meter._sound is None, lambda: room.hear(sine(0.1)))


def test_a_microphone_that_vanishes_is_told_once_and_heard_again_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    room, clock = Room(), ManualClock()
    with AudioLevelMeter(ON, clock, room.open) as level_meter:
        until(lambda: level_meter.level > 0, lambda: (room.hear(sine(0.1)), clock.advance(0.01))[1])
        room.trouble = ValueError("No input device\nmatching 'USB'")
        until(lambda: level_meter.level == 0.0)
        assert level_meter.error == ""
        clock.advance(LOST_S + 0.1)
        until(lambda: room.closed == 1)
        assert "is tried again: no sound has come for 2 s" in level_meter.error
        for _ in range(2):
            tries = len(room.asked)
            clock.advance(RETRY_S)
            until(lambda: len(room.asked) == tries + 1)  # noqa: B023
            until(lambda: "is tried again: No input device matching 'USB'" in level_meter.error)
        room.trouble = None
        clock.advance(RETRY_S)
        until(lambda: level_meter.level > 0, lambda: (room.hear(sine(0.1)), clock.advance(0.01))[1])
        assert level_meter.error == ""
    assert caplog.text.count("No input device matching 'USB'") == 1 and room.closed == 2


def test_a_microphone_that_hangs_is_told_and_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("engine.audio.level_meter.CLOSE_S", 0.05)
    asked, go, clock = threading.Event(), threading.Event(), ManualClock()

    def hang(device: int | str | None, hear: Callable[[FloatArray], None]) -> Room:
        asked.set()
        go.wait(TIMEOUT_S)
        return Room()

    with AudioLevelMeter(ON, clock, hang) as level_meter:
        assert asked.wait(TIMEOUT_S)
        assert level_meter.level == 0.0 and level_meter.error == ""
        clock.advance(STUCK_S + 0.1)
        assert level_meter.error.startswith("audio.device: the microphone does not answer: ")
    assert "the microphone did not end in 0.05 s and is left behind" in caplog.text
    go.set()


def test_where_sound_cannot_be_had_it_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MissingSoundError):
        Microphone(None, lambda block: None)
    with AudioLevelMeter(ON, Clock()) as level_meter:
        until(lambda: bool(level_meter.error))
        assert level_meter.error == (
            "audio: nothing is heard, since the package sounddevice or its library PortAudio is not there: "
            "apt install libportaudio2, or set device to off"
        )
        until(lambda: not [thread for thread in threading.enumerate() if thread.name == "audio"])
        assert level_meter.level == 0.0


@pytest.mark.parametrize(
    ("device", "names", "sentence"),
    [
        (None, [], "there is none; this machine has no microphone"),
        ("USB", ["Inner", "Line"], "there is none called USB, or more than one; this machine has 0 Inner, 1 Line"),
    ],
)
def test_a_microphone_that_is_not_there_is_told_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, device: str | None, names: list[str], sentence: str
) -> None:
    def query(device: object = None, kind: str | None = None) -> Any:
        if kind:
            raise ValueError("No input device matching")
        found = [{"index": index, "name": name, "max_input_channels": 2} for index, name in enumerate(names)]
        return [*found, {"index": 9, "name": "Loudspeaker", "max_input_channels": 0}]

    package = SimpleNamespace(
        _terminate=lambda: None, _initialize=lambda: None, query_devices=query, PortAudioError=OSError
    )
    monkeypatch.setitem(sys.modules, "sounddevice", package)
    with pytest.raises(DeviceError) as raised:
        Microphone(device, lambda block: None)
    assert str(raised.value) == sentence


def test_a_microphone_hands_on_its_first_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a stand-in for sounddevice: what is asked of it, and that the block is a copy."""
    asked: dict[str, Any] = {}
    stream = SimpleNamespace(start=lambda: asked.update(started=True), close=lambda: asked.update(closed=True))
    package = SimpleNamespace(
        _terminate=lambda: None,
        _initialize=lambda: asked.update(looked=True),
        query_devices=lambda device, kind: {"default_samplerate": 44_100.0, "name": device, "kind": kind},
        InputStream=lambda **options: (asked.update(options), stream)[1],
    )
    monkeypatch.setitem(sys.modules, "sounddevice", package)
    heard: list[FloatArray] = []
    microphone = Microphone("USB", heard.append)
    block = np.array([[0.1], [0.2]], np.float32)
    asked["callback"](block, 2, None, None)
    block[:] = 9.0
    assert heard[0].tolist() == pytest.approx([0.1, 0.2])
    assert asked["started"] and asked["looked"] and asked["device"] == "USB" and asked["channels"] == 1
    assert asked["blocksize"] == round(BLOCK_S * 44_100)
    microphone.close()
    assert asked["closed"]
