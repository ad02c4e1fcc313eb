"""Input collector: what arrives for the renderer, kept as textures and visitors, and handed out as `FrameInputs`.

Belongs to the thread that draws. Knows no scene: it is told which textures are wanted and how long the parts
of a visit take.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import moderngl

from engine.config.reflection import VisitSettings
from engine.core.clock import Tick
from engine.core.closing import Closing
from engine.core.errors import CudaError
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.reflection_textures import ReflectionTextures
from engine.render.gl.texture import CameraTexture, GrowthTexture
from engine.render.gl.texture_upload import Transfer
from engine.render.portrait_archive import PortraitArchive
from engine.render.sitters import Sitters
from engine.types import Alignment, Features, FloatArray, Frame, Reflection

log = logging.getLogger(__name__)


class InputCollector(Closing):
    """Takes pictures, reflections and measurements as they come.

    Args:
        ctx: the OpenGL context of this thread.
        transfer: uploads drawn faces.
        times: durations of the parts of a visit.
        alignment: where the persona draws its faces.

    Attributes:
        sitters: everybody who stands before the glass.
        archive: the strangers of this evening.
        may_hang: whether the evening may keep the stranger of this number.
    """

    def __init__(self, ctx: moderngl.Context, transfer: Transfer, times: VisitSettings, alignment: Alignment) -> None:
        self._transfer, self._alignment = transfer, alignment
        self.sitters = Sitters(transfer, times)
        self.archive = PortraitArchive(ctx)
        self.may_hang: Callable[[int], bool] = lambda stranger: True
        self._camera, self._growth = CameraTexture(ctx, transfer.gl), GrowthTexture(ctx)
        self._sound: FloatArray | None = None
        self._card_error = ""  # what was said last of a graphics card that failed

    def receive(
        self,
        frame: Frame | None,
        reflection: Reflection | None,
        tick: Tick,
        audio: float,
        measured: Sequence[Features],
        sound: FloatArray | None,
        *,
        wants_previews: bool,
    ) -> None:
        """Take what is new, see `Renderer.receive`; with `wants_previews` also the reflection's lower resolutions."""
        self._sound = sound
        if frame is not None:
            self._camera.upload(frame)
        if reflection is not None and wants_previews:
            with self._card_may_fail():
                self._growth.upload(reflection)
        self.sitters.receive(reflection, tick, audio, measured, self._upload)
        with self._card_may_fail():
            self._update_archive(reflection, tick)

    def _update_archive(self, reflection: Reflection | None, tick: Tick) -> None:
        """Let the evening have the strangers that it may keep, and forget those that it may keep no longer."""
        for number in self.archive.present:
            if not self.may_hang(number):
                self.archive.forget(number)
        dwells_s = self.sitters.dwells_s
        there = {number: dwell_s for number, dwell_s in dwells_s.items() if dwell_s > 0 and self.may_hang(number)}
        self.archive.keep(reflection, there, tick)

    def inputs(self, now_s: float) -> FrameInputs:
        """What the picture is drawn from at this moment of the clock by which reflections are stamped, s."""
        nearest = self.sitters.nearest_sitting(now_s)
        return FrameInputs(
            camera=self._camera.texture,
            camera_aspect=self._camera.aspect,
            reflection=nearest.reflection,
            previous=nearest.previous,
            blend=nearest.blend,
            growth=self._growth.texture,
            archive_tiles=self.archive.archive_tiles,
            features=nearest.features,
            face_difference=self.sitters.nearest.face_difference,
            alignment=self._alignment,
            placement=nearest.placement,
            turned=nearest.turned,
            turned_before=nearest.turned_before,
            presence=nearest.presence,
            signals=self.sitters.signals,
            sittings=self.sitters.sittings(now_s),
            sound=self._sound,
        )

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again. What has arrived stays known."""
        self._growth.close()
        self.sitters.let_go()
        self.archive.let_go()
        self._camera.let_go()

    def renew(self, ctx: moderngl.Context, *, wants_previews: bool) -> None:
        """Go on in another context, after `let_go`; the transfer has been moved there before."""
        frame = self._camera.frame
        self._camera, self._growth = CameraTexture(ctx, self._transfer.gl), GrowthTexture(ctx)
        self._camera.upload(frame)
        self.sitters.renew(self._renew_textures)
        self.archive.renew(ctx)
        newest = self.sitters.newest
        if newest is not None and wants_previews:
            with self._card_may_fail():
                self._growth.upload(newest)

    def close(self) -> None:
        """Release all OpenGL objects."""
        self.let_go()
        self.sitters.close()
        self.archive.close()

    def _upload(self, textures: ReflectionTextures, reflection: Reflection) -> None:
        with self._card_may_fail():
            textures.upload(reflection)

    def _renew_textures(self, textures: ReflectionTextures) -> None:
        with self._card_may_fail():
            textures.renew()

    @contextmanager
    def _card_may_fail(self) -> Iterator[None]:
        """Ignore a picture that cannot be read from the graphics card; the last one stays."""
        try:
            yield
        except CudaError as error:
            if str(error) != self._card_error:
                log.warning("drawn faces are left out: %s", error)
            self._card_error = str(error)
