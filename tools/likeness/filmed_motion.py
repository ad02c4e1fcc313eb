"""Still and turning heads in front of a mirror with an encoder: films of viewers' pictures through the whole pipeline.

An encoder needs pictures, so viewers are filmed (`viewer_film.py`), while for an inverter of features they are vectors
(`motion_trial.py`); the figures are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from engine.features.featurizer import LAYOUT
from engine.types import ByteArray, Features, FloatArray
from tools.likeness.answers import answers_afresh, can_answer
from tools.likeness.motion_trial import (
    ARRIVAL_S,
    RATE_HZ,
    STILL_S,
    TURNING_EVERY,
    TURNING_S,
    MotionTrial,
    Values,
    follow_faces,
    settled,
    yaw_of_a_turn,
)
from tools.likeness.viewer_film import ViewerFilm, seen_in
from tools.metrics.jitter_and_lag import jitter_deg_s, lag_ms

STILL_VIEWERS, DRAWN_STILL_VIEWERS, TURNING_VIEWERS = 6, 3, 3


@dataclass(frozen=True)
class Filmed:
    """Viewers with their pictures.

    Attributes:
        faces: N viewers.
        pictures: (N, H, W, 3) uint8 RGB.
    """

    faces: Sequence[Features]
    pictures: ByteArray


class FilmedMotionTrial(MotionTrial):
    """Motion trial of a persona with an encoder."""

    def still_in_films(self, viewers: Filmed) -> Values:
        """See `MotionTrial.still`, with films; there is no floor, because no film is free of noise."""
        random = np.random.default_rng(3)
        speeds: list[float] = []
        drawn: list[tuple[float, float]] = []
        for film in tqdm(self._films(viewers, STILL_VIEWERS), unit=" viewers", desc="still viewers"):
            seen = seen_in(film.still(round((ARRIVAL_S + STILL_S) * RATE_HZ), random), RATE_HZ)
            latents = settled(follow_faces(self._inverter, seen, self._drawer.generator.latent_size))
            speeds.append(jitter_deg_s(latents, RATE_HZ))
            if len(drawn) < DRAWN_STILL_VIEWERS:
                drawn.append(self._drawn_jitter(latents))
        if not speeds:
            return {"jitter_deg_s": {}, "pixel_jitter": {}, "landmark_jitter": {}}
        of_pixels, of_landmarks = np.mean(drawn, axis=0)
        return {
            "jitter_deg_s": {"value": float(np.sqrt(np.mean(np.square(speeds)))), "fixed": 0.0},
            "pixel_jitter": {"value": float(of_pixels), "fixed": 0.0},
            "landmark_jitter": {"value": float(of_landmarks), "fixed": 0.0},
        }

    def turning_in_films(self, viewers: Filmed) -> Values:
        """See `MotionTrial.turning`, with films."""
        random = np.random.default_rng(5)
        runs: list[tuple[FloatArray, FloatArray, FloatArray]] = []
        ratios: list[list[float]] = []
        time_s = (np.arange(round((ARRIVAL_S + TURNING_S) * RATE_HZ)) / RATE_HZ).astype(np.float32)
        for film in tqdm(self._films(viewers, TURNING_VIEWERS), unit=" viewers", desc="turning heads"):
            run = self._turn(film, time_s, random)
            if run is not None:
                wanted, came, at_once = run
                yaw = LAYOUT.index("pose.yaw")
                runs.append((wanted[:, yaw], came[:, yaw], at_once[:, yaw]))
                ratios.append([a / b for a, b in zip(*map(self._steadiness, (came, wanted)), strict=True)])
        if not runs:
            return {"lag_ms": {}, "temporal_local": {}, "temporal_global": {}}
        asked, followed, unfiltered = (np.stack(rows) for rows in zip(*runs, strict=True))
        drawn_s = settled(time_s)[::TURNING_EVERY]
        local, overall = np.mean(ratios, axis=0)
        return {
            "lag_ms": {"value": lag_ms(drawn_s, asked, followed), "floor": lag_ms(drawn_s, asked, unfiltered)},
            "temporal_local": {"value": float(local)},
            "temporal_global": {"value": float(overall)},
        }

    def _turn(
        self, film: ViewerFilm, time_s: FloatArray, random: np.random.Generator
    ) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        """Features (N, F) of a turning head, of its reflections, and of reflections without any filter."""
        seen = seen_in(film.turning(yaw_of_a_turn(time_s).tolist(), random), RATE_HZ)
        latents = follow_faces(self._inverter, seen, self._drawer.generator.latent_size)
        shown = [face for face in settled_list(seen)[::TURNING_EVERY] if face is not None]
        if len(shown) < len(settled_list(seen)[::TURNING_EVERY]) or not all(
            can_answer(self._inverter, face) for face in shown
        ):
            return None
        came = self._without_gaps(settled(latents)[::TURNING_EVERY])
        at_once = self._without_gaps(answers_afresh(self._inverter, shown))
        wanted = np.stack([face.vector for face in shown])
        return None if came is None or at_once is None else (wanted, came, at_once)

    def _films(self, viewers: Filmed, count: int) -> list[ViewerFilm]:
        chosen = [index for index, face in enumerate(viewers.faces) if can_answer(self._inverter, face)]
        spread = np.linspace(0, len(chosen) - 1, min(count, len(chosen))).round().astype(int)
        return [ViewerFilm(viewers.pictures[chosen[at]], viewers.faces[chosen[at]]) for at in spread]


def settled_list(faces: Sequence[Features | None]) -> list[Features | None]:
    """Faces of a clip after the arrival."""
    return list(faces[round(ARRIVAL_S * RATE_HZ) :])
