"""Those who draw, each in a process of its own: `worker` loads one, in an environment that has it.

`narcissus`, `reference`, `openvino`, `onnxruntime` and `pytorch` are modules with

    WAYS                                                    pairs of form and variant that can be tried
    version() -> str                                        what it runs on
    open_case(folder, form, precision, variant) -> Opened   the generator in a persona's folder
    peaks() -> Peaks                                        of its device, where it can measure them

The latter three read nothing of the show but what needs NumPy alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.types import ByteArray, FloatArray

PROCESSOR = "processor"


class NotOfferedError(Exception):
    """A contender does not compute in that precision, form or way; the message is one sentence that says so."""


@dataclass(frozen=True)
class Opened:
    """A generator that is ready to draw.

    Attributes:
        draw: latents (1, latent_size) float32 -> pixels (1, H, W, 4) uint8 RGBA, finished when it returns.
        how: in which of its ways, for the report: threads, compiled or not.
        device: `processor`, or the name of a graphics card.
    """

    draw: Callable[[FloatArray], ByteArray]
    how: str
    device: str = PROCESSOR
