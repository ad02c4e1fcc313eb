"""Training data of the small network: faces cropped as in the show, classes, weights.

Labels are from public records; unknown ones are -1 here and have no weight. Knows no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.features.face_crop import crop_face
from engine.features.featurizer import Featurizer
from engine.networks.attributes.small_cnn import ANSWERS, INPUT_PX
from engine.types import ByteArray, Frame
from tools.dataset.portrait_set import KIND_WEIGHTS, Label, PortraitSet

MARGIN_PX = 8
"""Margin on each side of a crop beyond the network's input, for augmentation."""
FEWEST = 5  # minimum number of faces of a class per kind of picture: fewer would each weigh like hundreds
AGE_FROM = (50, 65)  # first year of each age class except the first

Classes = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledFaces:
    """Faces found in portraits.

    Attributes:
        labels: N labels.
        greys: (N, S, S) uint8, squares from `crop_face` with `MARGIN_PX` around them.
    """

    labels: tuple[Label, ...]
    greys: ByteArray

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, chosen: NDArray[np.bool_]) -> LabelledFaces:
        """Subset of the faces (N,)."""
        labels = tuple(label for label, is_chosen in zip(self.labels, chosen, strict=True) if is_chosen)
        return LabelledFaces(labels, self.greys[chosen])

    @property
    def squares(self) -> ByteArray:
        """Network inputs (N, 64, 64)."""
        return np.ascontiguousarray(self.greys[:, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX])

    @property
    def kinds(self) -> list[str]:
        return [label.kind for label in self.labels]

    def classes(self, question: str) -> Classes:
        """Class of each face in `ANSWERS`, (N,), -1 if unknown."""
        read = {"age": _age_class, "gender": _gender_class}[question]
        return np.array([read(label) for label in self.labels], np.int64)

    def weights(self, question: str) -> Numbers:
        """Weights (N,), see `balanced_weights`."""
        return balanced_weights(self.classes(question), self.kinds, len(ANSWERS[question]))


def find_faces(portraits: PortraitSet) -> LabelledFaces:
    """Crop the faces found in portraits, with a progress bar."""
    labels, greys = [], []
    with Featurizer("static") as featurizer:
        pairs = zip(portraits.labels, portraits.pictures, strict=True)
        for label, picture in tqdm(pairs, total=len(portraits), unit="picture", desc="faces", disable=None):
            features = featurizer(Frame(picture, 0.0, 0))
            if features is not None:
                face = crop_face(picture, features.placement, INPUT_PX, MARGIN_PX)
                labels.append(label)
                greys.append(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY))
    side_px = INPUT_PX + 2 * MARGIN_PX
    return LabelledFaces(tuple(labels), np.array(greys, np.uint8).reshape(-1, side_px, side_px))


def balanced_weights(classes: Classes, kinds: Sequence[str], class_count: int) -> Numbers:
    """Weights (N,) that balance the classes, overall and within each kind of picture.

    Otherwise a network could infer gender from photographic grain: nearly all old photographs show men. Kinds are
        weighted
    by `KIND_WEIGHTS`; a kind with fewer than `FEWEST` faces of a class has weight 0. The mean over faces of a known
    class is 1, or all weights are 0.
    """
    weights = np.zeros(len(classes))
    of_kind = np.array(kinds)
    for kind, share in KIND_WEIGHTS.items():
        is_kind = (of_kind == kind) & (classes >= 0)
        counts = np.bincount(classes[is_kind], minlength=class_count)
        if counts.min() >= FEWEST:
            weights[is_kind] = share * counts.sum() / (class_count * counts[classes[is_kind]])
    total = weights.sum()
    return weights * ((classes >= 0).sum() / total) if total else weights


def held_out(labels: Sequence[Label], share: float, seed: int) -> NDArray[np.bool_]:
    """Mask (N,) of a share of the people, with all their portraits; deterministic for the same labels and seed."""
    people = sorted({label.id for label in labels})
    count = round(share * len(people))
    chosen = set(np.random.default_rng(seed).permutation(np.array(people))[:count].tolist())
    return np.array([label.id in chosen for label in labels], np.bool_)


def _age_class(label: Label) -> int:
    return -1 if label.age is None else int(np.searchsorted(AGE_FROM, label.age, side="right"))


def _gender_class(label: Label) -> int:
    return {"M": 0, "F": 1}.get(label.gender, -1)
