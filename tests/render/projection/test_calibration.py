"""Calibration while the show runs: test card, handles, the venue file; and displays by number and by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import moderngl
import numpy as np
import pygame
import pytest
from PIL import Image

from engine.core.clock import Tick
from engine.core.errors import ConfigError
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.overlay.overlay import Overlay
from engine.render.projection.calibration import LOOK_S, Calibration
from engine.render.projection.calibration_card import BAR_LEVEL, draw_test_card
from engine.render.projection.settings import Colour, Corners, ProjectionSettings, ProjectorSettings
from engine.render.projection.settings_file import load_venue, save_venue
from engine.render.window import display_choice, displays
from engine.render.window.calibration_keymap import CalibrationAction, CalibrationEvent, KeyPress, Pointer
from engine.render.window.display_choice import DisplayChoice
from engine.render.window.displays import Display, bounds_of, find_display, name_display, union
from engine.render.window.pygame_events import edit_of
from engine.render.window.window import Window
from tests.conftest import CompareGolden

WINDOW_WH = (320, 180)


class Desk:
    """A calibration with a window and an operator who writes down what is said."""

    def __init__(
        self,
        gl: moderngl.Context,
        library: ShaderLibrary,
        path: Path,
        venue: ProjectionSettings,
        *,
        reloads: bool = True,
    ) -> None:
        self.said: list[str] = []
        self.overlay = Overlay(gl, library)
        self.framebuffer = gl.framebuffer([gl.texture(WINDOW_WH, 4)])
        self._edits: list[CalibrationEvent] = []
        self.window = SimpleNamespace(
            ctx=gl,
            framebuffer=self.framebuffer,
            size_wh=WINDOW_WH,
            display_name="display 1, EPSON",
            edits=lambda: [self._edits.pop(0) for _ in self._edits[:]],
            listen_for_edits=lambda is_on: setattr(self.window, "listens", is_on),
        )
        window = cast(Window, self.window)
        self.calibration = Calibration(window, library, venue, path, 1.0, self.said.append, reloads=reloads)
        self._time_s = 0.0

    def press(self, *actions: CalibrationAction) -> None:
        self.do(*(KeyPress(action) for action in actions))

    def do(self, *edits: CalibrationEvent) -> None:
        """Give the operator's wishes, a frame each, in no time."""
        for edit in edits:
            self._edits.append(edit)
            self.calibration.follow_operator(Tick(0, self._time_s, 0.0))

    def look(self) -> None:
        """Let so much time go by that the file is looked at."""
        self._time_s += LOOK_S
        self.calibration.follow_operator(Tick(0, self._time_s, LOOK_S))

    def shown(self, level: int = 200, handles: bool = False) -> np.ndarray:
        """(H, W, 3) what is in the window while the mirror draws an even grey."""
        self.calibration.compose().clear(level / 255, level / 255, level / 255, 1.0)
        target = self.calibration.project()
        if handles:
            self.calibration.draw_over(target, self.overlay)
        self.calibration.finish()
        pixels = np.frombuffer(self.framebuffer.read(components=3), np.uint8).reshape(WINDOW_WH[1], WINDOW_WH[0], 3)
        return np.ascontiguousarray(pixels[::-1])

    def close(self) -> None:
        self.calibration.close()
        self.overlay.close()
        self.window.ctx.detect_framebuffer(0).use()
        self.framebuffer.color_attachments[0].release()
        self.framebuffer.release()

    def lines(self) -> list[str]:
        """What the panel says."""
        drawn: list[list[str]] = []
        recorder = SimpleNamespace(
            draw=lambda target, lines, middle: drawn.append(lines), draw_handles=lambda target, places, number: None
        )
        self.calibration.draw_over(self.framebuffer, recorder)  # type: ignore[arg-type]
        return drawn[0] if drawn else []

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        return self.calibration.venue.projectors[0].corners.points


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue.yaml"


@pytest.fixture
def desk(gl: moderngl.Context, library: ShaderLibrary, path: Path) -> Iterator[Desk]:
    desk = Desk(gl, library, path, ProjectionSettings())
    yield desk
    desk.calibration.close()
    desk.close()


# ------------------------------------------------------------------ on the wall


def test_the_card_is_shown_while_calibrating_and_t_shows_the_picture(desk: Desk) -> None:
    plain = desk.shown()
    assert (plain == 200).all()
    assert desk.lines() == []
    desk.calibration.toggle()
    desk.look()
    assert desk.calibration.is_on and desk.window.listens
    card = draw_test_card(WINDOW_WH, ["display 1, EPSON", "320x180 px"])[..., :3]
    assert np.abs(desk.shown().astype(int) - card).max() <= 1
    desk.press(CalibrationAction.CARD)
    assert np.abs(desk.shown().astype(int) - 200).max() <= 1
    desk.press(CalibrationAction.CARD, CalibrationAction.LEAVE)
    assert not desk.calibration.is_on and not desk.window.listens
    assert (desk.shown() == plain).all()
    assert desk.said == []


