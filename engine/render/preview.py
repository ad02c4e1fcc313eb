"""Preview: the picture as it may leave this machine, composed small, by itself, as if there were no camera.

Its passes are its own and are never given the camera's picture, so none can remember it. It is built in short steps
between two frames, drawn a few times a second while somebody looks, and let go when nobody does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import moderngl
import numpy as np

from engine.core.clock import Tick, TimeSource
from engine.core.closing import Closing
from engine.core.errors import NarcissusError
from engine.core.slot import Slot
from engine.render.compositor import Compositor
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.readback import Readback
from engine.render.gl.render_target import RenderTarget
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.output_pass import OutputPass
from engine.render.renderer import Renderer
from engine.types import ByteArray

log = logging.getLogger(__name__)

LONG_SIDE_PX = 480
RATE_HZ = 5.0
BUILDING_S = 0.008
"""Time per frame for building; a step that takes longer, such as compiling a shader, is the last of its frame."""
IDLE_S = 20.0
"""So long after the last look everything is let go."""
BUFFERS = 2
MOST_DT_S = 0.25


class Preview(Closing):
    """Draws the preview.

    Args:
        ctx: the OpenGL context, current on the calling thread.
        library: the shaders.
        clock: limits the time spent on building per frame.
        is_wanted: whether anybody looks now; asked once per frame.

    Attributes:
        pictures: the newest, (H, W, 3) uint8 sRGB, row 0 top.
        error: why there is none; empty if there is no reason.
    """

    def __init__(
        self, ctx: moderngl.Context, library: ShaderLibrary, clock: TimeSource, is_wanted: Callable[[], bool]
    ) -> None:
        self.pictures: Slot[ByteArray] = Slot("preview")
        self.error = ""
        self._ctx, self._library, self._clock, self._is_wanted = ctx, library, clock, is_wanted
        self._shown: Compositor | None = None
        self._coming: Compositor | None = None
        self._is_again = False  # whether that is the shown scene, changed in some passes
        self._stage: _Stage | None = None
        self._picture: moderngl.Texture | None = None  # composed last; stays as it is until the next
        self._drawn_s = self._wanted_s = float("-inf")

    def draw(
        self,
        mirror: Renderer,
        picture_wh: tuple[int, int],
        tick: Tick,
        now_s: float,
        *,
        may_be_seen: bool = True,
    ) -> None:
        """Draw what `mirror` shows, where it is due; once per frame, between two pictures of the wall.

        Args:
            mirror: what is on the wall.
            picture_wh: its size, px.
            tick: the moment.
            now_s: the clock by which reflections are stamped.
            may_be_seen: False makes it black.
        """
        if not self._is_wanted():
            if tick.time_s - self._wanted_s > IDLE_S:
                self.close()
            return
        self._wanted_s = tick.time_s
        try:
            self._hand_out()
            self._build(mirror, small(picture_wh))
            self._compose(mirror, tick, now_s, mirror.light if may_be_seen else 0.0)
        except (NarcissusError, moderngl.Error) as error:
            self._fail(error)

    def renew(self, ctx: moderngl.Context) -> None:
        """Draw in another context, after `close`."""
        self._ctx = ctx

    def _build(self, mirror: Renderer, size_wh: tuple[int, int]) -> None:
        """Go on building what is on the wall, if that is another scene or has another size."""
        newest = self._coming or self._shown
        if newest is None or newest.scene is not mirror.scene or newest.size_wh != size_wh:
            self._drop_coming()
            shown = self._shown
            self._is_again = shown is not None and (shown.scene.path, shown.size_wh) == (mirror.scene.path, size_wh)
            previous = shown if self._is_again else None
            self._coming = Compositor(self._ctx, mirror.scene, self._library, size_wh, previous=previous, at_once=False)
        coming, until_s = self._coming, self._clock.now_s() + BUILDING_S
        if coming is None:
            return
        while coming.advance():
            self._ctx.finish()
            if self._clock.now_s() >= until_s:
                return
        if self._is_again and self._shown is not None:
            coming.succeed(self._shown)
            self._shown = None
        self._drop_shown()
        self._shown, self._coming = coming, None

    def _compose(self, mirror: Renderer, tick: Tick, now_s: float, light: float) -> None:
        shown, dt_s = self._shown, tick.time_s - self._drawn_s
        if shown is None or dt_s < 1 / RATE_HZ:
            return
        if self._stage is None or self._stage.size_wh != shown.size_wh:
            self._drop_stage()
            self._stage = _Stage(self._ctx, self._library, shown.size_wh)
        self._drawn_s = tick.time_s
        if self._picture is None or not mirror.is_frozen:
            shown.began_s = mirror.began_s
            shown.overrides = mirror.overrides if shown.scene is mirror.scene else {}
            unseeing = replace(mirror.view(now_s), camera=None)
            self._picture = shown.render(unseeing, replace(tick, dt_s=min(dt_s, MOST_DT_S)))
        self._stage.take(self._picture, light, tick.time_s)
        self.error = ""

    def _hand_out(self) -> None:
        if self._stage is None:
            return
        for picture in self._stage.readback.arrived():
            self.pictures.put(np.ascontiguousarray(picture.rows[::-1, :, :3]))
            picture.release()

    def _fail(self, error: Exception) -> None:
        sentence = f"the preview cannot be drawn: {error}"
        if sentence != self.error:
            log.warning("%s", sentence)
        self.error = sentence
        self._coming = None  # it has closed itself

    def _drop_coming(self) -> None:
        if self._coming is not None:
            self._coming.close()
            self._coming = None

    def _drop_shown(self) -> None:
        self._picture = None
        if self._shown is not None:
            self._shown.close()
            self._shown = None

    def _drop_stage(self) -> None:
        if self._stage is not None:
            self._stage.close()
            self._stage = None

    def close(self) -> None:
        """Release everything; may be called twice, and drawn again after that."""
        self._drop_coming()
        self._drop_shown()
        self._drop_stage()


class _Stage(Closing):
    """What a preview of one size is drawn on, and the way of its pixels to the processor."""

    def __init__(self, ctx: moderngl.Context, library: ShaderLibrary, size_wh: tuple[int, int]) -> None:
        self.size_wh = size_wh
        self._target = RenderTarget(ctx, size_wh, "f1")
        self._projector = OutputPass(ctx, library)
        self.readback = Readback(ctx, GlCalls(), size_wh, BUFFERS)

    def take(self, picture: moderngl.Texture, light: float, time_s: float) -> None:
        self._projector.draw(picture, self._target.framebuffer, light)
        self.readback.start(self._target.framebuffer, time_s)

    def close(self) -> None:
        self.readback.close()
        self._projector.close()
        self._target.close()


def small(picture_wh: tuple[int, int]) -> tuple[int, int]:
    """The size of the preview of a picture, px: even, and never larger than the picture."""
    scale = min(1.0, LONG_SIDE_PX / max(picture_wh))
    return max(16, round(picture_wh[0] * scale / 2) * 2), max(16, round(picture_wh[1] * scale / 2) * 2)
