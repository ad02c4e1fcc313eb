"""What tests of the whole program share: a show off screen, and what is done while it runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import numpy as np

from engine.app import App, Show
from engine.config.options import Options
from engine.core.clock import Clock, Tick
from engine.render.renderer import Renderer
from engine.render.window.keymap import Action
from engine.show.capture import Capture
from engine.show.files import ShowFiles
from engine.show.main_loop import MainLoop
from engine.show.output import ShowOutput
from engine.types import Reflection

SIZE_WH = (128, 72)


SCENE = """
format: 1
title: Test
size: [1280, 720]
passes:
  - room: {}
  - reflection: {}
  - film: {}
"""


class ObservedApp(App):
    """A show of which tests see the parts while it runs and afterwards."""

    show: Show

    def __init__(self, options: Options) -> None:
        super().__init__(options, scenes=Path("scenes"), models=Path("models"))
        self.before_each_frame: Callable[[Tick], None] = lambda tick: None

    @property
    def loop(self) -> MainLoop:
        return self.show.loop

    @property
    def mirror(self) -> Renderer:
        return self.show.drawing.mirror

    @property
    def recordings(self) -> Capture:
        return self.show.drawing.recordings

    @property
    def note(self) -> str:
        """What the operator was told last."""
        return self.loop._notice.text

    def lines(self) -> Sequence[str]:
        """What the overlay says now."""
        return self.loop._panel._write_lines()

    def wall(self) -> np.ndarray:
        """What the window shows, (N,) uint8, three for each pixel."""
        return np.frombuffer(self.show.drawing.window.framebuffer.read(components=3), np.uint8)

    def _build(self, files: ShowFiles, output: ShowOutput, parts: ExitStack) -> Show:
        self.show = super()._build(files, output, parts)
        receive = self.loop._receive

        def receive_after_step(tick: Tick) -> Reflection | None:
            self.before_each_frame(tick)
            return receive(tick)

        self.loop._receive = receive_after_step  # type: ignore[method-assign]
        return self.show


def app(**options: Any) -> ObservedApp:
    return ObservedApp(Options(**({"headless": True, "live": True, "size_wh": SIZE_WH, "seconds": 0.5} | options)))


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def during(show: ObservedApp, step: Callable[[], None], after_s: float = 0.3) -> None:
    """Run `show` and call `step` on its main thread after a while."""
    began_s: list[float] = []

    def once(tick: Tick) -> None:
        if tick.time_s >= after_s and not began_s:
            began_s.append(tick.time_s)
            step()

    show.before_each_frame = once
    show.run()
    assert began_s


def by_and_by(show: ObservedApp, *steps: Callable[[], bool]) -> None:
    """Run `show`, ask one step after another, on its main thread, until it says that it is done; then end the show."""
    left, clock = list(steps), Clock()
    limit_s = clock.now_s() + 60.0

    def ask(tick: Tick) -> None:
        if clock.now_s() > limit_s or (left[0]() and left.pop(0) and not left):
            show.loop.act(Action.QUIT)

    show.before_each_frame = ask
    show.run()
    assert not left, f"{len(left)} of {len(steps)} steps were not done"


def saved_until(path: Path, text: str, is_done: Callable[[], bool]) -> Callable[[], bool]:
    """A step that saves a file as editors do, and again every two seconds, until something has come of it."""
    clock, due_s = Clock(), [0.0]

    def step() -> bool:
        if not is_done() and clock.now_s() >= due_s[0]:
            due_s[0] = clock.now_s() + 2.0
            path.with_suffix(".new").write_text(text)
            os.replace(path.with_suffix(".new"), path)
        return is_done()

    return step
