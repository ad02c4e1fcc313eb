"""The report of a show: counts and durations while it runs, and the JSON of `--stats` at its end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.core.latency_stamps import STEPS, LatencyStamps
from engine.core.samples import Samples, describe, rate_per_s
from engine.core.slot import Slot
from engine.pipeline.quality_controller import QualityStatus
from engine.pipeline.reflection_thread import Health
from engine.system.disk import explain
from engine.types import Reflection


class Report:
    """Counts and times drawn frames.

    Args:
        started_s: start of the program, on the show's clock.
        slots: slots whose drops are reported.
        pace: what keeps the frame rate, in a few words.
        clock: `live` for real time, `film` for the time of the film.

    Attributes:
        loop: the result of `--measure-loop` as JSON; None if it was not asked for.
    """

    def __init__(self, started_s: float, slots: Sequence[Slot[Any]], pace: str = "", clock: str = "live") -> None:
        self._started_s = started_s
        self._slots = slots
        self._pace, self._clock = pace, clock
        self.loop: dict[str, Any] | None = None
        self._draw_ms = Samples()
        self._interval_ms = Samples()
        self._reflection_ms = Samples()
        self._age_ms = Samples()
        self._legs_ms = {name: Samples() for name in STEPS}
        self._drawn = self._reflections = 0
        self._first_s: float | None = None
        self._last_s = started_s
        self._first_reflection_s: float | None = None
        self._last_reflection_s = started_s

    @property
    def seconds(self) -> float:
        """Seconds since the first drawn frame; 0 before it."""
        return 0.0 if self._first_s is None else self._last_s - self._first_s

    def presented(
        self, now_s: float, draw_s: float, reflection: Reflection | None, uploaded_s: float | None = None
    ) -> None:
        """Count a presented frame.

        Args:
            now_s: the time now.
            draw_s: time taken to draw it.
            reflection: the reflection it shows for the first time, if any.
            uploaded_s: when that was handed to the graphics card.
        """
        if self._first_s is None:
            self._first_s = now_s
        else:
            self._interval_ms.add((now_s - self._last_s) * 1000)
        self._last_s = now_s
        self._drawn += 1
        self._draw_ms.add(draw_s * 1000)
        if reflection is not None:
            self._reflections += 1
            self._age_ms.add((now_s - reflection.latent.captured_s) * 1000)
            if reflection.stamps is not None and uploaded_s is not None:
                self._count_legs(replace(reflection.stamps, uploaded_s=uploaded_s, presented_s=now_s))
            if self._first_reflection_s is None:
                self._first_reflection_s = now_s
            else:
                self._reflection_ms.add((now_s - self._last_reflection_s) * 1000)
            self._last_reflection_s = now_s

    def summary(self, health: Health) -> dict[str, Any]:
        """Everything that `--stats` writes; times in ms, rates per second."""
        return ({} if self.loop is None else {"loop": self.loop}) | {
            "clock": self._clock,
            "frames": {
                "drawn": self._drawn,
                "per_s": rate_per_s(max(0, self._drawn - 1), self.seconds),
                "draw_ms": self._draw_ms.percentiles(),
                "interval_ms": self._interval_ms.percentiles((50, 95, 99)),
                "pace": self._pace,
            },
            "reflections": {
                "count": self._reflections,
                "per_s": rate_per_s(self._reflections, self.seconds),
                "age_ms": self._age_ms.percentiles(),
            },
            "latency_ms": self._latency_ms(),
            "stages_ms": health.stages_ms,
            "drops": {slot.name: slot.drop_count for slot in self._slots},
            "faces": {"frames_seen": health.faces_seen, "frames_looked_at": health.frames_seen},
            "errors": health.errors,
            "drawing": None if health.drawing is None else _as_table(health.drawing),
            "seconds": round(self.seconds, 3),
            "start_s": {
                "first_frame": self._since_start(self._first_s),
                "first_reflection": self._since_start(self._first_reflection_s),
            },
        }

    def lines(self, health: Health, notes: Sequence[str]) -> list[str]:
        """Lines of the overlay: rates, ages, durations (median / 95th percentile), drops, then `notes`.

        Latencies are per step, from the camera on.
        """
        stages = ", ".join(f"{name} {describe(times)}" for name, times in health.stages_ms.items())
        latency = ", ".join(f"{name} {describe(times)}" for name, times in self._latency_ms().items())
        drops = ", ".join(f"{slot.name} {slot.drop_count}" for slot in self._slots)
        drawn, reflected = (samples.rate_per_s() for samples in (self._interval_ms, self._reflection_ms))
        return [
            f"drawn\t{drawn:.1f}/s, in {describe(self._draw_ms.percentiles())}",
            f"reflections\t{reflected:.1f}/s, age {describe(self._age_ms.percentiles())}",
            f"pace\t{self._pace}",
            f"latency\t{latency or '-'}",
            f"stages\t{stages}",
            f"drops\t{drops}",
            *([f"face\t{health.drawing}"] if health.drawing is not None else []),
            *notes,
        ]

    def figures(self, now_s: float) -> dict[str, Any]:
        """What `--status` says of pictures and reflections until `now_s`."""
        return {
            "uptime_s": round(now_s - self._started_s, 1),
            "frames": self._drawn,
            "reflections": self._reflections,
            "frames_per_s": round(self._interval_ms.rate_per_s(), 1),
            "reflections_per_s": round(self._reflection_ms.rate_per_s(), 1),
            "age_ms": self._age_ms.percentiles(),
            "draw_ms": self._draw_ms.percentiles(),
        }

    def write(self, path: Path, health: Health) -> None:
        """Write the summary as JSON.

        Raises:
            DeviceError: the file cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self.summary(health), indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise explain(error, path, f"the statistics {path} could not be written") from error

    def _count_legs(self, stamps: LatencyStamps) -> None:
        for name, milliseconds in stamps.legs_ms().items():
            self._legs_ms[name].add(milliseconds)

    def _latency_ms(self) -> dict[str, dict[str, float]]:
        """Percentiles of the duration of each step; empty before the first picture has come through."""
        found = {name: samples.percentiles() for name, samples in self._legs_ms.items()}
        return {name: times for name, times in found.items() if times}

    def _since_start(self, moment_s: float | None) -> float | None:
        return None if moment_s is None else round(moment_s - self._started_s, 3)


def _as_table(standing: QualityStatus) -> dict[str, Any]:
    """Runtime and size of the drawn face, for `--stats`."""
    return {
        "size_px": standing.level.size_px,
        "whole_px": standing.best.size_px,
        "runtime": standing.level.runtime,
        "lowered": standing.lowered_count,
        "memory_faults": standing.memory_faults,
    }
