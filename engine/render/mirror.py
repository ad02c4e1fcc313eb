"""Mirror: everything between the newest pictures and the wall, for one scene at a time.

It owns the textures, the compositor and the projector. It does not know where frames and reflections come from.
"""

from __future__ import annotations

from typing import Self

import moderngl

from engine.render.blackout import Blackout
from engine.render.compositor import Compositor
from engine.render.projector import Projector
from engine.render.shader import ShaderLibrary
from engine.render.texture import CameraTexture, ReflectionTextures
from engine.render.view import View
from engine.scene import Scene
from engine.types import Alignment, Frame, Reflection, Tick
from engine.viewer import Viewer


class Mirror:
    """Draws a scene.

    Args:
        ctx: the OpenGL context of this thread.
        library: where the shaders are.
        scene: what is shown first.
        alignment: where the persona draws its faces.
        output_wh: size of what `draw` is given, px.
        render_scale: size of the stage against the output.

    Attributes:
        scene: what is shown.
        blackout: whether the wall is dark.
        is_frozen: whether the picture stands still while time goes on.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        library: ShaderLibrary,
        scene: Scene,
        alignment: Alignment,
        output_wh: tuple[int, int],
        render_scale: float,
    ) -> None:
        self._ctx = ctx
        self._library = library
        self._alignment = alignment
        self._output_wh = output_wh
        self._scale = render_scale
        self._viewer = Viewer(scene.reflection)
        self._camera = CameraTexture(ctx)
        self._reflections = ReflectionTextures(ctx)
        self._projector = Projector(ctx, library)
        self._compositor = Compositor(ctx, scene, library, self._stage_wh(scene))
        self._picture: moderngl.Texture | None = None  # the compositor's last, which stays as it is until its next
        self.scene = scene
        self.blackout = Blackout()
        self.is_frozen = False

    def show_scene(self, scene: Scene) -> None:
        """Change the scene.

        Raises:
            ConfigError: a shader of the new scene cannot be used; the old scene stays.
        """
        compositor = Compositor(self._ctx, scene, self._library, self._stage_wh(scene))
        self._compositor.close()
        self._compositor, self._picture, self.scene = compositor, None, scene
        self._viewer.visit.times = scene.reflection

    def reload(self, scene: Scene) -> None:
        """Show a scene that was read again, with all shaders as their files are now.

        Raises:
            ConfigError: a shader cannot be used; everything stays as it was.
        """
        projector = Projector(self._ctx, self._library)
        try:
            self.show_scene(scene)
        except BaseException:
            projector.close()
            raise
        self._projector.close()
        self._projector = projector

    def resize(self, output_wh: tuple[int, int]) -> None:
        """The output has another size from now on.

        Raises:
            ConfigError: a shader's file was broken meanwhile; the picture keeps its resolution until the next `reload`.
        """
        if output_wh != self._output_wh:
            self._output_wh = output_wh
            self.show_scene(self.scene)

    def update(self, frame: Frame | None, reflection: Reflection | None, tick: Tick) -> None:
        """Take what is new; None where nothing is."""
        if frame is not None:
            self._camera.update(frame)
        if reflection is not None:
            self._reflections.update(reflection)
        self._viewer.update(reflection, tick)
        self.blackout.update(tick)

    def draw(self, target: moderngl.Framebuffer, tick: Tick, now_s: float) -> None:
        """Draw the scene into `target`; `now_s` is the clock by which reflections are stamped."""
        if self._picture is None or not self.is_frozen:
            self._picture = self._compositor.render(self._view(now_s), tick)
        self._projector.draw(self._picture, target, self.blackout.light)

    def _view(self, now_s: float) -> View:
        return View(
            camera=self._camera.texture,
            camera_aspect=self._camera.aspect,
            reflection=self._reflections.newest,
            previous=self._reflections.previous,
            blend=self._reflections.blend(now_s),
            alignment=self._alignment,
            placement=self._viewer.placement,
            presence=self._viewer.presence,
            signals=self._viewer.signals,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release everything on the graphics card."""
        for part in (self._compositor, self._projector, self._reflections, self._camera):
            part.close()

    def _stage_wh(self, scene: Scene) -> tuple[int, int]:
        """The largest size of the scene's shape that fits the output, scaled, at least 16 px, even."""
        fit = min(output / side for output, side in zip(self._output_wh, scene.size_wh, strict=True))
        width, height = (max(16, round(side * fit * self._scale / 2) * 2) for side in scene.size_wh)
        return width, height
