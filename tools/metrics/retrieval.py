"""Retrieval: whether a result is closest to its own request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray
from tools.metrics.pairwise import squared_distances


@dataclass(frozen=True)
class Retrieval:
    """Retrieval figures.

    Attributes:
        recall_at_1, recall_at_10: share of results whose own request is the nearest, or among the ten nearest.
        mrr: mean reciprocal rank.
        median_rank: 1 is the nearest.
    """

    recall_at_1: float
    recall_at_10: float
    mrr: float
    median_rank: float


def ranks(questions: FloatArray, answers: FloatArray, own: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rank (M,) of the own request `own` (M,) of each result (M, D) among all requests (N, D); 1 is the nearest.

    Ties count against the result: one that is equally near to all has found nothing.
    """
    distances = squared_distances(answers, questions)
    to_own = distances[np.arange(len(own)), own]
    return np.asarray((distances <= to_own[:, None]).sum(axis=1), np.int64)


def measure_retrieval(found: NDArray[np.int64], asked: int, questions: int) -> Retrieval:
    """Figures of the ranks (M,) of results with a face, out of `asked`: results without a face rank last."""
    missed = np.full(asked - len(found), questions + 1)
    return Retrieval(
        recall_at_1=float((found <= 1).sum() / asked),
        recall_at_10=float((found <= 10).sum() / asked),
        mrr=float((1 / found).sum() / asked),
        median_rank=float(np.median(np.concatenate([found, missed]))),
    )
