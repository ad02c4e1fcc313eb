"""Gradients and compilation with JAX; see `backend_tensorflow.py`, which has the same functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from engine.core.errors import ModelError


def pull_back(function: Callable[[Any], tuple[Any, Any]], values: Any) -> tuple[Any, Any, Callable[[Any], Any]]:
    """Run a function and keep what its gradient needs."""
    output, back, rest = jax.vjp(function, values, has_aux=True)
    return output, rest, lambda slope: back(slope)[0]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function for the shapes of its arguments."""
    return jax.jit(function)


def fused(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function unchanged: XLA compiles and fuses everything here."""
    return function


def limit_threads(count: int) -> None:
    """Refuse: JAX uses all threads the system allows.

    Raises:
        ModelError: always.
    """
    raise ModelError(f"JAX cannot be held to {count} threads: start it with `taskset`, or leave --threads out")


def has_gpu() -> bool:
    return jax.default_backend() == "gpu"


def gpu_has_bfloat16() -> bool:
    """Whether every GPU is of compute capability 8.0 (Ampere) or later."""
    capabilities = [getattr(device, "compute_capability", "0") for device in jax.devices() if device.platform == "gpu"]
    return bool(capabilities) and all(float(capability) >= 8.0 for capability in capabilities)
