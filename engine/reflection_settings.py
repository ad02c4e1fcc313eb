"""The `reflection` section of config.yaml: how fast the mirror answers, how calmly, and what computes it.

A scene may set what belongs to a look while it is shown: the times of a visit in its `visit:`, the manner of the
answer in its `reflection:` (`scene.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.validation import Settings


class VisitSettings(Settings):
    """Who counts as a visitor, and how long each part of a visit takes."""

    near: float = Field(default=0.0, ge=0.0, le=0.5)
    """Distance between the eyes from which somebody is answered, 0 to 0.5 picture heights; 0 answers everybody in
    sight, 0.05 those within about a metre and a half. Whoever is further away is noticed only."""

    notice_s: float = Field(default=0.0, ge=0.0, le=30.0)
    """How long the mirror hesitates before it answers a new visitor, 0 to 30 s."""

    arrive_s: float = Field(default=1.2, ge=0.05, le=10.0)
    """How long the mirror takes to become a new visitor, 0.05 to 10 s."""

    hold_s: float = Field(default=1.0, ge=0.0, le=30.0)
    """How long a visitor who is lost from sight is still answered, 0 to 30 s."""

    leave_s: float = Field(default=2.0, ge=0.05, le=30.0)
    """How long the reflection takes to fade after that, 0.05 to 30 s."""


class AnswerSettings(Settings):
    """How closely and how calmly the face follows."""

    rate_hz: float = Field(default=30.0, ge=1.0, le=120.0)
    """Most reflections per second, 1 to 120 Hz. Higher follows more closely and takes more of the processor."""

    min_cutoff_hz: float = Field(default=0.5, ge=0.01, le=10.0)
    """Smoothing while the visitor is still, 0.01 to 10 Hz. Lower is calmer; higher trembles."""

    beta: float = Field(default=0.05, ge=0.0, le=1.0)
    """How much movement lifts the smoothing, 0 to 1 Hz per degree a second. Higher follows sooner; lower lags."""

    rate_limit_deg_s: float = Field(default=90.0, ge=1.0, le=720.0)
    """The fastest that the face changes, 1 to 720 degrees of the latent sphere a second."""

    wander_deg_s: float = Field(default=6.0, ge=0.0, le=45.0)
    """How fast the face drifts while nobody is there, 0 to 45 degrees of the latent sphere a second."""


class ReflectionSettings(VisitSettings, AnswerSettings):
    """Times, filters and the runtime of the generator."""

    runtime: Literal["auto", "openvino", "tensorflow", "gpu"] = "auto"
    """What runs the generator: auto takes an NVIDIA card if Keras can use one, else openvino, which is for processors;
    tensorflow is the reference; gpu insists on the card."""

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the generator: auto takes bfloat16 where the processor has it; float32 is exact and slower."""

    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    """Processor threads for the generator, 1 to 256; null leaves it to the runtime."""

    def with_changes(self, *changes: Settings) -> ReflectionSettings:
        """A copy in which what each of `changes` was given explicitly stands for its own."""
        given = {name: getattr(change, name) for change in changes for name in change.model_fields_set}
        return self.model_copy(update=given)
