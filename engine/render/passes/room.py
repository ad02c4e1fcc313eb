"""Pass `room`: the camera's picture, blurred and dim, as the room behind the visitor."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER
from engine.render.glass_area import cover_fit
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings


@register("room")
class Room(Pass):
    """Room behind the visitor, from the camera's picture; without a camera, a dim synthetic room."""

    class Settings(PassSettings):
        """Knobs of `room`."""

        blur: float = Field(default=0.035, ge=0.004, le=0.2)
        """Blur, as a fraction of the glass's height: 0.004 nearly sharp, 0.2 only light. Baked."""
        exposure: float = Field(default=0.25, ge=0.0, le=4.0)
        """Factor on the room's light: 0.25 is two stops down."""

    in_place = True
    baked = frozenset({"blur"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        rows = max(4, round(0.6 / settings.blur))
        opening = context.opening
        columns = max(4, round(rows * opening.half_width / opening.half_height))
        self._gathered = context.render_target((columns, rows))
        self._gather_own = context.quad_program("room", {"GATHER": True})
        self._gather_camera = context.quad_program("room", {"GATHER": True, "CAMERA": True})
        self._show = context.quad_program("room")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        opening = self.context.opening
        values = self.uniforms(inputs, tick, knobs)
        values["u_fit"] = cover_fit(inputs.camera_aspect, opening.half_width / opening.half_height)
        gather = self._gather_own if inputs.camera is None else self._gather_camera
        gather.draw(self._gathered.framebuffer, values)
        values["u_gathered"] = self._gathered.texture
        self._show.draw(target, values, rect=self.region, blend=OVER if knobs["opacity"] < 1.0 else None)
