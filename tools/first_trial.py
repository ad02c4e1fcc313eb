"""What the first trial of a likeness that deepens gains: how good an inverter's `refine` is, measured on drawn faces.

For each viewer the answer is drawn and measured, a better face is asked for as while a visitor stays
(`engine/pipeline/deepening.py`), and that is drawn and measured too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from engine.networks.inverter import Inverter
from engine.pipeline.deepening import GAIN, Deepening, Trial
from engine.types import FloatArray
from tools.draw_bank import FaceDrawer


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
    trials: list[Trial] = []
    for vector, z, came in zip(asked, answers, drawer.draw_and_measure(np.stack(answers)), strict=True):
        deepening = Deepening(inverter)
        if came is not None:
            deepening.look(vector, z, z, came.vector)
        if deepening.trial is not None:
            trials.append(deepening.trial)
    if not trials:
        return FirstTrial(0.0, 0.0, len(asked))
    gains = []
    for trial, face in zip(trials, drawer.draw_and_measure(np.stack([trial.z for trial in trials])), strict=True):
        likeness = 0.0 if face is None else inverter.compare(trial.wanted, face.vector)
        gains.append(likeness - trial.likeness if likeness > trial.likeness + GAIN else 0.0)
    return FirstTrial(sum(gain > 0 for gain in gains) / len(asked), sum(gains) / len(asked), len(asked))
