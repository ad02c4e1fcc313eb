"""Faces in photographs of any size: a picture -> the landmarks of each face in it, largest first.

The mirror's own `FaceMesh` expects one or two faces near the camera, but archives contain whole figures and groups:
here MediaPipe's full-range detector proposes faces, and the mesh runs on a crop of each. Does not know what a good
portrait is. One object belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.closing import Closing
from engine.features.face_mesh import FaceMesh, import_solution, without_native_chatter
from engine.types import ByteArray, FloatArray

DETECTOR_PX = 640  # the detector itself sees 192 px
BORDER = (
    0.25  # of the longer side: also finds faces that fill the picture (200 of 200 aligned portraits instead of 193)
)
CUT_OUT = 2.0  # in sides of the detected box
MOST_FACES = 6  # maximum number to mesh; more are a crowd
CONFIDENCE = 0.5

Box = NDArray[np.float64]  # centre x, centre y, side; px


class FaceSearch(Closing):
    """Finds faces; starting MediaPipe takes a second."""

    def __init__(self) -> None:
        self._mesh = FaceMesh()
        with without_native_chatter():
            detection = import_solution("face_detection")
            self._detector: Any = detection.FaceDetection(min_detection_confidence=CONFIDENCE, model_selection=1)
            self._detector.process(np.zeros((64, 64, 3), np.uint8))  # the graph starts with its first picture

    def __call__(self, picture: ByteArray) -> list[FloatArray]:
        """Landmarks (478, 3) in pixels of `picture` (H, W, 3) uint8 RGB for each face, widest first."""
        faces: list[FloatArray] = []
        for box in self._boxes(picture)[:MOST_FACES]:
            face = self._landmarks(picture, box)
            if face is not None and all(_are_apart(face, other) for other in faces):
                faces.append(face)
        return sorted(faces, key=face_width, reverse=True)

    def _boxes(self, picture: ByteArray) -> list[Box]:
        """Boxes of faces, largest first; if there are none in the whole picture, its parts are searched."""
        for windows in ([(0, 0, picture.shape[1], picture.shape[0])], _halves(picture)):
            boxes = [box for window in windows for box in self._detect(picture, window)]
            if boxes:
                return sorted(boxes, key=lambda box: -float(box[2]))
        return []

    def _detect(self, picture: ByteArray, window: tuple[int, int, int, int]) -> Iterator[Box]:
        left, top, width, height = window
        part = picture[top : top + height, left : left + width]
        scale = min(1.0, DETECTOR_PX / max(width, height))
        size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
        part = np.asarray(cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
        border = round(BORDER * max(size_wh))
        padded = np.pad(part, ((border, border), (border, border), (0, 0)), mode="edge")
        for found in self._detector.process(np.ascontiguousarray(padded)).detections or ():
            box = found.location_data.relative_bounding_box
            width_px, height_px = box.width * padded.shape[1], box.height * padded.shape[0]
            x, y = box.xmin * padded.shape[1] + width_px / 2, box.ymin * padded.shape[0] + height_px / 2
            side = max(width_px, height_px)
            yield np.array([(x - border) / scale + left, (y - border) / scale + top, side / scale])

    def _landmarks(self, picture: ByteArray, box: Box) -> FloatArray | None:
        """Landmarks of the face nearest to the centre of a box, from a crop around it."""
        centre, half = box[:2], max(8.0, box[2] * CUT_OUT / 2)
        first = np.maximum(np.floor(centre - half), 0).astype(int)
        last = np.minimum(np.ceil(centre + half), picture.shape[1::-1]).astype(int)
        if (last - first < 8).any():
            return None
        faces = self._mesh(np.ascontiguousarray(picture[first[1] : last[1], first[0] : last[0]]))
        if not len(faces):
            return None
        faces[..., :2] += first
        offsets = np.linalg.norm(faces[..., :2].mean(axis=1) - centre, axis=-1)
        return None if offsets.min() > half / 2 else np.asarray(faces[offsets.argmin()])

    def close(self) -> None:
        """Stop the graphs and their threads."""
        self._mesh.close()
        detector, self._detector = self._detector, None
        if detector is not None:
            detector.close()


def face_width(landmarks_px: FloatArray) -> float:
    """Width of the oval of a face (478, 3), px, including its depth if it is turned."""
    return float(np.linalg.norm(landmarks_px[454] - landmarks_px[234]))


def _are_apart(face: FloatArray, other: FloatArray) -> bool:
    """Whether two detections are different faces and not the same one found twice."""
    distance = float(np.linalg.norm(face[:, :2].mean(axis=0) - other[:, :2].mean(axis=0)))
    return distance > max(face_width(face), face_width(other)) / 2


def _halves(picture: ByteArray) -> list[tuple[int, int, int, int]]:
    """Nine windows (left, top, width, height) of half the size, overlapping by half."""
    height, width = picture.shape[0] // 2, picture.shape[1] // 2
    return [(x * width // 2, y * height // 2, width, height) for y in range(3) for x in range(3)]
