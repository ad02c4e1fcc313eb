"""Latent follower: features -> latent, with smoothed features and latents, and a random walk while nobody is there.

Latents stay on the sphere of radius sqrt(latent_size), so every step between two faces is a face that the generator can
draw. Does not know how features are measured or latents are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from engine.config.reflection import ReflectionSettings
from engine.core.easing import smoothstep
from engine.features.aligned_crop import crop_fault
from engine.features.bit_budget import BitBudget
from engine.features.face_tracker import is_different_person
from engine.features.layout import FeatureLayout
from engine.features.vector import LAYOUT
from engine.networks.inversion.feature_clamp import FeatureClamp, clamp_for
from engine.networks.inversion.latent_bits import LatentQuantiser
from engine.networks.pggan.latent_sphere import slerp
from engine.pipeline.encoding_filter import EncodingFilter
from engine.pipeline.feature_filter import FeatureFilter
from engine.pipeline.latent_refinement import Attempt, LatentRefinement
from engine.pipeline.sphere_filter import SphereOneEuro
from engine.pipeline.wander import Drift, Wanders
from engine.types import ByteArray, Features, FloatArray, Latent

FAR_ENOUGH = 0.8  # a visitor may step back to this share of the distance at which they were noticed
MIN_DT_S, MAX_DT_S = 0.005, 0.2  # limits for the filters, in case the clock stands still or jumps
# Range from full confidence in the measurement to none:
TURNED_DEG = (25.0, 45.0)  # turn of the head in any direction: in profile, half of the landmarks are guesses
# The same head turn moves an encoder's latent further than a bank's: ten degrees of yaw by 45 on the sphere. At the
# speed limits for bank latents it would lag by 140 ms, at twice those by 40.
ENCODING_SPEED = 2.0
TYPICALITY = (0.12, 0.05)  # typicality of a face: low if the generator draws none like it


class Inverts(Protocol):
    """Interface of an inverter: `retrieval_inverter.Inverter` or `encoder_inverter.EncoderInverter`."""

    needs_crop: bool
    typicality: float
    nearness: float

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray: ...

    def look_together(self, squares: Sequence[ByteArray]) -> None: ...

    def reset(self) -> None: ...

    def another(self) -> Inverts: ...


@dataclass(frozen=True, slots=True, eq=False)
class FollowedLatent:
    """Latent for one visitor in one turn.

    Attributes:
        latent: latent to draw.
        asked: features (F,) passed to the inverter: smoothed and clamped; None while nobody is reflected.
        answered: latent from the inverter, (latent_size,), before refinement and smoothing.
        refinement: refinement of this latent during the visit; None if disabled or impossible.
    """

    latent: Latent
    asked: FloatArray | None = None
    answered: FloatArray | None = None
    refinement: LatentRefinement | None = None

    def is_due(self, now_s: float) -> bool:
        """Whether it is time to `propose` a candidate."""
        return self.refinement is not None and self.refinement.is_due(now_s)

    def propose(self, now_s: float) -> Attempt | None:
        """Candidate to draw and measure off screen, which may be more like the visitor; None if there is none now."""
        if self.refinement is None or self.asked is None or self.answered is None or not self.is_due(now_s):
            return None
        return self.refinement.propose(self.asked, self.answered, now_s)


class LatentFollower:
    """Follows a visitor from arrival to departure, and wanders between visits.

    A person who comes near enough is noticed, and reflected after a short delay. On arrival the latent moves by slerp
    from where it is to the visitor's; a lost face is held for a moment, then released; presence fades in and out
    accordingly.

    Args:
        start: initial latent, (latent_size,).
        inverter: features, and a face crop if it needs one -> latent; None makes the mirror wander regardless of
            visitors.
        settings: times and filter parameters.
        refinement: refinement of the visitor's latent, if the inverter supports it.
        layout: layout of the features.
        wander: where it is while it answers nobody; a drift from `start` if None.
        seed: seed of that drift.
        clamp: clamp for the inverter's bank, if it already exists.
    """

    def __init__(
        self,
        start: FloatArray,
        inverter: Inverts | None,
        settings: ReflectionSettings,
        wander: Wanders | None = None,
        seed: int = 0,
        layout: FeatureLayout = LAYOUT,
        refinement: LatentRefinement | None = None,
        clamp: FeatureClamp | None = None,
    ) -> None:
        self._inverter = inverter
        self._refinement = refinement
        self._reach = clamp_for(inverter) if clamp is None else clamp
        self._settings = settings
        self._calm = FeatureFilter(layout, settings.features)
        self._steady = EncodingFilter(layout)
        self._filter = SphereOneEuro(settings.min_cutoff_hz, settings.beta, settings.rate_limit_deg_s)
        self._wander = wander or Drift(start, settings.wander_deg_s, seed)
        self._quantise, self._budget, self._bits = LatentQuantiser(len(start)), BitBudget(), 0
        self._z = self._arrival_from = start
        self._features: Features | None = None
        self._is_following = False
        self._noticed_s: float | None = None
        self._arrived_s = self._seen_s = -math.inf
        self._presence = 0.0
        self._last_s: float | None = None

    @property
    def is_away(self) -> bool:
        """See `Wanders`."""
        return self._wander.is_away

    def adjust(self, settings: ReflectionSettings) -> None:
        """Continue with other times and filter parameters."""
        self._settings = settings
        self._calm.tune(settings.features)
        self._wander.speed_deg_s = settings.wander_deg_s

    def follow(self, features: Features | None, captured_s: float, now_s: float) -> FollowedLatent:
        """Compute the latent for this moment.

        Args:
            features: from the newest frame; None if nobody was found, or there was no frame. Their crop is read and not
                        kept.
            captured_s: capture time of that frame.
            now_s: current time; must not decrease.
        """
        dt_s = self._step_s(now_s)
        pixels = self.square(features)
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
            if self._inverter.needs_crop and pixels is not None:
                answered = self._steady(answered, self._features.vector, dt_s)
            elif self._inverter.needs_crop:
                answered = self._steady.held(answered)
            self._z = self._approach(self._features, answered, dt_s, now_s)
        else:
            self._z = self._wander.step(dt_s, is_hidden=self._presence <= 0)
        self._ease_presence(dt_s)
        if self._presence <= 0 and self._noticed_s is None:
            self._features = features  # nobody, or someone too far away
        refines = self._settings.deepening and asked is not None
        return FollowedLatent(self._latent(captured_s), asked, answered, self._refinement if refines else None)

    def _latent(self, captured_s: float) -> Latent:
        """Current latent, and its similarity to the visitor."""
        latent = Latent(self._z, self._presence, self._features, captured_s)
        inverter, refinement = self._inverter, self._refinement
        if self._presence <= 0 or inverter is None:
            return latent
        measured = refinement.likeness if refinement is not None else None
        return replace(
            latent,
            bits=self._bits,
            typicality=self._typicality,
            likeness=inverter.nearness if measured is None else measured,
            deepening=refinement.progress if refinement is not None else 0.0,
        )

    @property
    def is_following(self) -> bool:
        """Whether a visitor is being answered."""
        return self._is_following

    def square(self, features: Features | None) -> ByteArray | None:
        """Face crop for the inverter; None if it needs none, or if this face cannot be cropped now."""
        needs_crop = self._inverter is not None and self._inverter.needs_crop
        if not needs_crop or features is None or features.crop is None or crop_fault(features) is not None:
            return None
        return features.crop.pixels

    def _known(self, features: Features, pixels: ByteArray | None) -> Features | None:
        """Features that can be reflected; a face that cannot be measured, or a new one that cannot be cropped, counts
        as lost."""
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
            self._quantise.reset()
            self._budget.reset()
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
            if self._inverter is not None:  # otherwise it has wandered all the time
                self._wander.go_to(self._z)

    def _ask(self, features: Features, dt_s: float) -> FloatArray:
        """Features (F,) for the inverter: smoothed and clamped to the faces it knows."""
        calm = self._calm(features.vector, dt_s)
        return calm if self._reach is None else self._reach(calm)

    def _approach(self, features: Features, answered: FloatArray, dt_s: float, now_s: float) -> FloatArray:
        """Step towards the inverter's refined latent: smooth, starting from the current latent on arrival."""
        target = answered
        if self._refinement is not None and self._settings.deepening:
            target = self._refinement.apply(target, dt_s)
        if self._settings.bits.few:
            self._bits = self._budget.at(features.placement.eye_distance, self._settings.bits)
            target = self._quantise(target, self._bits)
        else:
            self._bits = 0
        self._filter.tune(self._settings.min_cutoff_hz, self._settings.beta, self._rate_limit_deg_s(features))
        target = self._filter(target, dt_s)
        progress = (now_s - self._arrived_s) / self._settings.arrive_s
        return target if progress >= 1 else slerp(self._arrival_from, target, smoothstep(progress))

    def _rate_limit_deg_s(self, features: Features) -> float:
        """Maximum speed of the face: lower when the measurement is less reliable."""
        turned = _share(math.hypot(features.yaw_deg, features.pitch_deg), *TURNED_DEG)
        strange = _share(self._typicality, *TYPICALITY)
        sure, doubtful = self._settings.rate_limit_deg_s, self._settings.doubtful_rate_limit_deg_s
        further = ENCODING_SPEED if self._inverter is not None and self._inverter.needs_crop else 1.0
        return further * (sure + max(turned, strange) * (min(sure, doubtful) - sure))

    @property
    def _typicality(self) -> float:
        """Typicality of the visitor as measured, before clamping."""
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
    """Linear ramp: 0 at `none`, 1 at `all_`."""
    return min(1.0, max(0.0, (value - none) / (all_ - none)))
