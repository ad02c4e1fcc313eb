"""Faces seen where there is none: pictures that were generated without one, still and for some frames each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from engine.features.face_finder import LiveFaces, StillFaces
from tools.sight.people import SIZE_WH
from tools.sight.rooms import empty_pictures

FRAMES = 4  # in which every window is looked at


@dataclass(frozen=True)
class FalseFaces:
    """What was seen in pictures without a face.

    Attributes:
        shown: how many pictures.
        still: in how many a face was seen, by kind of picture, each by itself.
        once: in how many a face was seen live, in any frame.
        lasting: in how many it was seen in two frames in a row.
    """

    shown: int
    still: dict[str, int]
    once: int
    lasting: int


def measure_false(count: int, seed: int = 0) -> FalseFaces:
    """Look at so many pictures without a face."""
    stills, live = StillFaces(), LiveFaces()
    seen: Counter[str] = Counter()
    once = lasting = 0
    try:
        for name, picture in empty_pictures(count, SIZE_WH, seed):
            seen[name] += bool(stills(picture))
            frames = [bool(live(picture)) for _ in range(FRAMES)]
            once += any(frames)
            lasting += any(first and second for first, second in pairwise(frames))
    finally:
        stills.close()
        live.close()
    return FalseFaces(count, dict(seen), once, lasting)
