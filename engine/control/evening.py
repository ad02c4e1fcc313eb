"""The evening in numbers: rates, ages and visits from the start on, never more than a few hundred rows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = ("time_s", "frames_per_s", "reflections_per_s", "age_ms", "age_95_ms", "visits")
MOST_ROWS = 480
PERIOD_S = 5.0


class Evening:
    """Keeps one row for each period; when there are too many, every second one goes and the period doubles.

    Args:
        most_rows: how many are kept; even.
        period_s: of the first rows.
    """

    def __init__(self, most_rows: int = MOST_ROWS, period_s: float = PERIOD_S) -> None:
        self._most, self._period_s = most_rows, period_s
        self._rows: list[tuple[float | None, ...]] = []

    def note(self, time_s: float, figures: Mapping[str, Any], visits: int) -> bool:
        """Keep a row, if one is due; returns whether it was.

        Args:
            time_s: the present, on any clock that does not go back.
            figures: what `--status` says (`Report.figures`).
            visits: how many have come since the start.
        """
        if self._rows and time_s - (self._rows[-1][0] or 0.0) < self._period_s:
            return False
        ages = figures.get("age_ms") or {}
        numbers = (figures.get("frames_per_s"), figures.get("reflections_per_s"), ages.get("p50"), ages.get("p95"))
        self._rows.append((round(time_s, 1), *(_number(value) for value in numbers), float(visits)))
        if len(self._rows) > self._most:
            self._rows = self._rows[::2]
            self._period_s *= 2
        return True

    def as_json(self) -> dict[str, Sequence[Any]]:
        """Names of the columns, and the rows, oldest first; None where nothing is known."""
        return {"columns": COLUMNS, "rows": list(self._rows)}


def _number(value: object) -> float | None:
    return round(float(value), 2) if isinstance(value, int | float) else None
