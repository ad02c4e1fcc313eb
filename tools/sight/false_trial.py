"""False detections: synthetic pictures without faces, as stills and for a few live frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from engine.features.face_finder import LiveFaces, StillFaces
from tools.sight.people import SIZE_WH
from tools.sight.rooms import empty_pictures

FRAMES = 4  # until every window has been searched


@dataclass(frozen=True)
class FalseFaces:
    """False detections in pictures without faces.

    Attributes:
        shown: number of pictures.
        still: number of stills with a detection, by kind of picture.
        once: number of live sequences with a detection in any frame.
        lasting: number with detections in two consecutive frames.
    """

    shown: int
    still: dict[str, int]
    once: int
    lasting: int


def measure_false(count: int, seed: int = 0) -> FalseFaces:
    """Search this many pictures without faces."""
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
