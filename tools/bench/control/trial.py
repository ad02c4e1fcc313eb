"""A show with an open control room, of which every frame is timed while a client does something to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.app import App, Show
from engine.config.options import Options
from engine.control.ports import LOOPBACK, open_ports
from engine.core.clock import Clock
from engine.core.errors import DeviceError
from engine.show.files import ShowFiles
from engine.show.output import ShowOutput
from tools.bench.control.client import KNOB
from tools.bench.control.register_cost import measure_register

ROOT = Path(__file__).resolve().parents[3]
WARM_S, REST_S, PAUSE_S = 5.0, 4.0, 0.5
FLOOD_S = 2.0
ROUNDS = 3
TOUCH_S, WATCH_S = 8.0, 8.0


@dataclass
class Frames:
    """Presented frames.

    Attributes:
        times_s: when each was.
        values: the knob that is touched, as each was drawn with it.
    """

    times_s: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def intervals_ms(self, from_s: float, until_s: float) -> list[float]:
        """Between frames that both lie within."""
        times = [time_s for time_s in self.times_s if from_s <= time_s <= until_s]
        return [float(each) * 1000 for each in np.diff(times)]

    def first_with(self, value: float, after_s: float) -> float | None:
        """When a frame was first drawn with a value of the knob."""
        pairs = zip(self.times_s, self.values, strict=True)
        return next((time_s for time_s, drawn in pairs if time_s >= after_s and abs(drawn - value) < 1e-6), None)


class TimedApp(App):
    """A show that notes when each frame is presented, and ends when its trial does."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.frames, self.show = Frames(), None

    show: Show | None

    def _build(self, files: ShowFiles, output: ShowOutput, parts: ExitStack) -> Show:
        self.show = show = super()._build(files, output, parts)
        presented, (_, _, name, knob) = show.report.presented, KNOB.strip("/").split("/")

        def note(now_s: float, *others: Any) -> None:
            self.frames.times_s.append(now_s)
            self.frames.values.append(float(show.drawing.mirror.knobs.get(name, {}).get(knob, np.nan)))
            presented(now_s, *others)

        show.report.presented = note  # type: ignore[method-assign, assignment]
        return show


def measure_control(size_wh: tuple[int, int], *, quick: bool = False) -> dict[str, Any]:
    """Run a show and its clients.

    Args:
        size_wh: of the picture, px.
        quick: one round of each.

    Raises:
        DeviceError: the control room could not be opened.
    """
    with open_ports(0, is_lan=False) as ports:
        number = ports.number
    app = TimedApp(Options(headless=True, live=True, size_wh=size_wh, control=number, source="self"))
    trial = _Trial(app, number, rounds=1 if quick else ROUNDS)
    thread = threading.Thread(target=trial.run, name="trial")
    thread.start()
    app.run()
    thread.join()
    if trial.error is not None:
        raise trial.error
    assert app.show is not None
    return trial.result | {"register": measure_register(app.show.drawing.mirror.scene)}


class _Trial:
    def __init__(self, app: TimedApp, port: int, rounds: int) -> None:
        self.result: dict[str, Any] = {}
        self.error: Exception | None = None
        self._app, self._port, self._rounds, self._clock = app, port, rounds, Clock()

    def run(self) -> None:
        try:
            self._wait_for_pictures()
            self.result = {"flood": self._flood(), "packet_to_frame_ms": self._touch(), "panel": self._watch()}
        except Exception as error:  # raised again on the main thread
            self.error = error
        finally:
            if self._app.show is not None:
                self._app.show.loop.stop()

    def _wait_for_pictures(self) -> None:
        limit_s = self._clock.now_s() + 120
        while len(self._app.frames.times_s) < 30:
            if self._clock.now_s() > limit_s:
                raise DeviceError("the show draws nothing")
            self._clock.sleep_s(0.1)
        self._clock.sleep_s(WARM_S)

    def _flood(self) -> dict[str, Any]:
        """Nothing, the same flood to nobody, and to the show, in turn."""
        found: dict[str, list[float]] = {"quiet": [], "to_nobody": [], "to_the_show": []}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
            nobody.bind((LOOPBACK, 0))
            for _ in range(self._rounds):
                found["quiet"] += self._during(None, REST_S)
                found["to_nobody"] += self._during(("flood", nobody.getsockname()[1], FLOOD_S), REST_S)
                found["to_the_show"] += self._during(("flood", self._port, FLOOD_S), REST_S)
        return {name: _percentiles(intervals) for name, intervals in found.items()}

    def _during(self, client: tuple[str, int, float] | None, seconds: float) -> list[float]:
        """Intervals of the frames while a client is at work, or of so many seconds without one."""
        begin_s = self._clock.now_s()
        if client is None:
            self._clock.sleep_s(seconds)
        else:
            _client(*client)
        frames = self._app.frames.intervals_ms(begin_s, self._clock.now_s())
        self._clock.sleep_s(PAUSE_S)
        return frames

    def _touch(self) -> dict[str, float]:
        sent = _client("touch", self._port, TOUCH_S)
        found = [self._app.frames.first_with(value, sent_s) for value, sent_s in sent]
        pairs = zip(found, sent, strict=True)
        return _percentiles([(drawn_s - sent_s) * 1000 for drawn_s, (_, sent_s) in pairs if drawn_s is not None])

    def _watch(self) -> dict[str, Any]:
        begin_s = self._clock.now_s()
        self._clock.sleep_s(WATCH_S / 2)
        alone = self._rate(begin_s)
        opened_s = self._clock.now_s()
        came = _client("watch", self._port, WATCH_S)
        watched = self._rate(opened_s + WATCH_S / 2)
        build = max(self._app.frames.intervals_ms(opened_s, opened_s + WATCH_S / 2), default=0.0)
        return {"alone_per_s": alone, "watched_per_s": watched, "longest_while_built_ms": round(build, 1), **came}

    def _rate(self, from_s: float) -> float:
        intervals = self._app.frames.intervals_ms(from_s, self._clock.now_s())
        return round(1000 / float(np.mean(intervals)), 2) if intervals else 0.0


def _client(what: str, port: int, seconds: float) -> Any:
    arguments = [sys.executable, "-m", "tools.bench.control.client", what, str(port), str(seconds)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=seconds + 60, cwd=ROOT, check=False)
    if done.returncode:
        raise DeviceError(f"a client of the control room failed: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {"count": 0}
    ranks = np.percentile(values, (50, 95, 99))
    return {
        "count": len(values),
        **{f"p{rank}": round(float(each), 2) for rank, each in zip((50, 95, 99), ranks, strict=True)},
    }
