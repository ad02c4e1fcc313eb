"""Simulated visit on a manual clock: the same frames, features and faces for everything that is drawn.

The visitor is scikit-image's astronaut, whose head moves; no other person's picture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from engine.config.reflection import BitSettings, ReflectionSettings
from engine.core.clock import ManualClock
from engine.features.featurizer import Featurizer
from engine.networks.attributes.classifier import AttributeReader, attributes_path
from engine.networks.backends.generator_runtime import open_generator
from engine.networks.backends.upscaled_generator import with_upscaler
from engine.networks.inversion.inverter_file import need_inverter
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latent
from engine.pipeline.attribute_follower import AttributeFollower
from engine.pipeline.generator_step import GeneratorStep
from engine.pipeline.latent_follower import LatentFollower
from engine.pipeline.reflection_analyzer import ReflectionAnalyzer
from engine.types import ByteArray, Frame, Latent, Reflection
from tools.animate_portrait import motion_at, moved

MODELS = Path(__file__).resolve().parents[2] / "models"
CAMERA_WH = (640, 480)
RATE_HZ = 15
ALONE_S, STAY_S = 1.0, 12.0  # after twelve seconds the portrait is upright and central
EARLIER_VISITS, VISIT_S, PAUSE_S = 13, 7, 6
SEED = 4

Visit = list[tuple[Frame, Reflection]]


class Rehearsal:
    """Simulated visit: the same frames, features and faces for every scene.

    Args:
        persona: must have an inverter.
        stay_s: how long the visitor stays, after `ALONE_S` without one.
    """

    def __init__(self, persona: Persona, stay_s: float = STAY_S) -> None:
        self._generator = with_upscaler(open_generator(persona), persona)
        self._inverter = need_inverter(persona)
        self.frames = list(_frames(stay_s))
        self._visits: list[tuple[tuple[BitSettings, bool], Visit]] = []
        with Featurizer("live", crops=self._inverter.needs_crop) as featurizer:
            seen = [featurizer(frame) for frame in tqdm(self.frames, desc="measuring", unit="frame")]
        attribute_follower = AttributeFollower(AttributeReader(attributes_path(MODELS)))
        self._features = [
            None if index < ALONE_S * RATE_HZ or found is None else attribute_follower(frame, found)
            for index, (frame, found) in enumerate(zip(self.frames, seen, strict=True))
        ]
        self._somebody = next(found for found in self._features if found is not None)

    def visit(
        self, bits: BitSettings | None = None, *, with_previews: bool = True
    ) -> Iterator[tuple[Frame, Reflection]]:
        """Frame and reflection at each time, 1 / `RATE_HZ` s apart; what was drawn once is not drawn again.

        Args:
            bits: of the scene, if it quantises its visitors.
            with_previews: whether faces have previews; those without are enlarged by the persona's upscaler.
        """
        wanted = bits or BitSettings(), with_previews
        known = next((visit for key, visit in self._visits if key == wanted), None)
        if known is None:
            known = list(self.answers(lambda: wanted))
            self._visits.append((wanted, known))
        return iter(known)

    def answers(self, wanted: Callable[[], tuple[BitSettings, bool]]) -> Iterator[tuple[Frame, Reflection]]:
        """Like `visit`, where the bits and whether there are previews may change on the way."""
        clock = ManualClock()
        listener = ReflectionAnalyzer(lambda: Featurizer("static"), clock, waits=True)
        generator_step = GeneratorStep(self._generator, clock)
        start = seed_latent(SEED, self._generator.latent_size)
        self._inverter.reset()
        follower = LatentFollower(start, self._inverter, ReflectionSettings(), seed=SEED)
        for frame, features in zip(self.frames, self._features, strict=True):
            bits, with_previews = wanted()
            follower.adjust(ReflectionSettings(bits=bits))
            clock.advance(1 / RATE_HZ)
            now_s = clock.now_s()
            reflection = generator_step.draw(follower.follow(features, now_s, now_s).latent, with_previews)
            listener.listen(reflection, now_s, is_asked=True)
            yield frame, replace(reflection, echo=listener.echo)
        listener.close()

    def earlier(self) -> Iterator[Reflection]:
        """Reflections of previous visitors, one second apart; nobody is there between their visits."""
        count = 0
        for stranger in range(EARLIER_VISITS):
            z = seed_latent(stranger, self._generator.latent_size)
            image, features = self._generator(z), self._somebody
            for _ in range(VISIT_S):
                count += 1
                yield Reflection(image, Latent(z, 1.0, features, 0.0), 0.0, count)
            for _ in range(PAUSE_S):
                count += 1
                yield Reflection(image, Latent(z, 0.0, None, 0.0), 0.0, count)


def portrait() -> ByteArray:
    """Visitor's face, (300, 300, 3) uint8 RGB."""
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut()[:300, 80:380])


def _frames(stay_s: float) -> Iterator[Frame]:
    face = portrait()
    for index in range(round((ALONE_S + stay_s) * RATE_HZ) + 1):
        time_s = index / RATE_HZ - ALONE_S
        yield Frame(moved(face, motion_at(time_s), CAMERA_WH), index / RATE_HZ, index)
