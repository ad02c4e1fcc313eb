"""Time from saving a scene or shader to its appearance on the wall, and stutter in the meantime.

Uses the show's own watcher, renderer and pacing, with the same share of each frame for building.
"""

from __future__ import annotations

import secrets
import shutil
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.app import SCENES, SHADERS
from engine.config.display import DisplaySettings
from engine.core.clock import Clock
from engine.core.errors import ConfigError, DeviceError
from engine.core.file_watcher import Watcher
from engine.core.frame_pacing import Pacer, find_pace
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.renderer import Renderer
from engine.render.window.window import open_window
from engine.scene.library import SceneLibrary
from tools.bench.render.drawing import render_scale
from tools.bench.render.visitor import Footage, Visitor

SIZE_WH = (1280, 720)
REPEATS = 5
QUIET_S = 0.5  # between saves
PATIENCE_S = 30.0
SHOWN, SAVED = "gilded_mirror", "saved"
SAVED_SCENE = """format: 1
extends: {shown}
title: Saved
passes:
  - film: {{exposure: {exposure}}}
"""
SHADERS_SAVED = {"shader": "film.frag", "shader of what is drawn once": "frame.frag", "include": "lib/srgb.glsl"}
INCLUDED, NUMBERS = "12.92", 10_000  # a number in the include, to which digits are appended


