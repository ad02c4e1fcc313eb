"""The `display` section of config.yaml: which screen, how large, how fast. Data only; imports no window library."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.config.validation import IN_WORDS

DisplayName = Annotated[str, Field(min_length=1, max_length=100, json_schema_extra={IN_WORDS: "a part of its name"})]
Extent = Annotated[int, Field(ge=16, le=16384)]


class DisplaySettings(BaseModel):
    """Window, display and rendering."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: tuple[Extent, Extent] = Field(
        (1280, 720), description="Width and height of the window or the off-screen picture, px."
    )
    fullscreen: bool = Field(False, description="Start in fullscreen (F11 changes it).")
    display: Annotated[int, Field(ge=0, le=15)] | DisplayName = Field(
        0, description="Monitor or projector: its number, a part of its name, or all; the first one if it is absent."
    )
    venue: str = Field("venue.yaml", min_length=1, description="Projection settings: a file, which may be absent.")
    vsync: bool = Field(True, description="Wait for the screen between pictures: no tearing, a steady rate.")
    max_fps: float = Field(
        0.0,
        ge=0,
        le=480,
        description="Maximum frames per second; 0 is the refresh rate, or 60 without vsync (software OpenGL).",
    )
    render_scale: Literal["auto"] | Annotated[float, Field(ge=0.25, le=2)] = Field(
        "auto",
        description="Resolution of drawing relative to the window; auto is 0.5 with software OpenGL, else 1.",
    )
    transfer: Literal["auto", "cuda", "pixel_buffer"] = Field(
        "auto",
        description=(
            "Upload of drawn faces: cuda keeps faces drawn by an NVIDIA card on that card, pixel_buffer "
            "copies them through main memory, auto tries cuda and reports a failure in the overlay."
        ),
    )
    overlay: bool = Field(False, description="Start with rates, ages and drops in the corner (O changes it).")
