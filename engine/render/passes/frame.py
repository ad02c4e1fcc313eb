"""The carved frame and the wall that it hangs on: drawn once per stage size, then only shown."""

from __future__ import annotations

import math
from contextlib import ExitStack

import moderngl
from pydantic import Field

from engine.render.opening import Opening
from engine.render.passes.base import Knobs, Pass, register
from engine.render.stage import OVER, Canvas, Stage
from engine.render.view import View
from engine.scene import PassSettings
from engine.types import Tick

BAKE_PIXELS = 8_300_000
"""How many pixels may be lit at most when the relief is drawn larger than it is shown."""


@register("frame")
class Frame(Pass):
    """A gilded baroque frame; what it surrounds is the glass of all passes before it."""

    class Settings(PassSettings):
        """Knobs of `frame`."""

        fill: float = Field(default=0.90, ge=0.3, le=1.0)
        """How much of the stage the frame takes, without the ornaments that overhang it. Baked."""
        border: float = Field(default=0.105, ge=0.02, le=0.25)
        """Width of the frame in stage heights (or widths, if the stage is narrower). Baked."""
        proportion: float = Field(default=0.86, ge=0.3, le=3.0)
        """Width of the glass by its height, where the stage leaves room. Baked."""
        relief: float = Field(default=0.6, ge=0.0, le=1.0)
        """How deep it is carved. Baked."""
        wear: float = Field(default=0.6, ge=0.0, le=1.0)
        """How much red bole shows where the gold is rubbed off. Baked."""

    in_place = True
    baked = frozenset({"fill", "border", "proportion", "relief", "wear"})

    def __init__(self, stage: Stage, settings: Settings) -> None:
        super().__init__(stage, settings)
        self._show = stage.brush("frame")
        self._baked = stage.canvas(stage.size_wh, "f1")
        self._bake(settings)

    @classmethod
    def opening(cls, settings: PassSettings, aspect: float) -> Opening:
        assert isinstance(settings, cls.Settings)
        border = settings.border * min(1.0, aspect)
        room_w, room_h = settings.fill * aspect - 2 * border, settings.fill - 2 * border
        height = min(room_h, room_w / min(settings.proportion, 0.74 if aspect < 1 else settings.proportion))
        width = min(room_w, height * settings.proportion)
        return Opening(0.0, 0.0, width / 2, height / 2, 0.16 * min(width, height), border)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: View, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(view, tick, knobs)
        values.update(u_baked=self._baked.texture, u_breath=breath(tick.time_s))
        self._show.draw(target, values, blend=OVER)

    def _bake(self, settings: Settings) -> None:
        """Height, how light reaches it, that light, twice as large where there is room; the mean of each pixel."""
        width, height = self.stage.size_wh
        level = 1 if 4 * width * height <= BAKE_PIXELS else 0
        large = (width << level, height << level)
        ctx = self.stage.ctx
        values = self.uniforms(View(), Tick(0, 0.0, 0.0), settings.model_dump())
        with ExitStack() as scratch:
            relief = _scratch(scratch, Canvas(ctx, large, "f4", components=2, mipmaps=True))
            shade = _scratch(scratch, Canvas(ctx, self.stage.size_wh, "f1"))
            lit = _scratch(scratch, Canvas(ctx, large, "f2", mipmaps=True))
            self.stage.brush("frame", {"BAKE_HEIGHT": True}).draw(relief.framebuffer, values)
            relief.texture.build_mipmaps()
            values["u_height"] = relief.texture
            self.stage.brush("frame", {"BAKE_SHADE": True}).draw(shade.framebuffer, values)
            values["u_shade"] = shade.texture
            self.stage.brush("frame", {"BAKE_LIGHT": True}).draw(lit.framebuffer, values)
            lit.texture.build_mipmaps()
            values.update(u_source=lit.texture, u_level=float(level))
            self.stage.brush("encode").draw(self._baked.framebuffer, values)


def _scratch(scratch: ExitStack, canvas: Canvas) -> Canvas:
    scratch.callback(canvas.close)
    return canvas


def breath(time_s: float) -> float:
    """The key is a flame far away: about 1, never the same twice, within two percent."""
    waves = ((0.009, 0.83, 0.0), (0.006, 1.37, 1.0), (0.004, 2.71, 2.0))  # share, rad/s, rad
    return 1.0 + sum(share * math.sin(rate * time_s + phase) for share, rate, phase in waves)
