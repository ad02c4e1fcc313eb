"""Attribute follower: adds age and gender to features, read now and then and averaged over a visit.

Decides when a face is classified and how smoothly the result changes; the averages also enter the feature vector. Does
not know which network classifies the face.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from engine.features.attribute_reading import ReadsAttributes
from engine.features.face_crop import crop_face
from engine.features.face_tracker import is_different_person
from engine.features.one_euro import smoothing_share
from engine.features.vector import FeatureVector, NarcissusVector
from engine.types import Attribute, Features, FloatArray, Frame

READ_HZ = 4.0
CUTOFF_HZ = 0.2  # weight of the average over a visit
LEAD = 0.15  # margin of probability before the answer changes
FORGET_S = 1.0  # after a longer absence it may be someone else


@dataclass
class _Visit:
    """Readings of one viewer: averages (classes,), current results, number of readings and time of the last."""

    means: dict[str, FloatArray] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    readings: int = 0
    read_s: float = -math.inf


class AttributeFollower:
    """Age and gender of viewers during their visits; one face per frame is classified.

    Args:
        reader: a square with a face -> probabilities.
        kind: layout of the features.
    """

    def __init__(self, reader: ReadsAttributes, kind: FeatureVector | None = None) -> None:
        self._reader = reader
        self._kind = kind or NarcissusVector()
        self._visit = _Visit()
        self._visits: dict[int, tuple[Features, _Visit]] = {}  # by identity: last features, visit
        self._looked_s = -math.inf  # capture time of the last frame in which a face was classified

    def __call__(self, frame: Frame, features: Features) -> Features:
        """Add the attributes to features; frames must not go back in time."""
        in_sight = (known for known in self._visits.items() if features.captured_s - known[1][0].captured_s <= FORGET_S)
        self._visits = dict(in_sight)
        last, self._visit = self._visits.get(features.identity, (None, self._visit))
        if is_different_person(last, features):
            self._visit = _Visit()
        self._visits[features.identity] = features, self._visit
        is_due = features.captured_s - self._visit.read_s >= 1 / READ_HZ
        if is_due and (features.captured_s != self._looked_s or not self._visit.readings):
            self._looked_s = features.captured_s
            self._read(frame, features)
        vector = self._kind.with_attributes(features.vector, self._visit.means, self._reader.age_years)
        return replace(features, vector=vector, attributes=tuple(self._results()))

    def _read(self, frame: Frame, features: Features) -> None:
        """Classify a face; the first readings of a visit are averaged equally, later ones exponentially."""
        visit, now_s = self._visit, features.captured_s
        visit.readings += 1
        share = max(smoothing_share(CUTOFF_HZ, now_s - visit.read_s), 1 / visit.readings)
        visit.read_s = now_s
        square = crop_face(frame.image, features.placement, self._reader.input_px)
        for name, probabilities in self._reader(square).items():
            before = visit.means.get(name, probabilities)
            mean = visit.means[name] = before + np.float32(share) * (probabilities - before)
            best = int(mean.argmax())
            if name not in visit.given or mean[best] > mean[visit.given[name]] + LEAD:
                visit.given[name] = best

    def _results(self) -> Iterator[Attribute]:
        for name, mean in self._visit.means.items():
            given = self._visit.given[name]
            yield Attribute(name, self._reader.answers[name][given], float(mean[given]))
