"""Deepening: while a visitor stays, the answer to them becomes more like them, by looks at what is really drawn.

An inverter answers at once, by a model of the generator. Here faces near its answer are drawn aside and measured, and
what they lack is asked for again, as ReStyle does (Alaluf, Patashnik, Cohen-Or, ICCV 2021): the inverter says where to
go from the best one so far, and learns from what came of each step. Only a face that is more alike than the one shown
is shown, and then gently; so nothing worse is ever seen. It begins while the face still arrives. Steps become longer
while they help, shorter while they do not, and rarer when none has helped for long.

It keeps what was gained as a distance from the inverter's answer, which goes on following the head. It does not know
how faces are drawn, measured or compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from engine.core.easing import smoothstep
from engine.networks.inversion.encoder_inverter import EncoderInverter
from engine.networks.pggan.latent_sphere import angle_deg, normalise, slerp
from engine.types import FloatArray

PERIOD_S = 0.2  # from one face that is drawn aside to the next: they take about a tenth of the time of a slow core;
FIRST_PERIOD_S = 0.1  # of the first `TRIALS`, which gain most
FIRST_STEP_DEG, LONGEST_STEP_DEG, SHORTEST_STEP_DEG = 12.0, 25.0, 2.5
LONGER, SHORTER = 1.4, 0.8
FURTHEST_DEG = 40.0  # from the inverter's answer: beyond, it is no longer the answer to this face
# From an encoder's: it has seen more than the features that faces are refined by. Measured on 12 portraits, what these
# gain within ten degrees costs nothing that a face recogniser sees; thirty degrees cost half of the likeness it saw.
FURTHEST_FROM_ENCODER_DEG = 10.0
GAIN = 0.002  # of the likeness: less may be noise
KNOWN_DEG = 2.0  # a face nearer than this to one that was measured need not be measured
NEAR_DEG, FAR_DEG = 12.0, 40.0  # what was found for one answer holds for one that is nearer, and no more beyond
EASE_S = 0.5  # time constant with which a step is shown
TRIALS = 10.0  # after so many trials all but 1 / e of the way is gone
PATIENCE = 8  # trials in vain after which every second chance is let pass, after twice as many two of three, ...


@runtime_checkable
class Refines(Protocol):
    """What an inverter must offer beside its answers, or nothing is deepened."""

    def refine(
        self, z: FloatArray, vector: FloatArray, came: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        """A latent near `z` (n,), whose face came out as features `came` (F,), that should draw `vector` (F,).

        Args:
            surmise: where the likeliest such latent did not help, chance for another; None asks for the likeliest.
        """
        ...

    def learn(self, z: FloatArray, came: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None:
        """Learn what came of a step from `z`, whose face had features `came` (F,), to `tried`."""
        ...

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        """How alike features (F,) are: 1 the same, 0 no nearer than any face of the generator's."""
        ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """A face that was measured: its latent (n,) and features (F,)."""

    z: FloatArray
    came: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """A face that is to be drawn aside and measured.

    Attributes:
        z: its latent (n,).
        wanted: the viewer's features (F,) at that moment.
        answer: what the inverter said to them, (n,).
        origin: the face than which it may be better; None if it is drawn to know where one stands.
        visit: whose it is.
    """

    z: FloatArray
    wanted: FloatArray
    answer: FloatArray
    origin: Drawn | None
    visit: int


