"""Memorisation: whether drawn pictures are closer to training pictures than to pictures the generator never saw.

Distance is the root mean square over the pixels of 32 px thumbnails, in levels of 255, to a picture or its mirror
image, because training uses both. Two ratios are needed, as each alone can be deceived:

- From drawn pictures: distance to the nearest of some training pictures, over that to the nearest held-out one. Both
  sets have equal size and kinds. This detects a generator that clings to a few pictures; one that copies from a large
  training set passes, because few of its originals are among those selected.
- From the data: distance of training pictures from the nearest of all drawn pictures, over that of held-out ones. This
  detects copies of any of them (the direction of the recall in Kynkäänniemi et al. 2019; see also the test for data
  copying by Meehan et al. 2020).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import ByteArray, FloatArray
from tools.metrics.pairwise import blocks, squared_distances
from tools.metrics.thumbnails import thumbnails

DRAWS = 40  # selections of training pictures to compare with the held-out ones
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Nearest:
    """Nearest picture to a drawn one.

    Attributes:
        distance: in levels of 255.
        index: index in its set.
        is_mirrored: whether its mirror image is nearer than itself.
    """

    distance: float
    index: int
    is_mirrored: bool


@dataclass(frozen=True)
class Memorisation:
    """Similarity of drawn pictures to single training pictures.

    Attributes:
        nn_ratio: mean distance from drawn to training pictures over that to as many held-out ones: about 1; much less
                if the generator repeats what it saw. Mean over `DRAWS` selections of training pictures.
        nn_spread: standard deviation over these selections: the effect of chance for a set of that size.
        copy_ratio: mean distance from training pictures to the nearest drawn one over that from held-out pictures,
                kinds weighted as in training: about 1; slightly less is normal, much less means copies.
        copy_spread: its standard error, mostly due to the small number of held-out pictures.
        training, held_out: for each drawn picture, the nearest in the set.
        from_training, from_held_out: (M,) distance from each picture of the set to the nearest drawn one.
    """

    nn_ratio: float
    nn_spread: float
    copy_ratio: float
    copy_spread: float
    training: tuple[Nearest, ...]
    held_out: tuple[Nearest, ...]
    from_training: FloatArray
    from_held_out: FloatArray


def measure_memorisation(
    drawn: ByteArray,
    training: ByteArray,
    held_out: ByteArray,
    kinds: tuple[Sequence[str], Sequence[str]],
    shares: Mapping[str, float],
    seed: int = 0,
) -> Memorisation:
    """Compare drawn pictures with training and held-out ones, all (N, S, S, 3) uint8.

    Args:
        kinds: kinds of the training and held-out pictures.
        shares: weight of each kind in training.

    Raises:
        ValueError: no kind has pictures in both sets.
    """
    kinds_training, kinds_held_out = (np.asarray(names) for names in kinds)
    shared = sorted(set(kinds_training) & set(kinds_held_out))
    if not shared:
        raise ValueError("no kind of picture is both in the training and held out")
    random = np.random.default_rng(seed)
    draws = [_equal_sets(random, kinds_training, kinds_held_out, shared) for _ in range(DRAWS)]
    to_training, to_held_out = _Distances(drawn, training), _Distances(drawn, held_out)
    ratios = np.array([to_training.from_drawn(one) / to_held_out.from_drawn(other) for one, other in draws])
    copy_ratio, copy_spread = _copy_ratio(
        [to_training.from_data[kinds_training == kind] for kind in shared],
        [to_held_out.from_data[kinds_held_out == kind] for kind in shared],
        np.array([shares[kind] for kind in shared]),
    )
    return Memorisation(
        nn_ratio=float(ratios.mean()),
        nn_spread=float(ratios.std()),
        copy_ratio=copy_ratio,
        copy_spread=copy_spread,
        training=to_training.nearest,
        held_out=to_held_out.nearest,
        from_training=to_training.from_data,
        from_held_out=to_held_out.from_data,
    )


def _equal_sets(
    random: np.random.Generator, training: NDArray[np.str_], held_out: NDArray[np.str_], shared: Sequence[str]
) -> tuple[Indices, Indices]:
    """Equal numbers of training and held-out pictures of each kind, as many as both have."""
    chosen: tuple[list[Indices], list[Indices]] = ([], [])
    for kind in shared:
        candidates = [np.flatnonzero(kinds == kind) for kinds in (training, held_out)]
        count = min(len(indices) for indices in candidates)
        for indices, sets in zip(candidates, chosen, strict=True):
            sets.append(random.choice(indices, count, replace=False))
    return np.concatenate(chosen[0]), np.concatenate(chosen[1])


class _Distances:
    """Distances between drawn pictures and those of a set.

    Attributes:
        from_data: (M,) distance from each picture of the set to the nearest drawn one.
        nearest: nearest in the set, for each drawn picture.
    """

    def __init__(self, drawn: ByteArray, pictures: ByteArray) -> None:
        points, straight = thumbnails(drawn), thumbnails(pictures)
        mirrored = thumbnails(pictures[:, :, ::-1])
        grey = straight.mean(axis=0)  # closer to zero, float32 is more accurate
        self._matrix: FloatArray = np.empty((len(points), len(pictures)), np.float32)  # squared
        nearest: list[Nearest] = []
        for rows in blocks(len(points)):
            centred = points[rows] - grey
            as_it_is = squared_distances(centred, straight - grey) / points.shape[1]
            as_mirrored = squared_distances(centred, mirrored - grey) / points.shape[1]
            self._matrix[rows] = np.minimum(as_it_is, as_mirrored)
            for row, column in enumerate(self._matrix[rows].argmin(axis=1)):
                least = float(np.sqrt(self._matrix[rows.start + row, column]))
                nearest.append(Nearest(least, int(column), bool(as_mirrored[row, column] < as_it_is[row, column])))
        self.from_data: FloatArray = np.sqrt(self._matrix.min(axis=0))
        self.nearest = tuple(nearest)

    def from_drawn(self, chosen: Indices) -> float:
        """Mean distance of drawn pictures to the nearest of a selection from the set."""
        return float(np.sqrt(self._matrix[:, chosen].min(axis=1)).mean())


def _copy_ratio(
    training: Sequence[FloatArray], held_out: Sequence[FloatArray], shares: NDArray[np.float64]
) -> tuple[float, float]:
    """Ratio of the weighted means over kinds, and its standard error."""
    weights = shares / shares.sum()
    means, errors = [], []
    for kinds in (training, held_out):
        mean = float(sum(weight * kind.mean() for weight, kind in zip(weights, kinds, strict=True)))
        variance = sum(weight**2 * kind.var() / len(kind) for weight, kind in zip(weights, kinds, strict=True))
        means.append(mean)
        errors.append(float(np.sqrt(variance)) / mean)
    ratio = means[0] / means[1]
    return ratio, ratio * math.hypot(*errors)
