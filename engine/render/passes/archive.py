"""Pass `archive`: a wall with this evening's strangers in small oval frames under one picture light."""

from __future__ import annotations

import math

import moderngl
import numpy as np
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER, Value
from engine.render.glass_area import GlassArea
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, register
from engine.render.passes.face_placement import PreparedFace
from engine.render.passes.relief import Relief, breath
from engine.render.portrait_archive import SLOTS
from engine.scene.scene import PassSettings
from engine.types import FloatArray

OVAL = 0.79
"""Aspect ratio of a frame."""
NEAREST_ASPECT = 1.05
"""Stages narrower than this get a smaller newest frame."""
MOULDING = 0.26
"""Width of a frame's moulding, relative to half the height of its opening."""


@register("archive")
class Archive(Relief):
    """Plaster wall with oval frames in dark wood: this evening's strangers, the newest largest, each breathing a
    little.

    The current visitor is in the largest frame, and stays in it after leaving until the next one arrives.
    """

    class Settings(PassSettings):
        """Knobs of `archive`."""

        newest: float = Field(default=0.50, ge=0.2, le=0.7)
        """Height of the newest frame's opening, in stage heights (or widths, if the stage is narrower). Baked."""
        breathing: float = Field(default=1.0, ge=0.0, le=5.0)
        """Amount by which the portraits breathe: 0 still, 5 strong."""
        even: float = Field(default=0.8, ge=0.0, le=1.0)
        """Amount by which dark and bright faces are brought to the same exposure."""
        clarity: float = Field(default=0.8, ge=0.0, le=3.0)
        """Sharpening of the enlarged newest face: 0 soft, 1 as drawn, 3 harsh."""
        idle: float = Field(default=0.0, ge=0.0, le=1.0)
        """Visibility of a face in the newest frame while nobody is there and nobody has been."""
        age: float = Field(default=0.5, ge=0.0, le=1.0)
        """Stains and cracks in the plaster. Baked."""

    baked = frozenset({"newest", "age"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        self._hung, self._states = context.lookup_texture(SLOTS), context.lookup_texture(SLOTS)
        self._frames = hang(context.aspect, settings.newest)
        self._hung.write(self._frames)
        super().__init__(context, settings)
        self._face = PreparedFace(context)
        self._portraits = context.quad_program("portraits")
        self._nobody = context.render_target((4, 4))

    @classmethod
    def opening(cls, settings: PassSettings, aspect: float) -> GlassArea:
        assert isinstance(settings, cls.Settings)
        x, y, half_width, half_height = (float(number) for number in hang(aspect, settings.newest)[0])
        return GlassArea(x, y, half_width, half_height, half_width, MOULDING * 0.5 * half_height)

    def bake_values(self) -> dict[str, Value]:
        return {"u_hung": self._hung.texture}

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        shown, gains = (
            (inputs.archive_tiles.shown, inputs.archive_tiles.gains)
            if inputs.archive_tiles is not None
            else ([0.0] * SLOTS, [1.0] * SLOTS)
        )
        self._states.write(np.stack([shown, gains, np.zeros(SLOTS), np.zeros(SLOTS)], axis=1).astype(np.float32))
        presence = max(inputs.presence, knobs["idle"]) if inputs.reflection is not None else 0.0
        values.update(
            u_presence=presence,
            u_prepared=self._nobody.texture,
            u_kept=inputs.archive_tiles.pictures if inputs.archive_tiles is not None else self._nobody.texture,
            u_kept_columns=inputs.archive_tiles.columns if inputs.archive_tiles is not None else 1,
            u_hung=self._hung.texture,
            u_states=self._states.texture,
            u_breath=breath(tick.time_s),
        )
        if inputs.reflection is not None:
            values["u_prepared"] = self._face.draw(inputs.reflection.size, values)
        self._portraits.draw(target, values, instances=SLOTS, blend=OVER)
        super().render(source, target, inputs, tick, knobs)


def hang(aspect: float, newest: float) -> FloatArray:
    """Positions of the frames on a stage of this width / height.

    The newest is in the middle; the others surround it in slightly uneven rows, the nearest first.

    Returns:
        (SLOTS, 4) float32: centre x and y, half width and half height of the openings; stage coordinates.
    """
    half_height = 0.5 * newest * min(1.0, aspect / NEAREST_ASPECT)
    middle = (0.0, 0.012, OVAL * half_height, half_height)
    for scale in np.geomspace(1.0, 0.1, 80):
        others = _around(aspect, middle, 0.40 * half_height * scale)
        if len(others) >= SLOTS - 1:
            break
    return np.array([middle, *others[: SLOTS - 1]], np.float32)


def _around(aspect: float, middle: tuple[float, ...], half_height: float) -> list[tuple[float, ...]]:
    """Frames of about this half height on the wall that the newest leaves free, the nearest first."""
    step_x, step_y = 2.75 * half_height, 3.05 * half_height
    columns, rows = math.ceil(0.5 * aspect / step_x) + 1, math.ceil(0.5 / step_y) + 1
    random = np.random.default_rng(7)
    found = []
    for row in range(-rows, rows + 1):
        for column in range(-columns, columns + 1):
            drift_x, drift_y, own = random.uniform(-1.0, 1.0, 3)
            x = (column + 0.5 * (row % 2)) * step_x + 0.10 * drift_x * half_height
            y = row * step_y + middle[1] + 0.12 * drift_y * half_height
            half = half_height * (1.0 + 0.14 * own)
            reach = (1.0 + MOULDING) * half + 0.012
            is_free = math.hypot(x / (middle[2] * 1.35 + reach), (y - middle[1]) / (middle[3] * 1.25 + reach)) > 1.0
            if is_free and abs(x) + reach < 0.5 * aspect and abs(y) + reach * 1.06 < 0.5:
                found.append((x, y, OVAL * half, half))
    return sorted(found, key=lambda frame: math.hypot(frame[0], frame[1]))
