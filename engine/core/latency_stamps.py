"""Latency stamps: when one picture passed each step of the mirror, from the camera to the screen."""

from __future__ import annotations

from dataclasses import dataclass, fields

STEPS = ("read", "features", "latent", "generated", "uploaded", "presented")


@dataclass(frozen=True, slots=True)
class LatencyStamps:
    """Times that travel with a picture and all that is made of it; seconds of the show's clock, never decreasing.

    Attributes:
        camera_s: capture, as far as the source knows.
        read_s: arrival in the program.
        features_s: end of featurizing; includes waiting for the reflection thread.
        latent_s: end of inversion.
        generated_s: end of drawing the face.
        uploaded_s: hand-over to the graphics card by the main thread; None before.
        presented_s: hand-over of the picture that shows it to the screen; None before. Scan-out and the screen itself
            come later: `--measure-loop` measures them.
    """

    camera_s: float
    read_s: float
    features_s: float
    latent_s: float
    generated_s: float
    uploaded_s: float | None = None
    presented_s: float | None = None

    def legs_ms(self) -> dict[str, float]:
        """Duration of each finished step, ms, by the names of `STEPS`."""
        times = [getattr(self, field.name) for field in fields(self)]
        pairs = zip(STEPS, times, times[1:], strict=False)
        return {name: (after - before) * 1000 for name, before, after in pairs if after is not None}