class LatentRefinement:
    """What was gained for one visitor. One thread at a time may use it.

    Args:
        inverter: says where to go.
        seed: of what is left to chance.
        furthest_deg: from the inverter's answer.

    Attributes:
        likeness: of the best face so far to the visitor, when it was last asked; None before one was measured.
        progress: 0 on arrival, towards 1 with every trial, whether it helped or not.
    """

    def __init__(self, inverter: Refines, seed: int = 0, furthest_deg: float = FURTHEST_DEG) -> None:
        self._inverter = inverter
        self._furthest_deg = furthest_deg
        self._random = np.random.default_rng(seed)
        self._visit = 0
        self.reset()

    def reset(self) -> None:
        """Forget the visitor."""
        self.likeness: float | None = None
        self.progress = 0.0
        self._visit += 1
        self._best: Drawn | None = None
        self._step_deg = FIRST_STEP_DEG
        self._in_vain = self._passed = 0  # trials since one helped; chances since the last trial
        self._due_s = -math.inf
        self._found_at: FloatArray | None = None  # the answer that `_offset` was found for
        self._offset: FloatArray | None = None
        self._shown: FloatArray | None = None  # the offset, eased

    def apply(self, answer: FloatArray, dt_s: float) -> FloatArray:
        """The inverter's answer (n,) with what was gained so far, `dt_s` after the last; on the sphere."""
        if self._offset is None or self._found_at is None:
            return answer
        target = self._offset * np.float32(_hold(float(angle_deg(answer, self._found_at))))
        before = np.zeros_like(answer) if self._shown is None else self._shown
        self._shown = before + np.float32(1 - math.exp(-dt_s / EASE_S)) * (target - before)
        return normalise(answer + self._shown)

    def is_due(self, now_s: float) -> bool:
        """Whether it is time to `propose`."""
        return now_s >= self._due_s

    def propose(self, wanted: FloatArray, answer: FloatArray, now_s: float) -> Attempt | None:
        """A face to draw and measure now; None if this chance is let pass.

        Args:
            wanted: features (F,) that are answered now.
            answer: what the inverter says to them, (n,).
            now_s: the present.
        """
        self._due_s = now_s + (FIRST_PERIOD_S if self.progress < 1 - 1 / math.e else PERIOD_S)
        self._passed += 1
        if self._passed <= self._in_vain // PATIENCE:
            return None
        self._passed = 0
        here = self._goal(answer)
        if self._best is None or angle_deg(here, self._best.z) > KNOWN_DEG:
            return Attempt(here, wanted, answer, None, self._visit)
        self.likeness = self._inverter.compare(wanted, self._best.came)
        exploration_noise = self._random if self._in_vain else None
        z = self._inverter.refine(self._best.z, wanted, self._best.came, exploration_noise)
        z = _within(answer, _within(self._best.z, z, self._step_deg), self._furthest_deg)
        return Attempt(z, wanted, answer, self._best, self._visit)

    def learn(self, attempt: Attempt, came: FloatArray | None) -> None:
        """Say what came of an attempt: features (F,) of its face, None if it shows none."""
        if attempt.visit != self._visit:
            return
        if attempt.origin is None:
            self._stand(attempt, came)
            return
        self.progress += (1 - self.progress) * (1 - math.exp(-1 / TRIALS))
        if came is not None:
            self._inverter.learn(attempt.origin.z, attempt.origin.came, attempt.z, came)
            before = self._inverter.compare(attempt.wanted, attempt.origin.came)
            likeness = self._inverter.compare(attempt.wanted, came)
            if likeness > before + GAIN:
                self.likeness, self._best, self._in_vain = likeness, Drawn(attempt.z, came), 0
                self._offset, self._found_at = attempt.z - attempt.answer, attempt.answer
                self._step_deg = min(LONGER * self._step_deg, LONGEST_STEP_DEG)
                return
        self._in_vain += 1
        self._step_deg = max(SHORTER * self._step_deg, SHORTEST_STEP_DEG)

    def _stand(self, attempt: Attempt, came: FloatArray | None) -> None:
        """Know the face that the way goes on from; where it is another than before, steps are long again."""
        if came is None:
            self._in_vain += 1
            return
        if self._best is None or angle_deg(attempt.z, self._best.z) > NEAR_DEG:
            self._step_deg, self._in_vain = FIRST_STEP_DEG, 0
        self._best = Drawn(attempt.z, came)
        self.likeness = self._inverter.compare(attempt.wanted, came)

    def _goal(self, answer: FloatArray) -> FloatArray:
        """The latent (n,) that is shown for an answer once all that was gained has been eased in."""
        if self._offset is None or self._found_at is None:
            return answer
        return normalise(answer + self._offset * np.float32(_hold(float(angle_deg(answer, self._found_at)))))


def deepening_by(inverter: object) -> LatentRefinement | None:
    """The refinement of an inverter that can refine; None for another, and for none."""
    if not isinstance(inverter, Refines):
        return None
    is_encoder = isinstance(inverter, EncoderInverter)
    return LatentRefinement(inverter, furthest_deg=FURTHEST_FROM_ENCODER_DEG if is_encoder else FURTHEST_DEG)


def _hold(apart_deg: float) -> float:
    """How much of what was found for an answer holds for another: 1 nearby, 0 far away, smoothly between."""
    return smoothstep(apart_deg, FAR_DEG, NEAR_DEG)


def _within(origin: FloatArray, z: FloatArray, furthest_deg: float) -> FloatArray:
    """`z`, or the point that far towards it."""
    apart_deg = float(angle_deg(origin, z))
    return z if apart_deg <= furthest_deg else slerp(origin, z, furthest_deg / apart_deg)
