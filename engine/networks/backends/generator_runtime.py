"""Generator inference, through OpenVINO or Keras on a processor, or on a graphics card; callers see no difference.

Knows no viewer, no thread and no screen. The network is in `generator/folded_layers.py`, the backends in
`openvino_backend.py`, `keras_backend.py` and `gpu_backend.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from engine.core.errors import ModelError
from engine.networks.backends.autotune_cache import AutotuneCache
from engine.networks.backends.backend import Engine, QualityLevel, Runtime
from engine.networks.backends.cpu_features import computes_bfloat16
from engine.networks.backends.gpu_backend import open_on_gpu
from engine.networks.backends.graph_variants import PRECISIONS, candidates
from engine.networks.backends.keras_backend import KerasRuntime, keras_backend
from engine.networks.backends.openvino_backend import Layers, OpenVinoRuntime
from engine.networks.backends.out_of_memory import is_out_of_memory
from engine.networks.generator.folded_layers import fold, fold_previews
from engine.networks.generator.preview_rgb import find_preview_rgb
from engine.networks.persona import Persona
from engine.networks.pggan.architecture import RESOLUTIONS, GeneratorSettings
from engine.networks.pggan.weight_file import read_network
from engine.types import ByteArray, DeviceImage, FloatArray

RUNTIMES = ("auto", "openvino", "tensorflow", "jax", "gpu")

_log = logging.getLogger(__name__)


class RuntimeGenerator:
    """Generator that is ready to draw. One thread at a time may use it.

    Args:
        settings: settings of the generator.
        runtimes: available runtimes, best first.
        sizes_px: available resolutions, full resolution first.

    Attributes:
        size_px: width and height at full resolution.
        latent_size: dimensions of a latent.
        runtime: preferred runtime: `openvino`, `tensorflow`, `jax` or, on a graphics card, also `torch`.
        levels: all quality levels, best first.
    """

    def __init__(self, settings: GeneratorSettings, runtimes: Sequence[Runtime], sizes_px: Sequence[int]) -> None:
        self.size_px = settings.resolution
        self.latent_size = settings.latent_size
        self.runtime = runtimes[0].name
        self.levels = tuple(QualityLevel(runtime.name, size_px) for runtime in runtimes for size_px in sizes_px)
        self._runtimes = {runtime.name: runtime for runtime in runtimes}
        self._engines: dict[tuple[QualityLevel, bool], Engine] = {}

    @property
    def precision(self) -> str:
        """`float32` or `bfloat16`, at full resolution."""
        return self._engine(self.levels[0]).precision

    def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray | DeviceImage:
        """Draw one latent (latent_size,) float32: (H, W, 4) uint8 RGBA, sRGB-encoded, alpha 255, row 0 at the top."""
        return self._engine(level or self.levels[0]).draw_one(self._checked(np.asarray(z)[None])[0])

    def together(self, z: FloatArray, level: QualityLevel | None = None) -> list[ByteArray | DeviceImage]:
        """Draw N latents (N, latent_size) float32 in one turn, batched if the runtime can: N pictures."""
        return list(self._engine(level or self.levels[0]).draw_together(self._checked(z)))

    def growth(self, z: FloatArray, level: QualityLevel | None = None) -> tuple[ByteArray, ...]:
        """Draw one latent (latent_size,) at all resolutions of the network: (S, S, 4) uint8 RGBA, from 4x4 to the
        finished picture; only the latter if the persona has no preview layers."""
        drawn = self._engine(level or self.levels[0], with_previews=True).draw(self._checked(np.asarray(z)[None]))
        return tuple(pictures[0] for pictures in drawn)

    def batch(self, z: FloatArray) -> ByteArray:
        """Draw latents (N, latent_size) float32: (N, H, W, 4) uint8.

        Raises:
            ValueError: the latents have another shape.
        """
        latents = self._checked(z)
        pictures = np.empty((len(latents), self.size_px, self.size_px, 4), np.uint8)
        engine = self._engine(self.levels[0])
        step = engine.most_at_once
        for begin in range(0, len(latents), step):
            pictures[begin : begin + step] = engine.draw(latents[begin : begin + step])[-1]
        return pictures

    def free(self) -> None:
        """Release the memory of all networks; each is opened again on demand."""
        self._engines.clear()

    def _engine(self, level: QualityLevel, with_previews: bool = False) -> Engine:
        key = level, with_previews
        engine = self._engines.get(key)
        if engine is None:
            engine = self._engines[key] = self._runtimes[level.runtime].open(level.size_px, with_previews)
        return engine

    def _checked(self, z: FloatArray) -> FloatArray:
        latents = np.ascontiguousarray(z, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.latent_size:
            raise ValueError(f"latents must have the shape (N, {self.latent_size}), not {latents.shape}")
        return latents


def open_generator(
    persona: Persona,
    runtime: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    *,
    is_tuned: bool = False,
    cache_folder: Path | None = None,
    stays_on_card: Callable[[], bool] = lambda: False,
) -> RuntimeGenerator:
    """Make a persona's generator ready to draw.

    OpenVINO computes the whole network in bfloat16, including the last layer; sums, including those of the pixel norm,
    are float32. For the persona that ships, this costs 0.4 levels of 255 on average, 4 in one pixel of 1000, and 18 at
    most.

    Args:
        runtime: `auto` is the graphics card (`gpu_backend.py`) if Keras can use one, else OpenVINO, else Keras on
                TensorFlow or JAX, with a warning.
        precision: `auto` is bfloat16 if the processor supports it, else float32.
        threads: processor threads to draw with; None leaves it to the runtime.
        is_tuned: use the variant found fastest on this machine, or find it while drawing; `auto` then uses bfloat16
                only if it is faster. Otherwise the same variant is used on all machines.
        cache_folder: where the fastest variant is cached; None means `user_folders.user_cache_folder`.
        stays_on_card: queried for each single picture drawn on a graphics card: whether to leave it there.

    Raises:
        ModelError: the generator's file is damaged, or the requested runtime does not work here.
    """
    if runtime not in RUNTIMES:
        raise ModelError(f"there is no runtime {runtime!r}; there are {', '.join(RUNTIMES)}")
    if precision not in PRECISIONS:
        raise ModelError(f"there is no precision {precision!r}; there are {', '.join(PRECISIONS)}")
    if persona.settings.num_channels not in (1, 3):
        channels = persona.settings.num_channels
        raise ModelError(f"{persona.generator_path} draws {channels} channels; only grey and colour can be shown")
    sizes_px = drawable_sizes_px(persona)
    on_openvino = open_openvino(persona, precision, threads, is_tuned=is_tuned, cache_folder=cache_folder)
    if runtime in ("auto", "gpu"):
        card = open_on_gpu(persona, precision, stays_on_card, is_asked=runtime == "gpu")
        if card is not None:  # the card may run out of memory; the processor then takes over
            return RuntimeGenerator(persona.settings, [card, on_openvino], sizes_px)
    if runtime not in ("tensorflow", "jax"):
        generator = RuntimeGenerator(persona.settings, [on_openvino], sizes_px)
        try:
            _ = generator.precision  # opens it
            return generator
        except (ImportError, RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                return generator  # callers handle running out of memory
            reason = " ".join(str(error).split())[:300]
            if runtime == "openvino":
                raise ModelError(f"OpenVINO cannot run {persona.generator_path}: {reason}") from error
            backend = keras_backend()
            _log.warning("OpenVINO cannot run the generator, Keras on %s does: %s", backend, reason)
    else:
        backend = runtime
    exact = on_openvino.forms[0].precision
    on_keras = KerasRuntime(persona.settings, lambda: read_layers(persona), backend, exact, threads)
    runtimes: list[Runtime] = [on_keras]
    if runtime == backend:  # it may run out of memory; the processor then takes over
        runtimes.append(on_openvino)
    return RuntimeGenerator(persona.settings, runtimes, sizes_px)


def open_openvino(
    persona: Persona,
    precision: str = "auto",
    threads: int | None = None,
    *,
    is_tuned: bool = False,
    cache_folder: Path | None = None,
) -> OpenVinoRuntime:
    """OpenVINO runtime of a persona's generator, not yet opened; for the arguments see `open_generator`."""
    forms = candidates(precision, has_bfloat16=computes_bfloat16())
    choice = AutotuneCache(persona, precision, threads, forms, cache_folder) if is_tuned else None
    return OpenVinoRuntime(persona.settings, lambda: read_layers(persona), forms, threads, choice)


def read_layers(persona: Persona) -> Layers:
    """Read a persona's layers and preview layers, folded.

    Raises:
        ModelError: the generator's file is damaged.
    """
    settings, arrays = read_network(persona.generator_path, GeneratorSettings)
    return fold(settings, arrays), fold_previews(settings, find_preview_rgb(persona))


def drawable_sizes_px(persona: Persona) -> tuple[int, ...]:
    """Resolutions available for a persona, full resolution first; only that one if it has no preview layers."""
    whole = persona.settings.resolution
    lower = [size for size in reversed(RESOLUTIONS) if size < whole] if find_preview_rgb(persona) else []
    return (whole, *lower)
