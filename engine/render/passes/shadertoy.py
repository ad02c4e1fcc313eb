"""Shaders of Shadertoy as passes: the Image tab, buffers A to D, Common, and what their channels show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import moderngl
from pydantic import Field

from engine.core.clock import Tick, calendar_date
from engine.render.external_shaders.buffer import Buffer
from engine.render.external_shaders.pictures import IMAGE_ENDINGS
from engine.render.external_shaders.shadertoy_files import (
    CHANNELS,
    BufferName,
    BufferTab,
    Channel,
    Channels,
    ShaderPath,
    ShadertoyFiles,
    Tab,
)
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import QuadProgram, Sampled, Value
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, register
from engine.render.passes.external_shader import ForeignPass, Moment
from engine.scene.scene import PassSettings

PRESENT = 0.5  # from this presence on, the mouse is held down
STEADY_HZ = 60.0  # what iFrameRate is for a frame that takes no time

_FILTERS = {
    "nearest": (moderngl.NEAREST, moderngl.NEAREST),
    "linear": (moderngl.LINEAR, moderngl.LINEAR),
    "mipmap": (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR),
}

Unit = Annotated[float, Field(ge=0.0, le=1.0)]


@register("shadertoy")
class Shadertoy(ForeignPass):
    """A shader of Shadertoy from shaders/foreign/, with its buffers; its mouse is the viewer's face."""

    class Settings(ForeignPass.Settings):
        """Knobs of `shadertoy`."""

        file: ShaderPath = "candle.glsl"
        """The Image tab, within shaders/foreign/."""
        channels: Channels = Field(default_factory=dict)
        """What its iChannels show: `picture` (so far), `camera`, `reflection`, `noise`, a buffer `A` to `D`, or a .png
        or .jpg file in shaders/foreign/; alone, or as `source` beside `filter`, `wrap` and `vflip`."""
        buffers: dict[BufferName, BufferTab] = Field(default_factory=dict)
        """Buffers A to D: what each draws, in 32-bit floats, and keeps for the next frame."""
        common: ShaderPath | None = None
        """The Common tab, which all others begin with."""
        mouse: Literal["face"] | tuple[Unit, Unit] = "face"
        """Where iMouse is: at the `face`, pressed while somebody is there, or [x, y], fractions of the stage from its
        bottom left, pressed."""

    def __init__(self, stage: PassContext, settings: Settings) -> None:
        files = _files(stage.library, settings)
        super().__init__(stage, settings, files.texts)
        self._mouse = settings.mouse
        self._samplers: dict[tuple[str, str], moderngl.Sampler] = {}
        stage.own(_Samplers(self._samplers))
        self._image = self._painter(files, files.image)
        self._tabs = {name: self._painter(files, tab) for name, tab in files.buffers.items()}
        self._buffers = {
            name: self.buffer(Buffer(stage.ctx, settings.buffers[name].size or stage.size_wh, "f4"))
            for name in files.buffers
        }

    @classmethod
    def check(cls, settings: PassSettings, library: ShaderLibrary) -> None:
        assert isinstance(settings, cls.Settings)
        _files(library, settings)

    def forget(self) -> None:
        for buffer in self._buffers.values():
            buffer.clear()

    def draw(self, values: Mapping[str, Value], view: FrameInputs, tick: Tick, moment: Moment, knobs: Knobs) -> Buffer:
        own = {**values, **self._built_in(view, tick, moment, knobs)}
        if moment.advances:
            for name, (brush, channels) in self._tabs.items():
                buffer = self._buffers[name]
                size = {"iResolution": (*map(float, buffer.texture.size), 1.0)}
                self.paint(brush, buffer, {**own, **size, **self._read(channels)})
        brush, channels = self._image
        self.paint(brush, self.drawn, {**own, **self._read(channels)})
        return self.drawn

    def _painter(self, files: ShadertoyFiles, tab: Tab) -> tuple[QuadProgram, Mapping[str, Channel]]:
        """What draws a tab, and what it is shown."""
        for name, channel in tab.channels.items():
            if channel.source.endswith(IMAGE_ENDINGS):
                where = f"{tab.where}.channels.{name}"
                self.pictures.load(channel.source, where, is_upright=channel.vflip)
            way = channel.filter, channel.wrap
            if way not in self._samplers:
                is_tile = channel.wrap == "repeat"
                sampler = self.stage.ctx.sampler(repeat_x=is_tile, repeat_y=is_tile, filter=_FILTERS[channel.filter])
                self._samplers[way] = sampler
        return self.stage.quad_program(tab.text.name, shaders=files.program(self.stage.library, tab)), tab.channels

    def _read(self, channels: Mapping[str, Channel]) -> dict[str, Value]:
        """The channels of a tab at this moment; those that the scene leaves open are black."""
        read: dict[str, Value] = dict.fromkeys(CHANNELS, self.pictures.black)
        for name, channel in channels.items():
            if channel.source in self._buffers:
                texture = self._buffers[channel.source].texture
            else:
                texture = self.pictures.texture(channel.source, is_upright=channel.vflip)
            if channel.filter == "mipmap":
                texture.build_mipmaps()
            read[name] = Sampled(texture, self._samplers[channel.filter, channel.wrap])
        return read

    def _built_in(self, view: FrameInputs, tick: Tick, moment: Moment, knobs: Knobs) -> dict[str, Value]:
        width, height = self.stage.size_wh
        year, month, day, second = calendar_date(tick.local_s)
        if self._mouse == "face":
            x, y = self.face(view, knobs)[:2]
        else:
            x, y = self._mouse
        pressed = 1.0 if self._mouse != "face" or view.presence > PRESENT else -1.0
        return {
            "iResolution": (float(width), float(height), 1.0),
            "iTime": tick.time_s,
            "iTimeDelta": moment.dt_s,
            "iFrameRate": 1.0 / moment.dt_s if moment.dt_s > 0.0 else STEADY_HZ,
            "iFrame": moment.index,
            "iMouse": (x * width, y * height, pressed * x * width, -y * height),
            "iDate": (float(year), float(month - 1), float(day), second),
        }


def _files(library: ShaderLibrary, settings: Shadertoy.Settings) -> ShadertoyFiles:
    return ShadertoyFiles(library, settings.file, settings.channels, settings.buffers, settings.common)


class _Samplers:
    """What reads the channels, to be released with the stage."""

    def __init__(self, samplers: Mapping[tuple[str, str], moderngl.Sampler]) -> None:
        self._samplers = samplers

    def close(self) -> None:
        for sampler in self._samplers.values():
            sampler.release()
