"""The `reflection` section of config.yaml: how fast the mirror answers, how calmly, and what computes it.

A scene may set what belongs to a look while it is shown: the times of a visit in its `visit:`, the manner of the
answer in its `reflection:` (`scene.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field

from engine.config.validation import Settings

Model = TypeVar("Model", bound=Settings)


class VisitSettings(Settings):
    """Who counts as a visitor, and how long each part of a visit takes."""

    near: float = Field(default=0.0, ge=0.0, le=0.5)
    """Distance between the eyes from which somebody is answered, 0 to 0.5 picture heights; 0 answers everybody in
    sight, 0.05 those within about a metre and a half. Whoever is further away is noticed only."""

    notice_s: float = Field(default=0.0, ge=0.0, le=30.0)
    """Delay before a new visitor is reflected, 0 to 30 s."""

    arrive_s: float = Field(default=1.2, ge=0.05, le=10.0)
    """Duration of the transition to a new visitor, 0.05 to 10 s."""

    hold_s: float = Field(default=1.0, ge=0.0, le=30.0)
    """How long the reflection of a lost visitor is held, 0 to 30 s."""

    leave_s: float = Field(default=2.0, ge=0.05, le=30.0)
    """Duration of the fade after that, 0.05 to 30 s."""


class FilterSettings(Settings):
    """A One Euro filter of features; without beta it is a plain low-pass."""

    min_cutoff_hz: float = Field(default=1.0, ge=0.01, le=30.0)
    """Filter cut-off at rest, 0.01 to 30 Hz. Lower is smoother; higher jitters."""

    beta: float = Field(default=0.0, ge=0.0, le=1000.0)
    """Increase of the cut-off with movement, 0 to 1000 Hz per feature unit per second. Higher follows sooner."""


class CalmSettings(Settings):
    """Smoothing of each group of features, before the inverter."""

    shape: FilterSettings = FilterSettings(min_cutoff_hz=1.0, beta=60.0)
    """Outlines of the face and its parts; unit: eye distances."""

    pose: FilterSettings = FilterSettings(min_cutoff_hz=1.0, beta=1.0)
    """Yaw and pitch of the head; unit: degrees."""

    expression: FilterSettings = FilterSettings(min_cutoff_hz=1.0, beta=60.0)
    """Mouth, eyes and brows; unit: eye distances."""

    colour: FilterSettings = FilterSettings(min_cutoff_hz=0.5)
    """Skin, hair and background; unit: CIELAB."""

    attributes: FilterSettings = FilterSettings(min_cutoff_hz=0.2)
    """Age and gender, if they are among the features; unit: probabilities."""

    def of(self, group: str) -> FilterSettings:
        """Filter of a group of features; that of `shape` for groups without one."""
        filters = getattr(self, group, None)
        return filters if isinstance(filters, FilterSettings) else self.shape


class BitSettings(Settings):
    """How little is left of a visitor who comes near."""

    few: int = Field(default=0, ge=0, le=512)
    """Bits that are left of whoever stands at `near`, 1 to 512; 0 leaves everybody whole."""

    near: float = Field(default=0.20, ge=0.1, le=0.5)
    """Distance between the eyes at which no more than those are left, 0.1 to 0.5 picture heights."""

    far: float = Field(default=0.06, ge=0.01, le=0.09)
    """Distance between the eyes up to which nothing is left out, 0.01 to 0.09 picture heights."""


class AnswerSettings(Settings):
    """Rate and smoothing of reflections."""

    rate_hz: float = Field(default=30.0, ge=1.0, le=120.0)
    """Maximum reflections per second, 1 to 120 Hz. Higher follows more closely and needs more processor time."""

    features: CalmSettings = CalmSettings()
    """Smoothing of the measured features by group; a scene may change it."""

    min_cutoff_hz: float = Field(default=2.0, ge=0.01, le=10.0)
    """Filter cut-off of the latent while the visitor is still, 0.01 to 10 Hz. Lower is smoother; higher jitters."""

    beta: float = Field(default=0.2, ge=0.0, le=1.0)
    """Increase of the cut-off with movement, 0 to 1 Hz per degree per second. Higher follows sooner; lower lags."""

    rate_limit_deg_s: float = Field(default=90.0, ge=1.0, le=720.0)
    """Maximum speed of the face, 1 to 720 degrees on the latent sphere per second."""

    doubtful_rate_limit_deg_s: float = Field(default=25.0, ge=1.0, le=720.0)
    """Maximum speed while the measurement is unreliable: in profile, or for a face unlike any the generator draws."""

    deepening: bool = True
    """Whether the reflection is refined while a visitor stays: candidates are drawn off screen and measured, up to ten
    times per second if there is time."""

    bits: BitSettings = BitSettings()
    """How little is left of a visitor who comes near: the answer is quantised."""

    wander_deg_s: float = Field(default=6.0, ge=0.0, le=45.0)
    """Speed of the face while nobody is there, 0 to 45 degrees on the latent sphere per second."""


class ReflectionSettings(VisitSettings, AnswerSettings):
    """Times, filters and the runtime of the generator."""

    people: int = Field(default=3, ge=1, le=4)
    """Maximum number of visitors reflected at once, each by their own stranger, 1 to 4. They share the processor: with
    two, each gets half as many reflections per second."""

    floor_px: int = Field(default=64, ge=0, le=1024)
    """Minimum width of the drawn face when the machine cannot hold the rate or runs out of memory, 0 to 1024 px. The
    face is softer until there is time again; 0 never reduces it."""

    runtime: Literal["auto", "openvino", "tensorflow", "jax", "gpu"] = "auto"
    """Runtime of the generator: auto is an NVIDIA card if Keras can use one, else openvino, which is for processors;
    tensorflow is the reference; gpu requires the card."""

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the generator: auto is bfloat16 if the processor supports it; float32 is exact and slower."""

    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    """Processor threads for the generator, 1 to 256; null leaves it to the runtime."""

    def calmer(self, factor: float) -> ReflectionSettings:
        """Copy with stronger smoothing by this factor; weaker below 1."""
        if factor == 1.0:
            return self
        groups = {name: _calmer(filters, factor) for name, filters in self.features}
        slower = ("min_cutoff_hz", "beta", "rate_limit_deg_s", "doubtful_rate_limit_deg_s")
        changed = {name: getattr(self, name) / factor for name in slower}
        return self.model_copy(update={**changed, "features": self.features.model_copy(update=groups)})

    def with_changes(self, *changes: Settings) -> ReflectionSettings:
        """Copy in which explicitly set fields of `changes` replace its own."""
        changed = self
        for change in changes:
            changed = _laid_over(changed, change)
        return changed


def _calmer(filters: FilterSettings, factor: float) -> FilterSettings:
    return filters.model_copy(update={"min_cutoff_hz": filters.min_cutoff_hz / factor, "beta": filters.beta / factor})


def _laid_over(settings: Model, change: Settings) -> Model:
    """A copy of `settings` in which what `change` was given explicitly stands, at any depth."""
    given = {}
    for name in change.model_fields_set:
        value, before = getattr(change, name), getattr(settings, name)
        given[name] = _laid_over(before, value) if isinstance(value, Settings) else value
    return settings.model_copy(update=given)
