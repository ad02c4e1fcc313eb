"""The pass `echo`: the visitor's outline as a breath of light, where the stranger differs from them."""

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
"""Patches on the skin, lips, brows and eyes; what follows are hair and background, whose light is the room's."""
FAR_COLOUR = 24.0
"""Difference of colours (CIELAB) at which a halo is as strong as it can be."""
PALE = 72.0
"""L* in which the hue of a difference is shown."""


@register("echo")
class Echo(Pass):
    """The viewer's own outline over the stranger's face, drawn in light only where they part; where their colours part,
    faint halos of the viewer's. Both are placed as `reflection` places the face: what that is told of `follow`, `size`,
    `eye_line` and `viewer_eyes` is to be told here too.
    """

    class Settings(PassSettings):
        """Knobs of `echo`."""

        follow: float = Field(default=0.8, ge=0.0, le=1.0)
        """How far it follows the viewer's place, size and tilt: 0 stays composed, 1 as a true mirror would."""
        size: float = Field(default=0.80, ge=0.2, le=3.0)
        """Side of the face's picture at rest, in heights of the glass."""
        eye_line: float = Field(default=0.42, ge=0.0, le=1.0)
        """Where the eyes stand at rest, as a fraction of the glass's height from its top."""
        viewer_eyes: float = Field(default=0.11, ge=0.02, le=0.5)
        """Distance between the eyes, in heights of the camera's picture, of a viewer seen in the rest size."""
        near: float = Field(default=0.02, ge=0.0, le=0.5)
        """Features that are no further apart than this, in eye distances, count as alike: nothing is drawn."""
        far: float = Field(default=0.12, ge=0.01, le=1.0)
        """From this distance on a line has its full light."""
        line: float = Field(default=0.8, ge=0.0, le=4.0)
        """Light of the outline: 0 none, 4 as of a wire."""
        width: float = Field(default=0.0009, ge=0.0003, le=0.01)
        """Half the breadth of the outline, stage heights."""
        repeats: int = Field(default=3, ge=0, le=6)
        """How often the face's contour is repeated further out, each time fainter: 0 it is drawn once."""
        spread: float = Field(default=0.9, ge=0.0, le=4.0)
        """From one repetition to the next, in distances between the viewer's contour and the stranger's."""
        veil: float = Field(default=0.8, ge=0.0, le=2.0)
        """Light that falls from the outline to the stranger's own feature: it fills what lies between."""
        tints: float = Field(default=0.25, ge=0.0, le=2.0)
        """Light of the halos, where the viewer's colours are others."""

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
        parting = inputs.parting
        if parting is None or inputs.presence <= 0.0:
            return
        face = FaceOnStage.of(parting, put_face(self.context.opening, inputs.alignment, inputs.placement, knobs))
        values = self.uniforms(inputs, tick, knobs)
        values.update(u_samples=self._samples.texture, u_patches=self._patches.texture, u_unit=face.unit)
        values["u_heard"] = parting.heard
        self._samples.write(self._lines.table(parting, face))
        halos = halo_table(parting, face)
        if knobs["tints"] > 0.0 and len(halos):
            self._patches.write(halos)
            self._halo.draw(target, values, instances=len(halos) // 2, blend=ADDED)
        once, again = values["u_quads"], values["u_contour"] = self._lines.count - 1, self._lines.contour_count - 1
        if knobs["veil"] > 0.0:
            self._veil.draw(target, values, instances=once, blend=ADDED)
        if knobs["line"] > 0.0:
            self._line.draw(target, values, instances=once + again * round(knobs["repeats"]), blend=ADDED)


def halo_table(parting: FaceDifference, face: FaceOnStage) -> FloatArray:
    """Two rows for each patch of colour (2 * N, 4): x, y on the stage, how strong 0..1, 0; its light, linear rgb, 0."""
    tints = parting.tints[:MOST_HALOS]
    rows = np.zeros((len(tints), 2, 4), np.float32)
    if len(tints):
        rows[:, 0, :2] = face.place(tints[:, :2])
        rows[:, 0, 2] = np.minimum(np.linalg.norm(tints[:, 3:], axis=1) / FAR_COLOUR, 1.0)
        rows[:, 1, :3] = [linear_rgb(np.array([PALE, *(2.0 * tint[3:])], np.float32)) for tint in tints]
    return rows.reshape(-1, 4)
