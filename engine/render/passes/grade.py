"""Colours of the finished picture: graded by a table, as colourists hand it over."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.config.validation import IN_WORDS
from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.cube_lut import CubeLut, read_cube
from engine.scene.scene import PassSettings


@register("grade")
class Grade(Pass):
    """A colour grade from a 3D LUT (`.cube`), looked up by tetrahedra. It belongs after `film`: it grades sRGB."""

    class Settings(PassSettings):
        """Knobs of `grade`."""

        lut: str = Field(
            default="lamplight",
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
            json_schema_extra={IN_WORDS: "the name of a file in shaders/luts/, without .cube"},
        )
        """Which table: the name of a file in `shaders/luts/`, without `.cube`. Baked."""
        strength: float = Field(default=1.0, ge=0.0, le=1.0)
        """How far the picture is graded: 0 as it was, 1 as the table has it."""

    baked = frozenset({"lut"})
    names_files = True

    def __init__(self, stage: PassContext, settings: Settings) -> None:
        super().__init__(stage, settings)
        self._show = stage.quad_program("grade")
        lut = read_lut(stage.library, settings.lut)
        self._table = stage.cube(lut.table)
        self._low = lut.low
        self._range = tuple(high - low for low, high in zip(lut.low, lut.high, strict=True))

    @classmethod
    def check(cls, settings: PassSettings, library: ShaderLibrary) -> None:
        assert isinstance(settings, cls.Settings)
        read_lut(library, settings.lut)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(view, tick, {name: value for name, value in knobs.items() if name != "lut"})
        values.update(u_source=source, u_table=self._table, u_low=self._low, u_range=self._range)
        self._show.draw(target, values, rect=self.region)


def read_lut(library: ShaderLibrary, lut: str) -> CubeLut:
    """The table of that name.

    Raises:
        ConfigError: it is missing, or what is wrong in which line.
    """
    name = f"luts/{lut}.cube"
    return read_cube(library.path(name), library.shown(name))
