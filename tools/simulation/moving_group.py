"""Several portraits before one camera: side by side, two who change places, or one after another who come and leave.

Where everybody is, is known for every moment. Whoever is larger stands before the others. It does not know how the
pictures become a film.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.core.easing import smoothstep
from engine.core.errors import ConfigError
from engine.features.face_mesh import FaceMesh
from engine.types import ByteArray
from tools.sight.people import Sitter, Standing, stand
from tools.sight.rooms import room

WALKS = ("stand", "cross", "come")
MOST = 4
PLACES = ((0.5,), (0.3, 0.7), (0.22, 0.76, 0.5), (0.17, 0.61, 0.83, 0.39))  # of so many, as shares of the width
WIDTHS = (0.15, 0.12, 0.1, 0.09)  # of faces, as shares of the width; each is another one
CROSSING_S, CROSSED_S = 3.0, 5.0  # when two begin to change places, and how long they take there, and back again
COMES_EVERY_S, STAYS_S = 2.5, 6.0


class MovingGroup:
    """People who move, before an empty room.

    Args:
        portraits: pictures (H, W, 3) uint8 RGB of a face each, at most four.
        walk: one of `WALKS`: `stand` moves everybody about their place; `cross` lets the first two change places, and
            back; `come` lets each come after the one before, and leave.
        size_wh: of the pictures.

    Raises:
        ConfigError: there are too many portraits, or one does not show one face.
    """

    def __init__(self, portraits: Sequence[ByteArray], walk: str, size_wh: tuple[int, int]) -> None:
        if not 1 <= len(portraits) <= MOST:
            raise ConfigError(f"{len(portraits)} portraits cannot stand side by side; give 1 to {MOST}")
        self._people = _sitters(portraits)
        self._walk = walk
        self._room = room(np.random.default_rng(0), size_wh)

    def picture(self, time_s: float) -> ByteArray:
        """Everybody at a moment: (H, W, 3)."""
        picture = self._room
        where = [(standing_at(time_s, n, len(self._people), self._walk), n) for n in range(len(self._people))]
        for standing, number in sorted(((s, n) for s, n in where if s is not None), key=lambda each: each[0].width):
            picture = stand(self._people[number], standing, picture)[0]
        return picture


def standing_at(time_s: float, number: int, count: int, walk: str) -> Standing | None:
    """Where one of so many is at a moment; None while they are not there."""
    if walk == "come" and not 0 <= time_s - number * COMES_EVERY_S < STAYS_S:
        return None
    home = PLACES[count - 1]
    x = home[number]
    if walk == "cross" and number < 2 <= count:
        passed = smoothstep((time_s % (2 * CROSSED_S) - CROSSING_S) / CROSSED_S)
        there = passed if time_s // (2 * CROSSED_S) % 2 == 0 else 1 - passed
        x += there * (home[1 - number] - x)
    return Standing(
        x=x + 0.04 * math.sin(2 * math.pi * time_s / (5 + number)),
        y=0.5 + 0.03 * math.sin(2 * math.pi * time_s / (4 + number)),
        width=WIDTHS[number] * (1 + 0.1 * math.sin(2 * math.pi * time_s / (7 + number))),
        roll_deg=8 * math.sin(2 * math.pi * time_s / (6 + number)),
    )


def _sitters(portraits: Sequence[ByteArray]) -> list[Sitter]:
    mesh = FaceMesh()
    try:
        people = []
        for number, picture in enumerate(portraits, start=1):
            faces = mesh(picture)
            if len(faces) != 1:
                raise ConfigError(f"portrait {number} shows {len(faces) or 'no'} faces; give pictures of one face each")
            people.append(Sitter(picture, faces[0]))
        return people
    finally:
        mesh.close()
