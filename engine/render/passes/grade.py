"""Pass `grade`: colour grading of the finished picture with a lookup table."""

from __future__ import annotations

import logging

import moderngl
import numpy as np
from pydantic import Field, field_validator

from engine.config.validation import IN_WORDS
from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import Value
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.cube_lut import CubeLut, Three, read_cube
from engine.render.passes.strip_lut import read_strip
from engine.scene.scene import PassSettings

log = logging.getLogger(__name__)


@register("grade")
class Grade(Pass):
    """Colour grade from a `.cube` file or a strip: curves, a table with tetrahedral interpolation, or both; after
    `film`."""

    class Settings(PassSettings):
        """Knobs of `grade`."""

        lut: str = Field(
            default="lamplight",
            pattern=r"^[^/\\:.\x00-\x1f\x7f][^/\\:\x00-\x1f\x7f]{0,99}$",
            json_schema_extra={IN_WORDS: "the name of a file in shaders/luts/, without .cube or .png"},
        )
        """Lookup table: the name of a file in `shaders/luts/`, without `.cube`, or with `.png` for a strip. Baked."""
        strength: float = Field(default=1.0, ge=0.0, le=1.0)
        """Strength of the grade: 0 unchanged, 1 as in the table."""

        @field_validator("lut")
        @classmethod
        def _has_no_ending(cls, lut: str) -> str:
            if lut.lower().endswith(".cube"):
                raise ValueError(f"must be the name of a file in shaders/luts/, without .cube, not {lut!r}")
            return lut

    baked = frozenset({"lut"})
    names_files = True

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._show = context.quad_program("grade")
        lut = read_lut(context.library, settings.lut)
        self._table = context.cube(lut.table)
        self._curve = context.lookup_texture(len(lut.curve))
        self._curve.write(np.pad(lut.curve, ((0, 0), (0, 1))))
        self._spans: dict[str, Value] = {
            "u_low": lut.low,
            "u_range": _apart(lut.low, lut.high),
            "u_curve_low": lut.curve_low,
            "u_curve_range": _apart(lut.curve_low, lut.curve_high),
        }
        for sentence in lut.notes:
            log.warning("%s", sentence)

    @classmethod
    def check(cls, settings: PassSettings, library: ShaderLibrary) -> None:
        assert isinstance(settings, cls.Settings)
        read_lut(library, settings.lut)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, {name: value for name, value in knobs.items() if name != "lut"})
        values.update(self._spans, u_source=source, u_table=self._table, u_curve=self._curve.texture)
        self._show.draw(target, values, rect=self.region)


def _apart(low: Three, high: Three) -> Three:
    return high[0] - low[0], high[1] - low[1], high[2] - low[2]


def read_lut(library: ShaderLibrary, lut: str) -> CubeLut:
    """Read the lookup table of that name.

    Raises:
        ConfigError: it is missing or invalid; says what is wrong, and in which line.
    """
    strip, cube = f"luts/{lut}.png", f"luts/{lut}.cube"
    if library.path(strip).is_file() and not library.path(cube).is_file():
        return read_strip(library.path(strip), library.shown(strip))
    return read_cube(library.path(cube), library.shown(cube))
