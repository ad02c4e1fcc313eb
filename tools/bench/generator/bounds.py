"""Measured peak rates, and the resulting bound of every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.networks.pggan.architecture import GeneratorSettings
from tools.bench.generator.worker_pool import AbsentError, WorkerPool
from tools.bench.roofline import Peaks, network_bound_ms, network_costs
from tools.bench.runtimes import PROCESSOR

MEASURERS = ("narcissus", "pytorch")  # each has its own matrix products; the faster ones count


def merge_peaks(peaks: dict[str, Peaks], others: Mapping[str, Peaks]) -> None:
    """Merge peaks by device: a peak is the best rate ever measured."""
    for device, other in others.items():
        peaks[device] = peaks[device].merged(other) if device in peaks else other


def measure_peaks(crew: WorkerPool) -> dict[str, Peaks]:
    """Peaks of each device that can be measured, by name."""
    peaks: dict[str, Peaks] = {}
    for name in MEASURERS:
        if name in crew.absent:
            continue
        try:
            found = Peaks.from_json(crew[name].ask(do="peaks"))
        except AbsentError as reason:
            crew.absent[f"peaks by {name}"] = str(reason)
            continue
        merge_peaks(peaks, {found.device: found})
    return peaks


def bounds(
    rows: Sequence[dict[str, Any]], shapes: Mapping[str, GeneratorSettings], peaks: Mapping[str, Peaks]
) -> dict[str, Any]:
    """Set `bound_ms` in every row.

    Args:
        rows: rows of the generator.
        shapes: settings of the networks, by name.
        peaks: peaks of the devices, by name.

    Returns:
        `peaks`.
    """
    for row in rows:
        here = _peaks_of(row.get("device"), peaks)
        if here is not None and row["precision"] in here.operations_per_s:
            costs = network_costs(shapes[row["network"]], row["form"], row["precision"])
            row["bound_ms"] = round(network_bound_ms(costs, here, row["precision"]), 3)
    return {"peaks": [each.to_json() for each in peaks.values()]}


def _peaks_of(device: str | None, peaks: Mapping[str, Peaks]) -> Peaks | None:
    """Peaks of a device; there is only one graphics card, whatever it is called."""
    cards = [each for name, each in peaks.items() if name != PROCESSOR]
    return peaks.get(device or "", cards[0] if cards and device not in (None, PROCESSOR) else None)
