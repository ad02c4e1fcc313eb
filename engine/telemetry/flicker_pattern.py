"""Pattern: the light that is shown to the camera, bright and dark in an order that resembles itself at no other time.

It is a maximum length sequence (Golomb, "Shift Register Sequences", 1967): shifted against itself by any number of
steps it agrees no more than chance would. It knows neither screen nor camera.
"""

from __future__ import annotations

ORDER, TAPS = 7, (7, 6)  # x^7 + x^6 + 1 is primitive
CHIP_S = 0.1713
"""How long each step is shown, s: so there are no more than three flashes a second, the limit of WCAG 2.3.1. It is no
multiple of the time between two pictures of any usual camera: the steps are then seen in all phases of a picture, and
the delay is found more finely than one."""


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
    """What is shown `time_s` after the beginning: 0 dark, 1 bright."""
    return SEQUENCE[int(time_s / CHIP_S) % len(SEQUENCE)]
