"""Pass `glass`: old silvered glass over the earlier passes."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings


@register("glass")
class Glass(Pass):
    """Old silvered glass: slightly wavy, foxed at its edges, with mercury spots and a faint second reflection."""

    class Settings(PassSettings):
        """Knobs of `glass`."""

        waves: float = Field(default=4.0, ge=0.0, le=40.0)
        """Distortion of the picture, in thousandths of the stage's height."""
        foxing: float = Field(default=0.8, ge=0.0, le=1.0)
        """Loss of silver: 0 none, 1 wide brown edges. Baked."""
        haze: float = Field(default=0.6, ge=0.0, le=1.0)
        """Milkiness of the silver."""

    baked = frozenset({"foxing"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._show = context.quad_program("glass")
        self._flaws = context.render_target(context.size_wh, "f1")
        values = self.uniforms(FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump())
        context.bake(self._flaws, "glass", {"BAKE": True}, values)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values.update(u_source=source, u_flaws=self._flaws.texture)
        self._show.draw(target, values, rect=self.region)
