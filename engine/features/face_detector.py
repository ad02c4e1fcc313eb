"""Face detection with the BlazeFace models of MediaPipe's wheel, run by OpenVINO.

The full-range model (BlazeFace with a sparse dense net, 192 px) finds faces from about a fiftieth of its input square
up to nearly all of it. If the wheel lacks it, the short-range model (BlazeFace, Bazarevsky et al. 2019, 128 px) is used
and only near faces are found. Stateless: every picture is searched afresh. One object belongs to one thread.
"""

from __future__ import annotations

import importlib.util
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.features.face_region import MESH_SCALE, FaceRegion
from engine.system.openvino_loader import openvino_core
from engine.types import ByteArray

OVERLAP = 0.3  # intersection over union above which two boxes are one face
KEYPOINTS = (
    6  # right eye, left eye (of the subject), nose, mouth, ears; the first two lie left and right in the picture
)
MOST = 32  # maximum number of detections per picture
FINER = 2  # a picture is first scaled to so many times the pixels of the square, each way, and these are averaged

log = logging.getLogger(__name__)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DetectorModel:
    """Detection model from the wheel.

    Attributes:
        file: path within MediaPipe's folder.
        size_px: side of the input square.
        grids: cells per side, and boxes proposed by each cell.
    """

    file: str
    size_px: int
    grids: tuple[tuple[int, int], ...]

    def anchors(self) -> Numbers:
        """Cell centres (N, 2) that the boxes are relative to, as shares of the square."""
        rows = []
        for cells, boxes in self.grids:
            steps = (np.arange(cells) + 0.5) / cells
            rows.append(np.repeat(np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2), boxes, axis=0))
        return np.concatenate(rows)


FULL_RANGE = DetectorModel("modules/face_detection/face_detection_full_range_sparse.tflite", 192, ((48, 1),))
SHORT_RANGE = DetectorModel("modules/face_detection/face_detection_short_range.tflite", 128, ((16, 2), (8, 6)))


@dataclass(frozen=True, slots=True)
class Detection:
    """Rough position of a face.

    Attributes:
        x, y, side: centre and longer side of its box, px.
        eyes_x, eyes_y: midpoint between its eyes, px.
        roll_rad: tilt of the eye line, clockwise on screen.
        score: 0 to 1.
    """

    x: float
    y: float
    side: float
    eyes_x: float
    eyes_y: float
    roll_rad: float
    score: float

    @property
    def region(self) -> FaceRegion:
        """Region to show to the mesh."""
        return FaceRegion(self.x, self.y, self.side * MESH_SCALE, self.roll_rad)


