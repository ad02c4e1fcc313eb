"""Interfaces of generator backends, and the quality levels (runtime and resolution) of a generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.types import ByteArray, DeviceImage, FloatArray

ENCODER_BACKENDS = ("jax", "torch")  # Keras backends on a graphics card that can run the encoder too


@dataclass(frozen=True)
class QualityLevel:
    """One of several ways to draw; a lower level needs less time or memory.

    Attributes:
        runtime: backend name, e.g. `openvino`.
        size_px: width and height of its pictures.
    """

    runtime: str
    size_px: int

    def __str__(self) -> str:
        return f"{self.size_px} px on {self.runtime}"


class Engine(Protocol):
    """Network ready to run at one quality level.

    Attributes:
        precision: `float32` or `bfloat16`.
        most_at_once: maximum batch size of `draw`.
    """

    most_at_once: int

    @property
    def precision(self) -> str: ...

    def draw_one(self, z: FloatArray) -> ByteArray | DeviceImage:
        """Draw one latent (latent_size,) float32: the finished picture (H, W, 4) uint8, in memory of its own."""
        ...

    def draw_together(self, latents: FloatArray) -> Sequence[ByteArray | DeviceImage]:
        """Latents (N, latent_size) float32 of one turn -> their N finished pictures (H, W, 4) uint8."""
        ...

    def draw(self, latents: FloatArray) -> list[ByteArray]:
        """Draw latents (N, latent_size) float32, C-contiguous: pictures (N, H, W, 4) uint8 in memory of their own. If
        opened with previews, those of lower resolutions come first, starting with 4x4."""
        ...


class Runtime(Protocol):
    """Opens a persona's generator on a backend."""

    @property
    def name(self) -> str: ...

    def open(self, size_px: int, with_previews: bool) -> Engine:
        """Open an engine, ready to draw; takes from a tenth of a second to a few seconds."""
        ...
