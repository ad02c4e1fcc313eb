"""Pass `reflection`: the drawn face at the visitor's position."""

from __future__ import annotations

from typing import Literal

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER
from engine.render.glass_area import overlap
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.face_placement import PreparedFace, figure_rect, put_face
from engine.scene.scene import PassSettings


@register("reflection")
class Reflection(Pass):
    """Generated face, at the position of the viewer's own reflection in a mirror."""

    class Settings(PassSettings):
        """Knobs of `reflection`."""

        follow: float = Field(default=0.8, ge=0.0, le=1.0)
        """Amount by which it follows the viewer's position, size and tilt: 0 stays composed, 1 follows like a
        mirror."""
        size: float = Field(default=0.80, ge=0.2, le=3.0)
        """Side of the face's picture at rest, in heights of the glass."""
        eye_line: float = Field(default=0.42, ge=0.0, le=1.0)
        """Height of the eyes at rest, as a fraction of the glass's height from its top."""
        viewer_eyes: float = Field(default=0.11, ge=0.02, le=0.5)
        """Eye distance of a viewer who is shown at rest size, in heights of the camera's picture."""
        feather: float = Field(default=0.25, ge=0.0, le=1.0)
        """Softness of its edge: 0 close around the head, 1 far."""
        shoulders: float = Field(default=1.0, ge=0.0, le=1.0)
        """Visibility of neck and shoulders: 0 only a face, 1 a figure in front of the room."""
        sink: float = Field(default=0.0, ge=0.0, le=1.0)
        """Darkening of its outline, as if only its middle came near: 0 evenly lit, 1 a mask of light."""
        even: float = Field(default=0.6, ge=0.0, le=1.0)
        """Amount by which dark and bright faces are brought to the same exposure."""
        idle: float = Field(default=0.18, ge=0.0, le=1.0)
        """Visibility of a face while nobody is there: 0 an empty glass, 0.2 barely visible."""
        late: float = Field(default=0.8, ge=0.0, le=1.0)
        """Amount by which it turns with head movement since the measurement it was drawn from: 0 not at all, 1
        fully."""
        clarity: float = Field(default=0.8, ge=0.0, le=3.0)
        """Sharpening of the enlarged face: 0 soft, 1 as drawn, 3 harsh."""
        who: Literal["nearest", "all"] = "all"
        """Reflections shown: only that of the nearest visitor, or all, each at their own position, nearer ones in
        front."""

    in_place = True

    def __init__(self, stage: PassContext, settings: Settings) -> None:
        super().__init__(stage, settings)
        self._face = PreparedFace(stage)
        self._show = stage.quad_program("reflection")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        for each in view.everyone if knobs["who"] == "all" else (view,):
            self._draw(target, each, tick, knobs)

    def _draw(self, target: moderngl.Framebuffer, view: FrameInputs, tick: Tick, knobs: Knobs) -> None:
        """Draw one stranger; those beside the nearest fade out completely when their visitors leave."""
        presence = max(view.presence, knobs["idle"]) if view.is_nearest else view.presence
        if view.reflection is None or presence <= 0.0:
            return
        values = self.uniforms(view, tick, knobs)
        values["u_presence"] = presence
        put = put_face(self.context.opening, view.alignment, view.placement, knobs)
        values.update(u_prepared=self._face.draw(view.reflection.size, values), u_put=put)
        rect = overlap(self.region, figure_rect(put, view.alignment, self.context.aspect, knobs))
        if rect is not None:
            self._show.draw(target, values, rect=rect, blend=OVER)
