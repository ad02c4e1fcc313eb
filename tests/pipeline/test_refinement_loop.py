"""What is done with a turn's leftover time: comparing what was drawn, and trying better faces for a visitor."""

from collections.abc import Sequence

import numpy as np

from engine.config.reflection import ReflectionSettings
from engine.core.clock import ManualClock
from engine.features.vector import LAYOUT
from engine.networks.pggan.latent_sphere import seed_latent
from engine.pipeline.latent_follower import FollowedLatent
from engine.pipeline.latent_refinement import LatentRefinement
from engine.pipeline.refinement_loop import RefinementLoop, as_asked
from engine.pipeline.reflection_request import ReflectionRequest
from engine.pipeline.supervised_step import SupervisedStep
from engine.types import Features, FloatArray, Frame, Latent, Placement, Reflection

SIZE = 16
REQUEST = ReflectionRequest(ReflectionSettings(rate_hz=10))
ASKED = np.zeros(LAYOUT.size, np.float32)


class Model:
    """Always says to go the same way, and finds every face half as alike as can be."""

    def refine(
        self, z: FloatArray, vector: FloatArray, came: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        return seed_latent(9, SIZE)

    def learn(self, z: FloatArray, came: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None: ...

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        return 1 - float(np.abs(came - wanted).mean())


def features(level: float) -> Features:
    points = np.zeros((478, 3), np.float32)
    return Features(np.full(LAYOUT.size, level, np.float32), Placement(0.5, 0.4, 0.1, 0, 1), points, 0, 0, 0, 0)


class Stand:
    """A loop whose generator and analysis take as long as they are told to, on a clock of its own."""

    def __init__(self, look_s: float = 0.0) -> None:
        self.clock, self.look_s, self.drawn, self.measured = ManualClock(), look_s, 0, 0
        self.tried: list[int] = []
        self.draw: SupervisedStep[[Sequence[Latent], bool], Reflection] = SupervisedStep(
            "face", lambda: self._draw, self.clock
        )
        self.loop = RefinementLoop(lambda: self._measure, self.draw, self.clock)
        self.refinement = LatentRefinement(Model())
        self.refinements = {1: self.refinement}

    def _draw(self, latents: Sequence[Latent], with_previews: bool) -> Reflection:
        (latent,) = latents
        self.drawn += 1
        self.tried.append(latent.stranger)
        self.clock.advance(self.look_s)
        return Reflection(np.zeros((4, 4, 4), np.uint8), latent, self.clock.now_s(), self.drawn)

    def _measure(self, frame: Frame) -> Features:
        self.measured += 1
        self.clock.advance(self.look_s)
        return features(0.5)

    def turn(self, work_s: float = 0.01, request: ReflectionRequest = REQUEST) -> None:
        """A turn of a tenth of a second, of which the reflection itself takes `work_s`."""
        began_s = self.clock.now_s()
        latents = [
            Latent(seed_latent(1, SIZE), 1.0, features(0.0), began_s, stranger=number) for number in self.refinements
        ]
        shown = Reflection(np.zeros((4, 4, 4), np.uint8), latents[0], began_s, 0)
        self.clock.advance(work_s)
        followed = [FollowedLatent(each, ASKED, each.z, self.refinements[each.stranger]) for each in latents]
        self.loop.look_again(followed, shown, request, began_s, self.clock.now_s())
        self.clock.advance(max(0.0, began_s + 0.1 - self.clock.now_s()))


def prepared(stand: Stand) -> Stand:
    for step in stand.loop.steps:
        step.prepare()
    return stand


def test_a_face_is_drawn_aside_in_one_turn_and_measured_in_the_next() -> None:
    stand = prepared(Stand())
    stand.turn()
    assert (stand.drawn, stand.measured) == (1, 0)
    stand.turn()
    assert (stand.drawn, stand.measured) == (1, 1)
    asked = 1 - (LAYOUT["attributes"].stop - LAYOUT["attributes"].start) / LAYOUT.size
    assert np.isclose(stand.refinement.likeness or 0.0, 1 - 0.5 * asked), "nobody asks what it is taken for"


def test_it_waits_until_its_analysis_is_there_and_gives_way_to_the_rate() -> None:
    stand = Stand()
    stand.turn()
    assert stand.drawn == 0, "the analysis is only being loaded"
    busy = prepared(Stand(look_s=0.02))
    for _ in range(60):
        busy.turn(work_s=0.099)
    assert busy.drawn < 20, "the first turns found out that there is no time"
    drawn = busy.drawn
    for _ in range(20):
        busy.turn(work_s=0.099)
    assert busy.drawn == drawn


def test_a_comparison_that_a_scene_asks_for_comes_first() -> None:
    stand = prepared(Stand())
    asks = ReflectionRequest(REQUEST.settings, with_comparison=True)
    stand.turn(request=asks)
    comparison = stand.loop.comparison
    assert comparison is not None and comparison.stranger.vector[0] == 0.5
    assert (stand.drawn, stand.measured) == (0, 1)
    stand.turn(request=asks)
    assert (stand.drawn, stand.measured) == (1, 1), "one comparison in half a second"
    stand.turn()
    assert stand.loop.comparison is None


def test_several_visitors_are_tried_for_in_turn() -> None:
    stand = prepared(Stand())
    stand.refinements |= {3: LatentRefinement(Model()), 7: LatentRefinement(Model())}
    for _ in range(12):
        stand.turn()
    assert stand.tried == [1, 3, 7, 1, 3, 7], "one face aside in two turns, whoever's it is"


def test_of_a_drawn_face_nobody_asks_what_it_is_taken_for() -> None:
    came = as_asked(np.ones(LAYOUT.size, np.float32), ASKED)
    assert not came[LAYOUT["attributes"]].any() and came[LAYOUT["shape"]].all()
