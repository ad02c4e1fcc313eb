"""Reference: the plain Keras network in float32 on TensorFlow, which all others must match. It is not timed."""

from __future__ import annotations

from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import numpy as np

from engine.networks.persona import GENERATOR_FILE, load_generator
from engine.types import ByteArray
from tools.bench.runtimes import Opened
from tools.reporting.contact_sheet import to_pixels

WAYS = (("plain", ""),)


def version() -> str:
    return f"Keras {version_of('keras')}"


def open_case(folder: Path, form: str, precision: str, variant: str) -> Opened:
    network = load_generator(folder / GENERATOR_FILE)

    def draw(z: Any) -> ByteArray:
        import keras

        colours = to_pixels(keras.ops.convert_to_numpy(network(keras.ops.convert_to_tensor(z))))
        return np.concatenate([colours, np.full_like(colours[..., :1], 255)], -1)

    return Opened(draw, "plain Keras network")
