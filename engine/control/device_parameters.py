"""Webcam, microphone and projectors as parameters, with the ranges of their settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from engine.config.audio import AudioSettings
from engine.config.camera import CameraSettings
from engine.control.parameter import ROOT, Kind, Parameter, Value
from engine.render.projection.settings import Colour, ProjectionSettings

CAMERA, AUDIO, PROJECTOR = f"{ROOT}/camera", f"{ROOT}/audio", f"{ROOT}/projector"
CAMERA_NAMES = ("exposure", "gain", "white_balance", "focus")
AUDIO_NAMES = ("gain_db", "attack_s", "release_s")
LIGHTS = ("red", "green", "blue")
_UNITS = {"gain_db": "dB", "attack_s": "s", "release_s": "s", "white_balance": "K"}


def camera_parameters(settings: CameraSettings) -> Iterator[Parameter]:
    """What a webcam can be set to; without a value it is left as it is."""
    for name in CAMERA_NAMES:
        yield _number(f"{CAMERA}/{name}", CameraSettings, name, getattr(settings, name))


def audio_parameters(settings: AudioSettings) -> Iterator[Parameter]:
    """How the loudness of the room is measured."""
    for name in AUDIO_NAMES:
        yield _number(f"{AUDIO}/{name}", AudioSettings, name, getattr(settings, name))


def projector_parameters(venue: ProjectionSettings) -> Iterator[Parameter]:
    """The colours of each projector, from 1."""
    for number, projector in enumerate(venue.projectors, start=1):
        here = f"{PROJECTOR}/{number}"
        for light, gain in zip(LIGHTS, projector.colour.gain, strict=True):
            what = f"Factor on the light of {light}."
            yield Parameter(f"{here}/{light}", Kind.FLOAT, what, default=gain, low=0.0, high=2.0)
        for name in ("gamma", "black"):
            yield _number(f"{here}/{name}", Colour, name, getattr(projector.colour, name))


def tuned(colour: Colour, number: int, overrides: Mapping[str, Value]) -> Colour:
    """The colour of a projector, counted from 1, with what is set of it."""
    here = f"{PROJECTOR}/{number}"
    red, green, blue = (overrides.get(f"{here}/{light}", gain) for light, gain in zip(LIGHTS, colour.gain, strict=True))
    changes = {name: overrides.get(f"{here}/{name}", getattr(colour, name)) for name in ("gamma", "black")}
    return colour.model_copy(update={"gain": (red, green, blue), **changes})


def _number(address: str, model: type[BaseModel], name: str, default: Value) -> Parameter:
    schema: Mapping[str, Any] = model.model_json_schema()["properties"][name]
    numbers = next((each for each in schema.get("anyOf", ()) if each.get("type") == "number"), schema)
    low, high = numbers.get("minimum"), numbers.get("maximum")
    what = " ".join(str(schema.get("description", "")).split())
    return Parameter(address, Kind.FLOAT, what, default=default, low=low, high=high, unit=_UNITS.get(name, ""))
