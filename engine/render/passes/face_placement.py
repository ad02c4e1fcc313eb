"""Preparation of the drawn face for display: blended, brought to a common exposure, enlarged by a spline,
positioned."""

from __future__ import annotations

import math
from collections.abc import Mapping

import moderngl

from engine.render.gl.quad_program import Value
from engine.render.gl.render_target import RenderTarget
from engine.render.glass_area import GlassArea, Rect
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs
from engine.types import Alignment, Placement

SMOKE = 0.5
"""Maximum magnitude of `Figure.smoke`: the noise is stored as 0..1."""


class PreparedFace:
    """Newest and previous face as one picture in linear light; `even` and `clarity` are read from the values."""

    def __init__(self, context: PassContext) -> None:
        self._context = context
        self._prepare = context.quad_program("reflection", {"PREPARE": True})
        self._prepared: RenderTarget | None = None

    def draw(self, size_wh: tuple[int, int], values: Mapping[str, Value]) -> moderngl.Texture:
        """Draw it with the result of `Pass.uniforms`, at the size of the face's picture."""
        if self._prepared is None or self._prepared.texture.size != size_wh:
            self._prepared = self._context.render_target(size_wh)
        self._prepare.draw(self._prepared.framebuffer, values)
        return self._prepared.texture


def put_face(
    opening: GlassArea, alignment: Alignment, placement: Placement | None, knobs: Knobs
) -> tuple[float, float, float, float]:
    """Position of the face's picture.

    In the composed rest position the eyes are at `eye_line` in the middle of the glass. The viewer's offset from the
    middle of the camera's picture, scale and roll are added, weighted by `follow`, and softly limited so that the face
    stays in the glass.

    Returns:
        Centre x and y in stage coordinates (y down), 1 / side, roll in radians (clockwise on the screen).
    """
    height = 2.0 * opening.half_height
    eyes_x, eyes_y = opening.x, opening.y + (knobs["eye_line"] - 0.5) * height
    scale, roll = 1.0, 0.0
    if placement is not None:
        follow = knobs["follow"]
        shown = min(1.0, placement.aspect * opening.half_height / opening.half_width)
        eyes_x += _held(follow * (placement.x - 0.5) * height * placement.aspect * shown, opening.half_width)
        eyes_y += _held(follow * (placement.y - knobs["eye_line"]) * height * shown, opening.half_height)
        ratio = max(placement.eye_distance, 1e-3) / knobs["viewer_eyes"]
        scale = math.exp(_held(follow * math.log(ratio), 0.6))
        roll = follow * placement.roll_rad
    side = knobs["size"] * height * scale
    off_x, off_y = (0.5 - alignment.x) * side, (0.5 - alignment.y) * side
    cos, sin = math.cos(roll), math.sin(roll)
    return eyes_x + cos * off_x - sin * off_y, eyes_y + sin * off_x + cos * off_y, 1.0 / side, roll


def figure_rect(put: tuple[float, float, float, float], alignment: Alignment, aspect: float, knobs: Knobs) -> Rect:
    """Part of the stage outside of which `reflection.frag` draws nothing, whatever the smoke at its edge does.

    Args:
        put: result of `put_face`.
        alignment: eye position in the persona's pictures.
        aspect: width / height of the stage.
        knobs: knobs of `reflection`; `feather` and `shoulders` are used.
    """
    centre_x, centre_y, per_side, roll = put
    side, (cos, sin) = 1.0 / per_side, (math.cos(roll), math.sin(roll))
    unit = alignment.eye_distance * side  # unit of the following numbers: eye distance
    edge = 0.25 + 0.9 * knobs["feather"]
    egg = 1.0 + edge / 1.2 + 0.22 * SMOKE
    eye_x, eye_y = (alignment.x - 0.5) * side, (alignment.y - 0.5) * side
    down = (0.5 * aspect * abs(sin) + 0.5 - centre_y - eye_y + abs(centre_x * sin)) / max(unit * cos, 1e-3)
    bust = edge + 0.25 * SMOKE - 9.0 * (1.0 - knobs["shoulders"])
    shoulder = 0.62 + 1.9 + 0.25 * max(down - 2.7, 0.0) + bust
    across = max(1.25 * egg, shoulder) * unit
    top, bottom = (0.2 - 1.62 * egg) * unit, max(down if shoulder > 0.0 else 0.0, 0.2 + 1.62 * egg) * unit
    corners = [(eye_x + u, eye_y + v) for u in (-across, across) for v in (top, bottom)]
    lefts = [0.5 + (centre_x + cos * u - sin * v) / aspect for u, v in corners]
    tops = [0.5 + centre_y + sin * u + cos * v for u, v in corners]
    return (min(lefts), min(tops), max(lefts), max(tops))


def _held(value: float, limit: float) -> float:
    """Soft limit: `value` while it is small, never beyond `limit`."""
    return limit * math.tanh(value / limit)
