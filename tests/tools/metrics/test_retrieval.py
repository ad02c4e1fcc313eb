"""Retrieval: ranks that are known, ties, answers without a face."""

from __future__ import annotations

import numpy as np
import pytest

from tools.metrics.retrieval import measure_retrieval, ranks


def test_ranks_on_a_line() -> None:
    questions = np.arange(5, dtype=np.float32)[:, None]
    answers = np.array([[0.1], [3.2], [2.0]], np.float32)  # of the questions 0, 1 and 4
    assert ranks(questions, answers, np.array([0, 1, 4])).tolist() == [1, 4, 5]


def test_an_answer_that_is_the_same_for_all_finds_one_at_most() -> None:
    questions = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    found = ranks(questions, np.zeros((40, 3), np.float32), np.arange(40))
    assert sorted(found) == list(range(1, 41))
    assert (ranks(np.zeros((4, 3), np.float32), np.zeros((4, 3), np.float32), np.arange(4)) == 4).all()


def test_what_has_no_face_is_not_found() -> None:
    figures = measure_retrieval(np.array([1, 1, 4, 20]), asked=5, questions=30)
    assert (figures.recall_at_1, figures.recall_at_10, figures.median_rank) == (0.4, 0.6, 4)
    assert figures.mrr == pytest.approx((1 + 1 + 1 / 4 + 1 / 20) / 5)
    assert measure_retrieval(np.array([1]), asked=3, questions=30).median_rank == 31
