"""Process of one runtime: `python -m tools.bench.runtimes.worker NAME`. Requests and answers are lines of JSON.

    {"do": "version"}                                             {"version", "ways": [[form, variant], ...]}
    {"do": "open", "key", "folder", "form", "precision", "variant"}     {"how", "device"}
    {"do": "draw", "key", "latents": FILE, "output": FILE}        {}
    {"do": "time", "key", "latents": FILE, "seconds", "runs"}     {"ms": [...]}
    {"do": "close"}                                               {}, after all are closed
    {"do": "peaks"}                                               what `Peaks.to_json` says

If a request cannot be fulfilled, the answer is {"absent"} with one sentence.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.clock import Clock
from tools.bench.roofline import Peaks
from tools.bench.runtimes import NotOfferedError, Opened

MAX_REASON = 200


class Worker:
    """Answers requests with one runtime.

    Args:
        name: module name in `runtimes`.
    """

    def __init__(self, name: str) -> None:
        self._contender = importlib.import_module(f"tools.bench.runtimes.{name}")
        self._opened: dict[str, Opened] = {}
        self._slow: set[str] = set()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Fulfil a request."""
        what = request.pop("do")
        found: dict[str, Any] = getattr(self, f"_{what}")(**request)
        return found

    def _version(self) -> dict[str, Any]:
        return {"version": self._contender.version(), "ways": self._contender.WAYS}

    def _open(self, key: str, folder: str, form: str, precision: str, variant: str) -> dict[str, Any]:
        opened = self._contender.open_case(Path(folder), form, precision, variant)
        self._opened[key] = opened
        return {"how": opened.how, "device": opened.device}

    def _draw(self, key: str, latents: str, output: str) -> dict[str, Any]:
        opened = self._at(key)
        np.save(output, np.concatenate([opened.draw(z[None]) for z in np.load(latents)]), allow_pickle=False)
        return {}

    def _time(self, key: str, latents: str, seconds: float, runs: int) -> dict[str, Any]:
        """Time up to `runs` runs in about `seconds`, after a warm-up unless it is slow: others used the caches
        meanwhile."""
        draw, clock, rows = self._at(key).draw, Clock(), np.load(latents)
        if key not in self._slow:
            draw(rows[:1])
        durations_ms: list[float] = []
        while len(durations_ms) < runs and sum(durations_ms) < 1000 * seconds:
            z = rows[len(durations_ms) % len(rows)][None]
            began_s = clock.now_s()
            draw(z)
            durations_ms.append(1000 * (clock.now_s() - began_s))
        if len(durations_ms) == 1:
            self._slow.add(key)
        return {"ms": durations_ms}

    def _at(self, key: str) -> Opened:
        if key not in self._opened:
            raise NotOfferedError("its process had ended, and was started anew without it")
        return self._opened[key]

    def _close(self) -> dict[str, Any]:
        self._opened.clear()
        self._slow.clear()
        return {}

    def _peaks(self) -> dict[str, Any]:
        peaks: Peaks = self._contender.peaks()
        return peaks.to_json()


def main() -> None:
    """Answer until the parent goes away."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # library output must not mix with answers
        worker: Worker | None = None
        for line in sys.stdin:
            try:
                worker = worker or Worker(sys.argv[1])
                answer = worker.answer(json.loads(line))
            except NotOfferedError as reason:
                answer = {"absent": str(reason)}
            except Exception as error:  # whatever it is, the others go on
                answer = {"absent": f"{type(error).__name__}: {' '.join(str(error).split())[:MAX_REASON]}"}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
