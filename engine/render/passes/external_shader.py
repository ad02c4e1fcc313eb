"""Base of passes that run shaders in another program's dialect."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.external_shaders.buffer import Area, Buffer, FiniteWatch
from engine.render.external_shaders.pictures import Pictures
from engine.render.external_shaders.program import ForeignText
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER, QuadProgram, Value
from engine.render.glass_area import cover_fit
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass
from engine.render.passes.face_placement import put_face
from engine.render.passes.reflection import Reflection
from engine.scene.scene import SIGNALS, PassSettings


@dataclass(frozen=True)
class Moment:
    """Frame as counted by external shaders.

    Attributes:
        index: from 0, the first frame that advances time; a frame without time before it is 0 as well.
        dt_s: time since the last one; 0 for the first.
        advances: whether persistent buffers advance; False shows their contents again.
    """

    index: int
    dt_s: float
    advances: bool


class ForeignPass(Pass):
    """Base of passes that draw an artist's shader over the picture so far.

    The shader draws with row 0 at the bottom and in sRGB-encoded values, as its dialect requires; `foreign.frag`
    converts that to linear light. Its persistent buffers advance only with `Tick`, and are lost when the scene is
    reloaded.
    """

    class Settings(PassSettings):
        """Knobs of every external shader."""

        follow: float = Field(default=0.8, ge=0.0, le=1.0)
        """Amount by which the face position given to the shader follows the viewer; use the value of the `reflection`
        below."""
        guard: bool = True
        """Whether `pow` accepts negative numbers, as on many graphics cards; otherwise the picture below shows
        there."""

    in_place = True
    baked = frozenset({"guard"})
    names_files = True
    is_foreign = True
    memory_s = math.inf  # an artist's buffers may keep anything

    def __init__(
        self,
        context: PassContext,
        settings: PassSettings,
        texts: tuple[ForeignText, ...],
        *,
        may_leave_out: bool = False,
    ) -> None:
        super().__init__(context, settings)
        self.pictures = Pictures(context)
        self.drawn = self.buffer(Buffer(context.ctx, context.size_wh, "f2"))
        self._lay = context.quad_program("foreign")
        leaves_out = may_leave_out or any(text.may_discard for text in texts)
        self.file = texts[0].name
        self._watch = FiniteWatch(context.ctx, self.file, is_blind=leaves_out)
        self._next_index = 0

    @property
    def problem(self) -> str:
        return self._watch.problem

    @property
    def watch(self) -> FiniteWatch:
        """Detector of non-finite pixels."""
        return self._watch

    @property
    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """Corrections to the artist's files, and missing parts, one sentence each."""

    @property
    @abstractmethod
    def takes_powers(self) -> bool:
        """Whether `guard` has an effect on it."""

    def buffer(self, buffer: Buffer) -> Buffer:
        """Register a buffer to be released with the context."""
        self.context.own(buffer)
        return buffer

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values["u_fit"] = cover_fit(inputs.camera_aspect, self.context.aspect)
        moment = self._moment(tick)
        self.pictures.begin(source, values, inputs, self.region, tick.dt_s)
        if moment.index == 0 and moment.advances:
            self.forget()
            self.pictures.forget()
        with self._watch.frame():
            drawn = self.draw(self.mirror_values(inputs, knobs), inputs, tick, moment, knobs)
            self._watch.expect(self.pictures.drawn_px)
        shown = {**values, "u_drawn": drawn.texture, "u_upright": True}
        self._lay.draw(target, shown, rect=self.region, blend=OVER)

    @abstractmethod
    def draw(
        self, values: Mapping[str, Value], inputs: FrameInputs, tick: Tick, moment: Moment, knobs: Knobs
    ) -> Buffer:
        """Draw everything the shader consists of.

        Args:
            values: the mirror's uniforms.
            view, tick, knobs: see `render`.
            moment: frame as the shader counts it.

        Returns:
            The buffer with its picture: `drawn`, or one of its own.
        """

    @abstractmethod
    def forget(self) -> None:
        """Clear all persistent buffers."""

    def paint(self, quad_program: QuadProgram, buffer: Buffer, values: Mapping[str, Value]) -> None:
        """Draw the whole of a buffer."""
        area = self._area() if buffer is self.drawn else (0, 0, *buffer.texture.size)
        self._watch.expect(area[2] * area[3])
        asked = {
            f"n_{name}": self.pictures.texture(name)
            for name in ("camera", "reflection")
            if f"n_{name}" in quad_program.uniforms
        }
        buffer.draw(quad_program, {**values, **asked}, area)

    def _area(self) -> Area:
        """Part of the stage to draw; a frame covers the rest."""
        (width, height), (left, top, right, bottom) = self.context.size_wh, self.region
        x, y = math.floor(left * width), math.floor((1.0 - bottom) * height)
        return x, y, math.ceil(right * width) - x, math.ceil((1.0 - top) * height) - y

    def mirror_values(self, inputs: FrameInputs, knobs: Knobs) -> dict[str, Value]:
        """Uniforms of the mirror, the same in every dialect: each signal as `n_<signal>`, the face and the glass."""
        values: dict[str, Value] = {f"n_{name}": inputs.signals.get(name, 0.0) for name in SIGNALS}
        x, y, roll, distance = self.face(inputs, knobs)
        values["n_face"] = (x, y, distance, roll)
        glass = self.context.opening
        values["n_glass"] = (0.5 + glass.x / self.context.aspect, 0.5 - glass.y, glass.half_width, glass.half_height)
        values["n_corner"] = glass.corner
        return values

    def face(self, inputs: FrameInputs, knobs: Knobs) -> tuple[float, float, float, float]:
        """Position of the reflection.

        Returns:
            Midpoint between its eyes, x and y as fractions of the stage, origin bottom left; roll, rad,
                    counterclockwise; eye distance, stage heights.
        """
        rest = {**Reflection.Settings().model_dump(), "follow": knobs["follow"]}
        x, y, per_side, roll = put_face(self.context.opening, inputs.alignment, inputs.placement, rest)
        side, (cos, sin) = 1.0 / per_side, (math.cos(roll), math.sin(roll))
        off_x, off_y = (inputs.alignment.x - 0.5) * side, (inputs.alignment.y - 0.5) * side
        x, y = x + cos * off_x - sin * off_y, y + sin * off_x + cos * off_y
        return 0.5 + x / self.context.aspect, 0.5 - y, -roll, inputs.alignment.eye_distance * side

    def _moment(self, tick: Tick) -> Moment:
        if tick.dt_s <= 0.0:
            return Moment(max(0, self._next_index - 1), 0.0, advances=self._next_index == 0)
        self._next_index += 1
        return Moment(self._next_index - 1, tick.dt_s if self._next_index > 1 else 0.0, advances=True)
