"""The `send` section of config.yaml: which other programs get the picture. Data only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from engine.config.validation import IN_WORDS

EVEN: JsonDict = {IN_WORDS: "an even number between 16 and 8192"}
Side = Annotated[int, Field(ge=16, le=8192, multiple_of=2, json_schema_extra=EVEN)]


class SendSettings(BaseModel):
    """Outputs to other programs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: tuple[Literal["virtual_camera", "ndi", "spout", "syphon"], ...] = Field(
        (),
        max_length=4,
        description="Receivers, a list of virtual_camera, ndi, spout (Windows) and syphon (macOS); empty sends none. "
        "Each needs a package of its own (docs/outputs.md).",
    )
    name: str = Field(
        "Narcissus", min_length=1, max_length=60, description="Name of the output as listed by receivers."
    )
    size: tuple[Side, Side] = Field(
        (1280, 720),
        description="Size of the sent picture, px, even; the picture is fitted into it.",
    )
    max_fps: float = Field(30.0, ge=1, le=240, description="Maximum frames per second to send.")
