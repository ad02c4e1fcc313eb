"""The loop of a whole show, measured through a camera before its screen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

import engine.app
import engine.show.scene_switcher
from engine.core.clock import TimeSource
from engine.core.errors import ConfigError, DeviceError
from engine.core.slot import Slot
from engine.pipeline.sources.base import Source
from engine.types import Frame
from tests.app.shows import ObservedApp, app


class LoopedCamera(Source):
    """A camera before the screen of `show`: it gives what that showed a while ago."""

    DELAY_S = 0.1

    def __init__(self, show: ObservedApp, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> None:
        super().__init__("loop", False, sinks, clock)
        self._show_of = show

    def _read(self) -> None:
        while not self._stopping.wait(1 / 60):
            now_s, show = self._clock.now_s(), getattr(self._show_of, "show", None)
            levels = [] if show is None else show.measurement._shown[-60:]  # None while it is being built
            shown = [level for moment_s, level in levels if moment_s <= now_s - self.DELAY_S]
            self._put(np.full((48, 64, 3), 60 + 80 * (shown[-1] if shown else 0), np.uint8), now_s)


def test_the_loop_is_measured_through_a_camera_that_sees_the_screen(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    show = app(source="camera:0", measure_loop=True, stats=Path("stats.json"), seconds=6.0)
    monkeypatch.setattr(
        engine.app, "open_source", lambda name, settings, sinks, clock: LoopedCamera(show, sinks, clock)
    )
    show.run()
    assert "narcissus: screen and camera take " in capsys.readouterr().out
    loop = json.loads((place / "stats.json").read_text())["loop"]
    assert LoopedCamera.DELAY_S * 1000 * 0.8 < loop["screen_and_camera_ms"] < 1000
    assert loop["confidence"] > 0.4 and loop["share_of_picture"] == 1 and loop["mirror_ms"] > 0


def test_a_loop_without_a_camera_or_with_one_that_looks_elsewhere_is_one_sentence(place: Path, blind: None) -> None:
    with pytest.raises(ConfigError, match="--measure-loop needs a camera that sees the screen"):
        app(measure_loop=True).run()
    Image.fromarray(skimage.data.astronaut()).save("astronaut.png")
    with pytest.raises(DeviceError, match="the camera does not see the pattern: point it at the screen"):
        app(source="astronaut.png", measure_loop=True, stats=Path("stats.json")).run()
    assert json.loads((place / "stats.json").read_text())["loop"]["screen_and_camera_ms"] is None
