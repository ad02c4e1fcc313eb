"""Likeness trial of a persona: viewers, their reflections, and the references shown with every figure.

* `value`: the inverter's reflections.
* `random`: random drawn faces.
* `fixed`: the single drawn face that is nearest to all viewers on average.
* `oracle`: the best result of a search in the generator (`tools/likeness/search_bound.py`), for some viewers; with
  `value_searched`, the inverter's reflections of these.
* `value_stayed`: its reflections of the same viewers after they have stayed for `STAY_S`.
* `floor`: the viewer's own picture, measured again with a show's noise (`tools/likeness/camera_noise.py`).

No reflection can be better than the floor, and none needs to be better than the search bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.core.clock import Clock
from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT
from engine.networks.inversion.feature_clamp import KnowsItsBank
from engine.networks.inversion.inverter_file import need_inverter
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import angle_deg, seed_latents
from engine.types import ByteArray, Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.bank.held_out import HELD_OUT_SEED
from tools.dataset.portrait_set import to_nominal
from tools.dataset.reference_set import Indices
from tools.gan_eval.evaluation import draw, measure_faces
from tools.gan_eval.feature_sets import found
from tools.likeness.answers import answers_afresh, can_answer, seen_pixels
from tools.likeness.attribute_figures import flips_per_minute
from tools.likeness.camera_noise import disturbed
from tools.likeness.figures import FEWEST, Figures, error, expression_r, likeness_figures
from tools.likeness.filmed_motion import Filmed, FilmedMotionTrial
from tools.likeness.motion_trial import MotionTrial, still_clip
from tools.likeness.picture_judges import PictureJudges
from tools.likeness.refinement_trial import Growth, GrowthTrial, tracked_noise
from tools.likeness.scale import LikenessScale
from tools.likeness.search_bound import Oracle, nearest_seeds

RANDOM_SEED = 20_000_000  # seeds of random faces, used by nothing else
FEWEST_RANDOM = 300  # enough for standard deviations and shape components
REFERENCES = ("value", "random", "fixed", "oracle", "floor", "value_searched", "value_stayed")
STAY_S = 10.0  # after arrival
TIMED_VIEWERS = 20
NO_READER = "the personas' folder has no age and gender network"

Measured = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Viewers:
    """Viewers in front of the mirror.

    Attributes:
        faces: N viewers, as they are.
        seen: the same as measured by the mirror.
        again: (N, F) measured again with a show's noise, NaN without a face.
        pictures: (N, H, W, 3) of them.
        shown: total number of pictures; shown - N of them have no detectable face.
    """

    faces: list[Features]
    seen: list[Features]
    again: FloatArray
    pictures: ByteArray
    shown: int

    @property
    def vectors(self) -> FloatArray:
        """Features (N, F) as they are."""
        return np.stack([face.vector for face in self.faces])


class Trial:
    """Trial of a persona.

    Args:
        persona: must have a bank; an encoder, if any, provides the latents.
        drawer: draws for the persona.
        count: random faces to draw as references; at least 300.

    Raises:
        ModelError: its inverter cannot be used, or its generator draws no faces.
    """

    def __init__(self, persona: Persona, drawer: FaceDrawer, count: int) -> None:
        self._drawer = drawer
        self._latent_size = persona.settings.latent_size
        inverter = need_inverter(persona)
        if not isinstance(inverter, KnowsItsBank):
            raise ModelError(
                f"{persona.folder} has no bank of drawn faces, which defines the scale: "
                f"run `python -m tools.train_inverter --model {persona.name}`"
            )
        self._inverter, self._models = inverter, persona.folder.parent
        self._random = self._of_latents(self._seeds(RANDOM_SEED, max(count, FEWEST_RANDOM)), "random faces")
        if len(found(self._random)) < FEWEST:
            raise ModelError(f"{persona.generator_path} draws no detectable faces: there is nothing to measure")
        self._scale = LikenessScale(found(self._random))

    def held_out(self, count: int) -> Viewers:
        """Drawn faces from seeds outside all banks, as seen by the mirror: with a show's noise."""
        pictures = draw(self._drawer, self._seeds(HELD_OUT_SEED, count), "held-out faces")
        return self.viewers(pictures, is_disturbed=True)

    def viewers(self, pictures: ByteArray, *, is_disturbed: bool = False) -> Viewers:
        """Faces in pictures (N, H, W, 3), already mirrored if required.

        Args:
            is_disturbed: whether the mirror sees them with a show's noise; otherwise unchanged.
        """
        random = np.random.default_rng(0)
        faces: list[Features] = []
        seen: list[Features] = []
        again: list[FloatArray] = []
        has_face = np.zeros(len(pictures), bool)
        for index, picture in enumerate(tqdm(pictures, unit=" pictures", desc="viewers")):
            face = self._drawer.measure(picture)
            if face is None or not can_answer(self._inverter, face):
                continue
            noisy = self._drawer.measure(disturbed(picture, random))
            faces.append(face)
            has_face[index] = True
            again.append(np.full(LAYOUT.size, np.nan, np.float32) if noisy is None else noisy.vector)
            is_seen = is_disturbed and noisy is not None and can_answer(self._inverter, noisy)
            seen.append(noisy if noisy is not None and is_seen else face)
        measured_again = np.array(again, np.float32).reshape(-1, LAYOUT.size)
        return Viewers(faces, seen, measured_again, pictures[has_face], len(pictures))

    def run(
        self, viewers: Viewers, searched: int, discriminator: Any = None, *, judges_pictures: bool = False
    ) -> Measured:
        """Run all measures with their references.

        Args:
            viewers: at least a few.
            searched: number of viewers for the search bound; 0 omits it.
            discriminator: discriminator of the generator, for the realism of reflections; None omits it.
            judges_pictures: whether to run the picture judges, which takes minutes.
        """
        asked = viewers.vectors
        latents = answers_afresh(self._inverter, viewers.seen)
        pictures = draw(self._drawer, latents, "answers")
        came = measure_faces(self._drawer.measure, pictures, "faces of answers")
        fixed = self._fixed(asked)
        fixed_error = error(self._scale, asked, fixed)
        several: dict[str, Figures] = {
            name: likeness_figures(self._scale, asked, answers, fixed=fixed_error)
            for name, answers in (("value", came), ("random", self._others(len(asked))), ("fixed", fixed))
        }
        several["floor"] = likeness_figures(self._scale, asked, viewers.again, fixed=fixed_error)
        judged: dict[str, Figures] = {}
        judges = self._judges(viewers) if judges_pictures else None
        if judges is not None:
            judged = self._judged(judges, viewers, pictures)
        if searched:
            own, best = self._search(asked, latents, searched)
            of_these = error(self._scale, asked[own], fixed[own])
            several["oracle"] = likeness_figures(self._scale, asked, best, own, of_these)
            several["value_searched"] = likeness_figures(self._scale, asked, came[own], own, of_these)
            stayed = self._stayed(viewers, own)
            several["value_stayed"] = likeness_figures(self._scale, asked, stayed.came[0], own, of_these)
            if judges is not None:
                judged["value_searched"] = judges.figures(pictures[own], own)
                judged["value_stayed"] = judges.figures(draw(self._drawer, stayed.latents[0], "who stay"), own)
        in_range = several.get("oracle", {}).get("expression")
        for figures in several.values():
            if "expression" in figures:
                figures["expression_r"] = expression_r(figures["expression"], in_range)
        measured = side_by_side({name: figures | judged.get(name, {}) for name, figures in several.items()})
        if judges is not None and judges.reason is not None:
            measured["identity_r1"]["reason"] = judges.reason
        measured["viewers"] = _entry(value=len(asked), oracle=min(searched, len(asked)))
        measured |= {name: _entry(**values) for name, values in self._motion(viewers).items()}
        errors = measured.get("error", {})
        over_oracle = {name: _ratio(errors, of) for name, of in (("value", "value_searched"), ("value_stayed",) * 2)}
        measured["error_over_oracle"] = _entry(**over_oracle)
        measured["diversity_deg"] = _entry(value=_mean_angle_deg(latents), random=90.0, fixed=0.0)
        measured |= self._speed(viewers)
        measured["realism"] = self._realism(pictures, discriminator)
        measured |= self._attributes(viewers, measured.get("attributes", _entry()))
        return measured

    def _judges(self, viewers: Viewers) -> PictureJudges:
        return PictureJudges(self._models, self._drawer, viewers.pictures, viewers.faces)

    def _judged(self, judges: PictureJudges, viewers: Viewers, answers: ByteArray) -> dict[str, Figures]:
        """Results of the judges for the reflections (N, S, S, 3) and for three of the references."""
        count, random = len(answers), np.random.default_rng(0)
        others = draw(self._drawer, self._seeds(RANDOM_SEED, count), "random reflections")
        fixed = self._drawer.draw(seed_latents(self._fixed_seed(viewers.vectors), self._latent_size))
        noisy = np.stack([disturbed(picture, random) for picture in viewers.pictures])
        references = {"value": answers, "random": others, "fixed": np.repeat(fixed, count, axis=0), "floor": noisy}
        return {name: judges.figures(pictures) for name, pictures in references.items()}

    def _seeds(self, first: int, count: int) -> FloatArray:
        return seed_latents(range(first, first + count), self._latent_size)

    def _of_latents(self, latents: FloatArray, what: str) -> FloatArray:
        return measure_faces(self._drawer.measure, draw(self._drawer, latents, what), f"measuring {what}")

    def _speed(self, viewers: Viewers) -> Measured:
        """Duration of the inverter, ms: over the calls of visits (99th percentile), and for their first (median)."""
        noise = tracked_noise(viewers.vectors, viewers.again)
        clock, random, times_ms = Clock(), np.random.default_rng(4), []
        for face in viewers.faces[:TIMED_VIEWERS]:
            self._inverter.reset()
            pixels = seen_pixels(self._inverter, face)
            for vector in still_clip(face.vector, noise, random, STAY_S).vectors:
                began_s = clock.now_s()
                self._inverter(vector, pixels)
                times_ms.append((clock.now_s() - began_s) * 1000)
        visits = np.reshape(times_ms, (min(TIMED_VIEWERS, len(viewers.faces)), -1))
        p99, first = float(np.percentile(visits, 99)), float(np.median(visits[:, 0]))
        return {"inverter_ms_p99": _entry(value=p99), "inverter_first_ms": _entry(value=first)}

    def _others(self, count: int) -> FloatArray:
        """Random face (count, F) for each viewer."""
        return self._random[np.random.default_rng(1).integers(len(self._random), size=count)]

    def _fixed(self, asked: FloatArray) -> FloatArray:
        """Best fixed face, repeated for all viewers, (N, F): the one in the bank nearest to their mean."""
        latents = seed_latents(self._fixed_seed(asked), self._latent_size)
        return np.repeat(self._of_latents(latents, "the best fixed face"), len(asked), axis=0)

    def _fixed_seed(self, asked: FloatArray) -> list[int]:
        """Its seed."""
        return nearest_seeds(self._inverter.weights, asked.mean(axis=0), 1)

    def _search(self, asked: FloatArray, latents: FloatArray, count: int) -> tuple[Indices, FloatArray]:
        oracle = Oracle(self._inverter.weights, self._drawer.draw_and_measure, self._scale)
        random = np.random.default_rng(2)
        own = np.linspace(0, len(asked) - 1, min(count, len(asked))).round().astype(np.int64)
        best = [oracle(asked[index], latents[index], random) for index in tqdm(own, unit=" viewers", desc="oracle")]
        return own, np.stack(best)

    def _stayed(self, viewers: Viewers, own: Indices) -> Growth:
        """Reflections of viewers who have stayed."""
        noise = tracked_noise(viewers.vectors, viewers.again)
        growth = GrowthTrial(self._inverter, self._drawer, (STAY_S,))
        return growth.run([viewers.faces[index] for index in own], noise, is_refining=True)

    def _motion(self, viewers: Viewers) -> dict[str, dict[str, float | None]]:
        if self._inverter.needs_crop:
            films = FilmedMotionTrial(self._inverter, self._drawer, self._scale, found(self._random))
            filmed = Filmed(viewers.faces, viewers.pictures)
            return films.still_in_films(filmed) | films.turning_in_films(filmed)
        noise = found(viewers.again - viewers.vectors)
        motion = MotionTrial(self._inverter, self._drawer, self._scale, found(self._random))
        return motion.still(viewers.faces, noise) | motion.turning(viewers.faces)

    def _attributes(self, viewers: Viewers, kept: dict[str, Any]) -> Measured:
        """Attributes: whether those of viewers are `kept` in their reflections, and how often they change."""
        reader = self._drawer.reader
        if reader is None:
            return {name: _entry() | {"reason": NO_READER} for name in ("attributes", "attribute_flips")}
        flips = flips_per_minute(reader, self._drawer.measure, viewers.pictures)
        return {"attributes": kept, "attribute_flips": _entry(value=flips)}

    def _realism(self, pictures: ByteArray, discriminator: Any) -> dict[str, Any]:
        """Median percentile of the reflections among random faces, by the discriminator's score."""
        if discriminator is None:
            return _entry() | {"reason": "the persona has no discriminator"}
        others = draw(self._drawer, self._seeds(RANDOM_SEED, max(len(pictures), FEWEST_RANDOM)), "faces to compare")
        usual = np.sort(scores(discriminator, others))
        places = np.searchsorted(usual, scores(discriminator, pictures)) / len(usual)
        return _entry(value=float(100 * np.median(places)), random=50.0)


