"""Base of relief passes: solid objects lit by the key light, baked once per stage size, then only displayed.

A relief has its own shader with two entries, `BAKE_HEIGHT` and `BAKE_LIGHT`; `relief.frag` is common to all. Does not
know what they represent.
"""

from __future__ import annotations

import math

import moderngl

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER, Value
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass
from engine.scene.scene import PassSettings

BAKE_PIXELS = 8_300_000
"""Maximum number of pixels to light when the relief is baked at more than display size."""


class Relief(Pass):
    """Base of passes that are a relief around a glass; all their knobs except `opacity` are baked."""

    in_place = True

    def __init__(self, context: PassContext, settings: PassSettings) -> None:
        super().__init__(context, settings)
        self._show = context.quad_program("relief")
        self._baked = context.render_target(context.size_wh, "f1")
        self._bake(settings)

    def bake_values(self) -> dict[str, Value]:
        """Uniforms of this relief's shader while baking, in addition to its knobs."""
        return {}

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values.update(u_baked=self._baked.texture, u_breath=breath(tick.time_s))
        self._show.draw(target, values, blend=OVER)

    def _bake(self, settings: PassSettings) -> None:
        """Bake height, occlusion and light, at double size if there is room, averaged to display size."""
        width, height = self.context.size_wh
        level = 1 if 4 * width * height <= BAKE_PIXELS else 0
        large = (width << level, height << level)
        context, values = (
            self.context,
            self.uniforms(FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump()) | self.bake_values(),
        )
        relief = context.render_target(large, "f4", components=2, mipmaps=True)
        shade = context.render_target(context.size_wh, "f1")
        lit = context.render_target(large, mipmaps=True)
        context.bake(relief, self.kind, {"BAKE_HEIGHT": True}, values)
        values = {**values, "u_height": relief.texture}
        context.bake(shade, "relief", {"SHADE": True}, values)
        values = {**values, "u_shade": shade.texture}
        context.bake(lit, self.kind, {"BAKE_LIGHT": True}, values)
        context.bake(self._baked, "encode", None, {**values, "u_source": lit.texture, "u_level": float(level)})
        for scratch in (relief, shade, lit):
            context.later(scratch.close)


def breath(time_s: float) -> float:
    """Flicker of the key light, a distant flame: about 1, never repeating, within two percent."""
    waves = ((0.009, 0.83, 0.0), (0.006, 1.37, 1.0), (0.004, 2.71, 2.0))  # share, rad/s, rad
    return 1.0 + sum(share * math.sin(rate * time_s + phase) for share, rate, phase in waves)
