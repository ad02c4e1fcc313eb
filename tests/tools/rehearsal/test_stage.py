"""Drawn visitors: where they are, that every seed has its own evening, and that the camera does what it is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.clock import Clock
from engine.pipeline.sources.webcam_process import ReaderRequest
from tools.rehearsal.scenario import ACT_S, ACTS, act_at, visitors_at
from tools.rehearsal.stage import ACT_FILE, DEVICE_FILE, Plan, Stage, write_stage
from tools.rehearsal.stage_camera import open_staged

FACES = np.stack([np.full((32, 32, 3), 20 * index, np.uint8) for index in range(6)])


def acts(seed: int) -> list[str]:
    return [act_at(index * ACT_S, seed) for index in range(80)]


def test_an_evening_has_every_act_and_is_the_same_again() -> None:
    assert set(acts(0)) == set(ACTS) and acts(0) == acts(0) and acts(0) != acts(1)


@pytest.mark.parametrize("act", sorted(ACTS))
def test_who_is_there_moves_without_jumps(act: str) -> None:
    begins_s = acts(0).index(act) * ACT_S
    earlier = None
    for step in range(round(ACT_S * 20)):
        seen = visitors_at(begins_s + step / 20, 0, 6)
        for one, other in zip(seen, earlier or [], strict=False):
            assert one.face == other.face and abs(one.x - other.x) < 0.05 and abs(one.width - other.width) < 0.05
        earlier = seen if len(seen) == len(earlier or seen) else None
    if act == "posters":
        assert visitors_at(begins_s, 0, 6) == visitors_at(begins_s + 9, 0, 6)


def test_a_visitor_is_drawn_where_they_are() -> None:
    begins_s = acts(0).index("stay") * ACT_S
    stage, (presence,) = Stage(FACES, 0, (320, 240)), visitors_at(begins_s + 7, 0, 6)
    x, y = round(presence.x * 320), round(presence.y * 240)
    picture = stage.picture(begins_s + 7)
    assert picture.shape == (240, 320, 3)
    assert abs(float(picture[y - 5 : y + 5, x - 5 : x + 5].mean()) - 20 * presence.face) < 3
    assert not np.array_equal(picture, stage.picture(begins_s + 7)), "the sensor's noise is new in every picture"


def test_the_camera_freezes_is_odd_and_is_unplugged(tmp_path: Path) -> None:
    write_stage(tmp_path, FACES, Plan(0, Clock().now_s()))
    device = tmp_path / DEVICE_FILE
    request = ReaderRequest(str(device), 160, 120, 240.0)
    camera = open_staged(request)
    first, second = camera.read(), camera.read()
    assert first is not None and second is not None and not np.array_equal(first[0], second[0])
    (tmp_path / ACT_FILE).write_text("freeze")
    frozen, again = camera.read(), camera.read()
    assert frozen is not None and again is not None and np.array_equal(frozen[0], again[0])
    assert not (tmp_path / ACT_FILE).exists(), "the next process works again"
    (tmp_path / ACT_FILE).write_text("odd")
    odd = open_staged(request).read()
    assert odd is not None and np.isnan(odd[0]).all()
    device.unlink()
    assert camera.read() is None
    with pytest.raises(OSError, match="there is no"):
        open_staged(request)
