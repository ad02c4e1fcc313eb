"""Waypoints: faces of a persona between which the mirror walks while nobody is there, and what each may do.

They are chosen beforehand by `tools.choose_waypoints`, which draws and judges them; the show needs neither critic nor
bound. Owns the file and its contents; does not know how they are walked.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.core.errors import ModelError
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import normalise
from engine.networks.pggan.weight_file import read_arrays, read_header, write_arrays
from engine.types import FloatArray

log = logging.getLogger(__name__)

WAYPOINTS_FILE = "waypoints.safetensors"
GESTURES = ("turn", "nod", "smile")  # to the right of the picture; up; wider
MAX_FACES = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Waypoints:
    """Faces that are good to look at, and how far each can be moved and stay so.

    Attributes:
        faces: (N, latent_size) float32, on the sphere.
        directions: (G, latent_size) float32 of length sqrt(latent_size), one for each of `GESTURES`.
        reach: (N, G, 2) float32, the shares of each direction that may be added to each face: downwards (0 or less) and
            upwards (0 or more).
    """

    faces: FloatArray
    directions: FloatArray
    reach: FloatArray

    def face(self, index: int, gesture: FloatArray) -> FloatArray:
        """Latent (latent_size,) of a face with these shares (G,) of the gestures."""
        return normalise(self.faces[index] + gesture @ self.directions)


def open_waypoints(persona: Persona) -> Waypoints | None:
    """Waypoints of a persona; None, and a line in the log, if it has none that belong to its generator."""
    path = persona.folder / WAYPOINTS_FILE
    if not path.exists():
        return None
    try:
        return read_waypoints(path, persona)
    except ModelError as error:  # the mirror can wander without
        log.warning("the mirror wanders without waypoints: %s", error)
        return None


def read_waypoints(path: Path, persona: Persona) -> Waypoints:
    """Read and check the file.

    Raises:
        ModelError: it is damaged, holds something else, or belongs to another generator.
    """
    remedy = f"choose them anew with python -m tools.choose_waypoints --model {persona.name}"
    persona.check_generator(path, read_header(path).metadata, remedy)
    arrays = read_arrays(path)
    size, gestures = persona.settings.latent_size, len(GESTURES)
    count = len(arrays.get("faces", ()))
    wanted = {"faces": (count, size), "directions": (gestures, size), "reach": (count, gestures, 2)}
    if {name: array.shape for name, array in arrays.items()} != wanted or not 2 <= count <= MAX_FACES:
        raise ModelError(f"{path} holds no waypoints: {remedy}")
    try:
        faces, directions = normalise(arrays["faces"]), normalise(arrays["directions"])
    except ValueError as error:
        raise ModelError(f"{path} holds no waypoints ({error}): {remedy}") from error
    reach = arrays["reach"]
    low, high = np.clip(reach[..., 0], -1, 0), np.clip(reach[..., 1], 0, 1)
    return Waypoints(faces, directions, np.stack([low, high], axis=-1))


def write_waypoints(path: Path, waypoints: Waypoints, generator_sha256: str) -> None:
    """Write the file, in half precision: nobody sees the difference."""
    arrays = {
        "faces": waypoints.faces.astype(np.float16),
        "directions": waypoints.directions.astype(np.float16),
        "reach": waypoints.reach.astype(np.float16),
    }
    write_arrays(path, arrays, {"format": "waypoints", "generator_sha256": generator_sha256})
