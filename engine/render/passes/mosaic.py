"""Pass `mosaic`: the face in a medallion of stones that become smaller the longer a visitor stays."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER
from engine.render.glass_area import GlassArea
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.face_placement import put_face
from engine.render.passes.relief import breath
from engine.scene.scene import PassSettings

FINEST_STONES = 64
"""Stones along a side of the finished face; smaller ones would be indistinguishable."""


@register("mosaic")
class Mosaic(Pass):
    """Reflection at the generator's own resolutions: sixteen stones, then 8x8, 16x16, ..., each level from the network.

    A wall of gold surrounds the medallion; its stones glint as the viewer moves.
    """

    class Settings(PassSettings):
        """Knobs of `mosaic`."""

        grown: float = Field(default=1.0, ge=0.0, le=1.0)
        """Growth of the face: 0 sixteen stones, 1 the finest, with their edges nearly gone."""
        idle: float = Field(default=0.3, ge=0.0, le=1.0)
        """Visibility of a face in the stones while nobody is there: 0 only the blue ground, 1 complete."""
        size: float = Field(default=1.04, ge=0.5, le=3.0)
        """Side of the face's picture, in diameters of the medallion."""
        eye_line: float = Field(default=0.45, ge=0.0, le=1.0)
        """Height of the eyes, as a fraction of the medallion's height from its top."""
        even: float = Field(default=0.7, ge=0.0, le=1.0)
        """Amount by which dark and bright faces are brought to the same exposure."""
        glint: float = Field(default=1.0, ge=0.0, le=4.0)
        """Glitter of gold and glass."""
        fill: float = Field(default=0.93, ge=0.3, le=1.0)
        """Diameter of the medallion with its border, in stage heights (or widths, if the stage is narrower). Baked."""
        border: float = Field(default=0.062, ge=0.02, le=0.2)
        """Width of its border of five courses, in the same unit. Baked."""

    in_place = True
    needs = frozenset({"previews"})
    baked = frozenset({"fill", "border"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._grow = context.quad_program("mosaic", {"GROW": True})
        self._show = context.quad_program("mosaic")
        self._cells = context.render_target((FINEST_STONES, FINEST_STONES))
        self._nobody = context.render_target((4, 4))
        self._slopes, self._colours = (context.render_target(context.size_wh, "f1") for _ in range(2))
        values = self.uniforms(FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump())
        for entry, render_target in (("BAKE_SLOPE", self._slopes), ("BAKE_COLOUR", self._colours)):
            context.bake(render_target, "mosaic", {entry: True}, values)

    @classmethod
    def opening(cls, settings: PassSettings, aspect: float) -> GlassArea:
        assert isinstance(settings, cls.Settings)
        unit = min(1.0, aspect)
        radius = (0.5 * settings.fill - settings.border) * unit
        return GlassArea(0.0, 0.0, radius, radius, radius, settings.border * unit)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values["u_presence"] = max(inputs.presence, knobs["idle"]) if inputs.growth is not None else 0.0
        values.setdefault("u_growth", self._nobody.texture)
        composed = {**knobs, "follow": 0.0}  # stones do not move
        values.update(
            u_put=put_face(self.context.opening, inputs.alignment, None, composed),
            u_breath=breath(tick.time_s),
            u_slopes=self._slopes.texture,
            u_colours=self._colours.texture,
        )
        self._grow.draw(self._cells.framebuffer, values)
        values["u_cells"] = self._cells.texture
        self._show.draw(target, values, blend=OVER if knobs["opacity"] < 1.0 else None)
