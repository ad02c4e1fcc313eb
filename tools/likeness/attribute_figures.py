"""Agreement and stability of age and gender between viewers and their reflections.

Both are classified by the same network, so this measures how similar they look to it, and says nothing about who anyone
is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from tqdm import tqdm

from engine.features.attribute_reading import ReadsAttributes
from engine.features.featurizer import LAYOUT
from engine.features.vector import AGES
from engine.pipeline.attribute_follower import READ_HZ, AttributeFollower
from engine.types import ByteArray, Features, FloatArray, Frame
from tools.likeness.camera_noise import disturbed

SURE = 0.8  # minimum probability of a viewer's gender to be counted
WATCHED_VIEWERS, WATCHED_S = 12, 30.0

_ATTRIBUTES = LAYOUT["attributes"]
_NEUTRAL = np.array(next(group for group in LAYOUT.groups if group.name == "attributes").neutral, np.float32)


def attributes_kept(asked: FloatArray, came: FloatArray) -> dict[str, float | None] | None:
    """Shares of reflections (N, F) classified like their viewers (N, F), both without NaN.

    Returns:
        `gender`, among viewers classified with confidence, None if there are none; `age`, in the same class;
                `age_near`, in that or an adjacent one. None if no attributes were read.
    """
    wanted, answered = asked[:, _ATTRIBUTES], came[:, _ATTRIBUTES]
    if not len(wanted) or np.allclose(wanted, _NEUTRAL) or np.allclose(answered, _NEUTRAL):
        return None
    male, is_male_answer = wanted[:, len(AGES)], answered[:, len(AGES)] >= 0.5
    is_sure = np.maximum(male, 1 - male) > SURE
    same_gender = ((male >= 0.5) == is_male_answer)[is_sure]
    classes_apart = np.abs(wanted[:, : len(AGES)].argmax(axis=1) - answered[:, : len(AGES)].argmax(axis=1))
    return {
        "gender": float(same_gender.mean()) if len(same_gender) else None,
        "age": float((classes_apart == 0).mean()),
        "age_near": float((classes_apart <= 1).mean()),
    }


def flips_per_minute(
    reader: ReadsAttributes,
    measure: Callable[[ByteArray], Features | None],
    pictures: ByteArray,
    seconds: float = WATCHED_S,
) -> float | None:
    """Changes per minute in the classification of a still viewer, age and gender together, as filtered by the mirror.

    Args:
        reader: attribute network.
        measure: measures a face in a picture (H, W, 3).
        pictures: (N, H, W, 3) of viewers; the first `WATCHED_VIEWERS` are shown still with a show's noise.
        seconds: duration per viewer, from arrival.

    Returns:
        None if none of them shows a face.
    """
    random = np.random.default_rng(4)
    flips, watched_s = 0, 0.0
    for picture in tqdm(pictures[:WATCHED_VIEWERS], unit=" viewers", desc="attributes"):
        follower = AttributeFollower(reader)
        results: list[tuple[str, ...]] = []
        for index in range(round(seconds * READ_HZ)):
            frame = Frame(disturbed(picture, random), captured_s=index / READ_HZ, sequence=index)
            face = measure(frame.image)
            if face is not None:
                results.append(_answers(follower(frame, replace(face, captured_s=frame.captured_s))))
        flips += _changes(results)
        watched_s += len(results) / READ_HZ
    return flips / watched_s * 60 if watched_s else None


def _answers(face: Features) -> tuple[str, ...]:
    return tuple(attribute.value for attribute in face.attributes)


def _changes(results: Sequence[tuple[str, ...]]) -> int:
    """Number of results that differ from the previous one."""
    return sum(a != b for before, after in pairwise(results) for a, b in zip(before, after, strict=True))
