"""The main loop: poll, receive, draw, present, until the show is over.

Created once, with all its parts; owns none of them: whoever created them closes them. Never waits for a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import moderngl
from tqdm import tqdm

from engine.audio.level_meter import AudioLevelMeter
from engine.core.clock import Tick, TimeSource
from engine.core.error_boundary import ErrorBoundary
from engine.core.file_watcher import Watcher
from engine.core.slot import Slot
from engine.pipeline.reflection_request import ReflectionRequest
from engine.render.window.window import Action
from engine.session.format import Cue
from engine.show.context_guard import ContextGuard
from engine.show.control_desk import ControlDesk
from engine.show.control_room import OpenControlRoom
from engine.show.drawing import Drawing
from engine.show.keeper import Keeper
from engine.show.notice import Notice
from engine.show.operator_panel import OperatorPanel
from engine.show.scene_switcher import SceneSwitcher
from engine.show.show_memory import ShowMemory, ShowMoment
from engine.telemetry.loopback import HELP, LoopMeasurement
from engine.telemetry.report import Report
from engine.types import Features, Frame, Reflection


@dataclass(frozen=True)
class ShowSlots:
    """Slots between the threads of a show.

    Attributes:
        frames: pictures of the camera, for the reflection thread.
        views: the same pictures, for the wall.
        reflections: drawn faces.
        measured: measurements of all visitors, before reflections answer them.
        requests: requests to the reflection thread.
    """

    frames: Slot[Frame] = field(default_factory=lambda: Slot("frames"))
    views: Slot[Frame] = field(default_factory=lambda: Slot("camera picture"))
    reflections: Slot[Reflection] = field(default_factory=lambda: Slot("reflections"))
    measured: Slot[tuple[Features, ...]] = field(default_factory=lambda: Slot("measurements"))
    requests: Slot[ReflectionRequest] = field(default_factory=lambda: Slot("requests"))

    @property
    def reported(self) -> tuple[Slot[Any], ...]:
        """Slots whose drops are reported."""
        return self.frames, self.views, self.reflections, self.measured


class GivesTicks(Protocol):
    """Interface of `Pacer` and `FilmPacer`."""

    def tick(self) -> Tick: ...

    def wait(self) -> None: ...


class MainLoop:
    """Runs the show on the main thread.

    Args:
        clock, pacer: time, and the moment of each frame.
        stopwatch: measures how long drawing takes.
        slots: slots between the threads.
        request: the first request to the reflection thread.
        drawing: the parts that draw.
        switcher: chooses the scene.
        memory: what is remembered of the show, should it die.
        level_meter: loudness of the room.
        panel, notice: what the operator reads.
        report: counts frames.
        watcher: reports saved files; None without reloading.
        measurement: loopback measurement; None if it was not asked for.
        desk: carries out what is set from outside.
        keeper: begins and ends films, and keeps snapshots.
        control_room: draws the preview for panels; None where it is closed.
        seconds: length of the show; None until somebody ends it.

    Attributes:
        is_over: whether the frame that is being drawn is the last.
    """

    def __init__(
        self,
        *,
        clock: TimeSource,
        pacer: GivesTicks,
        stopwatch: TimeSource,
        slots: ShowSlots,
        request: ReflectionRequest,
        drawing: Drawing,
        switcher: SceneSwitcher,
        memory: ShowMemory,
        level_meter: AudioLevelMeter,
        panel: OperatorPanel,
        notice: Notice,
        report: Report,
        watcher: Watcher | None = None,
        measurement: LoopMeasurement | None = None,
        control_room: OpenControlRoom | None = None,
        desk: ControlDesk,
        keeper: Keeper,
        seconds: float | None = None,
    ) -> None:
        self.is_over = False
        self._clock, self._pacer, self._stopwatch = clock, pacer, stopwatch
        self._slots, self._request = slots, request
        self._window, self._calibration, self._mirror = drawing.window, drawing.calibration, drawing.mirror
        self._recordings, self._sender = drawing.recordings, drawing.sender
        self._consent, self._consent_notice = drawing.consent, drawing.consent_notice
        context_parts = () if control_room is None else (control_room,)
        self._context = ContextGuard(drawing, clock, notice.notify, context_parts)
        self._switcher, self._memory, self._level_meter = switcher, memory, level_meter
        self._panel, self._notice, self._report = panel, notice, report
        self._desk = desk
        self._control_room = control_room
        self._boundary = ErrorBoundary(notice.complain)
        self._watcher, self._measurement, self._seconds = watcher, measurement, seconds
        self._actions: Mapping[Action, Callable[[], None]] = {
            Action.QUIT: self.stop,
            Action.FULLSCREEN: drawing.window.toggle_fullscreen,
            Action.LEAVE_FULLSCREEN: drawing.window.leave_fullscreen,
            Action.BLACKOUT: drawing.mirror.blackout.toggle,
            Action.FREEZE: drawing.mirror.toggle_frozen,
            Action.OVERLAY: panel.toggle_overlay,
            Action.LANDMARKS: panel.toggle_landmarks,
            Action.CAMERA: panel.toggle_camera,
            Action.HELP: panel.toggle_help,
            Action.CALIBRATE: drawing.calibration.toggle,
            Action.SNAPSHOT: desk.take_snapshot,
            Action.RECORD: lambda: keeper.film(not keeper.is_filming),
        }

    def run(self) -> None:
        """Show frame after frame until the show is over."""
        with tqdm(total=self._seconds, unit="s", desc="mirror", disable=self._seconds is None, **BAR) as bar:
            while not self.is_over:
                self._show_frame()
                seconds, limit_s = self._report.seconds, self._seconds
                bar.update(min(seconds, limit_s or 0.0) - bar.n)
                self.is_over |= limit_s is not None and seconds >= limit_s
                self._pacer.wait()

    def resume(self, place: tuple[int, int]) -> None:
        """Go on with the playlist at the place of a show that died."""
        self._switcher.resume(place)

    def stop(self) -> None:
        """End the show after the frame that is being drawn."""
        self.is_over = True

    def act(self, action: Action) -> None:
        """Carry out an action of the operator; where that fails, it is told, and the show goes on."""
        with self._boundary.around(f"the key for {action.name.lower()}"):
            if action.scene_number is not None:
                self._switcher.on_key(action.scene_number)
            else:
                self._actions[action]()

    def _show_frame(self) -> None:
        tick, guarded = self._pacer.tick(), self._boundary.around
        if not self._context.holds():
            return
        with guarded("the window"):
            for action in self._window.poll():
                self.act(action)
            self._desk.press(self._window.other_keys())
        with guarded("calibrating"):
            self._calibration.follow_operator(tick)
        with guarded("the change of scenes"):
            self._switcher.move_on(frozenset() if self._watcher is None else self._watcher.poll(), tick)
            self._memory.remember(ShowMoment(self._switcher.name, self._mirror.blackout.is_on, self._switcher.place))
        with guarded("what is set from outside"):
            self._desk.follow(tick)
        reflection, uploaded_s = self._receive(tick), self._clock.now_s()
        self._ask()
        with guarded("the session"):
            self._recordings.note(self._cue(tick), reflection, self._level_meter.level)
        draw_s = self._draw(tick)
        with guarded("the window"):
            self._window.present()
        now_s = self._clock.now_s()
        self._report.presented(now_s, draw_s, reflection, uploaded_s)
        if self._measurement is not None:
            self._measurement.presented(now_s, reflection)
        if self._control_room is not None:
            with guarded("the preview"):
                self._control_room.draw(tick, now_s)

    def _receive(self, tick: Tick) -> Reflection | None:
        """Take the newest of each, without waiting; returns the reflection if there is a new one."""
        with self._boundary.around("the new size"):  # a shader may be broken since it was last compiled
            self._mirror.resize(self._calibration.picture_wh)
        reflection, frame = self._slots.reflections.poll(), self._slots.views.poll()
        if self._measurement is not None and frame is not None:
            self._measurement.see(frame)
        level_meter = self._level_meter
        level_meter.wants_sound = self._mirror.wants_sound
        with self._boundary.around("a new picture"):
            measured = self._slots.measured.poll() or ()
            self._ask_consent(measured, reflection)
            self._mirror.receive(frame, reflection, tick, level_meter.level, measured, level_meter.sound)
        return reflection

    def _ask_consent(self, measured: Sequence[Features], reflection: Reflection | None) -> None:
        latents = [each.latent for each in reflection.everyone] if reflection is not None else []
        self._consent.observe(measured, latents, self._clock.now_s(), shows_camera=self._mirror.shows_camera)

    def _ask(self) -> None:
        """Ask the reflection thread for what the shown scene needs, if that has changed."""
        mirror = self._mirror
        settings = self._desk.adjusted(mirror.scene.reflection)
        request = ReflectionRequest(settings, mirror.wants_previews, mirror.wants_echo)
        if request != self._request:
            self._request = request
            self._slots.requests.put(request)

    def _draw(self, tick: Tick) -> float:
        """Draw the picture and everything over it; returns the time taken, s."""
        began_s, guarded = self._clock.now_s(), self._boundary.around
        watched_s = self._stopwatch.now_s()
        with guarded("drawing"):
            composed = self._calibration.compose()
            self._mirror.draw(composed, tick, began_s)
            if self._window.is_software:
                self._window.finish()
            with guarded("the film"):
                self._recordings.capture(composed, tick.time_s)
            with guarded("sending"):
                self._sender.capture(composed, tick.time_s)
            with guarded("the sign of consent"):
                is_dark = self._mirror.blackout.is_on or self._mirror.closing.is_on
                self._consent_notice.draw(composed, tick, is_dark=is_dark)
            target = self._calibration.project()
            with guarded("the overlay"):
                self._draw_over(target, tick, began_s)
            if self._recordings.is_keeping or self._sender.is_sending or self._is_seen_from_afar:
                self._panel.draw_recording_dot(target)
            self._calibration.finish()
        return self._stopwatch.now_s() - watched_s

    @property
    def _is_seen_from_afar(self) -> bool:
        return self._control_room is not None and self._control_room.is_sending

    def _draw_over(self, target: moderngl.Framebuffer, tick: Tick, now_s: float) -> None:
        self._panel.draw(target, self._mirror.view(now_s), tick)
        if self._measurement is not None:
            self._panel.draw_signal(target, is_bright=self._measurement.level(tick.time_s) > 0, help_lines=HELP)

    def _cue(self, tick: Tick) -> Cue:
        """The current cue, for a session."""
        is_black = self._mirror.blackout.is_on or self._mirror.closing.is_on
        return Cue(tick.time_s, self._switcher.name, is_black, self._mirror.is_frozen)


BAR: dict[str, Any] = {
    "mininterval": 0.5,
    "bar_format": "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total:.0f} s [{elapsed}<{remaining}]",
}
