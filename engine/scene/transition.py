"""How one scene gives way to the next: how long it takes, and by which curve. It knows no picture."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.config.validation import Settings
from engine.core.clock import Tick
from engine.core.easing import smoothstep


class TransitionSettings(Settings):
    """How a scene comes in when it takes the wall from another."""

    seconds: float = Field(default=1.5, ge=0.0, le=30.0)
    """How long both are seen, 0 to 30 s; 0 cuts."""

    curve: Literal["smooth", "linear", "early", "late"] = "smooth"
    """How its share grows: smooth begins and ends gently, linear is even, early and late do most of it at one end."""


class Transition:
    """One passage; `elapse` once per drawn frame, then read."""

    def __init__(self, settings: TransitionSettings) -> None:
        self._settings = settings
        self._elapsed_s = 0.0

    def elapse(self, tick: Tick) -> None:
        """Move on by `tick.dt_s`."""
        self._elapsed_s += tick.dt_s

    @property
    def is_over(self) -> bool:
        return self._elapsed_s >= self._settings.seconds

    @property
    def share(self) -> float:
        """How much of the light is the new scene's, 0 to 1."""
        if self.is_over:
            return 1.0
        x = self._elapsed_s / self._settings.seconds
        match self._settings.curve:
            case "smooth":
                return smoothstep(x)
            case "early":
                return 1.0 - (1.0 - x) ** 3
            case "late":
                return x**3
            case _:
                return x
