"""ISF files (Interactive Shader Format, version 2) as passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from engine.core.clock import Tick, calendar_date
from engine.core.errors import ConfigError
from engine.render.external_shaders.buffer import Buffer
from engine.render.external_shaders.isf_file import IsfFile
from engine.render.external_shaders.isf_input import Identifier
from engine.render.external_shaders.isf_input import Value as InputValue
from engine.render.external_shaders.paths import path_field
from engine.render.external_shaders.pictures import PLAIN_SOURCES
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import AnyTexture, Value
from engine.render.gl.render_target import Dtype
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, register
from engine.render.passes.external_shader import ForeignPass, Moment
from engine.scene.scene import PassSettings

MAX_SIDE_PX = 4096
MAX_PIXELS = 4 * 3840 * 2160
"""Limit for all buffers of one file together."""


@register("isf")
class Isf(ForeignPass):
    """Shader in the Interactive Shader Format (ISF 2) from shaders/foreign/; `inputImage` is the picture so far."""

    class Settings(ForeignPass.Settings):
        """Knobs of `isf`."""

        file: Annotated[str, path_field(("fs", "isf", "frag"), "an ISF file", "breath.fs")] = "breath.fs"
        """Shader file within shaders/foreign/. A vertex shader of the same name (.vs) is used with it."""
        inputs: Annotated[
            dict[Identifier, float | bool | str | list[float]], Field(default_factory=dict, max_length=64)
        ]
        """Values for the INPUTS of its header: a number, true or false, a point [x, y], a colour [r, g, b, a], a label,
            or for a picture `picture` (so far), `camera`, `reflection`, `noise` or an image file in shaders/foreign/.
            Numbers can follow signals: `bind: {inputs.NAME: "..."}`."""

    def __init__(self, context: PassContext, settings: Settings) -> None:
        self._file = IsfFile(context.library, settings.file, settings.inputs)
        texts = tuple(text for text in (self._file.fragment, self._file.vertex) if text)
        super().__init__(context, settings, texts, may_leave_out=self._file.moves_the_quad)
        self._program = self._file.program(context.library, guards=settings.guard)
        self._quad_program = context.quad_program(settings.file, shaders=self._program)
        self._buffers: dict[str, Buffer] = {}
        for spec in self._file.header.passes:
            if spec.target and spec.target not in self._buffers:
                dtype: Dtype = "f4" if spec.is_float else "f1"
                self._buffers[spec.target] = self.buffer(Buffer(context.ctx, (1, 1), dtype))
        for paths, is_cube, where in self._file.images.values():
            if is_cube:
                self.pictures.load_cube(paths, where)
            else:
                self.pictures.load(paths[0], where)
        for name, picture in self._file.pictured.items():
            if picture not in PLAIN_SOURCES:
                self.pictures.load(picture, f"isf.inputs.{name}")
        pictured = set(self._file.pictured.values()) & {"camera"}
        self.needs = frozenset({"sound", *pictured} if self._file.sounds else pictured)
        self._events: dict[str, bool] = {}
        if _pixels(self._sizes(self._set({}))) > MAX_PIXELS:
            what = f"its buffers have more than {MAX_PIXELS // 1_000_000} million pixels together"
            raise ConfigError(f"{self._file.fragment.name}: {what}; make their WIDTH and HEIGHT smaller")

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self._file.notes, *self._program.notes)

    @property
    def takes_powers(self) -> bool:
        return self._program.takes_powers

    @classmethod
    def check(cls, settings: PassSettings, library: ShaderLibrary) -> None:
        assert isinstance(settings, cls.Settings)
        IsfFile(library, settings.file, settings.inputs)

    def forget(self) -> None:
        for buffer in self._buffers.values():
            buffer.clear()
        self._events = {}

    def draw(self, values: Mapping[str, Value], view: FrameInputs, tick: Tick, moment: Moment, knobs: Knobs) -> Buffer:
        inputs = self._set(knobs)
        self._prepare(inputs)
        own: dict[str, Value] = {**values, **self._built_in(tick, moment)}
        for name, value in {**inputs, **self._fired(inputs, moment)}.items():
            own[self._file.uniform(name)] = value
        shown = self._shown()
        buffer = self.drawn
        for index, spec in enumerate(self._file.header.passes):
            buffer = self._buffers[spec.target] if spec.target else self.drawn
            if spec.is_persistent and not moment.advances:
                continue
            read = self._uniforms({**shown, **{name: kept.texture for name, kept in self._buffers.items()}})
            width, height = buffer.texture.size
            size = (float(width), float(height))
            self.paint(self._quad_program, buffer, {**own, **read, "PASSINDEX": index, "RENDERSIZE": size})
        return buffer

    def _shown(self) -> dict[str, AnyTexture]:
        """All pictures the shader reads, except its buffers, by name."""
        shown: dict[str, AnyTexture] = {}
        for name, picture in self._file.pictured.items():
            shown[name] = self.pictures.texture(picture)
        for name, (kind, samples) in self._file.sounds.items():
            shown[name] = self.pictures.sound(kind, samples)
        for name, (paths, is_cube, _) in self._file.images.items():
            shown[name] = self.pictures.cube(paths) if is_cube else self.pictures.texture(paths[0])
        return shown

    def _uniforms(self, textures: Mapping[str, AnyTexture]) -> dict[str, Value]:
        """Textures and the values ISF provides with each."""
        values: dict[str, Value] = {}
        for name, texture in textures.items():
            width, height = texture.size[:2]
            values[self._file.uniform(name)] = texture
            values[f"_{name}_imgRect"] = (0.0, 0.0, float(width), float(height))
            values[f"_{name}_imgSize"] = (float(width), float(height))
            values[f"_{name}_flip"] = False
        return values

    def _set(self, knobs: Knobs) -> dict[str, InputValue]:
        """Current values of all inputs except pictures."""
        values = dict(self._file.values)
        for name in values:
            bound = knobs.get(f"inputs.{name}")
            if bound is not None:
                values[name] = self._file.inputs[name].held(bound)
        return values

    def _fired(self, inputs: Mapping[str, InputValue], moment: Moment) -> dict[str, bool]:
        """Events that start in this frame; each is true for one frame."""
        fired = {}
        for name, entry in self._file.inputs.items():
            if entry.kind == "event":
                now = bool(inputs[name])
                fired[name] = now and not self._events.get(name, False)
                if moment.advances:
                    self._events[name] = now
        return fired

    def _sizes(self, inputs: Mapping[str, InputValue]) -> dict[str, tuple[int, int]]:
        """Size of every buffer as requested by the passes, px."""
        width, height = self.context.size_wh
        numbers = {name: float(value) for name, value in inputs.items() if not isinstance(value, tuple)}
        numbers.update(WIDTH=float(width), HEIGHT=float(height))
        passes = self._file.header.passes
        return {
            spec.target: (_side(spec.width(numbers)), _side(spec.height(numbers))) for spec in passes if spec.target
        }

    def _prepare(self, inputs: Mapping[str, InputValue]) -> None:
        """Resize every buffer; non-persistent ones are cleared."""
        sizes = self._sizes(inputs)
        fits = _pixels(sizes) <= MAX_PIXELS  # signals can make them too large; then they keep their size
        for spec in self._file.header.passes:
            if spec.target and fits:
                self._buffers[spec.target].resize(sizes[spec.target])
            if spec.target and not spec.is_persistent:
                self._buffers[spec.target].clear()

    @staticmethod
    def _built_in(tick: Tick, moment: Moment) -> dict[str, Value]:
        year, month, day, second = calendar_date(tick.local_s)
        return {
            "TIME": tick.time_s,
            "TIMEDELTA": moment.dt_s,
            "DATE": (float(year), float(month), float(day), second),
            "FRAMEINDEX": moment.index,
        }


def _side(asked: float) -> int:
    return min(max(round(asked), 1), MAX_SIDE_PX)


def _pixels(sizes: Mapping[str, tuple[int, int]]) -> int:
    return sum(width * height for width, height in sizes.values())
