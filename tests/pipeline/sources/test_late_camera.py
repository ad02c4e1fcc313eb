"""A camera that wakes late is found, started once, and closed with the show."""

from __future__ import annotations

from typing import cast

from engine.pipeline.sources.base import Source
from engine.pipeline.sources.late_camera import LateCamera
from tests.pipeline.viewing import until


class FakeSource:
    state = "live"

    def __init__(self) -> None:
        self.acts: list[str] = []

    def start(self) -> None:
        self.acts.append("start")

    def close(self) -> None:
        self.acts.append("close")


def test_it_is_looked_for_until_it_is_there() -> None:
    source, answers = FakeSource(), iter([False, False, True])
    with LateCamera(lambda: next(answers), lambda: cast(Source, source), look_s=0.01) as late:
        assert "looks at itself" in late.state
        until(lambda: source.acts == ["start"])
        until(lambda: late.state == "live")
    assert source.acts == ["start", "close"] and next(answers, None) is None


def test_a_show_that_ends_first_never_opens_it() -> None:
    source = FakeSource()
    with LateCamera(lambda: False, lambda: cast(Source, source), look_s=0.01):
        pass
    assert source.acts == []
