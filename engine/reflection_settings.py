"""The `reflection` section of config.yaml: how fast the mirror answers, how calmly, and what computes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.validation import Settings


class ReflectionSettings(Settings):
    """Times, filters and the runtime of the generator."""

    rate_hz: float = Field(default=30.0, ge=1.0, le=120.0)
    """Most reflections per second, 1 to 120 Hz. Higher follows more closely and takes more of the processor."""

    min_cutoff_hz: float = Field(default=0.5, ge=0.01, le=10.0)
    """Smoothing while the visitor is still, 0.01 to 10 Hz. Lower is calmer; higher trembles."""

    beta: float = Field(default=0.05, ge=0.0, le=1.0)
    """How much movement lifts the smoothing, 0 to 1 Hz per degree a second. Higher follows sooner; lower lags."""

    rate_limit_deg_s: float = Field(default=90.0, ge=1.0, le=720.0)
    """The fastest that the face changes, 1 to 720 degrees of the latent sphere a second."""

    arrive_s: float = Field(default=1.2, ge=0.05, le=10.0)
    """How long the mirror takes to become a new visitor, 0.05 to 10 s."""

    hold_s: float = Field(default=1.0, ge=0.0, le=30.0)
    """How long a visitor who is lost from sight is still answered, 0 to 30 s."""

    leave_s: float = Field(default=2.0, ge=0.05, le=30.0)
    """How long the reflection takes to fade after that, 0.05 to 30 s."""

    wander_deg_s: float = Field(default=6.0, ge=0.0, le=45.0)
    """How fast the face drifts while nobody is there, 0 to 45 degrees of the latent sphere a second."""

    runtime: Literal["auto", "openvino", "tensorflow"] = "auto"
    """What runs the generator: auto takes the fastest that works, openvino is for processors, tensorflow for both."""

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the generator: auto takes bfloat16 where the processor has it; float32 is exact and slower."""

    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    """Processor threads for the generator, 1 to 256; null leaves it to the runtime."""
