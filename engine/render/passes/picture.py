"""Pass `picture`: a still picture supplied by the artist, or a plain colour."""

from __future__ import annotations

from typing import Literal

import moderngl
from pydantic import Field

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import OVER
from engine.render.glass_area import Rect
from engine.render.pass_context import PassContext
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings
from engine.scene.values import Colour, Picture, linear_light


@register("picture")
class StillPicture(Pass):
    """Picture file from scenes/ over the earlier passes; without one, a plain colour.

    It fills the stage or, if a frame comes later, the glass.
    """

    class Settings(PassSettings):
        """Knobs of `picture`."""

        file: Picture | None = None
        """Picture file, PNG, JPEG or WebP, relative to the scene's folder; transparency is kept."""
        fit: Literal["cover", "contain", "stretch"] = "cover"
        """Fit: cover fills and crops, contain shows the whole picture, stretch changes its aspect ratio."""
        tint: Colour = (1.0, 1.0, 1.0)
        """Tint of the picture; without a picture, the colour itself."""
        brightness: float = Field(default=1.0, ge=0.0, le=16.0)
        """Factor on its light."""

    in_place = True
    baked = frozenset({"fit"})

    def __init__(self, context: PassContext, settings: Settings) -> None:
        super().__init__(context, settings)
        self._fit = settings.fit
        self._picture = context.picture(settings.file) if settings.file is not None else None
        self._show = context.quad_program("picture", {"PICTURE": self._picture is not None})

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(inputs, tick, knobs)
        values["u_filter"] = tuple(knobs["brightness"] * light for light in linear_light(knobs["tint"]))
        if self._picture is not None:
            values["u_picture"] = self._picture
            values["u_lie"] = lie(self._picture.size, self.region, self.context.aspect, self._fit)
        self._show.draw(target, values, rect=self.region, blend=OVER)


def lie(
    picture_wh: tuple[int, int], region: Rect, aspect: float, fit: Literal["cover", "contain", "stretch"]
) -> tuple[float, float, float, float]:
    """Position of a picture in a part of the stage: centre x, y, half width and half height in stage coordinates.

    Args:
        picture_wh: its size, px.
        region: part of the stage, as fractions.
        aspect: width / height of the stage.
        fit: how it fills the region.
    """
    left, top, right, bottom = region
    half_width, half_height = 0.5 * (right - left) * aspect, 0.5 * (bottom - top)
    if fit != "stretch":
        scales = half_width / picture_wh[0], half_height / picture_wh[1]
        scale = max(scales) if fit == "cover" else min(scales)
        half_width, half_height = scale * picture_wh[0], scale * picture_wh[1]
    return (0.5 * (left + right) - 0.5) * aspect, 0.5 * (top + bottom) - 0.5, half_width, half_height
