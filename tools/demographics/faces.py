"""Two groups of faces in an audit: training portraits and drawn faces, measured in the same way.

Both are measured at the same size, the smaller of the two, so that sharpness does not distinguish them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT, Featurizer
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import ByteArray, FloatArray, Frame
from tools.bank.builder import BATCH, FaceDrawer
from tools.dataset.screening import is_coloured
from tools.demographics.skin_tone import skin_ita_deg

THUMBNAIL_PX = 16
FEWEST_FACES = 30


@dataclass(frozen=True)
class Crowd:
    """Faces that were found and measured, N of them.

    Attributes:
        vectors: (N, F) float32, in the layout `pipeline.features.LAYOUT`.
        thumbnails: (N, 768) float32, RGB from 0 to 1 of the picture at 16x16 px.
        coloured: (N,) whether the picture has colours.
        found: (M,) bool, which of all M pictures have a face.
    """

    vectors: FloatArray
    thumbnails: FloatArray
    coloured: NDArray[np.bool_]
    found: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def features(self) -> FloatArray:
        """All measurements (N, F + 768)."""
        return np.hstack([self.vectors, self.thumbnails])

    @property
    def ita_deg(self) -> NDArray[np.float64]:
        """Typology angle of the skin (N,); NaN if it cannot be measured, or without colours."""
        return np.where(self.coloured, skin_ita_deg(self.vectors), np.nan)


def measure_crowd(pictures: ByteArray, size_px: int, what: str) -> Crowd:
    """Measure square pictures (M, S, S, 3) uint8 RGB at a size, with a progress bar labelled `what`."""
    vectors = np.full((len(pictures), LAYOUT.size), np.nan, np.float32)
    thumbnails = np.empty((len(pictures), 3 * THUMBNAIL_PX**2), np.float32)
    coloured = np.zeros(len(pictures), np.bool_)
    with Featurizer("static") as featurizer:
        for index, picture in enumerate(tqdm(pictures, unit="picture", desc=what, disable=None)):
            picture = _resized(picture, size_px)
            face = featurizer(Frame(picture, 0.0, index))
            if face is not None:
                vectors[index] = face.vector
                thumbnails[index] = _resized(picture, THUMBNAIL_PX).ravel() / 255
                coloured[index] = is_coloured(picture)
    found = np.isfinite(vectors[:, 0])
    return Crowd(vectors[found], thumbnails[found], coloured[found], found)


def draw_crowd(persona: Persona, count: int, size_px: int) -> Crowd:
    """Draw and measure the first `count` seeds.

    Raises:
        ModelError: hardly any faces are found in the persona's pictures.
    """
    latents = seed_latents(range(count), persona.settings.latent_size)
    pictures = np.empty((count, *[persona.settings.resolution] * 2, 3), np.uint8)
    with FaceDrawer(persona) as drawer, tqdm(total=count, unit="picture", desc="drawing", disable=None) as progress:
        for begin in range(0, count, BATCH):
            pictures[begin : begin + BATCH] = drawer.draw(latents[begin : begin + BATCH])
            progress.update(len(latents[begin : begin + BATCH]))
    crowd = measure_crowd(pictures, size_px, "drawn faces")
    if len(crowd) < FEWEST_FACES:
        raise ModelError(
            f"faces were found in {len(crowd)} of {count} pictures drawn by {persona.name}: "
            f"an audit needs at least {FEWEST_FACES}"
        )
    return crowd


def _resized(picture: ByteArray, size_px: int) -> ByteArray:
    if picture.shape[0] == size_px:
        return picture
    return np.asarray(cv2.resize(picture, (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)
