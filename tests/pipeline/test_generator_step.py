import numpy as np
import pytest

from engine.core.clock import ManualClock
from engine.networks.backends.backend import QualityLevel
from engine.pipeline.generator_step import GeneratorStep
from engine.types import ByteArray, FloatArray, Latent


class FakeGenerator:
    size_px, latent_size = 8, 4

    def __init__(self, level_step: int) -> None:
        self.level_step = level_step

    def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray:
        return (np.arange(8 * 8 * 4).reshape(8, 8, 4) * self.level_step % 256).astype(np.uint8)

    def growth(self, z: FloatArray, level: QualityLevel | None = None) -> tuple[ByteArray, ...]:
        return (np.zeros((4, 4, 4), np.uint8), self(z))


LATENT = Latent(np.ones(4, np.float32), 1.0, None, 0.0)


def test_reflections_are_numbered_and_stamped() -> None:
    clock = ManualClock(5.0)
    generator_step = GeneratorStep(FakeGenerator(1), clock)
    generator_step.warm_up(LATENT)
    first, second = generator_step.draw(LATENT), generator_step.draw(LATENT)
    assert (first.sequence, second.sequence) == (1, 2)
    assert first.generated_s == 5.0
    assert first.latent is LATENT


def test_a_flat_picture_is_an_error() -> None:
    with pytest.raises(ArithmeticError, match="flat picture of level 0"):
        GeneratorStep(FakeGenerator(0), ManualClock()).draw(LATENT)


def test_a_picture_that_is_flat_almost_everywhere_is_none() -> None:
    class Dot(FakeGenerator):
        def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray:
            picture = np.full((8, 8, 4), 9, np.uint8)
            picture[3, 5, 1] = 10
            return picture

    assert GeneratorStep(Dot(1), ManualClock()).draw(LATENT).image[3, 5, 1] == 10


def test_previews_come_only_if_somebody_asks() -> None:
    generator_step = GeneratorStep(FakeGenerator(1), ManualClock())
    assert generator_step.draw(LATENT).previews == ()
    grown = generator_step.draw(LATENT, with_previews=True)
    assert [preview.shape for preview in grown.previews] == [(4, 4, 4)]
    assert grown.image.shape == (8, 8, 4)
