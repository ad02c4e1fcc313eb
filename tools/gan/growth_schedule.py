"""Schedule of progressive growing: stages of size and duration, from the command line. Knows no networks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.networks.pggan.architecture import RESOLUTIONS

LEAST_PX = 8
FADED_RATE = 0.05  # factor of the learning rates at the very end
WARM_UP_STEPS = 60  # steps over which the rates rise after each optimiser reset


@dataclass(frozen=True)
class Stage:
    """Stage of a training run.

    Attributes:
        size_px: picture size.
        minutes: duration.
    """

    size_px: int
    minutes: float

    @property
    def level(self) -> int:
        """Base-2 logarithm of the size."""
        return self.size_px.bit_length() - 1


def read_stages(text: str) -> tuple[Stage, ...]:
    """Parse stages such as `32:12,64:20,128:60`: sizes in px and minutes, in order.

    Raises:
        ValueError: a stage is invalid, or smaller than the previous one.
    """
    stages: list[Stage] = []
    for entry in text.split(","):
        size, _, minutes = entry.strip().partition(":")
        try:
            stage = Stage(int(size), float(minutes))
        except ValueError:
            raise ValueError(f"{entry[:40]!r} is no stage: SIZE:MINUTES, as in 32:12,64:20,128:60") from None
        if stage.size_px not in RESOLUTIONS or stage.size_px < LEAST_PX:
            raise ValueError(f"{stage.size_px} px is no size: it must be a power of two from {LEAST_PX} to 1024")
        if not (math.isfinite(stage.minutes) and stage.minutes > 0):
            raise ValueError(f"the stage of {stage.size_px} px must last longer than 0 minutes")
        if stages and stage.size_px < stages[-1].size_px:
            raise ValueError(f"{stage.size_px} px after {stages[-1].size_px} px: networks only grow")
        stages.append(stage)
    return tuple(stages)


def rate_factor(count: int, left_s: float, fade_s: float) -> float:
    """Factor of the learning rates.

    Args:
        count: steps since the optimisers were reset.
        left_s: seconds until the end.
        fade_s: seconds before the end in which the rates fall; 0 keeps them.
    """
    fading = min(1.0, max(FADED_RATE, left_s / fade_s)) if fade_s else 1.0
    return min(1.0, (count + 1) / WARM_UP_STEPS) * fading


def averaging_share(pictures: int, half_life_kimg: float) -> float:
    """Weight of the generator in its moving average, for a step of this many pictures."""
    return float(1.0 - 0.5 ** (pictures / 1000 / half_life_kimg))
