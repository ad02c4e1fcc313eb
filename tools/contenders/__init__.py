"""Those who draw: each module is one of them, and is loaded by `tools.contenders.worker` alone, in a process and
an environment of its own. A module has

    version() -> str                          of what it runs on
    DEVICE or device() ...                    see `Opened`
    open_case(folder, form, precision, variant) -> Opened
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
        form: the one that it runs, where it chooses itself; else None.
    """

    draw: Callable[[FloatArray], ByteArray]
    how: str
    device: str = PROCESSOR
    form: str | None = None
