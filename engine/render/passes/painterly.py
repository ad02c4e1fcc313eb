"""The picture so far in another hand: painted with a brush, or gone to grains that drift away."""

from __future__ import annotations

import math

import moderngl
from pydantic import Field

from engine.render.frame_inputs import View
from engine.render.pass_context import OVER, Stage
from engine.render.passes.base import Knobs, Pass, register
from engine.scene.scene import PassSettings
from engine.types import Tick

PAINT_SHARE = 0.5
"""Of the stage's width and height: pixels on which is painted; strokes are broader than those."""
MOST_GRAINS = 24_000


@register("painterly")
class Painterly(Pass):
    """The picture in brush strokes that follow its forms: an anisotropic Kuwahara filter along the structure tensor.

    After Kyprianidis, Kang and Döllner, "Image and Video Abstraction by Anisotropic Kuwahara Filtering" (2009), with
    four sectors of nine samples, on half of the stage's pixels in each direction.
    """

    class Settings(PassSettings):
        """Knobs of `painterly`."""

        radius: float = Field(default=0.011, ge=0.002, le=0.06)
        """Breadth of the brush, stage heights: 0.002 hardly seen, 0.06 only broad patches."""
        flow: float = Field(default=0.7, ge=0.0, le=1.0)
        """How far strokes follow the forms: 0 round dabs, 1 long strokes along every edge."""
        impasto: float = Field(default=0.35, ge=0.0, le=2.0)
        """How thick the paint lies: its ridges catch the key from the upper left."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        super().__init__(stage, settings)
        size_wh = tuple(max(2, round(PAINT_SHARE * side)) for side in stage.size_wh)
        self._steps = tuple(
            (name, stage.brush("painterly", {name.upper(): True}), stage.canvas((size_wh[0], size_wh[1])))
            for name in ("codes", "edges", "forms", "painted")
        )
        self._show = stage.brush("painterly")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: View, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(view, tick, knobs)
        values["u_source"] = source
        for name, brush, canvas in self._steps:
            brush.draw(canvas.framebuffer, values, rect=self.region)
            values[f"u_{name}"] = canvas.texture
        self._show.draw(target, values, rect=self.region)


@register("dissolve")
class Dissolve(Pass):
    """The picture goes to grains: dots as in a halftone, the lighter the larger, that come loose and drift away."""

    class Settings(PassSettings):
        """Knobs of `dissolve`."""

        amount: float = Field(default=0.5, ge=0.0, le=1.0)
        """How much has come loose: 0 the whole picture, 1 nothing is left."""
        grain: float = Field(default=0.011, ge=0.006, le=0.06)
        """Breadth of a grain, stage heights. Baked."""
        drift: float = Field(default=0.22, ge=0.0, le=1.0)
        """How far a grain goes until it is gone, stage heights."""
        rise: float = Field(default=0.5, ge=-1.0, le=1.0)
        """Where they go: -1 all fall, 0 all around, 1 all rise."""
        halftone: float = Field(default=0.7, ge=0.0, le=1.0)
        """How much smaller the grains of dark places are: 0 all are alike."""

    baked = frozenset({"grain"})

    def __init__(self, stage: Stage, settings: Settings) -> None:
        super().__init__(stage, settings)
        grain = max(settings.grain, (stage.aspect / MOST_GRAINS) ** 0.5)
        self._columns, self._rows = round(stage.aspect / grain), round(1.0 / grain)
        self._ground, self._grains = stage.brush("dissolve"), stage.brush("grains")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: View, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(view, tick, knobs)
        values.update(u_source=source, u_cells=(float(self._columns), float(self._rows)))
        self._ground.draw(target, values, rect=self.region)
        left, top, right, bottom = self.region  # grains from elsewhere would be hidden
        first = (math.floor(left * self._columns), math.floor(top * self._rows))
        across, down = math.ceil(right * self._columns) - first[0], math.ceil(bottom * self._rows) - first[1]
        if knobs["amount"] > 0.0:
            values["u_patch"] = (float(first[0]), float(first[1]), float(across))
            self._grains.draw(target, values, instances=across * down, blend=OVER)
