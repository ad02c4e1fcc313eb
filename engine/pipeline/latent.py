"""Features -> Latent: the inverter's answer, smoothed on the sphere; a slow wander while nobody is there.

Latents live on the sphere of radius sqrt(latent_size). Nothing in this module leaves it, so every step between two
faces is a face that the generator can draw. It does not know how features are measured or latents are drawn.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from engine.head import is_same_head
from engine.networks.latents import angle_deg, normalise, slerp
from engine.reflection_settings import ReflectionSettings
from engine.types import Features, FloatArray, Latent

FAR_ENOUGH = 0.8  # a visitor may step back so far, as a share of what made them one
MIN_DT_S, MAX_DT_S = 0.005, 0.2  # a clock that stands or leaps must not reach the filters


class Inverts(Protocol):
    """What the follower needs of `networks.inverter.Inverter`."""

    typicality: float
    nearness: float

    def __call__(self, vector: FloatArray) -> FloatArray: ...

    def reset(self) -> None: ...


class SphereOneEuro:
    """One Euro filter (Casiez, Roussel, Vogel, CHI 2012) along great circles, with a limit to the speed.

    The speed that opens the filter is the norm of the low-passed velocity *vector*: the mean of the norms would take
    the noise of 512 dimensions for movement and never close.

    Args:
        min_cutoff_hz: cut-off at rest; lower is calmer and later.
        beta: Hz of cut-off gained per degree a second of movement; higher follows faster.
        rate_limit_deg_s: the most that the output turns in a second.
        derivative_cutoff_hz: cut-off of the velocity.
    """

    def __init__(
        self, min_cutoff_hz: float, beta: float, rate_limit_deg_s: float, derivative_cutoff_hz: float = 1.0
    ) -> None:
        self.tune(min_cutoff_hz, beta, rate_limit_deg_s)
        self._derivative_cutoff_hz = derivative_cutoff_hz
        self._raw: FloatArray | None = None
        self._output: FloatArray | None = None
        self._velocity_deg_s: FloatArray | None = None

    def tune(self, min_cutoff_hz: float, beta: float, rate_limit_deg_s: float) -> None:
        """Go on with other parameters."""
        self._min_cutoff_hz, self._beta, self._rate_limit_deg_s = min_cutoff_hz, beta, rate_limit_deg_s

    def reset(self) -> None:
        """Forget the past; the next input passes unchanged."""
        self._raw = self._output = self._velocity_deg_s = None

    def __call__(self, z: FloatArray, dt_s: float) -> FloatArray:
        """Filter one latent (latent_size,) that came `dt_s` after the last one."""
        if self._raw is None or self._output is None or self._velocity_deg_s is None:
            self._raw = self._output = z
            self._velocity_deg_s = np.zeros_like(z)
            return z
        velocity = _tangent_deg(self._raw, z) / np.float32(dt_s)
        share = np.float32(smoothing_share(self._derivative_cutoff_hz, dt_s))
        self._velocity_deg_s = self._velocity_deg_s + share * (velocity - self._velocity_deg_s)
        cutoff_hz = self._min_cutoff_hz + self._beta * float(np.linalg.norm(self._velocity_deg_s))
        step = smoothing_share(cutoff_hz, dt_s)
        distance_deg = float(angle_deg(self._output, z))
        if step * distance_deg > self._rate_limit_deg_s * dt_s:
            step = self._rate_limit_deg_s * dt_s / distance_deg
        self._raw = z
        self._output = slerp(self._output, z, step)
        return self._output


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
        inverter: features -> latent; None lets the mirror wander whoever stands there.
        settings: times and filter parameters.
        wander_share: how far the wander pulls at what the inverter says, 0 to 1. The mirror that looks at itself
            needs some: it would stay for ever where it is.
        seed: of the wander.
    """

    def __init__(
        self,
        start: FloatArray,
        inverter: Inverts | None,
        settings: ReflectionSettings,
        wander_share: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.inverter = inverter
        self._settings = settings
        self._wander_share = wander_share
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
        self._filter.tune(settings.min_cutoff_hz, settings.beta, settings.rate_limit_deg_s)
        self._wander.speed_deg_s = settings.wander_deg_s

    def follow(self, features: Features | None, captured_s: float, now_s: float) -> Latent:
        """The latent for this moment.

        Args:
            features: of the newest frame; None if nobody was found, or if there was no frame.
            captured_s: of that frame.
            now_s: the present; must not run backwards.
        """
        dt_s = self._step_s(now_s)
        if features is not None and self._is_near(features):
            self._see(features, now_s)
        elif now_s - self._seen_s > self._settings.hold_s:
            self._release()
        if self._is_following and self._features is not None:
            self._z = self._answer(self._features, dt_s, now_s)
        else:
            self._z = self._wander.step(dt_s)
        self._ease_presence(dt_s)
        if self._presence <= 0 and self._noticed_s is None:
            self._features = features  # nobody, or somebody who is too far away
        inverter = self.inverter if self._presence > 0 else None
        return Latent(
            self._z,
            self._presence,
            self._features,
            captured_s,
            typicality=inverter.typicality if inverter else 0.0,
            likeness=inverter.nearness if inverter else 0.0,
        )

    def _is_near(self, features: Features) -> bool:
        enough = self._settings.near * (FAR_ENOUGH if self._is_following else 1.0)
        return features.placement.eye_distance >= enough

    def _see(self, features: Features, now_s: float) -> None:
        if self._noticed_s is None:
            self._noticed_s = now_s
        is_new = not self._is_following or is_someone_else(self._features, features)
        self._seen_s, self._features = now_s, features
        if not self._is_following and self._presence <= 0 and now_s - self._noticed_s < self._settings.notice_s:
            return
        self._is_following = True
        if is_new:
            self._arrival_from, self._arrived_s = self._z, now_s
            self._filter.reset()
            if self.inverter is not None:
                self.inverter.reset()

    def _release(self) -> None:
        self._noticed_s = None
        if self._is_following:
            self._is_following = False
            self._wander.go_to(self._z)

    def _answer(self, features: Features, dt_s: float, now_s: float) -> FloatArray:
        wandering = self._wander.step(dt_s)
        if self.inverter is None:
            return wandering
        target = self.inverter(features.vector)
        if self._wander_share:
            target = slerp(target, wandering, self._wander_share)
        target = self._filter(target, dt_s)
        progress = (now_s - self._arrived_s) / self._settings.arrive_s
        return target if progress >= 1 else slerp(self._arrival_from, target, _ease(progress))

    def _ease_presence(self, dt_s: float) -> None:
        towards, duration_s = (1.0, self._settings.arrive_s) if self._is_following else (0.0, self._settings.leave_s)
        step = dt_s / duration_s
        self._presence += min(step, max(-step, towards - self._presence))

    def _step_s(self, now_s: float) -> float:
        elapsed_s = 0.0 if self._last_s is None else now_s - self._last_s
        self._last_s = now_s
        return min(MAX_DT_S, max(MIN_DT_S, elapsed_s))


def is_someone_else(before: Features | None, after: Features) -> bool:
    """Whether a face jumped further between two frames than a head can move: more than three eye distances."""
    return before is None or not is_same_head(before.placement, after.placement)


def smoothing_share(cutoff_hz: float, dt_s: float) -> float:
    """The share of the way that a first-order low-pass goes towards its input in `dt_s`."""
    return 1.0 - math.exp(-2 * math.pi * cutoff_hz * dt_s)


def _tangent_deg(origin: FloatArray, towards: FloatArray) -> FloatArray:
    """The tangent vector at `origin` whose length is the angle to `towards`, in degrees (the logarithm map)."""
    flat = towards - origin * np.float32(np.dot(towards, origin) / np.dot(origin, origin))
    length = float(np.linalg.norm(flat))
    if length < 1e-9:
        return np.zeros_like(origin)
    return (flat * np.float32(angle_deg(origin, towards) / length)).astype(np.float32)


def _ease(x: float) -> float:
    """Smoothstep: 0 to 1 with no speed at either end."""
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)
