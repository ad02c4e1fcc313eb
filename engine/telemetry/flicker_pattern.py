"""Flicker pattern: the light shown to the camera, a sequence without self-similarity.

A maximum length sequence (Golomb, "Shift Register Sequences", 1967): shifted by any number of steps, it correlates with
itself no more than noise does. Knows neither screen nor camera.
"""

from __future__ import annotations

ORDER, TAPS = 7, (7, 6)  # x^7 + x^6 + 1 is primitive
CHIP_S = 0.1713
"""Duration of a step, s: at most three flashes a second, the limit of WCAG 2.3.1. Not a multiple of the frame time of
any common camera: steps are then seen in all phases of a frame, which resolves the delay to less than a frame."""


def maximum_length_sequence() -> tuple[int, ...]:
    """All 127 steps, each 0 or 1; 64 of them are 1."""
    register = [1] * ORDER
    steps = []
    for _ in range(2**ORDER - 1):
        steps.append(register[-1])
        register = [register[TAPS[0] - 1] ^ register[TAPS[1] - 1], *register[:-1]]
    return tuple(steps)


SEQUENCE = maximum_length_sequence()
PERIOD_S = CHIP_S * len(SEQUENCE)


def level_at(time_s: float) -> int:
    """Level `time_s` after the start: 0 dark, 1 bright."""
    return SEQUENCE[int(time_s / CHIP_S) % len(SEQUENCE)]
