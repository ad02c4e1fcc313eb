"""Where faces are in a picture: MediaPipe's detectors out of its wheel, run by OpenVINO.

The full-range one (BlazeFace with a sparse dense net, 192 px) finds faces from a fiftieth of the square it is shown to
nearly all of it. Where the wheel has it not, the short-range one (BlazeFace, Bazarevsky et al. 2019, 128 px) stands in
and only near faces are found. It knows no video: every picture is looked at afresh. One object belongs to one thread.
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

OVERLAP = 0.3  # boxes that share more, of what they cover together, are one face
KEYPOINTS = 6  # right eye, left eye (of the viewer), nose, mouth, ears; the first two lie left and right in the picture
MOST = 32  # faces told of one look
FINER = 3  # pixels of the picture, each way, that are averaged for one of the square

log = logging.getLogger(__name__)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DetectorModel:
    """A model of the wheel.

    Attributes:
        file: within MediaPipe's folder.
        size_px: side of the square that it is shown.
        grids: cells along a side, and boxes that each cell proposes.
    """

    file: str
    size_px: int
    grids: tuple[tuple[int, int], ...]

    def anchors(self) -> Numbers:
        """(N, 2) the middle of the cell that each box is told from, as shares of the square."""
        rows = []
        for cells, boxes in self.grids:
            steps = (np.arange(cells) + 0.5) / cells
            rows.append(np.repeat(np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2), boxes, axis=0))
        return np.concatenate(rows)


FULL_RANGE = DetectorModel("modules/face_detection/face_detection_full_range_sparse.tflite", 192, ((48, 1),))
SHORT_RANGE = DetectorModel("modules/face_detection/face_detection_short_range.tflite", 128, ((16, 2), (8, 6)))


@dataclass(frozen=True, slots=True)
class Detection:
    """A face, roughly.

    Attributes:
        x, y, side: middle and longer side of its box, px.
        eyes_x, eyes_y: middle between its eyes, px.
        roll_rad: tilt of the line through its eyes, clockwise on the screen.
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
        """What the mesh is to be shown."""
        return FaceRegion(self.x, self.y, self.side * MESH_SCALE, self.roll_rad)


class FaceDetector:
    """Finds faces.

    Args:
        model: which of the two.
        folder: MediaPipe's; None looks for it.

    Raises:
        ModelError: the wheel has no such model, or it cannot be read.
    """

    def __init__(self, model: DetectorModel = FULL_RANGE, folder: Path | None = None) -> None:
        path = (folder or mediapipe_folder()) / model.file
        if not path.is_file():
            raise ModelError(f"{path}: there is no such model in MediaPipe's wheel")
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
        """Faces in a picture (H, W, 3) uint8 RGB, the surest first.

        Args:
            picture: of any size; it is scaled down to the square that the network sees.
            least_score: faces that are less sure are not told.
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
        """Fill the square with a picture; how much smaller it is there, and where it begins (2,)."""
        height, width = picture.shape[:2]
        size_px = self.model.size_px
        scale = size_px / max(height, width)
        size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
        step = max(1, int(1 / (FINER * scale)))
        part = np.ascontiguousarray(picture[::step, ::step])  # averaging every pixel takes as long as the network
        reduced = cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        left, top = (size_px - size_wh[0]) // 2, (size_px - size_wh[1]) // 2
        self._square.fill(-1.0)
        inside = self._square[0, top : top + size_wh[1], left : left + size_wh[0]]
        np.multiply(reduced, np.float32(1 / 127.5), out=inside)
        inside -= 1
        return scale, np.array([left, top], np.float64)


def open_detector(folder: Path | None = None) -> FaceDetector:
    """The full-range detector, or where the wheel has none the short-range one, with one sentence.

    Raises:
        ModelError: there is neither.
    """
    try:
        return FaceDetector(FULL_RANGE, folder)
    except ModelError as error:
        detector = FaceDetector(SHORT_RANGE, folder)
        log.warning("%s; faces are found within about a metre and a half only", error)
        return detector


def mediapipe_folder() -> Path:
    """Where MediaPipe is installed; it is not imported.

    Raises:
        ModelError: it is not installed.
    """
    found = importlib.util.find_spec("mediapipe")
    if found is None or not found.submodule_search_locations:
        raise ModelError("MediaPipe is not installed; run `make setup`")
    return Path(next(iter(found.submodule_search_locations)))


def _merge(points: Numbers, scores: Numbers) -> list[tuple[Numbers, float]]:
    """Boxes of one face become one, their mean by score, as BlazeFace has it: (8, 2) and the best score of each."""
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
    """A face (8, 2): middle, size and keypoints in the square, as it is in the picture."""
    (x, y), (eyes_x, eyes_y) = (face[0] - border) / scale, ((face[2] + face[3]) / 2 - border) / scale
    across = face[3] - face[2]
    side = max(float(face[1].max()) / scale, 1.0)
    return Detection(float(x), float(y), side, float(eyes_x), float(eyes_y), math.atan2(across[1], across[0]), score)
