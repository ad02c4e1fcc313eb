"""How many bits are left of a visitor."""

from __future__ import annotations

import math

import pytest

from engine.config.reflection import BitSettings
from engine.features.bit_budget import MOST, BitBudget

SETTINGS = BitSettings(few=4, near=0.2, far=0.05)


@pytest.mark.parametrize(("eye_distance", "bits"), [(0.01, 4096), (0.05, 4096), (0.1, 128), (0.2, 4), (0.4, 4)])
def test_the_nearer_the_fewer(eye_distance: float, bits: int) -> None:
    assert BitBudget().at(eye_distance, SETTINGS) == bits


def test_a_scene_that_does_not_quantise_leaves_everybody_whole() -> None:
    assert BitBudget().at(0.3, BitSettings()) == MOST


def test_whoever_trembles_at_the_edge_of_a_step_keeps_one_number() -> None:
    budget = BitBudget()
    edge = 0.05 * 4 ** (1.75 / 10)  # between two half octaves
    assert len({budget.at(edge * (1 + 0.01 * math.sin(i)), SETTINGS) for i in range(50)}) == 1
    steps = {budget.at(0.05 * 4 ** (i / 400), SETTINGS) for i in range(401)}
    assert len(steps) >= 15  # and whoever walks passes through most of them
