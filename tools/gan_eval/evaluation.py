"""Evaluation of a generator: its pictures are measured and compared with real portraits.

The metrics are in `tools/metrics`; this module defines what is compared with what. Distribution metrics use equal
numbers of drawn and real pictures, and are shown with the values between two halves of the real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tqdm import tqdm

from engine.features.featurizer import LAYOUT
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import read_header
from engine.types import ByteArray, Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.dataset.reference_set import References
from tools.gan_eval.feature_sets import FEWEST_FACES, Clouds, Figures, compare, found
from tools.metrics.memorization import Memorisation, measure_memorisation
from tools.metrics.path_length import FeaturePath, great_circles, measure_feature_path
from tools.metrics.plausibility import measure_plausibility, yaw_asymmetry
from tools.metrics.random_features import random_features
from tools.metrics.sliced_wasserstein import average, pyramid_sizes, sliced_wasserstein
from tools.metrics.thumbnails import PixelComponents

PATH_SEED = 30_000_000  # paths use seeds that nothing else uses
BATCH = 50


class RealPortraits:
    """Reference portraits as points, and the metrics between their halves: the same for all generators of a size.

    Args:
        references: reference portraits.
        measure: measures a face in a picture (H, W, 3).
    """

    def __init__(self, references: References, measure: Callable[[ByteArray], Features | None]) -> None:
        self.references = references
        pictures = references.chosen.pictures
        self.features = measure_faces(measure, pictures, "real faces")
        faces = found(self.features)
        is_known = len(faces) >= FEWEST_FACES
        self._mean = faces.mean(axis=0) if is_known else np.zeros(LAYOUT.size, np.float32)
        self._sd = _safe(faces.std(axis=0)) if is_known else np.ones(LAYOUT.size, np.float32)
        textures = random_features(pictures)
        self._texture_scale = textures.mean(axis=0), _safe(textures.std(axis=0))
        self._components = PixelComponents(pictures)
        self.clouds = self._clouds(pictures, self.features, textures)

    def clouds_of(self, pictures: ByteArray, features: FloatArray) -> Clouds:
        """Other pictures (N, S, S, 3) and their features (N, F) as points, standardised like these."""
        return self._clouds(pictures, features, random_features(pictures))

    def _clouds(self, pictures: ByteArray, features: FloatArray, textures: FloatArray) -> Clouds:
        mean, sd = self._texture_scale
        return Clouds(self.standardised(features), (textures - mean) / sd, self._components(pictures))

    def standardised(self, features: FloatArray) -> FloatArray:
        """Features (..., F) in standard deviations of real faces."""
        return np.asarray((features - self._mean) / self._sd)

    @cached_property
    def floor(self) -> dict[int, float]:
        """Sliced Wasserstein distance between the halves, by level."""
        first, second = self.references.half_pictures
        with tqdm(total=len(pyramid_sizes(self.references.size_px)), unit=" levels", desc="SWD, real") as progress:
            return sliced_wasserstein(first, second, progress=progress.update)

    @cached_property
    def itself(self) -> Figures:
        """All other metrics, between one half and the other."""
        first, second = (self.clouds.take(indices) for indices in self.references.halves)
        return {
            "detection": detection(self.features),
            **compare(first, second),
            **_shape_and_yaw(found(self.features), found(self.features)),
        }


@dataclass(frozen=True)
class Evaluation:
    """Results of an evaluation.

    Attributes:
        name: name of the generator.
        figures: contents of the JSON file; None for metrics that could not be computed.
        pictures: (N, S, S, 3) uint8, drawn from the seeds starting at `figures["seed"]`.
        features: (N, F) of them, NaN without a face.
        real: reference portraits.
        memorisation, path: details of these metrics.
    """

    name: str
    figures: Figures
    pictures: ByteArray
    features: FloatArray
    real: RealPortraits
    memorisation: Memorisation | None
    path: FeaturePath | None


def evaluate(persona: Persona, drawer: FaceDrawer, real: RealPortraits, count: int, seed: int) -> Evaluation:
    """Draw `count` pictures from the seeds `seed`, `seed` + 1, ... and evaluate them.

    Args:
        drawer: draws for the persona.
        real: references at the size of its pictures.
    """
    pictures = draw(drawer, seed_latents(range(seed, seed + count), persona.settings.latent_size), "drawing")
    features = measure_faces(drawer.measure, pictures, "drawn faces")
    clouds = real.clouds_of(pictures, features)
    has_faces = len(found(features)) >= FEWEST_FACES
    path = _path(drawer, real, persona.settings.latent_size) if has_faces else None
    memorisation = _memorisation(real.references, pictures)
    figures: Figures = {
        "generator": persona.name,
        "sha256": persona.generator_sha256,
        "resolution": persona.settings.resolution,
        "kimg": kimg(persona.generator_path),
        "count": count,
        "seed": seed,
        "references": len(real.references.chosen),
        "detection": detection(features),
        "swd": _swd(real, pictures),
        **compare(real.clouds, clouds),
        **_shape_and_yaw(found(real.features), found(features)),
        **_memory_figures(memorisation),
        "path_per_degree": None if path is None else path.per_degree,
        "real": real.itself,
    }
    return Evaluation(persona.name, figures, pictures, features, real, memorisation, path)


def draw(drawer: FaceDrawer, latents: FloatArray, what: str) -> ByteArray:
    """Draw pictures (N, S, S, 3) of latents, with a progress bar."""
    size = drawer.generator.size_px
    pictures = np.empty((len(latents), size, size, 3), np.uint8)
    with tqdm(total=len(latents), unit=" pictures", desc=what) as progress:
        for begin in range(0, len(latents), BATCH):
            batch = drawer.draw(latents[begin : begin + BATCH])
            pictures[begin : begin + BATCH] = batch
            progress.update(len(batch))
    return pictures


def measure_faces(
    measure: Callable[[ByteArray], Features | None], pictures: Iterable[ByteArray], what: str
) -> FloatArray:
    """Measure pictures: features (N, F), NaN without a face, with a progress bar."""
    faces = [measure(picture) for picture in tqdm(pictures, unit=" pictures", desc=what)]
    nothing = np.full(LAYOUT.size, np.nan, np.float32)
    return np.stack([nothing if face is None else face.vector for face in faces])


def detection(features: FloatArray) -> float:
    """Share of pictures in which a face was found."""
    return len(found(features)) / len(features)


def kimg(path: Path) -> float | None:
    """Thousands of pictures that a generator was trained on, from its file; None if unknown."""
    try:
        value = float(read_header(path).metadata["kimg"])
    except (KeyError, ValueError):
        return None
    return value if np.isfinite(value) else None


def _swd(real: RealPortraits, pictures: ByteArray) -> Figures:
    """Sliced Wasserstein distance of drawn pictures from half of the real ones, in equal numbers."""
    half = real.references.half_pictures[0]
    if not pyramid_sizes(pictures.shape[1]):
        return dict.fromkeys(("average", "floor", "ratio", "levels", "floor_levels", "pictures"))
    with tqdm(total=len(real.floor), unit=" levels", desc="SWD, drawn") as progress:
        levels = sliced_wasserstein(pictures[: len(half)], half, progress=progress.update)
    return {
        "average": average(levels),
        "floor": average(real.floor),
        "ratio": average(levels) / average(real.floor),
        "levels": {str(size): distance for size, distance in levels.items()},
        "floor_levels": {str(size): distance for size, distance in real.floor.items()},
        "pictures": len(half),
    }


def _shape_and_yaw(real: FloatArray, drawn: FloatArray) -> Figures:
    if min(len(real), len(drawn)) < FEWEST_FACES:
        return {"mahalanobis": None, "yaw_asymmetry_deg": None}
    return {
        "mahalanobis": asdict(measure_plausibility(real[:, LAYOUT["shape"]], drawn[:, LAYOUT["shape"]])),
        "yaw_asymmetry_deg": yaw_asymmetry(drawn[:, LAYOUT.index("pose.yaw")]),
    }


def _memorisation(references: References, pictures: ByteArray) -> Memorisation | None:
    training, held_out = references.training, references.held_out
    kinds = [label.kind for label in training.labels], [label.kind for label in held_out.labels]
    if not set(kinds[0]) & set(kinds[1]):
        return None
    return measure_memorisation(pictures, training.pictures, held_out.pictures, kinds, references.shares)


def _memory_figures(memorisation: Memorisation | None) -> Figures:
    names = ("nn_ratio", "nn_spread", "copy_ratio", "copy_spread")
    return {name: None if memorisation is None else getattr(memorisation, name) for name in names}


def _path(drawer: FaceDrawer, real: RealPortraits, latent_size: int) -> FeaturePath | None:
    latents = great_circles(PATH_SEED, latent_size)
    pictures = draw(drawer, latents.reshape(-1, latent_size), "paths")
    features = measure_faces(drawer.measure, pictures, "faces of paths")
    return measure_feature_path(real.standardised(features).reshape(*latents.shape[:2], -1))


def _safe(sd: FloatArray) -> FloatArray:
    """Standard deviations to divide by: 1 for constant values."""
    return np.where(sd > 1e-6, sd, 1).astype(np.float32)
