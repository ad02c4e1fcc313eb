"""The generator at work: through OpenVINO or TensorFlow on a processor, or on a graphics card. It hides which.

It knows no viewer, no thread and no screen. The network itself is in `folded.py`; what OpenVINO made of it is kept by
`openvino_cache.py`, so that a second start needs neither TensorFlow nor Keras.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from engine.errors import ModelError
from engine.networks.gpu import open_on_gpu
from engine.networks.layout import GeneratorSettings
from engine.networks.persona import Persona
from engine.networks.preview_rgb import find_preview_rgb
from engine.networks.weight_file import read_network
from engine.types import ByteArray, DeviceImage, FloatArray

RUNTIMES = ("auto", "openvino", "tensorflow", "gpu")
PRECISIONS = ("auto", "float32", "bfloat16")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Engine:
    """A way to run the network: `draw` takes (N, latent_size), N at most `most_at_once`, to (N, H, W, 4) uint8, those
    of the resolutions on the way first, by size, if the persona has layers for them; good until the next call.
    `draw_one` takes (latent_size,) to the finished picture alone, which may stay on a graphics card."""

    draw: Callable[[FloatArray], list[ByteArray]]
    most_at_once: int
    draw_one: Callable[[FloatArray], ByteArray | DeviceImage] | None = None


class RuntimeGenerator:
    """A generator that is ready to draw. One thread at a time may use it.

    Attributes:
        size_px: width and height of its pictures.
        latent_size: numbers in a latent.
        runtime: `openvino`, `tensorflow` or, on a graphics card, `jax`, `torch` or `tensorflow`.
        precision: `float32` or `bfloat16`.
    """

    def __init__(self, settings: GeneratorSettings, engine: _Engine, runtime: str, precision: str) -> None:
        self.size_px = settings.resolution
        self.latent_size = settings.latent_size
        self.runtime = runtime
        self.precision = precision
        self._engine = engine

    def __call__(self, z: FloatArray) -> ByteArray | DeviceImage:
        """Draw one latent (latent_size,) float32: (H, W, 4) uint8 RGBA, sRGB-encoded, alpha 255, row 0 at the top."""
        if self._engine.draw_one is not None:
            return self._engine.draw_one(z)
        picture: ByteArray = self.batch(np.asarray(z)[None])[0]
        return picture

    def growth(self, z: FloatArray) -> tuple[ByteArray, ...]:
        """Draw one latent (latent_size,) at every resolution that the network passes through: (S, S, 4) uint8 RGBA, 4x4
        first, the finished picture last; that alone where the persona has no preview layers."""
        drawn = self._engine.draw(np.ascontiguousarray(z, np.float32)[None])
        return tuple(pictures[0].copy() for pictures in drawn)

    def batch(self, z: FloatArray) -> ByteArray:
        """Draw latents (N, latent_size) float32: (N, H, W, 4) uint8.

        Raises:
            ValueError: the latents have another shape.
        """
        latents = np.ascontiguousarray(z, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.latent_size:
            raise ValueError(f"latents must have the shape (N, {self.latent_size}), not {latents.shape}")
        pictures = np.empty((len(latents), self.size_px, self.size_px, 4), np.uint8)
        step = self._engine.most_at_once
        for begin in range(0, len(latents), step):
            pictures[begin : begin + step] = self._engine.draw(latents[begin : begin + step])[-1]
        return pictures


def open_generator(
    persona: Persona,
    *,
    runtime: str = "auto",
    precision: str = "auto",
    cache_folder: Path | None = None,
    threads: int | None = None,
    stays_on_card: Callable[[], bool] = lambda: False,
) -> RuntimeGenerator:
    """Make a persona's generator ready to draw.

    OpenVINO takes the whole network in bfloat16 and knows no exception for the pixel norm and the last layer; sums are
    float32. On the persona that ships this costs 0.3 levels of 255 on average, 4 in one pixel of 1000, 13 at most.

    Args:
        runtime: `auto` is the graphics card (`gpu.py`) if Keras can use one, else OpenVINO, else TensorFlow, with a
            warning.
        precision: `auto` is bfloat16 where the processor computes in it, float32 elsewhere.
        cache_folder: where OpenVINO's form of the network is kept; `openvino_cache.user_cache_folder` if None.
        threads: processor threads to draw with; the runtime's own choice if None.
        stays_on_card: says, for each single picture that a graphics card draws, whether it is left there.

    Raises:
        ModelError: the generator's file is damaged, or the runtime that was asked for does not work here.
    """
    if runtime not in RUNTIMES:
        raise ModelError(f"there is no runtime {runtime!r}; there are {', '.join(RUNTIMES)}")
    if precision not in PRECISIONS:
        raise ModelError(f"there is no precision {precision!r}; there are {', '.join(PRECISIONS)}")
    if persona.settings.num_channels not in (1, 3):
        channels = persona.settings.num_channels
        raise ModelError(f"{persona.generator_path} draws {channels} channels; only grey and colour can be shown")
    if runtime in ("auto", "gpu"):
        card = open_on_gpu(persona, precision, stays_on_card, is_asked=runtime == "gpu")
        if card is not None:
            growing = cache(lambda: card.open(with_previews=True))  # few scenes ask for it
            engine = _Engine(lambda z: growing().draw(z), most_at_once=1, draw_one=card.open().draw_one)
            return RuntimeGenerator(persona.settings, engine, card.backend, card.precision)
    exact = precision if precision != "auto" else "bfloat16" if computes_bfloat16() else "float32"
    if runtime != "tensorflow":
        try:
            engine = _open_openvino(persona, exact, cache_folder, threads)
            return RuntimeGenerator(persona.settings, engine, "openvino", exact)
        except (ImportError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:300]
            if runtime == "openvino":
                raise ModelError(f"OpenVINO cannot run {persona.generator_path}: {reason}") from error
            _log.warning("OpenVINO cannot run the generator, TensorFlow does: %s", reason)
    return RuntimeGenerator(persona.settings, _open_tensorflow(persona, exact, threads), "tensorflow", exact)


def computes_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has instructions for bfloat16 (AMX or AVX-512); False where it does not say."""
    try:
        with cpuinfo.open(encoding="utf-8") as file:
            flags = next((line.split() for line in file if line.startswith("flags")), [])
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags


