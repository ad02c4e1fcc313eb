"""Trainings small enough for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.tools.portraits import write_clouds
from tools.gan.initial_state import Beginning, begin
from tools.gan.train_step import Steps
from tools.gan.trainer import Training, read_splits

PLAN: Mapping[str, Any] = {
    "resolution": 8,
    "fmap_base": 32,
    "fmap_max": 8,
    "batch": 8,
    "kimg_per_stage": 1.0,
    "learning_rate": 0.005,
}
OPTIONS = (
    *("--resolution", "8", "--fmap-base", "32", "--fmap-max", "8", "--batch", "8"),
    *("--kimg-per-stage", "1", "--learning-rate", "0.005", "--precision", "float32"),
)


# Compiled once for all tests: weights come with a state, so networks of the same structure can share them.
_COMPILED: dict[Any, Steps] = {}


def training(folder: Path, beginning: Beginning | None = None) -> Training:
    """A training at 8 px of clouds, which are written beside its folder if they are not there."""
    clouds = folder.parent / "clouds.zip"
    if not clouds.exists():
        write_clouds(clouds)
    beginning = beginning or begin(PLAN)
    going = Training(folder, beginning, *read_splits(clouds, beginning.plan.resolution), "float32")
    going._steps = _COMPILED.setdefault(beginning.generator.settings, going._steps)
    return going
