"""Verdicts on the targets: as fast as OpenVINO alone, and faster than the other runtimes' best forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.bench.generator.worker_pool import GUESTS, OURS

SAME = 1.05  # maximum, relative to OpenVINO's own time
FASTER = {"float32": 1.3, "bfloat16": 2.0}  # minimum, relative to the other runtimes


def best(rows: Sequence[Mapping[str, Any]], runtime: str, precision: str) -> Mapping[str, Any] | None:
    """Fastest row of a runtime; its fastest in float32 if there is none in that precision."""
    timed = [row for row in rows if row["runtime"] == runtime and "ms" in row]
    in_precision = [row for row in timed if row["precision"] == precision]
    candidates = in_precision or [row for row in timed if row["precision"] == "float32"]
    return min(candidates, key=lambda row: float(row["ms"])) if candidates else None


def verdicts(rows: Sequence[Mapping[str, Any]], judged: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Verdict for each judged network, precision and other runtime.

    Yields:
        `network`, `precision`, `runtime`, `ours` and `theirs` (rows), `ratio` (their time by ours), `aim` in words, and
                whether it `holds`.
    """
    for network in judged:
        of_network = [row for row in rows if row["network"] == network]
        for precision in FASTER:
            ours = best([row for row in of_network if row["precision"] == precision], OURS, precision)
            if ours is None:
                continue
            for runtime in GUESTS:
                theirs = best(_comparable(of_network, runtime, ours), runtime, precision)
                if theirs is not None:
                    yield _verdict(network, precision, ours, theirs)


def _comparable(
    rows: Sequence[Mapping[str, Any]], runtime: str, ours: Mapping[str, Any]
) -> Sequence[Mapping[str, Any]]:
    """OpenVINO is compared in our form; the others in their best."""
    return [row for row in rows if runtime != "openvino" or row["form"] == ours["form"]]


def _verdict(network: str, precision: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    ratio = theirs["ms"] / ours["ms"]
    if theirs["runtime"] == "openvino":
        aim, holds = f"{1 / SAME:.2f} or more", ratio >= 1 / SAME
    else:
        aim, holds = f"{FASTER[precision]} or more", ratio >= FASTER[precision]
    return {
        "network": network,
        "precision": precision,
        "runtime": theirs["runtime"],
        "ours": ours,
        "theirs": theirs,
        "ratio": ratio,
        "aim": aim,
        "holds": holds,
    }
