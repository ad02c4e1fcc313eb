"""Growth of likeness while viewers stay, on a clock that waits for the processor.

Viewers stand still with the feature noise of a show, and are reflected as in the show. The drawn faces are measured at
several times after arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from engine.config.reflection import ReflectionSettings
from engine.core.clock import ManualClock
from engine.features.vector import LAYOUT
from engine.networks.pggan.latent_sphere import seed_latent
from engine.pipeline.latent_follower import FollowedLatent, Inverts, LatentFollower
from engine.pipeline.latent_refinement import refinement_for
from engine.pipeline.refinement_loop import as_asked
from engine.types import Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.gan_eval.feature_sets import found
from tools.likeness.motion_trial import RATE_HZ, still_clip

MARKS_S = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)  # after arrival
TRACKED = 1 / 3  # share of single-picture noise that remains with live tracking


@dataclass(frozen=True)
class Growth:
    """Measurements of some visits.

    Attributes:
        asked: (N, F) features of the viewers.
        came: (M, N, F) features of their reflections at each mark; NaN without a face.
        latents: (M, N, n) latents of these faces.
    """

    asked: FloatArray
    came: FloatArray
    latents: FloatArray


def tracked_noise(faces: FloatArray, again: FloatArray) -> FloatArray:
    """Feature noise of tracked faces, (K, F), or one row of zeros if unknown.

    Args:
        faces: (N, F) features.
        again: (N, F) the same with a show's noise; NaN without a face.
    """
    changes = found(again - faces)
    return TRACKED * changes if len(changes) else np.zeros((1, faces.shape[1]), np.float32)


class GrowthTrial:
    """Refinement trial of a persona.

    Args:
        inverter: inverter of the persona.
        drawer: draws for the persona.
        marks_s: measurement times after arrival.
    """

    def __init__(self, inverter: Inverts, drawer: FaceDrawer, marks_s: Sequence[float] = MARKS_S) -> None:
        self._inverter = inverter
        self._drawer = drawer
        self._marks_s = marks_s

    def run(self, faces: Sequence[Features], noise: FloatArray, *, is_refining: bool) -> Growth:
        """Simulate visits of `faces` with feature noise from rows of `noise` (K, F)."""
        random = np.random.default_rng(3)
        what = "with deepening" if is_refining else "without"
        visits = [self._visit(face, noise, random, is_refining) for face in tqdm(faces, unit=" visits", desc=what)]
        came, latents = (np.stack(parts, axis=1) for parts in zip(*visits, strict=True))
        return Growth(np.stack([face.vector for face in faces]), came, latents)

    def _visit(
        self, face: Features, noise: FloatArray, random: np.random.Generator, is_refining: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Features (M, F) and latents (M, n) of the reflection at the marks."""
        settings, clock = ReflectionSettings(deepening=is_refining), ManualClock()
        size = self._drawer.generator.latent_size
        self._inverter.reset()
        refinement = refinement_for(self._inverter)
        follower = LatentFollower(seed_latent(0, size), self._inverter, settings, refinement=refinement)
        marks = {round(settings.arrive_s + mark_s, 3) for mark_s in self._marks_s}
        seen: list[FloatArray] = []
        latents: list[FloatArray] = []
        for index, vector in enumerate(
            still_clip(face.vector, noise, random, settings.arrive_s + self._marks_s[-1]).vectors
        ):
            now_s = clock.now_s()
            viewer = replace(face, vector=vector, captured_s=now_s, sequence=index)
            followed = follower.follow(viewer, now_s, now_s)
            self._deepen(followed, now_s)
            if _begins(marks, now_s):
                seen.append(self._measure(followed.latent.z))
                latents.append(followed.latent.z)
            clock.advance(1 / RATE_HZ)
        return np.stack(seen), np.stack(latents)

    def _deepen(self, followed: FollowedLatent, now_s: float) -> None:
        attempt = followed.propose(now_s)
        if attempt is not None and followed.refinement is not None:
            came = self._measure(attempt.z)
            is_face = bool(np.isfinite(came).all())
            followed.refinement.learn(attempt, as_asked(came, attempt.wanted) if is_face else None)

    def _measure(self, z: FloatArray) -> FloatArray:
        """Features (F,) of a drawn face, NaN if none is found."""
        face = self._drawer.draw_and_measure(z[None])[0]
        return np.full(LAYOUT.size, np.nan, np.float32) if face is None else face.vector


def _begins(moments_s: set[float], now_s: float) -> bool:
    """Whether one of the marks lies within this frame."""
    return any(moment_s <= now_s + 1e-6 < moment_s + 1 / RATE_HZ for moment_s in moments_s)
