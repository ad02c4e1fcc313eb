"""Still and turning heads in front of the mirror: features at 30 Hz, through the follower, to latents.

Uses a manual clock, so the same faces give the same latents. The filters have their default settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from engine.config.reflection import ReflectionSettings
from engine.core.clock import ManualClock
from engine.features.featurizer import LAYOUT
from engine.networks.pggan.latent_sphere import seed_latent
from engine.pipeline.latent_follower import Inverts, LatentFollower
from engine.types import Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.likeness.answers import answers_afresh
from tools.likeness.figures import groups, landmarks_apart
from tools.likeness.scale import LikenessScale
from tools.metrics.jitter_and_lag import jitter_deg_s, lag_ms, steadiness

RATE_HZ = 30.0
ARRIVAL_S = 2.5  # start of a clip that is not measured: the visitor arrives, the filters settle
STILL_S, TURNING_S = 3.0, 6.0
TURN_DEG = 10.0  # to each side
TURNING_EVERY = 2  # only these frames are drawn: 15 Hz
STILL_VIEWERS, DRAWN_STILL_VIEWERS, TURNING_VIEWERS = 40, 8, 3
TURN_PERIODS_S = (3.1, 1.9)  # two sines, so that only the correct shift fits

Values = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Clip:
    """Moving head.

    Attributes:
        time_s: (T,) time of each frame.
        vectors: (T, F) features.
    """

    time_s: FloatArray
    vectors: FloatArray


def still_clip(vector: FloatArray, noise: FloatArray, random: np.random.Generator, seconds: float = STILL_S) -> Clip:
    """Still face (F,); each frame adds one of the rows of `noise` (N, F), measured on other faces."""
    time_s = _times(seconds)
    return Clip(time_s, vector + noise[random.integers(len(noise), size=len(time_s))])


def turning_clip(vector: FloatArray, per_degree: FloatArray, seconds: float = TURNING_S) -> Clip:
    """Face (F,) turning left and right; all features change as they do on average between faces.

    Args:
        per_degree: (F,) change per degree of yaw; see `per_degree_of_yaw`.
    """
    time_s = _times(seconds)
    return Clip(time_s, (vector + yaw_of_a_turn(time_s)[:, None] * per_degree).astype(np.float32))


def yaw_of_a_turn(time_s: FloatArray) -> FloatArray:
    """Yaw of a head turning left and right, at times (T,), degrees."""
    long, short = (np.sin(2 * np.pi * time_s / period_s) for period_s in TURN_PERIODS_S)
    return np.asarray(TURN_DEG * (0.6 * long + 0.4 * short), np.float32)


def per_degree_of_yaw(vectors: FloatArray) -> FloatArray:
    """Slope (F,) of every feature with respect to yaw, over faces (N, F)."""
    centred = vectors - vectors.mean(axis=0)
    yaw = centred[:, LAYOUT.index("pose.yaw")]
    return np.asarray((yaw @ centred) / max(float(yaw @ yaw), 1e-9), np.float32)


def _times(seconds: float) -> FloatArray:
    return (np.arange(round((ARRIVAL_S + seconds) * RATE_HZ)) / RATE_HZ).astype(np.float32)


def follow(inverter: Inverts, face: Features, clip: Clip, latent_size: int) -> FloatArray:
    """Latents (T, n) of the mirror for a clip.

    Args:
        face: provides the placement in every frame.
    """
    return follow_faces(inverter, [replace(face, vector=vector) for vector in clip.vectors], latent_size)


def follow_faces(inverter: Inverts, faces: Sequence[Features | None], latent_size: int) -> FloatArray:
    """Latents (T, n) of the mirror for measurements of T consecutive frames at `RATE_HZ`."""
    inverter.reset()
    clock = ManualClock()
    follower = LatentFollower(seed_latent(0, latent_size), inverter, ReflectionSettings())
    latents = []
    for index, face in enumerate(faces):
        now_s = clock.now_s()
        seen = None if face is None else replace(face, captured_s=now_s, sequence=index)
        latents.append(follower.follow(seen, now_s, now_s).latent.z)
        clock.advance(1 / RATE_HZ)
    return np.stack(latents)


def settled(values: FloatArray) -> FloatArray:
    """Frames (T, ...) of a clip that are measured: those after the arrival."""
    return values[round(ARRIVAL_S * RATE_HZ) :]


class MotionTrial:
    """Motion trial of a persona with still and turning heads.

    Args:
        inverter: inverter of the persona.
        drawer: draws for the persona.
        scale: standard deviations that steadiness is relative to.
        faces: (N, F) random faces, to learn what turns with a head.
    """

    def __init__(self, inverter: Inverts, drawer: FaceDrawer, scale: LikenessScale, faces: FloatArray) -> None:
        self._inverter = inverter
        self._drawer = drawer
        self._scale = scale
        self._per_degree = per_degree_of_yaw(faces)

    def still(self, faces: Sequence[Features], noise: FloatArray) -> Values:
        """Jitter for still faces with feature noise from rows of `noise` (N, F); floor: without noise.

        Latents in degrees per second, pixels in levels of 255 per frame, landmarks per frame in distances of the outer
        eye corners; the last two for a few faces, which are drawn.
        """
        if not len(noise):
            return {"jitter_deg_s": {}, "pixel_jitter": {}, "landmark_jitter": {}}
        random = np.random.default_rng(3)
        trembling: list[float] = []
        at_rest: list[float] = []
        drawn: list[tuple[float, float]] = []
        for face in tqdm(faces[:STILL_VIEWERS], unit=" viewers", desc="still viewers"):
            for speeds, rows in ((trembling, noise), (at_rest, np.zeros_like(face.vector)[None])):
                clip = still_clip(face.vector, rows, random)
                latents = settled(self._follow(face, clip))
                speeds.append(jitter_deg_s(latents, RATE_HZ))
                if speeds is trembling and len(trembling) <= DRAWN_STILL_VIEWERS:
                    drawn.append(self._drawn_jitter(latents))
        jitter, floor = (float(np.sqrt(np.mean(np.square(speeds)))) for speeds in (trembling, at_rest))
        of_pixels, of_landmarks = np.mean(drawn, axis=0)
        return {
            "jitter_deg_s": {"value": jitter, "fixed": 0.0, "floor": floor},
            "pixel_jitter": {"value": float(of_pixels), "fixed": 0.0},
            "landmark_jitter": {"value": float(of_landmarks), "fixed": 0.0},
        }

    def _drawn_jitter(self, latents: FloatArray) -> tuple[float, float]:
        """Mean change of pixels and of landmarks between frames; landmarks only where faces are found."""
        pictures = self._drawer.draw(latents).astype(np.int16)
        vectors = self._without_gaps(latents)
        moved = 0.0 if vectors is None else float(landmarks_apart(vectors[:-1], vectors[1:]).mean())
        return float(np.abs(np.diff(pictures, axis=0)).mean()), moved

    def turning(self, faces: Sequence[Features]) -> Values:
        """Lag of the yaw, and steadiness of all features relative to that of the heads, measured on drawn faces.

        The floor of the lag is that of unfiltered reflections: each frame as if nobody had been there before.
        """
        yaw = LAYOUT.index("pose.yaw")
        runs: list[tuple[FloatArray, FloatArray, FloatArray]] = []
        ratios: list[list[float]] = []
        for face in tqdm(faces[:TURNING_VIEWERS], unit=" viewers", desc="turning heads"):
            clip = turning_clip(face.vector, self._per_degree)
            wanted = settled(clip.vectors)[::TURNING_EVERY]
            came = self._without_gaps(settled(self._follow(face, clip))[::TURNING_EVERY])
            at_once = self._without_gaps(
                answers_afresh(self._inverter, [replace(face, vector=vector) for vector in wanted])
            )
            if came is not None and at_once is not None:
                runs.append((wanted[:, yaw], came[:, yaw], at_once[:, yaw]))
                ratios.append(
                    [ours / theirs for ours, theirs in zip(*map(self._steadiness, (came, wanted)), strict=True)]
                )
        if not runs:
            return {"lag_ms": {}, "temporal_local": {}, "temporal_global": {}}
        time_s = settled(clip.time_s)[::TURNING_EVERY]
        asked, followed, unfiltered = (np.stack(rows) for rows in zip(*runs, strict=True))
        local, overall = np.mean(ratios, axis=0)
        return {
            "lag_ms": {"value": lag_ms(time_s, asked, followed), "floor": lag_ms(time_s, asked, unfiltered)},
            "temporal_local": {"value": float(local)},
            "temporal_global": {"value": float(overall)},
        }

    def _follow(self, face: Features, clip: Clip) -> FloatArray:
        return follow(self._inverter, face, clip, self._drawer.generator.latent_size)

    def _without_gaps(self, latents: FloatArray) -> FloatArray | None:
        """Features (N, F) of drawn latents; gaps are filled with the previous ones. None if the first is a gap."""
        vectors: list[FloatArray] = []
        for face in self._drawer.draw_and_measure(latents):
            if face is None and not vectors:
                return None
            vectors.append(vectors[-1] if face is None else face.vector)
        return np.stack(vectors)

    def _steadiness(self, vectors: FloatArray) -> tuple[float, float]:
        return steadiness(np.hstack(list(groups(self._scale, vectors).values())))
