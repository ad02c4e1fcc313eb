"""Knobs that a pass reads only when it is built: setting one has the pass built anew, in short steps, as a save does.

A slider that is being moved would ask for that at every step: it is built when nothing has changed for a moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.control.parameter import RefusedError, Value
from engine.control.scene_parameters import Knob, scene_knobs
from engine.scene.scene import Scene

REST_S = 0.3

Rebuilt = Mapping[str, Value]


class RebuiltKnobs:
    """Lays what is set over scenes before they are built, and says when that has changed."""

    def __init__(self) -> None:
        self._held: Mapping[str, Value] = {}
        self._knobs: Mapping[str, Knob] = {}  # of the scene on the wall, those that are read once
        self._asked: Rebuilt = {}
        self._due_s: float | None = None
        self._original: tuple[Scene, Scene] | None = None  # what was built last, and the same as its file has it

    def laid_over(self, scene: Scene) -> Scene:
        """A scene, as its file says it, with what is set."""
        knobs = scene_knobs(scene) if self._held else {}
        wanted = _wanted(_rebuilt(knobs), self._held)
        self._asked, self._due_s = wanted, None
        if not wanted:
            self._original = None
            return scene
        changes: dict[str, dict[str, Value]] = {}
        for address, value in wanted.items():
            changes.setdefault(knobs[address].pass_name, {})[knobs[address].knob] = value
        passes = tuple(
            replace(spec, settings=spec.settings.model_copy(update=changes[spec.name]))
            if spec.name in changes
            else spec
            for spec in scene.passes
        )
        changed = replace(scene, passes=passes)
        self._original = changed, scene
        return changed

    def as_written(self, scene: Scene) -> Scene:
        """A scene that is on the wall, as its file says it."""
        return self._original[1] if self._original is not None and self._original[0] is scene else scene

    def note(self, held: Mapping[str, Value], now_s: float) -> None:
        """Take what is set now."""
        self._held = held
        wanted = _wanted(self._knobs, held)
        if wanted != self._asked:
            self._asked, self._due_s = wanted, now_s + REST_S

    def show(self, knobs: Mapping[str, Knob]) -> None:
        """Another scene is on the wall, with these knobs."""
        self._knobs = _rebuilt(knobs)

    def is_due(self, now_s: float) -> bool:
        """Whether the scene is to be built anew now; says so once."""
        if self._due_s is None or now_s < self._due_s:
            return False
        self._due_s = None
        return True


def _rebuilt(knobs: Mapping[str, Knob]) -> Mapping[str, Knob]:
    return {address: knob for address, knob in knobs.items() if knob.parameter.is_rebuilt}


def _wanted(knobs: Mapping[str, Knob], held: Mapping[str, Value]) -> dict[str, Value]:
    wanted: dict[str, Value] = {}
    for address, knob in knobs.items():
        if address not in held:
            continue
        try:
            wanted[address] = knob.parameter.accept(held[address]).value
        except RefusedError:  # a pass of this name in another scene has a knob of another kind
            continue
    return wanted
