import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from engine.config.reflection import ReflectionSettings
from engine.features.vector import LAYOUT
from engine.networks.pggan.latent_sphere import angle_deg, seed_latent, slerp
from engine.pipeline.latent_follower import ENCODING_SPEED, LatentFollower
from engine.pipeline.latent_refinement import LatentRefinement, refinement_for
from engine.pipeline.sphere_filter import SphereOneEuro
from engine.pipeline.wander import Drift
from engine.types import AlignedCrop, ByteArray, Features, FloatArray, Latent, Placement

SIZE = 64
FPS = 30
SETTINGS = ReflectionSettings()


def face(x: float = 0.5, size: float = 0.1) -> Features:
    placement = Placement(x, 0.45, size, 0.0, 16 / 9)
    return Features(np.zeros(LAYOUT.size, np.float32), placement, np.zeros((478, 3), np.float32), 0.0, 0.0, 0.0, 0)


class FixedInverter:
    needs_crop = False

    def __init__(self, z: FloatArray) -> None:
        self.z = z
        self.resets = 0
        self.typicality, self.nearness = 0.25, 0.75
        self.asked = np.zeros(0, np.float32)

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        self.asked = vector
        return self.z

    def reset(self) -> None:
        self.resets += 1


def noisy(z: FloatArray, degrees: float, random: np.random.Generator) -> FloatArray:
    noise = random.standard_normal(z.shape).astype(np.float32)
    noise *= np.linalg.norm(z) / np.linalg.norm(noise)
    return slerp(z, noise, degrees / 90)


def test_one_euro_is_calm_at_rest_and_follows_when_moving() -> None:
    random, z = np.random.default_rng(1), seed_latent(1, SIZE)
    smooth = SphereOneEuro(0.5, 0.05, rate_limit_deg_s=1000)
    outputs = [smooth(noisy(z, 1.0, random), 1 / FPS) for _ in range(90)]
    jitter_deg_s = np.mean([angle_deg(a, b) for a, b in itertools.pairwise(outputs)]) * FPS
    assert jitter_deg_s < 8  # the input shakes by about 42 deg/s

    goal = seed_latent(2, SIZE)
    path = [slerp(z, goal, i / 60) for i in range(61)]  # about 90 degrees in two seconds
    smooth.reset()
    followed = [smooth(point, 1 / FPS) for point in path]
    lag_s = angle_deg(followed[-1], path[-1]) / (angle_deg(z, goal) / 2)
    assert lag_s < 0.12


def test_one_euro_limits_the_speed_and_stays_on_the_sphere() -> None:
    smooth = SphereOneEuro(5.0, 5.0, rate_limit_deg_s=90)
    before = smooth(seed_latent(1, SIZE), 1 / FPS)
    after = smooth(seed_latent(2, SIZE), 1 / FPS)
    assert angle_deg(before, after) == pytest.approx(90 / FPS, rel=0.02)
    assert np.linalg.norm(after) == pytest.approx(math.sqrt(SIZE), rel=1e-4)


def test_wander_has_a_constant_speed_and_does_not_repeat() -> None:
    wander = Drift(seed_latent(3, SIZE), speed_deg_s=4, seed=7)
    places = [wander.step(1 / FPS) for _ in range(FPS * 60)]
    steps = [angle_deg(a, b) for a, b in itertools.pairwise(places)]
    assert np.median(steps) == pytest.approx(4 / FPS, rel=0.2)
    assert max(steps) < 2.5 * 4 / FPS
    assert min(angle_deg(places[0], z) for z in places[FPS * 20 :]) > 10


@pytest.mark.parametrize("size", [8, 16, SIZE, 512])
def test_wander_sets_out_from_the_latent_of_its_own_seed(size: int) -> None:
    for seed in range(40):
        start = seed_latent(seed, size)
        wander = Drift(start, speed_deg_s=4, seed=seed)
        direction = wander._direction.astype(np.float64)
        assert np.linalg.norm(direction) == pytest.approx(1, abs=1e-5)
        assert abs(np.dot(direction, start)) / np.linalg.norm(start) < 1e-3
        assert angle_deg(start, wander.step(1 / FPS)) == pytest.approx(4 / FPS, rel=1e-2)


