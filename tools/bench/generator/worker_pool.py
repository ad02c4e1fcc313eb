"""Pool of benchmark processes, one per runtime. They are queried one at a time; the others are idle."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools.bench.runtimes.install import environment_python

ROOT = Path(__file__).resolve().parents[3]
BENCH_PYTHON = environment_python(ROOT / ".venv-bench")
LIMIT_S = 240.0  # per answer; compiling a network of 1024 px on a slow machine takes longest
OURS = "narcissus"
OWN = (OURS, "reference")  # run in the show's environment
GUESTS = ("openvino", "onnxruntime", "pytorch")  # run in an environment of their own
INSTALL = "`make bench` installs what requirements-bench.lock names into .venv-bench"


class AbsentError(Exception):
    """A runtime is unavailable; the message is one sentence with the reason."""


class TimedRuntime:
    """Process of one runtime, started on first use.

    Args:
        name: module name in `runtimes`.
        python: Python interpreter of its environment.
        cache: folder for its converted files.
    """

    def __init__(self, name: str, python: Path, cache: Path) -> None:
        self.name = name
        self._python, self._cache = python, cache
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._listeners: list[threading.Thread] = []
        self._words: deque[str] = deque(maxlen=5)

    def ask(self, limit_s: float = LIMIT_S, **request: Any) -> dict[str, Any]:
        """Send a request and wait for the answer.

        Raises:
            AbsentError: it is unsupported, does not run, or exceeds the time limit; the next request restarts the
                process.
        """
        process = self._process or self._start()
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = self._answers.get(timeout=limit_s)
        except queue.Empty:
            self._stop()
            raise AbsentError(f"no answer within {limit_s:g} s") from None
        except OSError:
            line = None
        if line is None:
            with suppress(subprocess.TimeoutExpired):  # so that its own exit status is reported
                process.wait(timeout=1.0)
            self._stop()
            raise AbsentError(self._words[-1] if self._words else f"its process ended with status {process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        if "absent" in answer:
            raise AbsentError(answer["absent"])
        return answer

    def close(self) -> None:
        """Terminate the process; may be called again."""
        self._stop()

    def _start(self) -> subprocess.Popen[str]:
        if not self._python.exists():
            raise AbsentError(f"{self._python} is missing: {INSTALL}")
        settings = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "NARCISSUS_CACHE": str(self._cache)}
        self._process = subprocess.Popen(
            [str(self._python), "-m", "tools.bench.runtimes.worker", self.name],
            cwd=ROOT,
            env=os.environ | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._answers, self._words = queue.Queue(), deque(maxlen=5)
        self._listeners = [
            threading.Thread(target=work, args=(self._process, kept), daemon=True)
            for work, kept in ((_hear_answers, self._answers), (_hear_words, self._words))
        ]
        for listener in self._listeners:
            listener.start()
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for listener in self._listeners:
            listener.join(timeout=5.0)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        with suppress(BrokenPipeError):  # nobody is left to read what remains
            if process.stdin is not None:
                process.stdin.close()


def _hear_answers(process: subprocess.Popen[str], answers: queue.Queue[str | None]) -> None:
    """Pass on every line; None at the end."""
    for line in process.stdout or ():
        answers.put(line)
    answers.put(None)


def _hear_words(process: subprocess.Popen[str], words: deque[str]) -> None:
    """Keep the last lines of its other output."""
    for line in process.stderr or ():
        if line.strip():
            words.append(line.strip()[:200])


class WorkerPool:
    """All runtimes. Their converted files are kept while the pool is open.

    Args:
        guests_python: Python interpreter for the runtimes that are not part of the show.

    Attributes:
        versions: version of each running runtime, by name.
        ways: supported pairs of form and variant of each.
        absent: reasons why the others do not run, by name.
    """

    def __init__(self, guests_python: Path = BENCH_PYTHON) -> None:
        pythons = dict.fromkeys(OWN, Path(sys.executable)) | dict.fromkeys(GUESTS, guests_python)
        self._cache = tempfile.TemporaryDirectory(prefix="narcissus-")
        cache = Path(self._cache.name)
        self._contenders = {name: TimedRuntime(name, python, cache) for name, python in pythons.items()}
        self.versions: dict[str, str] = {}
        self.ways: dict[str, list[tuple[str, str]]] = {}
        self.absent: dict[str, str] = {}

    def muster(self) -> None:
        """Query all runtimes for their versions."""
        for name in (*OWN, *GUESTS):
            try:
                answer = self[name].ask(do="version")
                self.versions[name] = answer["version"]
                self.ways[name] = [(form, variant) for form, variant in answer["ways"]]
            except AbsentError as reason:
                self.absent[name] = str(reason)

    def close_networks(self) -> None:
        """Close all opened networks."""
        for name in self.versions:
            try:
                self[name].ask(do="close")
            except AbsentError:
                continue  # it holds nothing any more

    @property
    def summary(self) -> Mapping[str, Mapping[str, str]]:
        """Report of `version` or `absent`, by name."""
        return {name: {"version": text} for name, text in self.versions.items()} | {
            name: {"absent": text} for name, text in self.absent.items()
        }

    def __getitem__(self, name: str) -> TimedRuntime:
        return self._contenders[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for contender in self._contenders.values():
            contender.close()
        self._cache.cleanup()
