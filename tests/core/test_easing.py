"""Easing curves."""

from __future__ import annotations

import pytest

from engine.core.easing import clamp, smoothstep


@pytest.mark.parametrize(("x", "eased"), [(-1.0, 0.0), (0.0, 0.0), (0.25, 0.15625), (0.5, 0.5), (1.0, 1.0), (3.0, 1.0)])
def test_smoothstep(x: float, eased: float) -> None:
    assert smoothstep(x) == eased
    assert smoothstep(10 + 5 * x, 10.0, 15.0) == pytest.approx(eased)
    assert smoothstep(-x, 0.0, -1.0) == pytest.approx(eased)


def test_equal_edges_are_a_step() -> None:
    assert [smoothstep(x, 2.0, 2.0) for x in (1.9, 2.0, 2.1)] == [0.0, 1.0, 1.0]


def test_clamp() -> None:
    assert [clamp(x) for x in (-0.5, 0.5, 1.5)] == [0.0, 0.5, 1.0]
    assert clamp(7.0, 2.0, 5.0) == 5.0
