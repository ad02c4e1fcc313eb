"""Detection in bad light: the same people in each light, with and without correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.features.colours import ON_THE_FACE, patch_centres, patch_colours
from engine.features.dim_light import Light
from engine.features.face_finder import LiveFaces, SeenFace
from engine.features.geometry import measure_face
from engine.types import ByteArray, FloatArray
from tools.sight.lights import LIGHTS
from tools.sight.people import SIZE_WH, Sitter, places, stand
from tools.sight.range_trial import FOUND_WITHIN, nearest_error
from tools.sight.rooms import room

FRAMES = 10
SETTLED = 4  # first pictures, excluded from jitter and colour
WIDTH = 0.08  # of a face, as a share of the picture's width


@dataclass(frozen=True)
class InLight:
    """Results for one light, with or without correction.

    Attributes:
        light: name of the light.
        is_helped: whether bad light is corrected.
        found: share of pictures in which the face was found in its place.
        trembling: jitter of a still person's landmarks between pictures, root mean square in eye distances; NaN if
                nobody was found.
        colour_error: median distance in CIELAB between colours on the face and those in normal light.
    """

    light: str
    is_helped: bool
    found: float
    trembling: float
    colour_error: float


def measure_light(people: list[Sitter], light: str, *, is_helped: bool, seed: int = 0) -> InLight:
    """Show everybody in one light, one after another."""
    random = np.random.default_rng(seed)
    where = places(WIDTH, 0.0, random)
    found, trembling, errors = [], [], []
    faces = LiveFaces(is_helped=is_helped)
    try:
        for sitter in people:
            picture, truth = stand(sitter, next(where), room(random, SIZE_WH))
            middle = (truth[454, :2] + truth[234, :2]) / 2
            face = np.array([*middle, np.linalg.norm(truth[454] - truth[234])], np.float64)
            wanted = colours_of(picture, truth, Light())
            last = None
            for index in range(FRAMES):
                shown = LIGHTS[light](picture, face, random)
                seen = nearest(faces(shown), truth)
                found.append(seen is not None)
                if seen is not None and index >= SETTLED:
                    got = colours_of(shown, seen.landmarks_px, seen.light)
                    errors.append(float(np.linalg.norm(got - wanted, axis=1).mean()))
                    if last is not None:
                        trembling.append(apart(seen.landmarks_px, last))
                last = None if seen is None else seen.landmarks_px
    finally:
        faces.close()
    return InLight(
        light=light,
        is_helped=is_helped,
        found=float(np.mean(found)),
        trembling=float(np.sqrt(np.mean(np.square(trembling)))) if trembling else np.nan,
        colour_error=float(np.median(errors)) if errors else np.nan,
    )


def nearest(faces: list[SeenFace], truth: FloatArray) -> SeenFace | None:
    """Face that matches these landmarks, if any."""
    for face in faces:
        if face.is_fresh and nearest_error([face.landmarks_px], truth) < FOUND_WITHIN:
            return face
    return None


def apart(landmarks: FloatArray, others: FloatArray) -> float:
    """Root mean square distance between landmarks (478, 3) of one face in two pictures, in eye distances."""
    eyes = landmarks[[33, 133], :2].mean(axis=0), landmarks[[362, 263], :2].mean(axis=0)
    moved = np.square(landmarks[:, :2] - others[:, :2]).sum(axis=1).mean()
    return float(np.sqrt(moved) / np.linalg.norm(eyes[1] - eyes[0]))


def colours_of(picture: ByteArray, landmarks: FloatArray, light: Light) -> FloatArray:
    """CIELAB colours (16, 3) of the patches on a face."""
    size_wh = (picture.shape[1], picture.shape[0])
    face = measure_face(landmarks, *size_wh)
    if face is None:
        return np.full((len(ON_THE_FACE), 3), np.nan, np.float32)
    roll_rad = face.placement.roll_rad
    centres = patch_centres(landmarks, face.eye_distance_px, roll_rad, size_wh)
    colours = patch_colours(picture, centres, face.eye_distance_px, roll_rad, light)
    return np.asarray(colours.reshape(-1, 3)[: len(ON_THE_FACE)], np.float32)
