"""App: the only place that builds the parts, runs them in one loop, and stops them in reverse."""

from __future__ import annotations

import logging
import os
import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.audio.level_meter import AudioLevelMeter
from engine.cli import Options
from engine.config.config import load_config
from engine.core.clock import Clock, Tick, TimeSource, local_time
from engine.core.errors import ConfigError, DeviceError
from engine.core.file_watcher import Watcher
from engine.core.frame_pacing import Pacer, find_pace
from engine.core.slot import Slot
from engine.features.featurizer import Featurizer
from engine.networks.attributes.classifier import open_attributes
from engine.networks.backends.generator_runtime import open_generator
from engine.networks.inversion.inverter_file import open_inverter
from engine.networks.persona import Persona
from engine.pipeline.reflection_thread import ReflectionWorker
from engine.pipeline.sources.open_source import Source, choose_source, open_source
from engine.render.fade_to_black import Blackout
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture_upload import open_transfer
from engine.render.output.codecs import choose_codec, usual_ending
from engine.render.output.recorder import recording_path
from engine.render.output.sender import Sender
from engine.render.overlay.debug_overlay import Inspection
from engine.render.overlay.overlay import Overlay
from engine.render.passes import registry
from engine.render.projection.calibration import Calibration
from engine.render.projection.settings_file import open_venue
from engine.render.renderer import Renderer
from engine.render.window.calibration_keymap import EDIT_HELP
from engine.render.window.window import Action, Window, has_display, key_help, open_window
from engine.scene.library import SceneLibrary
from engine.session.format import Cue
from engine.show.capture import Capture, session_head
from engine.show.playlist import Playlist
from engine.show.scene_switcher import SceneSwitcher
from engine.show.schedule import Schedule
from engine.system.shutdown import told_by_signals
from engine.telemetry.loopback import HELP, LOOP_S, LoopMeasurement
from engine.telemetry.report import Report
from engine.types import Features, Frame, Reflection

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
SCENES, MODELS, SHADERS = ROOT / "scenes", ROOT / "models", ROOT / "shaders"
OFFSCREEN_S = 10.0  # length of the film that is made where there is no display
WAKE_LIMIT_S = 120.0  # off screen, networks are waited for so long
LINES_S = 0.25  # how often the overlay is written anew
SOFTWARE_SCALE = 0.5  # where the processor draws, it must also reflect


