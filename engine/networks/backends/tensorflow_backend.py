"""A generator through TensorFlow: the reference, and what draws where OpenVINO does not."""

from __future__ import annotations

import logging
from collections.abc import Callable
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


class TensorFlowEngine:
    """The folded Keras network as one TensorFlow function."""

    most_at_once = 8

    def __init__(self, function: Callable[[Any], Any], precision: str) -> None:
        self.precision = precision
        self._function = function

    def draw_one(self, z: FloatArray) -> ByteArray:
        picture: ByteArray = self.draw(z[None])[-1][0]
        return picture

    def draw(self, latents: FloatArray) -> list[ByteArray]:
        import tensorflow as tf

        drawn = self._function(tf.constant(latents))
        return [np.array(pictures) for pictures in (drawn if isinstance(drawn, list | tuple) else [drawn])]


class TensorFlowRuntime:
    """Opens a persona's generator through TensorFlow.

    Args:
        settings, read_layers: as of `OpenVinoRuntime`.
        precision: `float32` or `bfloat16`.
        threads: processor threads to draw with; None leaves it to TensorFlow.

    Raises:
        ModelError: TensorFlow cannot be used in this process.
    """

    name = "tensorflow"

    def __init__(
        self, settings: GeneratorSettings, read_layers: Callable[[], Layers], precision: str, threads: int | None
    ) -> None:
        if "libLLVM" in mapped_libraries():
            raise ModelError(
                "TensorFlow cannot be loaded beside Mesa's software OpenGL, as both bring an LLVM: "
                "take the runtime openvino, or a graphics card and its driver"
            )
        import keras

        if keras.backend.backend() != "tensorflow":
            backend = keras.backend.backend()
            raise ModelError(f"Keras runs on {backend} and not on TensorFlow: unset KERAS_BACKEND, or install OpenVINO")
        self._settings = settings
        self._read_layers = read_layers
        self._precision = precision
        _configure(threads)

    def open(self, size_px: int, with_previews: bool) -> Engine:
        import tensorflow as tf

        from engine.networks.generator.folded_network import FoldedGenerator

        layers, previews = layers_for(self._settings, *self._read_layers(), size_px, with_previews)
        network = FoldedGenerator(self._settings, layers, self._precision, previews)
        signature = tf.TensorSpec([None, self._settings.latent_size], tf.float32)
        return TensorFlowEngine(tf.function(lambda z: network(z), input_signature=[signature]), self._precision)


def _configure(threads: int | None) -> None:
    """Its threads, and of a graphics card's memory only what it needs, so that OpenGL keeps its share."""
    import tensorflow as tf

    try:
        for card in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(card, True)
        if threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
    except RuntimeError:
        _log.warning("TensorFlow runs already: its threads and its share of memory stay as they are")


def mapped_libraries() -> str:
    """What is mapped into this process, as Linux tells; nothing elsewhere."""
    maps = Path("/proc/self/maps")
    return maps.read_text(encoding="utf-8") if maps.exists() else ""
