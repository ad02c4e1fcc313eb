"""Debug overlay: landmarks and the camera's picture, for the operator, over the finished picture.

Like the overlay it is drawn after films and snapshots are taken: nothing of it is recorded. Knows neither scenes nor
measurements.
"""

from __future__ import annotations

import moderngl
import numpy as np

from engine.core.closing import Closing
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER, QuadProgram, Value
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.glass_area import Rect, cover_fit
from engine.types import Features, FloatArray

CAMERA_HEIGHT = 0.34  # of the target's; it stands in the lower left corner
MARGIN = 1 / 44  # of the target's height, as the overlay's
MOST_WIDTH = 0.5  # of the target's
DOT = 1 / 600  # radius of a landmark, of the height of what it lies on
LEAST_DOT_PX = 0.4


class Inspection(Closing):
    """Draws the camera's side of the mirror.

    Args:
        ctx: the OpenGL context.
        library: where the shaders are.

    Attributes:
        shows_landmarks: whether the viewer's landmarks lie over the picture, as if the camera's covered it, and over
            the camera's picture where that is shown.
        shows_camera: whether the camera's picture stands in a corner.
    """

    def __init__(self, ctx: moderngl.Context, library: ShaderLibrary) -> None:
        self.shows_landmarks = self.shows_camera = False
        self._library = library
        self._table: moderngl.Texture | None = None
        self._written: Features | None = None
        self.renew(ctx)

    def renew(self, ctx: moderngl.Context) -> None:
        """Make what it draws with, in this context; in another one after `let_go`."""
        self._ctx = ctx
        self._picture = QuadProgram(ctx, self._library, "projector", {"TO_WINDOW": True})
        self._dots = QuadProgram(ctx, self._library, "landmarks")

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again."""
        self.close()

    def draw(self, target: moderngl.Framebuffer, inputs: FrameInputs) -> None:
        """Draw what is switched on over `target`, which is presented next; nothing while nobody is there."""
        aspect = target.width / target.height
        if self.shows_landmarks:
            width, height = cover_fit(inputs.camera_aspect, aspect)
            self._draw_landmarks(
                target, inputs.features, (0.5 - 0.5 / width, 0.5 - 0.5 / height, 1 / width, 1 / height)
            )
        if self.shows_camera and inputs.camera is not None:
            left, top, right, bottom = rect = camera_rect(inputs.camera_aspect, aspect)
            self._picture.draw(target, {"u_source": inputs.camera}, rect=rect)
            if self.shows_landmarks:
                self._draw_landmarks(target, inputs.features, (left, top, right - left, bottom - top))

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._picture.close()
        self._dots.close()
        if self._table is not None:
            self._table.release()
            self._table = None

    def _draw_landmarks(self, target: moderngl.Framebuffer, features: Features | None, part: Rect) -> None:
        if features is None:
            return
        if self._table is None or self._table.width != len(features.landmarks_px):
            if self._table is not None:
                self._table.release()
            self._table, self._written = self._ctx.texture((len(features.landmarks_px), 1), 2, dtype="f4"), None
        if features is not self._written:
            self._table.write(np.ascontiguousarray(places_of(features), np.float32))
            self._written = features
        values: dict[str, Value] = {
            "u_samples": self._table,
            "u_part": part,
            "u_resolution": (float(target.width), float(target.height)),
            "u_unit": max(LEAST_DOT_PX, DOT * target.height * min(1.0, part[3])),
        }
        self._dots.draw(target, values, instances=len(features.landmarks_px), blend=OVER)


def camera_rect(camera_aspect: float, target_aspect: float) -> Rect:
    """Where the camera's picture stands: left, top, right, bottom as fractions of the target, its shape kept."""
    height = min(CAMERA_HEIGHT, MOST_WIDTH * target_aspect / camera_aspect)
    left = MARGIN / target_aspect
    return left, 1 - MARGIN - height, left + height * camera_aspect / target_aspect, 1 - MARGIN


def places_of(features: Features) -> FloatArray:
    """Landmarks (478, 2) as fractions of the camera's width and height, origin top left."""
    height_px = features.eye_distance_px / features.placement.eye_distance
    return np.asarray(features.landmarks_px[:, :2] / (height_px * features.placement.aspect, height_px), np.float32)
