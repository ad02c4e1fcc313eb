"""Keras backend: the generator on a processor through Keras; the reference, and the fallback without OpenVINO.

Keras runs on TensorFlow if it is installed (the group `train`), else on JAX, which MediaPipe depends on.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.errors import ModelError
from engine.networks.backends.backend import Engine
from engine.networks.backends.openvino_backend import Layers
from engine.networks.generator.folded_layers import layers_for
from engine.networks.pggan.architecture import GeneratorSettings
from engine.types import ByteArray, FloatArray

_log = logging.getLogger(__name__)


class KerasEngine:
    """The folded Keras network as one compiled function.

    Args:
        function: latents (N, latent_size) float32 -> pictures or a list of them, as tensors of the backend.
        precision: `float32` or `bfloat16`.
    """

    most_at_once = 8

    def __init__(self, function: Callable[[FloatArray], Any], precision: str) -> None:
        self.precision = precision
        self._function = function

    def draw_one(self, z: FloatArray) -> ByteArray:
        picture: ByteArray = self.draw(z[None])[-1][0]
        return picture

    def draw_together(self, latents: FloatArray) -> list[ByteArray]:
        step = self.most_at_once
        batches = (self.draw(latents[begin : begin + step])[-1] for begin in range(0, len(latents), step))
        return [picture for batch in batches for picture in batch]

    def draw(self, latents: FloatArray) -> list[ByteArray]:
        drawn = self._function(latents)
        return [np.array(pictures) for pictures in (drawn if isinstance(drawn, list | tuple) else [drawn])]


class KerasRuntime:
    """Opens a persona's generator through Keras.

    Args:
        settings, read_layers: see `OpenVinoRuntime`.
        backend: `tensorflow` or `jax`; becomes the Keras backend of this process.
        precision: `float32` or `bfloat16`.
        threads: processor threads to draw with; None leaves it to TensorFlow; JAX always decides itself.

    Raises:
        ModelError: the backend cannot be used in this process.
    """

    def __init__(
        self,
        settings: GeneratorSettings,
        read_layers: Callable[[], Layers],
        backend: str,
        precision: str,
        threads: int | None,
    ) -> None:
        _start(backend)
        self.name = backend
        self._settings = settings
        self._read_layers = read_layers
        self._precision = precision
        if backend == "tensorflow":
            _configure_tensorflow(threads)

    def open(self, size_px: int, with_previews: bool) -> Engine:
        from engine.networks.generator.folded_network import FoldedGenerator

        layers, previews = layers_for(self._settings, *self._read_layers(), size_px, with_previews)
        network = FoldedGenerator(self._settings, layers, self._precision, previews)
        compiled = {"tensorflow": _compile_tensorflow, "jax": _compile_jax}[self.name]
        return KerasEngine(compiled(network, self._settings.latent_size), self._precision)


def keras_backend() -> str:
    """Keras backend for this machine: TensorFlow if it is installed and compatible with the driver, else JAX."""
    if "keras" in sys.modules or "KERAS_BACKEND" in os.environ:
        import keras

        return str(keras.backend.backend())
    return "jax" if find_spec("tensorflow") is None or "libLLVM" in mapped_libraries() else "tensorflow"


def mapped_libraries() -> str:
    """Files mapped into this process, on Linux; nothing elsewhere."""
    maps = Path("/proc/self/maps")
    return maps.read_text(encoding="utf-8") if maps.exists() else ""


def _start(backend: str) -> None:
    if backend == "tensorflow" and "libLLVM" in mapped_libraries():
        raise ModelError(
            "TensorFlow cannot be loaded beside Mesa's software OpenGL, as both bring an LLVM: "
            "use the runtime openvino or jax, or a graphics card and its driver"
        )
    if find_spec(backend) is None:
        raise ModelError(f"{backend} is not installed: use the runtime openvino, or `make dev` installs TensorFlow")
    os.environ.setdefault("KERAS_BACKEND", backend)
    import keras

    if keras.backend.backend() != backend:
        raise ModelError(
            f"Keras runs on {keras.backend.backend()} and not on {backend}: unset KERAS_BACKEND, or install OpenVINO"
        )


def _compile_tensorflow(network: Any, latent_size: int) -> Callable[[FloatArray], Any]:
    import tensorflow as tf

    run = tf.function(lambda z: network(z), input_signature=[tf.TensorSpec([None, latent_size], tf.float32)])
    return lambda latents: run(tf.constant(latents))


def _compile_jax(network: Any, _latent_size: int) -> Callable[[FloatArray], Any]:
    import jax

    values = [variable.value for variable in network.non_trainable_variables]
    run = jax.jit(lambda values, z: network.stateless_call([], values, z)[0])
    return lambda latents: run(values, latents)


def _configure_tensorflow(threads: int | None) -> None:
    """Set its threads, and let it allocate GPU memory on demand, so that OpenGL keeps its share."""
    import tensorflow as tf

    try:
        for card in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(card, True)
        if threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
    except RuntimeError:
        _log.warning("TensorFlow is already running: its threads and its share of memory cannot be changed")
