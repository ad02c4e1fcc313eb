"""What tests of the whole program share: a show off screen, and what is done while it runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

from engine.app import App
from engine.cli import Options
from engine.core.clock import Clock
from engine.render.window.keymap import Action

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


def app(**options: Any) -> App:
    chosen = Options(**({"headless": True, "size_wh": SIZE_WH, "seconds": 0.5} | options))
    return App(chosen, scenes=Path("scenes"), models=Path("models"))


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def during(show: App, step: Callable[[], None], after_s: float = 0.3) -> None:
    """Run `show` and call `step` on its main thread after a while."""
    poll, began_s = show._update, []

    def update(tick: Any) -> Any:
        if tick.time_s >= after_s and not began_s:
            began_s.append(tick.time_s)
            step()
        return poll(tick)

    show._update = update  # type: ignore[method-assign]
    show.run()
    assert began_s


def by_and_by(show: App, *steps: Callable[[], bool]) -> None:
    """Run `show`, ask one step after another, on its main thread, until it says that it is done; then end the show."""
    update, left, clock = show._update, list(steps), Clock()
    limit_s = clock.now_s() + 60.0

    def ask(tick: Any) -> Any:
        if clock.now_s() > limit_s or (left[0]() and left.pop(0) and not left):
            show._act(Action.QUIT)
        return update(tick)

    show._update = ask  # type: ignore[method-assign]
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