def test_keys_and_mouse_move_the_picture(desk: Desk) -> None:
    desk.do(KeyPress(CalibrationAction.RIGHT), Pointer("press", (0, 0)), Pointer("drag", (50, 50)))
    assert desk.calibration.venue == ProjectionSettings(), "nothing happens before C"
    desk.calibration.toggle()
    desk.press(CalibrationAction.CARD)
    desk.do(KeyPress(CalibrationAction.RIGHT, is_large=True))
    assert desk.corners[0] == pytest.approx((10 / 320, 0.0))
    desk.do(Pointer("press", (318, 178)), Pointer("drag", (298, 158)), Pointer("release", (298, 158)))
    assert desk.corners[2] == pytest.approx((300 / 320, 160 / 180))
    shown = desk.shown()
    assert shown[170, 310].max() == 0 and shown[150, 290].min() > 190
    desk.press(CalibrationAction.UNDO, CalibrationAction.UNDO)
    assert desk.corners == ProjectionSettings().projectors[0].corners.points
    desk.press(CalibrationAction.REDO)
    assert desk.corners[0] == pytest.approx((10 / 320, 0.0))


def test_handles_are_drawn_where_they_are(desk: Desk) -> None:
    desk.calibration.toggle()
    desk.press(CalibrationAction.CARD)
    desk.do(
        KeyPress(CalibrationAction.RIGHT, is_large=True),
        KeyPress(CalibrationAction.DOWN, is_large=True),
        KeyPress(CalibrationAction.FINER),
    )
    shown = desk.shown(level=0, handles=True)
    held, other = shown[2:19, 2:19].reshape(-1, 3), shown[85:105, 155:175].reshape(-1, 3)
    assert (np.abs(held.astype(int) - (212, 156, 64)).max(axis=1) <= 4).any(), "the selected one is gilt"
    assert not (np.abs(other.astype(int) - (212, 156, 64)).max(axis=1) <= 4).any()
    assert other.max() > 200, "the others are pale"


def test_a_wall_that_hangs_on_its_side_is_edited_as_the_audience_sees_it(
    gl: moderngl.Context, library: ShaderLibrary, path: Path
) -> None:
    desk = Desk(gl, library, path, ProjectionSettings(rotation=90))
    desk.calibration.toggle()
    # the audience's upper left corner is the window's upper right one
    desk.do(Pointer("press", (319, 0)), Pointer("drag", (309, 0)), Pointer("release", (309, 0)))
    assert desk.corners[0] == pytest.approx((0.0, 10 / 320)), "down, for the audience"
    desk.press(CalibrationAction.CARD)
    shown = desk.shown()[..., 0]
    assert shown[90, 312] > 190 and shown[2, 312] < 30
    desk.close()


def test_the_panel_says_what_is_held_and_what_is_not_saved(desk: Desk) -> None:
    desk.calibration.toggle()
    assert desk.lines() == ["upper left corner\t0.0, 0.0 px", "grid\t2 by 2, H lists the keys"]
    desk.press(CalibrationAction.RIGHT)
    assert desk.lines()[0] == "upper left corner\t1.0, 0.0 px"
    assert desk.lines()[-1] == "not saved yet: Ctrl+S"
    desk.do(Pointer("press", (0, 0)), Pointer("drag", (318, 170)))
    assert any(line.startswith("not done: the corners fold the picture") for line in desk.lines())


# ------------------------------------------------------------------ the file


def test_saving_writes_what_is_shown_and_leaving_without_says_so(desk: Desk, path: Path) -> None:
    desk.calibration.toggle()
    desk.press(CalibrationAction.RIGHT, CalibrationAction.SAVE)
    assert load_venue(path) == desk.calibration.venue
    assert f"saved in {path.as_posix()}" in desk.lines() and "not saved yet: Ctrl+S" not in desk.lines()
    desk.look()
    assert desk.said == [], "its own save is not read again"
    desk.press(CalibrationAction.LEAVE)
    assert desk.said == []
    desk.calibration.toggle()
    desk.press(CalibrationAction.DOWN, CalibrationAction.LEAVE)
    assert desk.said == [f"the warp is changed and not saved: C and then Ctrl+S writes {path.as_posix()}"]
    assert desk.corners[0] == pytest.approx((1 / 320, 1 / 180)), "it stays on the wall"