class FaceDetector:
    """Face detector.

    Args:
        model: full range or short range.
        folder: MediaPipe's folder; None searches for it.

    Raises:
        ModelError: the wheel lacks the model, or it cannot be read.
    """

    def __init__(self, model: DetectorModel = FULL_RANGE, folder: Path | None = None) -> None:
        path = (folder or mediapipe_folder()) / model.file
        if not path.is_file():
            raise ModelError(f"{path}: MediaPipe's wheel does not contain this model")
        try:
            core = openvino_core()
            compiled = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_NUM_THREADS": 1})
            self._request: Any = compiled.create_infer_request()
        except RuntimeError as error:
            raise ModelError(f"{path}: OpenVINO cannot read this model ({str(error).splitlines()[0]})") from error
        self.model = model
        self._anchors = model.anchors()
        self._square = np.empty((1, model.size_px, model.size_px, 3), np.float32)

    def __call__(self, picture: ByteArray, least_score: float) -> list[Detection]:
        """Detect faces in a picture (H, W, 3) uint8 RGB, most confident first.

        Args:
            picture: any size; scaled down to the input square.
            least_score: detections with a lower score are dropped.
        """
        scale, border = self._show(picture)
        self._request.infer([self._square], share_inputs=True)
        boxes = np.asarray(self._request.get_output_tensor(0).data[0])
        logits = np.asarray(self._request.get_output_tensor(1).data[0, :, 0])
        least = math.log(least_score / (1 - least_score))
        chosen = np.flatnonzero(logits > least)
        if not len(chosen):
            return []
        chosen = chosen[np.argsort(-logits[chosen], kind="stable")]
        points = boxes[chosen].astype(np.float64).reshape(len(chosen), 2 + KEYPOINTS, 2)
        points[:, np.arange(2 + KEYPOINTS) != 1] += self._anchors[chosen, None] * self.model.size_px
        scores = 1 / (1 + np.exp(-np.clip(logits[chosen].astype(np.float64), -80, 80)))
        merged = _merge(points, scores)[:MOST]
        return [_detection(face, score, scale, border) for face, score in merged]

    def _show(self, picture: ByteArray) -> tuple[float, Numbers]:
        """Copy a picture into the input square; returns its scale there and its origin (2,)."""
        height, width = picture.shape[:2]
        size_px = self.model.size_px
        scale = size_px / max(height, width)
        size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
        part = picture
        if FINER * scale < 1:  # averaging every pixel would take as long as the network
            part = np.asarray(cv2.resize(picture, (FINER * size_wh[0], FINER * size_wh[1])), np.uint8)
        reduced = cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        left, top = (size_px - size_wh[0]) // 2, (size_px - size_wh[1]) // 2
        self._square.fill(-1.0)
        inside = self._square[0, top : top + size_wh[1], left : left + size_wh[0]]
        np.multiply(reduced, np.float32(1 / 127.5), out=inside)
        inside -= 1
        return scale, np.array([left, top], np.float64)


def open_detector(folder: Path | None = None) -> FaceDetector:
    """Open the full-range detector or, if the wheel lacks it, the short-range one, with a warning.

    Raises:
        ModelError: neither can be opened.
    """
    try:
        return FaceDetector(FULL_RANGE, folder)
    except ModelError as error:
        detector = FaceDetector(SHORT_RANGE, folder)
        log.warning("%s; faces are only found within about a metre and a half", error)
        return detector


def mediapipe_folder() -> Path:
    """Locate MediaPipe's folder without importing it.

    Raises:
        ModelError: it is not installed.
    """
    found = importlib.util.find_spec("mediapipe")
    if found is None or not found.submodule_search_locations:
        raise ModelError("MediaPipe is not installed; run `make setup`")
    return Path(next(iter(found.submodule_search_locations)))


def _merge(points: Numbers, scores: Numbers) -> list[tuple[Numbers, float]]:
    """Merge overlapping boxes into their score-weighted mean, as BlazeFace does: (8, 2) and the best score of each."""
    half = points[:, 1] / 2
    low, high = points[:, 0] - half, points[:, 0] + half
    areas = np.maximum(points[:, 1], 0).prod(axis=1)
    is_left = np.ones(len(points), bool)
    merged = []
    for first in range(len(points)):
        if not is_left[first]:
            continue
        shared = np.maximum(np.minimum(high, high[first]) - np.maximum(low, low[first]), 0).prod(axis=1)
        together = is_left & (shared > OVERLAP * np.maximum(areas + areas[first] - shared, 1e-9))
        together[first] = True
        is_left &= ~together
        weights = scores[together] / scores[together].sum()
        merged.append((np.einsum("n,nij->ij", weights, points[together]), float(scores[first])))
    return merged


def _detection(face: Numbers, score: float, scale: float, border: Numbers) -> Detection:
    """Convert a face (8, 2), centre, size and keypoints in the square, to picture coordinates."""
    (x, y), (eyes_x, eyes_y) = (face[0] - border) / scale, ((face[2] + face[3]) / 2 - border) / scale
    across = face[3] - face[2]
    side = max(float(face[1].max()) / scale, 1.0)
    return Detection(float(x), float(y), side, float(eyes_x), float(eyes_y), math.atan2(across[1], across[0]), score)
