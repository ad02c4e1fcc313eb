"""A latent in N bits."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.inversion.latent_bits import LatentQuantiser
from engine.networks.pggan.latent_sphere import angle_deg, seed_latent

SIZE = 512


def test_more_bits_are_nearer_and_eight_a_number_lose_nothing() -> None:
    z = seed_latent(3, SIZE)
    angles = [float(angle_deg(LatentQuantiser(SIZE)(z, bits), z)) for bits in (3, 64, 256, 512, 1024, 2048, 4095)]
    assert angles == sorted(angles, reverse=True)
    assert angles[0] > 80 and 30 < angles[3] < 42 and angles[-1] < 3
    assert LatentQuantiser(SIZE)(z, 4096) is z


@pytest.mark.parametrize("bits", [0, 1, 3])
def test_so_many_bits_choose_among_so_many_faces(bits: int) -> None:
    answers = [LatentQuantiser(SIZE)(seed_latent(seed, SIZE), bits) for seed in range(60)]
    assert len({answer.tobytes() for answer in answers}) == 2**bits
    assert all(np.linalg.norm(answer) == pytest.approx(SIZE**0.5, rel=1e-5) for answer in answers)


def test_a_further_bit_refines_the_last_choice() -> None:
    z = seed_latent(5, SIZE)
    seven, eight = LatentQuantiser(SIZE)(z, 7), LatentQuantiser(SIZE)(z, 8)
    changed = np.flatnonzero(~np.isclose(seven / np.linalg.norm(seven[20:]), eight / np.linalg.norm(eight[20:])))
    assert list(changed) == [7]


def test_a_number_that_trembles_about_the_mean_does_not_flip() -> None:
    quantiser, z = LatentQuantiser(SIZE), seed_latent(7, SIZE).copy()
    sides = []
    for value in (0.05, -0.05, 0.1, -0.15, -0.5, 0.1, -0.1, 0.6):
        z[0] = value
        sides.append(np.sign(quantiser(z, 1)[0]))
    assert sides == [1, 1, 1, 1, -1, -1, -1, 1]
    quantiser.reset()
    z[0] = -0.05
    assert quantiser(z, 1)[0] < 0
