"""Fade to black and back, for the operator and at closing time."""

from __future__ import annotations

import math

from engine.core.clock import Tick

FADE_S = 0.5
DISPLAY_GAMMA = 2.2  # equal steps for the eye are not equal steps of light


class Blackout:
    """A fade; call `fade` once per drawn frame, then read.

    Args:
        fade_s: time to go black, and to come back.
        is_on: whether it begins black.

    Attributes:
        is_on: whether the wall is black, or fading to black.
    """

    def __init__(self, fade_s: float = FADE_S, *, is_on: bool = False) -> None:
        self.is_on = is_on
        self._fade_s = fade_s
        self._brightness = 0.0 if is_on else 1.0  # perceived, 0..1

    @property
    def light(self) -> float:
        """Factor on the linear light of the picture, 0 black to 1."""
        return math.pow(self._brightness, DISPLAY_GAMMA)

    def toggle(self) -> None:
        """Fade to black, or back; also in the middle of a fade."""
        self.is_on = not self.is_on

    def fade(self, tick: Tick) -> None:
        """Advance by `tick.dt_s`."""
        step = tick.dt_s / self._fade_s if self._fade_s > 0 else 1.0
        self._brightness = max(0.0, self._brightness - step) if self.is_on else min(1.0, self._brightness + step)
