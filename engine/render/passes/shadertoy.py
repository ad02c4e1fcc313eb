"""Shadertoy shaders as passes: Image tab, buffers A to D, Common, and their channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import moderngl
from pydantic import Field

from engine.core.clock import Tick, calendar_date
from engine.render.external_shaders.buffer import Buffer
from engine.render.external_shaders.shadertoy_channels import (
    ANY,
    CHANNELS,
    BufferName,
    BufferTab,
    Channel,
    Channels,
    ShaderPath,
)
from engine.render.external_shaders.shadertoy_files import ShadertoyFiles, Tab
from engine.render.external_shaders.shadertoy_program import ShadertoyProgram
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import AnyTexture, QuadProgram, Sampled, Value
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, register
from engine.render.passes.external_shader import ForeignPass, Moment
from engine.scene.scene import PassSettings

PRESENT = 0.5  # presence from which the mouse counts as pressed
STEADY_HZ = 60.0  # iFrameRate in frames that take no time

_FILTERS = {
    "nearest": (moderngl.NEAREST, moderngl.NEAREST),
    "linear": (moderngl.LINEAR, moderngl.LINEAR),
    "mipmap": (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR),
}

Unit = Annotated[float, Field(ge=0.0, le=1.0)]


@register("shadertoy")
class Shadertoy(ForeignPass):
    """Shadertoy shader from shaders/foreign/ with its buffers; its mouse is the viewer's face."""

    class Settings(ForeignPass.Settings):
        """Knobs of `shadertoy`."""

        file: ShaderPath = "candle.glsl"
        """Image tab, a text with several tabs, or the site's JSON, within shaders/foreign/."""
        channels: Channels = Field(default_factory=dict)
        """Inputs of the Image tab's iChannels: `picture` (so far), `camera`, `reflection`, `noise`, `sound`,
            `keyboard`, `sky`, `noise3d`, a buffer `A` to `D`, or one or six .png or .jpg files in shaders/foreign/; on
            their own, or as `source` together with `filter`, `wrap`, `vflip` and `cube`."""
        buffers: dict[BufferName, BufferTab] = Field(default_factory=dict)
        """Buffers A to D: each is drawn in 32-bit floats and kept for the next frame."""
        common: ShaderPath | None = None
        """Common tab, which is put before all others."""
        mouse: Literal["face"] | tuple[Unit, Unit] = "face"
        """Position of iMouse: the `face`, pressed while a visitor is there, or [x, y], fractions of the stage from its
            bottom left, pressed."""

    def __init__(self, context: PassContext, settings: Settings) -> None:
        files = _files(context.library, settings)
        super().__init__(context, settings, files.texts)
        self._mouse, self._guards = settings.mouse, settings.guard
        self._samplers: dict[tuple[str, str], moderngl.Sampler] = {}
        context.own(_Samplers(self._samplers))
        self._image = self._tab_program(files, files.image)
        self._tabs = {name: self._tab_program(files, tab) for name, tab in files.buffers.items()}
        self._notes = files.notes
        tabs = (files.image, *files.buffers.values())
        sources = [channel.source for tab in tabs for channel in tab.channels.values()]
        self.needs = frozenset(name for name in ("sound", "camera") if name in sources)
        asked = settings.buffers
        self._buffers: dict[str, Buffer] = {}
        for name in files.buffers:
            size = asked[name].size if name in asked else None
            self._buffers[name] = self.buffer(Buffer(context.ctx, size or context.size_wh, "f4"))

    @property
    def notes(self) -> tuple[str, ...]:
        programs = (tab_program.program for tab_program in (self._image, *self._tabs.values()))
        return (*self._notes, *(sentence for program in programs for sentence in program.notes))

    @property
    def takes_powers(self) -> bool:
        return any(tab_program.program.takes_powers for tab_program in (self._image, *self._tabs.values()))

    @classmethod
    def check(cls, settings: PassSettings, library: ShaderLibrary) -> None:
        assert isinstance(settings, cls.Settings)
        _files(library, settings)

    def forget(self) -> None:
        for buffer in self._buffers.values():
            buffer.clear()

    def draw(
        self, values: Mapping[str, Value], inputs: FrameInputs, tick: Tick, moment: Moment, knobs: Knobs
    ) -> Buffer:
        own = {**values, **self._built_in(inputs, tick, moment, knobs)}
        if moment.advances:
            for name, tab_program in self._tabs.items():
                buffer = self._buffers[name]
                size = {"iResolution": (*map(float, buffer.texture.size), 1.0)}
                self.paint(tab_program.quad_program, buffer, {**own, **size, **self._read(tab_program)})
        self.paint(self._image.quad_program, self.drawn, {**own, **self._read(self._image)})
        return self.drawn

    def _tab_program(self, files: ShadertoyFiles, tab: Tab) -> _TabProgram:
        """Program of a tab with its inputs."""
        for name, channel in tab.channels.items():
            where = f"{tab.where}.channels.{name}"
            if channel.files and channel.kind == "cube":
                self.pictures.load_cube(channel.files, where)
            elif channel.files:
                self.pictures.load(channel.files[0], where, is_upright=channel.vflip)
            way = channel.filter, channel.wrap
            if way not in self._samplers:
                is_tile = channel.wrap == "repeat"
                sampler = self.context.ctx.sampler(repeat_x=is_tile, repeat_y=is_tile, filter=_FILTERS[channel.filter])
                self._samplers[way] = sampler
        program = files.program(tab, guards=self._guards)
        return _TabProgram(self.context.quad_program(tab.text.name, shaders=program), program, tab.channels)

    def _read(self, tab_program: _TabProgram) -> dict[str, Value]:
        """Current channels of a tab; those not set in the scene are black, a sky or noise."""
        read: dict[str, Value] = {}
        sizes: list[tuple[float, ...]] = []
        for name, kind in tab_program.program.kinds.items():
            channel = tab_program.channels.get(name)
            texture = self._texture(channel, kind)
            sizes.append((*map(float, texture.size), 1.0)[:3])
            if channel is None:
                read[name] = texture
                continue
            if channel.filter == "mipmap" and kind == "plain" and not channel.files:
                texture.build_mipmaps()
            read[name] = Sampled(texture, self._samplers[channel.filter, channel.wrap])
        return {**read, "iChannelResolution": sizes}

    def _texture(self, channel: Channel | None, kind: str) -> AnyTexture:
        if kind == "volume":
            return self.pictures.volume()
        if kind == "cube":
            return self.pictures.cube(channel.files if channel is not None else ())
        if channel is None:
            return self.pictures.black
        source = "picture" if channel.source == ANY else str(channel.source)
        if source in self._buffers:
            return self._buffers[source].texture
        return self.pictures.texture(source, is_upright=channel.vflip)

    def _built_in(self, inputs: FrameInputs, tick: Tick, moment: Moment, knobs: Knobs) -> dict[str, Value]:
        width, height = self.context.size_wh
        year, month, day, second = calendar_date(tick.local_s)
        if self._mouse == "face":
            x, y = self.face(inputs, knobs)[:2]
        else:
            x, y = self._mouse
        pressed = 1.0 if self._mouse != "face" or inputs.presence > PRESENT else -1.0
        return {
            "iResolution": (float(width), float(height), 1.0),
            "iTime": tick.time_s,
            "iChannelTime": [tick.time_s] * len(CHANNELS),
            "iTimeDelta": moment.dt_s,
            "iFrameRate": 1.0 / moment.dt_s if moment.dt_s > 0.0 else STEADY_HZ,
            "iFrame": moment.index,
            "iMouse": (x * width, y * height, pressed * x * width, -y * height),
            "iDate": (float(year), float(month - 1), float(day), second),
        }


def _files(library: ShaderLibrary, settings: Shadertoy.Settings) -> ShadertoyFiles:
    return ShadertoyFiles(library, settings.file, settings.channels, settings.buffers, settings.common)


@dataclass(frozen=True)
class _TabProgram:
    """Program of a tab with its inputs."""

    quad_program: QuadProgram
    program: ShadertoyProgram
    channels: Mapping[str, Channel]


class _Samplers:
    """Samplers of the channels, released with the context."""

    def __init__(self, samplers: Mapping[tuple[str, str], moderngl.Sampler]) -> None:
        self._samplers = samplers

    def close(self) -> None:
        for sampler in self._samplers.values():
            sampler.release()
