"""Displays that come and go while the show runs; SDL is told by a test what there is."""

from __future__ import annotations

import pygame
import pytest

from engine.core.errors import ConfigError
from engine.render.window import display_choice, displays, fullscreen
from engine.render.window.display_choice import DisplayChoice
from engine.render.window.displays import Bounds, Display
from engine.render.window.fullscreen import Fullscreen

LAPTOP = Display("eDP-1", (0, 0, 1366, 768))
PROJECTOR = Display("EPSON PJ", (1366, 0, 3286, 1080))
LARGER = Display("EPSON PJ", (1366, 0, 5206, 2160))


class Plugs:
    """What is plugged in."""

    def __init__(self) -> None:
        self.there: tuple[Display, ...] = (LAPTOP,)

    def look(self) -> tuple[Display, ...]:
        return self.there


@pytest.fixture
def plugs(monkeypatch: pytest.MonkeyPatch) -> Plugs:
    plugs = Plugs()
    for module in (displays, display_choice):
        monkeypatch.setattr(module, "list_displays", plugs.look)
    monkeypatch.setattr(display_choice, "open_displays", lambda: None)
    monkeypatch.setattr(pygame.display, "get_desktop_sizes", lambda: [(1920, 1080) for _ in plugs.there])
    return plugs


def test_a_display_that_appears_later_is_taken_and_one_that_vanishes_gives_way_and_comes_back(plugs: Plugs) -> None:
    choice = DisplayChoice("epson", look=plugs.look)
    assert choice.open() == 0 and not choice.has_changed()
    numbers = []
    for there in ((LAPTOP, PROJECTOR), (LAPTOP,), (), (PROJECTOR, LAPTOP), (LARGER, LAPTOP), (LARGER,)):
        plugs.there = there
        numbers.append((choice.has_changed(), choice.number))
        assert not choice.has_changed(), "told once"
    assert numbers == [(True, 1), (True, 0), (False, 0), (True, 0), (True, 0), (False, 0)]


def test_a_display_of_the_command_line_must_be_there_at_the_start_alone(plugs: Plugs) -> None:
    with pytest.raises(ConfigError, match='no display "epson"'):
        DisplayChoice("epson", must_be_there=True, look=plugs.look).open()
    plugs.there = LAPTOP, PROJECTOR
    choice = DisplayChoice("epson", must_be_there=True, look=plugs.look)
    assert choice.open() == 1
    plugs.there = (LAPTOP,)
    assert choice.has_changed() and choice.number == 0
    assert choice.open() == 0, "nor after a loss of the graphics context"


def test_all_displays_are_filled_anew_when_their_desktop_changes(plugs: Plugs) -> None:
    choice = DisplayChoice("all", look=plugs.look)
    assert choice.open() is None
    plugs.there = LAPTOP, PROJECTOR
    assert choice.has_changed() and choice.number is None


def test_the_window_moves_and_stays_fullscreen(plugs: Plugs, monkeypatch: pytest.MonkeyPatch) -> None:
    class SomeWindow:
        borderless = False
        position: tuple[int, int] = (523, 264)
        size: tuple[int, int] = (320, 240)

    window = SomeWindow()
    monkeypatch.setattr(fullscreen, "SdlWindow", type("Sdl", (), {"from_display_module": lambda: window}))
    monkeypatch.setattr(fullscreen, "_is_managed", lambda display: False)
    monkeypatch.setattr(pygame.display, "is_fullscreen", lambda: False)

    def covered() -> Bounds:
        (left, top), (width, height) = window.position, window.size
        return left, top, left + width, top + height

    shown = Fullscreen(0)
    shown.toggle()
    assert covered() == LAPTOP.bounds
    plugs.there = LAPTOP, PROJECTOR
    shown.move(1)
    assert covered() == PROJECTOR.bounds and shown.is_on
    plugs.there = LAPTOP, LARGER
    shown.move(1)
    assert covered() == LARGER.bounds
    plugs.there = (LAPTOP,)
    shown.move(0)
    assert covered() == LAPTOP.bounds
    shown.toggle()
    assert window.size == (320, 240) and covered() == (523, 264, 843, 504)
