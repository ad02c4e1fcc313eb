"""Gestures by which a visitor agrees and ends it: both eyes closed before the glass; turning away, or a covered face.

Pure logic on numbers that the face mesh gives. One `GestureReader` follows one visitor. Eyes are judged by the
visitor's own open eyes, so that narrow ones count like wide ones.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.core.easing import clamp
from engine.features.featurizer import LAYOUT
from engine.types import Features

BASELINE_S = 1.0  # open eyes are watched for so long before closed ones can count
MEMORY_S = 6.0  # of open eyes
OPEN_PERCENTILE = 70.0  # of what was seen in that time: blinks lie below it
# Of the visitor's own openness. Measured on a portrait with painted lids: closed 0.35 to 0.48, half closed 0.67.
CLOSED, OPEN = 0.55, 0.75
DROP_S = 0.7  # eyes close at once: so long before, they were open. A head that sinks lowers the lids slowly
LOOKING_YAW_DEG, LOOKING_PITCH_DEG = 25.0, 30.0  # before the glass; a camera may hang above it or below
NOD_DEG = 12.0  # the head stays where it was when the eyes closed
INTERRUPTED_S = 0.4  # a reading that slips, or a face lost for so long, does not begin the gesture anew
TURNED_YAW_DEG, TURNED_PITCH_DEG = 35.0, 40.0
RETURNED_S = 0.3  # a mesh on a profile may look straight for a frame
HIDDEN = 0.6  # contrast of the irises, of the visitor's own: below it, open eyes are behind something
LEAST_CONTRAST = 12.0  # CIELAB: with less than this there is nothing to miss

_OPEN_EYES = [LAYOUT.index("expression.eye_open_left"), LAYOUT.index("expression.eye_open_right")]
_IRISES = [LAYOUT.index(f"colour.iris_{side}_L") for side in ("left", "right")]
_CHEEKS = [LAYOUT.index(f"colour.cheek_{side}_L") for side in ("left", "right")]


@dataclass(frozen=True, slots=True)
class Glance:
    """What of a measured face tells a gesture.

    Attributes:
        time_s: of the picture.
        eyes: gap between the lids of the more open eye / eye width.
        yaw_deg, pitch_deg: as `Features`.
        contrast: how far the irises stand out from the cheeks, CIELAB; 0 where that is not known.
    """

    time_s: float
    eyes: float
    yaw_deg: float
    pitch_deg: float
    contrast: float = 0.0

    @classmethod
    def of(cls, features: Features) -> Glance:
        """What a measurement tells."""
        vector = features.vector
        irises, cheeks = (
            np.stack([vector[start : start + 3] for start in starts]).mean(axis=0) for starts in (_IRISES, _CHEEKS)
        )
        return cls(
            features.captured_s,
            float(vector[_OPEN_EYES].max()),
            features.yaw_deg,
            features.pitch_deg,
            float(np.linalg.norm(irises - cheeks)),
        )

    @property
    def is_looking(self) -> bool:
        """Whether the face is turned to the glass."""
        return abs(self.yaw_deg) <= LOOKING_YAW_DEG and abs(self.pitch_deg) <= LOOKING_PITCH_DEG

    @property
    def is_turned(self) -> bool:
        """Whether it is turned away."""
        return abs(self.yaw_deg) > TURNED_YAW_DEG or abs(self.pitch_deg) > TURNED_PITCH_DEG


class GestureReader:
    """Follows one visitor: `see` each measurement, and `pass_time` once a frame.

    Args:
        agree_s: how long the eyes are closed to agree.
        end_s: how long the visitor turns away, or is covered, to end it.

    Attributes:
        has_agreed: whether something of this visitor may be kept.
        ended_s: when they ended it; None unless they did, or agreed again.
    """

    def __init__(self, agree_s: float, end_s: float) -> None:
        self.has_agreed = False
        self.ended_s: float | None = None
        self._agree_s, self._end_s = agree_s, end_s
        self._last_s: float | None = None  # newest measurement
        self._seen: deque[Glance] = deque()  # while the eyes may be open
        self._watched_s = 0.0
        self._was_open_s: float | None = None
        self._closing: Glance | None = None  # the first with closed eyes
        self._last_closed_s: float | None = None
        self._closed_s = 0.0
        self._looking_s: float | None = None  # last seen before the glass
        self._back_s: float | None = None  # since when seen before the glass again, without interruption

    @property
    def progress(self) -> float:
        """How much of the gesture of agreeing is done, 0 to 1."""
        return 1.0 if self.has_agreed else clamp(self._closed_s / self._agree_s)

    def see(self, glance: Glance) -> None:
        """Take a measurement; one that was seen already is left out."""
        if self._last_s is not None and glance.time_s <= self._last_s:
            return
        elapsed_s = glance.time_s - self._last_s if self._last_s is not None else 0.0
        self._last_s = glance.time_s
        if elapsed_s > INTERRUPTED_S:
            self._back_s = None
        self._watch_turning(glance)
        if not self.has_agreed:
            self._watch_eyes(glance, elapsed_s)
        elif self._closing is None:
            self._remember(glance)

    def pass_time(self, now_s: float) -> None:
        """Move on to `now_s`: a visitor who is not seen before the glass for `end_s` has ended it."""
        if self._last_closed_s is not None and now_s - self._last_closed_s > INTERRUPTED_S and not self.has_agreed:
            self._begin_anew()
        if self.has_agreed and self._looking_s is not None and now_s - self._looking_s >= self._end_s:
            self.has_agreed, self.ended_s = False, now_s
            self._forget_eyes()

    def _watch_turning(self, glance: Glance) -> None:
        if glance.is_turned or self._is_covered(glance):
            self._back_s = None
            return
        if self._back_s is None:
            self._back_s = glance.time_s
        if self._looking_s is None or glance.time_s - self._back_s >= RETURNED_S:
            self._looking_s = glance.time_s

    def _is_covered(self, glance: Glance) -> bool:
        """Whether something stands before the eyes: the mesh goes on with open ones, and no iris is seen."""
        usual = self._usual(1)
        if not self._knows_eyes or usual < LEAST_CONTRAST:
            return False
        return glance.eyes > CLOSED * self._usual(0) and glance.contrast < HIDDEN * usual

    def _watch_eyes(self, glance: Glance, elapsed_s: float) -> None:
        usual = self._usual(0)
        is_closed = self._knows_eyes and glance.is_looking and glance.eyes < CLOSED * usual
        if self._closing is None:
            if is_closed and self._was_open_s is not None and glance.time_s - self._was_open_s <= DROP_S:
                self._closing, self._last_closed_s = glance, glance.time_s
            else:
                self._remember(glance)
            return
        has_nodded = max(abs(glance.pitch_deg - self._closing.pitch_deg), abs(glance.yaw_deg - self._closing.yaw_deg))
        if has_nodded > NOD_DEG or (self._last_closed_s or 0.0) + INTERRUPTED_S < glance.time_s:
            self._begin_anew()
        elif is_closed:
            self._closed_s += elapsed_s
            self._last_closed_s = glance.time_s
            if self._closed_s >= self._agree_s:
                self.has_agreed, self.ended_s, self._looking_s = True, None, glance.time_s
                self._begin_anew()

    def _remember(self, glance: Glance) -> None:
        """Learn what this visitor's open eyes are like."""
        if not glance.is_looking:
            return
        self._seen.append(glance)
        while glance.time_s - self._seen[0].time_s > MEMORY_S:
            self._seen.popleft()
        self._watched_s = max(self._watched_s, glance.time_s - self._seen[0].time_s)
        if self._knows_eyes and glance.eyes >= OPEN * self._usual(0):
            self._was_open_s = glance.time_s

    @property
    def _knows_eyes(self) -> bool:
        return self._watched_s >= BASELINE_S

    def _usual(self, which: int) -> float:
        """Usual openness (0) or contrast (1) of this visitor's open eyes."""
        if not self._seen:
            return 0.0
        rows = [(glance.eyes, glance.contrast) for glance in self._seen]
        return float(np.percentile([row[which] for row in rows], OPEN_PERCENTILE))

    def _begin_anew(self) -> None:
        self._closing = self._last_closed_s = None
        self._closed_s = 0.0

    def _forget_eyes(self) -> None:
        self._seen.clear()
        self._watched_s, self._was_open_s = 0.0, None
        self._begin_anew()
