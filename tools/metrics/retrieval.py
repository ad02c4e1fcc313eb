"""Retrieval: is an answer more like its own question than like any other?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray
from tools.metrics.pairwise import squared_distances


@dataclass(frozen=True)
class Retrieval:
    """How questions are found again.

    Attributes:
        recall_at_1, recall_at_10: share of answers whose own question is the nearest, or among the ten nearest.
        mrr: mean reciprocal rank.
        median_rank: 1 is the nearest.
    """

    recall_at_1: float
    recall_at_10: float
    mrr: float
    median_rank: float


def ranks(questions: FloatArray, answers: FloatArray, own: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rank (M,) of the own question `own` (M,) of each answer (M, D) among all questions (N, D); 1 is the nearest.

    A tie counts against the answer: one that is equally near to all has found nothing.
    """
    distances = squared_distances(answers, questions)
    to_own = distances[np.arange(len(own)), own]
    return np.asarray((distances <= to_own[:, None]).sum(axis=1), np.int64)


def measure_retrieval(found: NDArray[np.int64], asked: int, questions: int) -> Retrieval:
    """Figures of the ranks (M,) of those answers that show a face, out of `asked`: one without a face comes last."""
    missed = np.full(asked - len(found), questions + 1)
    return Retrieval(
        recall_at_1=float((found <= 1).sum() / asked),
        recall_at_10=float((found <= 10).sum() / asked),
        mrr=float((1 / found).sum() / asked),
        median_rank=float(np.median(np.concatenate([found, missed]))),
    )
