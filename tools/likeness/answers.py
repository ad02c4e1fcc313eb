"""Reflections of single faces, each by an inverter without history."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.core.errors import DeviceError
from engine.features.aligned_crop import crop_fault
from engine.pipeline.latent_follower import Inverts
from engine.types import ByteArray, Features, FloatArray


def seen_pixels(inverter: Inverts, face: Features) -> ByteArray | None:
    """Face crop for an inverter, if it needs one.

    Raises:
        DeviceError: it needs one, and this face cannot be cropped; the message continues "the face".
    """
    if not inverter.needs_crop:
        return None
    fault = crop_fault(face)
    if fault is not None or face.crop is None:
        raise DeviceError(f"the face {fault}")
    return face.crop.pixels


def can_answer(inverter: Inverts, face: Features) -> bool:
    """Whether an inverter can reflect a face from a single picture."""
    return not inverter.needs_crop or crop_fault(face) is None


def answer_afresh(inverter: Inverts, face: Features, wanted: FloatArray | None = None) -> FloatArray:
    """Latent (n,) for a face.

    Args:
        wanted: features (F,) to use instead of the face's own.

    Raises:
        DeviceError: see `seen_pixels`.
    """
    pixels = seen_pixels(inverter, face)
    inverter.reset()
    return inverter(face.vector if wanted is None else wanted, pixels)


def answers_afresh(inverter: Inverts, faces: Sequence[Features]) -> FloatArray:
    """Latents (N, n) for N faces.

    Raises:
        DeviceError: see `seen_pixels`.
    """
    return np.stack([answer_afresh(inverter, face) for face in faces])
