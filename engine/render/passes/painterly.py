"""Pass `painterly`: the picture so far, in brush strokes."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings

PAINT_SHARE = 0.5
"""Resolution of painting, as a share of the stage's width and height; strokes are wider than its pixels."""
MOST_GRAINS = 24_000


@register("painterly")
class Painterly(Pass):
    """Picture in brush strokes that follow its forms: an anisotropic Kuwahara filter along the structure tensor.

    After Kyprianidis, Kang and Döllner, "Image and Video Abstraction by Anisotropic Kuwahara Filtering" (2009), with
    four sectors of nine samples, on half of the stage's pixels in each direction.
    """

    class Settings(PassSettings):
        """Knobs of `painterly`."""

        radius: float = Field(default=0.011, ge=0.002, le=0.06)
        """Width of the brush, stage heights: 0.002 barely visible, 0.06 only broad patches."""
        flow: float = Field(default=0.7, ge=0.0, le=1.0)
        """Amount by which strokes follow the forms: 0 round dabs, 1 long strokes along every edge."""
        impasto: float = Field(default=0.35, ge=0.0, le=2.0)
        """Thickness of the paint: its ridges catch the key light from the upper left."""

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        size_wh = tuple(max(2, round(PAINT_SHARE * side)) for side in context.size_wh)
        self._steps = tuple(
            (
                name,
                context.quad_program("painterly", {name.upper(): True}),
                context.render_target((size_wh[0], size_wh[1])),
            )
            for name in ("codes", "edges", "forms", "painted")
        )
        self._show = context.quad_program("painterly")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values["u_source"] = source
        for name, quad_program, render_target in self._steps:
            quad_program.draw(render_target.framebuffer, values, rect=self.region)
            values[f"u_{name}"] = render_target.texture
        self._show.draw(target, values, rect=self.region)
