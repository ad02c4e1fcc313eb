"""Faces without drawing: what stands in for generator and face mesh where a test is about what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from engine.features.aligned_crop import CROP_PX
from engine.features.attribute_reading import ReadsAttributes
from engine.features.featurizer import LAYOUT
from engine.features.layout import FeatureLayout
from engine.networks.inversion.latent_bank import Bank, DrawnFaces
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import AlignedCrop, ByteArray, Features, FloatArray, Placement
from tools import adopt_generator, train_inverter
from tools.bank.builder import collect
from tools.inverter_training import judging_bank

FACES_PER_SHARD = 150
PLACEMENT = Placement(0.51, 0.47, 0.23, 0.01, 1.0)


def features_of(z: FloatArray, layout: FeatureLayout = LAYOUT) -> Features:
    """A face whose features are sums of its latent, standing where all of them stand, with a square of one colour."""
    mix = np.random.default_rng(10).standard_normal((len(z), layout.size)).astype(np.float32) / 4
    vector = (z @ mix).astype(np.float32)
    level = int(np.clip(128 + 28 * z[0], 0, 255))
    crop = AlignedCrop(np.full((CROP_PX, CROP_PX, 3), level, np.uint8), side_px=200.0, shown=1.0)
    return Features(vector, PLACEMENT, np.zeros((478, 3), np.float32), 0.0, 0.0, 0.0, 0, crop=crop)


class FakeDrawer:
    """In place of `draw_bank.FaceDrawer`; it reads no attributes."""

    reader: ReadsAttributes | None = None

    def __init__(self, persona: Persona) -> None:
        self.persona = persona

    def draw(self, z: FloatArray) -> ByteArray:
        return np.zeros((len(z), 32, 32, 3), np.uint8)

    def draw_and_measure(self, z: FloatArray, progress: object = None) -> list[Features | None]:
        return [features_of(row) for row in z]

    def __enter__(self) -> FakeDrawer:
        return self

    def __exit__(self, *_: object) -> None: ...


class PaintingDrawer(FakeDrawer):
    """One that draws pictures of 32 px: a latent of 16 numbers as a board of 16 grey fields, from which it is read.

    What is no such board shows no face. So pictures can be mirrored, moved, compressed and measured again.
    """

    def __init__(self, persona: Persona, threads: int | None = None) -> None:
        super().__init__(persona)
        self.generator = self
        self.size_px, self.latent_size = 32, 16

    def draw(self, z: FloatArray) -> ByteArray:
        levels = np.clip(128 + 28 * z.reshape(-1, 4, 4), 0, 255).round().astype(np.uint8)
        return np.repeat(levels.repeat(8, axis=1).repeat(8, axis=2)[..., None], 3, axis=3)

    def measure(self, picture: ByteArray) -> Features | None:
        if picture.std() < 5:
            return None
        middles = picture[..., 0].reshape(4, 8, 4, 8)[:, 2:6, :, 2:6].mean(axis=(1, 3))
        return features_of(((middles - 128) / 28).ravel().astype(np.float32))

    def draw_and_measure(self, z: FloatArray, progress: object = None) -> list[Features | None]:
        return [self.measure(picture) for picture in self.draw(z)]

    def close(self) -> None:
        pass


def fake_complete_bank(persona: Persona, bank: Bank, shards: Sequence[int], workers: int, what: str) -> DrawnFaces:
    """In place of `draw_bank.complete_bank`: small shards, one face of each is not found."""
    for shard in bank.missing(shards):
        seeds = [shard * 500 + number for number in range(FACES_PER_SHARD)]
        latents = seed_latents(seeds, persona.settings.latent_size)
        found: list[Features | None] = [features_of(z, bank.layout) for z in latents]
        found[3] = None
        bank.write(shard, collect(seeds, found, bank.layout))
    return bank.read(shards)


@pytest.fixture
def without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_inverter, "complete_bank", fake_complete_bank)
    monkeypatch.setattr(judging_bank, "complete_bank", fake_complete_bank)
    monkeypatch.setattr(train_inverter, "FaceDrawer", FakeDrawer)
    monkeypatch.setattr(adopt_generator, "FaceDrawer", FakeDrawer)
