"""Protocol of an age and gender reader, and a single reading with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from engine.features.face_crop import crop_face
from engine.features.vector import FeatureVector, Years
from engine.types import ByteArray, Features, FloatArray, Frame


class ReadsAttributes(Protocol):
    """Interface of `networks.attributes.AttributeReader` as used here."""

    input_px: int
    answers: Mapping[str, tuple[str, ...]]
    age_years: Years

    def __call__(self, square: ByteArray) -> dict[str, FloatArray]: ...


def read_once(reader: ReadsAttributes, frame: Frame, features: Features, kind: FeatureVector) -> Features:
    """Read the attributes of a single picture into the vector of its features."""
    readings = reader(crop_face(frame.image, features.placement, reader.input_px))
    return replace(features, vector=kind.with_attributes(features.vector, readings, reader.age_years))
