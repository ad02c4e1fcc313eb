"""Health: whether the show is alive, from its own counters, for `/healthz`, the metrics and the panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.supervision.heartbeat import Heartbeat

LIMIT_S = 10.0


class Health:
    """Looks at the counters of the show.

    Args:
        figures: of the show, as `--status` says them; asked from the thread that calls `look`.
        begun_s: the present, on the clock of `look`.

    Attributes:
        figures: as they were last.
        problem: what is wrong, a few words; None while nothing is.
    """

    def __init__(self, figures: Callable[[], Mapping[str, Any]], begun_s: float) -> None:
        self.figures: Mapping[str, Any] = {}
        self.problem: str | None = None
        self._ask, self._begun_s = figures, begun_s
        self._heartbeat = Heartbeat(begun_s, LIMIT_S)

    def look(self, now_s: float) -> None:
        """Look now; once a second is enough."""
        self.figures = self._ask()
        self.problem = self._heartbeat.problem(self.figures, now_s)

    @property
    def line(self) -> str:
        """How the show is, one line."""
        if self.problem is not None:
            return self.problem
        rates = [f"{self.figures.get(name, 0):.0f} {what}/s" for name, what in RATES.items()]
        age_ms = (self.figures.get("age_ms") or {}).get("p50")
        return " · ".join([*rates, *([f"{age_ms:.0f} ms old"] if age_ms is not None else [])])


RATES = {"frames_per_s": "drawn", "reflections_per_s": "reflected"}
