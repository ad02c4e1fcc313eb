"""Pass `film`: grain, vignette and film response."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings


@register("film")
class Film(Pass):
    """Bloom, vignette, a filmic curve and grain: converts scene light to display light, 0..1."""

    class Settings(PassSettings):
        """Knobs of `film`."""

        exposure: float = Field(default=1.0, ge=0.0, le=16.0)
        """Exposure factor before the curve."""
        bloom: float = Field(default=0.08, ge=0.0, le=1.0)
        """Amount of light spread by the lens."""
        vignette: float = Field(default=0.5, ge=0.0, le=2.0)
        """Darkening of the corners."""
        grain: float = Field(default=0.015, ge=0.0, le=0.1)
        """Standard deviation of the grain in the encoded picture."""

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        width, height = context.size_wh
        self._gathered = context.render_target((max(1, width // 8), max(1, height // 8)))
        self._gather = context.quad_program("film", {"GATHER": True})
        self._show = context.quad_program("film")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values["u_source"] = source
        self._gather.draw(self._gathered.framebuffer, values)
        values["u_gathered"] = self._gathered.texture
        self._show.draw(target, values)
