"""Builder of latent banks: draws faces from seeds and measures them, in several processes.

Used by `tools.train_inverter` and `tools.adopt_generator`; after an interruption it resumes where it stopped.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.core.closing import Closing
from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT, VECTORS, Featurizer
from engine.features.layout import FeatureLayout
from engine.networks.attributes.classifier import AttributeReader, attributes_path
from engine.networks.backends.generator_runtime import RuntimeGenerator, open_generator
from engine.networks.inversion.latent_bank import PLACEMENT_COLUMNS, SHARD_SEEDS, Bank, DrawnFaces, placement_row
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import ByteArray, Features, FloatArray, Frame

PATIENCE_S = 600.0  # a shard takes some seconds; after this the processes must have died
BATCH = 50  # pictures in memory at a time


class FaceDrawer(Closing):
    """Draws latents and measures the faces, with a generator and a featurizer.

    Args:
        persona: persona with the generator.
        threads: processor threads of the generator.
        layout: feature layout, one of `VECTORS`; age and gender are read if the personas' folder has a network.

    Attributes:
        reader: that network, None if there is none.
    """

    def __init__(self, persona: Persona, threads: int | None = None, layout: FeatureLayout = LAYOUT) -> None:
        self.generator: RuntimeGenerator = open_generator(persona, threads=threads)
        weights = attributes_path(persona.folder.parent)
        self.reader = AttributeReader(weights) if weights.exists() else None
        crops = persona.encoder_path.exists()  # personas with an encoder need crops
        self._featurizer = Featurizer("static", VECTORS[layout.name], self.reader, crops=crops)

    def draw(self, z: FloatArray) -> ByteArray:
        """Draw latents (N, latent_size): pictures (N, H, W, 3) uint8 RGB."""
        return np.ascontiguousarray(self.generator.batch(z)[..., :3])

    def measure(self, picture: ByteArray) -> Features | None:
        """Measure one picture (H, W, 3); None if no face is found."""
        return self._featurizer(Frame(picture, captured_s=0.0, sequence=0))

    def draw_and_measure(self, z: FloatArray, progress: tqdm[Any] | None = None) -> list[Features | None]:
        """Draw and measure latents, in order."""
        found: list[Features | None] = []
        for begin in range(0, len(z), BATCH):
            found.extend(self.measure(picture) for picture in self.draw(z[begin : begin + BATCH]))
            if progress is not None:
                progress.update(len(z[begin : begin + BATCH]))
        return found

    def close(self) -> None:
        """Release the face mesh."""
        self._featurizer.close()


def collect(seeds: Sequence[int], features: Sequence[Features | None], layout: FeatureLayout = LAYOUT) -> DrawnFaces:
    """Collect the faces that were found, with their seeds."""
    found = [(seed, face) for seed, face in zip(seeds, features, strict=True) if face is not None]
    return DrawnFaces(
        np.array([seed for seed, _ in found], np.int64),
        np.array([face.vector for _, face in found], np.float32).reshape(-1, layout.size),
        np.array([placement_row(face.placement) for _, face in found], np.float32).reshape(-1, len(PLACEMENT_COLUMNS)),
        len(seeds),
    )


def complete_bank(persona: Persona, bank: Bank, shards: Sequence[int], workers: int, what: str) -> DrawnFaces:
    """Draw missing shards, with a progress bar; returns all faces of `shards`.

    Args:
        workers: number of processes, each drawing with one thread.
        what: label of the progress bar.
    """
    missing = bank.missing(shards)
    if missing:
        with tqdm(total=len(shards) * SHARD_SEEDS, unit=" faces", desc=what) as progress:
            progress.update((len(shards) - len(missing)) * SHARD_SEEDS)
            _draw_shards(persona, bank, missing, max(1, min(workers, len(missing))), progress)
    return bank.read(shards)


def _draw_shards(persona: Persona, bank: Bank, shards: Sequence[int], workers: int, progress: tqdm[Any]) -> None:
    start = persona.folder, bank.folder.parent, bank.layout.name
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _start_process, start)
    try:
        pending: set[Future[int]] = {pool.submit(_draw_shard, shard) for shard in shards}
        while pending:
            done, pending = wait(pending, timeout=PATIENCE_S, return_when=FIRST_COMPLETED)
            if not done:
                raise ModelError(f"no shard of the bank was finished in {PATIENCE_S:.0f} s: run the command again")
            for future in done:
                progress.update(future.result(timeout=0))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


_process: tuple[FaceDrawer, Bank] | None = None  # in a worker process, created once by `_start_process`


def _start_process(persona_folder: Path, bank_folder: Path, layout_name: str) -> None:
    global _process
    os.nice(5) if hasattr(os, "nice") else None
    persona = Persona.open(persona_folder)
    layout = VECTORS[layout_name].layout
    _process = FaceDrawer(persona, threads=1, layout=layout), Bank(bank_folder, persona.generator_sha256, layout)


def _draw_shard(shard: int) -> int:
    assert _process is not None
    drawer, bank = _process
    seeds = range(shard * SHARD_SEEDS, (shard + 1) * SHARD_SEEDS)
    latents = seed_latents(list(seeds), drawer.generator.latent_size)
    bank.write(shard, collect(seeds, drawer.draw_and_measure(latents), bank.layout))
    return SHARD_SEEDS
