"""Everybody who stands before the glass: for each stranger the drawn faces, and the visitor whom they answer.

Turns come from the reflection thread; a stranger who is in none any more fades, and is let go. Whoever is answered
first is the nearest, of whom most passes tell; when that is somebody else, the one gives way to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.config.reflection import VisitSettings
from engine.core.clock import Tick
from engine.core.easing import smoothstep
from engine.render.frame_inputs import Sitting
from engine.render.gl.reflection_textures import ReflectionTextures
from engine.render.gl.texture_upload import Transfer
from engine.render.reflection_blend import ReflectionBlend
from engine.types import Features, Placement, Reflection
from engine.visitor.signals import LISTED, PEOPLE
from engine.visitor.visit_state import VisitState
from engine.visitor.visitor import GONE, PRESENT, Viewer

GIVE_WAY_S = 0.8  # how long the nearest takes to give way to another
CLEARLY_NEARER = 1.15  # as a ratio of sizes: so much before one is drawn over the other who was over them


@dataclass
class _Sitter:
    """One stranger."""

    textures: ReflectionTextures
    viewer: Viewer
    blend: ReflectionBlend

    def sitting(self, now_s: float) -> Sitting:
        viewer, textures = self.viewer, self.textures
        return Sitting(
            reflection=textures.newest,
            previous=textures.previous,
            blend=textures.blend(now_s, seconds=self.blend.seconds, start=self.blend.start),
            features=viewer.features,
            placement=viewer.placement,
            turned=viewer.turned_rad,
            turned_before=viewer.turned_before_rad,
            presence=viewer.presence,
        )

    @property
    def size(self) -> float:
        """How near they stand."""
        return self.viewer.placement.eye_distance if self.viewer.placement is not None else 0.0


class Sitters:
    """Follows the turns; `receive` once per drawn frame, then read.

    Args:
        transfer: how drawn faces get into textures.
        times: of the parts of a visit.
    """

    def __init__(self, transfer: Transfer, times: VisitSettings) -> None:
        self._transfer = transfer
        self._times = times
        self._sitters: dict[int, _Sitter] = {}
        self._first = 0
        self._before: int | None = None  # who was the nearest, while they give way
        self._given_s = GIVE_WAY_S
        self._depth: list[int] = []  # numbers, the farthest first
        self._drawn: set[int] = set()  # who was in the newest turn
        self._seat(0)

    @property
    def nearest(self) -> Viewer:
        """The visitor who is answered first."""
        return self._sitters[self._first].viewer

    @property
    def times(self) -> VisitSettings:
        """Durations of the parts of everybody's visit; may be replaced."""
        return self._times

    @times.setter
    def times(self, times: VisitSettings) -> None:
        self._times = times
        for sitter in self._sitters.values():
            sitter.viewer.visit.times = times

    @property
    def visit_state(self) -> VisitState:
        """The part of the visit that the nearest is in; of somebody else's while the nearest is nobody."""
        states = [self.nearest.visit.state, *(each.viewer.visit.state for each in self._sitters.values())]
        return next((state for state in states if state is not VisitState.IDLE), VisitState.IDLE)

    @property
    def dwells_s(self) -> dict[int, float]:
        """For how long each has been there, by number."""
        return {number: sitter.viewer.signals["dwell"] for number, sitter in self._sitters.items()}

    @property
    def signals(self) -> Mapping[str, float]:
        """Those of the nearest, and as `name[0]`, `name[1]` ... those of everybody, the nearest first."""
        share, before = self._share, self._sitters.get(self._before) if self._before is not None else None
        signals = dict(self.nearest.signals)
        if before is not None:
            signals = {
                name: value + (1 - share) * (before.viewer.signals[name] - value) for name, value in signals.items()
            }
        everybody = [self._sitters[number].viewer.signals for number in self._nearest_first()]
        for index in range(PEOPLE):
            for name in LISTED:
                signals[f"{name}[{index}]"] = everybody[index][name] if index < len(everybody) else 0.0
        signals["people"] = float(sum(each["presence"] > PRESENT for each in everybody))
        return signals

    def receive(
        self,
        reflection: Reflection | None,
        tick: Tick,
        audio: float,
        measured: Sequence[Features],
        upload: Callable[[ReflectionTextures, Reflection], None],
    ) -> None:
        """Move on by `tick.dt_s`.

        Args:
            reflection: the newest turn if it is new, otherwise None.
            tick: the moment.
            audio: how loud the room is, 0 to 1.
            measured: what was measured of people since, in any order.
            upload: puts a face into textures.
        """
        drawn = {each.latent.stranger: each for each in reflection.everyone} if reflection is not None else {}
        if reflection is not None:
            self._nominate(reflection.latent.stranger)
            self._drawn = set(drawn)
        for number, each in drawn.items():
            sitter = self._seat(number)
            upload(sitter.textures, each)
            sitter.blend.count(each)
        for number, sitter in list(self._sitters.items()):
            if number not in self._drawn:
                sitter.viewer.leave()
            sitter.viewer.observe(drawn.get(number), tick, audio, _of(sitter.viewer, drawn.get(number), measured))
        self._given_s += tick.dt_s
        if self._given_s >= GIVE_WAY_S:
            self._before = None
        self._let_go()
        self._sort()

    def nearest_sitting(self, now_s: float) -> Sitting:
        """The nearest at this moment of the clock by which reflections are stamped."""
        now = self._sitters[self._first].sitting(now_s)
        before = self._sitters.get(self._before) if self._before is not None else None
        if before is None:
            return now
        share, was = self._share, before.sitting(now_s)
        return replace(
            now,
            previous=was.reflection,
            blend=share,
            turned_before=was.turned,
            placement=_between(was.placement, now.placement, share),
            presence=was.presence + share * (now.presence - was.presence),
        )

    def sittings(self, now_s: float) -> tuple[Sitting, ...]:
        """Everybody, the farthest first."""
        return tuple(
            replace(self._sitters[number].sitting(now_s), is_nearest=number == self._first) for number in self._depth
        )

    @property
    def _share(self) -> float:
        """How far the nearest has come forward, 0 to 1."""
        return smoothstep(self._given_s / GIVE_WAY_S)

    def _nominate(self, number: int) -> None:
        if number == self._first:
            return
        is_known = self._sitters[self._first].textures.newest is not None
        if is_known:
            self._before, self._given_s = self._first, 0.0
        else:
            self._close(self._first)  # which nothing was ever drawn of
        self._first = number
        self._seat(number)

    def _seat(self, number: int) -> _Sitter:
        if number not in self._sitters:
            self._sitters[number] = _Sitter(ReflectionTextures(self._transfer), Viewer(self._times), ReflectionBlend())
            self._depth.append(number)
        return self._sitters[number]

    def _let_go(self) -> None:
        kept = self._drawn | {self._first, self._before}
        for number, sitter in list(self._sitters.items()):
            if number not in kept and sitter.viewer.presence < GONE:
                self._close(number)

    def _sort(self) -> None:
        """The nearer stand before the others; who is hardly nearer does not step forward."""
        for index in range(len(self._depth) - 1):
            far, near = (self._sitters[number] for number in self._depth[index : index + 2])
            if far.size > CLEARLY_NEARER * near.size:
                self._depth[index : index + 2] = reversed(self._depth[index : index + 2])

    def _nearest_first(self) -> list[int]:
        others = [number for number in reversed(self._depth) if number != self._first]
        return [self._first, *others]

    def _close(self, number: int) -> None:
        self._sitters.pop(number).textures.close()
        self._depth.remove(number)

    def let_go(self) -> None:
        """Release all textures, and remember what they showed."""
        for sitter in self._sitters.values():
            sitter.textures.let_go()

    def renew(self, upload: Callable[[ReflectionTextures], None]) -> None:
        """Make all textures anew after `let_go`; `upload` has those of one sitter renewed."""
        for sitter in self._sitters.values():
            upload(sitter.textures)

    @property
    def newest(self) -> Reflection | None:
        """The newest face of the nearest."""
        return self._sitters[self._first].textures.reflection

    def close(self) -> None:
        """Release all textures; may be called again."""
        for sitter in self._sitters.values():
            sitter.textures.close()


def _of(viewer: Viewer, reflection: Reflection | None, measured: Sequence[Features]) -> Features | None:
    """What was measured of a viewer: by the number that the tracker gave them, or of the only one."""
    answered = reflection.latent.features if reflection is not None else viewer.features
    if answered is None:
        return None
    if not answered.identity:
        return measured[0] if measured else None
    return next((each for each in measured if each.identity == answered.identity), None)


def _between(before: Placement | None, after: Placement | None, share: float) -> Placement | None:
    if before is None or after is None:
        return after
    parts = ("x", "y", "eye_distance", "roll_rad", "aspect")
    mixed = (getattr(before, part) + share * (getattr(after, part) - getattr(before, part)) for part in parts)
    return Placement(*mixed)
