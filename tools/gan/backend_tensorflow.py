"""Gradients and compilation with TensorFlow; `backend_jax.py` has the same functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import tensorflow as tf

# It would merge rectifiers into convolutions, fail because gradients need the intermediate values, and log an error.
tf.config.optimizer.set_experimental_options({"remapping": False})


def pull_back(function: Callable[[Any], tuple[Any, Any]], values: Any) -> tuple[Any, Any, Callable[[Any], Any]]:
    """Run a function and keep what its gradient needs.

    Args:
        function: values -> (output, auxiliary result); the output is a tensor or a list of tensors.
        values: a tensor, or tensors in lists and tables.

    Returns:
        The output, the auxiliary result, and a function from the gradient at the output to that at the values, usable
        once.
    """
    values = tf.nest.map_structure(tf.convert_to_tensor, values)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        output, rest = function(values)

    def back(slope: Any) -> Any:
        return tape.gradient(output, values, slope, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return output, rest, back


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function for the shapes of its arguments; with XLA if there is a GPU (on a CPU it is slower)."""
    return tf.function(function, jit_compile=has_gpu(), autograph=False)  # type: ignore[no-any-return, unused-ignore]


@cache
def fused(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile an element-wise function to one pass with XLA, also within functions that are not compiled by it."""
    return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]


def limit_threads(count: int) -> None:
    """Limit the number of processor threads; must be called before any computation."""
    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def has_gpu() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))


def gpu_has_bfloat16() -> bool:
    """Whether every GPU is of compute capability 8.0 (Ampere) or later."""
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return bool(gpus) and all(detail.get("compute_capability", (0, 0)) >= (8, 0) for detail in details)
