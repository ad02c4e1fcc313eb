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
    """How long the mirror hesitates before it answers a new visitor, 0 to 30 s."""

    arrive_s: float = Field(default=1.2, ge=0.05, le=10.0)
    """How long the mirror takes to become a new visitor, 0.05 to 10 s."""

    hold_s: float = Field(default=1.0, ge=0.0, le=30.0)
    """How long a visitor who is lost from sight is still answered, 0 to 30 s."""

    leave_s: float = Field(default=2.0, ge=0.05, le=30.0)
    """How long the reflection takes to fade after that, 0.05 to 30 s."""


class FilterSettings(Settings):
    """A One Euro filter of features; without beta it is a plain low-pass."""

    min_cutoff_hz: float = Field(default=1.0, ge=0.01, le=30.0)
    """Smoothing while nothing moves, 0.01 to 30 Hz. Lower is calmer; higher trembles."""

    beta: float = Field(default=0.0, ge=0.0, le=1000.0)
    """How much movement lifts the smoothing, 0 to 1000 Hz per unit of the features a second. Higher follows sooner."""


class CalmSettings(Settings):
    """How calmly each group of features follows the viewer, before anything is answered."""

    shape: FilterSettings = FilterSettings(min_cutoff_hz=1.0, beta=60.0)
    """The outline of the face and of its parts; unit: eye distances."""

    pose: FilterSettings = FilterSettings(min_cutoff_hz=1.0, beta=1.0)
    """How the head is turned and raised; unit: degrees."""

    expression: FilterSettings = FilterSettings(min_cutoff_hz=1.0, beta=60.0)
    """Mouth, eyes and brows; unit: eye distances."""

    colour: FilterSettings = FilterSettings(min_cutoff_hz=0.5)
    """Skin, hair and background; unit: CIELAB."""

    attributes: FilterSettings = FilterSettings(min_cutoff_hz=0.2)
    """Age and gender, where they are among the features; unit: probabilities."""

    def of(self, group: str) -> FilterSettings:
        """The filter of a group of features; one that is not named here is filtered as `shape` is."""
        filters = getattr(self, group, None)
        return filters if isinstance(filters, FilterSettings) else self.shape


class AnswerSettings(Settings):
    """How closely and how calmly the face follows."""

    rate_hz: float = Field(default=30.0, ge=1.0, le=120.0)
    """Most reflections per second, 1 to 120 Hz. Higher follows more closely and takes more of the processor."""

    features: CalmSettings = CalmSettings()
    """How calmly each group of features follows, before anything is answered to them."""

    min_cutoff_hz: float = Field(default=2.0, ge=0.01, le=10.0)
    """Smoothing of the answer while the visitor is still, 0.01 to 10 Hz. Lower is calmer; higher trembles."""

    beta: float = Field(default=0.2, ge=0.0, le=1.0)
    """How much movement lifts the smoothing, 0 to 1 Hz per degree a second. Higher follows sooner; lower lags."""

    rate_limit_deg_s: float = Field(default=90.0, ge=1.0, le=720.0)
    """The fastest that the face changes, 1 to 720 degrees of the latent sphere a second."""

    doubtful_rate_limit_deg_s: float = Field(default=25.0, ge=1.0, le=720.0)
    """The same where the mirror is least sure of what it sees: in profile, or a face unlike any that it can draw."""

    deepening: bool = True
    """Whether the answer becomes more like a visitor while they stay: faces that may be better are drawn aside and
    measured, up to ten times a second where there is time for it."""

    wander_deg_s: float = Field(default=6.0, ge=0.0, le=45.0)
    """How fast the face drifts while nobody is there, 0 to 45 degrees of the latent sphere a second."""


class ReflectionSettings(VisitSettings, AnswerSettings):
    """Times, filters and the runtime of the generator."""

    people: int = Field(default=3, ge=1, le=4)
    """How many visitors are answered at once, each by a stranger of their own, 1 to 4. The time is shared: two get half
    as many reflections a second each as one."""

    floor_px: int = Field(default=64, ge=0, le=1024)
    """The fewest pixels, across, with which the face is drawn when the machine cannot hold the rate or runs out of
    memory, 0 to 1024 px. The picture is then softer, until there is time again; 0 never lowers it."""

    runtime: Literal["auto", "openvino", "tensorflow", "jax", "gpu"] = "auto"
    """What runs the generator: auto takes an NVIDIA card if Keras can use one, else openvino, which is for processors;
    tensorflow is the reference; gpu insists on the card."""

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the generator: auto takes bfloat16 where the processor has it; float32 is exact and slower."""

    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    """Processor threads for the generator, 1 to 256; null leaves it to the runtime."""

    def calmer(self, factor: float) -> ReflectionSettings:
        """A copy whose face follows so many times as calmly; below 1 it follows more lively."""
        if factor == 1.0:
            return self
        groups = {name: _calmer(filters, factor) for name, filters in self.features}
        slower = ("min_cutoff_hz", "beta", "rate_limit_deg_s", "doubtful_rate_limit_deg_s")
        changed = {name: getattr(self, name) / factor for name in slower}
        return self.model_copy(update={**changed, "features": self.features.model_copy(update=groups)})

    def with_changes(self, *changes: Settings) -> ReflectionSettings:
        """A copy in which what each of `changes` was given explicitly stands for its own."""
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
