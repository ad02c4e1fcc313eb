"""Latent refinement: while a visitor stays, their reflection is improved by measuring what is actually drawn.

An inverter answers at once, from a model of the generator. Here, candidates near its latent are drawn off screen and
measured, and their residual is fed back, as in ReStyle (Alaluf, Patashnik, Cohen-Or, ICCV 2021): the inverter proposes
the next step from the best face so far, and learns from the result of each. A candidate is shown only if it is more
alike than the current face, and is blended in gently; so the reflection never gets worse. It starts while the face is
still arriving. Steps grow while they help, shrink while they do not, and become rarer when none has helped for long.

The gain is stored as an offset from the inverter's latent, which keeps following the head. Does not know how faces are
drawn, measured or compared.
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

PERIOD_S = 0.2  # interval between candidates: each takes about a tenth of the time of a slow core;
FIRST_PERIOD_S = 0.1  # for the first `TRIALS`, which gain most
FIRST_STEP_DEG, LONGEST_STEP_DEG, SHORTEST_STEP_DEG = 12.0, 25.0, 2.5
LONGER, SHORTER = 1.4, 0.8
FURTHEST_DEG = 40.0  # maximum offset from the inverter's latent: beyond it, the latent no longer represents this face
# Maximum offset from an encoder's latent, which contains more than the features used for refinement. Measured on 12
# portraits: within ten degrees, the gain in these features costs nothing in a face recogniser's eyes; thirty degrees
# cost half of the likeness it saw.
FURTHEST_FROM_ENCODER_DEG = 10.0
GAIN = 0.002  # minimum gain in likeness; less may be noise
KNOWN_DEG = 2.0  # a face closer than this to a measured one need not be measured
NEAR_DEG, FAR_DEG = (
    12.0,
    40.0,
)  # an offset found for one latent fully holds for latents this close, and not at all beyond the second
EASE_S = 0.5  # time constant of blending in
TRIALS = 10.0  # after this many trials, progress reaches 1 - 1 / e
PATIENCE = (
    8  # failed trials after which every second opportunity is skipped, after twice as many two of three, and so on
)


@runtime_checkable
class Refines(Protocol):
    """Interface that an inverter needs for refinement."""

    def refine(
        self, z: FloatArray, vector: FloatArray, came: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        """Propose a latent near `z` (n,), whose face has features `came` (F,), that should match `vector` (F,).

        Args:
            exploration_noise: randomises the proposal where the best one did not help; None gives the best.
        """
        ...

    def learn(self, z: FloatArray, came: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None:
        """Update the model with the features `came` (F,) at `z`, and the step to `tried`."""
        ...

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        """Similarity of features (F,): 1 identical, 0 no nearer than any other face of the generator."""
        ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """Measured face: latent (n,) and features (F,)."""

    z: FloatArray
    came: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """Candidate to draw off screen and measure.

    Attributes:
        z: its latent (n,).
        wanted: features (F,) of the viewer at that moment.
        answer: the inverter's latent for them, (n,).
        origin: the face it should improve on; None if it is drawn to measure the current state.
        visit: number of the visit.
    """

    z: FloatArray
    wanted: FloatArray
    answer: FloatArray
    origin: Drawn | None
    visit: int


class LatentRefinement:
    """Refinement of the latent of one visitor. One thread at a time may use it.

    Args:
        inverter: proposes steps.
        seed: seed of the exploration noise.
        furthest_deg: maximum offset from the inverter's latent.

    Attributes:
        likeness: of the best face so far to the visitor, at the last query; None before one was measured.
        progress: 0 on arrival, approaching 1 with every trial, successful or not.
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
        self._in_vain = self._passed = (
            0  # failed trials since the last success; opportunities skipped since the last trial
        )
        self._due_s = -math.inf
        self._found_at: FloatArray | None = None  # the inverter's latent that `_offset` was found for
        self._offset: FloatArray | None = None
        self._shown: FloatArray | None = None  # the offset, smoothed

    def apply(self, answer: FloatArray, dt_s: float) -> FloatArray:
        """Add the smoothed gain to the inverter's latent (n,), `dt_s` after the last call; stays on the sphere."""
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
        """Candidate to draw and measure now; None if this opportunity is skipped.

        Args:
            wanted: features (F,) currently reflected.
            answer: the inverter's latent for them, (n,).
            now_s: current time.
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
        """Record the features (F,) of a candidate's face; None if no face was found in it."""
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
        """Current starting point; if it has changed, steps become long again."""
        if came is None:
            self._in_vain += 1
            return
        if self._best is None or angle_deg(attempt.z, self._best.z) > NEAR_DEG:
            self._step_deg, self._in_vain = FIRST_STEP_DEG, 0
        self._best = Drawn(attempt.z, came)
        self.likeness = self._inverter.compare(attempt.wanted, came)

    def _goal(self, answer: FloatArray) -> FloatArray:
        """Target latent (n,): the inverter's latent with the whole gain, before smoothing."""
        if self._offset is None or self._found_at is None:
            return answer
        return normalise(answer + self._offset * np.float32(_hold(float(angle_deg(answer, self._found_at)))))


def refinement_for(inverter: object) -> LatentRefinement | None:
    """Refinement for an inverter that supports it, else None."""
    if not isinstance(inverter, Refines):
        return None
    is_encoder = isinstance(inverter, EncoderInverter)
    return LatentRefinement(inverter, furthest_deg=FURTHEST_FROM_ENCODER_DEG if is_encoder else FURTHEST_DEG)


def _hold(apart_deg: float) -> float:
    """Weight of an offset found for one latent at another: 1 nearby, 0 far away, smooth in between."""
    return smoothstep(apart_deg, FAR_DEG, NEAR_DEG)


def _within(origin: FloatArray, z: FloatArray, furthest_deg: float) -> FloatArray:
    """`z`, or the point at most this far towards it."""
    apart_deg = float(angle_deg(origin, z))
    return z if apart_deg <= furthest_deg else slerp(origin, z, furthest_deg / apart_deg)
