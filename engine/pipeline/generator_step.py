"""Generator step: latent -> reflection. Knows nothing of visitors or of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from engine.core.clock import TimeSource
from engine.networks.backends.backend import QualityLevel
from engine.pipeline.quality_controller import QualityController
from engine.types import ByteArray, DeviceImage, FloatArray, Latent, Reflection


class GeneratorProtocol(Protocol):
    """Interface of `RuntimeGenerator` used by this step."""

    size_px: int
    latent_size: int
    levels: tuple[QualityLevel, ...]

    def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray | DeviceImage: ...

    def together(self, z: FloatArray, level: QualityLevel | None = None) -> list[ByteArray | DeviceImage]: ...

    def growth(self, z: FloatArray, level: QualityLevel | None = None) -> tuple[ByteArray, ...]: ...

    def free(self) -> None: ...


class GeneratorStep:
    """Draws latents, numbers the reflections, and detects broken pictures.

    Args:
        generator: latent (latent_size,) -> RGBA (H, W, 4) uint8, in host memory or on a graphics card.
        clock: stamps the reflections.
        controller: chooses the resolution, and handles lack of memory; None always draws at full resolution.
    """

    def __init__(
        self, generator: GeneratorProtocol, clock: TimeSource, controller: QualityController | None = None
    ) -> None:
        self._generator = generator
        self._clock = clock
        self._controller = controller
        self._count = 0

    def warm_up(self, latent: Latent) -> None:
        """Draw once and discard the picture: the first run allocates and plans, and is slow."""
        self._pictures([latent], with_previews=False)

    def draw(self, latent: Latent, with_previews: bool = False) -> Reflection:
        """Draw the reflection (S, S, 4) of a latent; S is the generator's size_px, or less at a lower quality level.

        Args:
            latent: latent to draw.
            with_previews: whether to include lower resolutions.

        Raises:
            ArithmeticError: the picture is one flat colour, as from a network whose numbers have become NaN.
            MemoryError: there is not enough memory at any level.
        """
        return self.draw_turn([latent], with_previews)

    def draw_turn(self, latents: Sequence[Latent], with_previews: bool = False) -> Reflection:
        """Draw the reflections of one turn together; returns the first, which carries the others.

        Args:
            latents: latents to draw, one or more.
            with_previews: whether to include lower resolutions of the first one.

        Raises:
            ArithmeticError: a picture is one flat colour, as from a network whose numbers have become NaN.
            MemoryError: there is not enough memory at any level.
        """
        previews, images = self._pictures(latents, with_previews)
        now_s = self._clock.now_s()
        drawn = [self._reflection(image, latent, now_s) for image, latent in zip(images, latents, strict=True)]
        return replace(drawn[0], previews=previews, beside=tuple(drawn[1:]))

    def _reflection(self, image: ByteArray | DeviceImage, latent: Latent, now_s: float) -> Reflection:
        if image.shape[0] > 1 and _is_flat(image):
            darkest = image.darkest if isinstance(image, DeviceImage) else int(image[0, 0, 0])
            raise ArithmeticError(f"the generator drew a flat picture of level {darkest}")
        self._count += 1
        return Reflection(image, latent, now_s, self._count)

    def _pictures(
        self, latents: Sequence[Latent], with_previews: bool
    ) -> tuple[tuple[ByteArray, ...], list[ByteArray | DeviceImage]]:
        """Previews of the first latent, and the picture of each."""
        rest = latents[1:] if with_previews else latents

        def attempt(
            level: QualityLevel | None = None,
        ) -> tuple[tuple[ByteArray, ...], list[ByteArray | DeviceImage]]:
            grown = self._generator.growth(latents[0].z, level) if with_previews else ()
            if len(rest) == 1:
                drawn = [self._generator(rest[0].z, level)]
            else:
                drawn = self._generator.together(np.stack([latent.z for latent in rest]), level) if rest else []
            return grown[:-1], [*grown[-1:], *drawn]

        return attempt() if self._controller is None else self._controller.draw(attempt, self._generator.free)


def _is_flat(image: ByteArray | DeviceImage) -> bool:
    """Whether all colours of a picture have the same level; a few of its pixels nearly always decide it."""
    if isinstance(image, DeviceImage):
        return image.darkest == image.brightest
    few, colours = image[::8, ::8, :3], image[:, :, :3]
    return bool(few.max() == few.min()) and bool(colours.max() == colours.min())
