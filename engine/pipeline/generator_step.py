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
    """Interface of `RuntimeGenerator`, as far as this step needs it."""

    size_px: int
    latent_size: int
    levels: tuple[QualityLevel, ...]

    def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray | DeviceImage: ...

    def together(self, z: FloatArray, level: QualityLevel | None = None) -> list[ByteArray | DeviceImage]: ...

    def growth(self, z: FloatArray, level: QualityLevel | None = None) -> tuple[ByteArray, ...]: ...

    def free(self) -> None: ...


class GeneratorStep:
    """Draws latents, numbers what it drew, and notices a picture that cannot be right.

    Args:
        generator: latent (latent_size,) -> RGBA (H, W, 4) uint8, in the computer's memory or on a graphics card.
        clock: stamps the reflections.
        controller: chooses the resolution, and handles exhausted memory; None always draws the whole picture.
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
        """The reflection (S, S, 4) of a latent; S is the generator's size_px, or less at a lower quality level.

        Args:
            latent: what to draw.
            with_previews: whether to show it at the resolutions on the way as well.

        Raises:
            ArithmeticError: the picture is one flat colour, as a network gives whose numbers have become NaN.
            MemoryError: there is not enough for any way to draw it.
        """
        return self.draw_turn([latent], with_previews)

    def draw_turn(self, latents: Sequence[Latent], with_previews: bool = False) -> Reflection:
        """The reflections of all who are answered in one turn, drawn together: that of the first, the others beside it.

        Args:
            latents: what to draw, one or more.
            with_previews: whether to show the first at the resolutions on the way as well.

        Raises:
            ArithmeticError: a picture is one flat colour, as a network gives whose numbers have become NaN.
            MemoryError: there is not enough for any way to draw it.
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
        """The previews of the first latent, and the picture of each."""
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
    """Whether all colours of a picture have one level; a few of its pixels nearly always say that they have not."""
    if isinstance(image, DeviceImage):
        return image.darkest == image.brightest
    few, colours = image[::8, ::8, :3], image[:, :, :3]
    return bool(few.max() == few.min()) and bool(colours.max() == colours.min())
