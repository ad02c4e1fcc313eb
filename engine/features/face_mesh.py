"""FaceMesh: a picture -> the 478 landmarks of each face in its pixels, by MediaPipe 0.10.21.

Owns how the library is imported and started, and the size of its input. Knows nothing of what landmarks mean. One
object belongs to one thread.

`refine_landmarks` is on: it adds the irises (landmarks 468 to 477) and improves lips and eyelids for 0.4 of 3.2 ms.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
import tempfile
import threading
import types
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.types import ByteArray, FloatArray

LANDMARK_COUNT = 478
MIN_SIDE_PX = 256  # smaller pictures are enlarged: the detector expects faces of about this size
MAX_WIDTH_PX = 640  # larger pictures are reduced: the mesh itself sees 192 px
STILL_BORDER = (
    1 / 8
)  # of the shorter side, tried first: also finds faces that fill a portrait (150 of 150 instead of 147)
_descriptor_2 = threading.RLock()
LANDMARK_BYTES = 17  # of a serialised landmark: tag and length, then tag and float32 for each of x, y, z
CHATTER = re.compile(rb"^([IW]\d{4} |INFO: Created TensorFlow Lite|WARNING: All log messages before absl)")

MOST_FACES = 2  # the subject, and perhaps a painting behind


class FaceMesh:
    """Mesh for single pictures with near faces; stateless."""

    def __init__(self) -> None:
        with without_native_chatter():
            face_mesh = import_solution("face_mesh")
            self._mesh: Any = face_mesh.FaceMesh(
                static_image_mode=True, max_num_faces=MOST_FACES, refine_landmarks=True
            )
            # the graph starts with its first picture
            self._mesh.process(np.zeros((MIN_SIDE_PX, MIN_SIDE_PX, 3), np.uint8))
        self._has_seen_face = False

    def __call__(self, image: ByteArray) -> FloatArray:
        """Landmarks (N, 478, 3) float32 of the N faces in `image` (H, W, 3) uint8 RGB; N is 0 to 2.

        x right and y down in pixels of `image`, z in the same unit, smaller is nearer.
        """
        faces = self._find(image, STILL_BORDER)
        return faces if len(faces) else self._find(image, 0.0)

    def _find(self, image: ByteArray, border: float) -> FloatArray:
        prepared, scale, border_px = _prepare(image, border)
        with contextlib.nullcontext() if self._has_seen_face else without_native_chatter():
            faces = self._mesh.process(prepared).multi_face_landmarks or ()
        if not faces:
            return np.empty((0, LANDMARK_COUNT, 3), np.float32)
        self._has_seen_face = True
        points = np.stack([landmark_rows(face) for face in faces])
        height_px, width_px = prepared.shape[:2]
        points *= np.array([width_px, height_px, width_px], np.float32)
        points[..., :2] -= border_px
        return points / np.float32(scale)

    def close(self) -> None:
        """Stop the graph and its threads."""
        mesh, self._mesh = self._mesh, None
        if mesh is not None:
            mesh.close()


def _prepare(image: ByteArray, border: float) -> tuple[ByteArray, float, int]:
    """Resize a picture for the mesh; returns it with its scale and the border around it in its pixels."""
    import cv2

    height_px, width_px = image.shape[:2]
    scale = max(MIN_SIDE_PX / min(height_px, width_px), 1.0)
    scale = min(scale, max(MAX_WIDTH_PX, MIN_SIDE_PX) / width_px) if width_px > MAX_WIDTH_PX or scale > 1 else 1.0
    if scale != 1.0:
        size_wh = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
        interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR  # AREA takes 4 ms more
        image = np.asarray(cv2.resize(image, size_wh, interpolation=interpolation), np.uint8)
    border_px = round(border * min(image.shape[:2]))
    if border_px:
        image = np.pad(image, ((border_px, border_px), (border_px, border_px), (0, 0)), mode="edge")
    return image, scale, border_px


def landmark_rows(face: Any) -> FloatArray:
    """Landmark list -> (478, 3) float32, without a Python loop if its wire format is the usual one."""
    data = face.SerializeToString()
    if len(data) == LANDMARK_COUNT * LANDMARK_BYTES:
        rows = np.frombuffer(data, np.uint8).reshape(LANDMARK_COUNT, LANDMARK_BYTES)
        if (rows[:, (0, 1, 2, 7, 12)] == (0x0A, 0x0F, 0x0D, 0x15, 0x1D)).all():
            values = np.concatenate([rows[:, 3:7], rows[:, 8:12], rows[:, 13:17]], axis=1)
            return np.asarray(values.view("<f4"), np.float32)
    return np.array([(point.x, point.y, point.z) for point in face.landmark], np.float32)


def import_solution(name: str) -> Any:
    """Import one of MediaPipe's solutions, e.g. `face_mesh`.

    `import mediapipe` also imports its Tasks interface, and with it TensorFlow and JAX: 5 s and 500 MB for nothing that
    is used here. An empty module replaces it during the import.
    """
    name = f"mediapipe.python.solutions.{name}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from its own imports, not from ours
        if "mediapipe" in sys.modules:
            return importlib.import_module(name)
        stand_ins = {part: types.ModuleType(part) for part in ("mediapipe.tasks", "mediapipe.tasks.python")}
        stand_ins["mediapipe.tasks"].__path__ = []
        sys.modules.update(stand_ins)
        try:
            return importlib.import_module(name)
        finally:
            for part in stand_ins:
                sys.modules.pop(part, None)


@contextlib.contextmanager
def without_native_chatter() -> Iterator[None]:
    """Keep MediaPipe's C++ start-up log off the terminal; anything else written still appears.

    It writes to file descriptor 2 before its log can be configured, so filtering the descriptor is the only way. The
    descriptor belongs to the process, so threads that load models take turns.
    """
    with _descriptor_2:
        yield from _filtered()


def _filtered() -> Iterator[None]:
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            captured.seek(0)
            rest = b"".join(line for line in captured if not CHATTER.match(line))
            if rest:
                os.write(terminal, rest)
            os.close(terminal)