def _open_openvino(persona: Persona, precision: str, cache_folder: Path | None, threads: int | None) -> _Engine:
    from engine.networks.openvino_cache import read_or_convert
    from engine.networks.openvino_core import openvino_core

    core = openvino_core()
    model = read_or_convert(core, persona, cache_folder)
    model.reshape([1, persona.settings.latent_size])  # a fixed batch lets OpenVINO plan its memory
    options: dict[str, str | int] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
    }
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    request = core.compile_model(model, "CPU", options).create_infer_request()

    by_size = sorted(
        range(len(model.outputs)), key=lambda index: int(model.outputs[index].partial_shape[1].get_length())
    )

    def draw(latents: FloatArray) -> list[ByteArray]:
        found = request.infer([latents], share_inputs=True, share_outputs=True)
        return [np.asarray(found[index]) for index in by_size]

    return _Engine(draw, most_at_once=1)


def _open_tensorflow(persona: Persona, precision: str, threads: int | None) -> _Engine:
    if "libLLVM" in _mapped_libraries():
        raise ModelError(
            "TensorFlow cannot be loaded beside Mesa's software OpenGL, as both bring an LLVM: "
            "take the runtime openvino, or a graphics card and its driver"
        )
    settings, arrays = read_network(persona.generator_path, GeneratorSettings)
    import keras

    if keras.backend.backend() != "tensorflow":
        backend = keras.backend.backend()
        raise ModelError(f"Keras runs on {backend} and not on TensorFlow: unset KERAS_BACKEND, or install OpenVINO")
    import tensorflow as tf

    from engine.networks.folded import build_network

    if threads is not None:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        except RuntimeError:
            _log.warning("TensorFlow runs already: its number of threads stays as it is")
    network = build_network(settings, arrays, precision, find_preview_rgb(persona))
    signature = tf.TensorSpec([None, settings.latent_size], tf.float32)
    function = tf.function(lambda z: network(z), input_signature=[signature])

    def draw(latents: FloatArray) -> list[ByteArray]:
        drawn = function(tf.constant(latents))
        return [np.asarray(pictures) for pictures in (drawn if isinstance(drawn, list | tuple) else [drawn])]

    return _Engine(draw, most_at_once=8)


def _mapped_libraries() -> str:
    """What is mapped into this process, as Linux tells; nothing elsewhere."""
    maps = Path("/proc/self/maps")
    return maps.read_text(encoding="utf-8") if maps.exists() else ""
