"""Position of the eyes in a generator's faces, measured on its own pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.types import Alignment, Frame

MEASURE_PX = 256  # smaller pictures are enlarged: FaceMesh expects larger faces
FEWEST_FACES = 0.5


def measure_alignment(pictures: NDArray[np.uint8]) -> Alignment | None:
    """Median position of the eyes in square pictures (N, H, W, 3); None if fewer than half of them have a face."""
    import cv2

    from engine.features.featurizer import Featurizer

    places = []
    with Featurizer("static") as featurizer:
        for index, picture in enumerate(tqdm(pictures, unit="picture", desc="measuring", disable=None)):
            size_wh = (max(MEASURE_PX, picture.shape[1]), max(MEASURE_PX, picture.shape[0]))
            enlarged = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)
            found = featurizer(Frame(enlarged, 0.0, index))
            if found is not None:
                places.append((found.placement.x, found.placement.y, found.placement.eye_distance))
    if len(places) < FEWEST_FACES * len(pictures):
        return None
    x, y, eye_distance = np.median(np.array(places), axis=0)
    is_plausible = 0 <= x <= 1 and 0 <= y <= 1 and 0.02 <= eye_distance <= 1
    return Alignment(float(x), float(y), float(eye_distance)) if is_plausible else None
