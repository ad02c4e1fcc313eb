"""The pass `reflection`: the drawn face at the visitor's place."""

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
    """The generated face, where the viewer's face would be in a mirror."""

    class Settings(PassSettings):
        """Knobs of `reflection`."""

        follow: float = Field(default=0.8, ge=0.0, le=1.0)
        """How far it follows the viewer's place, size and tilt: 0 stays composed, 1 as a true mirror would."""
        size: float = Field(default=0.80, ge=0.2, le=3.0)
        """Side of the face's picture at rest, in heights of the glass."""
        eye_line: float = Field(default=0.42, ge=0.0, le=1.0)
        """Where the eyes stand at rest, as a fraction of the glass's height from its top."""
        viewer_eyes: float = Field(default=0.11, ge=0.02, le=0.5)
        """Distance between the eyes, in heights of the camera's picture, of a viewer who stands where the face is
        shown in its rest size."""
        feather: float = Field(default=0.25, ge=0.0, le=1.0)
        """How softly it goes over into the room: 0 close around the head, 1 far."""
        shoulders: float = Field(default=1.0, ge=0.0, le=1.0)
        """How much of neck and shoulders there is: 0 a face alone, 1 a figure before the room."""
        sink: float = Field(default=0.0, ge=0.0, le=1.0)
        """How far its outline sinks into the dark, as if only its middle came near: 0 evenly lit, 1 a mask of light."""
        even: float = Field(default=0.6, ge=0.0, le=1.0)
        """How far dark and bright faces are brought to one exposure."""
        idle: float = Field(default=0.18, ge=0.0, le=1.0)
        """How much of a face is there while nobody is: 0 an empty glass, 0.2 hardly more than a breath."""
        late: float = Field(default=0.8, ge=0.0, le=1.0)
        """How far it is turned by what the viewer's head did since the picture it answers: 0 not at all, 1 wholly."""
        clarity: float = Field(default=0.8, ge=0.0, le=3.0)
        """How much the softness of enlarging is undone: 0 soft, 1 as it was drawn, 3 harsh."""
        who: Literal["nearest", "all"] = "all"
        """Whose reflection is seen: that of the one who stands nearest, or of all, each at their place, nearer ones in
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
        """Draw one stranger; of those who are not the nearest nothing is left when they are gone."""
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
