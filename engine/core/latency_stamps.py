"""Stamps: when one picture passed each step of the mirror, from the camera to the screen."""

from __future__ import annotations

from dataclasses import dataclass, fields

STEPS = ("read", "features", "latent", "generated", "uploaded", "presented")


@dataclass(frozen=True, slots=True)
class LatencyStamps:
    """One record that travels with a picture and what becomes of it; seconds of the show's clock, never falling.

    Attributes:
        camera_s: when it was taken, as far as its source knows.
        read_s: when the program had it.
        features_s: when it was featurized; includes waiting for the reflection thread.
        latent_s: when it had become a latent.
        generated_s: when that was drawn.
        uploaded_s: when the main thread had taken that and handed it to the graphics card; None before.
        presented_s: when the picture that shows it was handed to the screen; None before. Scanning it out and the
            screen itself come after that: `--measure-loop` measures them.
    """

    camera_s: float
    read_s: float
    features_s: float
    latent_s: float
    generated_s: float
    uploaded_s: float | None = None
    presented_s: float | None = None

    def legs_ms(self) -> dict[str, float]:
        """How long each step took after the one before, ms, by the names of `STEPS`; those that are over."""
        times = [getattr(self, field.name) for field in fields(self)]
        pairs = zip(STEPS, times, times[1:], strict=False)
        return {name: (after - before) * 1000 for name, before, after in pairs if after is not None}
