"""A graphics driver that loses its context: everything is made anew, and the show goes on as it was."""

from __future__ import annotations

from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.core.errors import DeviceError
from engine.render.window.window import HeadlessWindow
from tests.app.shows import SCENE, ObservedApp, app, by_and_by, frames_of

ARCHIVE = SCENE + "  - archive: {}\n"


@pytest.fixture
def resets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a driver says, once for each entry that is added."""
    said: list[str] = []
    monkeypatch.setattr(HeadlessWindow, "reset_reason", lambda self: said.pop() if said else None)
    return said


def drawn(show: ObservedApp) -> np.ndarray:
    """The wall at one and the same moment, whenever it is asked for."""
    drawing = show.show.drawing
    drawing.mirror.draw(drawing.calibration.compose(), Tick(100, 5.0, 0.0), 1e6)
    drawing.calibration.project()
    drawing.calibration.finish()
    return show.wall()


def test_everything_is_made_anew_and_the_show_goes_on(place: Path, blind: None, resets: list[str]) -> None:
    (place / "scenes" / "another.yaml").write_text(ARCHIVE)
    (place / "config.yaml").write_text(
        "scene: {name: another}\npersona: {model: tiny}\ndisplay: {overlay: true}\nsend: {to: [virtual_camera]}\n"
    )
    show = app(record=Path("film.mp4"), seconds=None)
    walls: list[np.ndarray] = []
    contexts: list[moderngl.Context] = []

    def has_answers() -> bool:
        return show.mirror._collector.sitters.newest is not None and show.recordings._recorder.frames > 3

    def lose() -> bool:
        rng = np.random.default_rng(1)
        for index in (0, 3, 16):
            show.mirror.archive._write(index, rng.integers(0, 255, (64, 64, 4), np.uint8))
            show.mirror.archive._shown[index] = 1.0
        walls.append(drawn(show))
        contexts.append(show.show.drawing.window.ctx)
        show.mirror.blackout.is_on = True
        resets.append("by a test")
        assert show.loop._context.holds() and show.loop._context.losses == 1
        walls.append(drawn(show))
        contexts.append(show.show.drawing.window.ctx)
        return True

    frames_before: list[int] = []

    def goes_on() -> bool:
        frames_before.append(show.recordings._recorder.frames)
        return frames_before[-1] > frames_before[0] + 5

    by_and_by(show, has_answers, lose, goes_on)
    before, after = walls
    assert contexts[0] is not contexts[1]
    assert before.std() > 5, "there is something to be seen"
    np.testing.assert_array_equal(before, after)
    assert show.loop._switcher.name == "another" and show.mirror.blackout.is_on
    assert len(frames_of(Path("film.mp4"))) >= frames_before[-1], "one film, from the beginning to the end"


def test_a_driver_that_takes_its_time_is_asked_again(
    place: Path, blind: None, resets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show, refusals, reopen = app(seconds=None), [0], HeadlessWindow._reopen

    def slow(self: HeadlessWindow, size_wh: tuple[int, int]) -> moderngl.Context:
        refusals[0] += 1
        if refusals[0] < 3:
            raise DeviceError("not yet")
        return reopen(self, size_wh)

    monkeypatch.setattr(HeadlessWindow, "_reopen", slow)
    notes: list[str] = []

    def lose() -> bool:
        resets.append("by a test")
        notify, guard = show.loop._context._notify, show.loop._context

        def noted(text: str) -> None:
            notes.append(text)
            notify(text)

        guard._notify = noted
        return True

    counted: list[int] = []

    def goes_on() -> bool:
        counted.append(show.show.report._drawn)
        return refusals[0] == 3 and len(counted) > 5

    by_and_by(show, lambda: True, lose, goes_on)
    assert notes[:2] == ["the graphics driver gives no picture, and is asked again: not yet"] * 2
    assert notes[2].startswith("the graphics driver lost its context; everything was made anew in ")
