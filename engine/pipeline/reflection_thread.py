"""Reflection thread: frame -> features -> latent -> reflection, for as long as the show runs.

It takes the newest frame and leaves the newest reflection; it never touches OpenGL and nothing waits for it. For a film
there is no thread: whoever makes it takes the same turns, one for each picture, and each is waited for. Steps
handle their own failures (`supervised_step.py`); the health of the thread is a value that any thread may read.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.core.clock import TimeSource
from engine.core.frame_pacing import TurnPacer
from engine.core.latency_stamps import LatencyStamps
from engine.core.slot import Slot
from engine.features.attribute_reading import ReadsAttributes
from engine.networks.pggan.latent_sphere import seed_latent
from engine.networks.waypoints import Waypoints
from engine.pipeline.attribute_follower import AttributeFollower
from engine.pipeline.generator_step import GeneratorProtocol, GeneratorStep
from engine.pipeline.latent_follower import FollowedLatent, Inverts
from engine.pipeline.quality_controller import QualityController, QualityStatus
from engine.pipeline.refinement_loop import RefinementLoop
from engine.pipeline.reflection_request import ReflectionRequest
from engine.pipeline.sources.self_feedback import SelfView
from engine.pipeline.strangers import Strangers
from engine.pipeline.supervised_step import SupervisedStep
from engine.pipeline.wander import Drift, Walk, Wanders
from engine.system.cpu_priority import give_way
from engine.types import Features, FloatArray, Frame, Latent, Reflection

log = logging.getLogger(__name__)

FRAME_WAIT_S = 0.15  # without a frame for this long the mirror moves on by itself
STOP_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """Health of the reflection thread.

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
        sees_itself: whether the mirror looks at itself until a frame comes; without `frames` it always does.
        reflections: where finished reflections are left.
        build_featurizer: makes the step Frame -> Features of everybody, whoever is to be answered first before all; may
            take seconds, the mirror wanders meanwhile.
        build_still_featurizer: makes the step Frame -> Features | None for pictures that do not follow on each other:
            for drawn faces.
        build_generator: makes the generator; the first reflection waits for it.
        inverter: features -> latent, or None to wander.
        waypoints: where it walks while nobody is there; None lets it drift.
        attributes: reads age and gender, or None to leave `Features.attributes` empty.
        measured: where what was measured of everybody is left before it is answered, or None.
        request: what the show asks for at first.
        requests: where the show leaves what it asks for instead; the newest holds from the next reflection on.
        clock: the show's clock.
        seed: of the first latent and the wander.
        stopwatch: measures what each step takes; `clock` if None.
        in_step: whether turns are taken by `prepare` and `take_turn`, in place of `start`.
    """

    def __init__(
        self,
        *,
        frames: Slot[Frame] | None,
        sees_itself: bool = False,
        reflections: Slot[Reflection],
        build_featurizer: Callable[[], Callable[[Frame], Sequence[Features]]],
        build_still_featurizer: Callable[[], Callable[[Frame], Features | None]],
        build_generator: Callable[[], GeneratorProtocol],
        inverter: Inverts | None,
        waypoints: Waypoints | None = None,
        attributes: ReadsAttributes | None = None,
        measured: Slot[tuple[Features, ...]] | None = None,
        request: ReflectionRequest,
        requests: Slot[ReflectionRequest],
        clock: TimeSource,
        seed: int,
        stopwatch: TimeSource | None = None,
        in_step: bool = False,
    ) -> None:
        self._frames = frames
        self._sees_itself = sees_itself or frames is None
        self._reflections = reflections
        self._measured = measured
        self._build_generator = build_generator
        self._inverter, self._waypoints = inverter, waypoints
        self._request, self._requests = request, requests
        self._strangers: Strangers | None = None
        self._controller: QualityController | None = None
        self._clock = clock
        self._seed = seed
        self._frame_wait_s = 0.0 if in_step else FRAME_WAIT_S
        self._measure: SupervisedStep[[Frame], Sequence[Features]]
        self._measure = SupervisedStep("features", build_featurizer, clock, stopwatch)
        self._follow: SupervisedStep[[Sequence[Features], float, float], list[FollowedLatent]]
        self._follow = SupervisedStep("latent", self._build_strangers, clock, stopwatch)
        self._draw: SupervisedStep[[Sequence[Latent], bool], Reflection]
        self._draw = SupervisedStep("face", self._build_generator_step, clock, stopwatch)
        self._refinement = RefinementLoop(build_still_featurizer, self._draw, clock, stopwatch=stopwatch, waits=in_step)
        self._steps: tuple[SupervisedStep[Any, Any], ...] = (
            self._measure,
            self._follow,
            self._draw,
            *self._refinement.steps,
        )
        self._classify: SupervisedStep[[Frame, Features], Features] | None = None
        if attributes is not None:
            self._classify = SupervisedStep("attributes", lambda: AttributeFollower(attributes), clock, stopwatch)
            self._steps = (*self._steps, self._classify)
        # What fails between the steps ends nothing either.
        self._turn: SupervisedStep[[], None] = SupervisedStep("turn", lambda: self._answer, clock)
        self._latent_size = 0
        self._last: Reflection | None = None
        self._self_view = SelfView()
        self._faces_seen = self._frames_seen = 0
        self._taken_s = 0.0  # when the newest turn had its frame
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reflection", daemon=True)
        self._loader = threading.Thread(target=self._load_features, name="loading features", daemon=True)
        self._is_loaded = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def prepare(self) -> None:
        """Load the networks on the calling thread, for turns that are taken there."""
        self._draw.prepare()
        self._load_features()

    def take_turn(self) -> None:
        """Take one turn on the calling thread: what the newest frame shows is answered when this returns."""
        self._turn()

    def close(self) -> None:
        """Stop within `STOP_WAIT_S`; a stage that hangs is left behind, as the threads are daemons."""
        was_open, was_started = not self._stopping.is_set(), self._thread.ident is not None
        self._stopping.set()
        if was_open and not was_started:
            self._close_steps()
        if self._frames is not None:
            self._frames.close()
        for thread in (self._thread, self._loader):
            if thread.ident is not None:
                thread.join(STOP_WAIT_S)
                if thread.is_alive():
                    log.warning("the thread '%s' did not end in %.0f s and is left behind", thread.name, STOP_WAIT_S)

    @property
    def health(self) -> Health:
        stages = (*self._steps, self._turn)
        standing = [f"{stage.name}: {stage.last_error}" for stage in stages if stage.last_error]
        return Health(
            stages_ms={
                stage.name: times
                for stage in self._steps
                if (times := stage.durations_ms.percentiles()) or stage not in self._refinement.steps
            },
            errors={stage.name: stage.error_count for stage in stages},
            last_error=standing[-1] if standing else None,
            faces_seen=self._faces_seen,
            frames_seen=self._frames_seen,
            is_seeing=self._measure.is_ready,
            drawing=self._controller.standing if self._controller is not None else None,
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
            if self._draw.is_ready and self._loader.ident is None:
                self._loader.start()  # only now: the first reflection does not share the processor
            pause_s = turns.pause_s(self._taken_s, self._clock.now_s(), self._request.settings.rate_hz)
            self._stopping.wait(pause_s)
        self._close_steps()

    def _close_steps(self) -> None:
        for part in (self._measure, self._follow, self._draw, self._refinement):
            part.close()

    def _answer(self) -> None:
        """One turn: the newest frame's answer, or a step of the wander if there is none."""
        self._taken_s = self._clock.now_s()
        self._request = self._requests.poll() or self._request
        if not self._draw.prepare():
            return
        frame = self._next_frame()
        self._taken_s = self._clock.now_s()
        people = self._see(frame) if frame is not None else []
        seen_s = self._clock.now_s()
        captured_s = frame.captured_s if frame is not None else seen_s
        if self._strangers is not None:
            self._strangers.adjust(self._request.settings)
        followed = self._follow(people, captured_s, seen_s)
        followed_s = self._clock.now_s()
        if followed is None:
            return
        drawn = self._draw([each.latent for each in followed], self._request.with_previews)
        if drawn is None:
            return
        self._note_pace(drawn.generated_s - followed_s, drawn.generated_s - self._taken_s, len(followed))
        self._last = drawn
        stamps = None
        if frame is not None:
            stamps = LatencyStamps(captured_s, frame.read_s or captured_s, seen_s, followed_s, drawn.generated_s)
        comparison = self._refinement.comparison if self._request.with_comparison else None
        self._reflections.put(replace(drawn, echo=comparison, stamps=stamps))
        self._refinement.look_again(followed, drawn, self._request, self._taken_s, seen_s)  # nobody waits for it

    def _note_pace(self, drawing_s: float, turn_s: float, faces: int) -> None:
        """Report the time of one face of a turn to the controller, once start-up no longer distorts it."""
        if self._controller is not None and self._is_loaded.is_set():
            self._controller.note(drawing_s / faces, turn_s / faces, 1.0 / self._request.settings.rate_hz)

    def _next_frame(self) -> Frame | None:
        if self._frames is not None and not self._sees_itself:
            return self._frames.take(self._frame_wait_s)
        frame = None if self._frames is None else self._frames.poll()
        if frame is not None:  # a camera has come, and whoever stands before it is answered
            self._sees_itself = False
            self._follow.close()
            return frame
        is_away = self._strangers is None or self._strangers.is_away
        return None if self._last is None or is_away else self._self_view.frame(self._last, self._clock.now_s())

    def _see(self, frame: Frame) -> list[Features]:
        """Measure and classify whoever is in a frame, and hand on at once what was measured."""
        if not self._is_loaded.is_set():
            return []  # imports take seconds; the mirror wanders meanwhile
        self._frames_seen += 1
        people = self._measure(frame)
        if not people:
            return []
        self._faces_seen += 1
        if self._measured is not None:
            # the picture of a face goes no further than its answer
            self._measured.put(tuple(replace(each, crop=None) for each in people))
        if self._classify is None:
            return list(people)
        most = self._request.settings.people
        return [self._classify(frame, each) or each for each in people[:most]] + list(people[most:])

    def _load_features(self) -> None:
        self._measure.prepare()
        self._is_loaded.set()

    def _build_generator_step(self) -> Callable[[Sequence[Latent], bool], Reflection]:
        generator = self._build_generator()
        self._latent_size = generator.latent_size
        if self._controller is None:  # it outlives the painter: what had no memory is not tried at once again
            self._controller = QualityController(generator.levels, self._request.settings.floor_px, self._clock)
        generator_step = GeneratorStep(generator, self._clock, self._controller)
        generator_step.warm_up(Latent(self._start_latent(), 0.0, None, self._clock.now_s()))
        return generator_step.draw_turn

    def _build_strangers(self) -> Callable[[Sequence[Features], float, float], list[FollowedLatent]]:
        start = self._start_latent() if self._last is None else self._last.latent.z
        inverter = None if self._sees_itself else self._inverter  # its own face is answered by what it does anyway
        self._strangers = Strangers(start, inverter, self._request.settings, self._wander_from, self._seed)
        return self._strangers.follow

    def _wander_from(self, start: FloatArray, speed_deg_s: float, seed: int) -> Wanders:
        """What a stranger does while nobody is answered; the first goes on from what is shown."""
        if self._waypoints is None:
            return Drift(start, speed_deg_s, seed)
        walk = Walk(self._waypoints, speed_deg_s, seed, visits=self._sees_itself)
        if self._last is not None and seed == self._seed:
            walk.go_to(start)
        return walk

    def _start_latent(self) -> FloatArray:
        return seed_latent(self._seed, self._latent_size)
