"""Runs the passes of a scene in order. Owns the framebuffers of the picture; knows no pass by name."""

from __future__ import annotations

from collections import defaultdict
from types import TracebackType
from typing import Self

import moderngl
import numpy as np

from engine.errors import ConfigError
from engine.expression import Memory
from engine.render.passes import Pass, pass_class
from engine.render.shader import ShaderLibrary
from engine.render.stage import Canvas, Stage
from engine.render.texture import PixelTexture
from engine.render.view import View
from engine.scene import SIGNALS, PassSpec, Scene
from engine.types import Tick

GLASS_MARGIN = 0.01
"""How far passes under a frame draw beyond the edge of the glass, stage heights: bent light comes from there."""


class Compositor:
    """A scene on a stage.

    Args:
        ctx: the context.
        scene: what to draw.
        library: the shaders.
        stage_wh: size of the picture, px; the scene's own size where None.

    Raises:
        ConfigError: a shader does not compile, or a knob is bound that cannot be.
    """

    def __init__(
        self, ctx: moderngl.Context, scene: Scene, library: ShaderLibrary, stage_wh: tuple[int, int] | None = None
    ) -> None:
        self._ctx = ctx
        self._library = library
        self.size_wh = stage_wh or scene.size_wh
        self._stage, self._passes = self._build(scene)
        self._front = Canvas(ctx, self.size_wh)
        self._back = Canvas(ctx, self.size_wh)
        self.scene = scene
        try:
            self._warm_up()
        except BaseException:
            self.close()
            raise

    def render(self, view: View, tick: Tick) -> moderngl.Texture:
        """Draw one frame.

        Returns:
            The picture: RGBA half float, linear light 0..1 for the display, row 0 top; valid until the next call.
        """
        return self._run(view, tick)

    def _run(self, view: View, tick: Tick, *, unseen_too: bool = False) -> moderngl.Texture:
        self._ctx.disable(moderngl.BLEND | moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._front.framebuffer.clear()
        for spec, drawn, memories in self._passes:
            knobs = {**spec.settings.model_dump(), **spec.bound_values(view.signals, tick.dt_s, memories)}
            if knobs["opacity"] <= 0.0 and not unseen_too:
                continue
            target = self._front if drawn.in_place else self._back
            drawn.render(self._front.texture, target.framebuffer, view, tick, knobs)
            if not drawn.in_place:
                self._front, self._back = self._back, self._front
        return self._front.texture

    def _build(self, scene: Scene) -> tuple[Stage, list[tuple[PassSpec, Pass, dict[str, Memory]]]]:
        aspect = self.size_wh[0] / self.size_wh[1]
        kinds = [pass_class(spec.kind) for spec in scene.passes]
        openings = [kind.opening(spec.settings, aspect) for kind, spec in zip(kinds, scene.passes, strict=True)]
        framed = next((index for index, opening in enumerate(openings) if opening is not None), 0)
        stage = Stage(self._ctx, self._library, self.size_wh, openings[framed])
        try:
            passes: list[tuple[PassSpec, Pass, dict[str, Memory]]] = []
            for index, (kind, spec) in enumerate(zip(kinds, scene.passes, strict=True)):
                _refuse_baked(kind, spec)
                drawn = kind(stage, spec.settings)
                if index < framed:
                    drawn.region = stage.opening.rect(aspect, margin=GLASS_MARGIN)
                passes.append((spec, drawn, defaultdict(dict)))
        except BaseException:
            stage.close()
            raise
        return stage, passes

    def _warm_up(self) -> None:
        """Draw what a show will draw, once, unseen: drivers finish a shader at its first use, which takes long.

        Passes whose opacity follows a signal are drawn too: what is wrong with them is told now, not before a visitor.
        """
        camera, face = PixelTexture(self._ctx), PixelTexture(self._ctx)
        try:
            camera.write(np.zeros((27, 48, 3), np.uint8))
            face.write(np.zeros((64, 64, 4), np.uint8))
            signals = dict.fromkeys(SIGNALS, 0.0)
            for picture in (None, camera.texture):
                view = View(picture, reflection=face.texture, previous=face.texture, presence=1.0, signals=signals)
                self._run(view, Tick(0, 0.0, 0.0), unseen_too=True)
        finally:
            camera.close()
            face.close()
            for _, _, memories in self._passes:
                memories.clear()

    def close(self) -> None:
        """Release all that it owns; may be called again."""
        self._stage.close()
        self._passes = []
        self._front.close()
        self._back.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refuse_baked(kind: type[Pass], spec: PassSpec) -> None:
    for knob in spec.bind:
        if knob in kind.baked:
            raise ConfigError(f"{spec.kind}.{knob} cannot follow a signal: it is drawn once per size; set a number")
