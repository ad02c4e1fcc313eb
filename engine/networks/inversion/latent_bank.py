"""Bank of drawn faces: the features of the face drawn from each seed, in shards on disk.

Latents are not stored: their seeds recreate them. A shard holds `SHARD_SEEDS` consecutive seeds and is written whole or
not at all, so an interrupted bank resumes where it stopped. A bank belongs to one generator and one feature layout;
both are in its folder's name and in every shard. Does not know how faces are drawn or measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT
from engine.features.layout import FeatureLayout
from engine.networks.pggan.weight_file import read_arrays, read_header
from engine.system.atomic_write import atomic_write
from engine.types import FloatArray, Placement

SHARD_SEEDS = 500
MAX_SEED = 1 << 24  # seeds are stored as float32, which is exact up to here
PLACEMENT_COLUMNS = ("x", "y", "eye_distance", "roll_rad")


@dataclass(frozen=True)
class DrawnFaces:
    """Faces that were drawn, found and measured.

    Attributes:
        seeds: (N,) int64, ascending.
        vectors: (N, F) float32, in the bank's layout.
        placements: (N, 4) float32: x, y, eye_distance, roll_rad, see `types.Placement`.
        drawn: number of pictures drawn; in drawn - N of them no face was found.
    """

    seeds: NDArray[np.int64]
    vectors: FloatArray
    placements: FloatArray
    drawn: int

    def __len__(self) -> int:
        return len(self.seeds)

    @property
    def detection(self) -> float:
        """Share of drawn pictures in which a face was found."""
        return len(self) / max(1, self.drawn)


def placement_row(placement: Placement) -> tuple[float, float, float, float]:
    """Convert a placement to a row of `DrawnFaces.placements`."""
    return placement.x, placement.y, placement.eye_distance, placement.roll_rad


class Bank:
    """Shards of one generator.

    Args:
        folder: all banks of the persona, e.g. models/portraits/bank.
        generator_sha256: hash of the generator.
        layout: feature layout.
    """

    def __init__(self, folder: Path, generator_sha256: str, layout: FeatureLayout = LAYOUT) -> None:
        self.generator_sha256 = generator_sha256
        self.layout = layout
        self.folder = folder / f"{generator_sha256[:12]}-{layout.name}-{layout.version}"

    def path(self, shard: int) -> Path:
        """File of the seeds from shard * SHARD_SEEDS."""
        return self.folder / f"{shard * SHARD_SEEDS:08d}.safetensors"

    def missing(self, shards: Iterable[int]) -> list[int]:
        """Shards that do not exist or cannot be read, and have to be drawn."""
        return [shard for shard in shards if not self._is_whole(shard)]

    def write(self, shard: int, faces: DrawnFaces) -> None:
        """Save a shard atomically; features in float16."""
        from safetensors.numpy import save

        self.folder.mkdir(parents=True, exist_ok=True)
        content = save(
            {
                "seeds": faces.seeds.astype(np.float32),
                "vectors": faces.vectors.astype(np.float16),
                "placements": faces.placements.astype(np.float32),
            },
            self._identity() | {"drawn": str(faces.drawn)},
        )
        with atomic_write(self.path(shard)) as partial:
            partial.write_bytes(content)

    def read(self, shards: Iterable[int]) -> DrawnFaces:
        """Read all faces of some shards.

        Raises:
            ModelError: a shard is missing, damaged, or belongs to another generator or layout.
        """
        parts = [self._read_shard(shard) for shard in shards]
        if not parts:
            raise ModelError(f"no shards of the bank {self.folder} were requested")
        return DrawnFaces(
            np.concatenate([part.seeds for part in parts]),
            np.concatenate([part.vectors for part in parts]),
            np.concatenate([part.placements for part in parts]),
            sum(part.drawn for part in parts),
        )

    def _read_shard(self, shard: int) -> DrawnFaces:
        path = self.path(shard)
        metadata = read_header(path).metadata
        arrays = read_arrays(path)
        try:
            seeds, vectors, placements = arrays["seeds"], arrays["vectors"], arrays["placements"]
            fits = vectors.shape == (len(seeds), self.layout.size) and placements.shape == (
                len(seeds),
                len(PLACEMENT_COLUMNS),
            )
            drawn = int(metadata["drawn"])
        except (KeyError, ValueError, TypeError):
            fits, drawn = False, 0
        if not fits or any(metadata.get(key) != value for key, value in self._identity().items()):
            raise ModelError(f"{path} is damaged or not a shard of this bank: delete it, and it will be drawn again")
        return DrawnFaces(seeds.astype(np.int64), vectors, placements, drawn)

    def _is_whole(self, shard: int) -> bool:
        try:
            self._read_shard(shard)
        except ModelError:
            return False
        return True

    def _identity(self) -> dict[str, str]:
        return {
            "format": "narcissus-bank",
            "generator_sha256": self.generator_sha256,
            "layout": self.layout.stamp,
        }
