"""The film of all scenes: every scene in it, one after the other, and small enough for a repository."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import av
import moderngl
import numpy as np
import pytest

from engine.config.reflection import BitSettings
from engine.render.passes import registry
from engine.scene.scene import load_scene
from engine.types import Frame, Reflection
from tests.conftest import ROOT
from tests.render.pictures import ALIGNMENT
from tests.tools.test_make_gallery import FakeRehearsal
from tools.dev import make_scenes_film
from tools.dev.make_scenes_film import FPS, as_mp4, pictures


class Visited(FakeRehearsal):
    """Its visit, as it may change from scene to scene."""

    def answers(self, wanted: Callable[[], tuple[BitSettings, bool]]) -> Iterator[tuple[Frame, Reflection]]:
        assert wanted()[1] in (True, False)
        return self.visit()


def test_one_scene_follows_the_other(gl: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_scenes_film, "FIRST_S", 1.5)
    monkeypatch.setattr(make_scenes_film, "FADE_S", 0.3)
    scenes = [load_scene(ROOT / "scenes" / f"{name}.yaml", registry()) for name in ("gilded_mirror", "measurement")]
    frames = list(pictures(gl, scenes, Visited(), ALIGNMENT, (64, 36)))  # type: ignore[arg-type]
    assert len(frames) == 4 * FPS
    assert frames[0].shape == (36, 64, 3)
    dark, paper = frames[round(1.4 * FPS)], frames[round(3.0 * FPS)]
    assert paper.mean() > 2 * dark.mean(), "the measurement is drawn on paper"


def test_the_film_keeps_within_its_size() -> None:
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 255, (36, 64, 3), np.uint8) for _ in range(20)]
    whole = as_mp4(frames, 10**9)
    small = as_mp4(frames, len(whole) * 3 // 4)
    assert len(small) <= len(whole) * 3 // 4
    with av.open(io.BytesIO(small)) as film:
        assert film.streams.video[0].average_rate == FPS
        assert sum(1 for _ in film.decode(video=0)) == 20
