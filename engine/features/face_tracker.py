"""Identities: which face is whose from frame to frame, and whose is answered.

Faces are followed by where they are and by how they are built. The one that is large and near the centre is answered
until another has been clearly more so for a while: who walks through does not take the mirror, and who is covered by
them for a moment comes back as themself. It knows no picture and no library that finds faces; where several frames are
no sequence it is not asked.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.types import Features, FloatArray, Placement

FARTHEST = 3.0  # eye distances that a head can move between two measurements; further away is somebody else
OFF_CENTRE_COST = 0.5  # how much smaller a face at the edge of the picture counts than one in the middle
SWITCH_MARGIN = 1.3  # how much more prominent another face has to be,
STEAL_S = 1.5  # and for how long without a break, before it takes the mirror
COVERED_S = 0.8  # so long nobody else is answered while the visitor is out of sight
FORGET_S = 3.0  # a face that was not seen for so long is somebody new when it comes back
# Eye distances that landmarks differ by, root mean square. Measured on drawn faces: 0.005 for a degree of turning, and
# between two people, turned alike, 0.029 in the median and 0.015 for one pair of a hundred.
DIFFERENT, ALIKE = 0.06, 0.015  # nobody changes by so much in a moment; so little says that it is the same one again
SHAPE_COST = 20.0  # eye distances of way that one of the shape counts as
BUILD_SHARE = 0.3  # of a new look that goes into what is remembered of a build
FIRST_WAY, WAY_A_SECOND = 0.7, 25.0  # eye distances that a face is from where it was at most, and never over `FARTHEST`
FIRST_GROWTH, GROWTH_A_SECOND, MOST_GROWTH = 0.1, 4.0, 0.7  # the same of its size, as a natural logarithm
STILL = 0.05  # eye distances that a painting seems to move at most
PAINTING_S = 180.0  # nobody keeps as still for so long

log = logging.getLogger(__name__)

Zone = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sighting:
    """A face in a frame.

    Attributes:
        placement: where it is.
        shape: (2 N,) its landmarks relative to the eyes, in eye distances.
    """

    placement: Placement
    shape: FloatArray


@dataclass
class _Person:
    """Somebody who was seen: where last, when, and how they are built."""

    identity: int
    placement: Placement
    shape: FloatArray
    seen_s: float
    anchor: Placement
    anchored_s: float

    def cost(self, sighting: Sighting, now_s: float) -> float:
        """How unlike this person a face is, in eye distances; infinite if it cannot be them."""
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
    """Follows everybody in sight. Numbers of people count up from 1 and are never used again."""

    def __init__(self) -> None:
        self._people: list[_Person] = []
        self._numbers = itertools.count(1)
        self._visitor: _Person | None = None
        self._rivalled_since_s: float | None = None
        self._told: set[int] = set()

    def choose(self, sightings: Sequence[Sighting], now_s: float) -> tuple[int | None, list[int]]:
        """Whose face is answered: which of `sightings` it is, and the number of the person whom each shows.

        The first is None if nobody's is: there is no face, or the visitor is covered for a moment.

        Args:
            sightings: all faces of a frame.
            now_s: when it was taken; must not run backwards.
        """
        self._people = [person for person in self._people if now_s - person.seen_s <= FORGET_S]
        seen = self._assign(sightings, now_s)
        self._visitor = self._elect([seen[index] for index in sorted(seen)], now_s)
        for person in seen.values():
            self._suspect(person, now_s)
        answered = next((index for index, person in seen.items() if person is self._visitor), None)
        return answered, [seen[index].identity for index in range(len(sightings))]

    def _assign(self, sightings: Sequence[Sighting], now_s: float) -> dict[int, _Person]:
        """Who each face is: pairs are made in the order of their likeness, and the rest are new."""
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
        """Who is answered from now on; the visitor, even out of sight, until it is somebody else's turn."""
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
        """Tell the operator once of a face that keeps as still as a painting."""
        if now_s - person.anchored_s < PAINTING_S or person.identity in self._told:
            return
        self._told.add(person.identity)
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
    """How much somebody stands before the mirror: the size of their face, less towards the edge of the picture."""
    off_centre = min(1.0, math.hypot(face.x - 0.5, face.y - 0.5) * 2)
    return face.eye_distance * (1 - OFF_CENTRE_COST * off_centre)


def is_ignored(face: Placement, zones: Sequence[Zone]) -> bool:
    """Whether the middle between the eyes lies in one of the zones: left, top, right, bottom, shares of the picture."""
    return any(left <= face.x <= right and top <= face.y <= bottom for left, top, right, bottom in zones)


def zone_around(face: Placement) -> Zone:
    """A zone about the middle between the eyes, two eye distances wide and high, within the picture."""
    across, down = face.eye_distance / face.aspect, face.eye_distance
    return (
        max(0.0, face.x - across),
        max(0.0, face.y - down),
        min(1.0, face.x + across),
        min(1.0, face.y + down),
    )


def _way(before: Placement, after: Placement) -> float:
    """How far a face is from where it was, in distances of its eyes."""
    way = math.hypot((after.x - before.x) * before.aspect, after.y - before.y)
    return way / max(before.eye_distance, after.eye_distance, 1e-6)


def is_same_head(before: Placement, after: Placement) -> bool:
    """Whether a head can have moved so far between two measurements."""
    jump = math.hypot((after.x - before.x) * after.aspect, after.y - before.y)
    return jump <= FARTHEST * max(before.eye_distance, after.eye_distance)


def is_different_person(before: Features | None, after: Features) -> bool:
    """Whether a face is another person's: by their numbers or, where nobody kept count, if it jumped further between
    two frames than a head can move."""
    if before is None:
        return True
    if before.identity and after.identity:
        return before.identity != after.identity
    return not is_same_head(before.placement, after.placement)
