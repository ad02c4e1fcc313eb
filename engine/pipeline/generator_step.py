"""Latent -> Reflection: the generator at work. It knows nothing of viewers or of the screen."""

from __future__ import annotations

from typing import Protocol

from engine.core.clock import TimeSource
from engine.networks.backends.backend import QualityLevel
from engine.pipeline.quality_controller import QualityController
from engine.types import ByteArray, DeviceImage, FloatArray, Latent, Reflection


class GeneratorProtocol(Protocol):
    """What this step needs of `networks.runtime.RuntimeGenerator`."""

    size_px: int
    latent_size: int
    rungs: tuple[QualityLevel, ...]

    def __call__(self, z: FloatArray, rung: QualityLevel | None = None) -> ByteArray | DeviceImage: ...

    def growth(self, z: FloatArray, rung: QualityLevel | None = None) -> tuple[ByteArray, ...]: ...

    def free(self) -> None: ...


class GeneratorStep:
    """Draws latents, numbers what it drew, and notices a picture that cannot be right.

    Args:
        generator: latent (latent_size,) -> RGBA (H, W, 4) uint8, in the computer's memory or on a graphics card.
        clock: stamps the reflections.
        ladder: chooses with how many pixels, and what is done when memory runs out; None draws the whole picture.
    """

    def __init__(
        self, generator: GeneratorProtocol, clock: TimeSource, ladder: QualityController | None = None
    ) -> None:
        self._generator = generator
        self._clock = clock
        self._ladder = ladder
        self._count = 0

    def warm_up(self, latent: Latent) -> None:
        """Draw once and throw it away: the first run allocates and plans, and would be late."""
        self._pictures(latent.z, with_previews=False)

    def draw(self, latent: Latent, with_previews: bool = False) -> Reflection:
        """The reflection (S, S, 4) of a latent; S is the generator's size_px, or less where the ladder says so.

        Args:
            latent: what to draw.
            with_previews: whether to show it at the resolutions on the way as well.

        Raises:
            ArithmeticError: the picture is one flat colour, as a network gives whose numbers have become NaN.
            MemoryError: there is not enough for any way to draw it.
        """
        *previews, image = self._pictures(latent.z, with_previews)
        if image.shape[0] > 1 and _is_flat(image):
            darkest = image.darkest if isinstance(image, DeviceImage) else int(image[0, 0, 0])
            raise ArithmeticError(f"the generator drew a flat picture of level {darkest}")
        self._count += 1
        smaller = tuple(picture for picture in previews if not isinstance(picture, DeviceImage))
        return Reflection(image, latent, self._clock.now_s(), self._count, smaller)

    def _pictures(self, z: FloatArray, with_previews: bool) -> tuple[ByteArray | DeviceImage, ...]:
        def attempt(rung: QualityLevel | None = None) -> tuple[ByteArray | DeviceImage, ...]:
            return self._generator.growth(z, rung) if with_previews else (self._generator(z, rung),)

        return attempt() if self._ladder is None else self._ladder.draw(attempt, self._generator.free)


def _is_flat(image: ByteArray | DeviceImage) -> bool:
    """Whether all colours of a picture have one level; a few of its pixels nearly always say that they have not."""
    if isinstance(image, DeviceImage):
        return image.darkest == image.brightest
    few, colours = image[::8, ::8, :3], image[:, :, :3]
    return bool(few.max() == few.min()) and bool(colours.max() == colours.min())
