"""Strangers in the glass: a follower, an inverter and a refinement for each reflected visitor.

One stranger always exists and wanders while nobody is there. A visitor who arrives while it is taken gets another one,
which fades when they leave. Knows people by their tracker identities, and no pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace

from engine.config.reflection import ReflectionSettings
from engine.features.face_tracker import COVERED_S
from engine.networks.inversion.feature_clamp import clamp_for
from engine.networks.pggan.latent_sphere import seed_latent
from engine.pipeline.latent_follower import FollowedLatent, Inverts, LatentFollower
from engine.pipeline.latent_refinement import refinement_for
from engine.pipeline.wander import Drift, Wanders
from engine.types import Features, FloatArray

MOST_FADING = 2  # maximum number of strangers fading beside the active ones; further ones disappear at once
BESIDE_S = 0.4  # time a newcomer beside others must be seen first: half a face behind another is not a new person


@dataclass
class _Stranger:
    """State of one stranger.

    Attributes:
        number: counts up from 1.
        follower: chooses its latent.
        identity: identity of its visitor; 0 means nobody, or an untracked person.
        seen_s: when the visitor was last seen.
        presence: 0 nobody is there, 1 somebody is.
    """

    number: int
    follower: LatentFollower
    identity: int = 0
    seen_s: float = -math.inf
    presence: float = 0.0


class Strangers:
    """Latents of all strangers. One thread at a time may use it.

    Args:
        start: initial latent, (latent_size,).
        inverter: features -> latent; None makes the mirror wander regardless of visitors.
        settings: number of visitors, times and filter parameters.
        wander: makes a stranger's `Wanders` from where it begins, its pace in degrees a second, and a seed.
        seed: seed of the random walk, and of the starting points of further strangers.
        refines: whether reflections are refined while visitors stay.
    """

    def __init__(
        self,
        start: FloatArray,
        inverter: Inverts | None,
        settings: ReflectionSettings,
        wander: Callable[[FloatArray, float, int], Wanders] = Drift,
        seed: int = 0,
        *,
        refines: bool = True,
    ) -> None:
        self._inverter, self._clamp = inverter, clamp_for(inverter)
        self._settings = settings
        self._wander, self._seed = wander, seed
        self._refines = refines
        self._count = 0
        self._noticed_s: dict[int, float] = {}  # people without a stranger: since when they have been seen
        self._strangers = [self._make(start, inverter)]

    def adjust(self, settings: ReflectionSettings) -> None:
        """Continue with other times, filter parameters or number of visitors."""
        self._settings = settings
        for stranger in self._strangers:
            stranger.follower.adjust(settings)

    @property
    def is_away(self) -> bool:
        """Whether nobody stands before a mirror that sees only itself."""
        return self._strangers[0].follower.is_away

    def follow(self, people: Sequence[Features], captured_s: float, now_s: float) -> list[FollowedLatent]:
        """Compute the latents for this moment: the selected visitor's first, then the others'.

        Args:
            people: people measured in the newest frame, in order of priority.
            captured_s: capture time of that frame.
            now_s: current time; must not decrease.
        """
        seen = self._seat(people, now_s)
        self._look_together(seen)
        followed: list[FollowedLatent] = []
        for stranger in self._strangers:
            answer = stranger.follower.follow(seen.get(stranger.number), captured_s, now_s)
            stranger.presence = answer.latent.presence
            followed.append(replace(answer, latent=replace(answer.latent, stranger=stranger.number)))
        shown = [each for index, each in enumerate(followed) if index == 0 or each.latent.presence > 0]
        self._dismiss(seen)
        return shown

    def _look_together(self, seen: dict[int, Features]) -> None:
        """Show the inverter at once what it is shown of all who are answered already."""
        if self._inverter is None or not self._inverter.needs_crop:
            return
        answered = (each for each in self._strangers if each.follower.is_following)
        squares = [each.follower.square(seen.get(each.number)) for each in answered]
        self._inverter.look_together([square for square in squares if square is not None])

    def _seat(self, people: Sequence[Features], now_s: float) -> dict[int, Features]:
        """Assign people to strangers, by number, for this frame, and reorder the strangers."""
        if self._settings.people == 1 or (people and not people[0].identity):
            return self._seat_one(people, now_s)
        seen: dict[int, Features] = {}
        for index, person in enumerate(people):
            stranger = self._stranger_of(person, is_first=index == 0, now_s=now_s)
            if stranger is not None:
                stranger.identity, stranger.seen_s = person.identity, now_s
                seen[stranger.number] = person
        self._noticed_s = {
            who: since_s for who, since_s in self._noticed_s.items() if who in {p.identity for p in people}
        }
        self._order(list(seen), now_s)
        return seen

    def _seat_one(self, people: Sequence[Features], now_s: float) -> dict[int, Features]:
        """Assign the only stranger to the first person."""
        first = self._strangers[0]
        for other in self._strangers[1:]:
            other.identity = 0
        if not people:
            return {}
        first.identity, first.seen_s = people[0].identity, now_s
        return {first.number: people[0]}

    def _stranger_of(self, person: Features, *, is_first: bool, now_s: float) -> _Stranger | None:
        """Stranger of a person: their own, a free one, a new one, or, for the first person, someone else's."""
        known = next((each for each in self._strangers if each.identity == person.identity), None)
        if known is not None:
            return known
        if not is_first and person.placement.eye_distance < self._settings.near:
            return None
        idle = next((each for each in self._strangers if not each.identity and each.presence <= 0), None)
        taken = [each for each in self._strangers if each.identity]
        if taken and now_s - self._noticed_s.setdefault(person.identity, now_s) < BESIDE_S:
            return None
        staying = [each for each in taken if now_s - each.seen_s <= COVERED_S]
        if len(staying) < self._settings.people:
            if idle is None and len(self._strangers) < self._settings.people + MOST_FADING:
                idle = self._make(seed_latent(self._seed + self._count, self._size), self._another_inverter())
                self._strangers.append(idle)
            return idle
        if is_first:  # the one whose visitor has been away longest, or is last in order, is reassigned
            last = min(reversed(taken), key=lambda each: each.seen_s)
            last.identity = 0
            return self._stranger_of(person, is_first=True, now_s=now_s)
        return None

    def _order(self, seen: Sequence[int], now_s: float) -> None:
        """Put the first person's stranger first, unless the previous first is only briefly hidden."""
        first = self._strangers[0]
        is_covered = first.identity and first.number not in seen and now_s - first.seen_s <= COVERED_S

        def place(stranger: _Stranger) -> tuple[bool, int, float]:
            is_kept = bool(is_covered) and stranger is first
            return not is_kept, seen.index(stranger.number) if stranger.number in seen else len(seen), -stranger.seen_s

        self._strangers.sort(key=place)

    def _dismiss(self, seen: dict[int, Features]) -> None:
        """Remove strangers whose visitors have gone; the last one stays and wanders."""
        for stranger in self._strangers:
            if stranger.presence <= 0 and stranger.number not in seen:
                stranger.identity = 0
        left = [each for each in self._strangers if each.identity or each.presence > 0]
        self._strangers = left or self._strangers[:1]

    def _make(self, start: FloatArray, inverter: Inverts | None) -> _Stranger:
        self._count += 1
        self._size = len(start)
        refinement = refinement_for(inverter) if self._refines else None
        seed = self._seed + self._count - 1
        wander = self._wander(start, self._settings.wander_deg_s, seed)
        follower = LatentFollower(
            wander.z, inverter, self._settings, wander, refinement=refinement, clamp=copy(self._clamp)
        )
        return _Stranger(self._count, follower)

    def _another_inverter(self) -> Inverts | None:
        return None if self._inverter is None else self._inverter.another()