def scores(discriminator: Any, pictures: ByteArray) -> FloatArray:
    """Scores of pictures (N, S, S, 3) by a discriminator, (N,): higher looks more real.

    They are scored in the groups over which it measures variety, so every picture is judged among its peers.
    """
    group = discriminator.settings.mbstd_group_size
    parts = (to_nominal(pictures[begin : begin + group]) for begin in range(0, len(pictures), group))
    return np.concatenate([np.asarray(discriminator(part)).ravel() for part in parts])


def side_by_side(several: dict[str, Figures]) -> Measured:
    """Transpose figures of each reference to references of each figure; missing values are None."""
    names = dict.fromkeys(name for figures in several.values() for name in figures)
    return {name: _entry(**{key: figures.get(name) for key, figures in several.items()}) for name in names}


def _entry(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(REFERENCES) | values


def _ratio(errors: dict[str, Any], of: str) -> float | None:
    """Error of reflections relative to that of the search bound, for the same viewers."""
    ours, best = errors.get(of), errors.get("oracle")
    return None if ours is None or not best else ours / best


def _mean_angle_deg(latents: FloatArray) -> float | None:
    """Mean angle between two latents, each compared with the seven after it."""
    if len(latents) < 2:
        return None
    apart = [angle_deg(latents, np.roll(latents, shift, axis=0)) for shift in range(1, min(len(latents), 8))]
    return float(np.mean(apart))
