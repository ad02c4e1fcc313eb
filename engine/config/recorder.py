"""The `recorder` section of config.yaml: where films go and how they are made. Data only; imports no codec."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RecorderSettings(BaseModel):
    """Films, snapshots and sessions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str = Field(
        "recordings", min_length=1, description="Folder for films and snapshots, a path; created if missing."
    )
    session: bool = Field(
        False,
        description=(
            "Whether every show is recorded as numbers (a .narc file: latents, features, times, never "
            "pixels), to be rendered later; a red dot is on the wall meanwhile."
        ),
    )
    codec: Literal["h264", "hevc", "prores", "ffv1"] = Field(
        "h264",
        description=(
            "Compression of films: h264 plays everywhere; hevc is smaller and slower; prores (a .mov "
            "file) is for editing; ffv1 (a .mkv file) is lossless."
        ),
    )
    encoder: Literal["processor", "auto", "nvenc", "qsv", "amf"] = Field(
        "processor",
        description=(
            "Encoder: the processor, or a graphics card by NVIDIA (nvenc), Intel (qsv) or AMD (amf), for "
            "h264 and hevc; auto is the first card that works, else the processor."
        ),
    )
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"] = Field(
        "superfast",
        description="Effort of the processor with h264 and hevc, ultrafast to slow: more effort makes smaller files "
        "and drops frames on a slow processor (h264 ultrafast costs 5 ms, superfast 6 ms, veryfast 13 ms for 1280x720 "
        "on a server core).",
    )
    quality: int = Field(
        19,
        ge=0,
        le=51,
        description="Constant quality, 0 (lossless) to 51 (unusable); 17 to 20 looks like the original.",
    )
    max_fps: float = Field(30.0, ge=1, le=240, description="Maximum frames per second in a film.")
    keyframe_s: float = Field(
        1.0,
        ge=0.1,
        le=2,
        description="Seconds between keyframes; at most this much is lost if the program is killed.",
    )
    buffers: int = Field(
        6,
        ge=3,
        le=32,
        description="Frames that may wait for the encoder, 4 bytes per pixel each; more are dropped.",
    )
    keep_free_mb: int = Field(
        200, ge=0, le=1_000_000, description="A film ends before the disk has less than this free, MB."
    )
    keep_days: float | None = Field(
        None,
        gt=0,
        le=36_500,
        description="Recordings in the folder that are older are removed, days, above 0; null keeps them.",
    )
    max_gb: float | None = Field(
        None,
        gt=0,
        le=1_000_000,
        description=(
            "Maximum total size of the recordings in the folder, beyond which the oldest are removed, GB, "
            "above 0; null keeps them."
        ),
    )
    finish_s: float = Field(5.0, ge=0.1, le=60, description="Maximum time to finish a film, s.")
