"""App: the only place that builds the parts. `show/main_loop.py` runs them; they are closed in reverse."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from engine.audio.level_meter import AudioLevelMeter
from engine.config.camera import CameraSettings
from engine.config.config import Config
from engine.config.options import Options
from engine.consent.gate import ConsentGate
from engine.control.register import Register
from engine.core.clock import Clock, FilmClock, TimeSource, local_time
from engine.core.errors import ConfigError, DeviceError
from engine.core.file_watcher import Watcher
from engine.core.frame_pacing import Pacer, find_pace
from engine.features.everyone import EveryoneFeaturizer
from engine.features.face_tracker import Zone
from engine.features.featurizer import Featurizer
from engine.networks.backends.generator_runtime import RuntimeGenerator, open_generator
from engine.networks.backends.upscaled_generator import UpscaledGenerator, with_upscaler
from engine.networks.inversion.encoder_inverter import EncoderInverter
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import Persona
from engine.pipeline.reflection_request import ReflectionRequest
from engine.pipeline.reflection_thread import ReflectionWorker
from engine.pipeline.sources.late_camera import LateCamera
from engine.pipeline.sources.open_source import FIRST_CAMERA, Source, open_source, probe_camera
from engine.pipeline.sources.paced_source import PacedSource
from engine.pipeline.sources.webcam import Webcam
from engine.render.fade_to_black import Blackout
from engine.show.capture import session_head
from engine.show.controls import ControlledShow, open_controls
from engine.show.device_desk import Devices
from engine.show.drawing import Drawing, open_drawing
from engine.show.files import ShowFiles, read_show_files
from engine.show.film import FilmPacer, for_film
from engine.show.keeper import Keeper
from engine.show.main_loop import GivesTicks, MainLoop, ShowSlots
from engine.show.notice import Notice
from engine.show.operator_panel import OperatorPanel
from engine.show.output import ShowOutput, choose_output
from engine.show.playlist import Playlist
from engine.show.scene_switcher import SceneSwitcher
from engine.show.schedule import Schedule
from engine.show.show_memory import ShowMemory
from engine.show.status import ShowStatus
from engine.system.freed_memory import FreedMemory, find_trim
from engine.system.shutdown import told_by_signals
from engine.telemetry.loopback import LoopMeasurement
from engine.telemetry.report import Report
from engine.telemetry.status_file import StatusFile
from engine.visitor.signals import PEOPLE

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
SCENES, MODELS, SHADERS, DOCUMENTS = ROOT / "scenes", ROOT / "models", ROOT / "shaders", ROOT / "docs"
WAKE_LIMIT_S = 120.0  # time limit for loading networks, off screen


@dataclass(frozen=True)
class Show:
    """Show that is ready to run.

    Attributes:
        loop: main loop.
        worker: reflection thread.
        drawing: everything that draws.
        report: statistics.
        register: parameters that can be set and read while it runs.
        measurement: loopback measurement; None if not requested.
    """

    loop: MainLoop
    worker: ReflectionWorker
    drawing: Drawing
    report: Report
    register: Register
    measurement: LoopMeasurement | None


class App:
    """Show from start to end.

    Args:
        options: command line options.
        clock: the show's clock.
        scenes, models: folders with scenes and personas.
        shaders: shader folder; the program's own by default.
    """

    def __init__(
        self,
        options: Options,
        clock: TimeSource | None = None,
        *,
        scenes: Path = SCENES,
        models: Path = MODELS,
        shaders: Path | None = None,
    ) -> None:
        self._options = options
        self._scenes, self._models, self._shaders = scenes, models, shaders or SHADERS
        self._clock, self._stopwatch = clock or Clock(), Clock()
        self._started_s = self._clock.now_s()
        self._memory = ShowMemory()

    def run(self) -> None:
        """Open the mirror and run it until somebody ends it, or its time is over.

        Raises:
            NarcissusError: something required at the start is missing or wrong.
        """
        recalled = self._memory.recall()
        files = read_show_files(self._options, self._scenes, self._models, None if recalled is None else recalled.scene)
        output = choose_output(self._options, files)
        if output.film_fps is not None:
            self._clock, self._started_s = FilmClock(), 0.0
            files = for_film(files, output.film_fps)
        with ExitStack() as parts:
            parts.enter_context(FreedMemory(find_trim()))
            show = self._build(files, output, parts)
            if recalled is not None and Schedule(files.config.schedule).is_open(local_time()):
                show.drawing.mirror.blackout.is_on = recalled.is_black
                show.loop.resume(recalled.place)
            with told_by_signals(show.loop.stop):
                self._wake(show, output)
                _begin_keeping(show, files.persona, output)
                show.loop.run()
            self._memory.forget()
            self._tell_results(show)
        if self._options.record is not None and show.drawing.recordings.film_error is not None:
            raise DeviceError(show.drawing.recordings.film_error)  # an incomplete film must not look complete

    def _build(self, files: ShowFiles, output: ShowOutput, parts: ExitStack) -> Show:
        """Create all parts; `parts` closes them in reverse."""
        options, config, slots, notice = self._options, files.config, ShowSlots(), Notice()
        if options.measure_loop and output.source == "self":
            raise ConfigError("--measure-loop needs a camera that sees the screen: name one with --source")
        source = self._open_source(config.camera, output, slots, parts)
        level_meter = parts.enter_context(AudioLevelMeter(config.audio, self._clock))
        consent = ConsentGate(config.consent, is_watched=source is not None)
        schedule = Schedule(config.schedule)
        drawing = self._open_drawing(files, output, notice, consent, schedule, parts)
        request = ReflectionRequest(files.scene.reflection)
        worker = self._make_worker(files, drawing, slots, request, output)
        parts.callback(worker.close)
        pacer, pace = self._make_pacer(drawing, output, worker, source, config.display.max_fps)
        log.info("the rate of drawing: %s", pace)
        report = Report(self._started_s, slots.reported, pace, "live" if output.film_fps is None else "film")
        switcher = self._make_switcher(files, drawing, schedule, notice)
        status = ShowStatus(report, worker, drawing, switcher, level_meter, notice, source, output.source)
        if options.status is not None:
            parts.enter_context(StatusFile(options.status, lambda: status.figures(self._clock.now_s())))
        panel = OperatorPanel(drawing, status.lines, shows_overlay=config.display.overlay)
        parts.enter_context(drawing.recordings)
        measurement = LoopMeasurement() if options.measure_loop else None
        keeper = Keeper(drawing.recordings, drawing.calibration, switcher, files.persona)
        register = Register(self._clock)
        devices = self._devices(level_meter, source, drawing, config)
        desk, control_room = open_controls(
            ControlledShow(drawing, switcher, keeper, status, notice, panel, devices),
            files,
            options,
            register,
            DOCUMENTS,
            self._clock,
            parts,
        )
        loop = MainLoop(
            clock=self._clock,
            pacer=pacer,
            stopwatch=self._stopwatch,
            slots=slots,
            request=request,
            drawing=drawing,
            switcher=switcher,
            memory=self._memory,
            level_meter=level_meter,
            panel=panel,
            notice=notice,
            report=report,
            watcher=parts.enter_context(Watcher((self._scenes, self._shaders))) if config.scene.reload else None,
            measurement=measurement,
            desk=desk,
            keeper=keeper,
            control_room=control_room,
            seconds=output.seconds,
        )
        return Show(loop, worker, drawing, report, register, measurement)

    def _devices(
        self, level_meter: AudioLevelMeter, source: Source | LateCamera | None, drawing: Drawing, config: Config
    ) -> Devices:
        """Devices whose settings can be changed while the show runs."""
        camera = source if isinstance(source, Webcam | LateCamera) else None
        return Devices(level_meter, config.audio, camera, config.camera, drawing.calibration)

    def _open_drawing(
        self,
        files: ShowFiles,
        output: ShowOutput,
        notice: Notice,
        consent: ConsentGate,
        schedule: Schedule,
        parts: ExitStack,
    ) -> Drawing:
        """Open everything that draws; the wall is black from the start outside the opening hours."""
        drawing = open_drawing(
            self._options,
            files,
            self._shaders,
            self._clock,
            notice,
            parts,
            consent=consent,
            is_headless=output.is_headless,
            is_film=output.film_fps is not None,
        )
        drawing.mirror.closing = Blackout(files.config.schedule.fade_s, is_on=not schedule.is_open(local_time()))
        return drawing

    def _open_source(
        self, settings: CameraSettings, output: ShowOutput, slots: ShowSlots, parts: ExitStack
    ) -> Source | LateCamera | None:
        """Open the source; None for the self-view. A film pulls its pictures, a show receives them."""
        if output.awaits_camera:
            return parts.enter_context(self._look_for_camera(settings, slots))
        if output.source == "self":
            return None
        source = open_source(output.source, settings, (slots.frames, slots.views), self._clock)
        if output.film_fps is None:
            return parts.enter_context(source)
        parts.callback(source.close)
        return source

    def _make_pacer(
        self,
        drawing: Drawing,
        output: ShowOutput,
        worker: ReflectionWorker,
        source: Source | LateCamera | None,
        max_fps: float,
    ) -> tuple[GivesTicks, str]:
        """Pacer of the frames, and a description of it."""
        if output.film_fps is not None:
            assert isinstance(self._clock, FilmClock)
            pictures = source if isinstance(source, PacedSource) else None
            pace = f"{output.film_fps:g} frames per second of film time"
            return FilmPacer(self._clock, output.film_fps, worker, pictures), pace
        worker.start()
        found = find_pace(drawing.window, self._clock, max_hz=max_fps)
        return Pacer(self._clock, found.limit_hz), str(found)

    def _look_for_camera(self, settings: CameraSettings, slots: ShowSlots) -> LateCamera:
        """Search for the camera that `auto` did not find."""
        sinks = (slots.frames, slots.views)
        return LateCamera(probe_camera, lambda: open_source(FIRST_CAMERA, settings, sinks, self._clock))

    def _make_switcher(self, files: ShowFiles, drawing: Drawing, schedule: Schedule, notice: Notice) -> SceneSwitcher:
        return SceneSwitcher(
            files.scene_name,
            scene_library=files.scene_library,
            playlist=Playlist(files.config.playlist),
            schedule=schedule,
            mirror=drawing.mirror,
            calibration=drawing.calibration,
            library=drawing.library,
            notify=notice.complain,
            clock=self._clock,
        )

    def _make_worker(
        self, files: ShowFiles, drawing: Drawing, slots: ShowSlots, request: ReflectionRequest, output: ShowOutput
    ) -> ReflectionWorker:
        is_film = output.film_fps is not None
        is_shared = drawing.window.is_software and not is_film
        threads = _generator_threads(files.config.reflection.threads, is_software=is_shared)
        settings, ignored = request.settings, files.config.camera.ignore
        most = PEOPLE if drawing.consent.asks else settings.people  # whoever is not answered is asked too
        drawn_by: list[str] = []  # by what the generator is drawn, once it is; features are loaded after that

        def build_generator() -> RuntimeGenerator | UpscaledGenerator:
            generator = open_generator(
                files.persona,
                settings.runtime,
                settings.precision,
                threads,
                is_tuned=not is_film,  # the fastest way is not always the same, nor are its pictures to the last bit
                stays_on_card=lambda: drawing.transfer.is_shared,
            )
            drawn_by.append(generator.runtime)
            return with_upscaler(generator, files.persona, threads)

        return ReflectionWorker(
            frames=slots.frames,
            sees_itself=output.source == "self",
            reflections=slots.reflections,
            build_featurizer=lambda: EveryoneFeaturizer(
                _open_featurizer(files.inverter, ignored, self._clock, drawn_by[-1]), most
            ),
            build_still_featurizer=lambda: Featurizer("static"),
            build_generator=build_generator,
            inverter=files.inverter,
            waypoints=files.waypoints,
            attributes=files.attributes,
            measured=slots.measured,
            request=request,
            requests=slots.requests,
            clock=self._clock,
            seed=secrets.randbits(32) if self._options.seed is None else self._options.seed,
            stopwatch=self._stopwatch,
            in_step=is_film,
        )

    def _wake(self, show: Show, output: ShowOutput) -> None:
        """Off screen, start the film once the mirror sees; in a window start at once, with an empty glass."""
        if output.is_headless and not self._options.headless:
            print(f"There is no display: rendering {output.seconds:g} s off screen into {output.film}", flush=True)
        limit_s = self._clock.now_s() + WAKE_LIMIT_S
        with tqdm(
            desc="waking the networks",
            bar_format="{desc}: {elapsed}",
            mininterval=1,
            disable=not output.is_headless,
        ) as bar:
            if output.film_fps is not None:
                show.worker.prepare()
                return
            is_waiting = output.is_headless and self._options.status is None  # whoever watches wants pictures at once
            while is_waiting and not show.loop.is_over and self._clock.now_s() < limit_s:
                bar.update()  # drawn once a second
                if show.worker.has_settled:
                    return
                self._clock.sleep_s(0.1)

    def _tell_results(self, show: Show) -> None:
        result = None if show.measurement is None else show.measurement.result()
        if result is not None:
            show.report.loop = result.as_json()
        if self._options.stats is not None:
            show.report.write(self._options.stats, show.worker.health)
        if result is not None:
            result.tell()


def _begin_keeping(show: Show, persona: Persona, output: ShowOutput) -> None:
    """Start the requested film and session; off screen the show would otherwise not be visible."""
    recordings, picture_wh = show.drawing.recordings, show.drawing.calibration.picture_wh
    if output.film is not None:
        recordings.begin_film(output.film, picture_wh, is_needed=output.is_headless)
    if output.session is not None:
        recordings.begin_session(output.session, session_head(persona, picture_wh), is_needed=output.is_headless)


def _open_featurizer(
    inverter: Inverter | EncoderInverter | None, ignored: Sequence[Zone], clock: TimeSource, drawn_by: str
) -> Featurizer:
    """What measures visitors, and cuts out their faces where an encoder is to see them, which is made ready first."""
    if isinstance(inverter, EncoderInverter):
        inverter.prepare(drawn_by)
    crops = inverter is not None and inverter.needs_crop
    return Featurizer("live", ignore=ignored, crops=crops, clock=clock)


def _generator_threads(asked: int | None, *, is_software: bool) -> int | None:
    """Number of threads: half of the cores if the processor draws, because contending threads lose more."""
    return max(1, (os.cpu_count() or 2) // 2) if asked is None and is_software else asked
