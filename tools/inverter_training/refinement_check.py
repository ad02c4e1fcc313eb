"""Gain of the first refinement step: quality of an inverter's `refine`, measured on drawn faces.

For each viewer the first reflection is drawn and measured, a refined face is proposed as during a visit
(`engine/pipeline/latent_refinement.py`), and it is drawn and measured too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from engine.networks.inversion.retrieval_inverter import Inverter
from engine.pipeline.latent_refinement import GAIN, Attempt, LatentRefinement
from engine.types import FloatArray
from tools.bank.builder import FaceDrawer


@dataclass(frozen=True)
class FirstTrial:
    """Result of the check.

    Attributes:
        helped: share of viewers whose second face was more alike, and would have been shown.
        gained: resulting gain in likeness (`Inverter.compare`), mean over all viewers.
        count: number of viewers.
    """

    helped: float
    gained: float
    count: int

    def rounded(self) -> dict[str, float]:
        """Plain values, for metadata."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def measure_first_trial(inverter: Inverter, drawer: FaceDrawer, asked: FloatArray) -> FirstTrial:
    """Draw reflections of features (N, F), and the proposed improvements."""
    answers = []
    for vector in asked:
        inverter.reset()
        answers.append(inverter(vector))
    trials: list[tuple[Attempt, float]] = []  # with the likeness before
    for vector, z, came in zip(asked, answers, drawer.draw_and_measure(np.stack(answers)), strict=True):
        inverter.reset()
        deepening = LatentRefinement(inverter)
        first = deepening.propose(vector, z, 0.0)
        if came is None or first is None:
            continue
        deepening.learn(first, came.vector)
        trial = deepening.propose(vector, z, 1.0)
        if trial is not None:
            trials.append((trial, inverter.compare(vector, came.vector)))
    if not trials:
        return FirstTrial(0.0, 0.0, len(asked))
    gains = []
    faces = drawer.draw_and_measure(np.stack([trial.z for trial, _ in trials]))
    for (trial, before), face in zip(trials, faces, strict=True):
        likeness = 0.0 if face is None else inverter.compare(trial.wanted, face.vector)
        gains.append(likeness - before if likeness > before + GAIN else 0.0)
    return FirstTrial(sum(gain > 0 for gain in gains) / len(asked), sum(gains) / len(asked), len(asked))
