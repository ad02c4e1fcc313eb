"""Features -> the same with what classifiers take the viewer for: read now and then, averaged over the visit.

It decides when a face is looked at and how calmly the answer follows. It does not know which network reads it, and
what it says never enters the feature vector.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from engine.pipeline.face_crop import crop_face
from engine.pipeline.latent import is_someone_else, smoothing_share
from engine.types import Attribute, ByteArray, Features, FloatArray, Frame

READ_HZ = 4.0
CUTOFF_HZ = 0.2  # of the average over a visit
LEAD = 0.15  # by so much another answer must be more probable before it is given instead
FORGET_S = 1.0  # whoever was out of sight for longer may be somebody else


class ReadsAttributes(Protocol):
    """What is needed of `networks.attributes.AttributeReader`."""

    input_px: int
    answers: Mapping[str, tuple[str, ...]]

    def __call__(self, square: ByteArray) -> dict[str, FloatArray]: ...


class AttributeFollower:
    """What a viewer is taken for, from arrival to leaving.

    Args:
        reader: a square with a face -> probabilities.
    """

    def __init__(self, reader: ReadsAttributes) -> None:
        self._reader = reader
        self._forget()

    def __call__(self, frame: Frame, features: Features) -> Features:
        """The features with `attributes`, of a frame that was captured no earlier than the last."""
        now_s = features.captured_s
        if is_someone_else(self._last, features) or now_s - self._seen_s > FORGET_S:
            self._forget()
        self._last, self._seen_s = features, now_s
        if now_s - self._read_s >= 1 / READ_HZ:
            self._read(frame, features)
        given = [
            Attribute(name, self._reader.answers[name][self._given[name]], float(mean[self._given[name]]))
            for name, mean in self._means.items()
        ]
        return dataclasses.replace(features, attributes=tuple(given))

    def _read(self, frame: Frame, features: Features) -> None:
        """Look at the face; the first readings of a visit are averaged alike, later ones fade in."""
        dt_s = features.captured_s - self._read_s
        self._read_s, self._readings = features.captured_s, self._readings + 1
        share = max(smoothing_share(CUTOFF_HZ, dt_s), 1 / self._readings) if self._readings > 1 else 1.0
        square = crop_face(frame.image, features.placement, self._reader.input_px)
        for name, probabilities in self._reader(square).items():
            before = self._means.get(name, probabilities)
            mean = self._means[name] = before + np.float32(share) * (probabilities - before)
            best = int(mean.argmax())
            if name not in self._given or mean[best] > mean[self._given[name]] + LEAD:
                self._given[name] = best

    def _forget(self) -> None:
        self._means: dict[str, FloatArray] = {}
        self._given: dict[str, int] = {}
        self._readings = 0
        self._last: Features | None = None
        self._seen_s = self._read_s = float("-inf")
