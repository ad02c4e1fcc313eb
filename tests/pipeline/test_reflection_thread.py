"""The reflection thread against fakes: real threads, a real clock with short waits, no networks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from engine.config.reflection import ReflectionSettings
from engine.core.clock import Clock
from engine.core.slot import Slot
from engine.features.attribute_reading import ReadsAttributes
from engine.features.vector import LAYOUT
from engine.networks.backends.backend import QualityLevel
from engine.networks.pggan.latent_sphere import seed_latent
from engine.pipeline.latent_follower import Inverts
from engine.pipeline.reflection_request import ReflectionRequest
from engine.pipeline.reflection_thread import ReflectionWorker
from engine.types import Attribute, ByteArray, Features, FloatArray, Frame, Placement, Reflection

SETTINGS = ReflectionSettings(rate_hz=120, floor_px=4)
WAIT_S = 20.0  # how long a test waits for what must come; it comes in milliseconds


class FakeGenerator:
    size_px, latent_size = 8, 16
    levels = (QualityLevel("fake", 8), QualityLevel("fake", 4))

    def __init__(self) -> None:
        self.fails = self.is_slow = False
        self.memory_px = 8

    def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray:
        size_px = 8 if level is None else level.size_px
        if self.fails:
            raise RuntimeError("the network is broken")
        if size_px > self.memory_px:
            raise MemoryError
        if self.is_slow and size_px == 8:
            Clock().sleep_s(0.05)
        return np.random.default_rng(int(abs(z[0]) * 1e6)).integers(0, 255, (size_px, size_px, 4), np.uint8)

    def free(self) -> None:
        pass


def featurize(frame: Frame) -> Features | None:
    if frame.image.max() == 0:
        return None
    placement = Placement(0.5, 0.4, 0.1, 0.0, 1.0)
    points = np.zeros((478, 3), np.float32)
    return Features(np.ones(LAYOUT.size, np.float32), placement, points, 0.0, 0.0, frame.captured_s, frame.sequence)


def everyone(one: Callable[[Frame], Features | None]) -> Callable[[Frame], list[Features]]:
    """What measures a crowd of one at most."""

    def measure(frame: Frame) -> list[Features]:
        found = one(frame)
        return [] if found is None else [found]

    return measure


class ConstantInverter:
    needs_crop = False
    typicality = nearness = 1.0

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        return np.ones(16, np.float32)

    def reset(self) -> None:
        pass


def picture(level: int, sequence: int = 0) -> Frame:
    return Frame(np.full((4, 4, 3), level, np.uint8), Clock().now_s(), sequence)


@contextmanager
def running(
    frames: Slot[Frame] | None,
    generator: FakeGenerator | None = None,
    build_featurizer: Callable[[], Callable[[Frame], Features | None]] = lambda: featurize,
    build_still_featurizer: Callable[[], Callable[[Frame], Features | None]] = lambda: featurize,
    attributes: ReadsAttributes | None = None,
    measured: Slot[tuple[Features, ...]] | None = None,
    inverter: Inverts | None = None,
    requests: Slot[ReflectionRequest] | None = None,
    *,
    sees_itself: bool = False,
) -> Iterator[tuple[ReflectionWorker, Slot[Reflection]]]:
    reflections: Slot[Reflection] = Slot("reflections")
    made = generator or FakeGenerator()
    worker = ReflectionWorker(
        frames=frames,
        sees_itself=sees_itself,
        reflections=reflections,
        build_featurizer=lambda: everyone(build_featurizer()),
        build_still_featurizer=build_still_featurizer,
        build_generator=lambda: made,
        inverter=inverter or ConstantInverter(),
        attributes=attributes,
        measured=measured,
        request=ReflectionRequest(SETTINGS),
        requests=requests or Slot("requests"),
        clock=Clock(),
        seed=1,
    )
    worker.start()
    try:
        yield worker, reflections
    finally:
        worker.close()


def await_reflection(reflections: Slot[Reflection], accept: Callable[[Reflection], bool]) -> Reflection:
    """The first reflection that is accepted; fails if none comes."""
    clock = Clock()
    until_s = clock.now_s() + WAIT_S
    while clock.now_s() < until_s:
        reflection = reflections.take(0.1)
        if reflection is not None and accept(reflection):
            return reflection
    raise AssertionError("the awaited reflection did not come")


def test_a_frame_with_a_face_becomes_its_reflection() -> None:
    frames: Slot[Frame] = Slot("frames")
    measured: Slot[tuple[Features, ...]] = Slot("measurements")
    with running(frames, measured=measured) as (worker, reflections):
        for i in range(1000):
            frame = picture(200, i)
            frames.put(frame)
            reflection = reflections.take(1)
            if reflection is not None and reflection.latent.features is not None:
                break
        assert reflection is not None and reflection.latent.features is not None
        assert 0 <= reflection.latent.features.sequence <= frame.sequence
        assert reflection.latent.presence > 0
        assert reflection.stamps is not None and reflection.stamps.uploaded_s is None
        legs = reflection.stamps.legs_ms()
        assert list(legs) == ["read", "features", "latent", "generated"] and min(legs.values()) >= 0
        newest = measured.poll()
        assert newest is not None and newest[0].sequence >= reflection.latent.features.sequence
        assert worker.health.faces_seen > 0
        assert not any(worker.health.errors.values())


def test_without_frames_the_mirror_wanders_on() -> None:
    with running(Slot("frames")) as (_worker, reflections):
        first = await_reflection(reflections, lambda r: True)
        later = await_reflection(reflections, lambda r: r.sequence >= first.sequence + 2)
    assert not np.array_equal(first.latent.z, later.latent.z)
    assert later.latent.features is None and later.latent.presence == 0
    assert later.stamps is None


def test_the_mirror_looks_at_itself() -> None:
    with running(None) as (worker, reflections):
        reflection = await_reflection(reflections, lambda r: r.latent.features is not None)
    assert reflection.latent.presence > 0
    assert worker.health.faces_seen > 0


def test_a_camera_that_comes_late_is_looked_through() -> None:
    frames: Slot[Frame] = Slot("frames")
    with running(frames, sees_itself=True) as (worker, reflections):
        await_reflection(reflections, lambda r: r.latent.features is not None)
        seen = worker.health.faces_seen
        frames.put(picture(0, 7))  # nobody is there
        empty = await_reflection(reflections, lambda r: r.latent.features is None and r.latent.presence == 0)
        frames.put(picture(200, 8))
        answered = await_reflection(reflections, lambda r: r.latent.features is not None)
    assert seen > 0 and empty.sequence < answered.sequence
    assert answered.latent.features is not None and answered.latent.features.sequence == 8


def test_a_generator_that_raises_is_restarted_and_the_show_goes_on() -> None:
    generator = FakeGenerator()
    with running(Slot("frames"), generator) as (worker, reflections):
        before = await_reflection(reflections, lambda r: True)
        generator.fails = True
        clock, until_s = Clock(), Clock().now_s() + WAIT_S
        while not worker.health.errors["face"] and clock.now_s() < until_s:
            clock.sleep_s(0.01)
        assert worker.health.last_error == "face: RuntimeError: the network is broken"
        generator.fails = False
        await_reflection(reflections, lambda r: r.generated_s > before.generated_s + 0.5)
        assert worker.health.last_error is None


def test_a_generator_without_memory_draws_softer_and_the_picture_never_stops() -> None:
    generator = FakeGenerator()
    with running(Slot("frames"), generator) as (worker, reflections):
        assert await_reflection(reflections, lambda r: True).image.shape == (8, 8, 4)
        generator.memory_px = 4
        await_reflection(reflections, lambda r: r.image.shape == (4, 4, 4))
        health = worker.health
        assert health.errors["face"] == 0 and health.drawing is not None
        assert (health.drawing.level.size_px, health.drawing.memory_faults) == (4, 2)


def test_a_generator_that_is_too_slow_draws_softer() -> None:
    generator = FakeGenerator()
    generator.is_slow = True
    with running(Slot("frames"), generator) as (worker, reflections):
        await_reflection(reflections, lambda r: r.image.shape == (4, 4, 4))
        drawing = worker.health.drawing
        assert drawing is not None and drawing.lowered_count == 1 and not drawing.is_short_of_memory
        assert str(drawing) == "4 px on fake in place of 8 px on fake, to hold the rate"


def test_a_fault_between_the_stages_does_not_end_the_thread() -> None:
    with running(None) as (worker, reflections):
        await_reflection(reflections, lambda r: r.sequence > 2)
        before = worker._self_view
        worker._self_view = None  # type: ignore[assignment]
        clock, until_s = Clock(), Clock().now_s() + WAIT_S
        while not worker.health.errors["turn"] and clock.now_s() < until_s:
            clock.sleep_s(0.01)
        worker._self_view = before
        last = reflections.put_count
        await_reflection(reflections, lambda r: r.sequence > last)
        assert worker.health.errors["turn"] >= 1 and worker.health.last_error is None


def test_the_mirror_does_not_wait_for_a_slow_featurizer() -> None:
    release = threading.Event()

    def build_slowly() -> Callable[[Frame], Features | None]:
        assert release.wait(WAIT_S)
        return featurize

    with running(None, build_featurizer=build_slowly) as (worker, reflections):
        await_reflection(reflections, lambda r: r.sequence > 3)
        assert not worker.health.is_seeing and worker.health.frames_seen == 0
        release.set()
        await_reflection(reflections, lambda r: r.latent.features is not None)
        assert worker.health.is_seeing


def test_a_featurizer_that_cannot_be_built_leaves_a_wandering_mirror() -> None:
    def build() -> Callable[[Frame], Features | None]:
        raise OSError("no face mesh")

    with running(None, build_featurizer=build) as (worker, reflections):
        await_reflection(reflections, lambda r: worker.health.errors["features"] > 0)
        await_reflection(reflections, lambda r: True)
        assert worker.health.last_error == "features: OSError: no face mesh"


def test_a_face_that_was_drawn_is_looked_at_again_while_that_is_asked_for() -> None:
    requests: Slot[ReflectionRequest] = Slot("requests")
    with running(None, requests=requests) as (worker, reflections):
        seen = await_reflection(reflections, lambda r: r.latent.features is not None)
        assert seen.echo is None and "echo" not in worker.health.stages_ms
        requests.put(ReflectionRequest(SETTINGS, with_comparison=True))
        echo = await_reflection(reflections, lambda r: r.echo is not None).echo
        assert echo is not None and echo.stranger.sequence > seen.sequence
        assert worker.health.stages_ms["echo"]["p95"] >= 0
        requests.put(ReflectionRequest(SETTINGS))
        await_reflection(reflections, lambda r: r.echo is None)


def test_without_a_second_look_the_show_goes_on() -> None:
    def build() -> Callable[[Frame], Features | None]:
        raise OSError("no face mesh")

    requests: Slot[ReflectionRequest] = Slot("requests")
    requests.put(ReflectionRequest(SETTINGS, with_comparison=True))
    with running(None, build_still_featurizer=build, requests=requests) as (worker, reflections):
        await_reflection(reflections, lambda r: worker.health.errors["echo"] > 0)
        last = reflections.put_count
        assert await_reflection(reflections, lambda r: r.sequence > last).echo is None
        assert worker.health.last_error == "echo: OSError: no face mesh"


class RefiningInverter(ConstantInverter):
    """Whatever was drawn, something else may be better."""

    def refine(
        self, z: FloatArray, vector: FloatArray, came: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        return seed_latent(int(came[0]), 16)

    def learn(self, z: FloatArray, came: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None:
        pass

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        return 0.5


def test_while_a_visitor_stays_what_was_drawn_is_measured_and_better_faces_are_tried() -> None:
    with running(None, inverter=RefiningInverter()) as (worker, reflections):
        await_reflection(reflections, lambda r: r.latent.features is not None)
        assert "deepening" not in worker.health.stages_ms, "a mirror that sees only itself is not deepened"
    frames: Slot[Frame] = Slot("frames")
    with running(frames, inverter=RefiningInverter()) as (worker, reflections):

        def deepens(reflection: Reflection) -> bool:
            frames.put(picture(200, reflection.sequence))
            return reflection.latent.deepening > 0

        frames.put(picture(200))
        reflection = await_reflection(reflections, deepens)
        assert reflection.latent.likeness == 0.5 and reflection.echo is None, "no scene asks for the echo"
        assert worker.health.stages_ms["deepening"]["p95"] >= 0 and not worker.health.errors["deepening"]


def test_close_ends_the_thread() -> None:
    with running(Slot("frames")) as (_, reflections):
        await_reflection(reflections, lambda r: True)
    count = reflections.put_count
    Clock().sleep_s(0.05)
    assert reflections.put_count == count
    assert not [thread for thread in threading.enumerate() if thread.name == "reflection"]


class FakeReader:
    """Reads ages until it fails."""

    def __init__(self) -> None:
        self.input_px, self.fails = 64, False
        self.answers = {"age": ("young", "old")}
        self.age_years = ((20, 49), (65, 90))

    def __call__(self, square: ByteArray) -> dict[str, FloatArray]:
        if self.fails:
            raise RuntimeError("out of memory")
        return {"age": np.array([0.25, 0.75], np.float32)}


def test_attributes_are_read_and_a_reader_that_fails_takes_nothing_else_along() -> None:
    reader = FakeReader()
    with running(None, attributes=reader) as (worker, reflections):
        seen = await_reflection(reflections, lambda r: r.latent.features is not None)
        assert seen.latent.features is not None
        assert seen.latent.features.attributes == (Attribute("age", "old", 0.75),)
        reader.fails = True
        await_reflection(reflections, lambda r: r.latent.features is not None and not r.latent.features.attributes)
        assert worker.health.errors["attributes"] > 0 and worker.health.errors["features"] == 0
        assert worker.health.last_error == "attributes: RuntimeError: out of memory"


def test_without_a_reader_no_attribute_is_read() -> None:
    with running(None) as (worker, reflections):
        seen = await_reflection(reflections, lambda r: r.latent.features is not None)
        assert seen.latent.features is not None and seen.latent.features.attributes == ()
        assert "attributes" not in worker.health.errors
