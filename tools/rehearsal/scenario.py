"""Who stands before the mirror at each moment of a rehearsal. Only numbers; the pictures are drawn by `stage.py`.

The evening is a row of acts of equal length. What happens in one depends on the seed and its index alone, so a camera
that is started anew goes on where it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ACT_S = 15.0
EDGE_S = 2.5  # to walk in and out
POSTERS = 2  # faces of the last ones hang on the wall and never stand before it


@dataclass(frozen=True, slots=True)
class Presence:
    """A face in sight.

    Attributes:
        face: which of the drawn faces.
        x, y: its middle as shares of the picture.
        width: of the whole portrait as a share of the picture's height.
        roll_deg: clockwise.
    """

    face: int
    x: float
    y: float
    width: float
    roll_deg: float = 0.0


Act = Callable[[float, np.random.Generator, int], list[Presence]]


def visitors_at(time_s: float, seed: int, faces: int) -> list[Presence]:
    """Everybody in sight at a moment of the evening.

    Args:
        time_s: since it began.
        seed: of the evening.
        faces: how many faces there are to choose from; more than `POSTERS`.
    """
    index, within_s = divmod(max(0.0, time_s), ACT_S)
    random = np.random.default_rng([seed, int(index)])
    act = list(ACTS.values())[int(random.integers(len(ACTS)))]
    return act(within_s, random, faces)


def act_at(time_s: float, seed: int) -> str:
    """Name of the act at that moment."""
    random = np.random.default_rng([seed, int(max(0.0, time_s) // ACT_S)])
    return list(ACTS)[int(random.integers(len(ACTS)))]


def _nobody(_time_s: float, _random: np.random.Generator, _faces: int) -> list[Presence]:
    return []


def _stay(time_s: float, random: np.random.Generator, faces: int) -> list[Presence]:
    """One arrives, sways, and leaves."""
    return [_swaying(time_s, random, _visitor(random, faces), x=random.uniform(0.35, 0.65))]


def _approach(time_s: float, random: np.random.Generator, faces: int) -> list[Presence]:
    """One comes nearer and steps back."""
    shown = _swaying(time_s, random, _visitor(random, faces), x=0.5)
    nearer = 0.5 - 0.5 * math.cos(2 * math.pi * time_s / ACT_S)
    return [Presence(shown.face, shown.x, shown.y, 0.3 + 0.5 * nearer, shown.roll_deg)]


def _cross(time_s: float, random: np.random.Generator, faces: int) -> list[Presence]:
    """Two walk past each other."""
    first = _visitor(random, faces)
    second = (first + 1) % (faces - POSTERS)
    share = time_s / ACT_S
    return [
        Presence(first, -0.2 + 1.4 * share, 0.45, 0.4),
        Presence(second, 1.2 - 1.4 * share, 0.55, 0.5),
    ]


def _lost(time_s: float, random: np.random.Generator, faces: int) -> list[Presence]:
    """One is hidden again and again, for shorter and longer than the mirror waits."""
    shown = _swaying(time_s, random, _visitor(random, faces), x=0.5)
    is_hidden = time_s % 4.0 < (0.4 if time_s < ACT_S / 2 else 1.6)
    return [] if is_hidden else [shown]


def _posters(_time_s: float, random: np.random.Generator, faces: int) -> list[Presence]:
    """Nobody, but two pictures of faces on the wall, which never move."""
    y = float(random.uniform(0.3, 0.5))
    return [Presence(faces - 1, 0.2, y, 0.3), Presence(faces - 2, 0.82, y, 0.25)]


def _poster_and_visitor(time_s: float, random: np.random.Generator, faces: int) -> list[Presence]:
    shown = _swaying(time_s, random, _visitor(random, faces), x=0.6)
    return [Presence(faces - 1, 0.15, 0.35, 0.28), shown]


def _crowd(time_s: float, random: np.random.Generator, faces: int) -> list[Presence]:
    """Three side by side."""
    first, people = _visitor(random, faces), faces - POSTERS
    return [
        _swaying(time_s + shift, random, (first + shift) % people, x=0.2 + 0.3 * shift, width=0.35)
        for shift in range(min(3, people))
    ]


ACTS: dict[str, Act] = {
    "nobody": _nobody,
    "stay": _stay,
    "approach": _approach,
    "cross": _cross,
    "lost": _lost,
    "posters": _posters,
    "poster and visitor": _poster_and_visitor,
    "crowd": _crowd,
}


def _visitor(random: np.random.Generator, faces: int) -> int:
    return int(random.integers(faces - POSTERS))


def _swaying(time_s: float, random: np.random.Generator, face: int, *, x: float, width: float = 0.5) -> Presence:
    """Somebody who walks in from a side, sways, and walks out again."""
    side = -1.0 if random.integers(2) else 1.0
    phase = float(random.uniform(0, 2 * math.pi))
    away = max(0.0, 1 - time_s / EDGE_S, 1 - max(0.0, ACT_S - time_s) / EDGE_S)
    sway = 0.04 * math.sin(0.9 * time_s + phase)
    return Presence(
        face,
        x + sway + side * away,
        0.5 + 0.02 * math.sin(1.7 * time_s + phase),
        width * (1 + 0.05 * math.sin(0.5 * time_s)),
        8 * math.sin(0.7 * time_s + phase),
    )
