"""Pass `bed`: the ground under the water."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER, WHOLE
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings


@register("bed")
class Bed(Pass):
    """Bed of a pool: stones near its rim, and deeper water towards the middle."""

    class Settings(PassSettings):
        """Knobs of `bed`."""

        stones: float = Field(default=0.085, ge=0.02, le=0.4)
        """Width of the larger stones, stage heights. Baked."""
        clear: float = Field(default=0.5, ge=0.0, le=1.0)
        """Clarity of the water: 0 shows only the rim, 1 nearly everything. Baked."""

    in_place = True
    baked = frozenset({"stones", "clear"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._show = context.quad_program("bed")
        self._baked = context.render_target(context.size_wh)
        values = self.uniforms(FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump())
        context.bake(self._baked, "bed", {"BAKE": True}, values)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        if knobs["opacity"] >= 1.0 and self.region == WHOLE:
            self.context.ctx.copy_framebuffer(target, self._baked.framebuffer)
            return
        values = self.uniforms(inputs, tick, knobs)
        values["u_baked"] = self._baked.texture
        self._show.draw(target, values, rect=self.region, blend=OVER if knobs["opacity"] < 1.0 else None)
