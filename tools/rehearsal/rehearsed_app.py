"""The show with what a rehearsal does to it from within: a staged camera, orders, and an observer."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import engine.core.clock
from engine.app import App, Show
from engine.config.camera import CameraSettings
from engine.config.options import Options
from engine.core.clock import Clock
from engine.pipeline.sources.late_camera import LateCamera
from engine.pipeline.sources.open_source import Source
from engine.pipeline.sources.webcam import Webcam
from engine.pipeline.sources.webcam_device import WebcamDevice
from engine.pipeline.supervised_step import SupervisedStep
from engine.render.window.keymap import Action
from engine.show.files import ShowFiles
from engine.show.main_loop import ShowSlots
from engine.show.output import ShowOutput
from tools.rehearsal.fake_receiver import FakeReceivers
from tools.rehearsal.moment import Moment
from tools.rehearsal.observer import Observer
from tools.rehearsal.stage_camera import READER

log = logging.getLogger(__name__)


class RehearsedApp(App):
    """A show that is watched, and takes orders: a word and what it is about.

    `raise STAGE`, `film`, `key NUMBER`, `receiver MOOD`, `clock SECONDS`.

    Args:
        options: of the show.
        models: the folder of personas.
        tell: takes moments, four times a second.
        orders: lines; the show is over when there are no more.
    """

    def __init__(self, options: Options, models: Path, tell: Callable[[Moment], None], orders: Iterable[str]) -> None:
        super().__init__(options, scenes=Path("scenes"), models=models, shaders=Path("shaders"))
        self._tell, self._orders = tell, orders
        self._receivers, self._wall_clock = FakeReceivers(), SteppedTime(vars(engine.core.clock)["time"])
        self._camera: Webcam | None = None
        sys.modules["pyvirtualcam"] = cast(Any, self._receivers)
        vars(engine.core.clock)["time"] = self._wall_clock  # nothing else of the show reads time

    def _open_source(
        self, settings: CameraSettings, output: ShowOutput, slots: ShowSlots, parts: ExitStack
    ) -> Source | LateCamera | None:
        device = WebcamDevice(output.source.removeprefix("camera:"))
        sinks = (slots.frames, slots.views)
        self._camera = Webcam(device, settings, sinks, self._clock, name="camera", reader=READER)
        return parts.enter_context(self._camera)

    def _build(self, files: ShowFiles, output: ShowOutput, parts: ExitStack) -> Show:
        show = super()._build(files, output, parts)
        assert self._camera is not None
        observer = parts.enter_context(Observer(show, self._camera, self._receivers, Clock(), self._tell))
        prompter = threading.Thread(target=self._obey, args=(show, observer), name="prompter", daemon=True)
        prompter.start()
        return show

    def _obey(self, show: Show, observer: Observer) -> None:
        for line in self._orders:
            what, _, about = line.strip().partition(" ")
            try:
                self._carry_out(what, about, show, observer)
            except Exception:
                log.exception("the order %s was not carried out", line.strip())
        show.loop.stop()

    def _carry_out(self, what: str, about: str, show: Show, observer: Observer) -> None:
        if what == "raise":
            stages = (*show.worker._steps, show.worker._turn)
            fail_once(next(stage for stage in stages if stage.name == about))
        elif what == "film":
            observer.order(lambda: show.loop.act(Action.RECORD))
        elif what == "key":
            observer.order(lambda: show.loop.act(Action(f"scene {about}")))
        elif what == "receiver":
            self._receivers.behave(about)
        elif what == "clock":
            self._wall_clock.offset_s += float(about)
        else:
            raise ValueError(f"unknown order {what}")


def fail_once(step: SupervisedStep[Any, Any]) -> None:
    """Have a stage raise the next time it is used; what it is made of is then released as after any failure."""
    work = step._work
    if work is not None:
        step._work = _Failing(step.name, work)


class _Failing:
    """Takes the place of a stage's function, and raises."""

    def __init__(self, name: str, work: Any) -> None:
        self._name, self._work = name, work

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError(f"a rehearsed failure of {self._name}")

    def close(self) -> None:
        """Close what it stands for."""
        close = getattr(self._work, "close", None)
        if close is not None:
            close()


class SteppedTime:
    """Stands where `engine/core/clock.py` has the module `time`: its wall clock can be set; monotonic time goes on.

    Attributes:
        offset_s: by which the wall clock is ahead.
    """

    def __init__(self, module: Any) -> None:
        self._module = module
        self.offset_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def time(self) -> float:
        """Seconds since 1970, as the wall clock was set."""
        return float(self._module.time() + self.offset_s)

    def localtime(self, seconds: float | None = None) -> Any:
        """Local time of that moment, or of now."""
        return self._module.localtime(self.time() if seconds is None else seconds)

    def strftime(self, form: str, moment: Any = None) -> str:
        """That moment, or now, in a form."""
        return str(self._module.strftime(form, self.localtime() if moment is None else moment))
