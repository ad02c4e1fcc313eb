"""Generator benchmark: comparison with other runtimes and the same weights, and with the machine's theoretical limit.

Called by `tools.benchmark`. Each runtime has its own process, those that are not part of the show their own
environment, and all are timed alternately.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.networks.backends.cpu_features import computes_bfloat16
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from tools.bench.generator.bounds import bounds, measure_peaks, merge_peaks
from tools.bench.generator.cases import Case, cases, compare_cases, open_cases, time_in_turns
from tools.bench.generator.networks import Network, networks
from tools.bench.generator.tables import generator_tables
from tools.bench.generator.worker_pool import BENCH_PYTHON, WorkerPool

__all__ = ["generator_tables", "measure_generators"]

BUDGET_S, QUICK_BUDGET_S = 15.0, 4.0  # per network, for all runtimes together
LATENTS = 2


def measure_generators(persona: Persona, *, quick: bool = False, guests_python: Path = BENCH_PYTHON) -> dict[str, Any]:
    """Time the generator at all sizes, with all available runtimes.

    Args:
        persona: its generator is one of them.
        quick: fewer networks and turns.
        guests_python: Python interpreter of the other runtimes' environment.

    Returns:
        `contenders`, `generator` (a row per network, runtime, form and precision) and `bounds`, with the peaks.
    """
    precisions = ("float32", "bfloat16") if computes_bfloat16() else ("float32",)
    rows: list[dict[str, Any]] = []
    to_time = networks(persona, quick=quick)
    shapes = {network.name: network.settings for network in to_time}
    with WorkerPool(guests_python) as crew, tqdm(to_time, "generator", unit="network") as bar:
        crew.muster()
        peaks = measure_peaks(crew)
        for network in bar:
            with tempfile.TemporaryDirectory(prefix="narcissus-") as scratch:
                found = _time(crew, network, Path(scratch), precisions, quick, bar)
            crew.close_networks()
            merge_peaks(peaks, measure_peaks(crew))
            size = {"network": network.name, "size": network.settings.resolution}
            rows += [size | case.row() for case in found]
        return {"contenders": crew.summary, "generator": rows, "bounds": bounds(rows, shapes, peaks)}


def _time(
    crew: WorkerPool, network: Network, scratch: Path, precisions: Sequence[str], quick: bool, bar: tqdm[Network]
) -> list[Case]:
    """Time one network with all runtimes; `scratch` then contains its persona."""

    def notify(what: str) -> None:
        bar.set_postfix_str(f"{network.name}: {what}")

    network.write(scratch)
    latents = scratch / "latents.npy"
    np.save(latents, seed_latents(range(LATENTS), network.settings.latent_size), allow_pickle=False)
    found = cases(crew.ways, precisions, compiled=not quick)
    open_cases(crew, found, scratch, notify)
    notify("comparing with the reference")
    compare_cases(crew, found, latents)
    notify("timing")
    time_in_turns(crew, found, latents, QUICK_BUDGET_S if quick else BUDGET_S)
    return found
