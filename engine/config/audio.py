"""The `audio` section of config.yaml: which microphone, and how its level moves."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from engine.config.validation import IN_WORDS, Settings

OFF, DEFAULT = "off", "default"
_WORDS = "off, default or a part of its name"


def _off(value: Any) -> Any:
    return OFF if value is False else value  # YAML reads `off` as false


DeviceNumber = Annotated[int, Field(ge=0, le=255)]
DeviceName = Annotated[str, Field(min_length=1, max_length=100, json_schema_extra={IN_WORDS: _WORDS})]
Device = Annotated[DeviceNumber | DeviceName, BeforeValidator(_off)]


class AudioSettings(Settings):
    """Measurement of the room's loudness."""

    device: Device = OFF
    """The microphone: off, default (the system's preferred one), its number, or a part of its name."""

    gain_db: float = Field(default=0.0, ge=-40.0, le=60.0)
    """Gain added to the loudness, dB; more for quiet rooms and microphones."""

    attack_s: float = Field(default=0.05, ge=0.0, le=10.0)
    """Time constant of the rising level, s."""

    release_s: float = Field(default=0.6, ge=0.0, le=10.0)
    """Time constant of the falling level, s."""
