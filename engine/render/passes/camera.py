"""Pass `camera`: the camera's picture in the glass."""

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


@register("camera")
class Camera(Pass):
    """Camera picture, unchanged. It shows the viewer; to hide parts, put other passes above it."""

    class Settings(PassSettings):
        """Knobs of `camera`."""

        exposure: float = Field(default=0.5, ge=0.0, le=4.0)
        """Factor on its light: 0.5 is one stop down."""
        saturation: float = Field(default=1.0, ge=0.0, le=2.0)
        """Saturation: 0 grey, 1 unchanged."""

    in_place = True
    needs = frozenset({"camera"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._show = context.quad_program("camera")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        if inputs.camera is None:
            return
        opening = self.context.opening
        values = self.uniforms(inputs, tick, knobs)
        values["u_fit"] = cover_fit(inputs.camera_aspect, opening.half_width / opening.half_height)
        self._show.draw(target, values, rect=self.region, blend=OVER if knobs["opacity"] < 1.0 else None)
