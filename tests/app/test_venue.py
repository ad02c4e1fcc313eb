"""The venue of a show: what is warped, and what is told of its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ConfigError
from engine.render.window.keymap import Action
from tests.app.shows import app, during, frames_of

HALF_DARK = """
projectors:
  - corners: {top_left: [0.5, 0], bottom_left: [0.5, 1]}
"""


def test_a_venue_warps_the_wall_and_never_the_film(place: Path, blind: None) -> None:
    (place / "venue.yaml").write_text("rotation: 90" + HALF_DARK)
    show = app(record=Path("out.mp4"))
    seen: list[np.ndarray] = []

    def look() -> None:
        width, height = show.show.drawing.window.size_wh
        wall = show.wall().reshape(height, width, 3)[::-1]
        seen.append(np.rot90(wall))  # as the audience sees it

    during(show, look)
    (wall,), picture = seen, frames_of(place / "out.mp4")[-1]
    assert picture.shape == (128, 72, 3), "upright"
    assert wall[40:90, :34].max() == 0 and wall[40:90, 40:].mean() > 3
    assert picture[40:90, :34].mean() > 3


def test_calibrating_while_a_film_runs_leaves_the_film_alone(place: Path, blind: None) -> None:
    show = app(seconds=1.0, record=Path("out.mp4"))
    during(show, lambda: show.loop.act(Action.CALIBRATE))
    assert show.show.drawing.calibration.is_on
    first, last = (frames_of(place / "out.mp4")[number].astype(int) for number in (1, -1))
    assert np.abs(first - last).mean() < 4, "the test card is nowhere in it"


def test_a_broken_venue_is_told_before_anything_opens(place: Path) -> None:
    (place / "venue.yaml").write_text("rotation: 45\n")
    with pytest.raises(ConfigError, match=r"^venue\.yaml:1: rotation: must be 0, 90, 180 or 270, not 45$"):
        app().run()


def test_a_venue_that_is_named_and_missing_is_told(place: Path, blind: None, caplog: pytest.LogCaptureFixture) -> None:
    with (place / "config.yaml").open("a") as config:
        config.write("display: {venue: hall.yaml}\n")
    app(seconds=0.1).run()
    assert "there is no venue file hall.yaml: the picture is shown as it is; C in the window makes one" in caplog.text
