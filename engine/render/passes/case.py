"""Pass `case`: the case of a daguerreotype."""

from __future__ import annotations

from pydantic import Field

from engine.render.glass_area import GlassArea
from engine.render.passes.base import register
from engine.render.passes.relief import Relief
from engine.scene.scene import PassSettings


@register("case")
class Case(Relief):
    """Opened case of dark leather and velvet, with a brass mat around the plate drawn by earlier passes."""

    class Settings(PassSettings):
        """Knobs of `case`."""

        fill: float = Field(default=0.88, ge=0.3, le=1.0)
        """Height of the case in stage heights. Baked."""
        border: float = Field(default=0.085, ge=0.02, le=0.2)
        """Width of the mat at its narrowest, in stage heights (or widths, if the stage is narrower). Baked."""
        proportion: float = Field(default=0.80, ge=0.4, le=1.6)
        """Aspect ratio of the mat's opening. Baked."""
        wear: float = Field(default=0.5, ge=0.0, le=1.0)
        """Wear: darkened brass and rubbed leather. Baked."""

    baked = frozenset({"fill", "border", "proportion", "wear"})

    @classmethod
    def opening(cls, settings: PassSettings, aspect: float) -> GlassArea:
        assert isinstance(settings, cls.Settings)
        border = settings.border * min(1.0, aspect)
        height = min(settings.fill, 1.1 * aspect) - 2 * 1.75 * border  # mat, preserver, wall of the case
        half = max(0.5 * height, 0.5 * border)
        return GlassArea(0.0, 0.0, half * settings.proportion, half, 0.0, border)
