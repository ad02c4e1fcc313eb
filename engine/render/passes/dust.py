"""Pass `dust`: motes in the light in front of the mirror."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import ADDED
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings


@register("dust")
class Dust(Pass):
    """Motes drifting through the key light."""

    class Settings(PassSettings):
        """Knobs of `dust`."""

        motes: int = Field(default=240, ge=0, le=2000)
        """Number of motes; most are outside the beam. Baked."""
        brightness: float = Field(default=0.9, ge=0.0, le=4.0)
        """Brightness of a mote in the middle of the beam."""
        speed: float = Field(default=1.0, ge=0.0, le=10.0)
        """Drift speed: 1 crosses the stage in a few minutes. Baked."""

    in_place = True
    baked = frozenset({"motes", "speed"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._motes = settings.motes
        self._show = context.quad_program("dust")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        if self._motes > 0:
            self._show.draw(target, self.uniforms(inputs, tick, knobs), instances=self._motes, blend=ADDED)
