"""A latent in N bits: which face is left when only so much may be said.

Bits go to the numbers in turn, first one for each, then a second, and so on; an encoder's first numbers are those that
show most. One bit says on which side of the mean a number is, further ones halve the interval (uniform quantisation of
a normal variable, clipped). Numbers without a bit are those of one fixed face, so that N bits choose among 2^N faces
that the generator draws well, and each further bit only refines the last choice.
"""

from __future__ import annotations

import numpy as np

from engine.networks.pggan.latent_sphere import normalise, seed_latent
from engine.types import FloatArray

BITS_PER_NUMBER = 8
BASE_SEED = 10  # of the face that is left without any bit
ONE_BIT, CLIPPED = 0.8, 2.6  # mean magnitude of a normal variable, and where more bits clip it; standard deviations
HELD = 0.2  # a single bit changes only beyond this on the other side, so that it does not flicker


class LatentQuantiser:
    """Quantises the latents of one visitor, from frame to frame. Belongs to one thread.

    Args:
        latent_size: numbers in a latent.
    """

    def __init__(self, latent_size: int) -> None:
        self._base = seed_latent(BASE_SEED, latent_size)
        self._sides = np.zeros(latent_size, np.float32)

    def reset(self) -> None:
        """Forget the last visitor."""
        self._sides[:] = 0

    def __call__(self, z: FloatArray, bits: int) -> FloatArray:
        """The latent (latent_size,) float32 on the sphere that `bits` bits say of `z`; `z` itself if none is lost."""
        whole, further = divmod(max(bits, 0), len(z))
        if whole >= BITS_PER_NUMBER:
            return z
        is_other = (self._sides == 0) | ((z * self._sides < 0) & (np.abs(z) > HELD))
        self._sides = np.where(is_other, np.where(z < 0, -1.0, 1.0), self._sides).astype(np.float32)
        coarse, fine = (self._in_bits(z, each) for each in (whole, whole + 1))
        return normalise(np.where(np.arange(len(z)) < further, fine, coarse).astype(np.float32))

    def _in_bits(self, z: FloatArray, bits: int) -> FloatArray:
        if bits == 0:
            return self._base
        if bits == 1:
            return ONE_BIT * self._sides
        step = 2 * CLIPPED / 2**bits
        index = np.clip(np.floor(z / step), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return np.asarray((index + 0.5) * step, np.float32)
