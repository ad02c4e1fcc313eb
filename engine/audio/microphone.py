"""Microphone: the only module that knows how sound comes into this machine (PortAudio, through sounddevice).

The package is imported when a microphone is opened and never before, since its library may be missing. Whoever opens
one waits for it; what is heard comes on a thread of the library.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from engine.core.errors import DeviceError
from engine.types import FloatArray

BLOCK_S = 0.02


class MissingSoundError(DeviceError):
    """Sound cannot be had on this machine: trying again is no use."""


class Microphone:
    """An open microphone. A block of its sound is handed to `hear` about every `BLOCK_S` until it is closed or lost.

    Args:
        device: number or part of a name; None is the one that the system prefers.
        hear: is given (N,) float32, -1 to 1, first channel, which it may keep.

    Raises:
        MissingSoundError: sounddevice or PortAudio is not there.
        DeviceError: there is no such microphone; which there are.
        Exception: PortAudio's own, of any kind, if it does not open.
    """

    def __init__(self, device: int | str | None, hear: Callable[[FloatArray], None]) -> None:
        sound = _package()
        sound._terminate()  # it looks for devices only when it is started: one that was plugged in since is found
        sound._initialize()
        rate_hz = _find(sound, device)["default_samplerate"]

        def take(block: FloatArray, *_: object) -> None:
            hear(block[:, 0].copy())  # the memory is the library's

        self._stream = sound.InputStream(
            samplerate=rate_hz,
            blocksize=round(BLOCK_S * rate_hz),
            device=device,
            channels=1,
            dtype="float32",
            callback=take,
        )
        self._stream.start()

    def close(self) -> None:
        """Hear no more."""
        self._stream.close()


def _find(sound: Any, device: int | str | None) -> Any:
    """What PortAudio knows of a microphone."""
    try:
        return sound.query_devices(device, "input")
    except (ValueError, sound.PortAudioError) as error:
        there = [f"{each['index']} {each['name']}" for each in sound.query_devices() if each["max_input_channels"]]
        what = "there is none" if device is None else f"there is none called {device}, or more than one"
        raise DeviceError(f"{what}; this machine has {', '.join(there) or 'no microphone'}") from error


def _package() -> Any:
    try:
        return importlib.import_module("sounddevice")
    except (ImportError, OSError) as error:
        raise MissingSoundError(
            "audio: nothing is heard, since the package sounddevice or its library PortAudio is not there: "
            "apt install libportaudio2, or set device to off"
        ) from error
