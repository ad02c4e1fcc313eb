"""Wander: where the mirror is while it answers nobody. A walk among waypoints, or a random drift without these.

`Walk` goes through what a face does as much as from face to face: somebody looks, turns, smiles, and after a while
becomes somebody else. Before a mirror that sees only itself, they come and go as well. Time is an argument; one seed
gives one evening.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.core.easing import smoothstep
from engine.networks.pggan.latent_sphere import angle_deg, normalise, slerp
from engine.networks.waypoints import GESTURES, Waypoints
from engine.types import FloatArray

GESTURE_PACE = 4.0  # a head turns so many times faster than one face becomes another
LEAST_MOVE_S = 0.9
LOOK_S, HOLD_S = (1.0, 2.5), (0.4, 1.2)  # shortest and longest: looking straight on; at the end of a gesture
FIRST_LOOK_S, LAST_LOOK_S = 2.0, 0.6  # after coming, while the mirror still answers; before going
STAY_GESTURES = (2, 5)  # gestures of one face before it becomes another
FIRST_AWAY_S, AWAY_S = 2.0, (2.0, 5.0)  # before the first comes; between two visits
BREATH = 0.05  # of a gesture, that a face at rest is still moved by
BREATH_PERIODS_S = (7.3, 11.9, 17.1)


class Wanders(Protocol):
    """Interface of `Walk` and `Drift`."""

    z: FloatArray
    speed_deg_s: float

    @property
    def is_away(self) -> bool:
        """Whether whoever is shown to a mirror that sees only itself has left it."""
        ...

    def step(self, dt_s: float, *, is_hidden: bool = False) -> FloatArray:
        """Walk on for `dt_s`; returns the new place (latent_size,). `is_hidden`: the glass is empty."""
        ...

    def go_to(self, z: FloatArray) -> None:
        """Continue from `z`."""
        ...


class Drift:
    """Walk on the sphere at constant speed whose direction drifts randomly: never the same twice, without jumps.

    Args:
        z: starting point (latent_size,).
        speed_deg_s: degrees a second along the great circle.
        seed: seed of the random drift.

    Attributes:
        z: present position.
        speed_deg_s: may be changed on the way.
        is_away: never.
    """

    TURN_TIME_S = 6.0  # after about this time the direction is a new one
    STREAM = 1
    is_away = False

    def __init__(self, z: FloatArray, speed_deg_s: float, seed: int) -> None:
        # A stream of its own: `seed` alone draws the latent of that seed, and along that there is no direction.
        self._random = np.random.default_rng((seed, self.STREAM))
        self.speed_deg_s = speed_deg_s
        self.z = z
        self._direction = self._tangent(self._random.standard_normal(z.shape).astype(np.float32))

    def step(self, dt_s: float, *, is_hidden: bool = False) -> FloatArray:
        """Walk on for `dt_s`; returns the new place (latent_size,)."""
        share = math.sqrt(min(1.0, 2 * dt_s / self.TURN_TIME_S))
        noise = self._tangent(self._random.standard_normal(self.z.shape).astype(np.float32))
        direction = self._tangent(self._direction * math.sqrt(1 - share**2) + noise * share)
        angle = math.radians(self.speed_deg_s * dt_s)
        radius = float(np.linalg.norm(self.z))
        z = self.z * math.cos(angle) + direction * (radius * math.sin(angle))
        self.z = normalise(z.astype(np.float32))
        self._direction = self._tangent(direction)
        return self.z

    def go_to(self, z: FloatArray) -> None:
        """Continue from `z` in the present direction."""
        self.z = z
        self._direction = self._tangent(self._direction)

    def _tangent(self, direction: FloatArray) -> FloatArray:
        """`direction` without its part along z, length 1."""
        flat = direction - self.z * (np.dot(direction, self.z) / np.dot(self.z, self.z))
        return np.asarray(flat / np.linalg.norm(flat), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Move:
    """A move from where the walk is to a face with a gesture (G,), and how long it stays there."""

    face: int
    gesture: FloatArray
    hold_s: float
    pace: float = GESTURE_PACE
    is_away: bool = False


class Walk:
    """Walk among waypoints.

    Args:
        waypoints: of the persona.
        speed_deg_s: pace of the change from face to face, degrees of the sphere a second; gestures are in proportion.
        seed: of the order of faces, gestures and pauses.
        visits: whether faces come and go, as before a mirror that sees only itself.

    Attributes:
        z: present position, (latent_size,).
        speed_deg_s: may be changed on the way; at 0 whoever is there keeps still.
        is_away: whether nobody is there.
    """

    STREAM = 2

    def __init__(self, waypoints: Waypoints, speed_deg_s: float, seed: int, *, visits: bool = False) -> None:
        self._waypoints = waypoints
        self._random = np.random.default_rng((seed, self.STREAM))
        self.speed_deg_s = speed_deg_s
        self._unseen: list[int] = []
        self._face = -1
        self._face = self._first_face()
        self._rest = np.zeros(len(GESTURES), np.float32)
        self._time_s = 0.0
        self.z = waypoints.face(self._face, self._breathing())
        self._moves = self._visits() if visits else self._stay()
        self._begin(next(self._moves))

    @property
    def is_away(self) -> bool:
        """Whether nobody is there."""
        return self._move.is_away

    def step(self, dt_s: float, *, is_hidden: bool = False) -> FloatArray:
        """Walk on for `dt_s`; whoever has left becomes another, and comes back, only once the glass is empty."""
        if self.speed_deg_s <= 0 and not self._move.is_away:
            return self.z
        self._time_s += dt_s
        if not self._move.is_away or is_hidden:
            self._spent_s += dt_s
            if self._spent_s >= self._travel_s + self._move.hold_s:
                self._begin(next(self._moves))
        share = smoothstep(self._spent_s / self._travel_s) if self._travel_s else 1.0
        self.z = slerp(self._from, self._target(), share) if share < 1 else self._target()
        return self.z

    def go_to(self, z: FloatArray) -> None:
        """Continue from `z`, first to the nearest face."""
        self.z = z
        self._face = int(np.argmin(angle_deg(self._waypoints.faces, z)))
        self._begin(_Move(self._face, self._rest, self._between(*LOOK_S), pace=1.0))

    def _begin(self, move: _Move) -> None:
        self._move, self._from, self._spent_s = move, self.z, 0.0
        angle = float(angle_deg(self._from, self._waypoints.face(move.face, move.gesture)))
        speed_deg_s = max(1e-3, self.speed_deg_s) * move.pace
        # an eased move is fastest in its middle, 1.5 times its mean
        self._travel_s = 0.0 if angle < 0.5 else max(LEAST_MOVE_S, 1.5 * angle / speed_deg_s)

    def _target(self) -> FloatArray:
        return self._waypoints.face(self._move.face, self._move.gesture + self._breathing())

    def _breathing(self) -> FloatArray:
        """What moves a face that keeps still (G,): slow, and never the same."""
        waves = [math.sin(2 * math.pi * self._time_s / period) for period in BREATH_PERIODS_S]
        return np.asarray(waves, np.float32) * np.float32(BREATH)

    def _visits(self) -> Iterator[_Move]:
        """Whoever comes looks, turns, smiles and goes; later ones do as they like."""
        yield _Move(self._face, self._rest, FIRST_AWAY_S, is_away=True)
        is_first = True
        while True:
            yield _Move(self._face, self._rest, FIRST_LOOK_S)
            if is_first:
                yield self._towards("turn")
                yield self._towards("smile")
            else:
                yield from self._gestures()
                if self._random.random() < 0.5:
                    yield from self._become_another()
                    yield from self._gestures()
            yield _Move(self._face, self._rest, LAST_LOOK_S)
            yield _Move(self._face, self._rest, 0.0, is_away=True)
            self._face, is_first = self._next_face(), False
            yield _Move(self._face, self._rest, self._between(*AWAY_S), pace=math.inf, is_away=True)

    def _stay(self) -> Iterator[_Move]:
        """Gestures of one face after another, without end."""
        while True:
            yield _Move(self._face, self._rest, self._between(*LOOK_S))
            yield from self._gestures()
            yield from self._become_another()

    def _become_another(self) -> Iterator[_Move]:
        self._face = self._next_face()
        yield _Move(self._face, self._rest, self._between(*LOOK_S), pace=1.0)

    def _gestures(self) -> Iterator[_Move]:
        count = int(self._random.integers(STAY_GESTURES[0], STAY_GESTURES[1] + 1))
        kinds = [GESTURES[int(index)] for index in self._random.integers(0, len(GESTURES), count)]
        for kind in kinds:
            yield from self._gesture(kind)

    def _gesture(self, kind: str) -> Iterator[_Move]:
        """As far as this face may, to one side or both, and back."""
        for _ in range(int(self._random.integers(1, 3))):
            yield self._towards(kind)
        yield _Move(self._face, self._rest, self._between(*HOLD_S))

    def _towards(self, kind: str) -> _Move:
        """A gesture nearly as far as this face may, to either side."""
        index = GESTURES.index(kind)
        sides = [share for share in self._waypoints.reach[self._face, index] if share] or [0.0]
        gesture = self._rest.copy()
        gesture[index] = float(self._random.choice(sides)) * self._between(0.8, 1.0)
        return _Move(self._face, gesture, self._between(*HOLD_S))

    def _first_face(self) -> int:
        """One that can turn and smile, if there is any."""
        reach = self._waypoints.reach
        turn, smile = GESTURES.index("turn"), GESTURES.index("smile")
        able = np.flatnonzero((reach[:, turn] != 0).any(axis=1) & (reach[:, smile, 1] > 0))
        return int(self._random.choice(able)) if len(able) else self._next_face()

    def _next_face(self) -> int:
        """Every face once, in another order each time round, and none twice in a row."""
        if not self._unseen:
            order = [int(index) for index in self._random.permutation(len(self._waypoints.faces))]
            self._unseen = order if order[-1] != self._face else order[::-1]
        return self._unseen.pop()

    def _between(self, least: float, most: float) -> float:
        return float(self._random.uniform(least, most))
