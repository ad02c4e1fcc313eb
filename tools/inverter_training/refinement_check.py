"""What the first trial of a likeness that deepens gains: how good an inverter's `refine` is, measured on drawn faces.

For each viewer the answer is drawn and measured, a better face is asked for as while a visitor stays
(`engine/pipeline/latent_refinement.py`), and that is drawn and measured too.
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
    """What came of it.

    Attributes:
        helped: share of viewers whose second face was more alike, and would have been shown.
        gained: likeness (`Inverter.compare`) that this brought, mean over all viewers.
        count: viewers.
    """

    helped: float
    gained: float
    count: int

    def rounded(self) -> dict[str, float]:
        """As plain values, for metadata."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def measure_first_trial(inverter: Inverter, drawer: FaceDrawer, asked: FloatArray) -> FirstTrial:
    """Draw answers to features (N, F), and the faces that should be better."""
    answers = []
    for vector in asked:
        inverter.reset()
        answers.append(inverter(vector))
    trials: list[tuple[Attempt, float]] = []  # and the likeness before
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
