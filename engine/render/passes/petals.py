"""Pass `petals`: petals floating on the water."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings


@register("petals")
class Petals(Pass):
    """Narcissus flowers and loose petals drifting at the rim of the pool, and their shadows."""

    class Settings(PassSettings):
        """Knobs of `petals`."""

        flowers: int = Field(default=5, ge=0, le=8)
        """Number of whole flowers. Baked."""
        petals: int = Field(default=9, ge=0, le=60)
        """Number of loose petals. Baked."""
        size: float = Field(default=0.085, ge=0.01, le=0.3)
        """Radius of a flower, stage heights. Baked."""
        brightness: float = Field(default=0.75, ge=0.0, le=4.0)
        """Factor on their light; they should not outshine the face."""
        shadow: float = Field(default=0.7, ge=0.0, le=1.0)
        """Darkness of their shadows."""
        drift: float = Field(default=1.0, ge=0.0, le=10.0)
        """Drift speed. Baked."""

    in_place = True
    baked = frozenset({"flowers", "petals", "size", "drift"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._count = settings.flowers + settings.petals
        self._shade = context.quad_program("petals", {"SHADOW": True})
        self._show = context.quad_program("petals")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        if self._count == 0:
            return
        values = self.uniforms(inputs, tick, knobs)
        for quad_program in (self._shade, self._show):
            quad_program.draw(target, values, instances=self._count, blend=OVER)
