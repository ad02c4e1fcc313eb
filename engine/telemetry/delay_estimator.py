"""Delay estimator: delay of a pattern in the camera's picture, where it appears, and the confidence.

The position and brightness of the screen in the camera's picture are unknown, and other things move. Each part of the
picture is therefore correlated with the pattern at every possible delay, and the parts that agree best are combined.
Knows neither camera nor clock: numbers in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.telemetry.flicker_pattern import CHIP_S

LONGEST_S = 1.2  # longest delay searched
COARSE_S, FINE_S = 0.01, 0.001  # steps of the search: over all parts, then over the best ones
SMOOTH_S = 0.02  # approximate exposure time
DRIFT_S = 1.5  # slower changes are the room or the camera's automatic exposure
ALIKE = 0.6  # parts with this share of the best correlation are used too
SEEN, ALONE = 0.4, 1.6  # least correlation; least ratio to that at any other delay
FLANK = 0.7  # height, as a share of the peak, at which its flanks are bisected
BLOCKS = 5  # time is cut into this many, each with its own delay
FEWEST = 60  # pictures

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shown:
    """What was on the screen: the brightness `levels` (N,), 0 to 1, from each of `times_s` (N,), increasing."""

    times_s: Floats
    levels: Floats


@dataclass(frozen=True, slots=True)
class Seen:
    """What the camera saw: brightness of each part of its picture, `parts` (M, P), at `times_s` (M,), increasing."""

    times_s: Floats
    parts: Floats


@dataclass(frozen=True, slots=True)
class Delay:
    """Estimated delay of a pattern.

    Attributes:
        delay_s: from its hand-over to the screen until a picture of it has arrived.
        error_s: standard error, from the spread between parts of the time.
        confidence: correlation with the pattern, 0 to 1: found in the first half of the time, measured in the second.
        share: share of the camera's picture that shows it, 0 to 1.
    """

    delay_s: float
    error_s: float
    confidence: float
    share: float


def find_delay(shown: Shown, seen: Seen) -> Delay | None:
    """Find the pattern; None if it is not seen."""
    if len(seen.times_s) < FEWEST or len(shown.times_s) < 2:
        return None
    first = np.arange(len(seen.times_s)) < len(seen.times_s) // 2
    found = _choose_parts(shown, seen, first)
    if found is None:
        return None
    confidence = _agreement_elsewhere(shown, seen, ~first, *found)
    if confidence is None:
        return None
    everything = np.ones(len(seen.times_s), bool)
    chosen = _choose_parts(shown, seen, everything)
    if chosen is None:
        return None
    parts, about_s = chosen
    light = seen.parts[:, parts].mean(axis=1)
    delay_s = _peak(shown, seen.times_s, light, about_s)
    blocks = np.array_split(np.arange(len(light)), BLOCKS)
    each = [_peak(shown, seen.times_s[block], light[block], delay_s) for block in blocks]
    return Delay(delay_s, float(np.std(each, ddof=1) / np.sqrt(BLOCKS)), confidence, float(parts.mean()))


def _choose_parts(shown: Shown, seen: Seen, when: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], float] | None:
    """The parts of the picture (P,) that correlate with the pattern, and a coarse delay, s."""
    lags = np.arange(0.0, LONGEST_S, COARSE_S)
    agreement = _agreement(shown, seen.times_s[when], seen.parts[when], lags)  # (L, P)
    best = float(agreement.max(initial=0.0))
    if best < SEEN:
        return None
    at = int(np.unravel_index(int(agreement.argmax()), agreement.shape)[0])
    near = agreement[max(0, at - 3) : at + 4].max(axis=0)
    return near >= ALIKE * best, float(lags[at])


def _agreement_elsewhere(
    shown: Shown, seen: Seen, when: NDArray[np.bool_], parts: NDArray[np.bool_], about_s: float
) -> float | None:
    """Correlation of these parts at another time, 0 to 1; None if some other delay correlates nearly as well."""
    lags = np.arange(0.0, LONGEST_S, COARSE_S)
    light = seen.parts[when][:, parts].mean(axis=1, keepdims=True)
    agreement = _agreement(shown, seen.times_s[when], light, lags)[:, 0]
    there = np.abs(lags - about_s) <= CHIP_S / 2
    elsewhere = np.abs(lags - about_s) >= 1.25 * CHIP_S
    peak, other = float(agreement[there].max()), float(agreement[elsewhere].max(initial=0.0))
    return min(1.0, peak) if peak >= max(SEEN, ALONE * other) else None


def _peak(shown: Shown, times_s: Floats, light: Floats, about_s: float) -> float:
    """Delay of maximum correlation with the light (M,), s: halfway between the flanks of the peak, which are more
    precise than its blunt top."""
    lags = np.arange(about_s - CHIP_S, about_s + CHIP_S, FINE_S)
    curve = _agreement(shown, times_s, light[:, None], lags)[:, 0]
    top = int(curve.argmax())
    height = FLANK * curve[top]
    below = np.flatnonzero(curve < height)
    left, right = below[below < top], below[below > top]
    if not len(left) or not len(right):
        return float(lags[top])
    return (_crossing(lags, curve, int(left[-1]), height) + _crossing(lags, curve, int(right[0]) - 1, height)) / 2


def _crossing(lags: Floats, curve: Floats, index: int, height: float) -> float:
    """Position at which the curve crosses `height` between `index` and the next."""
    return float(lags[index] + FINE_S * (height - curve[index]) / (curve[index + 1] - curve[index]))


def _agreement(shown: Shown, times_s: Floats, parts: Floats, lags: Floats) -> Floats:
    """Correlation (L, P), -1 to 1, of `parts` (M, P) at `times_s` (M,) with the pattern `lags` (L,) earlier; 0 for
    constant parts."""
    gathered = np.concatenate([[0.0], np.cumsum(np.diff(shown.times_s) * shown.levels[:-1])])

    def until(moments: Floats) -> Floats:
        return np.interp(moments, shown.times_s, gathered)

    moments = times_s[:, None] - lags  # (M, L)
    expected = (until(moments + SMOOTH_S / 2) - until(moments - SMOOTH_S / 2)) / SMOOTH_S
    width = max(3, round(DRIFT_S * len(times_s) / (times_s[-1] - times_s[0])))
    return _normed(_without_drift(expected, width)).T @ _normed(_without_drift(parts, width))


def _without_drift(rows: Floats, width: int) -> Floats:
    """(M, K) minus the running mean over `width` rows; fewer at the ends."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    index = np.arange(len(rows))
    low, high = np.maximum(0, index - width // 2), np.minimum(len(rows), index + width // 2 + 1)
    return np.asarray(rows - (total[high] - total[low]) / (high - low)[:, None])


def _normed(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=0)
    return np.asarray(rows / np.where(length > 1e-9, length, np.inf))
