"""Somebody before a mirror: the camera's pictures, features and faces that a show would have, on a clock of their own.

What is measured with it is drawing alone: everything is made beforehand, so that no network works beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import skimage.data

from engine.clock import ManualClock
from engine.networks.latents import seed_latent, slerp
from engine.networks.persona import Persona
from engine.networks.runtime import open_generator
from engine.pipeline.face import FacePainter
from engine.pipeline.features import Featurizer
from engine.render.mirror import Mirror
from engine.types import Alignment, ByteArray, Features, Frame, Latent, Reflection, Tick
from tools.moving_portrait import FPS, motion_at, moved

MOMENTS = ("idle", "arrive", "dwell")
CAMERA_WH = (640, 480)
FOOTAGE_S = 2.0
EARLIER_VISITS, VISIT_S, PAUSE_S = 18, 6.0, 4.0  # so many were there before: what keeps their faces is full
DWELL_S = 30.0
STEP_S = 0.2  # of time that passes undrawn


@dataclass(frozen=True)
class Footage:
    """A visitor as the parts left of drawing have seen and answered them, `FPS` times a second.

    Attributes:
        frames: of the camera.
        features: what was measured of each.
        faces: what was drawn then; whom they answer is not said.
        alignment: where the persona draws its faces.
    """

    frames: tuple[Frame, ...]
    features: tuple[Features, ...]
    faces: tuple[Reflection, ...]
    alignment: Alignment


def portrait() -> ByteArray:
    """A real face, (300, 300, 3): scikit-image's astronaut."""
    return np.ascontiguousarray(skimage.data.astronaut()[:300, 80:380])


def film_visitor(persona: Persona, seconds: float = FOOTAGE_S) -> Footage:
    """Have the portrait move before the camera and the persona's faces pass from one to another."""
    images = [moved(portrait(), motion_at(index / FPS), CAMERA_WH) for index in range(round(seconds * FPS))]
    frames = [Frame(image, index / FPS, index) for index, image in enumerate(images)]
    with Featurizer("live") as featurizer:
        seen = [(frame, found) for frame in frames if (found := featurizer(frame)) is not None]
    painter = FacePainter(open_generator(persona), ManualClock())
    start, end = (seed_latent(seed, persona.settings.latent_size) for seed in (0, 1))
    latents = [Latent(slerp(start, end, share), 0.0, None, 0.0) for share in np.linspace(0.0, 1.0, len(seen))]
    faces = tuple(painter.draw(latent) for latent in latents)
    return Footage(tuple(frame for frame, _ in seen), tuple(found for _, found in seen), faces, persona.alignment)


class Visitor:
    """Plays footage, forth and back, to a mirror; every step brings a new camera picture and a new face.

    Args:
        footage: what is played.
        mirror: to whom.

    Attributes:
        is_there: whether somebody stands before it; may be changed.
    """

    def __init__(self, footage: Footage, mirror: Mirror) -> None:
        self._footage, self._mirror = footage, mirror
        self._index, self._time_s, self._presence = 0, 0.0, 0.0
        self.is_there = False

    def moments(self) -> Iterator[str]:
        """Bring the mirror to each of `MOMENTS` in turn, late on an evening at which others were there before."""
        for _ in range(EARLIER_VISITS):
            self._pass_time(VISIT_S, is_there=True)
            self._pass_time(PAUSE_S, is_there=False)
        yield "idle"
        self.is_there = True
        yield "arrive"
        self._pass_time(DWELL_S, is_there=True)
        yield "dwell"

    def step(self, dt_s: float = 1 / FPS, *, seen: bool = True) -> Tick:
        """Tell the mirror what is new `dt_s` later; returns that moment. Unseen, the camera's picture is left out."""
        times = self._mirror.scene.reflection
        change = dt_s / times.arrive_s if self.is_there else -dt_s / times.leave_s
        self._presence = min(1.0, max(0.0, self._presence + change))
        self._time_s += dt_s
        self._index += 1
        tick = Tick(self._index, self._time_s, dt_s)
        place = self._place()
        self._mirror.update(self._footage.frames[place] if seen else None, self._reflection(place), tick)
        return tick

    def _pass_time(self, seconds: float, *, is_there: bool) -> None:
        self.is_there = is_there
        for _ in range(round(seconds / STEP_S)):
            self.step(STEP_S, seen=False)

    def _place(self) -> int:
        """Where in the footage it is: at its end it turns round."""
        last = len(self._footage.faces) - 1
        return last - abs(last - self._index % max(1, 2 * last))

    def _reflection(self, place: int) -> Reflection:
        face = self._footage.faces[place]
        features = self._footage.features[place] if self.is_there else None
        latent = replace(face.latent, presence=self._presence, features=features, typicality=0.5, likeness=0.5)
        return replace(face, latent=latent, generated_s=self._time_s, sequence=self._index)
