"""Compositor: runs the passes of a scene in order. Owns the framebuffers of the picture; knows no pass by name.

It is built in short steps, while the show goes on, and takes over from its predecessor whatever a change of the scene
or a shader has not touched.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import moderngl
import numpy as np

from engine.core.clock import Tick
from engine.core.closing import Closing
from engine.core.errors import ConfigError, in_one_line
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import WHOLE
from engine.render.gl.render_target import RenderTarget
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture import PixelTexture
from engine.render.glass_area import GlassArea, Rect
from engine.render.pass_context import PassContext
from engine.render.passes import Pass, pass_class
from engine.render.passes.base import COMPOSED, Knobs
from engine.render.shader_trials import ShaderTrials
from engine.scene.expression import Memory
from engine.scene.scene import SIGNALS, PassSpec, Scene
from engine.types import Features

log = logging.getLogger(__name__)

GLASS_MARGIN = 0.01
"""How far passes under a frame draw beyond the edge of the glass, stage heights: refraction reads there."""


SOMEBODY = Features(np.zeros(1, np.float32), COMPOSED, np.zeros((478, 3), np.float32), 0.0, 0.0, 0.0, 0)
"""Inputs without a visitor, for drawing unseen."""


@dataclass(frozen=True)
class _Part:
    """A pass in use: its specification, the pass, its context, and the state of its smoothing."""

    spec: PassSpec
    drawn: Pass
    context: PassContext
    memories: defaultdict[str, Memory] = field(default_factory=lambda: defaultdict(dict))
    still: dict[str, Any] = field(init=False)  # knobs as the file sets them

    def __post_init__(self) -> None:
        object.__setattr__(self, "still", self.spec.settings.model_dump())


class Compositor(Closing):
    """A scene on a stage.

    Args:
        ctx: the context.
        scene: what to draw.
        library: the shaders.
        stage_wh: size of the picture, px; the scene's own size where None.
        previous: what is shown now, of which unchanged passes are taken over; see `succeed`.
        at_once: False leaves the building to `advance`.
        trials: what tries passes that draw programs from outside, before they are built; without one nothing is tried.

    Attributes:
        began_s: the moment of the show from which shaders count their seconds, on the clock of `Tick.time_s`. They get
            them as 32-bit floats, which step by 2 ms at six hours and by a quarter of a second at a month.
        overrides: knobs that are set from outside, which beat what the file says, by pass and knob; may be replaced
            between two frames, and costs none of them anything.
        knobs: all knobs of each pass, as they were drawn last.
        moving: those that follow signals or the parts of a visit, as they would have been drawn without `overrides`.

    Raises:
        ConfigError: a shader does not compile, or a knob is bound that cannot be.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        scene: Scene,
        library: ShaderLibrary,
        stage_wh: tuple[int, int] | None = None,
        *,
        previous: Compositor | None = None,
        at_once: bool = True,
        trials: ShaderTrials | None = None,
    ) -> None:
        self._ctx = ctx
        self._library = library
        self.size_wh = stage_wh or scene.size_wh
        self.scene = scene
        self.began_s = 0.0
        self.overrides: Mapping[str, Knobs] = {}
        self.knobs: dict[str, Knobs] = {}
        self.moving: dict[str, Knobs] = {}
        self._ground: PassContext  # shared by all passes
        self._stages: list[PassContext] = []
        self._parts: list[_Part] = []
        self._left_out: dict[str, str] = {}  # passes that could not be drawn, and what the operator is to know
        self._front = RenderTarget(ctx, self.size_wh)
        self._back = RenderTarget(ctx, self.size_wh)
        self._trials = trials
        self._building = self._build(previous)
        while at_once and self.advance():
            pass

    def advance(self) -> bool:
        """Do one short step of building; returns False once it can be shown.

        Raises:
            ConfigError: it cannot be built, and is closed.
        """
        try:
            return next(self._building, None) is not None
        except BaseException:
            if self._trials is not None:
                self._trials.rest()
            self.close()
            raise

    def succeed(self, previous: Compositor) -> None:
        """Own what was taken over from `previous`, and close that."""
        kept = [
            context
            for context in previous._stages
            if context in {part.context for part in self._parts} | {self._ground}
        ]
        self._stages += kept
        for part in self._parts:
            part.drawn.settings = part.spec.settings
        previous._stages = [context for context in previous._stages if context not in kept]
        previous.close()

    @property
    def needs(self) -> frozenset[str]:
        """Everything that the passes need on demand (`Pass.needs`)."""
        return frozenset().union(*(part.drawn.needs for part in self._parts))

    @property
    def troubles(self) -> list[str]:
        """Problems of the passes, for the operator."""
        return [*self._left_out.values(), *(part.drawn.problem for part in self._parts if part.drawn.problem)]

    def render(self, inputs: FrameInputs, tick: Tick) -> moderngl.Texture:
        """Draw one frame; a pass that raises is left out of it, which is logged once and told by `troubles`.

        Returns:
            The picture: RGBA half float, linear light 0..1 for the display, row 0 top; valid until the next call.
        """
        tick = replace(tick, time_s=tick.time_s - self.began_s)
        self._begin()
        for part in self._parts:
            try:
                self._draw(part, inputs, tick)
            except Exception as error:  # of one pass: the others are shown without it
                self._leave_out(part, error)
        return self._front.texture

    def _leave_out(self, part: _Part, error: Exception) -> None:
        kind = part.spec.kind
        if kind not in self._left_out:
            log.error("the pass %s cannot be drawn", kind, exc_info=error)
        self._left_out[kind] = f"the pass {kind} is left out ({type(error).__name__}: {in_one_line(error)})"
        self._ctx.disable(moderngl.BLEND | moderngl.DEPTH_TEST | moderngl.CULL_FACE)

    def _begin(self) -> None:
        self._ctx.disable(moderngl.BLEND | moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        for render_target in (self._back, self._front):  # a pass that draws only the glass may read around it
            render_target.framebuffer.clear()

    def _draw(self, part: _Part, inputs: FrameInputs, tick: Tick, *, unseen_too: bool = False) -> None:
        spec, drawn = part.spec, part.drawn
        moving = spec.bound_values(inputs.signals, tick.dt_s, part.memories)
        knobs = {**part.still, **moving, **self.overrides.get(spec.name, {})}
        self.moving[spec.name] = moving
        self.knobs[spec.name] = knobs
        if knobs["opacity"] <= 0.0 and not unseen_too:
            return
        target = self._front if drawn.in_place else self._back
        drawn.render(self._front.texture, target.framebuffer, inputs, tick, knobs)
        if not drawn.in_place:
            self._front, self._back = self._back, self._front

    # -------------------------------------------------- building

    def _build(self, previous: Compositor | None) -> Generator[bool]:
        """Yields True after each step."""
        aspect = self.size_wh[0] / self.size_wh[1]
        specs = self.scene.passes
        openings = [pass_class(spec.kind).opening(spec.settings, aspect) for spec in specs]
        framed = next((index for index, opening in enumerate(openings) if opening is not None), 0)
        opening = openings[framed] or GlassArea.whole(aspect)
        spare = self._choose_ground(previous)
        fresh: list[_Part] = []
        for index, spec in enumerate(specs):
            region = opening.rect(aspect, margin=GLASS_MARGIN) if index < framed else WHOLE
            part = _take(spare, spec, opening, region)
            if part is None:
                if self._trials is not None and pass_class(spec.kind).is_foreign:
                    yield from self._trials.steps(spec, self.size_wh)
                part = self._make(spec, opening, region)
                fresh.append(part)
                yield True
                while self._ground.do_step() or part.context.do_step():
                    yield True
            self._parts.append(part)
        if self._trials is not None:
            self._trials.rest()
        yield from self._warm_up(fresh)
        while self._ground.do_step():  # requested only while drawing: the tile of noise
            yield True

    def _choose_ground(self, previous: Compositor | None) -> list[_Part]:
        """Take over from `previous` what all passes share, if it is current; returns what else could be taken."""
        if previous is not None and previous.size_wh == self.size_wh and previous._ground.is_current():
            self._ground = previous._ground
            return list(previous._parts)
        self._ground = PassContext(self._ctx, self._library, self.size_wh)
        self._stages.append(self._ground)
        return []

    def _make(self, spec: PassSpec, opening: GlassArea, region: Rect) -> _Part:
        kind = pass_class(spec.kind)
        _refuse_baked(kind, spec)
        context = PassContext(self._ctx, self._library, self.size_wh, opening, self._ground)
        self._stages.append(context)
        try:
            drawn = kind(context, spec.settings)
        except ConfigError as error:
            raise ConfigError(spec.problem(str(error)) if kind.names_files else str(error)) from error
        drawn.region = region
        return _Part(spec, drawn, context)

    def _warm_up(self, parts: list[_Part]) -> Iterator[bool]:
        """Draw everything once, unseen: drivers finish a shader at its first use, which takes long.

        Passes whose opacity follows a signal are drawn too: their faults are reported now, not in front of a visitor.
        """
        camera, face = PixelTexture(self._ctx), PixelTexture(self._ctx)
        try:
            camera.write(np.zeros((27, 48, 3), np.uint8))
            face.write(np.zeros((64, 64, 4), np.uint8))
            signals = dict.fromkeys(SIGNALS, 0.0)
            for picture in (None, camera.texture):
                inputs = FrameInputs(
                    picture,
                    reflection=face.texture,
                    previous=face.texture,
                    features=SOMEBODY,
                    presence=1.0,
                    signals=signals,
                )
                for part in parts:
                    self._begin()
                    self._draw(part, inputs, Tick(0, 0.0, 0.0), unseen_too=True)
                    yield True
                    while self._ground.do_step():  # requested only while drawing
                        yield True
        finally:
            self.knobs.clear()
            self.moving.clear()
            camera.close()
            face.close()
            for part in parts:
                part.memories.clear()

    def close(self) -> None:
        """Release everything. May be called twice."""
        self._building.close()
        for context in self._stages:
            context.close()
        self._parts, self._stages = [], []
        self._front.close()
        self._back.close()


def _take(spare: list[_Part], spec: PassSpec, opening: GlassArea, region: Rect) -> _Part | None:
    """Remove from `spare` the part that can show a pass without being rebuilt; None if there is none."""
    for part in sorted(spare, key=lambda part: part.spec.settings != spec.settings):
        if (
            part.spec.kind == spec.kind
            and part.context.opening == opening
            and part.drawn.region == region
            and _differ_in_passing(part, spec)
            and part.context.is_current()
        ):
            spare.remove(part)
            _refuse_baked(type(part.drawn), spec)
            return _Part(spec, part.drawn, part.context)
    return None


def _differ_in_passing(part: _Part, spec: PassSpec) -> bool:
    """Whether the settings differ only in numbers that a pass receives with every frame."""
    old, new = part.spec.settings, spec.settings
    changed = {name for name, value in new if getattr(old, name) != value}
    return not changed & type(part.drawn).baked and all(isinstance(getattr(new, name), float) for name in changed)


def _refuse_baked(kind: type[Pass], spec: PassSpec) -> None:
    for knob in spec.moving:
        if knob in kind.baked:
            raise ConfigError(f"{spec.kind}.{knob} cannot follow a signal: it is drawn once per size; set a number")
