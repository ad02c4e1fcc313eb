"""Microphone: the only module that knows PortAudio, through sounddevice.

The package is imported when a microphone is opened, never before: its library may be missing. Opening one blocks; sound
arrives on a thread of the library.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from engine.core.errors import DeviceError
from engine.types import FloatArray

BLOCK_S = 0.02


class MissingSoundError(DeviceError):
    """Sound is unavailable on this machine; trying again is useless."""


class Microphone:
    """An open microphone. Passes a block of sound to `hear` about every `BLOCK_S` until it is closed or lost.

    Args:
        device: number or part of a name; None for the system's preferred one.
        hear: receives (N,) float32, -1 to 1, first channel; it may keep the array.

    Raises:
        MissingSoundError: sounddevice or PortAudio is missing.
        DeviceError: there is no such microphone; names those present.
        Exception: any error of PortAudio's while opening.
    """

    def __init__(self, device: int | str | None, hear: Callable[[FloatArray], None]) -> None:
        sound = _package()
        sound._terminate()  # PortAudio lists devices only at its start: restart it to find one plugged in since
        sound._initialize()
        rate_hz = _find(sound, device)["default_samplerate"]

        def take(block: FloatArray, *_: object) -> None:
            hear(block[:, 0].copy())  # the memory belongs to the library

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
    """PortAudio's description of a microphone."""
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