def measure_reloading(
    footage: Footage, size_wh: tuple[int, int] = SIZE_WH, repeats: int = REPEATS
) -> list[dict[str, Any]]:
    """Save a scene, shaders and an include several times each, in copies of both folders.

    Returns:
        One row each: `what`, `file`, `ms` from saving to the first frame drawn with it (`p50`, `max`), `longest_gap_ms`
                between two frames in the meantime, `usual_gap_ms` otherwise.

    Raises:
        DeviceError: a save was not noticed or not shown.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        shutil.copytree(SCENES, folder / "scenes")
        shutil.copytree(SHADERS, folder / "shaders")
        save_scene(folder)
        with _Show(folder, footage, size_wh) as show:
            show.await_watching()
            saves = _saves(folder)
            return [_measure(show, what, file, save, repeats) for what, (file, save) in tqdm(saves.items(), "reload")]


def save_scene(folder: Path) -> None:
    """Save a scene with a new film exposure."""
    text = SAVED_SCENE.format(shown=SHOWN, exposure=1 + secrets.randbelow(NUMBERS) / NUMBERS)
    _save(folder / "scenes" / f"{SAVED}.yaml", text)


def _save(path: Path, text: str) -> None:
    """Save atomically, as editors do."""
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def changed_shader(text: str) -> str:
    """Shader or include that differs slightly from all previous ones, because drivers cache compiled programs.

    Raises:
        ConfigError: it is an include without `INCLUDED`.
    """
    digits = f"{secrets.randbelow(NUMBERS):04d}"
    if "void main()" in text:
        return (
            text.replace("void main()", "void drawn()") + f"void main() {{ drawn(); f_colour.rgb *= 0.99{digits}; }}\n"
        )
    if INCLUDED not in text:
        raise ConfigError(f"the include that is to be saved has no {INCLUDED}")
    return text.replace(INCLUDED, INCLUDED + digits)


def _saves(folder: Path) -> dict[str, tuple[str, Callable[[], object]]]:
    """What is saved -> its file, and the function that saves it."""

    def shader_save(path: Path) -> Callable[[], object]:
        text = path.read_text(encoding="utf-8")
        return lambda: _save(path, changed_shader(text))

    saves: dict[str, tuple[str, Callable[[], object]]] = {"scene": (f"scenes/{SAVED}.yaml", lambda: save_scene(folder))}
    for what, file in SHADERS_SAVED.items():
        saves[what] = f"shaders/{file}", shader_save(folder / "shaders" / file)
    return saves


class _Show:
    """Show of the saved scene."""

    def __init__(self, folder: Path, footage: Footage, size_wh: tuple[int, int]) -> None:
        self._folder, self._footage, self._size_wh = folder, footage, size_wh
        self._clock = Clock()
        self._owned = ExitStack()
        self._last_s = self._clock.now_s()
        self._is_coming = False  # whether the saved file is being built
        self.gaps_s: list[float] = []

    def __enter__(self) -> _Show:
        with ExitStack() as parts:
            window = parts.enter_context(open_window(DisplaySettings(), self._size_wh, headless=True))
            self._window, self._library = window, ShaderLibrary(self._folder / "shaders")
            self._scene_library = SceneLibrary(self._folder / "scenes", (), registry())
            scene, scale = self._scene_library.load(SAVED), render_scale(window)
            mirror = Renderer(window.ctx, self._library, scene, self._footage.alignment, self._size_wh, scale)
            self._mirror = parts.enter_context(mirror)
            self._visitor = Visitor(self._footage, mirror)
            self._visitor.is_there = True
            self._pacer = Pacer(self._clock, find_pace(window, self._clock).limit_hz)
            folders = self._folder / "scenes", self._folder / "shaders"
            self._watcher = parts.enter_context(Watcher(folders))
            self._owned = parts.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._owned.close()

    def turn(self) -> bool:
        """Draw the next frame; returns whether it is the first with the saved file."""
        tick = self._pacer.tick()
        saved = self._watcher.poll()
        if any(path in self._mirror.scene.files or self._library.has(path) for path in saved):
            self._mirror.prepare(self._scene_library.load(SAVED), again=True)
            self._is_coming = True
        until_s = self._clock.now_s() + self._mirror.building_s
        is_new = self._mirror.advance(lambda: self._clock.now_s() < until_s) is not None
        moment = self._visitor.step(tick.dt_s)
        self._mirror.draw(self._window.framebuffer, moment, moment.time_s)
        self._window.finish()
        self._window.present()
        now_s = self._clock.now_s()
        self.gaps_s.append(now_s - self._last_s)
        self._last_s = now_s
        self._is_coming &= not is_new
        self._pacer.wait()
        return is_new

    def settle(self) -> float:
        """Draw until nothing changes for a while; returns the usual frame interval, s."""
        self.gaps_s.clear()
        while sum(self.gaps_s) < QUIET_S:
            if self.turn() or self._is_coming:
                self.gaps_s.clear()
        return statistics.median(self.gaps_s)

    def time(self, save: Callable[[], object]) -> tuple[float, float]:
        """Save; returns the time until it is drawn and the longest frame interval, s."""
        self.gaps_s.clear()
        began_s = self._clock.now_s()
        save()
        while not self.turn():
            if self._clock.now_s() - began_s > PATIENCE_S:
                raise DeviceError(f"what was saved in {self._folder} was not drawn within {PATIENCE_S:.0f} s")
        return self._last_s - began_s, max(self.gaps_s)

    def await_watching(self) -> None:
        """Wait until the watcher works, which only a noticed save can show.

        Raises:
            DeviceError: no save is noticed.
        """
        began_s = self._clock.now_s()
        for number in range(1, round(PATIENCE_S / QUIET_S)):
            save_scene(self._folder)
            due_s = began_s + number * QUIET_S
            while self._clock.now_s() < due_s:
                if self.turn():
                    return
        raise DeviceError(f"no save in {self._folder} was told within {PATIENCE_S:.0f} s")


def _measure(show: _Show, what: str, file: str, save: Callable[[], object], repeats: int) -> dict[str, Any]:
    usual_s, times_s, gaps_s = [], [], []
    for _ in range(repeats):
        usual_s.append(show.settle())
        time_s, gap_s = show.time(save)
        times_s.append(time_s)
        gaps_s.append(gap_s)
    return {
        "what": what,
        "file": file,
        "ms": {"p50": _ms(statistics.median(times_s)), "max": _ms(max(times_s))},
        "longest_gap_ms": _ms(max(gaps_s)),
        "usual_gap_ms": _ms(statistics.median(usual_s)),
    }


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)
