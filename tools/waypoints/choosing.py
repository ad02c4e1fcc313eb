"""Faces that are good to look at: usual for a persona, before a calm background, and to its critic's liking.

Candidates are drawn from seeds. Where there is an encoder, each is drawn again from its answer, as visitors are. How
a turn, a nod and a smile change the latent is read off the candidates by ridge regression with colours, age and
gender held; each face may go as far along these as its picture stays within the same bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.core.errors import ModelError
from engine.features.aligned_crop import crop_fault
from engine.features.vector import LAYOUT
from engine.networks.inversion.encoder import open_encoder
from engine.networks.persona import Persona, load_discriminator
from engine.networks.pggan.latent_sphere import normalise, seed_latents
from engine.networks.waypoints import GESTURES, Waypoints
from engine.types import ByteArray, Features, FloatArray
from tools.bank.builder import FaceDrawer

CANDIDATES, FACES = 600, 96
TYPICAL_SHARE = 0.4  # of the candidates, the nearest to the middle of all
MOVED_SHARE = 0.75  # the bound that a gesture must stay within
CALM_SHARE = 0.6  # of the candidates, those with the calmest background
REFUSED_SHARE = 0.1  # of the candidates, those that the critic is surest to have been drawn
STEPS = {"turn": (0.55, 0.3), "nod": (0.3, 0.15), "smile": (0.5, 0.25)}  # of a direction: what is tried first, and then
LEAST_GESTURES = 3  # sides of gestures, of five, that a face must be capable of
COLOUR_COMPONENTS, RIDGE = 10, 20.0
CRITIC_BATCH = 16  # its last layer compares the pictures of a batch

Critic = Callable[[ByteArray], FloatArray]


@dataclass(frozen=True)
class Bounds:
    """What a picture must be like.

    Attributes:
        mean, deviation: (F,) of the candidates' features.
        typical, moved: root mean square of standardised features: of a face at rest, and of one that moves.
        calm: greatest restlessness of the background.
    """

    mean: FloatArray
    deviation: FloatArray
    typical: float
    moved: float
    calm: float

    def strangeness(self, vectors: FloatArray) -> FloatArray:
        """Distance (N,) of features (N, F) from the middle of all candidates, in standard deviations."""
        standard = (vectors - self.mean) / self.deviation
        return np.asarray(np.sqrt((standard[:, _LOOKED_AT] ** 2).mean(axis=1)), np.float32)


_ATTRIBUTES = np.arange(LAYOUT.size)[LAYOUT["attributes"]]
_LOOKED_AT = np.setdiff1d(np.arange(LAYOUT.size), _ATTRIBUTES)
_COLOURS = np.arange(LAYOUT.size)[LAYOUT["colour"]]
_NAMES = list(LAYOUT.names)
_DRIVES = {"turn": ("pose.yaw",), "nod": ("pose.pitch",), "smile": ("expression.smile", "expression.mouth_width")}


def choose_waypoints(persona: Persona, critic: Path | None = None, count: int = CANDIDATES) -> Waypoints:
    """Draw candidates and choose.

    Args:
        persona: whose faces.
        critic: discriminator that was trained with its generator; None does without.
        count: candidates.

    Raises:
        ModelError: too few faces are found in what it draws, or a file is damaged.
    """
    with FaceDrawer(persona) as drawer:
        latents = seed_latents(range(count), persona.settings.latent_size)
        latents, pictures, vectors = _answered(persona, drawer, latents)
        if len(latents) < count // 2:
            raise ModelError(f"{persona.generator_path} draws too few faces to choose from: {len(latents)} of {count}")
        restless = np.array([restlessness(picture) for picture in pictures], np.float32)
        bounds = _bounds(vectors, restless)
        is_good = (bounds.strangeness(vectors) <= bounds.typical) & (restless <= bounds.calm)
        if critic is not None:
            scores = judged(pictures, critic_of(critic))
            is_good &= scores >= np.quantile(scores, REFUSED_SHARE)
        chosen = _spread(np.flatnonzero(is_good), bounds, vectors)
        directions = gesture_directions(latents, vectors)
        return _with_reach(drawer, latents[chosen], directions, bounds)


def _answered(persona: Persona, drawer: FaceDrawer, latents: FloatArray) -> tuple[FloatArray, ByteArray, FloatArray]:
    """Latents (N, latent_size), pictures (N, S, S, 3) and features (N, F) of those whose face is found."""
    pictures = drawer.draw(latents)
    found = [drawer.measure(picture) for picture in tqdm(pictures, desc="candidates", unit=" faces")]
    if persona.encoder_path.exists():
        encoder = open_encoder(persona)
        encoder.prepare()
        seen = [
            (encoder(face.crop.pixels), face)
            for face in found
            if face is not None and face.crop is not None and crop_fault(face) is None
        ]
        latents = np.stack([latent for latent, _ in seen]) if seen else latents[:0]
        kept: list[Features] = [face for _, face in seen]
        pictures = drawer.draw(latents) if seen else pictures[:0]
    else:
        here = [index for index, face in enumerate(found) if face is not None]
        latents, pictures = latents[here], pictures[here]
        kept = [face for face in found if face is not None]
    return latents, pictures, np.array([face.vector for face in kept], np.float32).reshape(-1, LAYOUT.size)


def restlessness(picture: ByteArray) -> float:
    """How much there is to see in the upper corners of a picture (S, S, 3): the mean step from pixel to pixel."""
    side = picture.shape[0]
    height, width = side * 2 // 5, side // 5
    grey = picture[:height].astype(np.float32)
    steps = [
        np.abs(np.diff(corner, axis=axis)).mean() for corner in (grey[:, :width], grey[:, -width:]) for axis in (0, 1)
    ]
    spread = [corner.reshape(-1, 3).std(axis=0).mean() for corner in (grey[:, :width], grey[:, -width:])]
    return float(np.mean(steps) + 0.25 * np.mean(spread))


def _bounds(vectors: FloatArray, restless: FloatArray) -> Bounds:
    mean, deviation = vectors.mean(axis=0), np.maximum(vectors.std(axis=0), 1e-6)
    strangeness = Bounds(mean, deviation, 0.0, 0.0, 0.0).strangeness(vectors)
    typical, moved = (float(np.quantile(strangeness, share)) for share in (TYPICAL_SHARE, MOVED_SHARE))
    return Bounds(mean, deviation, typical, moved, float(np.quantile(restless, CALM_SHARE)))


def critic_of(path: Path) -> Critic:
    """A discriminator as a function of pictures (N, S, S, 3) uint8; higher looks more real to it."""
    network = load_discriminator(path)
    return lambda pictures: np.asarray(network(pictures.astype(np.float32) / 127.5 - 1)).ravel()


def judged(pictures: ByteArray, critic: Critic) -> FloatArray:
    """Scores (N,) of pictures."""
    batches = range(0, len(pictures), CRITIC_BATCH)
    return np.concatenate([critic(pictures[begin : begin + CRITIC_BATCH]) for begin in batches])


def _spread(good: NDArray[Any], bounds: Bounds, vectors: FloatArray) -> NDArray[Any]:
    """Up to `FACES` of the good ones, each as unlike those before it as can be (Gonzalez 1985)."""
    if len(good) < 2:
        raise ModelError("no two faces are good enough to walk between")
    standard = ((vectors - bounds.mean) / bounds.deviation)[good]
    chosen = [int(bounds.strangeness(vectors[good]).argmin())]
    apart = np.linalg.norm(standard - standard[chosen[0]], axis=1)
    while len(chosen) < min(FACES, len(good)):
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(standard - standard[chosen[-1]], axis=1))
    return good[chosen]


def gesture_directions(latents: FloatArray, vectors: FloatArray) -> FloatArray:
    """Direction (G, latent_size) of each gesture, of length sqrt(latent_size).

    Args:
        latents: (N, latent_size).
        vectors: features (N, F) of what they draw.
    """
    standard = (vectors - vectors.mean(axis=0)) / np.maximum(vectors.std(axis=0), 1e-6)
    drives = [standard[:, [_NAMES.index(name) for name in _DRIVES[gesture]]].mean(axis=1) for gesture in GESTURES]
    _, _, axes = np.linalg.svd(standard[:, _COLOURS], full_matrices=False)
    held = standard[:, _COLOURS] @ axes[:COLOUR_COMPONENTS].T
    known = np.column_stack([*drives, held / held.std(axis=0), standard[:, _ATTRIBUTES]]).astype(np.float64)
    gram = known.T @ known + RIDGE * np.eye(known.shape[1])
    effects = np.linalg.solve(gram, known.T @ (latents - latents.mean(axis=0)))
    return normalise(effects[: len(GESTURES)])


def _with_reach(drawer: FaceDrawer, faces: FloatArray, directions: FloatArray, bounds: Bounds) -> Waypoints:
    """How far each face may go along each direction: the first step that stays within the bounds, else none."""
    reach = np.zeros((len(faces), len(GESTURES), 2), np.float32)
    for attempt in range(2):
        for index, gesture in enumerate(GESTURES):
            for side, sign in enumerate((-1.0, 1.0)):
                step = sign * STEPS[gesture][attempt]
                left = np.flatnonzero(reach[:, index, side] == 0)
                if len(left) and not (gesture == "smile" and sign < 0):
                    fits = _fits(drawer, normalise(faces[left] + step * directions[index]), bounds)
                    reach[left[fits], index, side] = step
    moves = (reach != 0).sum(axis=(1, 2)) >= LEAST_GESTURES
    if moves.sum() < 2:
        raise ModelError("no two faces can turn, nod or smile and stay as good as they are")
    return Waypoints(faces[moves], directions, reach[moves])


def _fits(drawer: FaceDrawer, latents: FloatArray, bounds: Bounds) -> NDArray[Any]:
    """Whether (N,) the pictures of latents are within the bounds of a moving face."""
    pictures = drawer.draw(latents)
    found = [drawer.measure(picture) for picture in pictures]
    return np.array(
        [
            face is not None
            and float(bounds.strangeness(face.vector[None])[0]) <= bounds.moved
            and restlessness(picture) <= bounds.calm
            for face, picture in zip(found, pictures, strict=True)
        ]
    )
