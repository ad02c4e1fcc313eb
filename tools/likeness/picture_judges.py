"""Independent judges of pictures, to which no inverter is tuned: identity, and visual similarity.

* `feature_ratio`: distance of the frozen features (`frozen_features.py`) between a viewer's crop and the reflection,
  divided by that to another viewer's crop; 1 is a stranger, 0 the same picture. The trainer monitors the same ratio on
  portraits it never trained on.
* `identity_own`, `identity_other`: mean distance from a viewer to their own reflection and to those of others, by a
  face recogniser used for nothing else (`face_recognizer.py`); two pictures of one person are less than 0.6 apart.
* `identity_r1`, `identity_r5`: how often a viewer's own reflection is the nearest of all, or among the five nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from engine.core.errors import ModelError
from engine.features.aligned_crop import crop_aligned, square_of
from engine.networks.inversion.encoder_graph import build_features_graph
from engine.networks.inversion.frozen_features import SEEN_PX, frozen_features_path, read_frozen_features
from engine.system.openvino_loader import openvino_core
from engine.types import ByteArray, Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.dataset.reference_set import Indices
from tools.likeness.face_recognizer import FaceRecognizer
from tools.likeness.figures import FEWEST, Figures

IDENTITY = ("identity_r1", "identity_r5", "identity_own", "identity_other")
SPREAD_FLOOR = 1e-2  # added to the deviation of a channel, as in the trainer


class PictureJudges:
    """Judges the reflections of some viewers.

    Args:
        models: folder of the personas, with the frozen features.
        drawer: finds faces in drawn pictures.
        pictures: (N, H, W, 3) uint8 RGB of the viewers.
        faces: measurements of the viewers.

    Attributes:
        reason: why identities cannot be judged; None if they can.
    """

    def __init__(self, models: Path, drawer: FaceDrawer, pictures: ByteArray, faces: Sequence[Features]) -> None:
        self._drawer = drawer
        self._maps = _FeatureMaps(models)
        squares = [_square(picture, face) for picture, face in zip(pictures, faces, strict=True)]
        self._seen = [self._maps(square) for square in tqdm(squares, unit=" viewers", desc="features of viewers")]
        self._scale = [
            np.stack([maps[level] for maps in self._seen]).std(axis=(0, 2, 3))[:, None, None] + SPREAD_FLOOR
            for level in range(len(self._seen[0]))
        ]
        self.reason: str | None = None
        self._recognizer: FaceRecognizer | None = None
        try:
            self._recognizer = FaceRecognizer()
            shown = tqdm(zip(pictures, faces, strict=True), total=len(faces), unit=" viewers", desc="who viewers are")
            self._people = np.stack([self._recognizer(picture, face) for picture, face in shown])
        except ModelError as error:
            self.reason = str(error)

    def figures(self, pictures: ByteArray, own: Indices | None = None) -> Figures:
        """Figures of some reflections (M, S, S, 3) uint8 RGB.

        Args:
            own: (M,) index of the viewer each belongs to; all in order if None. Recall is relative to all viewers.
        """
        viewers = np.arange(len(pictures)) if own is None else np.asarray(own)
        return {"feature_ratio": self._ratio(pictures, viewers), **self._identity(pictures, viewers)}

    def _ratio(self, pictures: ByteArray, viewers: Indices) -> float:
        own = [self._apart(self._seen[at], self._maps(_sized(p))) for at, p in zip(viewers, pictures, strict=True)]
        others = [self._apart(self._seen[at], self._seen[at - 1]) for at in viewers]  # the last one's for the first
        return float(np.mean(own) / np.mean(others))

    def _apart(self, one: Sequence[FloatArray], other: Sequence[FloatArray]) -> float:
        levels = zip(one, other, self._scale, strict=True)
        return float(np.mean([np.abs((a - b) / scale).mean() for a, b, scale in levels]))

    def _identity(self, pictures: ByteArray, viewers: Indices) -> dict[str, float | None]:
        nothing: dict[str, float | None] = dict.fromkeys(IDENTITY)
        if self._recognizer is None:
            return nothing
        drawn = np.full((len(pictures), self._people.shape[1]), np.nan, np.float32)
        for index, picture in enumerate(tqdm(pictures, unit=" pictures", desc="who reflections are")):
            face = self._drawer.measure(picture)
            if face is not None:
                drawn[index] = self._recognizer(picture, face)
        if np.isfinite(drawn[:, 0]).sum() < FEWEST:
            return nothing
        return identity_figures(self._people, drawn, viewers)


def identity_figures(people: FloatArray, drawn: FloatArray, viewers: Indices) -> dict[str, float | None]:
    """Recognition figures.

    Args:
        people: (N, D) descriptors of the viewers' faces.
        drawn: (M, D) descriptors of the reflections; NaN without a face, which matches nobody.
        viewers: (M,) index of the viewer each belongs to.
    """
    apart = np.linalg.norm(people[viewers][:, None] - drawn[None], axis=2)  # (M viewers, M reflections)
    is_own = np.eye(len(viewers), dtype=bool)
    own = apart[is_own]
    known = np.nan_to_num(apart, nan=np.inf)
    nearer, as_near = (known < own[:, None]).sum(axis=1), ((known == own[:, None]) & ~is_own).sum(axis=1)
    rank = np.where(np.isnan(own), len(own), nearer + as_near / 2)  # a reflection equal to all others is not recognised
    is_of_all = len(viewers) == len(people)
    return {
        "identity_r1": float(np.mean(rank < 1)) if is_of_all else None,
        "identity_r5": float(np.mean(rank < 5)) if is_of_all else None,
        "identity_own": float(np.nanmean(own)),
        "identity_other": float(np.nanmean(apart[~is_own])),
    }


class _FeatureMaps:
    """Frozen features of a face crop."""

    def __init__(self, models: Path) -> None:
        model = build_features_graph(read_frozen_features(frozen_features_path(models)))
        options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
        self._request: Any = openvino_core().compile_model(model, "CPU", options).create_infer_request()

    def __call__(self, square: ByteArray) -> list[FloatArray]:
        """Compute the four maps (C, S, S) of a crop (128, 128, 3) uint8 RGB."""
        results = self._request.infer([np.ascontiguousarray(square)[None]])
        return [np.array(results[level][0], np.float32) for level in range(4)]


def _square(picture: ByteArray, face: Features) -> ByteArray:
    """Encoder's crop of a viewer, (128, 128, 3)."""
    return crop_aligned(picture, face.landmarks_px, square_of(face.landmarks_px)).pixels


def _sized(picture: ByteArray) -> ByteArray:
    """Resize a reflection to the input size of the features."""
    if picture.shape[0] == SEEN_PX:
        return picture
    method = cv2.INTER_AREA if picture.shape[0] > SEEN_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (SEEN_PX, SEEN_PX), interpolation=method), np.uint8)
