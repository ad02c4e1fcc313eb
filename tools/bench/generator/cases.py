"""Benchmark cases of one network: opened, compared with the reference, timed alternately."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.clock import Clock
from engine.types import ByteArray
from tools.bench.generator.worker_pool import GUESTS, OURS, AbsentError, WorkerPool

TURN_S, TURN_RUNS = 0.1, 20  # duration of a turn, and maximum number of runs
LEAST_ROUNDS, MOST_ROUNDS = 4, 40
# mean and maximum difference in levels of 255 beyond which the picture differs from the reference
PARITY = {"float32": (0.1, 2), "bfloat16": (2.5, 64)}


@dataclass
class Case:
    """Runtime, form and precision for one network.

    Attributes:
        runtime, form, precision, variant: identify the case.
        how, device: reported by the runtime.
        parity: mean and maximum difference from the reference, levels of 255; none without a reference.
        durations_ms: all runs.
        absent: reason why it was not timed, or no longer.
    """

    runtime: str
    form: str
    precision: str
    variant: str = ""
    how: str = ""
    device: str = ""
    parity: tuple[float, int] | None = None
    durations_ms: list[float] = field(default_factory=list)
    absent: str = ""

    @property
    def key(self) -> str:
        return f"{self.runtime} {self.form} {self.precision} {self.variant}".strip()

    def row(self) -> dict[str, Any]:
        """Row of the report."""
        row: dict[str, Any] = {"form": self.form, "precision": self.precision, "runtime": self.runtime}
        if not self.durations_ms:
            return row | {"variant": self.variant, "absent": self.absent}
        row |= {"how": self.how, "device": self.device}
        if self.parity is not None:
            row["difference"] = {"mean": round(self.parity[0], 3), "max": self.parity[1]}
        p50, p95 = np.percentile(self.durations_ms, [50, 95])
        return row | {"ms": round(float(p50), 3), "p95_ms": round(float(p95), 3), "runs": len(self.durations_ms)}


def cases(ways: Mapping[str, Sequence[tuple[str, str]]], precisions: Sequence[str], *, compiled: bool) -> list[Case]:
    """All possible cases of one network.

    Args:
        ways: pairs of form and variant, by runtime.
        precisions: each is combined with all of them.
        compiled: whether to include compiled variants.
    """
    return [
        Case(runtime, form, precision, variant)
        for precision in precisions
        for runtime in (OURS, *GUESTS)
        for form, variant in ways.get(runtime, ())
        if compiled or variant != "compiled"
    ]


def open_cases(crew: WorkerPool, found: Sequence[Case], folder: Path, notify: Callable[[str], None]) -> None:
    """Open all cases; those that fail get a reason."""
    for case in found:
        notify(f"opening {case.key}")
        try:
            opened = crew[case.runtime].ask(
                do="open",
                key=case.key,
                folder=str(folder),
                form=case.form,
                precision=case.precision,
                variant=case.variant,
            )
        except AbsentError as reason:
            case.absent = str(reason)
            continue
        case.how, case.device = opened["how"], opened["device"]


def compare_cases(crew: WorkerPool, found: Sequence[Case], latents: Path) -> None:
    """Draw the same latents with all cases; those that differ from the reference are not timed.

    Args:
        latents: file beside the persona with the network.
    """
    reference = _reference(crew, latents)
    for case in (case for case in found if not case.absent):
        try:
            pictures = _draw(crew, case.runtime, case.key, latents)
        except AbsentError as reason:
            case.absent = str(reason)
            continue
        if reference is None:
            continue
        apart = np.abs(pictures.astype(np.int16) - reference)
        case.parity = (float(apart.mean()), int(apart.max()))
        mean, most = PARITY[case.precision]
        if case.parity[0] > mean or case.parity[1] > most:
            case.absent = (
                f"it differs from the reference by {case.parity[0]:.2f} levels of 255 on average, "
                f"{case.parity[1]} at most"
            )


def _reference(crew: WorkerPool, latents: Path) -> Any:
    """Pictures of the plain network, int16; None if it is unavailable, as reported in the summary."""
    if "reference" in crew.absent:
        return None
    try:
        crew["reference"].ask(
            do="open", key="reference", folder=str(latents.parent), form="plain", precision="float32", variant=""
        )
        return _draw(crew, "reference", "reference", latents).astype(np.int16)
    except AbsentError as reason:
        crew.absent["reference"] = str(reason)
        return None


def _draw(crew: WorkerPool, runtime: str, key: str, latents: Path) -> ByteArray:
    output = latents.with_name("drawn.npy")
    crew[runtime].ask(do="draw", key=key, latents=str(latents), output=str(output))
    return np.asarray(np.load(output, allow_pickle=False))


def time_in_turns(crew: WorkerPool, found: Sequence[Case], latents: Path, budget_s: float) -> None:
    """Time all cases in short turns, so that other load on the machine affects all of them equally."""
    clock = Clock()
    began_s = clock.now_s()
    for number in range(MOST_ROUNDS):
        if number >= LEAST_ROUNDS and clock.now_s() - began_s > budget_s:
            break
        still = [case for case in found if not case.absent]
        start = number % max(1, len(still))  # vary the order
        for case in still[start:] + still[:start]:
            try:
                answer = crew[case.runtime].ask(
                    do="time", key=case.key, latents=str(latents), seconds=TURN_S, runs=TURN_RUNS
                )
            except AbsentError as reason:
                case.absent = str(reason)
                continue
            case.durations_ms += answer["ms"]
