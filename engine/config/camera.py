"""The `camera` section of config.yaml. Imports nothing heavy: reading a configuration stays quick."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

ALLOWED_SOURCES = (
    "camera:0 (a number or a device path such as camera:/dev/video2), "
    "a video file, an image, a folder of images, or self"
)


Share = Annotated[float, Field(ge=0, le=1)]


def _checked(zone: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = zone
    if not (left < right and top < bottom):
        raise ValueError("must be left, top, right, bottom, with left before right and top above bottom")
    return zone


class CameraSettings(BaseModel):
    """What the mirror looks at, and what it asks of a webcam. `mirror` applies to every source but `self`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: str = Field(
        "auto",
        min_length=1,
        description=f"What the mirror looks at: {ALLOWED_SOURCES}; auto is camera 0 if there is one, else self.",
    )
    width: int = Field(1280, ge=160, le=3840, description="Width requested from a webcam, px; it may deliver another.")
    height: int = Field(720, ge=120, le=2160, description="Height requested from a webcam, px; it may deliver another.")
    fps: float = Field(30.0, ge=1, le=240, description="Frames per second requested from a webcam.")
    exposure: float | None = Field(
        None,
        ge=-20,
        le=100_000,
        description="Exposure of a webcam in its driver's units: 0.1 ms on Linux, a power of two of a second on "
        "Windows; null leaves it as it is.",
    )
    gain: float | None = Field(
        None,
        ge=0,
        le=10_000,
        description="Gain of a webcam in its driver's units; null leaves it as it is.",
    )
    white_balance: float | None = Field(
        None,
        ge=1000,
        le=20_000,
        description="Colour temperature of a webcam, K; null leaves it as it is.",
    )
    focus: float | None = Field(
        None,
        ge=0,
        le=10_000,
        description="Focus of a webcam in its driver's units, usually 0 far to 255 near; null leaves it as it is.",
    )
    mirror: bool = Field(True, description="Swap left and right, as a mirror does.")
    timeout_s: float = Field(
        2.0,
        ge=0.5,
        le=60,
        description="A webcam without a new picture for this long is restarted, s.",
    )
    picture_s: float = Field(2.0, ge=0.1, le=86400, description="Display time of each picture in a folder, s.")
    ignore: Annotated[
        tuple[Annotated[tuple[Share, Share, Share, Share], AfterValidator(_checked)], ...], Field(max_length=16)
    ] = Field(
        (),
        description="Rectangles of the picture, as the mirror shows it, in which faces are ignored, such as paintings: "
        "[left, top, right, bottom], shares of its width and height, 0 to 1 each.",
    )
