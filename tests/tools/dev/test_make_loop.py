"""README's moving picture: its end goes over into its beginning, and it keeps to its size."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from tools.dev.make_loop import CUT_S, SECONDS, as_webp, closed, visitor
from tools.simulation.simulated_visit import RATE_HZ


def test_the_end_dissolves_into_the_beginning() -> None:
    count, cut = round(SECONDS * RATE_HZ), round(CUT_S * RATE_HZ)
    frames = [np.full((2, 2, 3), index, np.uint8) for index in range(count + cut)]
    loop = [int(frame[0, 0, 0]) for frame in closed(frames)]
    assert len(loop) == count
    assert loop[: count - cut] == list(range(cut, count))
    steps = np.diff([*loop[count - cut - 1 :], loop[0]])
    assert loop[-1] < cut + 5 and (steps <= 1).all()


def test_the_film_is_as_small_as_it_must_be() -> None:
    random = np.random.default_rng(0)
    frames = [random.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(4)]
    large = as_webp(frames, 10**9)
    small = as_webp(frames, len(large) * 2 // 3)
    assert len(small) <= len(large) * 2 // 3
    with Image.open(io.BytesIO(small)) as film:
        assert film.n_frames == 4 and film.size == (64, 48)  # type: ignore[attr-defined]


def test_the_visitor_is_cut_from_the_middle() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:, 300:340] = 255
    cut = visitor(picture)
    assert cut.shape == (252, 224, 3) and cut[126, 112].min() > 200 and cut[126, 10].max() == 0
