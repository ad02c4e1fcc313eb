"""What the register costs, as a number that is one."""

from __future__ import annotations

import pytest

import tools.bench.control.register_cost
from engine.render.passes import registry
from engine.scene.scene import load_scene
from tests.conftest import ROOT
from tools.bench.control.register_cost import measure_register


def test_costs_are_measured_of_every_knob_of_a_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.bench.control.register_cost, "ROUNDS", 3)
    found = measure_register(load_scene(ROOT / "scenes" / "gilded_mirror.yaml", registry()))
    assert found["parameters"] > 60
    assert all(found[name] > 0 for name in ("set_us", "frame_unchanged_us", "frame_changed_us", "poll_us"))
