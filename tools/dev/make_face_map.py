"""Make engine/render/passes/face_map.npz: `python -m tools.dev.make_face_map`.

Positions of the landmarks on the frontal mean face, and triangles between them, so that a face can be drawn as a
surface. Run it again after changes to `mean_face.npy`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from engine.features.geometry import mean_face

OUTPUT = Path(__file__).resolve().parents[2] / "engine" / "render" / "passes" / "face_map.npz"
N_SURFACE = 468  # the rest are the irises, which lie on the surface
FLATTEST = 0.06  # height over longest side, below which a triangle at the rim is omitted


def face_map() -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Positions (478, 2) in eye distances from the midpoint of the eyes, x right, y down; triangles (N, 3)."""
    places = mean_face()[0][:, :2]
    corners = Triangulation(*places[:N_SURFACE].T).triangles
    a, b, c = (places[corners[:, i]] for i in range(3))
    doubled = np.cross(b - a, c - a)
    longest = np.max([np.linalg.norm(side, axis=1) for side in (a - b, b - c, c - a)], axis=0)
    return places.astype(np.float32), corners[np.abs(doubled) / longest**2 > FLATTEST].astype(np.int16)


if __name__ == "__main__":
    places, triangles = face_map()
    np.savez_compressed(OUTPUT, places=places, triangles=triangles)
    print(f"{OUTPUT}: {len(triangles)} triangles")
