"""Backend of Keras for training; everything else uses `keras.ops`."""

from __future__ import annotations

from types import ModuleType

import keras

from engine.core.errors import ModelError
from engine.networks.backends.cpu_features import computes_bfloat16

PRECISIONS = ("auto", "float32", "bfloat16")


def training_backend() -> ModuleType:
    """Module with `pull_back`, `compiled`, `has_gpu` and `gpu_has_bfloat16` for the current Keras backend.

    Raises:
        ModelError: the backend is neither TensorFlow nor JAX.
    """
    name = keras.backend.backend()
    if name == "tensorflow":
        from tools.gan import backend_tensorflow

        return backend_tensorflow
    if name == "jax":
        from tools.gan import backend_jax

        return backend_jax
    raise ModelError(f"training runs on TensorFlow or JAX and not on {name}: set KERAS_BACKEND to one of them")


def resolve_precision(wanted: str) -> str:
    """Resolve to `float32` or `bfloat16`. Never float16, in which the pixel norm's 1e-8 is 0.

    `auto` is bfloat16 if it is faster: on recent GPUs, and in TensorFlow on processors that support it; JAX has no
    bfloat16 convolutions there.
    """
    if wanted != "auto":
        return wanted
    backend = training_backend()
    if backend.has_gpu():
        return "bfloat16" if backend.gpu_has_bfloat16() else "float32"
    is_fast = keras.backend.backend() == "tensorflow" and computes_bfloat16()
    return "bfloat16" if is_fast else "float32"
