"""Interfaces of generator backends, and the quality levels (runtime and resolution) of a generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.types import ByteArray, DeviceImage, FloatArray


@dataclass(frozen=True)
class QualityLevel:
    """A way to draw, one of several; the less it needs, the lower it is.

    Attributes:
        runtime: what computes it, e.g. `openvino`.
        size_px: width and height of its pictures.
    """

    runtime: str
    size_px: int

    def __str__(self) -> str:
        return f"{self.size_px} px on {self.runtime}"


class Engine(Protocol):
    """A network that is ready to run at one quality level.

    Attributes:
        precision: `float32` or `bfloat16`.
        most_at_once: latents that `draw` takes.
    """

    most_at_once: int

    @property
    def precision(self) -> str: ...

    def draw_one(self, z: FloatArray) -> ByteArray | DeviceImage:
        """A latent (latent_size,) float32 -> its finished picture (H, W, 4) uint8, of its own memory."""
        ...

    def draw(self, latents: FloatArray) -> list[ByteArray]:
        """Latents (N, latent_size) float32, C-contiguous -> pictures (N, H, W, 4) uint8 of their own memory, those of
        the resolutions on the way first, 4x4 before all, if it was opened with previews."""
        ...


class Runtime(Protocol):
    """Opens a persona's generator on what it is named after."""

    @property
    def name(self) -> str: ...

    def open(self, size_px: int, with_previews: bool) -> Engine:
        """An engine, ready to draw; takes from a tenth of a second to some seconds."""
        ...
