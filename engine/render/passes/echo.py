"""Pass `echo`: the visitor's outline as faint light, where the stranger differs from them."""

from __future__ import annotations

import moderngl
import numpy as np
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import ADDED
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.echo_lines import EchoLines, FaceOnStage
from engine.render.passes.face_placement import put_face
from engine.render.passes.measurement_sheet import linear_rgb
from engine.scene.scene import PassSettings
from engine.types import FloatArray
from engine.visitor.face_difference import FaceDifference

MOST_HALOS = 16
"""Patches on skin, lips, brows and eyes; the rest are hair and background, which depend on the room's light."""
FAR_COLOUR = 24.0
"""Colour difference (CIELAB) at which a halo reaches its full strength."""
PALE = 72.0
"""L* at which the hue of a difference is shown."""


@register("echo")
class Echo(Pass):
    """Outline of the viewer over the stranger's face, drawn in light only where they differ; where their colours
    differ, faint halos in the viewer's colours. Both are placed like the face in `reflection`: give `follow`, `size`,
    `eye_line` and `viewer_eyes` the same values here as there.
    """

    class Settings(PassSettings):
        """Knobs of `echo`."""

        follow: float = Field(default=0.8, ge=0.0, le=1.0)
        """Amount by which it follows the viewer's position, size and tilt: 0 stays composed, 1 follows like a
        mirror."""
        size: float = Field(default=0.80, ge=0.2, le=3.0)
        """Side of the face's picture at rest, in heights of the glass."""
        eye_line: float = Field(default=0.42, ge=0.0, le=1.0)
        """Height of the eyes at rest, as a fraction of the glass's height from its top."""
        viewer_eyes: float = Field(default=0.11, ge=0.02, le=0.5)
        """Eye distance of a viewer who is shown at rest size, in heights of the camera's picture."""
        near: float = Field(default=0.02, ge=0.0, le=0.5)
        """Distance, in eye distances, up to which features count as equal and nothing is drawn."""
        far: float = Field(default=0.12, ge=0.01, le=1.0)
        """Distance from which a line has its full brightness."""
        line: float = Field(default=0.8, ge=0.0, le=4.0)
        """Brightness of the outline: 0 none, 4 like a glowing wire."""
        width: float = Field(default=0.0009, ge=0.0003, le=0.01)
        """Half the width of the outline, stage heights."""
        repeats: int = Field(default=3, ge=0, le=6)
        """Number of fainter repetitions of the face's contour further out: 0 draws it once."""
        spread: float = Field(default=0.9, ge=0.0, le=4.0)
        """Spacing of the repetitions, in distances between the viewer's contour and the stranger's."""
        veil: float = Field(default=0.8, ge=0.0, le=2.0)
        """Light between the outline and the stranger's own feature."""
        tints: float = Field(default=0.25, ge=0.0, le=2.0)
        """Brightness of the halos where the viewer's colours differ."""

    in_place = True
    needs = frozenset({"echo"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._lines = EchoLines()
        self._samples, self._patches = (
            context.lookup_texture(2 * self._lines.count),
            context.lookup_texture(2 * MOST_HALOS),
        )
        self._line, self._veil, self._halo = (
            context.quad_program("echo", {entry: True} if entry else None) for entry in ("", "VEIL", "HALO")
        )

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        face_difference = inputs.face_difference
        if face_difference is None or inputs.presence <= 0.0:
            return
        face = FaceOnStage.of(
            face_difference, put_face(self.context.opening, inputs.alignment, inputs.placement, knobs)
        )
        values = self.uniforms(inputs, tick, knobs)
        values.update(u_samples=self._samples.texture, u_patches=self._patches.texture, u_unit=face.unit)
        values["u_heard"] = face_difference.heard
        self._samples.write(self._lines.table(face_difference, face))
        halos = halo_table(face_difference, face)
        if knobs["tints"] > 0.0 and len(halos):
            self._patches.write(halos)
            self._halo.draw(target, values, instances=len(halos) // 2, blend=ADDED)
        once, again = values["u_quads"], values["u_contour"] = self._lines.count - 1, self._lines.contour_count - 1
        if knobs["veil"] > 0.0:
            self._veil.draw(target, values, instances=once, blend=ADDED)
        if knobs["line"] > 0.0:
            self._line.draw(target, values, instances=once + again * round(knobs["repeats"]), blend=ADDED)


def halo_table(face_difference: FaceDifference, face: FaceOnStage) -> FloatArray:
    """Two rows per colour patch (2 * N, 4): x, y on the stage, strength 0..1, 0; its light, linear rgb, 0."""
    tints = face_difference.tints[:MOST_HALOS]
    rows = np.zeros((len(tints), 2, 4), np.float32)
    if len(tints):
        rows[:, 0, :2] = face.place(tints[:, :2])
        rows[:, 0, 2] = np.minimum(np.linalg.norm(tints[:, 3:], axis=1) / FAR_COLOUR, 1.0)
        rows[:, 1, :3] = [linear_rgb(np.array([PALE, *(2.0 * tint[3:])], np.float32)) for tint in tints]
    return rows.reshape(-1, 4)
