"""Pass `dial`: an engraved dial around the face, whose hand says in how many bits the viewer is kept."""

from __future__ import annotations

import math

import moderngl
import numpy as np
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER
from engine.render.overlay.glyph_atlas import GlyphAtlas
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.measurement_sheet import FINE, FIRM, INK, RED, THIN, circle, letters, strokes
from engine.render.passes.relief import breath
from engine.scene.scene import PassSettings
from engine.types import FloatArray

MOST_MARKS = 600
MOST_OCTAVES = 12  # the dial ends at 4096 bits
BEGIN_RAD, END_RAD = 0.80 * math.pi, 2.20 * math.pi  # from the right, clockwise on screen: open below
NUMBERED = (2, 4, 6, 8, 10, 12)  # octaves with a figure
WRITE_HZ = 6.0


@register("dial")
class Dial(Pass):
    """A dial of bits around the face, and a line of type below it: you, in so many bits.

    Needs `reflection: {bits: ...}` in the scene; otherwise there is nothing to show.
    """

    class Settings(PassSettings):
        """Knobs of `dial`."""

        radius: float = Field(default=0.41, ge=0.1, le=0.6)
        """Radius of the ring, in stage heights (or widths, on narrow stages)."""
        rise: float = Field(default=0.015, ge=-0.3, le=0.3)
        """Height of its middle above the middle of the stage, in stage heights."""
        type: float = Field(default=0.032, ge=0.01, le=0.1)
        """Size of the type, in stage heights (or widths, on narrow stages). Baked."""
        bits: float = Field(default=0.0, ge=0.0, le=4096.0)
        """Bits that it shows; bind it to the signal `bits`. 0 shows no hand and no line."""

    in_place = True
    baked = frozenset({"type"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._scale = min(1.0, context.aspect)
        self._case = GlyphAtlas(round(settings.type * self._scale * context.size_wh[1]))
        self._size = settings.type * self._scale
        self._type = context.image(self._case.sheet[..., None])
        self._table = context.lookup_texture(3 * MOST_MARKS)
        self._mark = context.quad_program("marks", {"LIGHT": True})
        self._line: FloatArray = np.empty((0, 12), np.float32)
        self._line_at = -1

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        if inputs.presence <= 0.0:
            return
        values = self.uniforms(inputs, tick, knobs)
        values.update(
            u_marks=self._table.texture, u_type=self._type, u_drawn=1.0, u_words=1.0, u_breath=breath(tick.time_s)
        )
        marks = np.concatenate([self._ring(knobs), self._hand(knobs), self._words(knobs, tick)])[:MOST_MARKS]
        self._table.write(marks.reshape(-1, 4))
        self._mark.draw(target, values, instances=len(marks), blend=OVER)

    def _ring(self, knobs: Knobs) -> FloatArray:
        """The arc, its ticks at every half octave, and figures."""
        radius, (x, y) = self._radius(knobs), self._middle(knobs)
        arc = circle(x, y, radius, 96, BEGIN_RAD, END_RAD)
        ticks = [
            self._ray(
                knobs, octaves, 0.955 if octaves in NUMBERED else 0.978 if octaves == int(octaves) else 0.987, 1.0
            )
            for octaves in np.arange(0, MOST_OCTAVES + 0.5, 0.5)
        ]
        figures = []
        for octaves in NUMBERED:
            angle, text, height = _angle(octaves), str(2**octaves), 0.8 * self._size
            at_x, at_y = x + 1.10 * radius * math.cos(angle), y + 1.065 * radius * math.sin(angle)
            line = self._case.set_line(text, at_x - self._case.width(text, height) / 2, at_y + 0.32 * height, height)
            figures.append(letters(line, INK, 0.0))
        return np.concatenate([strokes(arc, THIN, INK, 0.0), strokes(np.concatenate(ticks), FINE, INK, 0.0), *figures])

    def _hand(self, knobs: Knobs) -> FloatArray:
        if knobs["bits"] < 1.0:
            return np.empty((0, 12), np.float32)
        return strokes(self._ray(knobs, math.log2(knobs["bits"]), 0.90, 1.025), FIRM, RED, 0.0)

    def _words(self, knobs: Knobs, tick: Tick) -> FloatArray:
        """The line of type; figures that change too often cannot be read."""
        at = math.floor(tick.time_s * WRITE_HZ)
        if at != self._line_at:
            self._line_at = at
            self._line = self._set(knobs)
        return self._line

    def _set(self, knobs: Knobs) -> FloatArray:
        bits = round(knobs["bits"])
        if bits < 1:
            return np.empty((0, 12), np.float32)
        text = "you, in 512 numbers" if bits >= 2**MOST_OCTAVES else f"you, in {bits} bit{'s' if bits > 1 else ''}"
        (x, y), width = self._middle(knobs), self._case.width(text, self._size, 0.06)
        line = self._case.set_line(text, x - width / 2, y + 0.995 * self._radius(knobs), self._size, 0.06)
        return letters(line, INK, 0.0)

    def _ray(self, knobs: Knobs, octaves: float, inner: float, outer: float) -> FloatArray:
        radius, (x, y), angle = self._radius(knobs), self._middle(knobs), _angle(octaves)
        cos, sin = math.cos(angle), math.sin(angle)
        ends = [x + inner * radius * cos, y + inner * radius * sin, x + outer * radius * cos, y + outer * radius * sin]
        return np.array([ends], np.float32)

    def _radius(self, knobs: Knobs) -> float:
        return float(knobs["radius"]) * self._scale

    def _middle(self, knobs: Knobs) -> tuple[float, float]:
        return 0.0, -float(knobs["rise"])


def _angle(octaves: float) -> float:
    """Place on the dial, rad from the right, clockwise on screen."""
    return BEGIN_RAD + (END_RAD - BEGIN_RAD) * min(max(octaves, 0.0), MOST_OCTAVES) / MOST_OCTAVES
