"""Who draws what in which way: the cases of one network, opened, compared with the reference, timed in turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.clock import Clock
from engine.types import ByteArray
from tools.bench.generator.worker_pool import GUESTS, OURS, AbsentError, WorkerPool

TURN_S, TURN_RUNS = 0.1, 20  # of one contender before the next has its turn
LEAST_ROUNDS, MOST_ROUNDS = 4, 40
# mean and greatest difference, levels of 255, beyond which something else is drawn than the reference draws
PARITY = {"float32": (0.1, 2), "bfloat16": (2.5, 64)}


@dataclass
class Case:
    """One contender with one network in one way.

    Attributes:
        runtime, form, precision, variant: which.
        how, device: what the contender says of it.
        parity: mean and greatest difference to the reference, levels of 255; none where there is no reference.
        durations_ms: of all its runs.
        absent: why it was not timed, or no longer.
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
        """For the report."""
        row: dict[str, Any] = {"form": self.form, "precision": self.precision, "runtime": self.runtime}
        if not self.durations_ms:
            return row | {"variant": self.variant, "absent": self.absent}
        row |= {"how": self.how, "device": self.device}
        if self.parity is not None:
            row["difference"] = {"mean": round(self.parity[0], 3), "max": self.parity[1]}
        p50, p95 = np.percentile(self.durations_ms, [50, 95])
        return row | {"ms": round(float(p50), 3), "p95_ms": round(float(p95), 3), "runs": len(self.durations_ms)}


def cases(ways: Mapping[str, Sequence[tuple[str, str]]], precisions: Sequence[str], *, compiled: bool) -> list[Case]:
    """All that may be tried with one network.

    Args:
        ways: pairs of form and variant, by contender.
        precisions: each is tried with each of them.
        compiled: whether to wait for compilers.
    """
    return [
        Case(runtime, form, precision, variant)
        for precision in precisions
        for runtime in (OURS, *GUESTS)
        for form, variant in ways.get(runtime, ())
        if compiled or variant != "compiled"
    ]


def open_cases(crew: WorkerPool, found: Sequence[Case], folder: Path, notify: Callable[[str], None]) -> None:
    """Have every case opened that can be; the others say why they were not."""
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
    """Draw the same latents with all; what does not draw what the reference draws is not timed.

    Args:
        latents: a file beside the persona's, whose network is drawn.
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
                f"it draws something else than the reference: {case.parity[0]:.2f} levels of 255 apart on average, "
                f"{case.parity[1]} at most"
            )


def _reference(crew: WorkerPool, latents: Path) -> Any:
    """What the plain network draws, int16; None where it cannot be asked, which the summary of the crew then says."""
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
    """Time all in turns, a little each, so that whatever else the machine does meets all of them alike."""
    clock = Clock()
    began_s = clock.now_s()
    for number in range(MOST_ROUNDS):
        if number >= LEAST_ROUNDS and clock.now_s() - began_s > budget_s:
            break
        still = [case for case in found if not case.absent]
        start = number % max(1, len(still))  # nobody always follows the same one
        for case in still[start:] + still[:start]:
            try:
                answer = crew[case.runtime].ask(
                    do="time", key=case.key, latents=str(latents), seconds=TURN_S, runs=TURN_RUNS
                )
            except AbsentError as reason:
                case.absent = str(reason)
                continue
            case.durations_ms += answer["ms"]
