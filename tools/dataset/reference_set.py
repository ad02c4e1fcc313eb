"""Reference portraits for evaluating a generator at its resolution.

References come from the `train` split, in the proportions of kinds used in training: that is what the generator was
asked to imitate; the few portraits of the other split have other proportions. Weighted sampling with replacement would
repeat pictures, and repeated pictures make every distance too small; so none is taken twice, and the number is limited
by the kind with the largest weight. The `val` split is used only to measure memorisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import DeviceError
from engine.types import ByteArray
from tools.dataset.portrait_set import KIND_WEIGHTS, Label, PortraitSet, read_portraits

Indices = NDArray[np.int64]


def draw_references(labels: Sequence[Label], most: int, seed: int = 0) -> Indices:
    """Indices of the references: at most `most`, without repetition, kinds in training proportions, in random order.

    With the weights 1, 0.3 and 0.1 these are at most all portraits of the first kind, plus three tenths of that number
    of the second and one tenth of the third.
    """
    random = np.random.default_rng(seed)
    kinds = np.array([label.kind for label in labels])
    weights = {kind: KIND_WEIGHTS[kind] for kind in sorted(set(kinds.tolist()))}
    counts = {kind: int((kinds == kind).sum()) for kind in weights}
    weight_of_all = sum(weights[kind] * counts[kind] for kind in weights)
    total = min(float(most), weight_of_all / max(weights.values()))
    chosen = [
        random.choice(
            np.flatnonzero(kinds == kind), round(total * weight * counts[kind] / weight_of_all), replace=False
        )
        for kind, weight in weights.items()
    ]
    return np.asarray(random.permutation(np.concatenate(chosen)), np.int64)


def split_by_person(labels: Sequence[Label], seed: int = 0) -> tuple[Indices, Indices]:
    """Indices of two equal halves of portraits without common people, in random order."""
    random = np.random.default_rng(seed)
    people = np.array([label.id for label in labels])
    names = random.permutation(np.unique(people))
    is_first = np.isin(people, names[: len(names) // 2])
    first, second = random.permutation(np.flatnonzero(is_first)), random.permutation(np.flatnonzero(~is_first))
    count = min(len(first), len(second))
    return first[:count], second[:count]


@dataclass(frozen=True)
class References:
    """Portraits at the size of a generator.

    Attributes:
        training: the `train` split.
        held_out: the `val` split.
        chosen: portraits of `training` to compare drawn pictures with; see `draw_references`.
        halves: two halves of `chosen`, as indices into it; see `split_by_person`.
    """

    training: PortraitSet
    held_out: PortraitSet
    chosen: PortraitSet
    halves: tuple[Indices, Indices]

    @property
    def size_px(self) -> int:
        """Width and height of every picture."""
        return self.chosen.size_px

    @property
    def half_pictures(self) -> tuple[ByteArray, ByteArray]:
        """Two halves of `chosen`."""
        first, second = self.halves
        return self.chosen.pictures[first], self.chosen.pictures[second]

    @property
    def shares(self) -> dict[str, float]:
        """Share of each kind in training; they sum to 1."""
        shares: dict[str, float] = {}
        for label, probability in zip(self.training.labels, self.training.probabilities, strict=True):
            shares[label.kind] = shares.get(label.kind, 0.0) + float(probability)
        return shares


class ReferenceReader:
    """Portraits of a set, read once, at any size of a generator.

    Args:
        path: FILE.zip, with both splits.

    Raises:
        DeviceError: it cannot be read, or a split is empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._training = read_portraits(path, "train")
        self._held_out = read_portraits(path, "val")

    def at_size(self, size_px: int, most: int) -> References:
        """References at a size, at most `most` of them.

        Raises:
            DeviceError: the portraits are smaller, cannot be halved to that size, or are too few.
        """
        try:
            training, held_out = self._training.at_size(size_px), self._held_out.at_size(size_px)
        except ValueError:
            found = self._training.size_px
            raise DeviceError(
                f"{self.path} holds portraits of {found} px and the generator draws {size_px} px: take a set of "
                f"{size_px} px, or of two, four or eight times as many"
            ) from None
        indices = draw_references(training.labels, most)
        chosen = PortraitSet(tuple(training.labels[index] for index in indices), training.pictures[indices])
        halves = split_by_person(chosen.labels)
        if not len(halves[0]):
            raise DeviceError(f"{self.path} has too few portraits in the split 'train' to compare them with each other")
        return References(training, held_out, chosen, halves)
