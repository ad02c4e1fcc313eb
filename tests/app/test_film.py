"""A film off screen, on a clock of its own: every frame, every picture of its source, and the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.config.options import Options
from engine.config.schedule import WEEKDAYS
from engine.core.clock import FilmClock
from engine.show.files import read_show_files
from engine.show.film import FilmPacer
from engine.show.output import choose_output
from tests.app.shows import app, frames_of


def make_film(name: str, **options: object) -> dict[str, Any]:
    app(live=False, record=Path(f"{name}.mp4"), stats=Path(f"{name}.json"), **options).run()
    return dict(json.loads(Path(f"{name}.json").read_text()))


def test_a_film_has_every_frame_and_is_the_same_again(place: Path, blind: None) -> None:
    stats = [make_film(name, seconds=0.5, seed=5) for name in ("first", "second")]
    assert [each["clock"] for each in stats] == ["film", "film"]
    assert [each["seconds"] for each in stats] == [0.5, 0.5]
    assert [each["frames"]["drawn"] for each in stats] == [16, 16]
    first, second = (frames_of(place / f"{name}.mp4") for name in ("first", "second"))
    assert len(first) == 16
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_every_picture_of_a_video_is_answered_at_its_moment(place: Path, blind: None) -> None:
    write_clip(place / "clip.mp4", rate=50, count=60)
    stats = make_film("out", source="clip.mp4", seconds=1.0, fps=20.0)
    assert stats["frames"]["drawn"] == 21 and stats["frames"]["per_s"] == 20
    assert stats["faces"]["frames_looked_at"] == 51
    assert stats["drops"]["frames"] == 0
    with av.open("out.mp4") as film:
        times_s = [float(frame.time or 0.0) for frame in film.decode(video=0)]
    assert times_s == pytest.approx(np.arange(21) / 20, abs=1e-4)


def write_clip(path: Path, *, rate: int, count: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(count):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 3 * level, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize(
    ("options", "fps"),
    [
        ({"record": Path("out.mp4")}, 30.0),
        ({"record": Path("out.mp4"), "fps": 24.0}, 24.0),
        ({"record": Path("out.mp4"), "source": "portrait.jpg"}, 30.0),
        ({"headless": False}, 30.0),  # there is no display, so a film is written
        ({}, None),
        ({"record": Path("out.mp4"), "live": True}, None),
        ({"record": Path("out.mp4"), "status": Path("status.json")}, None),
        ({"record": Path("out.mp4"), "control": 0}, None),
        ({"record": Path("out.mp4"), "source": "camera:0"}, None),
        ({"record": Path("out.mp4"), "source": "/dev/video2"}, None),
    ],
)
def test_when_a_film_has_a_clock_of_its_own(
    place: Path, options: dict[str, Any], fps: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.show.output.has_display", lambda: False)
    told = Options(**({"headless": True} | options))
    assert choose_output(told, read_show_files(told, place / "scenes", place / "models")).film_fps == fps


def test_a_film_needs_neither_microphone_nor_opening_hours(place: Path, blind: None) -> None:
    days = ", ".join(f"{day}: []" for day in WEEKDAYS)
    (place / "config.yaml").write_text(
        f"scene: {{name: plain}}\npersona: {{model: tiny}}\naudio: {{device: 99}}\nschedule: {{{days}}}\n"
    )
    show = app(live=False, record=Path("out.mp4"), seconds=0.2)
    show.run()
    assert not show.mirror.closing.is_on
    assert frames_of(place / "out.mp4")[-1].std() > 2


class Turns:
    """Counts turns, and says at which moments of `clock` they were taken."""

    def __init__(self, clock: FilmClock) -> None:
        self._clock = clock
        self.moments_s: list[float] = []

    def take_turn(self) -> None:
        self.moments_s.append(self._clock.now_s())


class Pictures:
    """A source that gives its pictures at these moments, and then no more."""

    def __init__(self, clock: FilmClock, moments_s: list[float]) -> None:
        self._clock, self._left = clock, moments_s
        self.frame_count = 0

    def advance(self) -> float:
        while self._left and self._left[0] <= self._clock.now_s():
            self._left.pop(0)
            self.frame_count += 1
        return self._left[0] if self._left else float("inf")


def test_turns_are_taken_when_pictures_come_and_in_long_silence() -> None:
    clock = FilmClock()
    turns = Turns(clock)
    pacer = FilmPacer(clock, 10.0, turns, Pictures(clock, [0.0, 0.04, 0.08, 0.1]))
    ticks = [pacer.tick() for _ in range(5)]
    assert [tick.time_s for tick in ticks] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert [tick.dt_s for tick in ticks] == pytest.approx([0.0, 0.1, 0.1, 0.1, 0.1])
    assert turns.moments_s == pytest.approx([0.0, 0.04, 0.08, 0.1, 0.3])


def test_a_mirror_that_sees_itself_takes_one_turn_a_frame() -> None:
    clock = FilmClock()
    turns = Turns(clock)
    pacer = FilmPacer(clock, 25.0, turns, None)
    for _ in range(4):
        pacer.tick()
        pacer.wait()
    assert turns.moments_s == pytest.approx([0.0, 0.04, 0.08, 0.12])
