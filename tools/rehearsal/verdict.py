"""The verdict on a rehearsal: figures of what was seen, each with its limit. Pure arithmetic.

The slope of memory is that of Theil (1950) and Sen (1968): the median slope of all pairs of points, which single peaks
do not move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import theilslopes

from tools.rehearsal.director import Incident, Pause
from tools.rehearsal.moment import Moment

WARM_S = 1200.0  # memory settles first, where there is time for it
SHORTEST_S = 600.0  # of what is left after that, before a slope says anything
POINT_S = 10.0  # a point of memory, threads and descriptors is their median over so long
MOST_GAP_S, MOST_MB_PER_H = 1.0, 3.0
MORE_THREADS, MORE_DESCRIPTORS = 2, 4
SETTLED_S, MORE_AT_FIRST = 600.0, 8  # until then pools of threads are still being filled, once each

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Check:
    """A figure and whether it is good.

    Attributes:
        what: it is.
        value: in words.
        limit: in words; empty where there is none.
        is_met: None where it is told only.
    """

    what: str
    value: str
    limit: str = ""
    is_met: bool | None = None


@dataclass(frozen=True)
class Series:
    """Medians of what the show held, a point for each `POINT_S`.

    Attributes:
        time_s: (N,) since the rehearsal began.
        values: (N,) each, by name of `Moment`'s attribute.
    """

    time_s: Array
    values: dict[str, Array]


def series(moments: Sequence[Moment], began_s: float) -> Series:
    """Medians over `POINT_S` of memory, threads, descriptors and age; rates; the longest gap in each."""
    bins: dict[int, list[Moment]] = {}
    for moment in moments:
        bins.setdefault(int((moment.time_s - began_s) // POINT_S), []).append(moment)
    whole = [bins[index] for index in sorted(bins) if len(bins[index]) > 1]
    values: dict[str, Array] = {
        name: np.array([float(np.median([getattr(moment, name) for moment in part])) for part in whole])
        for name in ("memory_mb", "threads", "descriptors", "children")
    }
    for name in ("gap_s", "reflection_gap_s"):
        values[name] = np.array([max(float(getattr(moment, name)) for moment in part) for part in whole])
    for name in ("frames", "reflections"):
        values[f"{name}_per_s"] = np.array(
            [
                (getattr(part[-1], name) - getattr(part[0], name)) / max(1e-9, part[-1].time_s - part[0].time_s)
                for part in whole
            ]
        )
    values["age_ms"] = np.array([_median([m.age_ms for m in part if m.age_ms is not None]) for part in whole])
    return Series(np.array([part[0].time_s - began_s for part in whole]), values)


def judge(
    moments: Sequence[Moment],
    incidents: Sequence[Incident],
    began_s: float,
    exit_status: int,
    crashes: str,
    pauses: Sequence[Pause] = (),
) -> list[Check]:
    """Every figure of a rehearsal.

    Args:
        moments: all that the show told, in order.
        incidents: the faults given.
        began_s: when the rehearsal began, on the clock of `moments`.
        exit_status: of the show.
        crashes: what it wrote of crashes.
        pauses: in which the machine ran nothing; what was seen of them is no fault of the show.
    """
    awake = [moment for moment in moments if not any(pause.touches(moment) for pause in pauses)]
    rehearsed = [moment for moment in awake if moment.time_s >= began_s]
    waking = [moment.gap_s for moment in awake if moment.time_s < began_s]
    points = series(rehearsed, began_s)
    longest_s = max((moment.gap_s for moment in rehearsed), default=float("inf"))
    waited = sum(moment.waited_s for moment in rehearsed) / max(1.0, _length(points))
    still = sum(moment.is_still for moment in rehearsed)
    recovered = [incident for incident in incidents if incident.recovery_s is not None]
    times_s = [incident.recovery_s for incident in recovered if incident.recovery_s is not None]
    return [
        Check("length", f"{_length(points):.0f} s, {len(incidents)} faults of {_kinds(incidents)} kinds"),
        Check("longest time without a new picture", f"{longest_s:.2f} s", f"{MOST_GAP_S:g} s", longest_s <= MOST_GAP_S),
        Check("the same while the networks woke", f"{max(waking, default=0.0):.2f} s"),
        Check("moments at which the wall itself stood still", f"{still}", "0", still == 0),
        Check(
            "longest time without a new reflection",
            f"{max((moment.reflection_gap_s for moment in rehearsed), default=float('inf')):.2f} s",
        ),
        Check(
            "recoveries",
            f"{len(recovered)} of {len(incidents)}; after {_median(times_s):.1f} s (median), "
            f"{max(times_s, default=0):.1f} s (worst)",
            "all",
            bool(incidents) and len(recovered) == len(incidents),
        ),
        _memory(points),
        _level("threads", points, MORE_THREADS),
        _level("descriptors", points, MORE_DESCRIPTORS),
        Check("its main thread waited for a processor", f"{100 * waited:.0f} % of the time"),
        Check("pauses of the machine", f"{len(pauses)}, {sum(pause.seconds for pause in pauses):.0f} s, left out"),
        Check("crashes written", "none" if not crashes.strip() else crashes.strip()[:200], "none", not crashes.strip()),
        Check("exit status of the show", str(exit_status), "0", exit_status == 0),
        *_rates(points),
    ]


def is_passed(checks: Sequence[Check]) -> bool:
    """Whether no figure is beyond its limit."""
    return all(check.is_met is not False for check in checks)


def slope_per_h(time_s: Array, values: Array) -> tuple[float, float, float]:
    """Theil-Sen slope, and its 95 % interval, in units an hour. Needs two points."""
    found = theilslopes(values, time_s / 3600, alpha=0.95)
    return float(found.slope), float(found.low_slope), float(found.high_slope)


def _memory(points: Series) -> Check:
    what, limit = "memory by Theil-Sen, after 20 minutes", f"{MOST_MB_PER_H:g} MB/h"
    warm = points.time_s >= WARM_S
    memory = points.values["memory_mb"]
    if warm.sum() * POINT_S < SHORTEST_S:
        if memory.size < 2:
            return Check(what, "not judged: too short")
        span = f"{memory[0]:.0f} MB at first, {memory[-1]:.0f} MB at last"
        return Check(what, f"not judged: too short for it; {span}")
    slope, low, high = slope_per_h(points.time_s[warm], memory[warm])
    value = f"{slope:+.1f} MB/h ({low:+.1f} to {high:+.1f}); {memory[warm][0]:.0f} to {memory[-1]:.0f} MB"
    return Check(what, value, limit, slope <= MOST_MB_PER_H)


def _level(name: str, points: Series, more: int) -> Check:
    """Whether the least that is held does not grow: what faults hold for a while is not counted."""
    values = points.values[name]
    if values.size < 4:
        return Check(name, "not judged: too short")
    quarter = max(1, values.size // 4)
    first, last = float(values[quarter : 2 * quarter].min()), float(values[-quarter:].min())
    more += MORE_AT_FIRST if _length(points) < SETTLED_S else 0
    value = f"{first:.0f} in the second quarter, {last:.0f} in the last, {values.max():.0f} at most"
    return Check(name, value, f"{more} more", last <= first + more)


def _rates(points: Series) -> list[Check]:
    told = (("frames_per_s", "pictures a second"), ("reflections_per_s", "reflections a second"), ("age_ms", "age, ms"))
    checks = []
    for name, what in told:
        known = points.values[name][np.isfinite(points.values[name])]
        if known.size:
            low, middle, high = np.percentile(known, (5, 50, 95))
            checks.append(Check(what, f"{middle:.1f} (median), {low:.1f} to {high:.1f}"))
    return checks


def _length(points: Series) -> float:
    return float(points.time_s[-1] - points.time_s[0] + POINT_S) if points.time_s.size else 0.0


def _kinds(incidents: Sequence[Incident]) -> int:
    return len({incident.name for incident in incidents})


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else float("nan")