def test_a_disk_that_refuses_is_told_and_the_wall_stays(
    desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    desk.calibration.toggle()
    desk.press(CalibrationAction.RIGHT, CalibrationAction.SAVE)
    sentence = f"{path.as_posix()} could not be written: No space left on device"
    assert desk.said == [sentence] and sentence in desk.lines()
    assert desk.corners[0] == pytest.approx((1 / 320, 0.0))


def test_a_file_that_is_saved_elsewhere_is_shown(desk: Desk, path: Path) -> None:
    dim = ProjectionSettings(projectors=(ProjectorSettings(colour=Colour(gain=(0.5, 0.5, 0.5))),))
    save_venue(path, dim)
    assert (desk.shown() == 200).all()
    desk.look()
    assert desk.said == [f"{path.as_posix()} is read"]
    assert desk.shown().mean() == pytest.approx(146, abs=2)
    path.write_text("rotation: 45\n")
    desk.look()
    assert desk.said[-1] == f"{path.as_posix()}:1: rotation: must be 0, 90, 180 or 270, not 45"
    assert desk.shown().mean() == pytest.approx(146, abs=2)
    desk.look()
    assert len(desk.said) == 2, "a broken file is told once"
    path.unlink()
    desk.look()
    assert desk.calibration.venue == dim and len(desk.said) == 2


def test_a_file_is_left_alone_where_nothing_is_to_be_reloaded(
    gl: moderngl.Context, library: ShaderLibrary, path: Path
) -> None:
    desk = Desk(gl, library, path, ProjectionSettings(), reloads=False)
    save_venue(path, ProjectionSettings(rotation=180))
    desk.look()
    assert desk.calibration.venue == ProjectionSettings() and desk.said == []
    desk.close()


def test_a_mask_that_is_painted_meanwhile_is_shown(desk: Desk, path: Path) -> None:
    mask = path.parent / "mask.png"
    Image.new("L", (8, 8), 255).save(mask)
    save_venue(path, ProjectionSettings(projectors=(ProjectorSettings(mask="mask.png"),)))
    desk.look()
    assert desk.shown().min() > 190
    Image.new("L", (8, 8), 0).save(mask)
    os.utime(mask, ns=(1, 1))
    desk.look()
    assert desk.shown().max() == 0
    mask.write_bytes(b"no picture")
    desk.look()
    assert "mask.png is not a supported image" in desk.said[-1]
    assert desk.shown().max() == 0


def test_a_file_that_is_saved_while_calibrating_can_be_undone(desk: Desk, path: Path) -> None:
    desk.calibration.toggle()
    desk.press(CalibrationAction.RIGHT)
    save_venue(path, ProjectionSettings(projectors=(ProjectorSettings(corners=Corners(top_left=(0.2, 0.2))),)))
    desk.look()
    assert desk.corners[0] == (0.2, 0.2)
    desk.press(CalibrationAction.UNDO)
    assert desk.corners[0] == pytest.approx((1 / 320, 0.0))


def test_a_mask_that_is_gone_when_its_step_is_undone_is_told(desk: Desk, path: Path) -> None:
    mask = path.parent / "mask.png"
    Image.new("L", (8, 8), 255).save(mask)
    save_venue(path, ProjectionSettings(projectors=(ProjectorSettings(mask="mask.png"),)))
    desk.look()
    desk.calibration.toggle()
    save_venue(path, ProjectionSettings())
    os.utime(path, ns=(1, 1))
    desk.look()
    mask.unlink()
    desk.press(CalibrationAction.UNDO)
    assert any("there is no file" in line and "mask.png" in line for line in desk.lines())
    assert desk.calibration.venue == ProjectionSettings()
    desk.press(CalibrationAction.REDO)
    assert not any("mask.png" in line for line in desk.lines())


# ------------------------------------------------------------------ the card


def test_the_card_as_it_is(compare_golden: CompareGolden) -> None:
    compare_golden(draw_test_card((640, 360), ["display 1, EPSON", "640x360 px"])[..., :3].copy(), "test_card")


@pytest.mark.parametrize("size_wh", [(640, 360), (360, 640), (1001, 333), (16, 16)])
def test_the_card_shows_its_edge_and_is_round(size_wh: tuple[int, int]) -> None:
    card = draw_test_card(size_wh, ["a name that is much longer than any circle can hold " * 3])
    assert card.shape == (size_wh[1], size_wh[0], 4) and (card[..., 3] == 255).all()
    assert min(card[0, :, :3].min(), card[-1, :, :3].min(), card[:, 0, :3].min(), card[:, -1, :3].min()) > 200
    if min(size_wh) > 100:
        gilt = np.abs(card[..., :3].astype(int) - (212, 156, 64)).max(axis=2) < 30
        radius = round(4.2 * min(size_wh) / 9)
        middle_x, middle_y = size_wh[0] // 2, size_wh[1] // 2
        for dx, dy in ((radius, 0), (-radius, 0), (0, radius), (0, -radius)):
            assert gilt[middle_y + dy - 2 : middle_y + dy + 2, middle_x + dx - 2 : middle_x + dx + 2].any()


def test_the_card_has_greys_and_bars() -> None:
    card = draw_test_card((1280, 720), [])
    greys = card[360 + 100, 400:880:48, 0]
    assert list(card[360 + 100, [410, 640, 870], 0]) == [0, 128, 255]
    assert (np.diff(greys.astype(int)) > 0).all()
    bars = {tuple(pixel) for pixel in card[360 + 180, 410:880:60, :3]}
    assert bars == {
        tuple(BAR_LEVEL * part for part in bar)
        for bar in ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
    }


# ------------------------------------------------------------------ events


def test_events_become_edits() -> None:
    def key(key: int, mod: int = 0, unicode: str = "") -> pygame.event.Event:
        return pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod, scancode=0, unicode=unicode)

    assert edit_of(key(pygame.K_RIGHT, pygame.KMOD_LSHIFT)) == KeyPress(CalibrationAction.RIGHT, is_large=True)
    assert edit_of(key(pygame.K_z, pygame.KMOD_RCTRL, "\x1a")) == KeyPress(CalibrationAction.UNDO)
    assert edit_of(key(pygame.K_RIGHTBRACKET, 0, "+")) == KeyPress(CalibrationAction.FINER), "a German keyboard"
    assert edit_of(key(pygame.K_KP_MINUS)) == KeyPress(CalibrationAction.COARSER)
    assert edit_of(key(pygame.K_b)) is None
    assert edit_of(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=(3, 4))) == Pointer("press", (3, 4))
    assert edit_of(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=3, pos=(3, 4))) is None
    assert edit_of(pygame.event.Event(pygame.MOUSEMOTION, buttons=(1, 0, 0), pos=(5, 6))) == Pointer("drag", (5, 6))
    assert edit_of(pygame.event.Event(pygame.MOUSEMOTION, buttons=(0, 0, 0), pos=(5, 6))) is None
    assert edit_of(pygame.event.Event(pygame.MOUSEBUTTONUP, button=1, pos=(7, 8))) == Pointer("release", (7, 8))


