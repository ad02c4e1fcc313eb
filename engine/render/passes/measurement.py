"""Pass `measurement`: the measurements of a viewer on a sheet of paper, in the style of an anatomical engraving."""

from __future__ import annotations

import math

import moderngl
import numpy as np
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER
from engine.render.overlay.glyph_atlas import GlyphAtlas
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.measurement_columns import DataColumns
from engine.render.passes.measurement_face import FaceDrawing, PlacedFace
from engine.render.passes.measurement_sheet import Sheet
from engine.render.passes.relief import breath
from engine.scene.scene import PassSettings
from engine.types import Features, FloatArray

MOST_MARKS = 2600
WRITE_HZ = 4.0
"""Update interval of the figures; the drawing itself follows every measurement."""
FINEST_HATCH_PX = 4.0


@register("measurement")
class Measurement(Pass):
    """Points, outlines, distances, swatches, angles and probabilities on paper: iron-gall ink and one red.

    The face appears only as far as the numbers carry it: its surface is hatched from the measured landmarks and
        colours; no
    picture of the viewer is used.
    """

    class Settings(PassSettings):
        """Knobs of `measurement`."""

        drawn: float = Field(default=1.0, ge=0.0, le=1.0)
        """Progress of the drawing: 0 bare paper, then points, outlines, hatching, distances, text; 1 complete."""
        size: float = Field(default=0.155, ge=0.03, le=0.4)
        """Distance between the drawn eyes, in stage heights (or less, on narrow stages). Baked."""
        follow: float = Field(default=0.35, ge=0.0, le=1.0)
        """Amount by which the drawing follows the viewer's position: 0 stays in the middle."""
        hatching: float = Field(default=0.8, ge=0.0, le=1.0)
        """Darkness of the hatching: 0 outlines only."""
        words: float = Field(default=1.0, ge=0.0, le=1.0)
        """Visibility of the two columns beside the face."""
        stains: float = Field(default=0.6, ge=0.0, le=1.0)
        """Stains on the paper. Baked."""

    in_place = True
    baked = frozenset({"size", "stains"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._sheet = Sheet.of(context.aspect, settings.size)
        self._case = GlyphAtlas(round(self._sheet.type * context.size_wh[1]))
        self._drawing = FaceDrawing(self._sheet, self._case)
        self._columns = DataColumns(self._sheet, self._case)
        places, triangles = self._drawing.places, self._drawing.triangles
        self._map, self._corners = context.lookup_texture(len(places)), context.lookup_texture(len(triangles))
        self._map.write(np.pad(places, [(0, 0), (0, 2)]))
        self._corners.write(np.pad(triangles, [(0, 0), (0, 1)]))
        self._surface, self._marks = context.lookup_texture(len(places)), context.lookup_texture(3 * MOST_MARKS)
        self._type = context.image(self._case.sheet[..., None])
        self._show, self._hatch, self._mark = (
            context.quad_program(name) for name in ("measurement", "hatching", "marks")
        )
        self._paper = context.render_target(context.size_wh, "f1")
        values = self.uniforms(FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump())
        context.bake(self._paper, "measurement", {"BAKE": True}, values)
        self._set_columns: FloatArray = np.empty((0, 12), np.float32)
        self._set_at = -1

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values.update(u_paper=self._paper.texture, u_breath=breath(tick.time_s))
        self._show.draw(target, values, blend=OVER if knobs["opacity"] < 1.0 else None)
        if inputs.features is None or inputs.presence <= 0.0:
            return
        features = inputs.features
        face = PlacedFace.of(features, self._sheet, knobs["follow"])
        self._surface.write(self._drawing.surface(face, features))
        values.update(
            u_map=self._map.texture, u_corners=self._corners.texture, u_surface=self._surface.texture,
            u_marks=self._marks.texture, u_type=self._type, u_unit=self._sheet.unit,
            u_spacing=max(FINEST_HATCH_PX / (self._sheet.unit * self.context.size_wh[1]), 0.05),
        )  # fmt: skip
        if knobs["hatching"] > 0.0:
            self._hatch.draw(target, values, instances=len(self._drawing.triangles), blend=OVER)
        marks = self._marks_of(face, features, tick, knobs)[:MOST_MARKS]
        self._marks.write(marks.reshape(-1, 4))
        self._mark.draw(target, values, instances=len(marks), blend=OVER)

    def _marks_of(self, face: PlacedFace, features: Features, tick: Tick, knobs: Knobs) -> FloatArray:
        """All marks of this moment; the columns are updated less often, because flickering figures cannot be read."""
        drawing = self._drawing
        moving = [drawing.lines(face), drawing.axes(features, face), drawing.distances(face)]
        if knobs["words"] <= 0.0:
            return np.concatenate(moving)
        at = math.floor(tick.time_s * WRITE_HZ)
        if at != self._set_at:
            self._set_columns = np.concatenate([self._columns.pose(features), self._columns.colours(features, face)])
            self._set_at = at
        return np.concatenate([*moving, self._set_columns])
