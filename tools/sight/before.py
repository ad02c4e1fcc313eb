"""Baseline without the search: MediaPipe's FaceMesh on the whole picture, 640 px wide.

Used for comparison in the same run on the same machine.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from engine.features.face_mesh import LANDMARK_COUNT, import_solution, landmark_rows, without_native_chatter
from engine.types import ByteArray, FloatArray

WIDTH_PX = 640
MOST_FACES = 4


class NearMesh:
    """FaceMesh as previously used live, tracking up to four faces; or for single pictures."""

    def __init__(self, *, is_live: bool) -> None:
        with without_native_chatter():
            self._mesh: Any = import_solution("face_mesh").FaceMesh(
                static_image_mode=not is_live, max_num_faces=MOST_FACES, refine_landmarks=True
            )
            self._mesh.process(np.zeros((256, 256, 3), np.uint8))

    def __call__(self, picture: ByteArray) -> FloatArray:
        """Landmarks (N, 478, 3) of a picture (H, W, 3), px."""
        height, width = picture.shape[:2]
        scale = min(1.0, WIDTH_PX / width)
        small = cv2.resize(picture, (round(width * scale), round(height * scale)))
        faces = self._mesh.process(np.asarray(small, np.uint8)).multi_face_landmarks or ()
        if not faces:
            return np.empty((0, LANDMARK_COUNT, 3), np.float32)
        points = np.stack([landmark_rows(face) for face in faces])
        return np.asarray(points * np.array([width, height, width], np.float32), np.float32)

    def close(self) -> None:
        """Stop the graph."""
        mesh, self._mesh = self._mesh, None
        if mesh is not None:
            mesh.close()
