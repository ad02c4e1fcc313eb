"""Scene switcher: which scene is on the wall and which comes next, by key, by the playlist, or because a file was
saved.

It also blacks out the wall outside the opening hours. The renderer builds and draws the scenes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.control.layers import Layer
from engine.core.clock import Tick, TimeSource, local_time
from engine.core.error_boundary import ErrorBoundary
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.projection.calibration import Calibration
from engine.render.renderer import Renderer
from engine.scene.library import SceneLibrary
from engine.scene.scene import Scene
from engine.show.playlist import Playlist
from engine.show.schedule import Schedule
from engine.visitor.visit_state import VisitState

Chooser = tuple[Layer, str]
"""Who chose a scene, and on which layer the choice counts."""


class SceneSwitcher:
    """Changes the scenes of a renderer; a broken one is reported to the operator, and the wall stays as it is.

    Args:
        name: initial scene.
        scene_library: the scenes.
        playlist, schedule: select scenes over time.
        mirror, calibration, library: rebuilt when a file is saved.
        say: receives one sentence for the operator; an empty one clears the last.
        clock: limits the time spent on building per frame.

    Attributes:
        name: of the scene on the wall.
        prepared: applied to a scene after reading, before it is built.
        chosen_by: origin of the choice, unless it was the parameter register; None there and at the start.
    """

    def __init__(
        self,
        name: str,
        *,
        scene_library: SceneLibrary,
        playlist: Playlist,
        schedule: Schedule,
        mirror: Renderer,
        calibration: Calibration,
        library: ShaderLibrary,
        notify: Callable[[str], None],
        clock: TimeSource,
    ) -> None:
        self.name = name
        self.prepared: Callable[[Scene], Scene] = lambda scene: scene
        self.chosen_by: Chooser | None = None
        self._scene_library = scene_library
        self._playlist, self._schedule = playlist, schedule
        self._mirror, self._calibration, self._library = mirror, calibration, library
        self._notify = notify
        self._boundary = ErrorBoundary(notify)
        self._clock = clock
        self._coming_name: str | None = None  # name of the scene that is being read or built
        self._is_broken = False  # whether the shown scene is broken as saved now

    @property
    def place(self) -> tuple[int, int]:
        """Place in the playlist: which entry, from 0, and for how many whole minutes."""
        return self._playlist.place

    def resume(self, place: tuple[int, int]) -> None:
        """Go on with the playlist where a show that died was, if the scene on the wall is the one of that place."""
        self._playlist.resume(self.name, place)

    def move_on(self, saved: frozenset[Path], tick: Tick) -> None:
        """Advance to `tick`: check what is due and what was saved, and continue building the next scene."""
        self._mirror.closing.is_on = not self._schedule.is_open(local_time())
        is_held = self._mirror.is_frozen or self._mirror.visit_state is not VisitState.IDLE
        due = self._playlist.due_scene(self.name, is_held, tick)
        if due is not None:
            self.change_scene(due, by=(Layer.SCHEDULE, "the playlist"))
        self._reload(saved)
        self._build()

    def on_key(self, number: int) -> None:
        """Show the scene of a key, from 1; nothing if it has none."""
        name = self._scene_library.on_key(number)
        if name is not None:
            self.change_scene(name, by=(Layer.PANEL, f"the key {number}"))

    @property
    def coming_name(self) -> str | None:
        """The scene that is being read or built; None while none is."""
        return self._coming_name

    def change_scene(self, name: str, *, again: bool = False, by: Chooser | None = None) -> None:
        """Read a scene and start building it.

        Args:
            name: of the scene.
            again: whether it is the one on the wall.
            by: who chose it.
        """
        self._coming_name = name
        if not again:
            self.chosen_by = by
        try:
            self._mirror.prepare(self.prepared(self._scene_library.load(name)), again=again)
        except Exception as error:  # a saved file may contain anything
            self._give_up(error)

    def _reload(self, saved: frozenset[Path]) -> None:
        """Reload the scene if one of its files or any shader was saved.

        A broken scene does not name its files: any saved file is then a reason to try again.
        """
        name = self._coming_name or self.name
        own = self._mirror.scene.files | {self._scene_library.path(name)}
        is_renewed = False
        with self._boundary.around("the projection"):
            if any(self._library.has(path) for path in saved):
                self._calibration.reload()
            is_renewed = True
        if not is_renewed:
            return
        if any(path in own or self._library.has(path) or self._is_broken for path in saved):
            self.change_scene(name, again=name == self.name)

    def _build(self) -> None:
        """Continue building the next scene for part of a frame; report the outcome when it is done."""
        until_s = self._clock.now_s() + self._mirror.building_s
        try:
            scene = self._mirror.advance(lambda: self._clock.now_s() < until_s)
        except Exception as error:
            self._give_up(error)
            return
        if scene is not None and self._coming_name is not None:  # and not the same in another size
            self.name, self._coming_name = self._coming_name, None
            self._is_broken = False
            self._notify("")

    def _give_up(self, error: Exception) -> None:
        name = self._coming_name or self.name
        self._is_broken |= self._coming_name == self.name
        self._coming_name = None
        with self._boundary.around(f"the scene {name}"):
            raise error
