"""Pass `daguerreotype`: a silvered plate with its image."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.face_placement import PreparedFace, put_face
from engine.render.passes.relief import breath
from engine.scene.scene import PassSettings


@register("daguerreotype")
class Daguerreotype(Pass):
    """Silvered plate: a mirror where the picture is dark, a white bloom where it is light, so that it turns negative
    with the viewing angle. Earlier passes draw the room that it reflects."""

    class Settings(PassSettings):
        """Knobs of `daguerreotype`."""

        follow: float = Field(default=0.5, ge=0.0, le=1.0)
        """Amount by which the face follows the viewer's position, size and tilt: 0 stays composed, 1 follows like a
        mirror."""
        size: float = Field(default=0.74, ge=0.2, le=3.0)
        """Side of the face's picture at rest, in heights of the mat's opening."""
        eye_line: float = Field(default=0.42, ge=0.0, le=1.0)
        """Height of the eyes at rest, as a fraction of the opening's height from its top."""
        viewer_eyes: float = Field(default=0.11, ge=0.02, le=0.5)
        """Eye distance of a viewer who is shown at rest size, in heights of the camera's picture."""
        feather: float = Field(default=0.35, ge=0.0, le=1.0)
        """Softness of the figure's edge on the bare plate: 0 close around the head, 1 far."""
        even: float = Field(default=0.8, ge=0.0, le=1.0)
        """Amount by which dark and bright faces are brought to the same exposure."""
        clarity: float = Field(default=0.9, ge=0.0, le=3.0)
        """Sharpening of the enlarged face: 0 soft, 1 as drawn, 3 harsh."""
        idle: float = Field(default=0.12, ge=0.0, le=1.0)
        """Development of the image while nobody is there: 0 bare plate, 0.2 its shadows."""
        contrast: float = Field(default=0.7, ge=0.0, le=1.0)
        """Contrast of the middle tones: 0 as drawn, 1 nearly two tones."""
        tilt: float = Field(default=0.0, ge=-90.0, le=90.0)
        """Viewing angle of the plate, degrees; around 0 it mirrors the dark and the image is positive."""
        flip_at: float = Field(default=14.0, ge=2.0, le=60.0)
        """Tilt, to either side, at which the middle of the plate starts to mirror the light and the image turns
        negative."""
        tarnish: float = Field(default=0.6, ge=0.0, le=1.0)
        """Spread of the tarnish from the mat. Baked."""
        wear: float = Field(default=0.6, ge=0.0, le=1.0)
        """Number of scratches, and visibility of the thumb print. Baked."""

    baked = frozenset({"tarnish", "wear"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._face = PreparedFace(context)
        self._show = context.quad_program("daguerreotype")
        self._bare = context.quad_program("daguerreotype", {"BARE": True})
        self._flaws = context.render_target(context.size_wh, "f1")
        values = self.uniforms(FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump())
        context.bake(self._flaws, "daguerreotype", {"BAKE": True}, values)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values["u_presence"] = max(inputs.presence, knobs["idle"])
        values.update(u_source=source, u_flaws=self._flaws.texture, u_breath=breath(tick.time_s))
        if inputs.reflection is None:
            self._bare.draw(target, values, rect=self.region)
            return
        put = put_face(self.context.opening, inputs.alignment, inputs.placement, knobs)
        values.update(u_prepared=self._face.draw(inputs.reflection.size, values), u_put=put)
        self._show.draw(target, values, rect=self.region)
