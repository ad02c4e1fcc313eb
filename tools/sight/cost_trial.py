"""Processor time per picture, with and without the search, alternately on the same pictures.

Counts all threads together, which other load hardly affects; where the system does not report it (Windows), clock time
is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.clock import Clock
from engine.features.face_finder import LiveFaces
from engine.types import ByteArray
from tools.sight.before import NearMesh
from tools.sight.people import SIZE_WH, Sitter, Standing, stand, with_noise
from tools.sight.rooms import room

WARM_UP = 20
WIDTH = 0.15  # of a face that both detect


@dataclass(frozen=True)
class Cost:
    """Time per picture.

    Attributes:
        people: number of people in it.
        now_ms, before_ms: medians.
        ratio: median of now over before, per picture, averaged over ten.
    """

    people: int
    now_ms: float
    before_ms: float
    ratio: float


def measure_cost(people: list[Sitter], frames: int, seed: int = 0) -> Cost:
    """Show these people together, moving slightly, for this many pictures; with nobody, an empty room."""
    random = np.random.default_rng(seed)
    background = room(random, SIZE_WH)
    now, before = LiveFaces(), NearMesh(is_live=True)
    took: dict[str, list[float]] = {"now": [], "before": []}
    try:
        for index in range(WARM_UP + frames):
            picture = _together(people, background, index, random)
            for name, find in (("now", now), ("before", before)):
                began_s = processor_s()
                find(picture)
                took[name].append(processor_s() - began_s)
    finally:
        now.close()
        before.close()
    new, old = (np.array(times[WARM_UP:]) * 1000 for times in took.values())
    blocks = max(1, len(new) // 10)
    pairs = zip(np.array_split(new, blocks), np.array_split(old, blocks), strict=True)
    ratio = np.median([a.mean() / b.mean() for a, b in pairs])
    return Cost(len(people), float(np.median(new)), float(np.median(old)), float(ratio))


def processor_s() -> float:
    """Processor time used by this process so far, s."""
    try:
        import resource
    except ModuleNotFoundError:
        return Clock().now_s()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _together(people: list[Sitter], picture: ByteArray, index: int, random: np.random.Generator) -> ByteArray:
    for number, sitter in enumerate(people):
        x = (number + 1) / (len(people) + 1) + 0.01 * np.sin(index / 8)
        picture = stand(sitter, Standing(x, 0.5, WIDTH), picture)[0]
    return with_noise(picture, random)
