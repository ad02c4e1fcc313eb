"""Renderer: everything between the newest pictures and the wall; one scene, or two during a transition.

Owns the compositor, the output pass and the collector of inputs. Does not know where frames and reflections come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import moderngl

from engine.core.clock import Tick
from engine.core.closing import Closing
from engine.render.compositor import Compositor
from engine.render.crossfade import Crossfade
from engine.render.fade_to_black import Blackout
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture_upload import Transfer
from engine.render.input_collector import InputCollector
from engine.render.output_pass import OutputPass
from engine.render.passes.base import Knobs
from engine.render.portrait_archive import PortraitArchive
from engine.render.shader_trials import ShaderTrials
from engine.scene.scene import Scene
from engine.scene.transition import Transition, TransitionSettings
from engine.types import Alignment, Features, FloatArray, Frame, Reflection
from engine.visitor.visit_state import VisitState

COMING_S = 0.03  # time per frame for building the next scene,
AGAIN_S = 0.2  # and for a scene that was saved, or a window that was resized
# Shaders count seconds in 32-bit floats: a scene begins its time anew where nobody sees it, at the latest after some
# hours, while the steps of such a float are still far below a frame.
RENEW_UNSEEN_S, RENEW_S = 3600.0, 6 * 3600.0
RENEWAL = TransitionSettings(seconds=4.0)


class Renderer(Closing):
    """Draws a scene.

    Args:
        ctx: the OpenGL context of this thread.
        library: where the shaders are.
        scene: shown first.
        alignment: where the persona draws its faces.
        output_wh: size of the target of `draw`, px.
        render_scale: size of the stage relative to the output.
        transfer: uploads drawn faces; through ordinary pixel buffers if None.
        trials: what tries shaders from outside before they are shown; child processes of its own if None.

    Attributes:
        scene: the scene on the wall.
        blackout: fade to black by the operator.
        closing: fade to black at closing time; may be replaced.
        is_frozen: whether the picture is frozen while time goes on.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        library: ShaderLibrary,
        scene: Scene,
        alignment: Alignment,
        output_wh: tuple[int, int],
        render_scale: float,
        transfer: Transfer | None = None,
        trials: ShaderTrials | None = None,
    ) -> None:
        self._ctx = ctx
        self._library = library
        self._output_wh = output_wh
        self._scale = render_scale
        self._collector = InputCollector(ctx, transfer or Transfer(ctx), scene.reflection, alignment)
        self._make_shared(ctx)
        self._trials = trials or ShaderTrials(library)
        self._compositor = Compositor(ctx, scene, library, self._stage_wh(scene), trials=self._trials)
        self._coming: Compositor | None = None  # being built
        self._is_again = False  # whether that is the shown scene, reloaded
        self._leaving: Compositor | None = None  # gives way to what is shown
        self._transition = Transition(scene.transition)
        self._picture: moderngl.Texture | None = None  # the last one, which stays as it is until the next is composed
        self.scene = scene
        self.blackout = Blackout()
        self.closing = Blackout()
        self.is_frozen = False
        self._time_s = 0.0  # of the last tick
        self._is_renewal = False  # whether the scene that is coming is the shown one, whose time begins anew

    def _make_shared(self, ctx: moderngl.Context) -> None:
        """Make what all scenes share."""
        self._ctx = ctx
        self._projector = OutputPass(ctx, self._library)
        self._crossfade = Crossfade(ctx, self._library)

    @property
    def archive(self) -> PortraitArchive:
        """The strangers of this evening; forgotten when the wall has gone dark at closing time."""
        return self._collector.archive

    def let_hang(self, may_hang: Callable[[int], bool]) -> None:
        """Say who may hang in the evening's archive, by the stranger's number; everybody if this is never called."""
        self._collector.may_hang = may_hang

    @property
    def wants_previews(self) -> bool:
        """Whether the scene shows the reflection at intermediate resolutions."""
        return self._needs("previews")

    @property
    def wants_echo(self) -> bool:
        """Whether the scene shows where the reflection differs from the viewer."""
        return self._needs("echo")

    @property
    def shows_camera(self) -> bool:
        """Whether the scene shows the camera's picture, so that people are known by it."""
        return self._needs("camera")

    @property
    def wants_sound(self) -> bool:
        """Whether the scene draws what the microphone hears."""
        return self._needs("sound")

    def _needs(self, what: str) -> bool:
        shown = (self._compositor, self._leaving)
        return any(what in part.needs for part in shown if part is not None)

    @property
    def began_s(self) -> float:
        """The moment from which the shaders of the shown scene count their seconds; see `Compositor`."""
        return self._compositor.began_s

    @property
    def light(self) -> float:
        """Factor on the light of the picture, 0 black to 1: fades to black, by the operator and at closing time."""
        return self.blackout.light * self.closing.light

    @property
    def troubles(self) -> list[str]:
        """Problems of drawing, for the operator, a line each."""
        return self._compositor.troubles

    @property
    def building_s(self) -> float:
        """Time for `advance` in one frame, s."""
        return AGAIN_S if self._is_again else COMING_S

    def prepare(self, scene: Scene, *, again: bool = False) -> None:
        """Begin to build a scene, in place of what is being built; `advance` builds on while the show goes on.

        Args:
            scene: what is to be shown.
            again: whether it is what is shown, read anew: of it only what has changed is built, and it comes in with
                a cut. Another scene comes in with its transition.

        Raises:
            ConfigError: a shader that all scenes need cannot be used.
        """
        self._drop_coming()
        if again:
            self._renew_shared()
        self._is_again, self._is_renewal = again, False
        self._coming = Compositor(
            self._ctx,
            scene,
            self._library,
            self._stage_wh(scene),
            previous=self._compositor if again else None,
            at_once=False,
            trials=self._trials,
        )

    def advance(self, may_go_on: Callable[[], bool]) -> Scene | None:
        """Build on what is coming, at least one step and as long as `may_go_on` says so.

        Returns:
            The scene that has taken the wall just now, if one has.

        Raises:
            ConfigError: it cannot be shown; what is shown stays.
        """
        coming = self._coming
        if coming is None or self._leaving is not None:  # one transition at a time
            return None
        try:
            while coming.advance():
                self._ctx.finish()  # a driver that only takes notes of what it is to draw would take its time later
                if not may_go_on():
                    return None
        except Exception:  # whatever it is, what was to come is closed, and what is shown stays
            self._coming = None
            raise
        self._take_over(coming)
        return self.scene

    def show_scene(self, scene: Scene) -> None:
        """Change the scene at once, with a cut.

        Raises:
            ConfigError: a shader of the new scene cannot be used; the old scene stays.
        """
        compositor = Compositor(self._ctx, scene, self._library, self._stage_wh(scene), trials=self._trials)
        compositor.began_s = self._time_s
        self._drop_coming()
        self._drop_leaving()
        self._compositor.close()
        self._set(compositor)

    def reload(self, scene: Scene) -> None:
        """Show the scene, read again, with all shaders as their files are now, at once.

        Raises:
            ConfigError: a shader cannot be used; what is shown stays.
        """
        self._drop_leaving()
        self.prepare(scene, again=True)
        self.advance(lambda: True)

    def resize(self, output_wh: tuple[int, int]) -> None:
        """The output has another size from now on; what is shown keeps its resolution until it is built anew.

        Raises:
            ConfigError: a shader that all scenes need was broken meanwhile.
        """
        if output_wh == self._output_wh:
            return
        self._output_wh = output_wh
        if self._coming is not None:
            self.prepare(self._coming.scene, again=self._is_again)
        else:
            self.prepare(self.scene, again=True)

    def _take_over(self, coming: Compositor) -> None:
        self._coming = None
        coming.began_s = self._compositor.began_s if self._is_again else self._time_s
        transition = RENEWAL if self._is_renewal else coming.scene.transition
        if self._is_again:
            coming.succeed(self._compositor)
        elif self.is_frozen or transition.seconds == 0 or self._compositor.size_wh != self._stage_wh(self.scene):
            self._compositor.close()
        else:
            self._leaving, self._transition = self._compositor, Transition(transition)
        self._set(coming)

    def _set(self, compositor: Compositor) -> None:
        self._compositor, self._picture, self.scene = compositor, None, compositor.scene
        self._collector.sitters.times = self.scene.reflection

    def _renew_shared(self) -> None:
        """Make anew what draws all scenes if its shaders were saved."""
        if not self._projector.is_current():
            projector = OutputPass(self._ctx, self._library)
            self._projector.close()
            self._projector = projector
        if not self._crossfade.is_current():
            crossfade = Crossfade(self._ctx, self._library)
            self._crossfade.close()
            self._crossfade, self._picture = crossfade, None  # which may have been its own

    def _drop_coming(self) -> None:
        if self._coming is not None:
            self._coming.close()
            self._coming = None

    def _drop_leaving(self) -> None:
        if self._leaving is not None:
            self._leaving.close()
            self._leaving = None

    def toggle_frozen(self) -> None:
        """Freeze the picture, or let it go on."""
        self.is_frozen = not self.is_frozen

    def override(self, knobs: Mapping[str, Knobs]) -> None:
        """Set knobs of the shown scene, by pass and knob, until the next call; what gives way to it keeps its own."""
        self._compositor.overrides = knobs

    @property
    def overrides(self) -> Mapping[str, Knobs]:
        """What `override` has set."""
        return self._compositor.overrides

    @property
    def knobs(self) -> Mapping[str, Knobs]:
        """All knobs of each pass, as they were drawn last."""
        return self._compositor.knobs

    @property
    def moving_knobs(self) -> Mapping[str, Knobs]:
        """Those that move by themselves, as they are where nobody sets them."""
        return self._compositor.moving

    @property
    def signals(self) -> Mapping[str, float]:
        """What scenes may follow, at this moment."""
        return self._collector.sitters.signals

    @property
    def visit_state(self) -> VisitState:
        """The state of the visit."""
        return self._collector.sitters.visit_state

    def receive(
        self,
        frame: Frame | None,
        reflection: Reflection | None,
        tick: Tick,
        audio: float = 0.0,
        measured: Sequence[Features] = (),
        sound: FloatArray | None = None,
    ) -> None:
        """Take what is new; None where nothing is.

        Args:
            frame: the camera's picture.
            reflection: the answer to an earlier one.
            tick: the moment.
            audio: how loud the room is, 0 to 1.
            measured: measurements of all visitors, before reflections answer them.
            sound: what the microphone heard last, see `FrameInputs`.
        """
        self._collector.receive(frame, reflection, tick, audio, measured, sound, wants_previews=self.wants_previews)
        self.blackout.fade(tick)
        self.closing.fade(tick)
        if self.closing.light <= 0.0 and self.archive.count:
            self.archive.clear()
        self._time_s = tick.time_s
        self._renew_time()
        self._transition.elapse(tick)
        if self._transition.is_over:
            self._drop_leaving()

    def _renew_time(self) -> None:
        """Let the seconds of an old scene begin anew: at once on a dark wall, else by a dissolve of the scene into
        itself, which waits for an empty room as long as it can."""
        age_s = self._time_s - self._compositor.began_s
        if age_s < RENEW_UNSEEN_S or self.is_frozen or self._leaving is not None:
            return
        if self.light <= 0.0:
            self._compositor.began_s = self._time_s
        elif self._coming is None and (age_s >= RENEW_S or self.visit_state is VisitState.IDLE):
            self.prepare(self.scene)
            self._is_renewal = True

    def draw(self, target: moderngl.Framebuffer, tick: Tick, now_s: float) -> None:
        """Draw the scene into `target`; `now_s` is the clock by which reflections are stamped."""
        if self._picture is None or not self.is_frozen:
            self._picture = self._compose(self.view(now_s), tick)
        self._projector.draw(self._picture, target, self.light)

    def _compose(self, view: FrameInputs, tick: Tick) -> moderngl.Texture:
        if self._leaving is None:
            return self._compositor.render(view, tick)
        before = self._leaving.render(view, tick)
        return self._crossfade.draw(before, self._compositor.render(view, tick), self._transition.share)

    def view(self, now_s: float) -> FrameInputs:
        """What the picture is drawn from at this moment of the clock by which reflections are stamped."""
        return self._collector.inputs(now_s)

    def close(self) -> None:
        """Release all OpenGL objects."""
        self._trials.close()
        self._drop_coming()
        self.let_go()
        self._collector.close()

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again. What is shown stays known."""
        self._drop_leaving()
        if self._coming is not None:
            self._coming.close()
        self._picture = None
        for part in (self._compositor, self._crossfade, self._projector):
            part.close()
        self._collector.let_go()

    def renew(self, ctx: moderngl.Context) -> None:
        """Show what was shown before `let_go`, in another context, to which the transfer has been moved before.

        Raises:
            ConfigError: a shader of the scene was broken meanwhile.
        """
        coming, began_s = self._coming, self._compositor.began_s
        self._coming = None
        self._make_shared(ctx)
        self._compositor = Compositor(ctx, self.scene, self._library, self._stage_wh(self.scene), trials=self._trials)
        self._compositor.began_s = began_s
        self._collector.renew(ctx, wants_previews=self.wants_previews)
        if coming is not None:
            self.prepare(coming.scene, again=self._is_again)

    def _stage_wh(self, scene: Scene) -> tuple[int, int]:
        """The largest size of the scene's shape that fits the output, scaled, at least 16 px, even."""
        fit = min(output / side for output, side in zip(self._output_wh, scene.size_wh, strict=True))
        width, height = (max(16, round(side * fit * self._scale / 2) * 2) for side in scene.size_wh)
        return width, height