# ------------------------------------------------------------------ displays


@pytest.fixture
def three_displays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(displays, "display_names", lambda: ["eDP-1", "EPSON PJ 36", "Epson PJ"])
    monkeypatch.setattr(pygame.display, "get_desktop_sizes", lambda: [(1366, 768), (1920, 1200), (1920, 1080)])
    monkeypatch.setattr(display_choice, "open_displays", lambda: None)


@pytest.mark.parametrize(("wanted", "number"), [(0, 0), (2, 2), ("eDP", 0), ("pj 36", 1), ("epson pj", 2)])
def test_a_display_by_number_or_by_name(three_displays: None, wanted: int | str, number: int) -> None:
    assert find_display(wanted) == number


def test_all_displays_together(three_displays: None) -> None:
    assert find_display("all") is None and name_display(None) == "all displays"
    assert union([(0, 0, 1920, 1080), (1920, 120, 3840, 1320), (-1366, 0, 0, 768)]) == (-1366, 0, 3840, 1320)


def test_of_two_that_fit_the_first_is_taken_and_told(three_displays: None, caplog: pytest.LogCaptureFixture) -> None:
    assert find_display("Epson") == 1
    assert caplog.messages == ['"Epson" may be display 1 or 2; 1 is taken']


@pytest.mark.parametrize(("wanted", "shown"), [(3, "3"), ("BenQ", '"BenQ"')])
def test_a_display_that_is_not_there(
    three_displays: None, wanted: int | str, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    there = "this machine has 0 (eDP-1, 1366x768), 1 (EPSON PJ 36, 1920x1200) and 2 (Epson PJ, 1920x1080)"
    look = lambda: (Display("eDP-1", None),)  # noqa: E731
    with pytest.raises(ConfigError) as raised:
        DisplayChoice(wanted, must_be_there=True, look=look).open()
    assert str(raised.value) == f"there is no display {shown}: {there}"
    assert DisplayChoice(wanted, look=look).open() == 0, "a projector that is still cold does not stop the show"
    said = f"display.display: there is no display {shown}: {there}; the first is taken until it appears"
    assert caplog.messages == [said]


def test_sdl_tells_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    try:
        assert len(displays.display_names()) == pygame.display.get_num_displays()
        assert name_display(0).startswith("display 0")
        assert find_display(0) == 0
        assert bounds_of(None) == bounds_of(0) == (0, 0, *pygame.display.get_desktop_sizes()[0])
    finally:
        pygame.display.quit()