class App:
    """The show, from start to end.

    Args:
        options: what the command line said.
        clock: the show's clock.
        scenes, models: folders of what there is to choose from.
    """

    def __init__(
        self, options: Options, clock: TimeSource | None = None, *, scenes: Path = SCENES, models: Path = MODELS
    ) -> None:
        self._options = options
        self._scenes, self._models = scenes, models
        self._clock = clock or Clock()
        self._started_s = self._clock.now_s()
        self._is_over = False
        self._shows_overlay = self._shows_help = False
        self._source: Source | None = None
        self._watcher: Watcher | None = None
        self._note = ""
        self._loop = LoopMeasurement() if options.measure_loop else None
        self._lines: list[str] = []
        self._lines_due_s = 0.0

    def run(self) -> None:
        """Open the mirror and show it until somebody ends it, or its time is over.

        Raises:
            NarcissusError: something that is needed at the start is missing or wrong.
        """
        with ExitStack() as parts:
            self._read_files()
            self._choose_output()
            self._open_source(parts)
            self._open_window(parts)
            self._start_reflecting(parts)
            with told_by_signals(self._stop):
                self._wake()
                self._show(parts)
            loop = None if self._loop is None else self._loop.result()
            if loop is not None:
                self._report.loop = loop.as_json()
            if self._options.stats is not None:
                self._report.write(self._options.stats, self._worker.health)
            if loop is not None:
                loop.tell()

    # -------------------------------------------------- opening: what can be wrong is found before anything moves

    def _read_files(self) -> None:
        options = self._options
        self._config = load_config(options.config)
        self._repertoire = SceneLibrary(self._scenes, self._config.scene.scenes, registry(), self._config.reflection)
        self._scene_name = self._config.scene.name if options.scene is None else options.scene
        self._scene = self._repertoire.load(self._scene_name)
        for entry in self._config.playlist.scenes:
            self._repertoire.load(entry.scene)  # what is wrong with it is told now, not late at night
        self._playlist, self._schedule = Playlist(self._config.playlist), Schedule(self._config.schedule)
        self._persona = Persona.open(self._models / (options.model or self._config.persona.model))
        self._inverter = open_inverter(self._persona)
        self._attributes = open_attributes(self._models) if self._config.persona.attributes else None
        self._venue = open_venue(Path(self._config.display.venue))
        self._shows_overlay = self._config.display.overlay

    def _choose_output(self) -> None:
        """Window or off screen. Where there is no display, and nobody said so, a short film shows the mirror."""
        options = self._options
        self._headless = options.headless or not has_display()
        settings, folder = self._config.recorder, Path(self._config.recorder.folder)
        self._seconds, self._record_path, self._session_path = options.seconds, options.record, options.session
        if options.measure_loop:
            self._seconds = self._seconds or LOOP_S
        if options.measure_loop and self._headless and not options.headless:
            raise DeviceError("--measure-loop needs a screen that the camera can see, and there is no display")
        if self._headless and not options.headless:
            self._seconds = self._seconds or OFFSCREEN_S
            self._record_path = self._record_path or recording_path(
                folder, self._scene_name, usual_ending(settings.codec)
            )
        if self._record_path is not None:
            choose_codec(self._record_path, settings.codec)
        if self._session_path is None and settings.session:
            self._session_path = recording_path(folder, self._scene_name, ".narc")
        for path in (self._record_path, self._session_path):
            if path is not None and path.exists():
                raise ConfigError(f"{path} exists already: name another file, or move it away")

    def _open_source(self, parts: ExitStack) -> None:
        self._frames: Slot[Frame] = Slot("frames")
        self._views: Slot[Frame] = Slot("camera picture")
        self._source_name = self._options.source or ("self" if self._headless else self._config.camera.source)
        self._source_name = choose_source(self._source_name)
        if self._loop is not None and self._source_name == "self":
            raise ConfigError("--measure-loop needs a camera that sees the screen: name one with --source")
        if self._source_name != "self":
            sinks = (self._frames, self._views)
            source = open_source(self._source_name, self._config.camera, sinks, self._clock)
            self._source = parts.enter_context(source)
        self._hearing = parts.enter_context(AudioLevelMeter(self._config.audio, self._clock))

    def _open_window(self, parts: ExitStack) -> None:
        options, display = self._options, self._config.display
        self._window: Window = parts.enter_context(
            open_window(display, options.size_wh or display.size, self._headless, options.fullscreen, options.display)
        )
        self._library = library = ShaderLibrary(SHADERS)
        ctx = self._window.ctx
        automatic = SOFTWARE_SCALE if self._window.is_software else 1.0
        scale = automatic if display.render_scale == "auto" else display.render_scale
        self._keepsakes = Capture(ctx, self._clock, self._config.recorder, self._notify)
        self._sender = parts.enter_context(Sender(ctx, self._config.send, self._clock))
        self._overlay = parts.enter_context(Overlay(ctx, library))
        self._inspection = parts.enter_context(Inspection(ctx, library))
        path, reloads = Path(display.venue), self._config.scene.reload
        calibration = Calibration(self._window, library, self._venue, path, scale, self._notify, reloads=reloads)
        self._calibration = parts.enter_context(calibration)
        self._overlay.draw_splash(self._calibration.upright(), self._scene.title)
        self._calibration.finish()
        self._window.present()
        self._transfer = transfer = open_transfer(ctx, self._window.gl, display.transfer)
        alignment, picture_wh = self._persona.alignment, self._calibration.picture_wh
        self._mirror = parts.enter_context(Renderer(ctx, library, self._scene, alignment, picture_wh, scale, transfer))
        is_closed = not self._schedule.is_open(local_time())
        self._mirror.closing = Blackout(self._config.schedule.fade_s, is_on=is_closed)
        self._pace = find_pace(self._window, self._clock, max_hz=display.max_fps)
        log.info("the rate of drawing: %s", self._pace)
        self._pacer = Pacer(self._clock, self._pace.limit_hz)

    def _start_reflecting(self, parts: ExitStack) -> None:
        settings, persona = self._scene.reflection, self._persona
        self._reflections: Slot[Reflection] = Slot("reflections")
        self._measured: Slot[Features] = Slot("measurements")
        self._worker = ReflectionWorker(
            frames=None if self._source_name == "self" else self._frames,
            reflections=self._reflections,
            build_featurizer=lambda: Featurizer("live", ignore=self._config.camera.ignore),
            build_still_featurizer=lambda: Featurizer("static"),
            build_generator=lambda: open_generator(
                persona,
                settings.runtime,
                settings.precision,
                self._generator_threads(),
                is_tuned=True,
                stays_on_card=lambda: self._transfer.is_shared,
            ),
            inverter=self._inverter,
            attributes=self._attributes,
            measured=self._measured,
            settings=settings,
            clock=self._clock,
            seed=secrets.randbits(32),
        )
        self._worker.start()
        parts.callback(self._worker.close)
        slots = (self._frames, self._views, self._reflections, self._measured)
        self._report = Report(self._started_s, slots, str(self._pace))
        self._programme = SceneSwitcher(
            self._scene_name,
            repertoire=self._repertoire,
            playlist=self._playlist,
            schedule=self._schedule,
            mirror=self._mirror,
            calibration=self._calibration,
            library=self._library,
            adjust=self._worker.adjust,
            notify=self._notify,
            clock=self._clock,
        )

    def _generator_threads(self) -> int | None:
        """Where the processor draws, half of it is left to that: threads that wait for each other lose more."""
        threads = self._config.reflection.threads
        return max(1, (os.cpu_count() or 2) // 2) if threads is None and self._window.is_software else threads

    def _wake(self) -> None:
        """Off screen, the film begins when the mirror sees; in a window at once, with an empty glass."""
        if self._headless and not self._options.headless:
            print(f"There is no display: rendering {self._seconds:g} s off screen into {self._record_path}", flush=True)
        limit_s = self._clock.now_s() + WAKE_LIMIT_S
        with tqdm(
            desc="waking the networks", bar_format="{desc}: {elapsed}", mininterval=1, disable=not self._headless
        ) as bar:
            while self._headless and not self._is_over and self._clock.now_s() < limit_s:
                bar.update()  # drawn once a second
                if self._worker.has_settled:
                    return
                self._clock.sleep_s(0.1)

    # -------------------------------------------------- the loop

    def _show(self, parts: ExitStack) -> None:
        """Poll, update, draw, present, until it is over."""
        parts.enter_context(self._keepsakes)
        if self._config.scene.reload:
            self._watcher = parts.enter_context(Watcher((self._scenes, SHADERS)))
        if self._record_path is not None:
            # off screen nobody would see the show
            self._keepsakes.begin_film(self._record_path, self._calibration.picture_wh, is_needed=self._headless)
        if self._session_path is not None:
            head = session_head(self._persona, self._calibration.picture_wh)
            self._keepsakes.begin_session(self._session_path, head, is_needed=self._headless)
        with tqdm(total=self._seconds, unit="s", desc="mirror", disable=self._seconds is None, **BAR) as bar:
            while not self._is_over:
                tick = self._pacer.tick()
                for action in self._window.poll():
                    self._act(action)
                self._calibration.update(tick)
                self._programme.update(self._saved(), tick)
                reflection, uploaded_s = self._update(tick), self._clock.now_s()
                self._keepsakes.note(self._cue(tick), reflection, self._hearing.level)
                draw_s = self._draw(tick)
                self._window.present()
                now_s = self._clock.now_s()
                self._report.presented(now_s, draw_s, reflection, uploaded_s)
                if self._loop is not None:
                    self._loop.presented(now_s, reflection)
                bar.update(min(self._report.seconds, self._seconds or 0.0) - bar.n)
                self._is_over |= self._seconds is not None and self._report.seconds >= self._seconds
                self._pacer.wait()

    def _saved(self) -> frozenset[Path]:
        """Which files in scenes/ and shaders/ were saved since the last frame."""
        return frozenset() if self._watcher is None else self._watcher.poll()

    def _update(self, tick: Tick) -> Reflection | None:
        """Take the newest of each, without waiting; returns the reflection if there is a new one."""
        try:
            self._mirror.resize(self._calibration.picture_wh)
        except ConfigError as error:  # a shader that was broken since it was last compiled
            self._notify(str(error))
        reflection = self._reflections.poll()
        frame = self._views.poll()
        if self._loop is not None and frame is not None:
            self._loop.see(frame)
        self._mirror.update(frame, reflection, tick, self._hearing.level, self._measured.poll())
        self._worker.wants_previews = self._mirror.wants_previews
        self._worker.wants_echo = self._mirror.wants_echo
        return reflection

    def _draw(self, tick: Tick) -> float:
        """Draw the picture and what lies over it; returns how long that took, s."""
        began_s = self._clock.now_s()
        composed = self._calibration.compose()
        self._mirror.draw(composed, tick, began_s)
        if self._window.is_software:
            self._window.finish()
        self._keepsakes.capture(composed, tick.time_s)
        self._sender.capture(composed, tick.time_s)
        target = self._calibration.project()
        self._inspection.draw(target, self._mirror.view(began_s))
        self._calibration.draw_over(target, self._overlay)
        if self._shows_help:
            self._overlay.draw(target, EDIT_HELP if self._calibration.is_on else key_help())
        elif self._shows_overlay:
            if tick.time_s >= self._lines_due_s:
                self._lines, self._lines_due_s = self._write_lines(), tick.time_s + LINES_S
            self._overlay.draw(target, self._lines)
        if self._loop is not None:
            self._overlay.draw_signal(target, self._loop.level(tick.time_s) > 0, HELP)
        if self._keepsakes.is_keeping or self._sender.is_sending:
            self._overlay.draw_recording_dot(target, self._calibration.picture_corner)
        self._calibration.finish()
        return self._clock.now_s() - began_s

    def _cue(self, tick: Tick) -> Cue:
        """What is chosen now, as a session keeps it."""
        is_black = self._mirror.blackout.is_on or self._mirror.closing.is_on
        return Cue(tick.time_s, self._programme.name, is_black, self._mirror.is_frozen)

    def _write_lines(self) -> list[str]:
        """What the overlay says."""
        health = self._worker.health
        source = f"{self._source_name}: {self._source.state}" if self._source else "self: no camera is used"
        held = ["black: B brings the picture back"] if self._mirror.blackout.is_on else []
        held += ["closed: the schedule in config.yaml says so"] if self._mirror.closing.is_on else []
        held += ["the picture is held: Space lets it go on"] if self._mirror.is_frozen else []
        scene = f"scene: {self._programme.name}; visit: {self._mirror.visit_state}"
        heard = f"audio: {self._hearing.level:.2f}" if self._hearing.is_on else ""
        troubles = [health.last_error, self._hearing.error, *self._sender.errors, *self._mirror.troubles]
        drawing = [self._window.renderer, f"faces: {self._transfer.note}"]
        notes = [source, heard, scene, *drawing, *troubles, *held, *self._note.splitlines()]
        return self._report.lines(health, [note for note in notes if note])

    # -------------------------------------------------- what the operator asks for

    def _act(self, action: Action) -> None:
        number = action.scene_number
        if number is not None:
            self._programme.on_key(number)
        elif action is Action.QUIT:
            self._stop()
        elif action is Action.FULLSCREEN:
            self._window.toggle_fullscreen()
        elif action is Action.LEAVE_FULLSCREEN:
            self._window.leave_fullscreen()
        elif action is Action.BLACKOUT:
            self._mirror.blackout.toggle()
        elif action is Action.FREEZE:
            self._mirror.is_frozen = not self._mirror.is_frozen
        elif action is Action.OVERLAY:
            self._shows_overlay = not self._shows_overlay
        elif action is Action.LANDMARKS:
            self._inspection.shows_landmarks = not self._inspection.shows_landmarks
        elif action is Action.CAMERA:
            self._inspection.shows_camera = not self._inspection.shows_camera
        elif action is Action.HELP:
            self._shows_help = not self._shows_help
        elif action is Action.CALIBRATE:
            self._calibration.toggle()
        elif action is Action.SNAPSHOT:
            self._keepsakes.take_snapshot(self._keepsakes.path(self._programme.name, ".png"))
        elif action is Action.RECORD and self._keepsakes.is_filming:
            self._keepsakes.end_film()
        elif action is Action.RECORD:
            self._keepsakes.begin_film(self._keepsakes.film_path(self._programme.name), self._calibration.picture_wh)

    def _stop(self) -> None:
        self._is_over = True

    def _notify(self, note: str) -> None:
        """Tell the operator, on the overlay and, unless it is the same again, in the log; nothing takes it back."""
        if note and note != self._note:
            log.info("%s", note)
        self._note = note


BAR: dict[str, Any] = {
    "mininterval": 0.5,
    "bar_format": "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total:.0f} s [{elapsed}<{remaining}]",
}
