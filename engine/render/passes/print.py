"""Pass `print`: the mat around a photographic print."""

from __future__ import annotations

from pydantic import Field

from engine.render.glass_area import GlassArea
from engine.render.passes.base import register
from engine.render.passes.relief import Relief
from engine.scene.scene import PassSettings


@register("print")
class Print(Relief):
    """Sheet of paper with a torn edge on dark ground; earlier passes draw the picture on it."""

    class Settings(PassSettings):
        """Knobs of `print`."""

        fill: float = Field(default=0.90, ge=0.3, le=1.0)
        """Height (or width, if the stage is narrower) of the sheet, as a share of the stage. Baked."""
        border: float = Field(default=0.042, ge=0.01, le=0.2)
        """Width of the margin, in stage heights (or widths, if the stage is narrower). Baked."""
        proportion: float = Field(default=0.80, ge=0.4, le=2.0)
        """Aspect ratio of the picture. Baked."""
        deckle: float = Field(default=0.6, ge=0.0, le=1.0)
        """Raggedness of the sheet's edge: 0 cut, 1 torn. Baked."""

    baked = frozenset({"fill", "border", "proportion", "deckle"})

    @classmethod
    def opening(cls, settings: PassSettings, aspect: float) -> GlassArea:
        assert isinstance(settings, cls.Settings)
        border = settings.border * min(1.0, aspect)
        room_w, room_h = settings.fill * aspect - 2 * border, settings.fill - 2 * border
        height = min(room_h, room_w / settings.proportion)
        return GlassArea(0.0, 0.0, height * settings.proportion / 2, height / 2, 0.1 * border, border)
