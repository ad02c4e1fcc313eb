"""Latent -> Reflection: the generator at work. It knows nothing of viewers or of the screen."""

from __future__ import annotations

from typing import Protocol

from engine.clock import TimeSource
from engine.types import ByteArray, FloatArray, Latent, Reflection


class Draws(Protocol):
    """What this step needs of `networks.runtime.RuntimeGenerator`."""

    size_px: int
    latent_size: int

    def __call__(self, z: FloatArray) -> ByteArray: ...

    def growth(self, z: FloatArray) -> tuple[ByteArray, ...]: ...


class FacePainter:
    """Draws latents, numbers what it drew, and notices a picture that cannot be right.

    Args:
        generator: latent (latent_size,) -> RGBA (H, W, 4) uint8.
        clock: stamps the reflections.
    """

    def __init__(self, generator: Draws, clock: TimeSource) -> None:
        self._generator = generator
        self._clock = clock
        self._count = 0

    def warm_up(self, latent: Latent) -> None:
        """Draw once and throw it away: the first run allocates and plans, and would be late."""
        self._generator(latent.z)

    def draw(self, latent: Latent, with_previews: bool = False) -> Reflection:
        """The reflection (size_px, size_px, 4) of a latent.

        Args:
            latent: what to draw.
            with_previews: whether to show it at the resolutions on the way as well.

        Raises:
            ArithmeticError: the picture is one flat colour, as a network gives whose numbers have become NaN.
        """
        *previews, image = self._generator.growth(latent.z) if with_previews else (self._generator(latent.z),)
        if image.shape[0] > 1 and image[:, :, :3].max() == image[:, :, :3].min():
            raise ArithmeticError(f"the generator drew a flat picture of level {int(image[0, 0, 0])}")
        self._count += 1
        return Reflection(image, latent, self._clock.now_s(), self._count, tuple(previews))
