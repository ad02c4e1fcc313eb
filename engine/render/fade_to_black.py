"""Blackout: how the wall goes dark when the operator or the closing time asks, and how the picture comes back."""

from __future__ import annotations

import math

from engine.core.clock import Tick

FADE_S = 0.5
DISPLAY_GAMMA = 2.2  # so that the fade looks even: equal steps for the eye are not equal steps of light


class Blackout:
    """Fades; `fade` once per drawn frame, then read.

    Args:
        fade_s: how long it takes to go black, and to come back.
        is_on: whether it begins black.

    Attributes:
        is_on: whether the wall is black, or on the way to it.
    """

    def __init__(self, fade_s: float = FADE_S, *, is_on: bool = False) -> None:
        self.is_on = is_on
        self._fade_s = fade_s
        self._brightness = 0.0 if is_on else 1.0  # as the eye sees it, 0..1

    @property
    def light(self) -> float:
        """What the picture's linear light is multiplied by, 0 black to 1."""
        return math.pow(self._brightness, DISPLAY_GAMMA)

    def toggle(self) -> None:
        """To black, or back; also in the middle of a fade."""
        self.is_on = not self.is_on

    def fade(self, tick: Tick) -> None:
        """Move on by `tick.dt_s`."""
        step = tick.dt_s / self._fade_s if self._fade_s > 0 else 1.0
        self._brightness = max(0.0, self._brightness - step) if self.is_on else min(1.0, self._brightness + step)