def test_a_visit_from_arrival_to_leaving() -> None:
    inverter = FixedInverter(seed_latent(5, SIZE))
    start = seed_latent(4, SIZE)
    follower = LatentFollower(start, inverter, SETTINGS)
    now = 0.0

    def follow(features: Features | None, seconds: float) -> list[tuple[float, float, bool]]:
        nonlocal now
        path = []
        for _ in range(round(seconds * FPS)):
            now += 1 / FPS
            latent = follower.follow(features, now, now).latent
            path.append((angle_deg(latent.z, inverter.z), latent.presence, latent.features is not None))
            assert np.linalg.norm(latent.z) == pytest.approx(math.sqrt(SIZE), rel=1e-3)
        return path

    idle = follow(None, 1)
    assert idle[-1][0] > 45 and idle[-1][1:] == (0.0, False)
    arriving = follow(face(), SETTINGS.arrive_s + 0.5)
    angles = [angle for angle, _, _ in arriving]
    assert angles[0] > 45 and angles[-1] < 0.5
    assert max(a - b for a, b in itertools.pairwise(angles)) < 10, "arrival is a slerp, not a jump"
    assert arriving[-1][1:] == (1.0, True)
    held = follow(None, SETTINGS.hold_s * 0.8)
    assert held[-1][0] < 0.5 and held[-1][1] == 1.0, "a face lost for a moment is held"
    left = follow(None, SETTINGS.hold_s + SETTINGS.leave_s + 1)
    assert left[-1][1:] == (0.0, False)
    assert left[-1][0] > 1, "and then the mirror wanders on"
    assert inverter.resets == 1


def test_another_person_is_a_transition() -> None:
    inverter = FixedInverter(seed_latent(5, SIZE))
    follower = LatentFollower(seed_latent(4, SIZE), inverter, SETTINGS)
    for i in range(FPS * 3):
        before = follower.follow(face(x=0.2), i / FPS, i / FPS).latent
    inverter.z = seed_latent(6, SIZE)
    after = follower.follow(face(x=0.8), 3.0, 3.0).latent
    assert inverter.resets == 2
    assert angle_deg(before.z, after.z) < 3


def test_without_an_inverter_the_mirror_wanders_whoever_is_there() -> None:
    follower = LatentFollower(seed_latent(4, SIZE), None, SETTINGS)
    latents = [follower.follow(face(), i / FPS, i / FPS).latent for i in range(60)]
    moved = angle_deg(latents[0].z, latents[-1].z)
    assert 2 < moved < 15
    assert latents[-1].presence == 1.0


def test_a_standing_and_a_leaping_clock_are_survived() -> None:
    follower = LatentFollower(seed_latent(4, SIZE), FixedInverter(seed_latent(5, SIZE)), SETTINGS)
    for now in (0.0, 0.0, 1e6, 1e6 + 0.03):
        assert np.isfinite(follower.follow(face(), now, now).latent.z).all()


def test_a_visitor_is_noticed_before_being_answered_and_only_when_near() -> None:
    inverter = FixedInverter(seed_latent(5, SIZE))
    follower = LatentFollower(seed_latent(4, SIZE), inverter, ReflectionSettings(notice_s=1.0, near=0.1, hold_s=0.5))
    now = 0.0

    def follow(features: Features | None, seconds: float) -> Latent:
        nonlocal now
        for _ in range(round(seconds * FPS)):
            now += 1 / FPS
            latent = follower.follow(features, now, now).latent
        return latent

    assert follow(None, 1).features is None
    far = follow(face(size=0.09), 3)
    assert (far.presence, far.features is not None, far.likeness) == (0.0, True, 0.0), "in sight, but too far"
    assert follow(None, 0.2).features is None
    assert follow(face(size=0.1), 0.9).presence == 0.0
    answered = follow(face(size=0.1), 0.5)
    assert 0 < answered.presence < 1
    assert (answered.typicality, answered.likeness) == (inverter.typicality, inverter.nearness)
    assert follow(face(size=0.085), 4).presence == 1.0, "a visitor may step back a little"
    assert follow(face(size=0.07), 0.4).presence == 1.0
    leaving = follow(face(size=0.07), 1.0)
    assert 0 < leaving.presence < 1 and leaving.likeness == inverter.nearness
    assert follow(face(size=0.1), 0.1).presence > leaving.presence, "whoever comes back is answered at once"
    gone = follow(None, 4)
    assert (gone.presence, gone.features, gone.likeness) == (0.0, None, 0.0)


