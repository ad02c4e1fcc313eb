"""Transitions: how long one scene takes to give way to the next, and by which curve. Knows no picture."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.config.validation import Settings
from engine.core.clock import Tick
from engine.core.easing import smoothstep


class TransitionSettings(Settings):
    """How a scene replaces another on the wall."""

    seconds: float = Field(default=1.5, ge=0.0, le=30.0)
    """Duration of the crossfade, 0 to 30 s; 0 cuts."""

    curve: Literal["smooth", "linear", "early", "late"] = "smooth"
    """Curve of the crossfade: smooth begins and ends gently, linear is even, early and late do most of it at one
    end."""


class Transition:
    """A transition in progress; call `elapse` once per drawn frame, then read."""

    def __init__(self, settings: TransitionSettings) -> None:
        self._settings = settings
        self._elapsed_s = 0.0

    def elapse(self, tick: Tick) -> None:
        """Advance by `tick.dt_s`."""
        self._elapsed_s += tick.dt_s

    @property
    def is_over(self) -> bool:
        return self._elapsed_s >= self._settings.seconds

    @property
    def share(self) -> float:
        """Share of the new scene's light, 0 to 1."""
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
