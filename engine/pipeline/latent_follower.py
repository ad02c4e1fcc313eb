"""Latent follower: features -> latent; features and the inverter's answer are smoothed; a wander while nobody is there.

Latents stay on the sphere of radius sqrt(latent_size): every step between two faces is a face that the generator can
draw. Does not know how features are measured or latents are drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from engine.config.reflection import ReflectionSettings
from engine.core.easing import smoothstep
from engine.features.aligned_crop import crop_fault
from engine.features.face_tracker import is_different_person
from engine.features.layout import FeatureLayout
from engine.features.vector import LAYOUT
from engine.networks.inversion.feature_clamp import FeatureClamp, clamp_for
from engine.networks.pggan.latent_sphere import normalise, slerp
from engine.pipeline.encoding_filter import EncodingFilter
from engine.pipeline.feature_filter import FeatureFilter
from engine.pipeline.latent_refinement import Attempt, LatentRefinement
from engine.pipeline.sphere_filter import SphereOneEuro
from engine.types import ByteArray, Features, FloatArray, Latent

FAR_ENOUGH = 0.8  # a visitor may step back to this share of the distance that made them one
MIN_DT_S, MAX_DT_S = 0.005, 0.2  # limits for the filters, in case the clock stands still or jumps
# Between the first and the second the mirror begins to doubt what it sees, and beyond it does:
TURNED_DEG = (25.0, 45.0)  # a head, to any side: in profile half of the landmarks are guessed
# The same turn moves an encoder's latent further than one of a bank: ten degrees of yaw by 45 of the sphere. At the
# speeds that are set for latents of a bank it would come 140 ms late, at twice of them 40.
ENCODING_SPEED = 2.0
TYPICALITY = (0.12, 0.05)  # a face, unlike those that the generator draws


class Inverts(Protocol):
    """Interface of an inverter: `retrieval_inverter.Inverter` or `encoder_inverter.EncoderInverter`."""

    needs_crop: bool
    typicality: float
    nearness: float

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray: ...

    def reset(self) -> None: ...

    def another(self) -> Inverts: ...


@dataclass(frozen=True, slots=True, eq=False)
class FollowedLatent:
    """The answer to a visitor in one turn.

    Attributes:
        latent: what is to be drawn.
        asked: features (F,) that were asked for: smoothed, and within reach of the inverter; None while nobody is
            answered.
        answered: the inverter's own latent for them, (latent_size,), before refinement and smoothing.
        refinement: what makes this answer better while they stay; None where it may not, or cannot.
    """

    latent: Latent
    asked: FloatArray | None = None
    answered: FloatArray | None = None
    refinement: LatentRefinement | None = None

    def is_due(self, now_s: float) -> bool:
        """Whether it is time to `propose` a better answer."""
        return self.refinement is not None and self.refinement.is_due(now_s)

    def propose(self, now_s: float) -> Attempt | None:
        """A face to draw aside and measure, that may be a better answer to the visitor; None if there is none now."""
        if self.refinement is None or self.asked is None or self.answered is None or not self.is_due(now_s):
            return None
        return self.refinement.propose(self.asked, self.answered, now_s)


class Wander:
    """A walk on the sphere at a constant speed whose direction drifts at random: never twice the same, never a jump.

    Args:
        z: where it begins, (latent_size,).
        speed_deg_s: degrees a second along the great circle.
        seed: of the random drift.

    Attributes:
        z: where it is.
        speed_deg_s: may be changed on the way.
    """

    TURN_TIME_S = 6.0  # after about this time the direction is a new one
    STREAM = 1

    def __init__(self, z: FloatArray, speed_deg_s: float, seed: int) -> None:
        # A stream of its own: `seed` alone draws the latent of that seed, and along that there is no direction.
        self._random = np.random.default_rng((seed, self.STREAM))
        self.speed_deg_s = speed_deg_s
        self.z = z
        self._direction = self._tangent(self._random.standard_normal(z.shape).astype(np.float32))

    def step(self, dt_s: float) -> FloatArray:
        """Walk on for `dt_s`; returns the new place (latent_size,)."""
        share = math.sqrt(min(1.0, 2 * dt_s / self.TURN_TIME_S))
        noise = self._tangent(self._random.standard_normal(self.z.shape).astype(np.float32))
        direction = self._tangent(self._direction * math.sqrt(1 - share**2) + noise * share)
        angle = math.radians(self.speed_deg_s * dt_s)
        radius = float(np.linalg.norm(self.z))
        z = self.z * math.cos(angle) + direction * (radius * math.sin(angle))
        self.z = normalise(z.astype(np.float32))
        self._direction = self._tangent(direction)
        return self.z

    def go_to(self, z: FloatArray) -> None:
        """Continue from `z` in the present direction."""
        self.z = z
        self._direction = self._tangent(self._direction)

    def _tangent(self, direction: FloatArray) -> FloatArray:
        """`direction` without its part along z, length 1."""
        flat = direction - self.z * (np.dot(direction, self.z) / np.dot(self.z, self.z))
        return np.asarray(flat / np.linalg.norm(flat), np.float32)


class LatentFollower:
    """Follows the visitor from arrival to leaving, and wanders between visits.

    Whoever comes near enough is noticed, and answered after a moment's hesitation. Arrival is a slerp from where the
    mirror is to the visitor's latent; a face that is lost is held for a moment, then let go; presence follows.

    Args:
        start: the first latent, (latent_size,).
        inverter: features, and the square of the face where it needs that -> latent; None lets the mirror wander
            whoever stands there.
        settings: times and filter parameters.
        refinement: what was gained for the visitor, where the inverter can refine.
        layout: of the features.
        wander_share: how far the wander pulls at what the inverter says, 0 to 1. The mirror that looks at itself
            needs some: it would stay for ever where it is.
        seed: of the wander.
        clamp: that of the inverter's bank, where it is made already.
    """

    def __init__(
        self,
        start: FloatArray,
        inverter: Inverts | None,
        settings: ReflectionSettings,
        wander_share: float = 0.0,
        seed: int = 0,
        layout: FeatureLayout = LAYOUT,
        refinement: LatentRefinement | None = None,
        clamp: FeatureClamp | None = None,
    ) -> None:
        self._inverter = inverter
        self._refinement = refinement
        self._reach = clamp_for(inverter) if clamp is None else clamp
        self._settings = settings
        self._wander_share = wander_share
        self._calm = FeatureFilter(layout, settings.features)
        self._steady = EncodingFilter(layout)
        self._filter = SphereOneEuro(settings.min_cutoff_hz, settings.beta, settings.rate_limit_deg_s)
        self._wander = Wander(start, settings.wander_deg_s, seed)
        self._z = self._arrival_from = start
        self._features: Features | None = None
        self._is_following = False
        self._noticed_s: float | None = None
        self._arrived_s = self._seen_s = -math.inf
        self._presence = 0.0
        self._last_s: float | None = None

    def adjust(self, settings: ReflectionSettings) -> None:
        """Go on with other times and filter parameters."""
        self._settings = settings
        self._calm.tune(settings.features)
        self._wander.speed_deg_s = settings.wander_deg_s

    def follow(self, features: Features | None, captured_s: float, now_s: float) -> FollowedLatent:
        """The latent for this moment, and what it answers.

        Args:
            features: of the newest frame; None if nobody was found, or if there was no frame. Their square is looked at
                and not kept.
            captured_s: of that frame.
            now_s: the present; must not run backwards.
        """
        dt_s = self._step_s(now_s)
        pixels = self._square(features)
        if features is not None:
            features = self._known(replace(features, crop=None), pixels)
        if features is not None and self._is_near(features):
            self._see(features, now_s)
        elif now_s - self._seen_s > self._settings.hold_s:
            self._release()
        asked, answered = None, None
        if self._is_following and self._features is not None and self._inverter is not None:
            asked = self._ask(self._features, dt_s)
            answered = self._inverter(asked, pixels)
            if self._inverter.needs_crop:
                answered = self._steady(answered, self._features.vector, dt_s)
            self._z = self._approach(self._features, answered, dt_s, now_s)
        else:
            self._z = self._wander.step(dt_s)
        self._ease_presence(dt_s)
        if self._presence <= 0 and self._noticed_s is None:
            self._features = features  # nobody, or somebody who is too far away
        refines = self._settings.deepening and asked is not None
        return FollowedLatent(self._latent(captured_s), asked, answered, self._refinement if refines else None)

    def _latent(self, captured_s: float) -> Latent:
        """Where the mirror is, and how near that is to whoever stands there."""
        latent = Latent(self._z, self._presence, self._features, captured_s)
        inverter, refinement = self._inverter, self._refinement
        if self._presence <= 0 or inverter is None:
            return latent
        measured = refinement.likeness if refinement is not None else None
        return replace(
            latent,
            typicality=self._typicality,
            likeness=inverter.nearness if measured is None else measured,
            deepening=refinement.progress if refinement is not None else 0.0,
        )

    def _square(self, features: Features | None) -> ByteArray | None:
        """What the inverter is shown of a face; None if it needs nothing, or if this one cannot be looked at now."""
        needs_crop = self._inverter is not None and self._inverter.needs_crop
        if not needs_crop or features is None or features.crop is None or crop_fault(features) is not None:
            return None
        return features.crop.pixels

    def _known(self, features: Features, pixels: ByteArray | None) -> Features | None:
        """Whoever can be answered: who cannot be measured, or is new and cannot be looked at, is as one who is lost."""
        needs_crop = self._inverter is not None and self._inverter.needs_crop
        is_unseen = needs_crop and pixels is None and self._is_new(features)
        return None if is_unseen or not np.isfinite(features.vector).all() else features

    def _is_new(self, features: Features) -> bool:
        return not self._is_following or is_different_person(self._features, features)

    def _is_near(self, features: Features) -> bool:
        enough = self._settings.near * (FAR_ENOUGH if self._is_following else 1.0)
        return features.placement.eye_distance >= enough

    def _see(self, features: Features, now_s: float) -> None:
        if self._noticed_s is None:
            self._noticed_s = now_s
        is_new = self._is_new(features)
        self._seen_s, self._features = now_s, features
        if not self._is_following and self._presence <= 0 and now_s - self._noticed_s < self._settings.notice_s:
            return
        self._is_following = True
        if is_new:
            self._arrival_from, self._arrived_s = self._z, now_s
            self._filter.reset()
            self._calm.reset()
            self._steady.reset()
            if self._inverter is not None:
                self._inverter.reset()
            if self._refinement is not None:
                self._refinement.reset()

    def _release(self) -> None:
        self._noticed_s = None
        if self._is_following:
            self._is_following = False
            self._wander.go_to(self._z)

    def _ask(self, features: Features, dt_s: float) -> FloatArray:
        """Features (F,) to ask the inverter for: calm, and no stranger than the faces that it knows."""
        calm = self._calm(features.vector, dt_s)
        return calm if self._reach is None else self._reach(calm)

    def _approach(self, features: Features, answered: FloatArray, dt_s: float, now_s: float) -> FloatArray:
        """A step towards what the inverter answered, refined: smooth, and from where the mirror was on arrival."""
        target, wandering = answered, self._wander.step(dt_s)
        if self._refinement is not None and self._settings.deepening:
            target = self._refinement.apply(target, dt_s)
        if self._wander_share:
            target = slerp(target, wandering, self._wander_share)
        self._filter.tune(self._settings.min_cutoff_hz, self._settings.beta, self._rate_limit_deg_s(features))
        target = self._filter(target, dt_s)
        progress = (now_s - self._arrived_s) / self._settings.arrive_s
        return target if progress >= 1 else slerp(self._arrival_from, target, smoothstep(progress))

    def _rate_limit_deg_s(self, features: Features) -> float:
        """The fastest that the face may change: less, the less sure the mirror is of what it sees."""
        turned = _share(math.hypot(features.yaw_deg, features.pitch_deg), *TURNED_DEG)
        strange = _share(self._typicality, *TYPICALITY)
        sure, doubtful = self._settings.rate_limit_deg_s, self._settings.doubtful_rate_limit_deg_s
        further = ENCODING_SPEED if self._inverter is not None and self._inverter.needs_crop else 1.0
        return further * (sure + max(turned, strange) * (min(sure, doubtful) - sure))

    @property
    def _typicality(self) -> float:
        """Typicality of the visitor as measured, before the clamp."""
        usual = 1.0 if self._inverter is None else self._inverter.typicality
        return usual if self._reach is None else self._reach.unclamped_typicality(usual)

    def _ease_presence(self, dt_s: float) -> None:
        towards, duration_s = (1.0, self._settings.arrive_s) if self._is_following else (0.0, self._settings.leave_s)
        step = dt_s / duration_s
        self._presence += min(step, max(-step, towards - self._presence))

    def _step_s(self, now_s: float) -> float:
        elapsed_s = 0.0 if self._last_s is None else now_s - self._last_s
        self._last_s = now_s
        return min(MAX_DT_S, max(MIN_DT_S, elapsed_s))


def _share(value: float, none: float, all_: float) -> float:
    """0 where a value is `none`, 1 where it is `all_`, between them in proportion."""
    return min(1.0, max(0.0, (value - none) / (all_ - none)))
