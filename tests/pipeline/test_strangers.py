"""Everybody's stranger: who gets which, what becomes of them when people cross, leave and come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.config.reflection import ReflectionSettings
from engine.features.vector import LAYOUT
from engine.networks.pggan.latent_sphere import angle_deg, seed_latent
from engine.pipeline.latent_follower import FollowedLatent
from engine.pipeline.strangers import Strangers
from engine.types import AlignedCrop, ByteArray, Features, FloatArray, Placement

SIZE, FPS = 16, 20
SETTINGS = ReflectionSettings(arrive_s=0.5, hold_s=0.5, leave_s=0.5)
ADA, BEN, CAY, DAN, EVE = range(1, 6)


class Inverter:
    """Answers each person, known by the first of their features, by a latent of their own."""

    needs_crop = False
    typicality = nearness = 1.0

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        return seed_latent(round(float(vector[0])), SIZE)

    def look_together(self, squares: object) -> None: ...

    def reset(self) -> None: ...

    def another(self) -> Inverter:
        return Inverter()


def person(identity: int, x: float = 0.5, size: float = 0.1) -> Features:
    vector = np.full(LAYOUT.size, identity, np.float32)
    return Features(
        vector, Placement(x, 0.4, size, 0.0, 1.5), np.zeros((478, 3), np.float32), 0, 0, 0, 0, (), (), identity
    )


class Glass:
    """Strangers on a clock of their own."""

    def __init__(self, settings: ReflectionSettings = SETTINGS) -> None:
        self.strangers = Strangers(seed_latent(100, SIZE), Inverter(), settings)
        self.frame = 0

    def show(self, *people: Features, seconds: float = 1 / FPS) -> list[FollowedLatent]:
        for _ in range(max(1, round(seconds * FPS))):
            now_s = self.frame / FPS
            shown = self.strangers.follow(list(people), now_s, now_s)
            self.frame += 1
        return shown


def whose(shown: list[FollowedLatent]) -> dict[int, int]:
    """Identity -> number of the stranger, of those who answer somebody."""
    return {each.latent.features.identity: each.latent.stranger for each in shown if each.latent.features is not None}


class Encoder(Inverter):
    """Answers to squares, each by its first pixel, and keeps how many it was shown at once."""

    needs_crop = True

    def __init__(self, together: list[int]) -> None:
        self.together = together
        self.seen = 0

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        self.seen = self.seen if pixels is None else int(pixels[0, 0, 0])
        return seed_latent(self.seen, SIZE)

    def look_together(self, squares: Sequence[ByteArray]) -> None:
        self.together.append(len(squares))

    def another(self) -> Encoder:
        return Encoder(self.together)


def test_an_encoder_is_shown_at_once_whom_it_answers() -> None:
    together: list[int] = []
    glass = Glass()
    glass.strangers = Strangers(seed_latent(100, SIZE), Encoder(together), SETTINGS)
    two = [
        replace(person(who, x), crop=AlignedCrop(np.full((128, 128, 3), who, np.uint8), 128.0, 1.0))
        for who, x in ((ADA, 0.3), (BEN, 0.7))
    ]
    shown = glass.show(*two, seconds=3)
    assert whose(shown) == {ADA: 1, BEN: 2}
    assert together[0] == 0 and together[-1] == 2
    far = replace(two[1], crop=replace(two[1].crop, side_px=20.0))
    glass.show(two[0], far)
    assert together[-1] == 1, "a square that cannot be looked at is not shown"


def test_one_alone_is_answered_by_the_one_who_wandered() -> None:
    glass = Glass()
    (idle,) = glass.show(seconds=1)
    assert (idle.latent.stranger, idle.latent.presence) == (1, 0)
    (alone,) = glass.show(person(ADA), seconds=3)
    assert alone.latent.stranger == 1 and alone.latent.presence == 1
    assert angle_deg(alone.latent.z, seed_latent(ADA, SIZE)) < 1
    (gone,) = glass.show(seconds=3)
    assert (gone.latent.stranger, gone.latent.presence) == (1, 0)


def test_everybody_is_answered_by_a_stranger_of_their_own() -> None:
    shown = Glass().show(person(ADA, 0.3), person(BEN, 0.7), person(CAY, 0.9), seconds=3)
    assert whose(shown) == {ADA: 1, BEN: 2, CAY: 3}
    for each in shown:
        assert each.latent.features is not None
        assert angle_deg(each.latent.z, seed_latent(each.latent.features.identity, SIZE)) < 1


def test_people_who_cross_keep_their_strangers() -> None:
    glass = Glass()
    before = whose(glass.show(person(ADA, 0.3, 0.12), person(BEN, 0.7), seconds=2))
    for step in range(40):
        ada, ben = person(ADA, 0.3 + step / 100, 0.12), person(BEN, 0.7 - step / 100)
        hidden = 18 <= step <= 24  # the one who is nearer covers the other
        shown = glass.show(*((ada,) if hidden else (ada, ben)))
        assert whose(shown) == before, "who is covered is held"
        assert all(each.latent.presence == 1 for each in shown)


def test_half_a_face_behind_another_is_nobody_new() -> None:
    glass = Glass()
    before = whose(glass.show(person(ADA, 0.5, 0.12), person(BEN, 0.6), seconds=2))
    for _ in range(4):  # seen at the other's edge for a moment, and taken for somebody else
        assert whose(glass.show(person(ADA, 0.5, 0.12), person(CAY, 0.6))) == before
    assert whose(glass.show(person(ADA, 0.5, 0.12), person(BEN, 0.4))) == before


def test_who_leaves_fades_alone_and_another_comes_forward() -> None:
    glass = Glass()
    glass.show(person(ADA), person(BEN), seconds=3)
    shown = glass.show(person(BEN), seconds=0.75)
    faces = {each.latent.stranger: each.latent for each in shown}
    assert list(faces) == [1, 2], "the first is held for a moment"
    assert 0 < faces[1].presence <= 1 and faces[2].presence == 1
    first, *fading = glass.show(person(BEN), seconds=0.15)
    assert first.latent.stranger == 2 and [each.latent.presence < 1 for each in fading] == [True]
    (last,) = glass.show(person(BEN), seconds=3)
    assert last.latent.stranger == 2
    (wanderer,) = glass.show(seconds=3)
    assert (wanderer.latent.stranger, wanderer.latent.presence) == (2, 0), "whoever was last wanders on"


def test_who_is_covered_for_a_moment_stays_the_first() -> None:
    glass = Glass()
    glass.show(person(ADA), person(BEN), seconds=2)
    assert glass.show(person(BEN), seconds=0.4)[0].latent.stranger == 1
    assert glass.show(person(ADA), person(BEN))[0].latent.stranger == 1
    assert glass.show(person(BEN), person(ADA))[0].latent.stranger == 2, "the tracker has them take the mirror"


def test_who_turns_away_for_two_seconds_comes_back_to_the_same_stranger() -> None:
    glass = Glass()
    glass.show(person(ADA, 0.3), person(BEN, 0.7), seconds=3)
    glass.show(person(ADA, 0.3), seconds=2)
    shown = glass.show(person(ADA, 0.3), person(BEN, 0.7), seconds=3)
    assert len(shown) == 2 and set(whose(shown)) == {ADA, BEN}
    for each in shown:
        assert each.latent.features is not None and each.latent.presence == 1
        assert angle_deg(each.latent.z, seed_latent(each.latent.features.identity, SIZE)) < 1


def test_no_more_are_answered_than_asked_for() -> None:
    glass = Glass(SETTINGS.model_copy(update={"people": 2}))
    crowd = [person(identity, 0.1 * identity) for identity in (ADA, BEN, CAY, DAN, EVE)]
    assert set(whose(glass.show(*crowd, seconds=2))) == {ADA, BEN}
    shown = glass.show(crowd[4], *crowd[:4], seconds=3)
    assert set(whose(shown)) == {EVE, ADA}, "the first is always answered; who stood last gave way"
    for _ in range(40):  # twenty come and go
        glass.show(*(person(10 + glass.frame % 20 + index) for index in range(3)))
        assert len(glass.strangers._strangers) <= 4


def test_a_mirror_for_one_answers_one_after_another_with_one_stranger() -> None:
    glass = Glass(SETTINGS.model_copy(update={"people": 1}))
    (ada,) = glass.show(person(ADA), seconds=2)
    (ben,) = glass.show(person(BEN), seconds=2)
    assert ada.latent.stranger == ben.latent.stranger == 1
    assert angle_deg(ben.latent.z, seed_latent(BEN, SIZE)) < 1


def test_people_too_far_away_get_no_stranger_but_the_first_is_noticed() -> None:
    glass = Glass(SETTINGS.model_copy(update={"near": 0.08}))
    shown = glass.show(person(ADA, size=0.05), person(BEN, size=0.05), seconds=1)
    assert whose(shown) == {ADA: 1} and shown[0].latent.presence == 0


def test_faces_that_nobody_counts_are_one_person() -> None:
    unknown = replace(person(ADA), identity=0)
    (one,) = Glass().show(unknown, seconds=2)
    assert one.latent.presence == pytest.approx(1)