def test_features_end_with_presence() -> None:
    follower = LatentFollower(seed_latent(4, SIZE), None, SETTINGS)
    for index in range(300):
        latent = follower.follow(face() if index < 60 else None, index / FPS, index / FPS).latent
        assert (latent.features is not None) == (latent.presence > 0)


def test_a_hesitation_begins_anew_with_the_next_visitor() -> None:
    follower = LatentFollower(seed_latent(4, SIZE), None, ReflectionSettings(notice_s=1.0, hold_s=0.0))
    presences = []
    for index in range(100):
        seen = face() if index % 20 < 18 else None  # never a second long
        presences.append(follower.follow(seen, index / FPS, index / FPS).latent.presence)
    assert max(presences) == 0.0


def test_times_and_calm_can_be_changed_on_the_way() -> None:
    follower = LatentFollower(seed_latent(4, SIZE), FixedInverter(seed_latent(5, SIZE)), SETTINGS)
    follower.follow(face(), 0.0, 0.0)
    slow = follower.follow(face(), 0.1, 0.1).latent.presence
    follower.adjust(SETTINGS.model_copy(update={"arrive_s": 0.2, "wander_deg_s": 0.0}))
    assert follower.follow(face(), 0.2, 0.2).latent.presence == pytest.approx(slow + 0.5)
    for index in range(200):
        before = follower.follow(None, 1 + index / FPS, 1 + index / FPS).latent.z
    assert angle_deg(before, follower.follow(None, 9.0, 9.0).latent.z) < 0.01


