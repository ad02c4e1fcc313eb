"""Identities: which face belongs to whom from frame to frame, and who is reflected.

Faces are matched by position and shape. The most prominent one (large, near the centre) is reflected until another has
been clearly more prominent for a while: a passer-by does not take over the mirror, and a visitor who is briefly hidden
keeps their identity. Knows no pictures and no face detector; not used for single pictures.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.types import Features, FloatArray, Placement

FARTHEST = 3.0  # in eye distances: maximum movement of a head between two measurements; beyond it is someone else
OFF_CENTRE_COST = 0.5  # reduction of prominence at the edge of the picture
SWITCH_MARGIN = 1.3  # how much more prominent another face must be,
STEAL_S = 1.5  # and for how long without interruption, to take over the mirror
COVERED_S = 0.8  # while the visitor is hidden for less than this, nobody else is reflected
FORGET_S = 3.0  # a face unseen for longer counts as a new person
# Root mean square distance between landmark shapes, in eye distances. Measured on generated faces: 0.005 per degree of
# rotation; between two people in the same pose, 0.029 in the median and 0.015 for one pair in a hundred.
DIFFERENT, ALIKE = (
    0.06,
    0.015,
)  # no face changes this much between frames; a distance this small is the same person again
SHAPE_COST = 20.0  # distance in position that one unit of distance in shape is worth
BUILD_SHARE = 0.3  # weight of a new sighting in the remembered shape
FIRST_WAY, WAY_A_SECOND = (
    0.7,
    25.0,
)  # in eye distances: allowed movement, at first and per second, never above `FARTHEST`
FIRST_GROWTH, GROWTH_A_SECOND, MOST_GROWTH = 0.1, 4.0, 0.7  # the same for size, as a natural logarithm
STILL = 0.05  # in eye distances: maximum apparent movement of a painting
PAINTING_S = 180.0  # no person keeps this still for so long

log = logging.getLogger(__name__)

Zone = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sighting:
    """Face in a frame.

    Attributes:
        placement: its position.
        shape: (2 N,) landmarks relative to the eyes, in eye distances.
    """

    placement: Placement
    shape: FloatArray


@dataclass
class _Person:
    """Person seen before: last position, time and shape."""

    identity: int
    placement: Placement
    shape: FloatArray
    seen_s: float
    anchor: Placement
    anchored_s: float

    def cost(self, sighting: Sighting, now_s: float) -> float:
        """Dissimilarity to a face, in eye distances; infinite if it cannot be this person."""
        elapsed_s = now_s - self.seen_s
        way = _way(self.placement, sighting.placement)
        growth = abs(math.log(sighting.placement.eye_distance / self.placement.eye_distance))
        apart = float(np.sqrt(np.mean((self.shape - sighting.shape) ** 2)))
        has_moved_there = (
            way <= min(FARTHEST, FIRST_WAY + WAY_A_SECOND * elapsed_s)
            and growth <= min(MOST_GROWTH, FIRST_GROWTH + GROWTH_A_SECOND * elapsed_s)
            and apart < DIFFERENT
        )
        if not has_moved_there and apart >= ALIKE:
            return math.inf
        return way + SHAPE_COST * apart

    def see(self, sighting: Sighting, now_s: float) -> None:
        self.placement, self.seen_s = sighting.placement, now_s
        self.shape = self.shape + np.float32(BUILD_SHARE) * (sighting.shape - self.shape)
        if _way(self.anchor, sighting.placement) > STILL:
            self.anchor, self.anchored_s = sighting.placement, now_s


class Identities:
    """Tracks everyone in view. Identities count up from 1 and are never reused."""

    def __init__(self) -> None:
        self._people: list[_Person] = []
        self._numbers = itertools.count(1)
        self._visitor: _Person | None = None
        self._rivalled_since_s: float | None = None
        self._warned: set[int] = set()

    def choose(self, sightings: Sequence[Sighting], now_s: float) -> tuple[int | None, list[int]]:
        """Choose who is reflected: index into `sightings`, and the identity of every sighting.

            The index is None if nobody is reflected: there is no face, or the visitor is briefly hidden.

        Args:
            sightings: all faces in a frame.
            now_s: capture time; must not decrease.
        """
        self._people = [person for person in self._people if now_s - person.seen_s <= FORGET_S]
        seen = self._assign(sightings, now_s)
        self._visitor = self._elect([seen[index] for index in sorted(seen)], now_s)
        for person in seen.values():
            self._suspect(person, now_s)
        answered = next((index for index, person in seen.items() if person is self._visitor), None)
        return answered, [seen[index].identity for index in range(len(sightings))]

    def _assign(self, sightings: Sequence[Sighting], now_s: float) -> dict[int, _Person]:
        """Match faces to people in order of similarity; unmatched faces are new people."""
        costs = [
            (person.cost(sighting, now_s), index, number)
            for index, sighting in enumerate(sightings)
            for number, person in enumerate(self._people)
        ]
        seen: dict[int, _Person] = {}
        taken: set[int] = set()
        for cost, index, number in sorted(costs):
            if math.isfinite(cost) and index not in seen and number not in taken:
                seen[index] = self._people[number]
                taken.add(number)
        for index, sighting in enumerate(sightings):
            if index not in seen:
                where = sighting.placement
                seen[index] = _Person(next(self._numbers), where, sighting.shape, now_s, where, now_s)
                self._people.append(seen[index])
            seen[index].see(sighting, now_s)
        return seen

    def _elect(self, seen: Sequence[_Person], now_s: float) -> _Person | None:
        """Select who is reflected from now on; the visitor, even if hidden, until someone else takes over."""
        visitor = self._visitor
        best = max(seen, key=lambda person: prominence(person.placement), default=None)
        if visitor is None or now_s - visitor.seen_s > COVERED_S:
            self._rivalled_since_s = None
            return best
        is_rivalled = visitor in seen and best is not None and best is not visitor
        if is_rivalled and best is not None:
            is_rivalled = prominence(best.placement) > SWITCH_MARGIN * prominence(visitor.placement)
        if not is_rivalled:
            self._rivalled_since_s = None
            return visitor
        if self._rivalled_since_s is None:
            self._rivalled_since_s = now_s
        if now_s - self._rivalled_since_s < STEAL_S:
            return visitor
        self._rivalled_since_s = None
        return best

    def _suspect(self, person: _Person, now_s: float) -> None:
        """Warn the operator once about a face as motionless as a painting."""
        if now_s - person.anchored_s < PAINTING_S or person.identity in self._warned:
            return
        self._warned.add(person.identity)
        left, top, right, bottom = zone_around(person.placement)
        log.warning(
            "a face has not moved for %.0f minutes: if it is a painting, write `ignore: [[%.2f, %.2f, %.2f, %.2f]]` "
            "under camera: in config.yaml",
            PAINTING_S / 60,
            left,
            top,
            right,
            bottom,
        )


def prominence(face: Placement) -> float:
    """Prominence of a face: its size, reduced towards the edge of the picture."""
    off_centre = min(1.0, math.hypot(face.x - 0.5, face.y - 0.5) * 2)
    return face.eye_distance * (1 - OFF_CENTRE_COST * off_centre)


def is_ignored(face: Placement, zones: Sequence[Zone]) -> bool:
    """Whether the midpoint between the eyes is inside a zone: left, top, right, bottom as shares of the picture."""
    return any(left <= face.x <= right and top <= face.y <= bottom for left, top, right, bottom in zones)


def zone_around(face: Placement) -> Zone:
    """Zone around the midpoint between the eyes, two eye distances wide and high, clipped to the picture."""
    across, down = face.eye_distance / face.aspect, face.eye_distance
    return (
        max(0.0, face.x - across),
        max(0.0, face.y - down),
        min(1.0, face.x + across),
        min(1.0, face.y + down),
    )


def _way(before: Placement, after: Placement) -> float:
    """Distance from the previous position, in eye distances."""
    way = math.hypot((after.x - before.x) * before.aspect, after.y - before.y)
    return way / max(before.eye_distance, after.eye_distance, 1e-6)


def is_same_head(before: Placement, after: Placement) -> bool:
    """Whether a head can have moved this far between two measurements."""
    jump = math.hypot((after.x - before.x) * after.aspect, after.y - before.y)
    return jump <= FARTHEST * max(before.eye_distance, after.eye_distance)


def is_different_person(before: Features | None, after: Features) -> bool:
    """Whether a face belongs to another person: by identity or, without identities, by a jump larger than a head
    makes."""
    if before is None:
        return True
    if before.identity and after.identity:
        return before.identity != after.identity
    return not is_same_head(before.placement, after.placement)
