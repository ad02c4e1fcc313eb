"""The reflection thread: frame -> features -> latent -> reflection, for as long as the show runs.

It takes the newest frame and leaves the newest reflection; it never touches OpenGL and nothing waits for it. What
fails inside a stage is that stage's matter (`stage.py`); its health is read as a value from any thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.config.reflection import ReflectionSettings
from engine.core.clock import TimeSource
from engine.core.frame_pacing import TurnPacer
from engine.core.latency_stamps import LatencyStamps
from engine.core.slot import Slot
from engine.features.attribute_reading import ReadsAttributes
from engine.networks.pggan.latent_sphere import seed_latent
from engine.pipeline.attribute_follower import AttributeFollower
from engine.pipeline.generator_step import GeneratorProtocol, GeneratorStep
from engine.pipeline.latent_follower import Inverts, LatentFollower
from engine.pipeline.latent_refinement import PERIOD_S, Attempt
from engine.pipeline.quality_controller import QualityController, QualityStatus
from engine.pipeline.reflection_analyzer import ReflectionAnalyzer
from engine.pipeline.sources.self_feedback import SelfView
from engine.pipeline.supervised_step import SupervisedStep
from engine.pipeline.time_budget import TimeBudget
from engine.system.cpu_priority import give_way
from engine.types import Features, FloatArray, Frame, Latent, Reflection

log = logging.getLogger(__name__)

SELF_WANDER_SHARE = 0.7  # how far the wander pulls at a mirror that sees only itself
FRAME_WAIT_S = 0.15  # without a frame for this long the mirror moves on by itself
STOP_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """What the reflection thread says of itself.

    Attributes:
        stages_ms: per stage, percentiles of its duration in ms; `echo` and `deepening` only once they were needed.
        errors: per stage, how often it failed; `turn` is what lies between them.
        last_error: the newest error that stands, as a sentence; None if all is well.
        faces_seen: frames in which a face was found.
        frames_seen: frames that were looked at.
        is_seeing: whether the features stage has been loaded.
        drawing: what the face is drawn with; None before the first.
    """

    stages_ms: dict[str, dict[str, float]]
    errors: dict[str, int]
    last_error: str | None
    faces_seen: int
    frames_seen: int
    is_seeing: bool
    drawing: QualityStatus | None = None


class ReflectionWorker:
    """Runs the background side of the mirror.

    Args:
        frames: where the camera leaves frames; None lets the mirror look at itself.
        reflections: where finished reflections are left.
        build_featurizer: makes the step Frame -> Features | None; may take seconds, the mirror wanders meanwhile.
        build_still_featurizer: makes the same for pictures that do not follow on each other: for drawn faces.
        build_generator: makes the generator; the first reflection waits for it.
        inverter: features -> latent, or None to wander.
        attributes: reads age and gender, or None to leave `Features.attributes` empty.
        measured: where what was measured of a face is left before it is answered, or None.
        settings: rate, times, smoothing; `adjust` changes them on the way.
        clock: the show's clock.
        seed: of the first latent and the wander.

    Attributes:
        wants_previews, wants_echo: whether reflections come with their `previews`, and with an `echo`; to be set from
            any thread.
    """

    def __init__(
        self,
        *,
        frames: Slot[Frame] | None,
        reflections: Slot[Reflection],
        build_featurizer: Callable[[], Callable[[Frame], Features | None]],
        build_still_featurizer: Callable[[], Callable[[Frame], Features | None]],
        build_generator: Callable[[], GeneratorProtocol],
        inverter: Inverts | None,
        attributes: ReadsAttributes | None = None,
        measured: Slot[Features] | None = None,
        settings: ReflectionSettings,
        clock: TimeSource,
        seed: int,
    ) -> None:
        self.wants_previews = self.wants_echo = False
        self._frames = frames
        self._reflections = reflections
        self._measured = measured
        self._build_generator = build_generator
        self._inverter = inverter
        self._settings = settings
        self._follower: LatentFollower | None = None
        self._ladder: QualityController | None = None
        self._clock = clock
        self._seed = seed
        self._features = SupervisedStep("features", build_featurizer, clock)
        self._latent = SupervisedStep("latent", self._build_follower, clock)
        self._face = SupervisedStep("face", self._build_painter, clock)
        self._listener = ReflectionAnalyzer(build_still_featurizer, clock)
        self._deepening = SupervisedStep("deepening", lambda: self._deepen, clock)
        self._allowance = TimeBudget(PERIOD_S)
        self._spare: tuple[SupervisedStep[Any, Any], ...] = (self._listener.stage, self._deepening)
        self._stages: tuple[SupervisedStep[Any, Any], ...] = (self._features, self._latent, self._face, *self._spare)
        self._attributes: SupervisedStep[[Frame, Features], Features] | None = None
        if attributes is not None:
            self._attributes = SupervisedStep("attributes", lambda: AttributeFollower(attributes), clock)
            self._stages = (*self._stages, self._attributes)
        self._turn = SupervisedStep(
            "turn", lambda: self._reflect, clock
        )  # what fails between the stages ends nothing either
        self._latent_size = 0
        self._last: Reflection | None = None
        self._attempt: tuple[Attempt, Reflection] | None = None  # drawn aside, not measured yet
        self._self_view = SelfView()
        self._faces_seen = self._frames_seen = 0
        self._turned_s = 0.0  # when the newest turn had its frame
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reflection", daemon=True)
        self._loader = threading.Thread(target=self._load_features, name="loading features", daemon=True)
        self._is_loaded = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def adjust(self, settings: ReflectionSettings) -> None:
        """Go on with another rate, other times and smoothing, from the next reflection on; from any thread."""
        self._settings = settings

    def close(self) -> None:
        """Stop within `STOP_WAIT_S`; a stage that hangs is left behind, as the threads are daemons."""
        self._stopping.set()
        if self._frames is not None:
            self._frames.close()
        for thread in (self._thread, self._loader):
            if thread.ident is not None:
                thread.join(STOP_WAIT_S)
                if thread.is_alive():
                    log.warning("the thread '%s' did not end in %.0f s and is left behind", thread.name, STOP_WAIT_S)

    @property
    def health(self) -> Health:
        stages = (*self._stages, self._turn)
        standing = [f"{stage.name}: {stage.last_error}" for stage in stages if stage.last_error]
        return Health(
            stages_ms={
                stage.name: times
                for stage in self._stages
                if (times := stage.durations_ms.percentiles()) or stage not in self._spare
            },
            errors={stage.name: stage.error_count for stage in stages},
            last_error=standing[-1] if standing else None,
            faces_seen=self._faces_seen,
            frames_seen=self._frames_seen,
            is_seeing=self._features.is_ready,
            drawing=self._ladder.standing if self._ladder is not None else None,
        )

    @property
    def has_settled(self) -> bool:
        """Whether there is a reflection and the mirror sees, or has failed to; it then tries again by itself."""
        return self._last is not None and self._is_loaded.is_set()

    def _run(self) -> None:
        give_way()
        turns = TurnPacer()
        while not self._stopping.is_set():
            self._turn()
            if self._face.is_ready and self._loader.ident is None:
                self._loader.start()  # only now: the first reflection does not share the processor
            self._stopping.wait(turns.pause_s(self._turned_s, self._clock.now_s(), self._settings.rate_hz))
        for part in (self._features, self._latent, self._face, self._listener):
            part.close()

    def _reflect(self) -> None:
        """One turn: the newest frame's answer, or a step of the wander if there is none."""
        self._turned_s = self._clock.now_s()
        if not self._face.prepare():
            return
        frame = self._next_frame()
        self._turned_s = self._clock.now_s()
        features = self._look(frame) if frame is not None else None
        now_s = self._clock.now_s()
        captured_s = frame.captured_s if frame is not None else now_s
        if self._follower is not None:
            self._follower.adjust(self._settings)
        latent = self._latent(features, captured_s, now_s)
        latent_s = self._clock.now_s()
        reflection = self._face(latent, self.wants_previews) if latent is not None else None
        if reflection is not None:
            self._note_pace(reflection.generated_s - latent_s, reflection.generated_s - self._turned_s)
            self._last = reflection
            stamps = None
            if frame is not None:
                stamps = LatencyStamps(captured_s, frame.read_s or captured_s, now_s, latent_s, reflection.generated_s)
            echo = self._listener.echo if self.wants_echo else None
            self._reflections.put(replace(reflection, echo=echo, stamps=stamps))
            self._allowance.worked(self._clock.now_s() - self._turned_s, 1 / self._settings.rate_hz)
            self._look_again(reflection, now_s)  # what was drawn does not wait for it

    def _look_again(self, reflection: Reflection, now_s: float) -> None:
        """Draw or measure a face aside, one step a turn, where a scene asks for it or the mirror deepens and may."""
        began_s, goes_on = self._clock.now_s(), self._attempt is not None
        follower = self._follower
        if self._listener.listen(reflection, now_s, is_asked=self.wants_echo):
            pass
        elif follower is not None and (goes_on or (self._allowance.permits and follower.is_refining(now_s))):
            self._deepening(follower, reflection.latent, now_s)
        else:
            return
        self._allowance.spent(self._clock.now_s() - began_s, goes_on=goes_on)

    def _deepen(self, follower: LatentFollower, latent: Latent, now_s: float) -> None:
        """Draw a face that may be better than the shown one, or measure it, so that no turn has to wait for both."""
        begun, self._attempt = self._attempt, None
        if begun is not None:
            attempt, drawn = begun
            found = self._listener.look(drawn)
            follower.learn(attempt, found.vector if found is not None else None)
        elif self._listener.is_ready() and (proposed := follower.propose(now_s)) is not None:
            aside = self._face(replace(latent, z=proposed.z), False)
            self._attempt = (proposed, aside) if aside is not None else None

    def _note_pace(self, drawing_s: float, turn_s: float) -> None:
        """Let the ladder judge, once nothing is loaded beside that would pass."""
        if self._ladder is not None and self._is_loaded.is_set():
            self._ladder.note(drawing_s, turn_s, 1.0 / self._settings.rate_hz)

    def _next_frame(self) -> Frame | None:
        if self._frames is not None:
            return self._frames.take(FRAME_WAIT_S)
        return None if self._last is None else self._self_view.frame(self._last, self._clock.now_s())

    def _look(self, frame: Frame) -> Features | None:
        if not self._is_loaded.is_set():
            return None  # imports take seconds; the mirror wanders meanwhile
        self._frames_seen += 1
        features = self._features(frame)
        if features is None:
            return None
        self._faces_seen += 1
        if self._measured is not None:
            self._measured.put(features)
        if self._attributes is None:
            return features
        return self._attributes(frame, features) or features

    def _load_features(self) -> None:
        self._features.prepare()
        self._is_loaded.set()

    def _build_painter(self) -> Callable[[Latent, bool], Reflection]:
        generator = self._build_generator()
        self._latent_size = generator.latent_size
        if self._ladder is None:  # it outlives the painter: what had no memory is not tried at once again
            self._ladder = QualityController(generator.rungs, self._settings.floor_px, self._clock)
        painter = GeneratorStep(generator, self._clock, self._ladder)
        painter.warm_up(Latent(self._start_latent(), 0.0, None, self._clock.now_s()))
        return painter.draw

    def _build_follower(self) -> Callable[[Features | None, float, float], Latent]:
        share = SELF_WANDER_SHARE if self._frames is None else 0.0
        start = self._start_latent() if self._last is None else self._last.latent.z
        self._follower = LatentFollower(start, self._inverter, self._settings, share, self._seed)
        return self._follower.follow

    def _start_latent(self) -> FloatArray:
        return seed_latent(self._seed, self._latent_size)
