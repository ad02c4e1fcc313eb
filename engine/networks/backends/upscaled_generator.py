"""A generator whose whole pictures are enlarged by its persona's upscaler: one more quality level above the others.

Whoever cannot hold the rate, or runs out of memory, gives that level up first (`pipeline/quality_controller.py`).
Pictures with previews, and those that stay on a graphics card, are as the generator drew them.
"""

from __future__ import annotations

import logging

import numpy as np

from engine.core.errors import ModelError
from engine.networks.backends.backend import QualityLevel
from engine.networks.backends.generator_runtime import RuntimeGenerator
from engine.networks.backends.openvino_backend import compile_options
from engine.networks.backends.out_of_memory import is_out_of_memory
from engine.networks.generator.upscaler import FACTOR, Upscaler, persona_upscaler
from engine.networks.persona import Persona
from engine.networks.pggan.weight_file import Arrays
from engine.types import ByteArray, DeviceImage, FloatArray

ON_PROCESSOR = ("openvino", "tensorflow", "jax")

_log = logging.getLogger(__name__)


class UpscaledGenerator:
    """Draws as `RuntimeGenerator` does, at twice its size. One thread at a time may use it.

    Args:
        generator: draws.
        arrays: weights of the upscaler.
        threads: processor threads to enlarge with; None leaves it to OpenVINO.

    Attributes:
        size_px, latent_size, runtime, levels: see `RuntimeGenerator`.
    """

    def __init__(self, generator: RuntimeGenerator, arrays: Arrays, threads: int | None = None) -> None:
        self._generator = generator
        self._arrays, self._threads = arrays, threads
        self._upscaler: Upscaler | None = None
        self.size_px = FACTOR * generator.size_px
        self.latent_size, self.runtime = generator.latent_size, generator.runtime
        self._whole = {
            QualityLevel(level.runtime, self.size_px): level
            for level in generator.levels
            if level.size_px == generator.size_px
        }
        runtimes = dict.fromkeys(level.runtime for level in generator.levels)
        self.levels = tuple(
            level for runtime in runtimes for level in (*self._whole, *generator.levels) if level.runtime == runtime
        )

    @property
    def precision(self) -> str:
        """`float32` or `bfloat16`: that of the whole pictures."""
        return self._generator.precision

    def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray | DeviceImage:
        """Draw one latent (latent_size,) float32: (H, W, 4) uint8 RGBA, sRGB-encoded, alpha 255, row 0 at the top."""
        asked = level or self.levels[0]
        drawn = self._generator(z, self._whole.get(asked, asked))
        return self._enlarged(drawn) if asked in self._whole else drawn

    def together(self, z: FloatArray, level: QualityLevel | None = None) -> list[ByteArray | DeviceImage]:
        """Draw latents (N, latent_size) float32 of one turn: N pictures, not enlarged if there are more than threads.

        Two on one thread left 25 frames per second of 33, and reflections 35 ms older.
        """
        asked = level or self.levels[0]
        drawn = self._generator.together(z, self._whole.get(asked, asked))
        has_time = self._threads is None or len(drawn) <= self._threads
        return [self._enlarged(picture) for picture in drawn] if has_time and asked in self._whole else drawn

    def growth(self, z: FloatArray, level: QualityLevel | None = None) -> tuple[ByteArray, ...]:
        """Draw one latent at every resolution that the network passes through, see `RuntimeGenerator.growth`."""
        asked = level or self.levels[0]
        return self._generator.growth(z, self._whole.get(asked, asked))

    def free(self) -> None:
        """Release the memory of all networks; each is opened again when it is needed."""
        self._upscaler = None
        self._generator.free()

    def _enlarged(self, picture: ByteArray | DeviceImage) -> ByteArray | DeviceImage:
        if isinstance(picture, DeviceImage):
            return picture
        if self._upscaler is None:
            options = compile_options(self._generator.precision, self._threads)
            self._upscaler = Upscaler(self._arrays, self._generator.size_px, options)
        return self._upscaler(picture)


def with_upscaler(
    generator: RuntimeGenerator, persona: Persona, threads: int | None = None
) -> RuntimeGenerator | UpscaledGenerator:
    """A generator with its persona's upscaler, if the persona has one and OpenVINO can run it beside this generator.

    A graphics card's pictures stay there and are not enlarged.

    Raises:
        ModelError: the upscaler's file cannot be used.
    """
    arrays = persona_upscaler(persona)
    if arrays is None or generator.runtime not in ON_PROCESSOR:
        return generator
    upscaled = UpscaledGenerator(generator, arrays, threads)
    try:
        upscaled(np.zeros(generator.latent_size, np.float32))
    except (ImportError, RuntimeError, MemoryError) as error:
        if isinstance(error, ModelError):
            raise
        reason = "there is not enough memory" if is_out_of_memory(error) else " ".join(str(error).split())[:200]
        _log.warning("faces are not enlarged by %s: %s", persona.upscaler_path, reason)
        return generator
    return upscaled
