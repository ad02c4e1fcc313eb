"""Pass `frame`: a carved frame, and the wall it hangs on."""

from __future__ import annotations

from pydantic import Field

from engine.render.glass_area import GlassArea
from engine.render.passes.base import register
from engine.render.passes.relief import Relief
from engine.scene.scene import PassSettings


@register("frame")
class Frame(Relief):
    """Gilded baroque frame around the glass, which earlier passes draw."""

    class Settings(PassSettings):
        """Knobs of `frame`."""

        fill: float = Field(default=0.90, ge=0.3, le=1.0)
        """Height of the frame in stage heights, without overhanging ornaments. Baked."""
        border: float = Field(default=0.105, ge=0.02, le=0.25)
        """Width of the moulding in stage heights (or widths, if the stage is narrower). Baked."""
        proportion: float = Field(default=0.86, ge=0.3, le=3.0)
        """Aspect ratio of the glass, where the stage leaves room. Baked."""
        relief: float = Field(default=0.6, ge=0.0, le=1.0)
        """Depth of the carving. Baked."""
        wear: float = Field(default=0.6, ge=0.0, le=1.0)
        """Amount of red bole showing where the gold has worn off. Baked."""

    baked = frozenset({"fill", "border", "proportion", "relief", "wear"})

    @classmethod
    def opening(cls, settings: PassSettings, aspect: float) -> GlassArea:
        assert isinstance(settings, cls.Settings)
        border = settings.border * min(1.0, aspect)
        room_w, room_h = settings.fill * aspect - 2 * border, settings.fill - 2 * border
        height = min(room_h, room_w / min(settings.proportion, 0.74 if aspect < 1 else settings.proportion))
        width = min(room_w, height * settings.proportion)
        return GlassArea(0.0, 0.0, width / 2, height / 2, 0.16 * min(width, height), border)
