"""Pictures for the tests of measures: soft random fields, whose finest detail is chosen."""

from __future__ import annotations

import cv2
import numpy as np

from engine.types import ByteArray


def fields(count: int, seed: int, size_px: int = 32, blur_px: float = 2.0) -> ByteArray:
    """Pictures (N, S, S, 3) uint8: noise, blurred by a Gaussian, brought to mean 128 and standard deviation 40."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal((count, size_px, size_px, 3)).astype(np.float32)
    soft = np.stack([cv2.GaussianBlur(picture, (0, 0), blur_px) for picture in noise]) if blur_px else noise
    return (128 + 40 * soft / soft.std()).clip(0, 255).astype(np.uint8)
