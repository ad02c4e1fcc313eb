"""Runtimes under comparison, each in a process of its own: `worker` loads one, in an environment that has it.

`narcissus`, `reference`, `openvino`, `onnxruntime` and `pytorch` are modules with

    WAYS                                                    supported pairs of form and variant
    version() -> str                                        name and version
    open_case(folder, form, precision, variant) -> Opened   the generator in a persona's folder
    peaks() -> Peaks                                        of its device, if it can measure them

The last three import only those parts of the show that need nothing but NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.types import ByteArray, FloatArray

PROCESSOR = "processor"


class NotOfferedError(Exception):
    """The runtime does not support this precision, form or variant; the message is one sentence."""


@dataclass(frozen=True)
class Opened:
    """Generator ready to draw.

    Attributes:
        draw: latents (1, latent_size) float32 -> pixels (1, H, W, 4) uint8 RGBA, finished on return.
        how: settings for the report: threads, compiled or not.
        device: `processor`, or the name of a graphics card.
    """

    draw: Callable[[FloatArray], ByteArray]
    how: str
    device: str = PROCESSOR
