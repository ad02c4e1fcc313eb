"""Pass `dissolve`: a face that crumbles into grains."""

from __future__ import annotations

import math

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.painterly import MOST_GRAINS
from engine.scene.scene import PassSettings


@register("dissolve")
class Dissolve(Pass):
    """Picture that turns into grains, halftone dots sized by brightness, which come loose and drift away."""

    class Settings(PassSettings):
        """Knobs of `dissolve`."""

        amount: float = Field(default=0.5, ge=0.0, le=1.0)
        """Share of loose grains: 0 the whole picture, 1 nothing is left."""
        grain: float = Field(default=0.011, ge=0.006, le=0.06)
        """Width of a grain, stage heights. Baked."""
        drift: float = Field(default=0.22, ge=0.0, le=1.0)
        """Distance a grain travels before it disappears, stage heights."""
        rise: float = Field(default=0.5, ge=-1.0, le=1.0)
        """Direction: -1 all fall, 0 all around, 1 all rise."""
        halftone: float = Field(default=0.7, ge=0.0, le=1.0)
        """Reduction of the grains in dark areas: 0 all have the same size."""

    baked = frozenset({"grain"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        grain = max(settings.grain, (context.aspect / MOST_GRAINS) ** 0.5)
        self._columns, self._rows = round(context.aspect / grain), round(1.0 / grain)
        self._ground, self._grains = context.quad_program("dissolve"), context.quad_program("grains")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values.update(u_source=source, u_cells=(float(self._columns), float(self._rows)))
        self._ground.draw(target, values, rect=self.region)
        left, top, right, bottom = self.region  # grains from elsewhere would be hidden
        first = (math.floor(left * self._columns), math.floor(top * self._rows))
        across, down = math.ceil(right * self._columns) - first[0], math.ceil(bottom * self._rows) - first[1]
        if knobs["amount"] > 0.0:
            values["u_patch"] = (float(first[0]), float(first[1]), float(across))
            self._grains.draw(target, values, instances=across * down, blend=OVER)
