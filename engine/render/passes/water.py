"""Pass `water`: dark water with waves over the earlier passes."""

from __future__ import annotations

import math

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import Value
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.face_placement import put_face
from engine.render.passes.reflection import Reflection
from engine.scene.scene import PassSettings

FIELD_ROWS = 90
"""Cells of the wave field per stage height; few, because they are enlarged by a spline."""
FIELD_COLUMNS = (24, 400)
STEPS_PER_S = 45
"""Waves advance in equal steps, and are therefore the same at every frame rate."""
MOST_STEPS = 12
NET_WH = (512, 512)
OPTICS_SHARE = 0.375
"""Resolution of the light at the surface, as a share of the stage's width and height; it is smooth."""


@register("water")
class Water(Pass):
    """Water over the earlier passes: it refracts them, casts caustics on them and reflects a pale sky.

    Waves start where the face moves, appears or disappears. They are simulated in a small field (the wave equation, in
    equal steps of 1/45 s) that advances only by `Tick.dt_s`: the same ticks give the same waves.
    """

    class Settings(PassSettings):
        """Knobs of `water`."""

        follow: float = Field(default=0.8, ge=0.0, le=1.0)
        """Amount by which the waves' source follows the viewer; use the value of the `reflection` below."""
        stir: float = Field(default=1.0, ge=0.0, le=5.0)
        """Height of the waves made by a moving face."""
        wind: float = Field(default=1.0, ge=0.0, le=5.0)
        """Ripples made by the air."""
        drops: float = Field(default=5.0, ge=0.0, le=60.0)
        """Number of drops falling into it, per minute."""
        calm: float = Field(default=0.9, ge=0.0, le=10.0)
        """Damping of the waves, 1/s."""
        bend: float = Field(default=0.10, ge=0.0, le=0.5)
        """Refraction of what is below, stage heights per unit of slope: the apparent depth."""
        caustics: float = Field(default=0.37, ge=0.0, le=3.0)
        """Strength of the caustics."""
        murk: float = Field(default=0.8, ge=0.0, le=1.0)
        """Absorption of light from below, red first, and the water's own scattered light."""
        sky: float = Field(default=1.0, ge=0.0, le=5.0)
        """Brightness of the reflected sky."""

    memory_s = 20.0  # by then a wave has decayed to a thousandth at the default `calm`

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        columns = min(max(round(FIELD_ROWS * context.aspect), FIELD_COLUMNS[0]), FIELD_COLUMNS[1])
        self._field, self._spare = (context.render_target((columns, FIELD_ROWS), "f4") for _ in range(2))
        self._height, self._surface = (context.render_target((columns, FIELD_ROWS), dtype) for dtype in ("f4", "f2"))
        width, height = (max(1, round(OPTICS_SHARE * side)) for side in context.size_wh)
        self._optics = context.render_target((width, height))
        self._net = context.render_target(NET_WH, "f1", mipmaps=True, repeat=True)
        self._step = context.quad_program("water", {"STEP": True})
        self._seen = tuple(
            (name, context.quad_program("water", {name.upper(): True}), render_target)
            for name, render_target in (("height", self._height), ("surface", self._surface), ("optics", self._optics))
        )
        self._show = context.quad_program("water")
        values = self.uniforms(FrameInputs(), Tick(0, 0.0, 0.0), settings.model_dump())
        context.bake(self._net, "water", {"TILE": True}, values)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values.update(u_cells=float(FIELD_ROWS), u_source=source, u_net=self._net.texture)
        self._advance(inputs, tick, knobs, values)
        values["u_field"] = self._field.texture
        for name, quad_program, render_target in self._seen:
            quad_program.draw(render_target.framebuffer, values)
            values[f"u_{name}"] = render_target.texture
        self._show.draw(target, values, rect=self.region)

    def _advance(self, inputs: FrameInputs, tick: Tick, knobs: Knobs, values: dict[str, Value]) -> None:
        """Advance the waves to the time of `tick`."""
        there = {**Reflection.Settings().model_dump(), "follow": knobs["follow"]}
        x, y, per_side, _ = put_face(self.context.opening, inputs.alignment, inputs.placement, there)
        values.update(u_face=(x, y, 1.0 / per_side, inputs.presence), u_step_s=1.0 / STEPS_PER_S)
        for step in steps_of(tick):
            values.update(u_field=self._field.texture, u_step=step)
            self._step.draw(self._spare.framebuffer, values)
            self._field, self._spare = self._spare, self._field


def steps_of(tick: Tick) -> range:
    """Steps of 1/`STEPS_PER_S` seconds that end within a tick, counted since the show started."""
    reached = math.floor(tick.time_s * STEPS_PER_S + 1e-6)
    before = math.floor((tick.time_s - tick.dt_s) * STEPS_PER_S + 1e-6)
    return range(max(before, reached - MOST_STEPS), reached)
