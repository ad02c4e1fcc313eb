"""The generator's speed beside other runtimes with the same weights, and beside what the machine could do at best.

`tools.benchmark` asks for it. Each runtime is in a process of its own, those that are no part of the show in an
environment of their own, and all are timed in turns.
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

BUDGET_S, QUICK_BUDGET_S = 15.0, 4.0  # of one network, for all contenders together
LATENTS = 2


def measure_generators(persona: Persona, *, quick: bool = False, guests_python: Path = BENCH_PYTHON) -> dict[str, Any]:
    """Time the generator in all its sizes, beside all runtimes that are there.

    Args:
        persona: whose generator is one of them.
        quick: fewer networks and turns.
        guests_python: the interpreter of the environment of the other runtimes.

    Returns:
        `contenders`, `generator` (a row for each network, runtime, form and precision) and `bounds`, which has the
        peaks.
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
    """One network with all contenders; `scratch` holds its persona afterwards."""

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
