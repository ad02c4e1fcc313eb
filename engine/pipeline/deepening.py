"""Deepening: while a visitor stays, the answer to them becomes more like them, by looks at what is really drawn.

An inverter answers at once, by a model of the generator. Here the drawn face is measured, and what it lacks is asked
for again, as ReStyle does (Alaluf, Patashnik, Cohen-Or, ICCV 2021): the inverter says where to go from the shown
latent; that face is drawn aside and measured against the same moment of the viewer. Only if it is more alike is it
shown, and then gently; so nothing worse is ever seen. Steps become longer while they help and shorter while they do
not.

It keeps what was gained as a distance from the inverter's answer, which goes on following the head. It does not know
how faces are drawn, measured or compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from engine.networks.latents import angle_deg, normalise, slerp
from engine.types import FloatArray

STEPS = 3  # that the inverter makes in its model of the generator for one trial
FIRST_STEP_DEG, LONGEST_STEP_DEG, SHORTEST_STEP_DEG = 12.0, 20.0, 1.5
LONGER, SHORTER = 1.3, 0.5
FURTHEST_DEG = 40.0  # from the inverter's answer: beyond, it is no longer the answer to this face
GAIN = 0.002  # of the likeness: less may be noise
SETTLED_DEG = 4.0  # a shown face further than this from where it is going says nothing of where it goes
NEAR_DEG, FAR_DEG = 12.0, 40.0  # what was found for one answer holds for one that is nearer, and no more beyond
EASE_S = 0.5  # time constant with which a step is shown
TRIALS = 6.0  # after so many trials all but 1 / e of the way is gone


@runtime_checkable
class Refines(Protocol):
    """What an inverter must offer beside its answers, or nothing is deepened."""

    def refine(self, z: FloatArray, vector: FloatArray, steps: int, came: FloatArray) -> FloatArray:
        """A latent near `z` (n,), whose face came out as features `came` (F,), that should draw `vector` (F,)."""
        ...

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        """How alike features (F,) are: 1 the same, 0 no nearer than any face of the generator's."""
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """A face that may be better than the shown one.

    Attributes:
        z: its latent (n,).
        wanted: the viewer's features (F,) at that moment.
        answer: what the inverter said to them, (n,).
        likeness: of the shown face, then.
    """

    z: FloatArray
    wanted: FloatArray
    answer: FloatArray
    likeness: float


class Deepening:
    """What was gained for one visitor.

    Args:
        inverter: says where to go.

    Attributes:
        likeness: of the shown face when it was last measured; None before.
        progress: 0 on arrival, towards 1 with every trial, whether it helped or not.
        trial: what is to be drawn and measured next; None if nothing is.
    """

    def __init__(self, inverter: Refines) -> None:
        self._inverter = inverter
        self.reset()

    def reset(self) -> None:
        """Forget the visitor."""
        self.likeness: float | None = None
        self.progress = 0.0
        self.trial: Trial | None = None
        self._step_deg = FIRST_STEP_DEG
        self._is_exhausted = False  # whether the shortest step did not help either
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

    def look(self, wanted: FloatArray, answer: FloatArray, shown: FloatArray, came: FloatArray) -> None:
        """Learn what was drawn, and think of a better face.

        Args:
            wanted: features (F,) that were answered.
            answer: what the inverter said to them, (n,).
            shown: the latent (n,) that was drawn.
            came: features (F,) of the drawn face.
        """
        self.likeness = self._inverter.compare(wanted, came)
        if self._is_elsewhere(answer):
            self._step_deg, self._is_exhausted = FIRST_STEP_DEG, False
        if self._is_exhausted or angle_deg(shown, self._goal(answer)) > SETTLED_DEG:
            return
        z = _within(shown, self._inverter.refine(shown, wanted, STEPS, came), self._step_deg)
        z = _within(answer, z, FURTHEST_DEG)
        self.trial = Trial(z, wanted, answer, self.likeness)

    def judge(self, came: FloatArray | None) -> None:
        """Say what came of `trial`: features (F,) of its face, None if it shows none."""
        trial, self.trial = self.trial, None
        if trial is None:
            return
        self.progress += (1 - self.progress) * (1 - math.exp(-1 / TRIALS))
        likeness = -math.inf if came is None else self._inverter.compare(trial.wanted, came)
        if likeness > trial.likeness + GAIN:
            self._offset, self._found_at = trial.z - trial.answer, trial.answer
            self._step_deg = min(LONGER * self._step_deg, LONGEST_STEP_DEG)
        else:
            self._is_exhausted = self._step_deg <= SHORTEST_STEP_DEG
            self._step_deg = max(SHORTER * self._step_deg, SHORTEST_STEP_DEG)
            if self._found_at is None:
                self._found_at, self._offset = trial.answer, np.zeros_like(trial.answer)

    def _goal(self, answer: FloatArray) -> FloatArray:
        if self._offset is None or self._found_at is None:
            return answer
        return normalise(answer + self._offset * np.float32(_hold(float(angle_deg(answer, self._found_at)))))

    def _is_elsewhere(self, answer: FloatArray) -> bool:
        return self._found_at is not None and bool(angle_deg(answer, self._found_at) > NEAR_DEG)


def deepening_by(inverter: object) -> Deepening | None:
    """The deepening of an inverter that can refine; None for another, and for none."""
    return Deepening(inverter) if isinstance(inverter, Refines) else None


def _hold(apart_deg: float) -> float:
    """How much of what was found for an answer holds for another: 1 nearby, 0 far away, smoothly between."""
    x = min(1.0, max(0.0, (FAR_DEG - apart_deg) / (FAR_DEG - NEAR_DEG)))
    return x * x * (3 - 2 * x)


def _within(origin: FloatArray, z: FloatArray, furthest_deg: float) -> FloatArray:
    """`z`, or the point that far towards it."""
    apart_deg = float(angle_deg(origin, z))
    return z if apart_deg <= furthest_deg else slerp(origin, z, furthest_deg / apart_deg)
