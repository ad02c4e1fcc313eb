"""Compute the mean face of head poses: `python -m tools.dev.make_mean_face PICTURES [--output FILE]`.

`engine/features/mean_face.npy` was computed by an earlier version of this program from 5 453 portraits; from the same
pictures, this version gives landmarks within 0.01 eye distances of it. Run it again only together with a new version of
the feature layout, since every pose changes with it. PICTURES is a zip file or a folder of a few thousand portraits,
mostly of people who look at the camera.

Method: weighted generalised Procrustes analysis (Gower 1975) of the 478 landmarks in three dimensions, with the median
instead of the mean, symmetrised in every iteration. Straight ahead is the median pose of the portraits.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.features.face_mesh import FaceMesh
from engine.features.geometry import LEFT_EYE_CORNERS, MEAN_FACE_FILE, RIGHT_EYE_CORNERS
from engine.images.image_file import read_image
from engine.types import ByteArray
from tools.command import command_parser

Points = NDArray[np.float64]

MIDLINE = (10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 2, 0, 13, 14, 17, 152)
ROUNDS = 12
STRANGEST = 5.0  # percentage of worst-fitting faces to omit
SUFFIXES = {".jpg", ".jpeg", ".png"}


def pictures(path: Path) -> Iterator[ByteArray]:
    """All pictures in a zip file or a folder, (H, W, 3) uint8."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix.lower() in SUFFIXES:
                yield read_image(file)
        return
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if Path(name).suffix.lower() in SUFFIXES:
                yield read_image(archive.read(name), name=name)


def mean_of(faces: Points) -> tuple[Points, Points]:
    """Mean face (478, 3) in eye distances and landmark weights (478,), mean 1, from faces (N, 478, 3)."""
    mean = _upright(faces[0])
    mirror, weights = _partners(mean), np.ones(len(mean))
    for turn in range(2 * ROUNDS):
        if turn == ROUNDS:
            scatter = np.median(((_aligned(mean, np.ones(len(mean)), faces)[1] - mean) ** 2).sum(axis=-1), axis=0)
            scatter = (scatter + scatter[mirror]) / 2
            weights = 1 / (scatter + 0.5 * np.median(scatter))
            weights /= weights.mean()
        aligned = _aligned(mean, weights, faces)[1]
        misfit = np.linalg.norm(aligned - mean, axis=-1).mean(axis=1)
        usual = np.median(aligned[misfit < np.percentile(misfit, 100 - STRANGEST)], axis=0)
        if turn < 3:  # the first estimate is one person; only the mean of many is symmetric
            mean = _upright(usual)
            mirror = _partners(mean)
        else:
            mean = _in_eye_distances((usual + (usual * [-1, 1, 1])[mirror]) / 2)
    rotations = _aligned(mean, weights, faces)[0]
    pitch = float(np.median(np.arctan2(rotations[:, 2, 1], rotations[:, 2, 2])))
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return _in_eye_distances(mean @ nod.T), weights


def _partners(face: Points) -> NDArray[np.intp]:
    """Index of the mirrored landmark for each landmark (478,)."""
    mirrored = face * [-1, 1, 1]
    return np.argmin(((mirrored[:, None] - face[None]) ** 2).sum(axis=-1), axis=1)


def _aligned(mean: Points, weights: Points, faces: Points) -> tuple[Points, Points]:
    """Rotation of each face (N, 3, 3), and the faces aligned to `mean`."""
    share = weights / weights.sum()
    centre = share @ mean
    centred = faces - np.einsum("k,nkd->nd", share, faces)[:, None]
    u, singular, vt = np.linalg.svd(np.einsum("nki,kj,k->nij", centred, mean - centre, share))
    signs = np.ones_like(singular)
    signs[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotations = (u * signs[:, None]) @ vt
    scales = (singular * signs).sum(axis=-1) / (share @ ((mean - centre) ** 2).sum(axis=-1))
    return rotations, centred @ rotations / scales[:, None, None] + centre


def _eyes(face: Points) -> tuple[Points, Points]:
    return face[list(LEFT_EYE_CORNERS)].mean(axis=0), face[list(RIGHT_EYE_CORNERS)].mean(axis=0)


def _in_eye_distances(face: Points) -> Points:
    left, right = _eyes(face)
    return (face - (left + right) / 2) / np.linalg.norm(right - left)


def _upright(face: Points) -> Points:
    """Rotate a face so that its eyes are level and its midline is upright and straight ahead."""
    left, right = _eyes(face)
    x = (right - left) / np.linalg.norm(right - left)
    y = face[MIDLINE[-1]] - face[MIDLINE[0]]
    y = y - x * (y @ x)
    y /= np.linalg.norm(y)
    return _in_eye_distances(face @ np.stack([x, y, np.cross(x, y)], axis=1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute the mean face of the pictures named on the command line."""
    parser = command_parser("dev.make_mean_face", "Average the shape of faces.", "portraits.zip")
    parser.add_argument("pictures", type=Path, help="zip file or folder of portraits")
    parser.add_argument("--output", type=Path, default=MEAN_FACE_FILE, help=f"{MEAN_FACE_FILE.name} if absent")
    options = parser.parse_args(arguments)
    if not options.pictures.exists():
        print(f"narcissus: {options.pictures} does not exist", file=sys.stderr)
        return 1
    mesh = FaceMesh()
    found = [mesh(picture) for picture in tqdm(pictures(options.pictures), unit=" pictures")]
    mesh.close()
    faces = np.array([each[0] for each in found if len(each)], np.float64).reshape(-1, 478, 3)
    if len(faces) < 100:
        print(
            f"narcissus: {len(faces)} faces in {options.pictures} are too few for a mean; give 100 or more",
            file=sys.stderr,
        )
        return 1
    mean, weights = mean_of(faces)
    np.save(options.output, np.column_stack([mean, weights]).astype(np.float32))
    print(f"{options.output}: the mean of {len(faces)} faces in {len(found)} pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
