"""Latent -> Reflection: the generator at work. It knows nothing of viewers or of the screen."""

from __future__ import annotations

from typing import Protocol

from engine.clock import TimeSource
from engine.types import ByteArray, DeviceImage, FloatArray, Latent, Reflection


class Draws(Protocol):
    """What this step needs of `networks.runtime.RuntimeGenerator`."""

    size_px: int
    latent_size: int

    def __call__(self, z: FloatArray) -> ByteArray | DeviceImage: ...

    def growth(self, z: FloatArray) -> tuple[ByteArray, ...]: ...


class FacePainter:
    """Draws latents, numbers what it drew, and notices a picture that cannot be right.

    Args:
        generator: latent (latent_size,) -> RGBA (H, W, 4) uint8, in the computer's memory or on a graphics card.
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
        previews: tuple[ByteArray, ...] = ()
        image: ByteArray | DeviceImage
        if with_previews:
            *smaller, image = self._generator.growth(latent.z)
            previews = tuple(smaller)
        else:
            image = self._generator(latent.z)
        darkest, brightest = _extremes(image)
        if image.shape[0] > 1 and darkest == brightest:
            raise ArithmeticError(f"the generator drew a flat picture of level {darkest}")
        self._count += 1
        return Reflection(image, latent, self._clock.now_s(), self._count, previews)


def _extremes(image: ByteArray | DeviceImage) -> tuple[int, int]:
    """The lowest and the highest level of a picture's colours."""
    if isinstance(image, DeviceImage):
        return image.darkest, image.brightest
    return int(image[:, :, :3].min()), int(image[:, :, :3].max())
