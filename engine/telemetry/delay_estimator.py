"""Delay: how long after it was shown a pattern is seen, in which part of the camera's picture, and how surely.

Nobody says where the screen is in the camera's picture, how bright it is there, or what else moves. So each part of
the picture is correlated with what was shown, at every delay that may be; the parts that agree best are taken together.
It knows neither camera nor clock: numbers in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.telemetry.flicker_pattern import CHIP_S

LONGEST_S = 1.2  # delays that are looked for: from 0 to here
COARSE_S, FINE_S = 0.01, 0.001  # steps of the search in all parts of the picture, and in what is left of it
SMOOTH_S = 0.02  # the light of a picture is gathered over about as long
DRIFT_S = 1.5  # what changes more slowly than this is the room or the camera's own exposure
ALIKE = 0.6  # parts whose agreement reaches this share of the best one's are taken too
SEEN, ALONE = 0.4, 1.6  # least agreement; how much better than at any other delay it must be
FLANK = 0.7  # share of the peak at which its two sides are halved
BLOCKS = 5  # that the time is cut into, each of which gives a delay of its own
FEWEST = 60  # pictures

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shown:
    """What was on the screen: from each of `times_s` (N,), rising, the brightness `levels` (N,), 0 to 1."""

    times_s: Floats
    levels: Floats


@dataclass(frozen=True, slots=True)
class Seen:
    """What the camera saw: at `times_s` (M,), rising, the brightness of each part of its picture, `parts` (M, P)."""

    times_s: Floats
    parts: Floats


@dataclass(frozen=True, slots=True)
class Delay:
    """How late a pattern is seen.

    Attributes:
        delay_s: from the moment that it is handed to the screen to the moment that a picture of it is there.
        error_s: standard error of that, from how much parts of the time differ.
        confidence: how well what is seen agrees with what was shown, 0 to 1: where the pattern was found by the first
            half of the time, judged by the second.
        share: of the camera's picture that shows it, 0 to 1.
    """

    delay_s: float
    error_s: float
    confidence: float
    share: float


def find_delay(shown: Shown, seen: Seen) -> Delay | None:
    """Find the pattern; None if it is not to be seen."""
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
    """The parts of the picture (P,) that agree with what was shown, and about how late, s."""
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
    """How well these parts agree at another time, 0 to 1; None if at some other delay they agree nearly as well."""
    lags = np.arange(0.0, LONGEST_S, COARSE_S)
    light = seen.parts[when][:, parts].mean(axis=1, keepdims=True)
    agreement = _agreement(shown, seen.times_s[when], light, lags)[:, 0]
    there = np.abs(lags - about_s) <= CHIP_S / 2
    elsewhere = np.abs(lags - about_s) >= 1.25 * CHIP_S
    peak, other = float(agreement[there].max()), float(agreement[elsewhere].max(initial=0.0))
    return min(1.0, peak) if peak >= max(SEEN, ALONE * other) else None


def _peak(shown: Shown, times_s: Floats, light: Floats, about_s: float) -> float:
    """The delay at which the light (M,) agrees best, s: halfway between the two flanks of the peak, which is as
    pointed as the pattern's steps are sharp, and whose very top says less than its sides."""
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
    """Where the curve passes `height` between `index` and the next."""
    return float(lags[index] + FINE_S * (height - curve[index]) / (curve[index + 1] - curve[index]))


def _agreement(shown: Shown, times_s: Floats, parts: Floats, lags: Floats) -> Floats:
    """Correlation, -1 to 1, of what was seen at `times_s` (M,) in `parts` (M, P) with what was shown `lags` (L,)
    earlier: (L, P). Parts that do not change agree with nothing."""
    gathered = np.concatenate([[0.0], np.cumsum(np.diff(shown.times_s) * shown.levels[:-1])])

    def until(moments: Floats) -> Floats:
        return np.interp(moments, shown.times_s, gathered)

    moments = times_s[:, None] - lags  # (M, L)
    expected = (until(moments + SMOOTH_S / 2) - until(moments - SMOOTH_S / 2)) / SMOOTH_S
    width = max(3, round(DRIFT_S * len(times_s) / (times_s[-1] - times_s[0])))
    return _normed(_without_drift(expected, width)).T @ _normed(_without_drift(parts, width))


def _without_drift(rows: Floats, width: int) -> Floats:
    """(M, K) less the mean of `width` rows around each; fewer at the ends."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    index = np.arange(len(rows))
    low, high = np.maximum(0, index - width // 2), np.minimum(len(rows), index + width // 2 + 1)
    return np.asarray(rows - (total[high] - total[low]) / (high - low)[:, None])


def _normed(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=0)
    return np.asarray(rows / np.where(length > 1e-9, length, np.inf))
