"""Trainings small enough for tests: at 8 px, and with looks of a few numbers in place of the frozen networks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from engine.networks.inversion.encoder_network import FACE_MAP_CHANNELS, Convolution, resized
from engine.networks.inversion.frozen_features import MAP_CHANNELS, MAP_PX
from tests.tools.portraits import write_clouds
from tools.gan.initial_state import Beginning, begin
from tools.gan.train_step import Steps
from tools.gan.trainer import Training, read_splits

PLAN: Mapping[str, Any] = {
    "resolution": 8,
    "fmap_base": 32,
    "fmap_max": 8,
    "batch": 8,
    "learning_rate": 0.005,
    "critic_every": 1,
}
LEVEL = 3


class TinyLook(keras.Model):
    """Maps of the sizes that a frozen network has, each a random mixture of the colours."""

    def __init__(self, sizes_px: tuple[int, ...], channels: tuple[int, ...]) -> None:
        super().__init__(name="tiny_look", autocast=False)
        self._sizes_px = sizes_px
        shapes = [(count, 3, 1, 1) for count in channels]
        self.parts = tuple(Convolution(f"map{i}", shape, is_trained=False) for i, shape in enumerate(shapes))
        random = np.random.default_rng(0)
        for part in self.parts:
            part.weight.assign(random.normal(size=part.weight.shape).astype(np.float32))
        self.built = True

    def call(self, pictures: Any) -> list[Any]:
        return [part.with_bias(resized(pictures, px)) for part, px in zip(self.parts, self._sizes_px, strict=True)]


def tiny_looks(*_: Any) -> tuple[TinyLook, TinyLook]:
    return TinyLook(MAP_PX, MAP_CHANNELS), TinyLook((8, 4), FACE_MAP_CHANNELS)


# Compiled once for all tests: weights come with a state, so networks of the same structure can share them.
_COMPILED: dict[Any, Steps] = {}


def training(folder: Path, beginning: Beginning | None = None) -> Training:
    """A training at 8 px of clouds, which are written beside its folder if they are not there."""
    clouds = folder.parent / "clouds.zip"
    if not clouds.exists():
        write_clouds(clouds)
    beginning = beginning or begin(PLAN)
    with_steps = _COMPILED.get(beginning.generator.settings)
    going = Training(
        folder, beginning, tiny_looks(), *read_splits(clouds, beginning.plan.resolution), "float32", with_steps
    )
    _COMPILED[beginning.generator.settings] = going.steps
    return going