class RefiningInverter(FixedInverter):
    """Goes from the shown latent straight towards `better`."""

    def __init__(self, z: FloatArray, better: FloatArray) -> None:
        super().__init__(z)
        self.better = better

    def refine(
        self, z: FloatArray, vector: FloatArray, came: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        return self.better

    def learn(self, z: FloatArray, came: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None:
        assert tried is not z

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        return float(1 - abs(came - wanted).mean())


def test_a_visitor_who_stays_is_answered_better_and_the_next_one_begins_anew() -> None:
    answer, better = seed_latent(5, SIZE), slerp(seed_latent(5, SIZE), seed_latent(6, SIZE), 0.1)
    inverter = RefiningInverter(answer, better)
    deepening = LatentRefinement(inverter)
    follower = LatentFollower(seed_latent(4, SIZE), inverter, SETTINGS, refinement=deepening)
    alone = follower.follow(None, 0.0, 0.0)
    assert (alone.asked, alone.answered, alone.refinement) == (None, None, None), "nobody is there"
    assert alone.propose(0.0) is None
    features, worse = face(), np.full(LAYOUT.size, 0.5, np.float32)
    for index in range(150):
        followed = follower.follow(features, index / FPS, index / FPS)
        latent = followed.latent
        assert followed.asked is not None and followed.answered is not None and followed.refinement is deepening
        if index == 10:
            assert (latent.likeness, latent.deepening) == (0.75, 0.0), "as the inverter expects it"
            first = followed.propose(index / FPS)
            assert first is not None and angle_deg(first.z, answer) < 0.01, "what the answer draws is measured first"
            deepening.learn(first, worse)
        if index == 20:
            second = followed.propose(index / FPS)
            assert second is not None and angle_deg(second.z, better) < 0.01
            deepening.learn(second, np.zeros(LAYOUT.size, np.float32))
    assert angle_deg(latent.z, better) < 0.5
    assert latent.likeness == pytest.approx(1.0)
    assert 0 < latent.deepening < 1
    assert follower.follow(face(x=0.05), 5.1, 5.1).latent.deepening == 0.0
    deepening.learn(second, worse)
    assert deepening.likeness is None, "that was another visitor's"


def test_what_cannot_deepen_or_may_not_does_not() -> None:
    inverter, features = RefiningInverter(seed_latent(5, SIZE), seed_latent(6, SIZE)), face()
    settings = SETTINGS.model_copy(update={"deepening": False})
    off = LatentFollower(seed_latent(5, SIZE), inverter, settings, refinement=LatentRefinement(inverter))
    followed = off.follow(features, 0.0, 0.0)
    assert followed.latent.deepening == 0.0 and followed.refinement is None and followed.propose(0.0) is None
    assert refinement_for(FixedInverter(seed_latent(5, SIZE))) is None


def test_a_face_that_cannot_be_measured_is_held_and_leaves_nothing_in_the_filters() -> None:
    inverter = FixedInverter(seed_latent(5, SIZE))
    follower = LatentFollower(seed_latent(4, SIZE), inverter, SETTINGS)
    broken = replace(face(), vector=np.full(LAYOUT.size, np.nan, np.float32))
    assert follower.follow(broken, 0.0, 0.0).latent.presence == 0.0
    for index in range(60):
        seen = broken if index % 7 == 3 else face()
        latent = follower.follow(seen, index / FPS, index / FPS).latent
        assert np.isfinite(latent.z).all()
    assert latent.presence == 1.0 and np.isfinite(inverter.asked).all()


def test_a_doubtful_face_is_followed_more_slowly() -> None:
    def turned_in_a_second(yaw_deg: float, typicality: float) -> float:
        inverter = FixedInverter(seed_latent(5, SIZE))
        inverter.typicality = typicality
        follower = LatentFollower(seed_latent(4, SIZE), inverter, SETTINGS)
        for index in range(90):
            before = follower.follow(replace(face(), yaw_deg=yaw_deg), index / FPS, index / FPS).latent.z
        inverter.z = seed_latent(6, SIZE)
        for index in range(90, 96):
            after = follower.follow(replace(face(), yaw_deg=yaw_deg), index / FPS, index / FPS).latent.z
        return float(angle_deg(before, after)) / 6 * FPS

    sure = turned_in_a_second(0.0, 0.5)
    assert sure == pytest.approx(SETTINGS.rate_limit_deg_s, rel=0.05)
    for yaw_deg, typicality in ((60.0, 0.5), (-60.0, 0.5), (0.0, 0.01)):
        slow = turned_in_a_second(yaw_deg, typicality)
        assert slow == pytest.approx(SETTINGS.doubtful_rate_limit_deg_s, rel=0.05)
    assert SETTINGS.doubtful_rate_limit_deg_s < turned_in_a_second(35.0, 0.5) < sure


class LookingInverter(FixedInverter):
    """Answers with the latent of the seed in the first pixel, and keeps its last answer, as an encoder does."""

    needs_crop = True

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        if pixels is not None:
            self.z = seed_latent(int(pixels[0, 0, 0]), SIZE)
        return self.z


def seen(seed: int, *, side_px: float = 200.0, shown: float = 1.0, yaw_deg: float = 0.0, identity: int = 1) -> Features:
    crop = AlignedCrop(np.full((128, 128, 3), seed, np.uint8), side_px, shown)
    return replace(face(), crop=crop, yaw_deg=yaw_deg, identity=identity)


def stand(follower: LatentFollower, features: Features | None, first: int, count: int) -> list[Latent]:
    return [follower.follow(features, i / FPS, i / FPS).latent for i in range(first, first + count)]


def test_an_encoder_is_shown_the_face_which_goes_no_further() -> None:
    follower = LatentFollower(seed_latent(4, SIZE), LookingInverter(seed_latent(0, SIZE)), SETTINGS)
    latents = stand(follower, seen(7), 0, 90)
    assert angle_deg(latents[-1].z, seed_latent(7, SIZE)) < 0.1
    assert latents[-1].features is not None and all(
        latent.features is None or latent.features.crop is None for latent in latents
    )


@pytest.mark.parametrize("hidden", [{"shown": 0.4}, {"side_px": 39.0}, {"yaw_deg": 70.0}])
def test_while_a_visitor_cannot_be_looked_at_the_last_answer_stands(hidden: dict[str, float]) -> None:
    follower = LatentFollower(seed_latent(4, SIZE), LookingInverter(seed_latent(0, SIZE)), SETTINGS)
    stand(follower, seen(7), 0, 90)
    latents = stand(follower, seen(9, **hidden), 90, 90)
    assert angle_deg(latents[-1].z, seed_latent(7, SIZE)) < 0.1
    assert latents[-1].presence == 1.0


@pytest.mark.parametrize("hidden", [{"shown": 0.4}, {"side_px": 39.0}, {"yaw_deg": 70.0}])
def test_nobody_is_answered_before_they_were_looked_at(hidden: dict[str, float]) -> None:
    inverter = LookingInverter(seed_latent(0, SIZE))
    follower = LatentFollower(seed_latent(4, SIZE), inverter, SETTINGS)
    assert stand(follower, seen(7, **hidden), 0, 30)[-1].presence == 0.0
    assert inverter.resets == 0
    assert stand(follower, seen(7), 30, 60)[-1].presence == 1.0


def test_the_next_visitor_of_an_encoder_comes_as_a_passage() -> None:
    follower = LatentFollower(seed_latent(4, SIZE), LookingInverter(seed_latent(0, SIZE)), SETTINGS)
    latents = [*stand(follower, seen(7), 0, 90), *stand(follower, seen(9, identity=2), 90, 90)]
    steps = [float(angle_deg(a.z, b.z)) for a, b in itertools.pairwise(latents)]
    assert max(steps) < 1.5 * ENCODING_SPEED * SETTINGS.rate_limit_deg_s / FPS
    assert angle_deg(latents[-1].z, seed_latent(9, SIZE)) < 0.1


def test_a_scene_may_leave_fewer_bits_of_whoever_comes_near() -> None:
    """From afar an answer is whole; at the glass everybody is one of 2^few faces."""
    settings = ReflectionSettings(arrive_s=0.05, deepening=False, bits={"few": 1, "near": 0.2, "far": 0.05})

    def answer(seed: int, size: float) -> Latent:
        follower = LatentFollower(seed_latent(4, SIZE), FixedInverter(seed_latent(seed, SIZE)), settings)
        return [follower.follow(face(size=size), i / FPS, i / FPS) for i in range(90)][-1].latent

    far = answer(5, 0.04)
    assert angle_deg(far.z, seed_latent(5, SIZE)) < 1 and far.bits == 4096
    near = [answer(seed, 0.3) for seed in range(10, 18)]
    assert {latent.bits for latent in near} == {1}
    assert len({tuple(np.round(latent.z, 2)) for latent in near}) == 2
    assert LatentFollower(far.z, None, SETTINGS).follow(None, 0.0, 0.0).latent.bits == 0


def test_a_face_that_is_covered_holds_the_answer_that_was_shown() -> None:
    """The last look before a hand is noticed already shows some of it; the answer does not go on towards that."""
    follower = LatentFollower(seed_latent(4, SIZE), LookingInverter(seed_latent(0, SIZE)), SETTINGS)
    stand(follower, seen(7), 0, 150)
    shown = stand(follower, seen(9), 150, 1)[-1].z
    assert angle_deg(shown, seed_latent(7, SIZE)) < 10.0
    covered = stand(follower, replace(seen(9), crop=None), 151, 60)
    assert angle_deg(covered[-1].z, seed_latent(7, SIZE)) < 10.0 and covered[-1].presence == 1.0
