"""Limits on the GPU memory of networks, so that OpenGL keeps its share.

By default JAX takes three quarters of the card at its start, and TensorFlow all of it; textures without room are then
moved to main memory or fail. Call `leave_room` before loading a framework or CuPy and, for a framework, `limit_loaded`
after. Knows no network and no window.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

NETWORK_SHARE = 0.6
"""Share of the card's memory for networks: a 1024 px generator takes less than 1 GB, two 4K projectors some hundred
MB."""
CUPY_SHARE = 0.1
"""Share for CuPy, which only holds the picture of the start-up probe: drawn pictures stay in the framework's memory."""

_ENVIRONMENT = {
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # JAX: grow when needed ...
    "XLA_PYTHON_CLIENT_MEM_FRACTION": f"{NETWORK_SHARE:.2f}",  # ... up to this share
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "CUPY_GPU_MEMORY_LIMIT": f"{CUPY_SHARE:.0%}",
}


def leave_room(environment: MutableMapping[str, str] = os.environ) -> None:
    """Limit frameworks that are not loaded yet, by their variables; those the operator has set stay."""
    for name, value in _ENVIRONMENT.items():
        environment.setdefault(name, value)


def limit_loaded(backend: str, framework: Any) -> None:
    """Limit a loaded framework that reads no environment, before it takes any of the card's memory.

    Args:
        backend: `tensorflow`, `jax` or `torch`.
        framework: its module.
    """
    if backend == "torch":
        for device in range(framework.cuda.device_count()):
            framework.cuda.set_per_process_memory_fraction(NETWORK_SHARE, device)
    elif backend == "tensorflow":
        for device in framework.config.list_physical_devices("GPU"):
            framework.config.experimental.set_memory_growth(device, True)
