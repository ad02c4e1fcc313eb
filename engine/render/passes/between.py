"""Pass `between`: visitor and stranger dissolving into each other in a silver gelatin print."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.face_placement import PreparedFace, put_face
from engine.scene.scene import PassSettings


@register("between")
class Between(Pass):
    """Viewer and stranger in one print, eyes aligned; the stranger takes over the highlights first, the shadows last.

    Passes before it draw the room. Without a camera the stranger is alone.
    """

    class Settings(PassSettings):
        """Knobs of `between`."""

        share: float = Field(default=0.5, ge=0.0, le=1.0)
        """Share of the stranger: 0 shows only the viewer, 1 only the stranger."""
        follow: float = Field(default=0.5, ge=0.0, le=1.0)
        """Amount by which both follow the viewer's position, size and tilt: 0 stays composed, 1 follows like a
        mirror."""
        size: float = Field(default=0.80, ge=0.2, le=3.0)
        """Side of the face's picture at rest, in heights of the print."""
        eye_line: float = Field(default=0.42, ge=0.0, le=1.0)
        """Height of the eyes at rest, as a fraction of the print's height from its top."""
        viewer_eyes: float = Field(default=0.11, ge=0.02, le=0.5)
        """Eye distance of a viewer who is shown at rest size, in heights of the camera's picture."""
        feather: float = Field(default=0.3, ge=0.0, le=1.0)
        """Softness of the stranger's edge: 0 close around the head, 1 far."""
        even: float = Field(default=0.8, ge=0.0, le=1.0)
        """Amount by which dark and bright faces, including the viewer's, are brought to the same exposure."""
        clarity: float = Field(default=0.8, ge=0.0, le=3.0)
        """Sharpening of the enlarged face: 0 soft, 1 as drawn, 3 harsh."""
        idle: float = Field(default=0.18, ge=0.0, le=1.0)
        """Visibility of a face while nobody is there: 0 an empty room, 0.2 barely visible."""
        grain: float = Field(default=0.12, ge=0.0, le=1.0)
        """Visibility of the silver grain."""

    needs = frozenset({"camera"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._face = PreparedFace(context)
        self._measure = context.quad_program("between", {"LEVEL": True})
        self._level = context.render_target((1, 1))
        self._show_both = context.quad_program("between", {"CAMERA": True})
        self._show_stranger = context.quad_program("between")
        self._nobody = context.render_target((1, 1))
        self._clumps = context.render_target(context.size_wh, "f1")
        values = self.uniforms(FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump())
        context.bake(self._clumps, "between", {"BAKE": True}, values)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        presence = max(inputs.presence, knobs["idle"]) if inputs.reflection is not None else 0.0
        values.update(
            u_source=source, u_presence=presence, u_clumps=self._clumps.texture, u_prepared=self._nobody.texture
        )
        if inputs.reflection is not None:
            values["u_prepared"] = self._face.draw(inputs.reflection.size, values)
        values["u_put"] = put_face(self.context.opening, inputs.alignment, inputs.placement, knobs)
        if inputs.camera is None:
            self._show_stranger.draw(target, values, rect=self.region)
            return
        self._measure.draw(self._level.framebuffer, values)
        values["u_level"] = self._level.texture
        self._show_both.draw(target, values, rect=self.region)
