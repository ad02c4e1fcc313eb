"""GPU backend: the run-time form of the generator on an NVIDIA card, with whichever framework Keras uses there.

Pictures stay on the card: they are handed on as CuPy arrays over the framework's memory (DLPack). Nothing waits while
holding the GIL: the picture's extremes, two numbers, are computed alongside it, and reading them waits for both. Knows
no OpenGL; `render/gl/cuda_interop.py` puts the picture into a texture.

Never yet run on a card: see docs/gpu.md.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from engine.core.errors import CudaError, ModelError, in_one_line
from engine.networks.backends.keras_backend import mapped_libraries
from engine.networks.generator.folded_layers import fold, fold_previews, layers_for
from engine.networks.generator.preview_rgb import find_preview_rgb
from engine.networks.persona import Persona
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.weight_file import read_network
from engine.system.cuda_driver import CudaDriver
from engine.system.gpu_memory import leave_room, limit_loaded
from engine.types import ByteArray, DeviceImage, FloatArray

# Keras backends, fastest first, and the packages whose presence shows that each has CUDA support here.
_CUDA_PACKAGES = {
    "jax": ("jax_cuda12_plugin", "jax_cuda13_plugin"),
    "torch": ("torch",),
    "tensorflow": ("nvidia.cudnn",),  # of tensorflow[and-cuda]
}

_log = logging.getLogger(__name__)

Launch = Callable[[FloatArray], tuple[list[Any], Any]]
"""Latents (1, latent_size) -> pictures (H, W, 4) in flight, and the lowest and highest level of the last one."""


class GpuEngine:
    """Network ready to draw on the card. One thread at a time may use it.

    Args:
        launch: starts drawing one latent.
        backend: Keras backend: `jax`, `torch` or `tensorflow`.
        precision: `float32` or `bfloat16`.
        stays_on_card: queried for each picture of `draw_one`: whether to leave it on the card.
    """

    most_at_once = 1

    def __init__(
        self, launch: Launch, backend: str, precision: str, stays_on_card: Callable[[], bool] = lambda: False
    ) -> None:
        self.backend = backend
        self.precision = precision
        self._launch = launch
        self._stays_on_card = stays_on_card
        self._can_stay = True

    def draw(self, latents: FloatArray) -> list[ByteArray]:
        """Draw (1, latent_size) -> (1, S, S, 4) uint8 in host memory: lower resolutions first, if opened with previews,
        and the finished picture last."""
        from keras import ops

        pictures, _ = self._launch(latents)
        return [np.asarray(ops.convert_to_numpy(picture))[None] for picture in pictures]

    def draw_together(self, latents: FloatArray) -> list[ByteArray | DeviceImage]:
        """(N, latent_size) -> the finished pictures (S, S, 4), one after another."""
        return [self.draw_one(z) for z in latents]

    def draw_one(self, z: FloatArray) -> ByteArray | DeviceImage:
        """Draw (latent_size,) -> only the finished picture (S, S, 4)."""
        from keras import ops

        pictures, extremes = self._launch(np.ascontiguousarray(z, np.float32)[None])
        darkest, brightest = (int(level) for level in ops.convert_to_numpy(extremes))  # waits, without the GIL
        if self._can_stay and self._stays_on_card():
            try:
                return DeviceImage(as_cupy(pictures[-1], self.backend), darkest, brightest)
            except CudaError as error:
                self._can_stay = False
                _log.warning("drawn faces are copied off the graphics card: %s", error)
        return np.asarray(ops.convert_to_numpy(pictures[-1]))


@dataclass(frozen=True)
class GpuRuntime:
    """Opens a persona's generator on the card.

    Attributes:
        persona: persona with the generator.
        backend, precision, stays_on_card: see `GpuEngine`.
    """

    persona: Persona
    backend: str
    precision: str
    stays_on_card: Callable[[], bool] = lambda: False

    @property
    def name(self) -> str:
        return self.backend

    def open(self, size_px: int, with_previews: bool = False) -> GpuEngine:
        """Open an engine; its first picture waits until the framework has compiled the network.

        Args:
            size_px: resolution to draw; lower ones need the persona's preview layers.
            with_previews: whether to draw lower resolutions too, if the persona has layers for them.

        Raises:
            ModelError: the generator's file is damaged.
        """
        from engine.networks.generator.folded_network import FoldedGenerator

        settings, arrays = read_network(self.persona.generator_path, GeneratorSettings)
        previews = fold_previews(settings, find_preview_rgb(self.persona))
        layers, on_the_way = layers_for(settings, fold(settings, arrays), previews, size_px, with_previews)
        launch = _COMPILERS[self.backend](FoldedGenerator(settings, layers, self.precision, on_the_way))
        return GpuEngine(launch, self.backend, self.precision, self.stays_on_card)


def open_on_gpu(
    persona: Persona, precision: str, stays_on_card: Callable[[], bool], *, is_asked: bool
) -> GpuRuntime | None:
    """Open the generator on the card; None if Keras can use none.

    Args:
        persona: persona with the generator.
        precision: `auto` is bfloat16 if the card supports it.
        stays_on_card: see `GpuEngine`.
        is_asked: whether the absence of a card is an error.

    Raises:
        ModelError: there is none, and it was requested.
    """
    try:
        driver = CudaDriver()
        if driver.device_count() == 0:
            raise CudaError("the NVIDIA driver finds no card")
    except CudaError as error:  # the usual case, not worth a message at every start
        _tell_without_card(error, logging.DEBUG, is_asked=is_asked)
        return None
    try:
        backend = choose_backend()
        start_backend(backend)
    except (CudaError, ImportError, RuntimeError) as error:
        _tell_without_card(error, logging.INFO, is_asked=is_asked)
        return None
    exact = precision if precision != "auto" else "bfloat16" if driver.computes_bfloat16() else "float32"
    return GpuRuntime(persona, backend, exact, stays_on_card)


def _tell_without_card(error: Exception, level: int, *, is_asked: bool) -> None:
    if is_asked:
        raise ModelError(f"the generator cannot run on a graphics card: {in_one_line(error)}") from error
    _log.log(level, "the generator does not run on a graphics card: %s", in_one_line(error))


def choose_backend() -> str:
    """Choose the configured or an installed Keras backend with CUDA.

    Raises:
        CudaError: there is none, or Keras already runs on another.
    """
    keras = sys.modules.get("keras")
    settled = keras.backend.backend() if keras is not None else os.environ.get("KERAS_BACKEND")
    if settled and settled not in _CUDA_PACKAGES:
        raise CudaError(f"Keras runs on {settled}, which has no CUDA here: set KERAS_BACKEND to jax or torch")
    for backend in (settled,) if settled else _CUDA_PACKAGES:
        if any(_is_installed(package) for package in _CUDA_PACKAGES[backend]):
            return backend
    missing = f"{settled} is not" if settled else "neither JAX, PyTorch nor TensorFlow is"
    raise CudaError(f"{missing} installed with CUDA: see docs/gpu.md")


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # from its parent package
        return False


def start_backend(backend: str) -> None:
    """Load a framework, set it as the Keras backend, and limit its share of the card's memory.

    Raises:
        CudaError: the backend finds no card.
    """
    leave_room()
    if backend == "torch":
        import torch

        found, framework = torch.cuda.is_available(), torch
        torch.backends.cudnn.benchmark = True  # one shape, drawn for hours: benchmarking algorithms pays off
    elif backend == "jax":
        import jax

        found, framework = any(device.platform == "gpu" for device in jax.devices()), jax
    else:
        if "libLLVM" in mapped_libraries():
            raise CudaError("TensorFlow cannot be loaded beside Mesa's software OpenGL, as both bring an LLVM")
        import tensorflow

        found, framework = bool(tensorflow.config.list_physical_devices("GPU")), tensorflow
    if not found:
        raise CudaError(f"{backend} finds no card that it can use")
    limit_loaded(backend, framework)
    os.environ["KERAS_BACKEND"] = backend


def _finished(pictures: Any) -> tuple[list[Any], Any]:
    """Drop the batch axis from the pictures, and compute the extremes of the last one."""
    from keras import ops

    each = [batch[0] for batch in (pictures if isinstance(pictures, list | tuple) else [pictures])]
    colours = each[-1][..., :3]
    return each, ops.stack([ops.min(colours), ops.max(colours)])


def _compile_jax(network: Any) -> Launch:
    import jax

    values = [variable.value for variable in network.non_trainable_variables]

    @jax.jit
    def run(values: list[Any], z: Any) -> tuple[list[Any], Any]:
        pictures, _ = network.stateless_call([], values, z)
        return _finished(pictures)

    return lambda z: run(values, z)


def _compile_torch(network: Any) -> Launch:
    import torch

    def run(z: FloatArray) -> tuple[list[Any], Any]:
        with torch.no_grad():
            pictures, extremes = _finished(network(z))
            return [picture.contiguous() for picture in pictures], extremes  # cuDNN may have kept channels first

    return run


def _compile_tensorflow(network: Any) -> Launch:
    import tensorflow as tf

    signature = tf.TensorSpec([1, network.settings.latent_size], tf.float32)
    run: Launch = tf.function(lambda z: _finished(network(z)), input_signature=[signature], jit_compile=True)
    return run


_COMPILERS: dict[str, Callable[[Any], Launch]] = {
    "jax": _compile_jax,
    "torch": _compile_torch,
    "tensorflow": _compile_tensorflow,
}


def as_cupy(picture: Any, backend: str) -> Any:
    """Wrap a framework's tensor in a CuPy array over the same memory, which keeps the tensor alive.

    Args:
        picture: (H, W, 4) uint8, a finished tensor of the backend.
        backend: `jax`, `torch` or `tensorflow`.

    Raises:
        CudaError: CuPy cannot wrap it.
    """
    try:
        import cupy

        if backend == "tensorflow":  # its tensors have no `__dlpack__`
            import tensorflow as tf

            array = cupy.from_dlpack(tf.experimental.dlpack.to_dlpack(picture))
        else:
            array = cupy.from_dlpack(picture)
    except (ImportError, RuntimeError, ValueError, TypeError, BufferError) as error:
        raise CudaError(
            f"CuPy cannot take over a picture of {backend}: {' '.join(str(error).split())[:200]}"
        ) from error
    if not array.flags.c_contiguous:
        raise CudaError(f"{backend} does not store pictures as rows, columns, colours")
    return array
