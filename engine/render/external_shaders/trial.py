"""Trial of an external shader: drawn once where it can do no harm, in a child process, small, with a time limit.

A shader can run for ever, and a graphics driver waits for it; only a process can be killed. External shaders are tried
before they are shown. The child is reused, and replaced after many trials or when it was killed. The child imports this
module too: it must stay light.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Self, cast

from engine.core.clock import Clock, TimeSource
from engine.system.crash_log import catch_crashes_of_child, note_crash

LIMIT_S = 20.0
"""Time limit for compiling and drawing one shader."""
START_S = 60.0  # time limit for the start of a child, on a busy machine
WAIT_S = 0.005  # duration of a step
TRIED = 200  # trials after which a child is replaced: drivers retain something of each
SIZE_WH = (160, 90)
CHILD = "engine.render.shader_trial_process:run_trials"


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """Shader to try.

    Attributes:
        kind: the pass, `isf` or `shadertoy`.
        settings: settings of the pass.
        shaders: shader folder.
        external: folder to use instead of its `foreign/`; empty for its own.
        shown_wh: size in px for which the time is estimated.
        frames: number of frames to draw.
        wants_picture: whether to return the last one.
    """

    kind: str
    settings: Mapping[str, Any]
    shaders: str
    external: str = ""
    shown_wh: tuple[int, int] = (1920, 1080)
    frames: int = 2
    wants_picture: bool = False


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """Result of a trial.

    Attributes:
        error: why it cannot be drawn, one sentence; empty if it can.
        notes: corrections, one sentence each.
        ms: time for one picture of `SIZE_WH`.
        shown_ms: estimated time for one of `shown_wh`.
        not_finite: non-finite pixels in the last picture.
        picture: (H, W, 3) uint8 as bytes, row 0 top, of `SIZE_WH`; empty unless requested.
        hangs: whether it exceeded the time limit or crashed its process.
        is_tried: False if no trial is possible on this machine.
    """

    error: str = ""
    notes: tuple[str, ...] = ()
    ms: float = 0.0
    shown_ms: float = 0.0
    not_finite: int = 0
    picture: bytes = b""
    hangs: bool = False
    is_tried: bool = True


@dataclass(frozen=True, slots=True)
class Ready:
    """The child is running and has a context."""


class ShaderTrial:
    """Tries shaders one after another; `close` it, or use it as a context manager.

    Args:
        clock: measures the time limit.
        limit_s: see `LIMIT_S`.
        child: `module:function` that runs in the child.
    """

    def __init__(self, clock: TimeSource | None = None, limit_s: float = LIMIT_S, child: str = CHILD) -> None:
        self._clock = clock or Clock()
        self._limit_s, self._child = limit_s, child
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._tried = 0

    def run(self, request: TrialRequest) -> TrialAnswer:
        """Try a shader, and wait for the result."""
        steps = self.steps(request)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return cast(TrialAnswer, end.value)

    def steps(self, request: TrialRequest) -> Generator[None, None, TrialAnswer]:
        """Try a shader in short steps, between which a show can continue; a generator that returns the result."""
        connection = yield from self._started()
        if isinstance(connection, TrialAnswer):
            return connection
        self._tried += 1
        try:
            connection.send(request)
            answer = yield from self._wait(connection, self._limit_s)
        except OSError:
            answer = None
        except EOFError:
            self._end()
            return TrialAnswer(error="the graphics driver crashed on it", hangs=True)
        if isinstance(answer, TrialAnswer):
            return answer
        self._end()
        what = f"did not finish drawing a picture of {SIZE_WH[0]}x{SIZE_WH[1]} px within {self._limit_s:g} s"
        return TrialAnswer(error=what, ms=self._limit_s * 1000.0, hangs=True)

    def close(self) -> None:
        """Terminate the child; may be called again."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -------------------------------------------------- the child

    def _started(self) -> Generator[None, None, Connection | TrialAnswer]:
        if self._tried >= TRIED:
            self._end()
        if self._connection is not None:
            return self._connection
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(self._child, theirs), name="shader trial", daemon=True)
        self._process.start()
        theirs.close()
        self._connection, self._tried = ours, 0
        try:
            answer = yield from self._wait(ours, START_S)
        except (EOFError, OSError):
            answer = None
        if isinstance(answer, Ready):
            return ours
        self._end()
        if isinstance(answer, TrialAnswer):
            return answer
        return TrialAnswer(error="the process for it could not be started", is_tried=False)

    def _wait(self, connection: Connection, seconds: float) -> Generator[None, None, Any]:
        """Next message; None if none comes in time."""
        end_s = self._clock.now_s() + seconds
        while not connection.poll(WAIT_S):
            if self._clock.now_s() > end_s:
                return None
            yield
        return connection.recv()

    def _end(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()
            process.join()
            process.close()


def _run(child: str, connection: Connection) -> None:
    catch_crashes_of_child("the shader trial")
    module, _, function = child.partition(":")
    with contextlib.suppress(KeyboardInterrupt):
        try:
            getattr(importlib.import_module(module), function)(connection)
        except (BrokenPipeError, EOFError):
            return  # the parent has gone, or needs no more
        except Exception as error:  # the parent notices, and starts another
            note_crash("the shader trial", error)
