"""A session drawn again, picture by picture: the mirror's own viewer, scenes and generator, with time as an argument.

The same session, scenes and persona give the same pictures on the same machine. The camera's picture is in no session:
a scene that shows it shows what it does where there is no camera.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from engine.core.clock import Tick
from engine.core.frame_pacing import MAX_DT_S
from engine.features.featurizer import LAYOUT, with_patches
from engine.pipeline.reflection_analyzer import ReflectionAnalyzer
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import pass_class
from engine.render.renderer import Renderer
from engine.render.window.window import Window
from engine.scene.scene import Scene
from engine.session.format import Cue
from engine.session.playback import Moment, Playback
from engine.session.reader import Session
from engine.types import Alignment, ByteArray, Latent, Reflection

log = logging.getLogger(__name__)

LEAST_MEMORY_S = 10.0  # of what follows signals slowly
LONG_AGO_S = 60.0  # the age of a face that was drawn for its very moment: nothing of the one before is seen
UNSEEN = np.zeros((1, 1, 4), np.uint8)

Paint = Callable[[Latent, bool], Reflection]


class SessionDrawing:
    """The pictures of a session.

    Args:
        session: what is drawn.
        scenes: every scene that it names, by name.
        paint: draws a latent; if it is told so, at the resolutions on the way too. It runs on a thread of its own.
        alignment: where the persona draws its faces.
        window: off screen, of the size of the pictures.
        library: the shaders.
        fps: frames per second of session time.
        scene: shown all the time, instead of what the session says.
        listener: looks at the drawn faces again, for scenes that need their `echo`, which no session keeps.
    """

    def __init__(
        self,
        session: Session,
        scenes: Mapping[str, Scene],
        paint: Paint,
        alignment: Alignment,
        window: Window,
        library: ShaderLibrary,
        fps: float,
        scene: str | None = None,
        *,
        listener: ReflectionAnalyzer,
    ) -> None:
        self._session, self._scenes, self._paint = session, scenes, paint
        self._window, self._library, self._alignment = window, library, alignment
        self._fps, self._only = fps, scene
        self._listener = listener
        self._keeps_colours = LAYOUT.columns_of(session.head.layout) is not None
        self._grows = any("previews" in pass_class(kind).needs for kind in self._kinds())

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return math.floor(self._session.seconds * self._fps + 1e-6) + 1

    def pictures(self, first: int = 0) -> Generator[ByteArray | None, None, None]:
        """Every picture in turn, (H, W, 4) uint8 RGBA, bottom row first, valid until the next; None before `first`.

        Raises:
            ConfigError: a shader cannot be used, or the session makes no sense at some place.
        """
        drawn_from = first - math.ceil(self._memory_s() * self._fps) if first else 0
        shown = self._only or next(iter(self._session.scenes))
        wh = self._window.size_wh
        rows = np.empty((wh[1], wh[0], 4), np.uint8)
        with Renderer(self._window.ctx, self._library, self._scenes[shown], self._alignment, wh, 1.0) as mirror:
            for index, (tick, moment, reflection) in enumerate(self._answers(drawn_from)):
                shown = self._follow(mirror, moment.cue, shown)
                is_drawn = index >= drawn_from
                if reflection is not None and is_drawn:
                    self._listener.listen(reflection, tick.time_s, is_asked=mirror.wants_echo)
                    reflection = replace(reflection, echo=self._listener.echo)
                mirror.receive(None, reflection, tick, moment.audio)
                if is_drawn:
                    mirror.draw(self._window.framebuffer, tick, tick.time_s)
                    self._window.present()
                if index >= first:
                    self._window.framebuffer.read_into(rows, components=4)
                yield rows if index >= first else None

    def _answers(self, drawn_from: int) -> Iterator[tuple[Tick, Moment, Reflection | None]]:
        """Every moment in turn with its face; while one is drawn on the wall, the generator draws the next."""
        playback = Playback(self._session)
        with ThreadPoolExecutor(1, "generator") as generator:
            coming: deque[tuple[Tick, Moment, Future[Reflection | None]]] = deque()
            for index in range(self.count):
                tick = self._tick(index)
                moment = playback.at(tick.time_s)
                face = generator.submit(self._reflection, moment, tick, index >= drawn_from)
                coming.append((tick, moment, face))
                if index > 0:
                    tick, moment, face = coming.popleft()
                    yield tick, moment, face.result()
            tick, moment, face = coming.popleft()
            yield tick, moment, face.result()

    def _tick(self, index: int) -> Tick:
        dt_s = min(MAX_DT_S, 1 / self._fps) if index else 0.0
        return Tick(index, self._session.start_s + index / self._fps, dt_s)

    def _follow(self, mirror: Renderer, cue: Cue, shown: str) -> str:
        """Do what the operator did; returns the scene that is shown."""
        if self._only is None and cue.scene != shown:
            mirror.prepare(self._scenes[cue.scene])
            shown = cue.scene
        mirror.advance(lambda: True)  # all of it at once: nobody waits for the picture
        if cue.is_black != mirror.blackout.is_on:
            mirror.blackout.toggle()
        mirror.is_frozen = cue.is_held
        return shown

    def _reflection(self, moment: Moment, tick: Tick, is_drawn: bool) -> Reflection | None:
        if moment.latent is None:
            return None
        latents = [self._with_colours(latent) for latent in (moment.latent, *moment.beside)]
        stamp_s = tick.time_s - LONG_AGO_S
        try:
            first, *others = [
                replace(self._paint(latent, self._grows and index == 0), generated_s=stamp_s)
                if is_drawn
                else Reflection(UNSEEN, latent, stamp_s, tick.index)
                for index, latent in enumerate(latents)
            ]
            return replace(first, beside=tuple(others))
        except ArithmeticError as error:  # as in the show, the last face stays
            log.warning("at %.2f s: %s", tick.time_s, error)
            return None

    def _with_colours(self, latent: Latent) -> Latent:
        if latent.features is None or not self._keeps_colours:
            return latent
        return replace(latent, features=with_patches(latent.features, self._session.head.layout))

    def _memory_s(self) -> float:
        """How long the pictures before one are seen in it; a picture that was held is seen for as long as it was."""
        if self._session.is_ever_held:
            return self._session.seconds
        passes_s = [pass_class(kind).memory_s for kind in self._kinds()]
        transitions_s = [self._scenes[name].transition.seconds for name in self._names()]
        return min(self._session.seconds, max(LEAST_MEMORY_S, *passes_s, *transitions_s))

    def _names(self) -> list[str]:
        """The scenes that are shown."""
        return [self._only] if self._only else list(self._session.scenes)

    def _kinds(self) -> set[str]:
        """The passes of these."""
        return {spec.kind for name in self._names() for spec in self._scenes[name].passes}
